"""The host's archives, from both kinds of files, and what other suites are reached through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.environment import apt
from docwalk.environment.apt import AptSource, debian_sources, host_sources

if TYPE_CHECKING:
    from pathlib import Path

DEB822 = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://vendor.example
Suites: nodistro
Components: vendor
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def source(uri: str, *suites: str, signed_by: str | None = None) -> AptSource:
    return AptSource(uri=uri, suites=suites, components=("main",), signed_by=signed_by)


def test_archives_are_read_from_stanzas(root: Path) -> None:
    (root / "sources.list.d" / "debian.sources").write_text(DEB822, encoding="utf-8")
    assert host_sources(root) == (
        source(
            "http://mirror.example/debian",
            "bookworm",
            "bookworm-updates",
            signed_by="/usr/share/keyrings/archive.gpg",
        ),
        source("http://mirror.example/security", "bookworm-security"),
    )


def test_archives_are_read_from_lines(root: Path) -> None:
    (root / "sources.list").write_text(
        "# deb http://off.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main non-free # ours\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        "deb http://vendor.example stable vendor\n",
        encoding="utf-8",
    )
    assert host_sources(root) == (source("http://mirror.example/debian", "bookworm", signed_by="/k.gpg"),)


def test_a_host_without_archives_has_none(root: Path) -> None:
    assert host_sources(root) == ()


def test_another_suite_lies_beside_the_host_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "_host_code_name", lambda: "bookworm")
    found = debian_sources(
        "bullseye",
        (
            source("http://mirror.example/debian", "bookworm", "bookworm-updates", signed_by="/k.gpg"),
            source("http://mirror.example/security", "bookworm-security"),
            source("http://vendor.example", "stable"),
        ),
    )
    assert found == (
        source("http://mirror.example/debian", "bullseye", "bullseye-updates", signed_by="/k.gpg"),
        source("http://mirror.example/security", "bullseye-security"),
    )


def test_a_host_that_is_no_debian_offers_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "_host_code_name", lambda: None)
    assert debian_sources("bookworm", (source("http://mirror.example/ubuntu", "noble"),)) == ()


def test_a_source_prints_as_a_stanza() -> None:
    assert str(source("http://mirror.example/debian", "bookworm", signed_by="/k.gpg")) == (
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n"
        "Signed-By: /k.gpg\n"
    )
