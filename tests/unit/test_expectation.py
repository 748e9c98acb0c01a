"""Expectation lines: parse and print are inverses, and any output can be written down."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from docwalk.expectation import (
    ELISION,
    EXIT_LIKE,
    REPL_ELISION,
    Capture,
    Captured,
    Elision,
    Gap,
    LineExpectation,
    Literal,
    PlaceholderError,
    Redacted,
    Tolerance,
    captured_names,
    is_prompt_line,
    parse_expected,
    quote_output_line,
    replace_placeholders,
)
from docwalk.options import MatchMode
from docwalk.redaction import BUILTIN

CAPTURES = ("jobid",)
TRICKY = st.sampled_from(
    [
        "$ ",
        "$",
        "...",
        "[[...]]",
        "[[=]]",
        "[exit 1]",
        "[exit x]",
        "[[version]]",
        "[[jobid=int]]",
        "[[jobid]]",
        "[[site:prefix]]",
        "[[packages]]",
        "[[ -f x ]]",
        "```",
        "~~~",
        ":::",
        " ",
        "x",
        "[",
        "]",
        "# ",
        ">>> ",
        "\\",
        ".*",
    ]
)
LINES = st.one_of(
    st.lists(TRICKY, max_size=6).map("".join),
    st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=30),
)


def read(text: str, **options: object) -> object:
    return parse_expected(text, line=1, redactions=BUILTIN, captures=CAPTURES, **options)  # type: ignore[arg-type]


def only(*parts: object) -> LineExpectation:
    return LineExpectation(parts=parts, source_line=1)  # type: ignore[arg-type]


@given(LINES)
@example("[[packages]]")
@example("[[=]]...")
def test_any_output_line_is_read_back_as_itself(text: str) -> None:
    quoted = quote_output_line(text)
    assert read(quoted) == only(*([Literal(text=text)] if text else []))
    assert not is_prompt_line(quoted, ("$ ",))
    assert EXIT_LIKE.fullmatch(quoted) is None
    assert re.match(r"\s*(```|~~~|:::)", quoted) is None


@given(LINES)
def test_any_output_line_of_a_repl_is_read_back_as_itself(text: str) -> None:
    quoted = quote_output_line(text, prompts=(">>> ",), elision=REPL_ELISION)
    assert read(quoted, elision=REPL_ELISION) == only(*([Literal(text=text)] if text else []))
    assert not is_prompt_line(quoted, (">>> ",))


@given(LINES)
def test_a_line_of_a_regex_block_matches_the_output_it_was_made_of(text: str) -> None:
    line = read(quote_output_line(text, match=MatchMode.REGEX), match=MatchMode.REGEX)
    assert isinstance(line, LineExpectation)
    assert re.fullmatch("".join(part.text for part in line.parts if isinstance(part, Literal)), text)


PARTS = st.one_of(
    st.text(alphabet="abc [].$-", min_size=1, max_size=5).map(lambda text: Literal(text=text)),
    st.just(Gap()),
    st.sampled_from(sorted(BUILTIN)).map(lambda name: Redacted(name=name)),
    st.sampled_from(sorted(BUILTIN)).map(lambda kind: Capture(name="caught", kind=kind)),
    st.just(Captured(name="jobid")),
    st.builds(
        Tolerance,
        number=st.sampled_from(["42.0", "-3", "1e3"]),
        sign=st.sampled_from(["±", "+-", " ± "]),
        margin=st.sampled_from(["5%", "0.5", "1"]),
    ),
)


@given(st.lists(PARTS, max_size=6).map(lambda parts: "".join(map(str, parts))))
def test_printing_and_parsing_a_line_gives_it_back(text: str) -> None:
    line = read(text)
    assert read(str(line)) == line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", only()),
        ("Reading package lists... Done", only(Literal(text="Reading package lists... Done"))),
        ("a [[...]]", only(Literal(text="a "), Gap())),
        ("[[...]]", only(Gap())),
        ("[[version]]!", only(Redacted(name="version"), Literal(text="!"))),
        (
            "[[n=int]] [[jobid]]",
            only(Capture(name="n", kind="int"), Literal(text=" "), Captured(name="jobid")),
        ),
        ("[[Not]] [[ x ]] [[]] [[a b]]", only(Literal(text="[[Not]] [[ x ]] [[]] [[a b]]"))),
        ("[[=]]...", only(Literal(text="..."))),
        ("[[=]]", only()),
        (ELISION, Elision(source_line=1)),
        (" ...", only(Literal(text=" ..."))),
    ],
)
def test_a_line_is_read_by_its_rules(text: str, expected: object) -> None:
    assert read(text) == expected


def test_an_elision_prints_as_written() -> None:
    assert str(Elision(source_line=3)) == "..."


def test_in_a_repl_three_dots_are_literal() -> None:
    assert read("...", elision=REPL_ELISION) == only(Literal(text="..."))
    assert read("[[...]]", elision=REPL_ELISION) == Elision(source_line=1)


def test_all_bad_placeholders_of_a_line_are_reported() -> None:
    with pytest.raises(PlaceholderError) as caught:
        read("[[vversion]] [[x=]] [[site:y]]")
    assert [(p.start, p.end, p.message, p.hint) for p in caught.value.problems] == [
        (0, 12, "`[[vversion]]` is no redaction and no earlier capture", "did you mean `[[version]]`?"),
        (
            13,
            19,
            "`` is no redaction to capture `x` by",
            "begin the line with `[[=]]` if the output really has these brackets",
        ),
        (20, 30, "`y` is no value of the site", "declare `y` in `[tool.docwalk.site]`"),
    ]


def test_a_site_value_becomes_literal_text() -> None:
    assert read("a/[[site:p]]/b", site_values={"p": "libs"}) == only(Literal(text="a/libs/b"))


def test_a_command_keeps_the_brackets_of_its_shell() -> None:
    text = "[[ -f [[site:p]] ]] && echo [[jobid]] [[version]] [[jobid]] [[...]]"
    assert replace_placeholders(text, site_values={"p": "x"}, captures=CAPTURES) == (
        "[[ -f x ]] && echo [[jobid]] [[version]] [[jobid]] [[...]]",
        ("jobid",),
        (),
    )


def test_a_quoted_line_captures_nothing() -> None:
    assert list(captured_names("[[a=int]] [[b]] [[c=word]]")) == ["a", "c"]
    assert list(captured_names("[[=]][[a=int]]")) == []
