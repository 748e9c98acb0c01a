"""Planned walks → records: finds what is built, runs walks in it, keeps what came out.

The command line and the pytest plugin share this; neither output nor arguments are its business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from docwalk.backend.host import HostBackend, this_host
from docwalk.backend.registry import make_backend
from docwalk.bubblewrap import Network
from docwalk.environment.definition import load_environments
from docwalk.environment.devices import with_present_gpu
from docwalk.environment.digest import environment_digest
from docwalk.environment.package_proxy import shared_package_proxy
from docwalk.environment.store import Store
from docwalk.environment.transport import detect_transport
from docwalk.errors import BackendError
from docwalk.plan import load_plan
from docwalk.record import make_record, save_record
from docwalk.run import AfterMismatch, run_walk
from docwalk.script.make import NoScript, make_script
from docwalk.script.outcome import ScriptOutcome, find_outcome, save_outcome
from docwalk.script.run import run_script
from docwalk.status import fresh_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from docwalk.backend import Backend
    from docwalk.config import Project
    from docwalk.driver.stop import Stop
    from docwalk.environment.build import BuildEvent
    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.plan import Step, Walk
    from docwalk.record import Record
    from docwalk.results import StepResult, WalkResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Runs walks of one project."""

    project: Project
    """The project."""
    environments: Mapping[str, Environment]
    """Its environments by name."""
    store: Store
    """Where built environments are."""
    backend: Backend
    """Opens instances."""

    @classmethod
    def of(cls, project: Project, *, backend: str | None = None, on_this_host: bool = False) -> Verifier:
        """A verifier with the store of this account.

        Args:
            project: the project.
            backend: name of what walks are run in; None is the project's.
            on_this_host: whether that may be this machine itself.

        Raises:
            SourceError: an environment's definition is wrong.
            BackendError: the backend needs `on_this_host`.
        """
        store = Store.default()
        return cls(
            project=project,
            environments=load_environments(project.environments_dir),
            store=store,
            backend=make_backend(backend or project.backend, store, on_this_host=on_this_host),
        )

    def missing(self, walks: Iterable[Walk]) -> tuple[Environment, ...]:
        """Environments that walks with steps need and that are not built, in order of need."""
        if isinstance(self.backend, HostBackend):
            return ()
        names = dict.fromkeys(walk.environment for walk in walks if walk.steps)
        needed = [self.environments[name] for name in names if name in self.environments]
        return tuple(each for each in needed if self.store.find(each) is None)

    def build_missing(
        self,
        walks: Iterable[Walk],
        *,
        shown: Callable[[], AbstractContextManager[Callable[[BuildEvent], None]]],
    ) -> None:
        """Build the environments that walks need and that are not there.

        Args:
            walks: what will be run.
            shown: opens what shows the progress; not called where nothing is missing.

        Raises:
            BackendError: this account cannot build, or a layer failed.
        """
        missing = self.missing(walks)
        if not missing:
            return
        from docwalk.environment.build import build_environment  # noqa: PLC0415 - most runs build nothing

        with shown() as on_event:
            for environment in missing:
                build_environment(environment, self.store, on_event)

    def share_downloads(self, walks: Iterable[Walk]) -> None:
        """Start the package proxy, where a walk may need it, for this process and those it starts."""
        names = {walk.environment for walk in walks if walk.steps}
        known = names & set(self.environments)
        if any(self.environments[name].network is not Network.NONE for name in known):
            shared_package_proxy(self.store.folder / "downloads", detect_transport())

    def built(self, walk: Walk) -> BuiltEnvironment:
        """The built environment of a walk.

        Raises:
            BackendError: it is not defined, or not built.
        """
        definition = self.environments.get(walk.environment)
        if definition is None:
            folder = self.project.environments_dir
            raise BackendError(f"there is no environment `{walk.environment}` in {folder}")
        if isinstance(self.backend, HostBackend):
            return this_host(definition)
        found = self.store.find(definition)
        if found is None:
            message = f"the environment `{walk.environment}` is not built"
            raise BackendError(message, hint=f"docwalk env build {walk.environment}")
        return with_present_gpu(found)

    def run(
        self,
        walk: Walk,
        *,
        on_step: Callable[[Step, StepResult], None] | None = None,
        after_mismatch: AfterMismatch = AfterMismatch.STOP,
        at_stop: Callable[[Stop], None] | None = None,
    ) -> WalkResult:
        """Run a walk in a fresh instance; arguments as those of `run_walk`.

        Raises:
            BackendError: it could not be started.
        """
        return run_walk(
            walk,
            backend=self.backend,
            environment=self.built(walk),
            on_step=on_step,
            after_mismatch=after_mismatch,
            at_stop=at_stop,
        )

    def verify(
        self,
        walk: Walk,
        *,
        on_step: Callable[[Step, StepResult], None] | None = None,
        at_stop: Callable[[Stop], None] | None = None,
    ) -> tuple[Record, Path]:
        """Run a walk and keep its record, whether it passed or not; the record and its file.

        Raises:
            BackendError: it could not be started; there is no record then.
        """
        result = self.run(walk, on_step=on_step, at_stop=at_stop)
        used_network = self.environments[walk.environment].network is not Network.NONE
        record = make_record(walk, result, used_network=used_network)
        return record, save_record(record, self.project.records_dir)

    def has_script(self, walk: Walk) -> bool:
        """Whether readers could want its script: not that of an example; and none is run on this host."""
        return bool(walk.steps) and ":" not in walk.page and not isinstance(self.backend, HostBackend)

    def verify_script(self, walk: Walk, record: Record) -> ScriptOutcome | NoScript:
        """Run the script of a walk that was just recorded, and keep what it did; why there is none.

        One that passed in this very environment is not run again before its walk's record would be stale.

        Raises:
            BackendError: it could not be started.
            SourceError: the page changed meanwhile, and has mistakes now.
        """
        documents, _ = load_plan([self.project.root / walk.source_path], self.project)
        document = next((each for each in documents if each.page == walk.page), None)
        if document is None:
            return NoScript(reason="its page is gone")
        shell = walk.shell or self.environments[walk.environment].shell
        script = make_script(walk, record.result, document=document, shell=shell)
        if isinstance(script, NoScript):
            return script
        kept = find_outcome(walk.name, self.project.records_dir)
        days = fresh_days(record, self.project)
        if kept is not None and kept.still_holds(
            script.digest, record.result.environment_digest, now=datetime.now(UTC), days=days
        ):
            return kept
        outcome = run_script(script, walk, backend=self.backend, environment=self.built(walk))
        save_outcome(outcome, self.project.records_dir)
        return outcome


def environment_digests(environments: Mapping[str, Environment]) -> Mapping[str, str]:
    """Digest of each environment as it is defined today, built or not."""
    return {name: environment_digest(environment) for name, environment in environments.items()}
