"""Tiny tutorials, walked in the real sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from docwalk.backend.podman import PodmanBackend
from docwalk.backend.sandbox import SandboxBackend
from docwalk.run import AfterMismatch, run_walk
from docwalk.testing_sandbox import plan_page, require_built, require_podman

if TYPE_CHECKING:
    from docwalk.backend import Backend
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.results import StepResult, WalkResult

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"


class WalkPage(Protocol):
    """Walks a page of Markdown."""

    def __call__(
        self, markdown: str, *, after_mismatch: AfterMismatch = ..., options: str = ...
    ) -> WalkResult: ...


class Shown(Protocol):
    """Outcomes and details of steps, in order."""

    def __call__(self, result: WalkResult) -> list[tuple[str, str]]: ...


class Text(Protocol):
    """What a step printed, lines joined."""

    def __call__(self, step: StepResult) -> str: ...


@pytest.fixture(scope="session")
def environment() -> BuiltEnvironment:
    return require_built(ENVIRONMENTS / "login")


@pytest.fixture(params=["podman", "sandbox"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend that has environments."""
    if request.param == "sandbox":
        return SandboxBackend()
    require_podman()
    return PodmanBackend()


@pytest.fixture
def walk_page(tmp_path: Path, environment: BuiltEnvironment) -> WalkPage:
    def walk(
        markdown: str, *, after_mismatch: AfterMismatch = AfterMismatch.STOP, options: str = ""
    ) -> WalkResult:
        planned = plan_page(markdown, folder=tmp_path, environments_dir=ENVIRONMENTS, options=options)
        backend = SandboxBackend()
        return run_walk(planned, backend=backend, environment=environment, after_mismatch=after_mismatch)

    return walk


@pytest.fixture
def shown() -> Shown:
    def outcomes(result: WalkResult) -> list[tuple[str, str]]:
        return [(step.outcome.value, step.detail) for step in result.steps]

    return outcomes


@pytest.fixture
def text() -> Text:
    def joined(step: StepResult) -> str:
        return "\n".join(line.text for line in step.lines)

    return joined
