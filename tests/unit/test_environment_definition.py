"""Definitions of environments: what is read, and each mistake with the exact text its author sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.bubblewrap import Network
from docwalk.environment.definition import Users, load_environment, load_environments
from docwalk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parents[1] / "cases" / "environment"
SHIPPED = Path(__file__).parents[2] / "tools" / "environments"

SMALL = """
title = "Small"
[base]
suite = "bookworm"
packages = ["less", "bash=5.2-2"]
[[layers]]
name = "system"
files = ["modulefiles"]
"""


def make_definition(folder: Path, text: str) -> Path:
    """A folder with a definition, one layer `system` or `here`, and one file."""
    for name in ("system", "here"):
        (folder / "layers").mkdir(parents=True, exist_ok=True)
        (folder / "layers" / f"{name}.sh").write_text("true\n", encoding="utf-8")
    (folder / "modulefiles").mkdir()
    (folder / "modulefiles" / "one").write_text("#%Module\n", encoding="utf-8")
    (folder / "environment.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_small_definition_has_defaults_for_the_rest(tmp_path: Path) -> None:
    environment = load_environment(make_definition(tmp_path / "small", SMALL))
    assert (environment.name, environment.title, environment.user, environment.uid) == (
        "small",
        "Small",
        "reader",
        1000,
    )
    assert (environment.users, environment.network, environment.shell) == (Users.ONE, Network.HOST, "bash")
    assert environment.base.packages == ("bash=5.2-2", "less")
    assert [layer.name for layer in environment.layers] == ["system"]
    assert environment.layers[0].files == (tmp_path / "small" / "modulefiles",)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_mistakes_are_shown_together(
    path: Path, matches_file: Callable[[str, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_definition(tmp_path / "cluster", path.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        load_environments(Path())
    matches_file(f"{caught.value}\n", path.with_suffix(".expected"))


def test_a_folder_whose_name_is_no_word_is_refused(tmp_path: Path) -> None:
    folder = make_definition(tmp_path / "My_Cluster", SMALL)
    with pytest.raises(SourceError, match="`My_Cluster` is no name for an environment"):
        load_environment(folder)


def test_the_shipped_environments_are_sound() -> None:
    environments = load_environments(SHIPPED)
    assert list(environments) == ["login"]
    assert [layer.name for layer in environments["login"].layers] == [
        "system",
        "python",
        "libraries",
        "pytorch",
        "tensorflow",
    ]
