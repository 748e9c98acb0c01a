"""Records: written and read back, and refused with the place of what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docwalk.record import (
    RecordError,
    dump_record,
    load_raw,
    load_records,
    make_record,
    parse_record,
    record_path,
    save_record,
    write_atomically,
)
from docwalk.record_json import MalformedError, line_from_json, line_to_json
from docwalk.results import Outcome, OutputLine, Style, StyledText
from docwalk.testing import Printed, planned, result_of

if TYPE_CHECKING:
    from docwalk.record import Record

PAGE = """# T

```console
$ pip --version
pip [[version=version]]
$ ls
...
```

```bash
mkdir x
```

```{file} ~/x
text
```

```{file} ~/x
:mode: check
text
```

```{console}
:match: contains

$ env
```

```console
$ true
```
"""
OUTPUT = (
    Printed(lines=("pip 26.3",)),
    Printed(lines=("a", "b")),
    Printed(),
    Printed(lines=("text",)),
    Printed(lines=("A=1",)),
    Printed(),
)


def made(text: str = PAGE, printed: tuple[Printed, ...] = OUTPUT) -> Record:
    _, (walk,) = planned(text)
    return make_record(walk, result_of(walk, printed))


STYLE = st.builds(
    Style,
    foreground=st.sampled_from([None, "red", "0fa3b1"]),
    background=st.sampled_from([None, "blue"]),
    bold=st.booleans(),
    italics=st.booleans(),
    underscore=st.booleans(),
    reverse=st.booleans(),
)
LINE = st.lists(st.builds(StyledText, text=st.text(min_size=1, max_size=5), style=STYLE), max_size=4).map(
    lambda runs: OutputLine(runs=tuple(runs))
)


@settings(max_examples=100, deadline=None)
@given(LINE)
def test_lines_survive_with_their_rendition(line: OutputLine) -> None:
    read = line_from_json(json.loads(json.dumps(line_to_json(line))))
    renditions = [(char, run.style) for run in line.runs for char in run.text]
    assert [(char, run.style) for run in read.runs for char in run.text] == renditions


def test_a_line_without_rendition_is_a_string_and_one_with_it_says_what_differs() -> None:
    plain = StyledText(text="a", style=Style())
    red = StyledText(text="b", style=Style(foreground="red", bold=True))
    assert line_to_json(OutputLine(runs=(plain,))) == "a"
    assert line_to_json(OutputLine(runs=(plain, red))) == ["a", ["b", {"foreground": "red", "bold": True}]]


@pytest.mark.parametrize("value", [7, [7], ["a", ["b"]], [["b", {"bold": 1}]], [["b", {"foreground": 1}]]])
def test_what_is_no_line_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"no (line|run of characters)"):
        line_from_json(value)


def test_a_record_read_back_is_the_record_without_raw_bytes() -> None:
    record = made()
    steps = tuple(replace(step, raw=b"") for step in record.result.steps)
    assert parse_record(dump_record(record)) == replace(record, result=replace(record.result, steps=steps))


def test_a_record_says_what_each_step_compared() -> None:
    assert [step.is_compared for step in made().steps] == [True, False, False, False, True, False, True]


def test_digests_of_expectations_follow_expectations_only() -> None:
    first, *_ = made().steps
    moved, *_ = made(PAGE.replace("# T\n", "# T\n\nProse.\n")).steps
    other, *_ = made(PAGE.replace("pip [[version=version]]", "pip [[version]]")).steps
    assert first.expectation_digest == moved.expectation_digest
    assert (first.line, moved.line) == (4, 6)
    assert first.expectation_digest != other.expectation_digest


def test_the_failing_step_is_the_first_that_failed_and_not_one_that_was_not_run() -> None:
    record = made(printed=(Printed(lines=("pip 26.3",)), Printed(exit_status=2), *OUTPUT[2:]))
    assert record.failing_step is not None
    assert (record.failing_step.index, record.failing_step.outcome) == (1, Outcome.WRONG_STATUS)
    assert made().failing_step is None


def test_a_record_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "records").write_text("a file where the folder should be")
    with pytest.raises(RecordError, match="the record of `page` cannot be written: File exists"):
        save_record(made(), tmp_path / "records")


def test_records_are_saved_and_loaded_by_the_name_of_their_walk(tmp_path: Path) -> None:
    record = made()
    path = save_record(record, tmp_path / "records")
    assert path.name == "page-3660315a.json"
    loaded = load_records(tmp_path / "records")
    assert list(loaded) == ["page"]
    assert load_raw(loaded["page"], tmp_path / "records") == record


def test_a_failing_record_replaces_the_passing_one(tmp_path: Path) -> None:
    save_record(made(), tmp_path)
    save_record(made(printed=(Printed(lines=("oh",)), *OUTPUT[1:])), tmp_path)
    assert load_records(tmp_path)["page"].failing_step is not None


def test_a_folder_that_does_not_exist_holds_no_records(tmp_path: Path) -> None:
    assert load_records(tmp_path / "none") == {}


def test_walks_with_like_names_have_files_of_their_own() -> None:
    names = ["tutorials/1[a b]", "tutorials/1[a/b]", "tutorials/1[a-b]", "x" * 300]
    paths = {record_path(name, Path("r")) for name in names}
    assert len(paths) == len(names)
    assert {path.parent for path in paths} == {Path("r")}
    assert max(len(path.name) for path in paths) < 140


def test_raw_bytes_that_are_missing_are_named(tmp_path: Path) -> None:
    record = made()
    path = save_record(record, tmp_path, raw=False)
    with pytest.raises(RecordError) as caught:
        load_raw(record, tmp_path)
    assert str(caught.value).startswith(str(path.with_suffix(".raw")))
    assert caught.value.hint == "run the walk again"


def test_raw_bytes_of_other_steps_are_refused(tmp_path: Path) -> None:
    record = made()
    save_record(record, tmp_path).with_suffix(".raw").write_text("[]\n")
    with pytest.raises(RecordError, match="zip"):
        load_raw(record, tmp_path)


OUTCOMES = "passed, mismatch, wrong-status, timed-out, waits-for-input, step-boundary, shell-lost, not-run"


def broken(change: str) -> str:
    """The record as JSON after a statement about its data."""
    data = json.loads(dump_record(made()))
    exec(change, {"data": data})  # noqa: S102 - statements of this file
    return json.dumps(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("data['schema'] = 99", "its schema is 99, this docwalk (0.1.0) reads 2"),
        ("del data['walk']['name']", "`walk.name` is missing"),
        ("data['walk'] = []", "`walk` is no JSON object"),
        ("data['walk']['name'] = 3", "`walk.name` must be text, found 3"),
        ("data['walk']['shell'] = 3", "`walk.shell` must be text, found 3"),
        ("data['walk']['is_default'] = 1", "`walk.is_default` must be true or false, found 1"),
        ("data['walk']['steps'] = {}", "`walk.steps` must be a list, found {}"),
        (
            "data['walk']['steps'][1]['line'] = True",
            "`walk.steps[1].line` must be a whole number, found True",
        ),
        ("data['walk']['steps'][0]['span'] = [1]", "`walk.steps[0].span` must be 2 whole numbers, found [1]"),
        ("data['walk']['steps'].pop()", "`walk.steps` has 6 entries, `result.steps` 7"),
        ("data['result']['elapsed_s'] = '1'", "`result.elapsed_s` must be a number, found '1'"),
        (
            "data['result']['started_at'] = 'now'",
            "`result.started_at` must be a time with its zone, found 'now'",
        ),
        (
            "data['result']['started_at'] = '2026-11-22T10:00'",
            "`result.started_at` must be a time with its zone, found '2026-11-22T10:00'",
        ),
        ("data['result']['terminal'] = {'TERM': 1}", "`result.terminal.TERM` must be text, found 1"),
        (
            "data['result']['steps'][0]['outcome'] = 'fine'",
            f"`result.steps[0].outcome` must be one of {OUTCOMES}, found `fine`",
        ),
        (
            "data['result']['steps'][0]['lines'] = [5] * 99",
            f"`result.steps[0].lines` must be lines of output, found [{'5, ' * 13}…",
        ),
        (
            "data['result']['started_at'] = '0001-01-01T00:00:00+14:00'",
            "`result.started_at` must be a time of our days, found '0001-01-01T00:00:00+14:00'",
        ),
        ("data['result']['elapsed_s'] = float('nan')", "`result.elapsed_s` must be a number, found nan"),
        ("data['result']['elapsed_s'] = float('inf')", "`result.elapsed_s` must be a number, found inf"),
        (
            "data['result']['steps'][0]['lines'] = [[['x', {'background': '0\"><b>'}]]]",
            "`result.steps[0].lines` must be lines of output, found [[['x', {'background': '0\"><b>'}]]]",
        ),
        (
            "data['result']['steps'][0]['lines'] = [[['x', {'foreground': 'mauve'}]]]",
            "`result.steps[0].lines` must be lines of output, found [[['x', {'foreground': 'mauve'}]]]",
        ),
        (
            "data['result']['steps'][0]['lines'] = [{'left_out': -5, 'line': 'x'}]",
            "`result.steps[0].lines` must be lines of output, found [{'left_out': -5, 'line': 'x'}]",
        ),
    ],
)
def test_a_malformed_record_is_refused_with_its_place(change: str, message: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_record(broken(change))
    assert str(caught.value) == message


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(MalformedError, match="no JSON: Expecting value: line 1 column 1"):
        parse_record("")


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 100_000], ids=["a number too long", "too deep"])
def test_json_that_python_does_not_read_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="no JSON: "):
        parse_record(text)


def test_all_broken_records_of_a_folder_are_named(tmp_path: Path) -> None:
    good = save_record(made(), tmp_path)
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").write_bytes(b"\xff")
    (tmp_path / "c.json").write_text(good.read_text())
    with pytest.raises(RecordError) as caught:
        load_records(tmp_path)
    assert str(caught.value).splitlines() == [
        "3 records cannot be read",
        f"{tmp_path}/a.json: `schema` is missing",
        f"{tmp_path}/b.json: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        f"{tmp_path}/c.json: it is named otherwise than its walk `page` asks for",
    ]
    assert caught.value.hint == "delete what is named above and run the walks again"


def test_a_new_file_has_the_mode_the_umask_leaves(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"x")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
