"""A walk as a shell script that readers download: the walk's commands in order, each held to its status.

Input is a planned walk with what its run recorded, output a `Script`, or the reason why there is none.
Whether a script does what the page does is found by running it (`check.py`), never assumed here.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from docwalk.plan import EditFile, TypeCommand
from docwalk.plan_json import digest
from docwalk.results import Outcome
from docwalk.script.captures import Catch, find_catch, variable_of, with_variables
from docwalk.script.files import UnscriptedError, file_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docwalk.document import Document
    from docwalk.plan import Step, Walk
    from docwalk.results import StepResult, WalkResult

SHELLS: Final = ("bash", "zsh")
"""Shells that scripts are made for."""
SUFFIX: Final = ".sh"
"""Ending of a script's name."""
END: Final = "[end of the page]"
"""What a script prints last."""

_START: Final = {
    "bash": "# A script has no aliases unless it asks for them.\nshopt -s expand_aliases\n",
    "zsh": "",
}
_FUNCTIONS: Final = """\
# Says which line of the page comes next, and leaves $? to the command that follows.
at_line() {
    local before=$?
    page_line=$1
    printf '\\n[line %s]\\n' "$1"
    return "$before"
}

# Ends the script where a command ends otherwise than on the page.
ended_with() {
    local found=$?
    if [ "$found" -ne "$1" ]; then
        printf '\\n[line %s: status %s, on the page %s]\\n' "$page_line" "$found" "$1" >&2
        exit 1
    fi
    return "$found"
}
"""
_CATCHING: Final = """\

# What a command printed, kept to take values from it.
kept_output=$(mktemp)

# Shows what was kept; prints what the pattern of sed finds in it, or ends the script.
caught() {
    sed -nE "$1" "$kept_output" | head -n 1 | grep . && return
    printf '\\n[line %s: it did not print what comes later]\\n' "$page_line" >&2
    return 1
}
"""
_END_CODE: Final = f"\nprintf '\\n%s\\n' {shlex.quote(END)}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoScript:
    """Why a walk is no script."""

    reason: str
    """One sentence for readers, without a full stop; code in backticks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptPart:
    """One step of a script."""

    index: int
    """Number of the step in its walk, from 0."""
    line: int
    """Its line on the page, from 1."""
    code: str
    """What does it, final newline included."""
    exit_status: int
    """The status it must end with."""
    catches: tuple[Catch, ...]
    """Values that later steps use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A walk as a script."""

    shell: str
    """Its shell."""
    variables: tuple[tuple[str, str], ...]
    """Variables that it exports first: those that the walk's tabs set."""
    values: tuple[tuple[str, str], ...]
    """Shell variables for a reader to set, with their values in the run: what no pattern finds in output."""
    parts: tuple[ScriptPart, ...]
    """Its steps."""
    headings: tuple[tuple[int, str], ...]
    """Indexes of steps, each with the heading that stands above it on the page."""

    @property
    def digest(self) -> str:
        """`sha256:…` of all that is run; neither headings nor numbers of lines count."""
        start = (_START[self.shell], _FUNCTIONS, _CATCHING, _END_CODE)
        return digest([start, self.shell, self.variables, self.values, self.parts])

    def text(self, header: Sequence[str] = ()) -> str:
        """The script.

        Args:
            header: lines of comment for its head, without `# `.
        """
        return "".join(self._pieces(header))

    def _pieces(self, header: Sequence[str]) -> Iterator[str]:
        yield f"#!/bin/{self.shell} -l\n"
        yield from (f"# {line}".rstrip() + "\n" for line in header)
        yield "\n"
        yield _START[self.shell]
        yield "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self.variables)
        if self.values:
            yield "# Values of our run: put in your own.\n"
            yield "".join(f"{name}={shlex.quote(value)}\n" for name, value in self.values)
        yield f"\n{_FUNCTIONS}"
        if any(part.catches for part in self.parts):
            yield _CATCHING
        headings = dict(self.headings)
        for part in self.parts:
            if part.index in headings:
                yield f"\n# {'-' * 4} {headings[part.index]}\n"
            yield f"\nat_line {part.line}\n"
            yield _caught_code(part) if part.catches else f"{part.code}ended_with {part.exit_status}\n"
        yield _END_CODE


def _caught_code(part: ScriptPart) -> str:
    # In braces, not in $(…): what the command changes in the shell has to last.
    catches = "".join(
        f"{catch.variable}=$(caught {shlex.quote(catch.pattern)}) || exit 1\n" for catch in part.catches
    )
    code = f'{{\n{part.code}}} >"$kept_output" 2>&1\nended_with {part.exit_status}\n'
    return f'{code}cat "$kept_output"\n{catches}'


def make_script(walk: Walk, result: WalkResult, *, document: Document, shell: str) -> Script | NoScript:
    """The script of a walk that passed.

    Args:
        walk: what was run.
        result: what came of it.
        document: the walk's page.
        shell: the reader's shell: the walk's, else the environment's.
    """
    reason = _why_not(walk, result, shell)
    if reason is not None:
        return NoScript(reason=reason)
    found: dict[str, str] = {}
    free: dict[str, str] = {}
    parts: list[ScriptPart] = []
    for step, ran in zip(walk.steps, result.steps, strict=True):
        if ran.outcome is Outcome.NOT_RUN:
            continue
        try:
            code = _code(step, shell)
        except UnscriptedError as error:
            return NoScript(reason=f"line {step.line} {error}")
        catches = tuple(_catches(step, ran, walk))
        caught = {catch.name for catch in catches}
        free |= {name: value for name, value in ran.captures.items() if name not in caught}
        found |= ran.captures
        status = step.action.exit_status if isinstance(step.action, TypeCommand) else 0
        parts.append(
            ScriptPart(index=step.index, line=step.line, code=code, exit_status=status, catches=catches)
        )
    used = {name for step in walk.steps for name in step.action.captured_names}
    return Script(
        shell=shell,
        variables=walk.variables,
        values=tuple((variable_of(name), value) for name, value in free.items() if name in used),
        parts=tuple(parts),
        headings=tuple(_headings(parts, walk, document)),
    )


def _why_not(walk: Walk, result: WalkResult, shell: str) -> str | None:
    """What a script cannot do; None where it can do everything."""
    if shell not in SHELLS:
        return f"this walk is typed in {shell}, and scripts are made for bash and zsh"
    if len(result.steps) != len(walk.steps) or not walk.steps:
        return "there is no record of this walk"
    for step, ran in zip(walk.steps, result.steps, strict=True):
        if ran.outcome not in {Outcome.PASSED, Outcome.NOT_RUN}:
            return f"line {step.line} fails"
        elsewhere = f"is typed in another terminal window, “{step.session}”"
        if step.user is not None:
            elsewhere = f"is typed by another account, `{step.user}`"
        is_elsewhere = step.user is not None or step.session != walk.steps[0].session
        what = elsewhere if is_elsewhere else oddity(step, ran)
        if what is not None:
            return f"line {step.line} {what}"
    return None


def oddity(step: Step, ran: StepResult | None) -> str | None:
    """Why a step cannot be one of several that are typed ahead; it goes on after `line 12 `.

    Args:
        step: from the plan.
        ran: what is recorded of it; None where nothing is.
    """
    return next(_oddities(step, ran), None)


def _oddities(step: Step, ran: StepResult | None) -> Iterator[str]:
    if step.relogin:
        yield "comes after a new login"
    if step.shell is not None:
        yield f"is typed in {step.shell}"
    if not isinstance(step.action, TypeCommand):
        return
    typed = step.action
    if typed.answers:
        yield "answers a question"
    if typed.keys or typed.stop_keys:
        yield "presses keys"
    if typed.ready_text is not None:
        yield "starts a command that goes on while others are typed"
    if typed.prompt is not None:
        yield f"is typed at the prompt `{typed.prompt.strip()}` of another program"
    if typed.command.split(maxsplit=1)[:1] in (["exit"], ["logout"]):
        yield "ends the shell"
    if ran is not None and ran.outcome is Outcome.PASSED and ran.exit_status is None:
        yield "starts a shell within the shell"


def _code(step: Step, shell: str) -> str:
    match step.action:
        case TypeCommand() as action:
            return with_variables(action.command, action.captured_names, shell=shell) + "\n"
        case EditFile() as action:
            return file_code(action)
        case _:
            assert_never(step.action)


def _catches(step: Step, ran: StepResult, walk: Walk) -> Iterator[Catch]:
    if isinstance(step.action, TypeCommand):
        lines = [line.text for line in ran.lines]
        for name, value in ran.captures.items():
            catch = find_catch(name, value, step.action, lines, redactions=walk.redactions)
            if catch is not None:
                yield catch


def _headings(parts: Sequence[ScriptPart], walk: Walk, document: Document) -> Iterator[tuple[int, str]]:
    """The heading above each part that is the first below it."""
    sections: Mapping[str, tuple[str, ...]] = {block.id: block.section for block in document.blocks}
    before: tuple[str, ...] | None = None
    for part in parts:
        section = sections.get(walk.steps[part.index].block_id, ())
        if section != before and section:
            yield part.index, section[-1]
        before = section
