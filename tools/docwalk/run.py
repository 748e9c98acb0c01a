"""Run: one walk in one instance, step after step; the only execution loop.

Input: a `Walk`, a backend and a built environment; output: a `WalkResult` with one result for each step, in
order, whatever happens. A step that is not run has a reason; a machine that cannot is a `BackendError`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, assert_never

from docwalk.bubblewrap import Network
from docwalk.driver.file_edits import edit_file
from docwalk.driver.listener import MOST_BYTES
from docwalk.driver.sessions import Session, SessionKey, Sessions, drive
from docwalk.driver.stop import Stop
from docwalk.environment.definition import Users
from docwalk.environment.transport import TRANSPORT_RULES
from docwalk.kept import failed_lines, kept_lines
from docwalk.masking import mask_step
from docwalk.matching.match_output import as_expected, match_output
from docwalk.options import Purpose, Streams
from docwalk.plan import EditFile, TypeCommand
from docwalk.redaction import compile_redactions
from docwalk.requirements import Facts, Requirement
from docwalk.results import Outcome, OutputLine, StepResult, WalkResult
from docwalk.terminal import COLUMNS, ROWS, render_screen, render_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from docwalk.backend import Backend, Instance
    from docwalk.driver.command_result import CommandResult
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.plan import Step, Walk

TERMINAL: Final = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC"}
"""Variables of every session's terminal, besides those of a login."""

_TRANSPORT: Final = tuple((re.compile(rule.pattern), rule.replacement) for rule in TRANSPORT_RULES)
_LOGOUT: Final = re.compile(r"(?:exit|logout)\b[^;&|\n]*")
_ENDED_WELL: Final = {Outcome.PASSED, Outcome.NOT_RUN}
_WENT_ON: Final = {Outcome.MISMATCH, Outcome.WRONG_STATUS}


class AfterMismatch(Enum):
    """What follows a step that ran to its end, but not as expected."""

    STOP = "stop"
    """The later steps are not run: they would start from a state that no reader was promised."""
    GO_ON = "go-on"
    """They are run all the same, so that one run shows (and `update` accepts) every difference."""


def run_walk(
    walk: Walk,
    *,
    backend: Backend,
    environment: BuiltEnvironment,
    on_step: Callable[[Step, StepResult], None] | None = None,
    after_mismatch: AfterMismatch = AfterMismatch.STOP,
    at_stop: Callable[[Stop], None] | None = None,
) -> WalkResult:
    """Walk `walk` in a fresh instance of `environment`, which is gone afterwards.

    Args:
        walk: what to run.
        backend: what opens the instance.
        environment: its layers.
        on_step: called after each step, in order, also for those that are not run.
        after_mismatch: whether steps follow one with other output or another status than expected. After any
            other failure (no time left, a lost shell, …) none do.
        at_stop: called after the step at which the walk fails, before anything is tidied up, or else after
            the last one; the time it takes is not the walk's.

    Raises:
        BackendError: the machine cannot do it, or the instance died.
    """
    started = datetime.now(UTC)
    start_s = time.monotonic()
    instance = backend.open(environment)
    sessions = Sessions(
        instance,
        environ={**TERMINAL, **dict(walk.variables)},
        most_bytes=environment.environment.limits.output_bytes or MOST_BYTES,
    )
    runner = _Runner(walk, instance, environment, start_s, sessions)
    results: list[StepResult] = []
    try:
        reason: str | None = None
        for step in walk.steps:
            result = runner.run(step) if reason is None else runner.tidy(step, reason)
            results.append(result)
            if on_step is not None:
                on_step(step, result)
            goes_on = after_mismatch is AfterMismatch.GO_ON and result.outcome in _WENT_ON
            fails = reason is None and result.outcome not in _ENDED_WELL and not goes_on
            is_end = reason is None and len(results) == len(walk.steps)
            if fails:
                reason = f"the {step.purpose.value} at line {step.line} failed ({result.outcome.value})"
            if at_stop is not None and (fails or is_end):
                rest = [_not_run(each, reason or "") for each in walk.steps[len(results) :]]
                so_far = runner.result(started, (*results, *rest))
                runner.pause(lambda: at_stop(runner.stop(step, result, so_far)))  # noqa: B023 - called at once
        results = runner.with_lost_jobs(results)
        failed = any(each.outcome not in _ENDED_WELL for each in results)
        services = instance.services() if failed else ()
    finally:
        runner.close()
        instance.close()
    return replace(runner.result(started, tuple(results)), services=services)


def _not_run(step: Step, reason: str) -> StepResult:
    return StepResult(index=step.index, block_id=step.block_id, outcome=Outcome.NOT_RUN, detail=reason)


@dataclass(slots=True)
class _Runner:
    """The sessions and captures of one walk."""

    walk: Walk
    instance: Instance
    environment: BuiltEnvironment
    start_s: float
    sessions: Sessions
    captures: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    """What was typed unseen so far: no later step may show it either."""

    def run(self, step: Step) -> StepResult:
        """Run one step; nothing but a `BackendError` escapes."""
        reason = self._why_not(step)
        if reason is not None:
            return _not_run(step, reason)
        began_s = time.monotonic()
        match step.action:
            case EditFile():
                result = self._edit(step, step.action)
            case TypeCommand():
                result = self._type(step, step.action)
            case _:
                assert_never(step.action)
        if result.outcome is not Outcome.PASSED:
            result = self._with_ended_jobs(step, result)
        now_s = time.monotonic()
        elapsed_s = result.elapsed_s or now_s - began_s
        if result.outcome not in _ENDED_WELL:
            result = self._explained(result)
        if step.purpose is not Purpose.MAIN and result.outcome is not Outcome.PASSED:
            result = replace(result, detail=f"the {step.purpose.value} failed: {result.detail}")
        result = replace(result, started_s=began_s - self.start_s, elapsed_s=elapsed_s)
        return mask_step(result, self.secrets)

    def tidy(self, step: Step, reason: str) -> StepResult:
        """After a failure run what tidies up, as long as the shell that it is typed in lives."""
        session = self.sessions.find(self._key(step))
        is_possible = session is None or session.shell.is_alive
        return self.run(step) if step.purpose is Purpose.TEARDOWN and is_possible else _not_run(step, reason)

    def result(self, started: datetime, steps: tuple[StepResult, ...]) -> WalkResult:
        """The walk's result with the results of its steps."""
        return WalkResult(
            walk_name=self.walk.name,
            started_at=started.isoformat(timespec="seconds"),
            elapsed_s=time.monotonic() - self.start_s,
            environment_digest=self.environment.digest,
            manifest=self.environment.manifest,
            mode=self.instance.mode,
            terminal={**TERMINAL, "COLUMNS": str(COLUMNS), "LINES": str(ROWS)},
            steps=steps,
        )

    def stop(self, step: Step, result: StepResult, so_far: WalkResult) -> Stop:
        """Where the walk stands after `step`."""
        return Stop(step=step, result=result, so_far=so_far, sessions=self.sessions, key=self._key(step))

    def pause(self, action: Callable[[], None]) -> None:
        """Do something in time that is not the walk's."""
        began_s = time.monotonic()
        action()
        self.start_s += time.monotonic() - began_s

    def close(self) -> None:
        """Hang up in every session."""
        self.sessions.close()

    # -- conditions

    def _why_not(self, step: Step) -> str | None:
        definition = self.environment.environment
        for requirement in dict(self.walk.requires).get(step.block_id, ()):
            reason = Requirement.parse(requirement).unmet(_facts(self.environment))
            if reason is not None:
                return reason
        shell = self._shell_name(step)
        if shell not in self.instance.shells:
            return f"environment `{definition.name}` has no shell `{shell}`"
        if step.user is not None and step.user not in self.instance.users:
            known = ", ".join(f"`{name}`" for name in sorted(self.instance.users))
            return f"environment `{definition.name}` has no account `{step.user}`; it has {known}"
        if step.host not in {None, definition.hostname}:
            return f"environment `{definition.name}` has the host `{definition.hostname}`, not `{step.host}`"
        lacking = [name for name in step.action.captured_names if name not in self.captures]
        if lacking:
            return f"`[[{lacking[0]}]]` was not captured"
        return self._why_busy(step, step.action) if isinstance(step.action, TypeCommand) else None

    def _why_busy(self, step: Step, action: TypeCommand) -> str | None:
        session = self.sessions.find(self._key(step))
        is_busy = session is not None and session.shell.is_busy
        if action.stop_keys and not is_busy:
            return "the command that it stops was not run"
        return "another command still runs in its session" if is_busy and not action.stop_keys else None

    def _with_captures(self, text: str, names: Iterable[str]) -> str:
        for name in names:
            text = text.replace(f"[[{name}]]", self.captures[name])
        return text

    def _shell_name(self, step: Step) -> str:
        return step.shell or self.walk.shell or self.environment.environment.shell

    def _key(self, step: Step) -> SessionKey:
        return SessionKey(name=step.session, shell=self._shell_name(step), user=step.user)

    @property
    def _wall_s(self) -> float:
        """Seconds the walk may take: as its page says, and no longer than its environment allows."""
        allowed_s = self.environment.environment.limits.wall_s
        return self.walk.timeout_s if allowed_s is None else min(self.walk.timeout_s, allowed_s)

    def _time_left_s(self) -> float:
        return self.start_s + self._wall_s - time.monotonic()

    def _explained(self, result: StepResult) -> StepResult:
        """A failure, with the limits that were exceeded meanwhile."""
        said = self.instance.exceeded(result.exit_status)
        return replace(result, detail="; ".join((*said, result.detail))) if said else result

    # -- steps

    def _type(self, step: Step, action: TypeCommand) -> StepResult:
        command = self._with_captures(action.command, action.captured_names)
        result = StepResult(
            index=step.index, block_id=step.block_id, outcome=Outcome.PASSED, command_sent=command
        )
        left_s = self._time_left_s()
        if left_s <= 0:
            return replace(
                result, outcome=Outcome.TIMED_OUT, detail=f"the walk's {self._wall_s:g} s are over"
            )
        if step.relogin:
            self.sessions.log_out(self._key(step))
        session = self.sessions.get(self._key(step), timeout_s=left_s)
        errors: tuple[OutputLine, ...] = ()
        if not isinstance(session, Session):
            typed = session
        elif action.streams is Streams.APART:
            stream = self.sessions.error_stream()
            stream.discard()
            typed = session.shell.run(stream.wrapped(command), timeout_s=min(step.timeout_s, left_s))
            errors = tuple(replace(line, is_error=True) for line in render_terminal(stream.take()))
        else:
            typed = drive(
                session,
                action,
                command,
                timeout_s=min(step.timeout_s, left_s),
                next_prompt=self._next_prompt(step),
            )
        self.sessions.note_end(self._key(step), step.line)
        lines = (*typed.lines, *errors)
        result = replace(
            result,
            raw=typed.raw,
            lines=tuple(without_transport(lines)),
            screen=render_screen(typed.raw),
            exit_status=typed.exit_status,
            elapsed_s=typed.elapsed_s,
        )
        self.secrets.update(typed.secrets)
        return self._judge(result, typed, action)

    def _next_prompt(self, step: Step) -> str | None:
        """The prompt that the next command of the same session declares."""
        later = (
            each for each in self.walk.steps if each.index > step.index and self._key(each) == self._key(step)
        )
        actions = (each.action for each in later if not each.relogin)
        following = next((each for each in actions if isinstance(each, TypeCommand)), None)
        return None if following is None else following.prompt

    def _judge(self, result: StepResult, typed: CommandResult, action: TypeCommand) -> StepResult:
        """Compare what came with what was expected."""
        is_logout = (
            typed.outcome is Outcome.SHELL_LOST and _LOGOUT.fullmatch(action.command.strip()) is not None
        )
        if typed.outcome is not Outcome.PASSED and not (is_logout and typed.exit_status is not None):
            return replace(result, outcome=typed.outcome, detail=typed.detail)
        # A new shell that took over (`bash`, `exec bash`) leaves the status open: it did what was asked.
        status = 0 if typed.exit_status is None else typed.exit_status
        if status != action.exit_status:
            found = f"exit status {status}"
            if typed.exit_status is None:
                found = "a new shell took over" if typed.is_status_known else "the exit status is unknown"
            return replace(
                result,
                outcome=Outcome.WRONG_STATUS,
                detail=f"{found}, expected {action.exit_status}",
                lines=failed_lines(result.lines),
            )
        if action.expected is None:
            return replace(result, lines=kept_lines(result.lines, None, action.match))
        match = match_output(
            action.expected,
            result.lines,
            mode=action.match,
            redactions=compile_redactions(self.walk.redactions),
            captures=self.captures,
        )
        self.captures.update(match.captures)
        # The rows count the lines as they were compared: thinned out first, put in the page's order then.
        is_thin = len(kept := kept_lines(result.lines, match, action.match)) < len(result.lines)
        lines = kept if is_thin else as_expected(result.lines, match, action.match)
        result = replace(result, captures=dict(match.captures), lines=lines)
        if match.matched:
            return result
        detail = match.problem.reason if match.problem is not None else "the output differs"
        return replace(result, outcome=Outcome.MISMATCH, detail=detail)

    def with_lost_jobs(self, results: list[StepResult]) -> list[StepResult]:
        """The results at the end of the walk: a command that was to go on and has ended does not pass."""
        lost = set(self.sessions.ended_jobs())
        begun = {
            step.session: step.index
            for step in self.walk.steps
            if isinstance(step.action, TypeCommand) and step.action.ready_text is not None
        }
        detail = "it was to go on, and had ended by itself at the end of the page"
        for index in (begun[name] for name in lost & set(begun)):
            if results[index].outcome is Outcome.PASSED:
                results[index] = replace(results[index], outcome=Outcome.MISMATCH, detail=detail)
        return results

    def _with_ended_jobs(self, step: Step, result: StepResult) -> StepResult:
        """A failure, with the commands of other sessions that were to go on and have not."""
        names = [name for name in self.sessions.ended_jobs() if name != step.session]
        said = "".join(f"; what ran in session `{name}` has ended" for name in names)
        return replace(result, detail=result.detail + said)

    def _edit(self, step: Step, action: EditFile) -> StepResult:
        action = replace(
            action,
            path=self._with_captures(action.path, action.captured_names),
            content=self._with_captures(action.content, action.captured_names),
        )
        edited = edit_file(action, self.instance, user=step.user, folder=lambda: self._folder(step))
        return StepResult(
            index=step.index,
            block_id=step.block_id,
            command_sent=action.path if action.captured_names else "",
            outcome=edited.outcome,
            detail=edited.detail,
            lines=edited.lines,
        )

    def _folder(self, step: Step) -> str | None:
        session = self.sessions.find(self._key(step))
        return session.terminal.cwd() if session is not None and session.shell.is_alive else None


def without_transport(lines: Iterable[OutputLine]) -> Iterator[OutputLine]:
    """The lines as they are where packages come straight from the index, by `TRANSPORT_RULES`."""
    for line in lines:
        fitting = (
            (match, replacement)
            for pattern, replacement in _TRANSPORT
            if (match := pattern.fullmatch(line.text)) is not None
        )
        match, replacement = next(fitting, (None, None))
        if match is None:
            yield line
        elif replacement is not None:
            yield replace(OutputLine.plain(match.expand(replacement)), is_error=line.is_error)


def _facts(environment: BuiltEnvironment) -> Facts:
    """What requirements are held against."""
    definition = environment.environment
    return Facts(
        environment=definition.name,
        manifest=environment.manifest,
        has_network=definition.network is Network.HOST,
        has_users=definition.users is Users.MANY,
        services=tuple(service.name for service in definition.services),
    )
