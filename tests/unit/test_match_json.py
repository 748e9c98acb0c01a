"""JSON: parsing with places, comparing by value, and rewriting, against Python's own json as the oracle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docwalk.json_text import JsonArray, JsonError, JsonObject, JsonScalar, parse_json
from docwalk.testing import Printed, planned, result_of
from docwalk.update import apply_edits, make_edits, merge_edits

if TYPE_CHECKING:
    from docwalk.json_text import JsonValue

FAST = settings(max_examples=80, deadline=None)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-99, 10**20),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.text(max_size=3),
    st.sampled_from(["...", "[[...]]", "[[int]]", "[[=]]", "$ x", "[[5±1]]", "/a/b 1.2"]),
)
KEYS = st.one_of(st.sampled_from(["id", "...", "a b", "é"]), st.text(max_size=2))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
LAYOUTS = st.sampled_from([{"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def plain(value: JsonValue) -> Any:
    """A parsed value as Python's json gives it."""
    match value:
        case JsonScalar():
            return json.loads(value.written)
        case JsonArray():
            return [plain(each) for each in value.items]
        case JsonObject():
            return {each.key: plain(each.value) for each in value.members}


def page(expected: str) -> str:
    body = f"{expected}\n" if expected else ""
    return f"1. x\n\n   ```{{console}}\n   :match: json\n   $ x\n{indented(body)}   ```\nafter  \n"


def indented(text: str) -> str:
    # Not `splitlines`: pages have lines at "\n" only, whatever else Unicode calls a line end.
    return "".join(f"   {line}\n" for line in text.split("\n")[:-1])


def passes(text: str, printed: str) -> bool:
    _, (walk,) = planned(text)
    return result_of(walk, [Printed(lines=tuple(printed.split("\n")))]).passed


def updated(text: str, printed: str) -> str:
    document, (walk,) = planned(text)
    result = result_of(walk, [Printed(lines=tuple(printed.split("\n")))], goes_on=True)
    edits, _ = merge_edits(make_edits(document, walk, result, site_values={}))
    return apply_edits(text, edits)


def quoted(value: Any) -> Any:
    """A value whose strings mean themselves."""
    match value:
        case str():
            return f"[[=]]{value}"
        case list():
            return [quoted(each) for each in value]
        case dict():
            return {key: quoted(each) for key, each in value.items() if key != "..."}
        case _:
            return value


@FAST
@given(VALUES, LAYOUTS)
def test_parsing_gives_what_json_gives(value: Any, layout: dict[str, Any]) -> None:
    text = json.dumps(value, **layout)
    (parsed,) = parse_json(text)
    assert plain(parsed) == value
    assert json.loads(text[parsed.start : parsed.end]) == value


@FAST
@given(st.text('[]{}:,"\\ 1e-.truenl\n', max_size=12))
def test_what_json_refuses_is_refused(text: str) -> None:
    try:
        values: list[Any] | None = [plain(value) for value in parse_json(text)]
    except JsonError:
        values = None
    try:
        wanted: list[Any] | None = [json.loads(text)] if text.strip() else []
    except json.JSONDecodeError:
        # Several values are fine for us: all but one of them must be.
        assert values is None or len(values) != 1
    else:
        assert values == wanted


@FAST
@given(VALUES, LAYOUTS, LAYOUTS)
def test_a_value_fits_itself(value: Any, one: dict[str, Any], other: dict[str, Any]) -> None:
    text = page(json.dumps(quoted(value), **one))
    assert passes(text, json.dumps(value, **other))


@FAST
@given(VALUES, VALUES)
def test_other_values_do_not_fit(value: Any, other: Any) -> None:
    assert passes(page(json.dumps(quoted(value))), json.dumps(other)) == covers(value, other)


def covers(wanted: Any, found: Any) -> bool:
    """The oracle: whether `found` has all that is named in `wanted`."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(key in found and covers(wanted[key], found[key]) for key in wanted if key != "...")
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(covers, wanted, found))
    is_same_kind = isinstance(wanted, bool) == isinstance(found, bool)
    return is_same_kind and bool(wanted == found)


PATTERNS = st.recursive(
    st.one_of(
        SCALARS.map(quoted),
        st.sampled_from(["[[int]]", "[[...]]", "[[5±1]]", "v[[int]]", "[[id=int]]", "[[word]] [[5±1]]"]),
    ),
    lambda inner: st.one_of(
        st.lists(st.one_of(inner, st.just("...")), max_size=4), st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)


@FAST
@given(PATTERNS, VALUES, LAYOUTS)
def test_an_updated_page_passes_and_is_left_alone(pattern: Any, value: Any, layout: dict[str, Any]) -> None:
    text, printed = page(json.dumps(pattern, **layout)), json.dumps(value)
    once = updated(text, printed)
    assert passes(once, printed)
    assert updated(once, printed) == once
    assert (once.partition("$ x")[0], once.endswith("   ```\nafter  \n")) == (text.partition("$ x")[0], True)


@FAST
@given(PATTERNS, VALUES)
def test_a_page_that_passes_is_left_alone(pattern: Any, value: Any) -> None:
    text, printed = page(json.dumps(pattern)), json.dumps(value)
    assert not passes(text, printed) or updated(text, printed) == text


@pytest.mark.parametrize("text", ["[" * 102 + "]" * 102, '{"a":' * 101 + "1" + "}" * 101])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(JsonError, match="it is nested too deeply"):
        parse_json(text)


def test_a_capture_that_was_not_made_is_said() -> None:
    text = '```{console}\n:match: json\n$ a\n{"id": "[[job=int]]"}\n$ b\n{"id": "[[job]]"}\n```\n'
    _, (walk,) = planned(text)
    result = result_of(walk, [Printed(lines=('{"id": null}',)), Printed(lines=('{"id": 1}',))], goes_on=True)
    assert result.steps[1].detail == "at `.id`: nothing was captured as `[[job]]` before this line"


def test_an_enormous_output_is_not_compared() -> None:
    _, (walk,) = planned(page("[1]"))
    result = result_of(walk, [Printed(lines=("[" + "1,\n" * 3_000_000 + "1]",))])
    assert result.steps[0].detail == "8 MiB are too much to be compared as JSON"
