"""Results → edits by span in the source: what a page would say, had it been written from this run.

Only lines that differ are written anew. Elisions, and placeholders that still hold, stay; so does every byte
outside the lines concerned. Where walks disagree about a step nothing is changed, and the disagreement is
reported. Pure but for `write_source`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.body_edits import BodyEditor, Edit
from docwalk.document import FileMode
from docwalk.expectation import EXIT_LINE, FENCE_LIKE, LineExpectation
from docwalk.matching.json_rewriting import rewritten_json
from docwalk.matching.match import RowKind
from docwalk.matching.match_json import Comparer, captured_in
from docwalk.matching.match_output import match_output
from docwalk.matching.patience import Patience
from docwalk.matching.rewriting import Rewriter
from docwalk.options import MatchMode
from docwalk.plan import EditFile, TypeCommand
from docwalk.record import write_atomically
from docwalk.redaction import compile_redactions
from docwalk.results import Outcome
from docwalk.steps import checked_lines

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from docwalk.document import Block, Document
    from docwalk.matching.match import Row
    from docwalk.plan import Step, Walk
    from docwalk.results import OutputLine, StepResult, WalkResult
    from docwalk.source import Source

_ENDED = (Outcome.PASSED, Outcome.MISMATCH, Outcome.WRONG_STATUS)


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
        if isinstance(action, EditFile) and action.mode is not FileMode.CHECK:
            continue
        missing = tuple(name for name in action.captured_names if name not in captures)
        if missing:
            made.append(StepEdits(line=step.line, walk_name=walk.name, edits=(), missing=missing))
        elif isinstance(action, EditFile):
            edits = _file_edits(document.source, blocks[step.block_id], action, outcome, captures)
            made.append(StepEdits(line=step.line, walk_name=walk.name, edits=edits))
        elif any(line.left_out for line in outcome.lines):
            # As it passes it stays; where it does not, nobody wants thousands of lines on a page.
            made.append(StepEdits(line=step.line, walk_name=walk.name, edits=()))
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


def _file_edits(
    source: Source, block: Block, action: EditFile, outcome: StepResult, captures: Mapping[str, str]
) -> tuple[Edit, ...]:
    """Edits that make a block that checks a file hold what the file does; none if it cannot be written."""
    if outcome.outcome is not Outcome.MISMATCH or not outcome.lines:
        return ()
    old = ["".join(str(part) for part in line.parts) for line in checked_lines(action, captures)]
    new = [line.text for line in outcome.lines]
    named = [f"[[{name}]]" for name in captures]
    if any(FENCE_LIKE.match(text) or any(name in text for name in named) for text in new):
        return ()
    return tuple(BodyEditor(source, block).between(action.source_line - 1, old, new))


def agreed_edits(
    requests: Iterable[StepEdits],
) -> tuple[tuple[StepEdits, ...], tuple[Disagreement, ...]]:
    """What all walks ask of a step, in order of the source, and the steps on which they do not agree."""
    first: dict[int, StepEdits] = {}
    against: dict[int, Disagreement] = {}
    for request in requests:
        other = first.setdefault(request.line, request)
        if other.edits != request.edits:
            names = (other.walk_name, request.walk_name)
            against.setdefault(request.line, Disagreement(line=request.line, walk_names=names))
    agreed = tuple(first[line] for line in sorted(first) if line not in against and first[line].edits)
    return agreed, tuple(against[line] for line in sorted(against))


def merge_edits(
    requests: Iterable[StepEdits],
) -> tuple[tuple[Edit, ...], tuple[Disagreement, ...]]:
    """The edits on which all walks agree, in order of the source, and the steps on which they do not."""
    steps, disagreements = agreed_edits(requests)
    return edits_of(steps), disagreements


def edits_of(steps: Iterable[StepEdits]) -> tuple[Edit, ...]:
    """The edits of several steps, in order of the source."""
    return tuple(sorted((edit for step in steps for edit in step.edits), key=_place))


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
        self._body = BodyEditor(source, block)
        self._lines = self._body.lines
        self._rewriter = Rewriter(options=block.options, redactions=redactions, site_values=site_values)

    def edits(self, step: Step, result: StepResult) -> Iterator[Edit]:
        """Edits that make the step's expectation fit its result, in order."""
        expected = self._action.expected or ()
        lines = result.lines
        match = match_output(
            expected,
            lines,
            mode=self._action.match,
            redactions=self._redactions,
            captures=dict(self._captures),
        )
        last = self._source.position(step.span.end).line
        if self._action.match is MatchMode.JSON:
            if not match.matched:
                yield from self._json_edits(last, result)
            yield from self._status_edits(last + len(expected), result)
            return
        self._captures.update(match.captures)
        added: list[str] = []
        for row in () if match.matched else match.rows:
            if row.expected is None:
                new = lines[row.start : row.end] if row.kind is RowKind.UNEXPECTED else ()
                added += [self._rewriter.quoted(line.text, is_error=line.is_error) for line in new]
                continue
            if added:
                yield self._body.insertion(last, added)
                added = []
            last = row.expected.source_line
            yield from self._row_edits(row, last, lines)
        if expected:
            last = expected[-1].source_line
        if added:
            yield self._body.insertion(last, added)
        yield from self._status_edits(last, result)

    def _json_edits(self, last: int, result: StepResult) -> Iterator[Edit]:
        """Edits of the lines of JSON after line `last` of the source; none where standard error mingles."""
        expected = self._action.expected or ()
        if any(line.is_error for line in (*expected, *result.lines)):
            return
        old = [self._lines[line.source_line].text for line in expected]
        comparer = Comparer(
            expected="\n".join(old),
            printed="\n".join(line.text for line in result.lines),
            redactions=self._redactions,
            patience=Patience(),
            captured=captured_in(expected),
            site_values=self._site_values,
        )
        text = rewritten_json("\n".join(old), comparer, self._rewriter, self._captures)
        if text is None:
            return
        new = text.split("\n") if text else []
        yield from self._body.between(last, old, new)

    def _row_edits(self, row: Row, line: int, lines: Sequence[OutputLine]) -> Iterator[Edit]:
        match row.kind:
            case RowKind.CHANGED if isinstance(row.expected, LineExpectation):
                before, now = self._lines[line].text, lines[row.start]
                write = self._rewriter.rewritten_error if now.is_error else self._rewriter.rewritten
                yield self._body.replacement(line, write(before, now.text, self._captures))
            case RowKind.MISSING if self._action.match is not MatchMode.CONTAINS:
                # `contains` states what matters: to drop such a line is for its author to decide.
                yield self._body.deletion(line)
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
            yield self._body.deletion(last + 1)
        elif has_line:
            yield self._body.replacement(last + 1, f"[exit {status}]")
        else:
            yield self._body.insertion(last, [f"[exit {status}]"])
