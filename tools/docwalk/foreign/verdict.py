"""What a run of a foreign page says of each of its blocks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from docwalk.foreign.expected import FORMS, lenient
from docwalk.matching.match import match_lines
from docwalk.options import MatchMode
from docwalk.redaction import compile_redactions
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.foreign.walk import Claim, ForeignBlock, ForeignPage
    from docwalk.matching.match import Match
    from docwalk.results import StepResult, WalkResult


class Verdict(Enum):
    """What is known of a block; the value is what people read."""

    MATCHED = "matched"
    """What it shows came out."""
    RAN = "ran"
    """Its commands ended well; it shows no output to compare."""
    DIFFERS = "differs"
    """Something else came out, or a command failed of which the page does not say so."""
    NOT_CHECKED = "not checked"
    """Nothing of it could be tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A claim that does not hold."""

    line: int
    """Source line to look at, from 1."""
    message: str
    """What differs."""
    commands: tuple[str, ...]
    """What was typed."""
    lines: tuple[str, ...]
    """What came out, spaces as one."""
    match: Match | None
    """The comparison; None where the page shows no output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockVerdict:
    """What is said of one block."""

    block: ForeignBlock
    """The block."""
    verdict: Verdict
    """In a word."""
    detail: str
    """What it rests on, and what of the block could not be checked and why."""
    differences: tuple[Difference, ...]
    """Claims that do not hold."""
    unchecked: int
    """Commands that could not be checked, or blocks without any."""


def judge(page: ForeignPage, result: WalkResult) -> tuple[BlockVerdict, ...]:
    """A verdict for each block of a page, in order."""
    return tuple(_block(page, block, result) for block in page.blocks)


def _block(page: ForeignPage, block: ForeignBlock, result: WalkResult) -> BlockVerdict:
    reasons = [(each.line, each.reason) for each in block.unchecked]
    differences: list[Difference] = []
    matched = ran = 0
    for claim in block.claims:
        steps = [result.steps[index] for index in claim.steps]
        unknown = next((step for step in steps if _why_unknown(step)), None)
        if unknown is not None:
            reasons.append((page.walk.steps[unknown.index].line, _why_unknown(unknown)))
            continue
        difference = _compare(page, claim, steps)
        if difference is not None:
            differences.append(difference)
        elif claim.expected:
            matched += len(steps)
        else:
            ran += len(steps)
    verdict = Verdict.NOT_CHECKED
    if differences:
        verdict = Verdict.DIFFERS
    elif matched:
        verdict = Verdict.MATCHED
    elif ran:
        verdict = Verdict.RAN
    return BlockVerdict(
        block=block,
        verdict=verdict,
        detail="; ".join(_details(block, matched, ran, differences, reasons)),
        differences=tuple(differences),
        unchecked=len(reasons),
    )


def _details(
    block: ForeignBlock, matched: int, ran: int, differences: list[Difference], reasons: list[tuple[int, str]]
) -> Iterator[str]:
    if block.file and ran:
        yield f"a script, written as `{block.file}`"
    elif matched + ran + len(differences) > 1 or (matched and ran):
        counted = [(matched, "matched"), (ran, "ran"), (len(differences), "differed")]
        yield ", ".join(f"{number} {word}" for number, word in counted if number)
    for line, reason in reasons:
        where = "" if line == block.line else f" (line {line})"
        yield f"could not be checked: {reason}{where}"


def _why_unknown(step: StepResult) -> str:
    """Why nothing is known of a step that was planned; empty where something is."""
    match step.outcome:
        case Outcome.PASSED | Outcome.MISMATCH | Outcome.WRONG_STATUS:
            return ""
        case Outcome.NOT_RUN:
            return step.detail
        case _:
            return step.detail


def _compare(page: ForeignPage, claim: Claim, steps: list[StepResult]) -> Difference | None:
    """The difference between what was claimed and what came; None where there is none."""
    printed = tuple(text for step in steps for line in step.lines if (text := lenient(line.text)))
    commands = tuple(step.command_sent for step in steps)
    failed = next((step for step in steps if step.outcome is not Outcome.PASSED), None)
    if not claim.expected:
        if failed is None:
            return None
        said = f": {printed[-1]}" if printed else ""
        message = f"{failed.detail}, and the page shows no error{said}"
        return Difference(
            line=page.walk.steps[failed.index].line,
            message=message,
            commands=commands,
            lines=printed,
            match=None,
        )
    match = match_lines(
        claim.expected,
        printed,
        mode=MatchMode.LITERAL,
        redactions=compile_redactions(FORMS.items()),
        captures={},
    )
    if match.problem is None:
        return None
    wrong = match.problem.expected
    line = page.walk.steps[claim.steps[0]].line if wrong is None else wrong.source_line
    return Difference(line=line, message=match.problem.reason, commands=commands, lines=printed, match=match)
