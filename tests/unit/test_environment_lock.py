"""Locks: what is read and printed, and each mistake with its place; contents and what differs in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.contents import Contents, Locked, compare_contents, find_wheels, read_pip_reports
from docwalk.environment.debian_contents import deb_files, pins, read_status
from docwalk.environment.definition import load_environment, load_without_lock
from docwalk.environment.layer import constraints
from docwalk.environment.lock import Lock, read_lock
from docwalk.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "1" * 64, "2" * 64
BASH = Locked(kind="amd64", name="bash", version="5.2.15-2+b13", sha256=ONE)
NUMPY = Locked(kind="3.11", name="numpy", version="1.26.4", sha256=ONE)


def lock_of(*debs: Locked, wheels: tuple[Locked, ...] = ()) -> Lock:
    return Lock(layers={"base": Contents.of(debs=debs, wheels=wheels)})


def test_a_lock_that_was_printed_is_read_again(tmp_path: Path) -> None:
    lock = Lock(layers={"base": Contents.of(debs=[BASH]), "tool": Contents.of(wheels=[NUMPY, NUMPY])})
    path = tmp_path / "environment.lock"
    path.write_text(str(lock), encoding="utf-8")
    assert read_lock(path) == lock
    assert str(read_lock(path)) == str(lock)


def test_mistakes_in_a_lock_are_located(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "environment.lock"
    path.write_text('schema = 2\n\n[layers.base]\ndebs = ["bash 5.2"]\nwhels = []\n', encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_lock(path.relative_to(tmp_path))
    assert [(each.line, each.message, each.hint) for each in caught.value.problems] == [
        (1, "this docwalk reads locks of schema 1", "docwalk env update NAME"),
        (4, "`bash 5.2` is no package", "docwalk env update NAME writes this file"),
        (5, "unknown key `whels`", "did you mean `wheels`?"),
    ]


def define(folder: Path, lock: Lock) -> Path:
    (folder / "layers").mkdir(parents=True)
    (folder / "layers" / "tool.sh").write_text("true\n", encoding="utf-8")
    (folder / "environment.toml").write_text(
        'title = "Small"\n[base]\nsuite = "bookworm"\n[[layers]]\nname = "tool"\n', encoding="utf-8"
    )
    (folder / "environment.lock").write_text(str(lock), encoding="utf-8")
    return folder


def test_a_definition_is_held_to_the_lock_beside_it(tmp_path: Path) -> None:
    contents = Contents.of(wheels=[NUMPY])
    lock = Lock(layers={"base": Contents.of(debs=[BASH]), "tool": contents})
    folder = define(tmp_path / "small", lock)
    environment = load_environment(folder)
    assert environment.base_locked == lock.layers["base"]
    assert environment.layers[0].locked == contents
    assert load_without_lock(folder).base_locked is None


def test_a_lock_of_other_layers_is_refused(tmp_path: Path) -> None:
    folder = define(tmp_path / "small", lock_of(BASH))
    with pytest.raises(SourceError) as caught:
        load_environment(folder)
    (problem,) = caught.value.problems
    assert problem.message == "`environment.lock` is of other layers: it has base, here are base, tool"
    assert problem.hint == f"docwalk env update small, or remove {folder}/environment.lock"
    assert problem.line == 4


def test_differences_name_versions_and_only_then_hashes() -> None:
    other = Locked(kind="3.11", name="numpy", version="1.26.4", sha256=TWO)
    newer = Locked(kind="amd64", name="bash", version="5.3", sha256=TWO)
    new = Locked(kind="all", name="adduser", version="3", sha256=TWO)
    before, after = Contents.of(debs=[BASH], wheels=[NUMPY]), Contents.of(debs=[newer, new], wheels=[other])
    assert [str(each) for each in compare_contents(before, after)] == [
        "+ all adduser 3",
        "~ amd64 bash 5.2.15-2+b13 -> 5.3",
        "~ 3.11 numpy 1.26.4 (111111111111) -> 1.26.4 (222222222222)",
    ]
    assert compare_contents(before, before) == ()


def test_pip_s_reports_are_read_one_after_the_other() -> None:
    def report(python: str, name: str) -> str:
        download = {"url": "https://example/x.whl", "archive_info": {"hashes": {"sha256": ONE}}}
        installed = {"metadata": {"name": name, "version": "1.0"}, "download_info": download}
        return json.dumps({"environment": {"python_version": python}, "install": [installed]}, indent=2)

    assert read_pip_reports(report("3.11", "Typing_Extensions") + "\n" + report("3.9", "six")) == (
        Locked(kind="3.11", name="typing-extensions", version="1.0", sha256=ONE),
        Locked(kind="3.9", name="six", version="1.0", sha256=ONE),
    )
    assert read_pip_reports("") == ()


def test_wheels_and_debs_that_lie_as_files_have_their_own_hash(tmp_path: Path) -> None:
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt" / "Some_Tool-1.2-py3-none-any.whl").write_bytes(b"")
    (tmp_path / "opt" / "bash_1%3a5.2_amd64.deb").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert find_wheels(tmp_path) == (Locked(kind="-", name="some-tool", version="1.2", sha256=empty),)
    assert deb_files(tmp_path / "opt") == (Locked(kind="amd64", name="bash", version="1:5.2", sha256=empty),)


def test_only_installed_packages_are_in_dpkg_s_status() -> None:
    status = (
        "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2\n"
        "Description: shell\n a: b\n"
        "\nPackage: nano\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 7\n"
    )
    assert list(read_status(status)) == [("bash", "5.2", "amd64")]


def test_apt_is_held_to_versions() -> None:
    assert pins([BASH]) == "Package: bash\nPin: version 5.2.15-2+b13\nPin-Priority: 1001\n\n"


def test_pip_is_held_to_what_is_locked_in_one_version() -> None:
    older = Locked(kind="3.11", name="idna", version="3.4", sha256=ONE)
    file = Locked(kind="-", name="idna", version="3.3", sha256=ONE)
    contents = Contents.of(debs=[BASH], wheels=[NUMPY, older, file])
    assert constraints(contents) == 'numpy==1.26.4 ; python_version == "3.11"\n'
    assert constraints(None) == ""
