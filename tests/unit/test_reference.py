"""The reference of the language has an example of everything there is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from docwalk.document import FileMode
from docwalk.errors import ErrorCode
from docwalk.markup.directives import FILE_LANGUAGE, SHELL_LANGUAGES
from docwalk.markup.markdown import read_page
from docwalk.options import OPTIONS, MatchMode
from docwalk.redaction import BUILTIN
from docwalk.requirements import KINDS, WORDS
from docwalk.source import Source

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "language"
NOT_OF_PAGES = {ErrorCode.NOT_UTF8, ErrorCode.BAD_CONFIGURATION, ErrorCode.BAD_ENVIRONMENT}
"""Errors of files that are no pages; tests/cases has them."""


@cache
def examples() -> str:
    """The text of all examples."""
    sources = [Source.read(page) for page in sorted(PAGES.glob("*.md"))]
    return "\n".join(
        source.slice(line)
        for source in sources
        for example in read_page(source).examples
        for line in example.fence.lines
    )


@cache
def messages() -> str:
    """What is printed for all changes of them."""
    sources = [Source.read(page) for page in sorted(PAGES.glob("*.md"))]
    return "\n".join(
        source.slice(line)
        for source in sources
        for example in read_page(source).examples
        for lines in example.failing
        for line in lines
    )


@pytest.mark.parametrize("name", [*OPTIONS, "mode"])
def test_every_option_has_an_example(name: str) -> None:
    assert re.search(rf"^\s*:?{name}:(?:\s|$)", examples(), re.MULTILINE)


@pytest.mark.parametrize("mode", [*MatchMode, *FileMode])
def test_every_mode_has_an_example(mode: MatchMode | FileMode) -> None:
    defaults = {MatchMode.LITERAL, FileMode.CREATE}
    assert mode in defaults or re.search(rf"(?:match|mode): {mode.value}$", examples(), re.MULTILINE)


@pytest.mark.parametrize("name", BUILTIN)
def test_every_redaction_has_an_example(name: str) -> None:
    assert f"[[{name}]]" in examples()


@pytest.mark.parametrize("name", [*SHELL_LANGUAGES, FILE_LANGUAGE])
def test_every_kind_of_block_has_an_example(name: str) -> None:
    assert re.search(rf"^[>\s]*[`~]{{3,}}(?:{name}$|\{{{name}\}})", examples(), re.MULTILINE)


@pytest.mark.parametrize("name", [*WORDS, *(f"{kind}:NAME" for kind in KINDS)])
def test_every_requirement_is_explained(name: str) -> None:
    assert f"`{name}`" in (PAGES / "conditions.md").read_text("utf-8")


@pytest.mark.parametrize("code", [code for code in ErrorCode if code not in NOT_OF_PAGES])
def test_every_error_of_a_page_has_an_example(code: ErrorCode) -> None:
    assert f": error[{code.value}]: " in messages()
