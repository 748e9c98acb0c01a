"""Masking: passwords that were typed leave no trace in what is kept of a step; pure.

Input: a step's result, and what was typed while the terminal did not show it; output: the result without it.
A text of fewer than four characters is left alone: it protects nothing, and is part of many words.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from docwalk.results import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docwalk.results import OutputLine, StepResult

_SHORTEST: Final = 4


def mask_step(result: StepResult, secrets: Iterable[str]) -> StepResult:
    """`result` with every secret replaced, wherever a program showed it after all."""
    hidden = sorted({each for each in secrets if len(each) >= _SHORTEST}, key=len, reverse=True)
    if not hidden:
        return result
    raw = result.raw
    for secret in hidden:
        raw = raw.replace(secret.encode(), MASK.encode())
    return replace(
        result,
        raw=raw,
        detail=_masked(result.detail, hidden),
        command_sent=_masked(result.command_sent, hidden),
        lines=tuple(_masked_line(line, hidden) for line in result.lines),
        screen=tuple(_masked_line(line, hidden) for line in result.screen),
        captures={name: _masked(text, hidden) for name, text in result.captures.items()},
    )


def _masked(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _masked_line(line: OutputLine, secrets: Sequence[str]) -> OutputLine:
    if not any(secret in line.text for secret in secrets):
        return line
    masked = tuple(replace(run, text=_masked(run.text, secrets)) for run in line.runs)
    if any(secret in "".join(run.text for run in masked) for secret in secrets):
        # A secret in two colours: the line in one.
        masked = (replace(line.runs[0], text=_masked(line.text, secrets)),)
    return replace(line, runs=masked)
