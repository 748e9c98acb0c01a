"""YAML mappings that know where their entries are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docwalk.source import Source, Span
from docwalk.yaml_mapping import Entry, MappingError, plain, read_mapping


def read(text: str) -> tuple[Source, tuple[Entry, ...]]:
    source = Source(path=Path("page.md"), text=text)
    lines = [source.line_span(number) for number in range(1, len(source.line_starts) + 1)]
    return source, read_mapping(source, lines)


def test_entries_know_their_places() -> None:
    source, (first, second) = read("a: 1\nbc:\n  d: [x,\n    y]\n  e:\n")
    assert (source.slice(first.key_span), source.slice(first.value_span)) == ("a", "1")
    assert isinstance(second.value, tuple)
    assert [(e.key, source.slice(e.key_span), source.slice(e.value_span)) for e in second.value] == [
        ("d", "d", "[x,"),
        ("e", "e", "e"),
    ]
    assert plain(second.value) == {"d": ["x", "y"], "e": None}


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_blank_text_has_no_entries(text: str) -> None:
    assert read(text)[1] == ()


def test_no_lines_have_no_entries() -> None:
    assert read_mapping(Source(path=Path("page.md"), text="x"), []) == ()


@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("- a\n", "no mapping of `key: value`", 0),
        ("a: 1\nb: 2\na: 3\n", "not clear: `a` is given twice", 10),
        ("a: {b: 1, b: 2}\n", "not clear: `b` is given twice", 10),
        ("a: \0\n", "no YAML: unacceptable character #x0000: special characters are not allowed", 0),
        ("a: b: c\n", "no YAML: mapping values are not allowed here", 4),
        (
            "a: !!python/none\n",
            "no YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/none'",
            3,
        ),
    ],
)
def test_other_text_is_refused_where_it_goes_wrong(text: str, message: str, start: int) -> None:
    with pytest.raises(MappingError) as caught:
        read(text)
    assert (caught.value.message, caught.value.span.start) == (message, start)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    source = Source(path=Path("page.md"), text=text)
    for span in spans_of(source, Span(start=0, end=len(text))):
        assert 0 <= span.start <= span.end <= len(text)


def spans_of(source: Source, whole: Span) -> list[Span]:
    """Places of all entries, or of the refusal."""
    try:
        return [
            span for entry in read_mapping(source, [whole]) for span in (entry.key_span, entry.value_span)
        ]
    except MappingError as error:
        return [error.span]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("n", "n"),
        ("off", "off"),
        ("1.10", "1.10"),
        ("12:30", "12:30"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"),
        ('"true"', "true"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("", None),
        ("[1, no]", ["1", "no"]),
    ],
)
def test_a_value_is_what_was_written(written: str, value: object) -> None:
    text = f"key: {written}"
    source = Source(path=Path("page.md"), text=text)
    (entry,) = read_mapping(source, [Span(start=0, end=len(text))])
    assert entry.value == value
