"""pytest: every page of a docwalk project is a file, every walk an item.

Harmless elsewhere: a Markdown file is looked at only where a pyproject.toml above it has `[tool.docwalk]`
and names it among its tutorials. Uses pytest's public interface only; the engine is imported when a page is
found.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from docwalk.errors import BackendError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import NoReturn, TextIO  # noqa: F401 - in the key's type

    from docwalk.config import Project
    from docwalk.plan import Walk
    from docwalk.pytest_session import WalkSession
    from docwalk.record import Record

_STATE = pytest.StashKey["WalkSession"]()
_PROJECTS = pytest.StashKey["dict[Path, Project | None]"]()
_TERMINAL = pytest.StashKey["TextIO | None"]()
_PR_SET_PDEATHSIG = 1
_MARKER = "container: opens a real sandbox over a built environment"

WALK_PROPERTY = "docwalk-walk"
"""Property of a report: name of the walk that was run."""
STEPS_PROPERTY = "docwalk-steps"
"""Property of a report: how many steps were run."""
SCRIPT_PROPERTY = "docwalk-script"
"""Property of a report: what became of the walk's script."""
BACKEND_PROPERTY = "docwalk-backend-error"
"""Property of a report: name of the walk that could not be started."""


class WalkFailed(Exception):  # noqa: N818 - what happened, as pytest's own outcomes are named
    """A walk did not do what its page says."""

    def __init__(self, walk: Walk, record: Record) -> None:
        self.walk = walk
        self.record = record
        super().__init__(walk.name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("docwalk")
    group.addoption(
        "--docwalk-records",
        metavar="DIR",
        help="folder of the records that walks leave; by default the project's own",
    )
    group.addoption(
        "--docwalk-backend",
        metavar="NAME",
        help="what walks are run in: sandbox, podman, docker, apptainer or host; by default the project's",
    )
    group.addoption(
        "--docwalk-on-this-host",
        action="store_true",
        help="let the backend host run pages on this machine, with your rights: nothing is isolated",
    )
    group.addoption(
        "--docwalk-scripts",
        action="store_true",
        help="run the script of each walk that passes, too: the site offers those that pass",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare our marker, prepare what is remembered."""
    if hasattr(config, "workerinput"):
        _die_with_controller()
        _be_interrupted_once()
    config.addinivalue_line("markers", _MARKER)
    config.stash[_PROJECTS] = {}
    # Taken before pytest captures output, so that steps can be shown while they run.
    is_shown = sys.stdout.isatty() and not hasattr(config, "workerinput")
    config.stash[_TERMINAL] = os.fdopen(os.dup(sys.stdout.fileno()), "w") if is_shown else None
    config.pluginmanager.register(_Hooks(config), "docwalk-hooks")


def _die_with_controller() -> None:
    """End this worker of xdist when its controller was killed: it would only notice after seconds."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _be_interrupted_once() -> None:
    """End this worker at the first SIGINT; a second one must not strike while it tidies up.

    Ctrl-C reaches workers by itself; what interrupts the controller alone is handed on by it, maybe both.
    """

    def end(_number: int, _frame: object) -> NoReturn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    with contextlib.suppress(ValueError):  # not the main thread, which is the only one that is interrupted
        signal.signal(signal.SIGINT, end)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the terminal back."""
    terminal = config.stash.get(_TERMINAL, None)
    if terminal is not None:
        terminal.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PageFile | None:
    """A collector for a page of a docwalk project, None for any other file."""
    if file_path.suffix != ".md":
        return None
    try:
        project = _project_of(file_path, parent.config)
    except SourceError as error:
        raise parent.CollectError(str(error)) from None
    if project is None:
        return None
    from docwalk.config import page_paths  # noqa: PLC0415 - only where there is a project

    if file_path.resolve() not in page_paths(project):
        return None
    return PageFile.from_parent(parent, path=file_path, project=project)


def _project_of(path: Path, config: pytest.Config) -> Project | None:
    """The project that declares itself above `path`, None where none does.

    Raises:
        SourceError: with every mistake in its configuration.
    """
    projects = config.stash[_PROJECTS]
    folder = path.resolve().parent
    if folder not in projects:
        root = next((up for up in (folder, *folder.parents) if _declares(up / "pyproject.toml")), None)
        projects[folder] = None
        if root is not None:
            from docwalk.config import load_project  # noqa: PLC0415 - only where there is a project

            project = load_project(root)
            records = config.getoption("docwalk_records")
            if records is not None:
                project = replace(project, records_dir=config.invocation_params.dir / records)
            projects[folder] = project
    return projects[folder]


def _declares(path: Path) -> bool:
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False  # whoever reads that file for its own sake says so
    tool = tables.get("tool")
    return isinstance(tool, dict) and "docwalk" in tool


class PageFile(pytest.File):
    """One page."""

    def __init__(self, *, project: Project, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project = project

    def collect(self) -> Iterable[pytest.Item]:
        """One item per walk.

        Raises:
            CollectError: with every problem of the page, located.
        """
        from docwalk.plan import load_plan  # noqa: PLC0415 - only where there is a project

        try:
            _, plan = load_plan([self.path], self.project)
        except SourceError as error:
            raise self.CollectError(str(error)) from None
        for walk in plan.walks:
            last = walk.page.rpartition("/")[2]
            name = last + walk.name[len(walk.page) :]
            item: pytest.Item = WalkItem.from_parent(self, name=name, walk=walk, project=self.project)
            yield item


class WalkItem(pytest.Item):
    """One walk."""

    def __init__(self, *, walk: Walk, project: Project, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.walk = walk
        self.project = project
        self.add_marker(pytest.mark.container)

    def setup(self) -> None:
        """Make sure that the walk can be run here; an error, and no failure, where it cannot."""
        if not self.walk.steps:
            return
        try:
            session_state(self.config).verifier(self.project).built(self.walk)
        except BackendError as error:
            # pytest does not ask `repr_failure` about what goes wrong before the call.
            pytest.fail(self._unstarted(error), pytrace=False)

    def _unstarted(self, error: BackendError) -> str:
        """Why the walk could not be started; noted for the exit status."""
        self.user_properties.append((BACKEND_PROPERTY, self.walk.name))
        hint = f"\nhint: {error.hint}" if error.hint is not None else ""
        return f"{self.walk.source_path}: {self.walk.name} could not be started: {error}{hint}"

    def runtest(self) -> None:
        """Run the walk and keep its record.

        Raises:
            WalkFailed: a step did not do what the page says.
        """
        if not self.walk.steps:
            reasons = dict.fromkeys(each.reason for each in self.walk.not_run)
            pytest.skip("; ".join(reasons) or "nothing to run")
        record = session_state(self.config).verify(self.walk, self.project, shown_as=self.nodeid)
        ran = sum(step.outcome.value != "not-run" for step in record.result.steps)
        self.user_properties.append((WALK_PROPERTY, self.walk.name))
        self.user_properties.append((STEPS_PROPERTY, ran))
        script = session_state(self.config).scripts.get(self.walk.name)
        if script is not None:
            self.user_properties.append((SCRIPT_PROPERTY, script))
        if record.failing_step is not None:
            raise WalkFailed(self.walk, record)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Our report for what is no bug of ours; a traceback for the rest."""
        error = excinfo.value
        if isinstance(error, WalkFailed):
            return session_state(self.config).failure_text(error.walk, error.record)
        if isinstance(error, BackendError):
            return self._unstarted(error)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the walk begins, line from 0."""
        line = self.walk.steps[0].line - 1 if self.walk.steps else 0
        return self.path, line, self.walk.name


def session_state(config: pytest.Config) -> WalkSession:
    """What this run of pytest knows of walks; made when it is first needed."""
    if _STATE not in config.stash:
        from docwalk.pytest_session import WalkSession  # noqa: PLC0415 - only where there are walks

        config.stash[_STATE] = WalkSession(config, config.stash[_TERMINAL])
    return config.stash[_STATE]


class _Hooks:
    """Hooks that need the configuration and are not given it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._is_worker = hasattr(config, "workerinput")
        self._workers: list[Any] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Before xdist starts its workers: plan and build what they will need."""
        config = self._config
        has_workers = config.pluginmanager.has_plugin("dsession") and not self._is_worker
        if not has_workers or config.getoption("collectonly"):
            return
        roots = [config.invocation_params.dir / str(argument).partition("::")[0] for argument in config.args]
        pages = [page for root in roots for page in (sorted(root.rglob("*.md")) if root.is_dir() else [root])]
        for page in pages:
            try:
                project = _project_of(page, config) if page.suffix == ".md" else None
            except SourceError:
                return  # said by the workers, where pages are collected
            if project is not None:
                session_state(config).plan(page, project)
        self._build()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Before the first walk: build what is missing, here and not in each worker."""
        items = [item for item in session.items if isinstance(item, WalkItem)]
        for item in items:
            session_state(self._config).add(item.walk, item.project)
        if not self._is_worker and not self._config.getoption("collectonly"):
            self._build()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """Remember a worker."""
        self._workers.append(node)

    def pytest_keyboard_interrupt(self) -> None:
        """Interrupt the workers, too: execnet would let them go on for 5 seconds first."""
        for node in self._workers:
            # A worker that is no process of this machine has none to tell.
            process = getattr(getattr(node.gateway, "_io", None), "popen", None)
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGINT)

    def _build(self) -> None:
        if _STATE not in self._config.stash:
            return
        try:
            session_state(self._config).build_missing()
        except BackendError as error:
            # Not raised: walks in other environments can be run, and those in this one say why not.
            hint = f"\nhint: {error.hint}" if error.hint is not None else ""
            self._reporter().write_line(f"{error}{hint}", red=True)
        except SourceError as error:
            raise pytest.UsageError(f"\n{error}") from None

    def _reporter(self) -> pytest.TerminalReporter:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        assert isinstance(reporter, pytest.TerminalReporter)  # noqa: S101 - pytest always has one
        return reporter

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No letter for a walk: it gets a line of its own."""
        if report.when != "call" or WALK_PROPERTY not in dict(report.user_properties):
            return None
        return report.outcome, "", report.outcome.upper()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what became of a walk, and say it."""
        properties = dict(report.user_properties)
        if self._is_worker or not {WALK_PROPERTY, BACKEND_PROPERTY} & set(properties):
            return
        state = session_state(self._config)
        if BACKEND_PROPERTY in properties:
            state.unstarted.add(str(properties[BACKEND_PROPERTY]))
        elif report.when == "call":
            state.walked.append(str(properties[WALK_PROPERTY]))
            if self._config.get_verbosity() in {0, -1}:
                self._say(report, properties)

    def _say(self, report: pytest.TestReport, properties: dict[str, object]) -> None:
        from docwalk.report.text import duration  # noqa: PLC0415 - only where there are walks

        name, steps = str(properties[WALK_PROPERTY]), int(str(properties[STEPS_PROPERTY]))
        plural = "" if steps == 1 else "s"
        line = f"  {name}: {report.outcome}, {steps} step{plural}, {duration(report.duration)}"
        line += f"\n    {properties[SCRIPT_PROPERTY]}" if SCRIPT_PROPERTY in properties else ""
        markup = {"green": report.passed, "red": report.failed}
        reporter = self._reporter()
        if hasattr(report, "node"):  # xdist's controller: lines of several workers
            reporter.write_line(line, **markup)
        else:
            reporter.write(f"\n{line}", **markup)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What a maintainer wants to know, and annotations where a forge shows them."""
        if _STATE not in self._config.stash:
            return
        lines = session_state(self._config).summary(colour=terminalreporter.hasmarkup)
        if lines:
            terminalreporter.section("docwalk")
            terminalreporter.write("\n".join(lines) + "\n")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell a machine that cannot run walks from walks that fail."""
        if _STATE in self._config.stash and session_state(self._config).unstarted and not self._is_worker:
            session.exitstatus = _EXIT_BACKEND


_EXIT_BACKEND = 3
