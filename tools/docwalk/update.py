"""Results → edits by span in the source: what a page would say, had it been written from this run.

Only lines that differ are written anew. Elisions, and placeholders that still hold, stay; so does every byte
outside the lines concerned. Where walks disagree about a step nothing is changed, and the disagreement is
reported. Pure but for `write_source`.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, assert_never

from docwalk.expectation import (
    ELISION,
    EXIT_LINE,
    PLACEHOLDER,
    QUOTE,
    REPL_ELISION,
    Elision,
    LineExpectation,
    PlaceholderError,
    parse_expected,
    quote_output_line,
)
from docwalk.match import RowKind, match_lines
from docwalk.match_line import LineRule
from docwalk.options import MatchMode, accepted_prompts, is_repl_prompt
from docwalk.plan import TypeCommand
from docwalk.record import write_atomically
from docwalk.redaction import compile_redactions
from docwalk.results import Outcome
from docwalk.source import Span

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from docwalk.document import Block, Document
    from docwalk.expectation import ExpectedLine
    from docwalk.match import Row
    from docwalk.plan import Step, Walk
    from docwalk.results import StepResult, WalkResult
    from docwalk.source import Source

_ENDED = (Outcome.PASSED, Outcome.MISMATCH, Outcome.WRONG_STATUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A replacement of one range of the source."""

    span: Span
    """What is replaced; empty for an insertion."""
    replacement: str
    """What stands there afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEdits:
    """What one walk asks of one step."""

    line: int
    """Source line of the step's command, from 1."""
    walk_name: str
    """The walk."""
    edits: tuple[Edit, ...]
    """In order of the source; empty where the step is as it should be."""
    missing: tuple[str, ...] = ()
    """Captures that an earlier step did not make, so that this step was not what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A step for which two walks ask for different text."""

    line: int
    """Source line of the step's command, from 1."""
    walk_names: tuple[str, str]
    """Two of the walks."""


def make_edits(
    document: Document, walk: Walk, result: WalkResult, *, site_values: Mapping[str, str]
) -> tuple[StepEdits, ...]:
    """What one run asks to be changed, for each step that ran to its end and has expected output.

    Args:
        document: the page the walk was planned from.
        walk: what was run.
        result: what happened, also after steps that did not do what was expected.
        site_values: values of `[[site:NAME]]`.
    """
    blocks = {block.id: block for block in document.blocks}
    redactions = compile_redactions(walk.redactions)
    captures: dict[str, str] = {}
    made: list[StepEdits] = []
    for step, outcome in zip(walk.steps, result.steps, strict=True):
        action = step.action
        if not isinstance(action, TypeCommand):
            continue
        missing = tuple(name for name in action.captured_names if name not in captures)
        if missing:
            made.append(StepEdits(line=step.line, walk_name=walk.name, edits=(), missing=missing))
        elif action.expected is not None and outcome.outcome in _ENDED:
            writer = _Writer(
                source=document.source,
                block=blocks[step.block_id],
                action=action,
                redactions=redactions,
                captures=dict(captures),
                site_values=site_values,
            )
            edits = tuple(writer.edits(step, outcome))
            made.append(StepEdits(line=step.line, walk_name=walk.name, edits=edits))
        captures.update(outcome.captures)
    return tuple(made)


def merge_edits(
    requests: Iterable[StepEdits],
) -> tuple[tuple[Edit, ...], tuple[Disagreement, ...]]:
    """The edits on which all walks agree, in order of the source, and the steps on which they do not."""
    first: dict[int, StepEdits] = {}
    against: dict[int, Disagreement] = {}
    for request in requests:
        other = first.setdefault(request.line, request)
        if other.edits != request.edits:
            names = (other.walk_name, request.walk_name)
            against.setdefault(request.line, Disagreement(line=request.line, walk_names=names))
    agreed = [edit for line, step in first.items() if line not in against for edit in step.edits]
    return tuple(sorted(agreed, key=_place)), tuple(against[line] for line in sorted(against))


def _place(edit: Edit) -> tuple[int, int]:
    return edit.span.start, edit.span.end


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text with its edits made; they must be in order and must not overlap.

    Raises:
        ValueError: two edits overlap.
    """
    pieces: list[str] = []
    at = 0
    for edit in edits:
        if edit.span.start < at:
            raise ValueError(f"edits overlap at offset {edit.span.start}")
        pieces += [text[at : edit.span.start], edit.replacement]
        at = edit.span.end
    return "".join([*pieces, text[at:]])


def write_source(path: Path, text: str) -> None:
    """Write a page in one step; its mode stays."""
    write_atomically(path.resolve(), text.encode(), mode=path.stat().st_mode & 0o7777)


class _Writer:
    """Writes the output of one step into its block."""

    def __init__(
        self,
        *,
        source: Source,
        block: Block,
        action: TypeCommand,
        redactions: Mapping[str, re.Pattern[str]],
        captures: dict[str, str],
        site_values: Mapping[str, str],
    ) -> None:
        self._source = source
        self._block = block
        self._action = action
        self._redactions = redactions
        self._captures = captures
        self._site_values = site_values
        self._lines = {source.position(line.span.start).line: line for line in block.lines}
        is_repl = block.options.prompt is not None and is_repl_prompt(block.options.prompt)
        self._elision = REPL_ELISION if is_repl else ELISION

    def edits(self, step: Step, result: StepResult) -> Iterator[Edit]:
        """Edits that make the step's expectation fit its result, in order."""
        expected = self._action.expected or ()
        lines = [line.text for line in result.lines]
        match = match_lines(
            expected,
            lines,
            mode=self._action.match,
            redactions=self._redactions,
            captures=dict(self._captures),
        )
        self._captures.update(match.captures)
        last = self._source.position(step.span.end).line
        added: list[str] = []
        for row in () if match.matched else match.rows:
            if row.expected is None:
                added += [self._quoted(lines[at]) for at in range(row.start, row.end) if _is_output(row)]
                continue
            if added:
                yield self._insertion(last, added)
                added = []
            last = row.expected.source_line
            yield from self._row_edits(row, last, lines)
        if expected:
            last = expected[-1].source_line
        if added:
            yield self._insertion(last, added)
        yield from self._status_edits(last, result)

    def _row_edits(self, row: Row, line: int, lines: Sequence[str]) -> Iterator[Edit]:
        match row.kind:
            case RowKind.CHANGED if isinstance(row.expected, LineExpectation):
                yield self._replacement(line, self._rewritten(row.expected, lines[row.start]))
            case RowKind.MISSING if self._action.match is not MatchMode.CONTAINS:
                # `contains` states what matters: to drop such a line is for its author to decide.
                yield self._deletion(line)
            case RowKind.CHANGED | RowKind.MISSING | RowKind.EQUAL | RowKind.ELIDED | RowKind.UNEXPECTED:
                pass
            case _ as unreachable:
                assert_never(unreachable)

    def _status_edits(self, last: int, result: StepResult) -> Iterator[Edit]:
        """Edits of the `[exit N]` line after line `last` of the source."""
        status = result.exit_status
        if status is None:
            return
        following = self._lines.get(last + 1)
        has_line = following is not None and EXIT_LINE.fullmatch(following.text) is not None
        if status == self._action.exit_status:
            return
        if status == self._block.options.exit_status and has_line:
            yield self._deletion(last + 1)
        elif has_line:
            yield self._replacement(last + 1, f"[exit {status}]")
        else:
            yield self._insertion(last, [f"[exit {status}]"])

    def _quoted(self, text: str) -> str:
        return quote_output_line(
            text,
            prompts=accepted_prompts(self._block.options),
            elision=self._elision,
            match=self._action.match,
        )

    def _rewritten(self, expected: LineExpectation, text: str) -> str:
        """How `text` is written in place of `expected`, with those placeholders that still hold."""
        quoted = self._quoted(text)
        before = self._lines[expected.source_line].text
        if self._action.match is MatchMode.REGEX or before.startswith(QUOTE):
            return quoted
        pieces = self._kept(before, text)
        literals = pieces[::2]
        is_plain = not any(PLACEHOLDER.search(literal) for literal in literals)
        if len(pieces) == 1 or not is_plain or self._quoted(literals[0]) != literals[0]:
            return quoted
        written = "".join(pieces)
        return quoted if isinstance(self._parsed(written), Elision) else written

    def _kept(self, before: str, text: str) -> list[str]:
        """`text` cut into literals and, between them, placeholders of `before` that still hold.

        A placeholder holds where the text between its neighbours, found by comparing both lines, fits it.
        """
        found = list(PLACEHOLDER.finditer(before))
        # Characters that stand for placeholders while both texts are compared; no terminal prints them.
        marks = {chr(0xF0000 + index): placeholder[0] for index, placeholder in enumerate(found)}
        shown = before
        for mark, placeholder in zip(reversed(marks), reversed(found), strict=True):
            shown = shown[: placeholder.start()] + mark + shown[placeholder.end() :]
        blocks = SequenceMatcher(None, shown, text, autojunk=False).get_matching_blocks()
        where = {a + i: b + i for a, b, size in blocks for i in range(size)}
        where |= {-1: -1, len(shown): len(text)}
        pieces: list[str] = []
        at = 0
        for index, mark in enumerate(shown):
            left, right = where.get(index - 1), where.get(index + 1)
            if mark not in marks or left is None or right is None:
                continue
            if self._holds(marks[mark], text[left + 1 : right]):
                pieces += [text[at : left + 1], marks[mark]]
                at = right
        return [*pieces, text[at:]]

    def _holds(self, placeholder: str, text: str) -> bool:
        try:
            parsed = self._parsed(placeholder)
        except PlaceholderError:
            return False  # it names a capture that was not made
        if isinstance(parsed, Elision):
            return True
        rule = LineRule.of(
            parsed, mode=self._action.match, redactions=self._redactions, captures=self._captures
        )
        return rule.fit(text, self._captures).fits

    def _parsed(self, text: str) -> ExpectedLine:
        return parse_expected(
            text,
            line=1,
            redactions=self._redactions,
            captures=self._captures,
            site_values=self._site_values,
            elision=self._elision,
        )

    def _replacement(self, line: int, text: str) -> Edit:
        """Another text in a line of the body; what stands before it stays, if it had any text."""
        written = self._lines[line]
        start = written.span.start
        if not written.text:
            start = self._source.line_span(line).start
            text = f"{self._block.indent}{text}" if text else text
        return Edit(span=Span(start=start, end=written.span.end), replacement=text)

    def _insertion(self, line: int, texts: Sequence[str]) -> Edit:
        """Lines after a line of the body."""
        at = self._source.line_span(line).end
        indents = (self._block.indent if text else self._block.indent.rstrip() for text in texts)
        new = "".join(f"{self._newline(line)}{i}{text}" for i, text in zip(indents, texts, strict=True))
        return Edit(span=Span(start=at, end=at), replacement=new)

    def _deletion(self, line: int) -> Edit:
        """A line of the body gone, with the newline before it."""
        start, end = self._source.line_span(line - 1).end, self._source.line_span(line).end
        return Edit(span=Span(start=start, end=end), replacement="")

    def _newline(self, line: int) -> str:
        end = self._source.line_span(line).end
        return "\r\n" if self._source.text[end : end + 1] == "\r" else "\n"


def _is_output(row: Row) -> bool:
    return row.kind is RowKind.UNEXPECTED
