"""Where keys of TOML are found, and where they are not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from docwalk.source import Source
from docwalk.toml_places import find_key, toml_problem

TEXT = """
[other]
shell = 1
[tool.docwalk]
my-shell = 2
"shell" = 3
[tool.docwalk.axes.shell]
zsh = {shell = "zsh"}
"""


@pytest.mark.parametrize(
    ("keys", "line", "found"),
    [
        ((), 4, "[tool.docwalk]"),
        (("shell",), 6, '"shell"'),
        (("axes", "shell"), 7, "shell"),
        (("axes", "shell", "zsh", "shell"), 8, "zsh"),
        (("axes", "nowhere"), 7, "axes"),
        (("nowhere",), 4, "[tool.docwalk]"),
    ],
)
def test_the_deepest_key_that_is_written_is_found(keys: tuple[str, ...], line: int, found: str) -> None:
    source = Source(path=Path("pyproject.toml"), text=TEXT)
    span = find_key(source, keys, table="tool.docwalk")
    assert (source.position(span.start).line, source.slice(span)) == (line, found)


def test_without_the_table_the_file_is_shown() -> None:
    span = find_key(Source(path=Path("pyproject.toml"), text="x = 1\n"), ("y",), table="tool.docwalk")
    assert (span.start, span.end) == (0, 0)


def test_an_error_without_a_place_is_shown_at_the_end() -> None:
    problem = toml_problem(Source(path=Path("x.toml"), text="a\nb"), tomllib.TOMLDecodeError("odd"))
    assert (problem.line, problem.column, problem.message) == (2, 2, "no TOML: odd")
