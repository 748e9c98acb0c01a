"""Recipe digests: what changes them, and what does not."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.definition import load_environment
from docwalk.environment.digest import environment_digest, layer_digests

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
title = "Small"
[base]
suite = "bookworm"
packages = ["less", "bash"]
[[layers]]
name = "first"
files = ["files"]
[[layers]]
name = "second"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A definition of two site layers, the first with a file."""
    made = tmp_path / "small"
    (made / "layers").mkdir(parents=True)
    (made / "files" / "below").mkdir(parents=True)
    for name in ("first", "second"):
        (made / "layers" / f"{name}.sh").write_text(f"echo {name}\n", encoding="utf-8")
    (made / "files" / "below" / "one").write_text("1\n", encoding="utf-8")
    (made / "environment.toml").write_text(TEXT, encoding="utf-8")
    return made


def digests(folder: Path) -> tuple[str, ...]:
    return layer_digests(load_environment(folder))


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_another_place_and_another_order_of_packages_change_nothing(folder: Path, tmp_path: Path) -> None:
    before = digests(folder)
    moved = tmp_path / "elsewhere" / "small"
    shutil.copytree(folder, moved)
    rewrite(moved / "environment.toml", '"less", "bash"', '"bash", "less"')
    assert digests(moved) == before


def test_prose_changes_nothing(folder: Path) -> None:
    before = environment_digest(load_environment(folder))
    rewrite(folder / "environment.toml", '"Small"', '"Smaller"')
    assert environment_digest(load_environment(folder)) == before


def test_a_package_changes_every_layer(folder: Path) -> None:
    before = digests(folder)
    rewrite(folder / "environment.toml", '"less"', '"lesspipe"')
    assert [new == old for new, old in zip(digests(folder), before, strict=True)] == [False, False, False]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("layers/first.sh", "first", "other"), ("files/below/one", "1", "2")],
)
def test_a_script_or_file_changes_its_layer_and_those_above(
    folder: Path, file: str, old: str, new: str
) -> None:
    before = digests(folder)
    rewrite(folder / file, old, new)
    assert [new == old for new, old in zip(digests(folder), before, strict=True)] == [True, False, False]


def test_a_file_that_becomes_executable_changes_its_layer(folder: Path) -> None:
    before = digests(folder)
    (folder / "files" / "below" / "one").chmod(0o755)
    assert digests(folder)[1] != before[1]


def test_a_renamed_file_changes_its_layer(folder: Path) -> None:
    before = digests(folder)
    (folder / "files" / "below" / "one").rename(folder / "files" / "below" / "two")
    assert digests(folder)[1] != before[1]


def test_the_reader_changes_the_environment_and_no_layer(folder: Path) -> None:
    before = load_environment(folder)
    rewrite(folder / "environment.toml", 'title = "Small"', 'title = "Small"\nhostname = "node7"')
    after = load_environment(folder)
    assert layer_digests(after) == layer_digests(before)
    assert environment_digest(after) != environment_digest(before)
    assert environment_digest(after).startswith("sha256:")
