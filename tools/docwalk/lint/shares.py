"""A page's assertion share: how many of the output lines it shows are compared literally.

With a record, of the lines that were printed; without, of the lines that the page writes, where one `...`
counts as one line that is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.expectation import LineExpectation, Literal
from docwalk.matching.match import RowKind, match_lines
from docwalk.options import MatchMode
from docwalk.plan import TypeCommand
from docwalk.redaction import compile_redactions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.expectation import ExpectedLine
    from docwalk.lint.page import LintPage
    from docwalk.plan import Walk
    from docwalk.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a page's output is compared."""

    literal: int
    """Lines compared literally, as a whole."""
    partial: int
    """Lines of which some text is compared."""
    lines: int
    """Lines of output shown."""
    is_recorded: bool
    """Whether the lines are those of records; else those the page writes."""

    @property
    def percent(self) -> float:
        """Lines compared literally, of all; 100 where no output is shown."""
        return 100.0 * self.literal / self.lines if self.lines else 100.0


def page_share(page: LintPage) -> Share:
    """The share of a page: of all its walks where each has a record that still fits, else as written."""
    steps = [counted for walk in page.walks for counted in _recorded(walk, page.records.get(walk.name))]
    is_recorded = bool(steps) and all(
        walk.name in page.records and page.records[walk.name].walk_digest == walk.digest
        for walk in page.walks
    )
    if not is_recorded:
        steps = [
            _written(line)
            for each in page.blocks
            if each.is_run
            for command in each.commands
            for line in command.command.expected or ()
        ]
    return Share(
        literal=sum(kind == "literal" for kind in steps),
        partial=sum(kind == "partial" for kind in steps),
        lines=len(steps),
        is_recorded=is_recorded,
    )


def _recorded(walk: Walk, record: Record | None) -> Iterator[str]:
    """How each line that a walk printed was compared."""
    if record is None or record.walk_digest != walk.digest:
        return
    captures: dict[str, str] = {}
    for step, result in zip(walk.steps, record.result.steps, strict=True):
        action = step.action
        if isinstance(action, TypeCommand) and action.expected is not None:
            match = match_lines(
                action.expected,
                [line.text for line in result.lines],
                mode=action.match,
                redactions=compile_redactions(walk.redactions),
                captures=captures,
            )
            for row in match.rows:
                kind = _written(row.expected) if row.expected is not None else "none"
                if action.match is MatchMode.REGEX and kind == "literal":
                    kind = "partial"
                yield from [kind if row.kind is RowKind.EQUAL else "none"] * (row.end - row.start)
        captures.update(result.captures)


def _written(line: ExpectedLine) -> str:
    """How a line is compared: as a whole, in part, or not at all."""
    if not isinstance(line, LineExpectation):
        return "none"
    if all(isinstance(part, Literal) for part in line.parts):
        return "literal"
    return "partial"
