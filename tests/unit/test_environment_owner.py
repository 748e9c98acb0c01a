"""Subordinate ids: which lines of `/etc/subuid` are ours."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.owner import (
    SubordinateRange,
    cannot_own,
    first_free,
    layer_owner,
    subordinate_range,
)
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from pathlib import Path

ME = getpass.getuser()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"nobody-else:1:65536\n{ME}:200000:65536\n", SubordinateRange(first=200000, count=65536)),
        (f"{os.geteuid()}:300000:70000\n", SubordinateRange(first=300000, count=70000)),
        (f"{ME}:200000:1000\n", None),
        (f"{ME}:200000:many\n", None),
        ("nobody-else:1:65536\n", None),
        ("", None),
    ],
)
def test_a_range_of_ours_that_is_large_enough_is_taken(
    tmp_path: Path, text: str, found: SubordinateRange | None
) -> None:
    (tmp_path / "subuid").write_text(text, encoding="utf-8")
    assert subordinate_range(tmp_path / "subuid") == found


def test_without_the_file_there_is_no_range(tmp_path: Path) -> None:
    assert subordinate_range(tmp_path / "subuid") is None


def test_an_account_that_cannot_own_layers_is_told_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setenv("PATH", "")
    assert cannot_own() == "newuidmap is not installed"
    with pytest.raises(BackendError) as caught, layer_owner():
        pass
    assert str(caught.value) == ("an environment cannot be built by this account: newuidmap is not installed")
    assert caught.value.hint == (
        "sudo apt-get install uidmap; or import one that was built elsewhere: docwalk env import FILE"
    )


@pytest.mark.parametrize(
    ("uids", "gids", "first"),
    [
        ("", "", 100_000),
        ("ada:100000:65536\n", "ada:100000:65536\n", 165_536),
        ("ada:100000:65536\n", "ada:100000:65536\nbob:300000:65536\n", 365_536),
        ("root:999948288:65536\nodd line\n", "", 100_000),
    ],
)
def test_ids_that_are_suggested_belong_to_nobody(uids: str, gids: str, first: int) -> None:
    assert first_free(uids, gids) == first
