"""Long outputs: what was compared is kept, the rest is said to be left out, and nothing is rewritten."""

from __future__ import annotations

from dataclasses import replace

from docwalk.kept import ELIDED_LINES, FAILED_LINES, UNCOMPARED_LINES, failed_lines, kept_lines
from docwalk.matching.match_output import match_output
from docwalk.options import MatchMode
from docwalk.record_json import line_from_json, line_to_json
from docwalk.redaction import compile_redactions
from docwalk.results import Outcome
from docwalk.steps import TypeCommand
from docwalk.testing import Printed, output_lines, planned, result_of
from docwalk.update import make_edits

LINES = output_lines([str(number) for number in range(20_000)])


def kept(expected: str, mode: MatchMode = MatchMode.LITERAL, count: int = 20_000) -> list[str]:
    _, (walk,) = planned(f"```{{console}}\n:match: {mode.value}\n$ x\n{expected}```\n")
    action = walk.steps[0].action
    assert isinstance(action, TypeCommand)
    match = match_output(
        action.expected or (), LINES[:count], mode=mode, redactions=compile_redactions(()), captures={}
    )
    return [line.text for line in kept_lines(LINES[:count], match, mode)]


def test_of_what_an_elision_hides_both_ends_are_kept() -> None:
    lines = kept("0\n...\n10000\n...\n19999\n")
    assert lines[:2] == ["0", "1"]
    assert lines[ELIDED_LINES + 1] == "… 9,899 lines left out of the record"
    assert lines[2 * ELIDED_LINES + 2] == "10000"
    assert (len(lines), lines[-1]) == (3 + 2 * (2 * ELIDED_LINES + 1), "19999")


def test_what_was_compared_is_kept() -> None:
    expected = "".join(f"{number}\n" for number in range(20_000))
    assert len(kept(expected)) == 20_000


def test_short_elisions_hide_nothing_from_the_record() -> None:
    assert len(kept("0\n...\n100\n", count=101)) == 101
    assert len(kept("0\n...\n103\n", count=104)) == 2 + 2 * ELIDED_LINES + 1


def test_lines_around_what_an_output_must_contain_are_left_out() -> None:
    lines = kept("10000\n", MatchMode.CONTAINS)
    assert ("10000" in lines, len(lines)) == (True, 1 + 2 * (2 * ELIDED_LINES + 1))


def test_of_an_output_that_is_not_as_expected_more_is_kept() -> None:
    assert len(kept("other\n")) == 2 * FAILED_LINES + 1
    assert len(failed_lines(LINES)) == 2 * FAILED_LINES + 1


def test_an_output_that_is_not_compared_is_kept_at_its_ends() -> None:
    lines = kept_lines(LINES, None, MatchMode.LITERAL)
    assert len(lines) == 2 * UNCOMPARED_LINES + 1
    assert lines[UNCOMPARED_LINES].left_out == 20_000 - 2 * UNCOMPARED_LINES


def test_a_line_that_stands_for_others_survives_a_record() -> None:
    line = next(line for line in kept_lines(LINES, None, MatchMode.LITERAL) if line.left_out)
    assert line_from_json(line_to_json(line)) == line
    error = replace(line, is_error=True)
    assert line_from_json(line_to_json(error)) == error


def test_update_leaves_a_step_of_which_lines_are_left_out() -> None:
    document, (walk,) = planned("```console\n$ x\nold\n```\n")
    result = result_of(walk, [Printed(lines=tuple(line.text for line in LINES))], goes_on=True)
    step = replace(result.steps[0], lines=failed_lines(LINES))
    assert step.outcome is Outcome.MISMATCH
    (asked,) = make_edits(document, walk, replace(result, steps=(step,)), site_values={})
    assert asked.edits == ()
