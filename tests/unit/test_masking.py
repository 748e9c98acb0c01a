"""Masking: no trace of a password in what is kept of a step."""

from __future__ import annotations

import json

import pytest

from docwalk.masking import mask_step
from docwalk.matching.rewriting import Rewriter
from docwalk.options import BlockOptions
from docwalk.record_json import line_from_json, line_to_json
from docwalk.results import MASK, Outcome, OutputLine, StepResult, Style, StyledText

TYPED = "correct horse"


def step(*lines: OutputLine) -> StepResult:
    return StepResult(
        index=0,
        block_id="b",
        outcome=Outcome.MISMATCH,
        detail=f"`{TYPED}` differs",
        command_sent=f"echo {TYPED}",
        raw=f"you typed {TYPED}".encode(),
        lines=lines,
        screen=lines,
        captures={"word": TYPED},
    )


def test_a_secret_is_nowhere_in_what_is_kept() -> None:
    masked = mask_step(step(OutputLine.plain(f"you typed {TYPED}")), [TYPED])
    assert [line.text for line in masked.lines] == [f"you typed {MASK}"]
    assert TYPED not in repr(masked)


def test_a_secret_in_two_colours_is_masked_too() -> None:
    runs = (StyledText(text="correct ", style=Style()), StyledText(text="horse", style=Style(bold=True)))
    assert mask_step(step(OutputLine(runs=runs)), [TYPED]).lines[0].text == MASK


def test_what_holds_another_secret_is_masked_as_a_whole() -> None:
    masked = mask_step(step(OutputLine.plain("correct horse battery")), ["correct horse battery", TYPED])
    assert masked.lines[0].text == MASK


@pytest.mark.parametrize("secrets", [[], ["y"]])
def test_nothing_is_done_for_no_secret_or_a_short_one(secrets: list[str]) -> None:
    kept = step(OutputLine.plain("yes, you may"))
    assert mask_step(kept, secrets) == kept


def test_a_line_keeps_that_something_was_typed_unseen() -> None:
    line = OutputLine(runs=OutputLine.plain("Password:").runs, is_typed_unseen=True)
    written = json.dumps(line_to_json(line))
    assert written == '{"unseen": "Password:"}'
    assert line_from_json(json.loads(written)) == line


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"you typed {MASK}!", "you typed [[...]]!"),
        (MASK, "[[...]]"),
        ("you typed nothing", "you typed nothing"),
    ],
)
def test_update_writes_no_mask_that_would_never_come(text: str, written: str) -> None:
    rewriter = Rewriter(options=BlockOptions(), redactions={}, site_values={})
    assert rewriter.quoted(text) == written
