"""What one run of pytest knows of walks: plans, verifiers, what was walked, and how it is shown."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from docwalk.errors import SourceError
from docwalk.plan import load_plan
from docwalk.record import RecordError, load_records
from docwalk.report.github import walk_annotations
from docwalk.report.progress import BuildProgress, shown_action
from docwalk.report.scripts import script_line
from docwalk.report.text import Summary, failure_lines, render, summary_lines
from docwalk.status import block_statuses
from docwalk.verify import Verifier, environment_digests

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    import pytest

    from docwalk.config import Project
    from docwalk.plan import Step, Walk
    from docwalk.record import Record
    from docwalk.results import StepResult

_ERASE = "\r\x1b[2K"
_COLUMNS = 80  # of a terminal that does not say how wide it is


class WalkSession:
    """State of one run of pytest.

    `terminal` is the terminal itself, past pytest's capturing; None where nobody watches.
    """

    def __init__(self, config: pytest.Config, terminal: TextIO | None) -> None:
        self._config = config
        self._terminal = terminal
        self._started_s = time.monotonic()
        self.runs_scripts = bool(config.getoption("docwalk_scripts"))
        """Whether the script of each walk that passes is run, too."""
        self.scripts: dict[str, str] = {}
        """What became of the scripts of walks, a sentence for each."""
        self._verifiers: dict[Path, Verifier] = {}
        self._walks: dict[str, Walk] = {}
        self._projects: dict[str, Project] = {}
        self.walked: list[str] = []
        """Names of walks that were run, in order of their reports."""
        self.unstarted: set[str] = set()
        """Names of walks that could not be started."""

    def add(self, walk: Walk, project: Project) -> None:
        """Remember a walk that will be run."""
        self._walks[walk.name] = walk
        self._projects[walk.name] = project

    def plan(self, page: Path, project: Project) -> None:
        """Remember the walks of a page; one with mistakes is reported where it is collected."""
        try:
            _, plan = load_plan([page], project)
        except SourceError:
            return
        for walk in plan.walks:
            self.add(walk, project)

    def verifier(self, project: Project) -> Verifier:
        """The verifier of a project, made once.

        Raises:
            SourceError: an environment's definition is wrong.
        """
        if project.root not in self._verifiers:
            self._verifiers[project.root] = Verifier.of(
                project,
                backend=self._config.getoption("docwalk_backend"),
                on_this_host=bool(self._config.getoption("docwalk_on_this_host")),
            )
        return self._verifiers[project.root]

    def build_missing(self) -> None:
        """Build the environments that are not there, and show how far that is.

        Raises:
            BackendError: this account cannot build, or a layer failed.
            SourceError: an environment's definition is wrong.
        """
        for project in {each.root: each for each in self._projects.values()}.values():
            walks = [walk for name, walk in self._walks.items() if self._projects[name].root == project.root]
            verifier = self.verifier(project)
            verifier.build_missing(walks, shown=lambda: BuildProgress(Console()))
            verifier.share_downloads(walks)

    def verify(self, walk: Walk, project: Project, *, shown_as: str) -> Record:
        """Run a walk and keep its record; its steps are shown while they run.

        Args:
            walk: the walk.
            project: its project.
            shown_as: what pytest writes in front of its outcome when it is verbose.

        Raises:
            BackendError: it could not be started.
        """

        def on_step(step: Step, result: StepResult) -> None:  # noqa: ARG001 - as the runner calls it
            self._show_step(walk, step.index + 1)

        self._show_step(walk, 0)
        try:
            verifier = self.verifier(project)
            record, _ = verifier.verify(walk, on_step=on_step)
            if self.runs_scripts and record.failing_step is None and verifier.has_script(walk):
                self.scripts[walk.name] = script_line(verifier.verify_script(walk, record))
        finally:
            self._show_nothing(walk, shown_as)
        return record

    def _show_step(self, walk: Walk, number: int) -> None:
        if self._terminal is None or number >= len(walk.steps):
            return
        text = f"{walk.name}  {number + 1}/{len(walk.steps)}  {shown_action(walk.steps[number])}"
        width = os.get_terminal_size(self._terminal.fileno()).columns or _COLUMNS
        start = "\n" if number == 0 and self._config.get_verbosity() == 0 else _ERASE
        self._terminal.write(f"{start}{text[: max(width - 1, 1)]}")
        self._terminal.flush()

    def _show_nothing(self, walk: Walk, shown_as: str) -> None:
        """Erase the line; back to the one before, or write again what pytest had written on it."""
        if self._terminal is not None and walk.steps:
            verbose = self._config.get_verbosity() > 0
            self._terminal.write(f"{_ERASE}{shown_as} " if verbose else f"{_ERASE}\x1b[A")
            self._terminal.flush()

    def failure_text(self, walk: Walk, record: Record) -> str:
        """The report of a walk that failed, in colour where it is read on a terminal only."""
        writer = self._config.get_terminal_writer()
        colour = writer.hasmarkup and not self._config.getoption("xmlpath", None)
        lines = failure_lines(walk, record.result, width_cols=writer.fullwidth)
        return render(lines, width_cols=writer.fullwidth, colour=colour).rstrip("\n")

    def summary(self, *, colour: bool) -> list[str]:
        """Lines of the summary; none where no walk was run.

        In xdist's controller nothing is known but names: so records are read from where workers wrote them.
        """
        lines: list[str] = []
        for project in {each.root: each for each in self._projects.values()}.values():
            names = [name for name in self.walked if self._projects[name].root == project.root]
            errors = sum(self._projects[name].root == project.root for name in self.unstarted)
            if names or errors:
                lines += self._project_summary(project, names, errors, colour=colour)
        return lines

    def _project_summary(self, project: Project, names: list[str], errors: int, *, colour: bool) -> list[str]:
        try:
            records = load_records(project.records_dir)
        except RecordError as error:
            return [str(error), f"hint: {error.hint}"]
        walked = {name: records[name] for name in names if name in records}
        statuses = block_statuses(
            [self._walks[name] for name in walked],
            walked,
            now=datetime.now(UTC),
            environment_digests=environment_digests(self.verifier(project).environments),
            project=project,
        )
        summary = Summary(
            records=tuple(walked.values()),
            statuses=tuple(statuses.values()),
            elapsed_s=time.monotonic() - self._started_s,
            records_dir=project.records_dir,
            errors=errors,
        )
        width = self._config.get_terminal_writer().fullwidth
        lines = render(summary_lines(summary), width_cols=width, colour=colour).splitlines()
        if os.environ.get("GITHUB_ACTIONS"):
            for name, record in walked.items():
                lines += walk_annotations(self._walks[name], record.result)
        return lines
