"""Pieces of a foreign page → one walk of ordinary steps, and what of their output the page claims."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.document import FileMode
from docwalk.foreign.expected import expect_lines
from docwalk.foreign.fences import read_blocks
from docwalk.foreign.pieces import Piece, read_pieces
from docwalk.plan import EditFile, Step, TypeCommand, Walk
from docwalk.plan_json import digest
from docwalk.results import Outcome
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docwalk.expectation import ExpectedLine
    from docwalk.foreign.fences import TextLine
    from docwalk.plan import Action
    from docwalk.results import WalkResult
    from docwalk.source import Source

_JOB: Final = re.compile(r"\bSubmitted batch job (\d+)\b")
WALK_TIMEOUT_S: Final = 900.0
"""Seconds that a page may take."""
STEP_TIMEOUT_S: Final = 60.0
"""Seconds that one command may take."""
MAX_LEFT_OUT: Final = 20
"""Commands that a page is tried again without; what follows one more is not checked."""
_WENT_ON: Final = {Outcome.PASSED, Outcome.MISMATCH, Outcome.WRONG_STATUS, Outcome.NOT_RUN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What some steps together print, as the page shows it."""

    steps: tuple[int, ...]
    """Indexes of the steps; at least one."""
    expected: tuple[ExpectedLine, ...]
    """The lines; none where the page shows none, and nothing is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked:
    """A command that is not typed."""

    line: int
    """Its line, from 1."""
    reason: str
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignBlock:
    """One block of a page."""

    line: int
    """Its line, from 1."""
    language: str
    """As written; empty where there is none."""
    claims: tuple[Claim, ...]
    """What is compared, or run at least."""
    unchecked: tuple[Unchecked, ...]
    """What is not run."""
    file: str
    """The file that it writes, else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPage:
    """A page made ready to be tried."""

    source: Source
    """The page."""
    walk: Walk
    """Its commands."""
    blocks: tuple[ForeignBlock, ...]
    """Its blocks, in order."""
    others: tuple[str, ...]
    """Languages of the blocks that are no shell's."""
    left_out: Mapping[int, str]
    """Lines of commands that were typed once and never again, and why."""


def try_foreign(page: ForeignPage, run: Callable[[Walk], WalkResult]) -> tuple[ForeignPage, WalkResult]:
    """Run a page; where a command hangs or takes the shell along, again from the start without it.

    So what follows such a command has all that went before it, which a new shell would not have.

    Args:
        page: the page.
        run: runs one walk, and goes on after other output or another status than expected.

    Returns:
        The page as it was tried at last, and what came out.
    """
    for _ in range(MAX_LEFT_OUT):
        result = run(page.walk)
        stuck = next((step for step in result.steps if step.outcome not in _WENT_ON), None)
        if stuck is None or stuck.index == len(result.steps) - 1:
            return page, result
        line = page.walk.steps[stuck.index].line
        left_out = {**page.left_out, line: stuck.detail}
        page = _read(page.source, page.walk.environment, page.walk.shell, left_out)
    return page, run(page.walk)


def read_foreign(source: Source, *, environment: str, shell: str | None) -> ForeignPage:
    """A page as a walk.

    Args:
        source: any Markdown.
        environment: where it is walked.
        shell: the reader's; None is the environment's own.
    """
    return _read(source, environment, shell, {})


def _read(source: Source, environment: str, shell: str | None, left_out: Mapping[int, str]) -> ForeignPage:
    pieces, others = read_pieces(read_blocks(source), shell=shell or "bash")
    for command in (command for piece in pieces for command in piece.commands):
        command.reason = left_out.get(command.line, command.reason)
    names = {name for piece in pieces for name in (*piece.users, *piece.hosts)}
    names |= {name.partition(".")[0] for name in names} | set(_JOB.findall(source.text))
    maker = _Maker(source, names)
    blocks = tuple(maker.block(piece) for piece in pieces)
    steps = tuple(maker.steps)
    name = source.path.as_posix()
    walk = Walk(
        name=name,
        page=name,
        source_path=source.path,
        is_default=True,
        choices=(),
        environment=environment,
        shell=shell,
        variables=(),
        timeout_s=WALK_TIMEOUT_S,
        redactions=(),
        steps=steps,
        not_run=(),
        requires=(),
        digest=digest([environment, shell, steps]),
    )
    return ForeignPage(source=source, walk=walk, blocks=blocks, others=others, left_out=left_out)


class _Maker:
    """Makes the steps of a page, numbered throughout."""

    def __init__(self, source: Source, names: set[str]) -> None:
        self.steps: list[Step] = []
        self._source = source
        self._names = names

    def block(self, piece: Piece) -> ForeignBlock:
        """A piece with its steps."""
        line = piece.block.line
        unchecked = [Unchecked(line=line, reason=piece.reason)] if piece.reason is not None else []
        claims: list[Claim] = []
        if piece.file:
            content = "".join(f"{each.text}\n" for each in piece.block.lines)
            first = piece.block.lines[0].number
            action = EditFile(path=piece.file, content=content, mode=FileMode.CREATE, source_line=first)
            claims.append(
                Claim(steps=(self._step(action, line, piece.block.lines[0].span, None),), expected=())
            )
        indexes: list[int] = []
        for command in piece.commands:
            if command.reason is not None:
                unchecked.append(Unchecked(line=command.line, reason=command.reason))
                continue
            indexes.append(
                self._step(TypeCommand.plain(command.text), command.line, command.span, piece.shell)
            )
            if piece.is_transcript:
                shown = command.output
                if command is piece.commands[-1] and not any(each.text.strip() for each in shown):
                    shown = piece.output
                claims.append(self._claim(indexes[-1:], shown))
        if not piece.is_transcript and indexes:
            # output of commands that were left out cannot be told from that of the others
            shown = piece.output if not unchecked else []
            if shown:
                claims.append(self._claim(indexes, shown))
            else:
                claims.extend(self._claim([index], []) for index in indexes)
        return ForeignBlock(
            line=line,
            language=piece.block.language,
            claims=tuple(claims),
            unchecked=tuple(unchecked),
            file=piece.file,
        )

    def _claim(self, indexes: Sequence[int], shown: Sequence[TextLine]) -> Claim:
        return Claim(steps=tuple(indexes), expected=expect_lines(shown, names=self._names))

    def _step(self, action: Action, line: int, span: Span, shell: str | None) -> int:
        index = len(self.steps)
        self.steps.append(
            Step(
                index=index,
                block_id=f"{self._source.path.as_posix()}:{line}",
                line=line,
                span=span,
                expected_span=Span(start=span.end, end=span.end),
                session="main",
                shell=shell,
                user=None,
                timeout_s=STEP_TIMEOUT_S,
                action=action,
            )
        )
        return index
