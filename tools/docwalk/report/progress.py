"""Progress for people who watch: environments being built, walks and their steps.

On a terminal one live line per thing under way; elsewhere one plain line when something begins or ends.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from docwalk.plan import EditFile, TypeCommand
from docwalk.report.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from rich.console import Console
    from rich.progress import TaskID

    from docwalk.environment.build import BuildEvent
    from docwalk.plan import Step, Walk
    from docwalk.results import StepResult

_DETAIL_COLS = 60


class _Live:
    """A rich progress display that exists on terminals only."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.progress: Progress | None = None
        if console.is_terminal:
            self.progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.fields[what]}", markup=False),
                BarColumn(bar_width=20),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}", markup=False, style="dim"),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self.progress is not None:
            self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.progress is not None:
            self.progress.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to somebody else for a while."""
        if self.progress is not None:
            self.progress.stop()
        try:
            yield
        finally:
            if self.progress is not None:
                self.progress.start()

    def refresh(self) -> None:
        """Draw what is under way now, rather than at the next tenth of a second."""
        if self.progress is not None:
            self.progress.refresh()

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)


class BuildProgress(_Live):
    """Shows the layers of an environment being built; call it with each event."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, tuple[str, str]] = {}

    def __call__(self, event: BuildEvent) -> None:
        """Show one event."""
        what = f"building {event.environment}" + (f": {event.layer}" if event.layer else "")
        if self.progress is not None:
            detail = f"{event.phase.value} {_shorten(event.detail)}".rstrip()
            done = max(event.number - 1, 0) if event.layer else event.total
            task = self._tasks.get(event.environment)
            if task is None:
                task = self._tasks[event.environment] = self.progress.add_task(
                    detail, total=event.total, what=what
                )
            self.progress.update(task, description=detail, completed=done, total=event.total, what=what)
        # Elsewhere what a program says line by line is left out. Several environments may be under way.
        now = (event.layer, event.phase.value)
        if self.progress is None and now != self._said.get(event.environment):
            number = f" ({event.number} of {event.total})" if event.number else ""
            elapsed = f", {duration(event.elapsed_s)}" if event.elapsed_s >= 1 else ""
            self.say(f"{what}{number}: {event.phase.value}{elapsed}")
        self._said[event.environment] = now


class WalkProgress(_Live):
    """Shows which step of which walk is running."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console)
        self._total = total
        self._number = 0
        self._task: TaskID | None = None
        self._walk: Walk | None = None
        self.started_s = time.monotonic()

    def begin(self, walk: Walk) -> None:
        """A walk starts."""
        self._number += 1
        self._walk = walk
        if self.progress is not None:
            what = f"[{self._number}/{self._total}] {walk.name}"
            first = shown_action(walk.steps[0]) if walk.steps else ""
            self._task = self.progress.add_task(first, total=len(walk.steps), what=what)

    def step(self, step: Step, result: StepResult) -> None:  # noqa: ARG002 - as the runner calls it
        """A step ended; the next one is running."""
        if self.progress is None or self._task is None or self._walk is None:
            return
        following = step.index + 1
        steps = self._walk.steps
        text = shown_action(steps[following]) if following < len(steps) else "closing"
        self.progress.update(self._task, completed=following, description=text)

    def end(self) -> None:
        """The walk ended."""
        if self.progress is not None and self._task is not None:
            self.progress.remove_task(self._task)
        self._task = None


def shown_action(step: Step) -> str:
    """One short line saying what a step does."""
    match step.action:
        case TypeCommand(stop_keys=keys) if keys:
            return _shorten(f"stop with {' '.join(keys)}")
        case TypeCommand(command=command):
            return "$ " + _shorten(command.split("\n", maxsplit=1)[0])
        case EditFile(path=path, mode=mode):
            return _shorten(f"{mode.value} {path}")


def _shorten(text: str) -> str:
    return text if len(text) <= _DETAIL_COLS else f"{text[: _DETAIL_COLS - 1]}…"
