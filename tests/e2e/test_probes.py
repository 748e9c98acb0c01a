"""Probes: a truthful transcript passes, the same with one lie fails at that line; in every shell."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.report.text import failure_lines
from docwalk.run import run_walk
from docwalk.testing_sandbox import plan_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.backend import Instance
    from docwalk.environment.store import BuiltEnvironment

    Try = Callable[[str, str], tuple[str, int | None]]

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
PROBES: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("probes.toml").read_text("utf-8"))
SHELLS = ("bash", "zsh", "tcsh", "fish", "dash")
FIRST_LINE = 2
"""Of the transcript, in the page around it."""


class SharedInstance:
    """An instance that outlives its walks; each has terminals of its own."""

    name = "sandbox"

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def open(self, environment: BuiltEnvironment) -> SharedInstance:
        del environment
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self.instance, name)

    def close(self) -> None:
        """Nothing: the fixture closes it."""


@pytest.fixture(scope="module")
def backend(environment: BuiltEnvironment) -> Iterator[SharedInstance]:
    instance = SandboxBackend().open(environment)
    yield SharedInstance(instance)
    instance.close()


@pytest.fixture
def attempt(tmp_path: Path, backend: SharedInstance, environment: BuiltEnvironment) -> Try:
    def walk(transcript: str, shell: str) -> tuple[str, int | None]:
        """What a failing walk says in its first line, and the line it names; nothing where it passes."""
        page = f"```console\n{transcript}```\n"
        planned = plan_page(
            page, folder=tmp_path, environments_dir=ENVIRONMENTS, options=f'shell = "{shell}"'
        )
        result = run_walk(planned, backend=backend, environment=environment)
        if result.passed:
            return "", None
        first = next(iter(failure_lines(planned, result, width_cols=100))).plain
        _, line, said = first.split(":", 2)
        return said, int(line)

    return walk


def line_of(text: str, transcript: str) -> int:
    return transcript.split("\n").index(text) + FIRST_LINE


def probe_of(name: str, shell: str) -> dict[str, Any]:
    own = PROBES[name].get(shell, {})
    return {**PROBES[name], **({"truth": own} if isinstance(own, str) else own)}


CASES = [(name, shell) for name in PROBES for shell in SHELLS]
REFUSED = [case for case in CASES if "refusal" in probe_of(*case)]
ACCEPTED = [case for case in CASES if case not in REFUSED]


@pytest.mark.parametrize(("name", "shell"), ACCEPTED)
def test_the_truth_passes(attempt: Try, name: str, shell: str) -> None:
    assert attempt(probe_of(name, shell)["truth"], shell) == ("", None)


@pytest.mark.parametrize(("name", "shell"), ACCEPTED)
def test_a_lie_fails_at_its_line(attempt: Try, name: str, shell: str) -> None:
    probe = probe_of(name, shell)
    old, new = probe["lie"]
    before, found, after = probe["truth"].rpartition(old)
    assert found
    told = before + new + after
    said, line = attempt(told, shell)
    assert line == line_of(probe.get("at", new), told), said


@pytest.mark.parametrize(("name", "shell"), REFUSED)
def test_what_a_shell_does_otherwise_is_refused_where_it_stands(attempt: Try, name: str, shell: str) -> None:
    probe = probe_of(name, shell)
    outcome, detail = probe["refusal"]
    said, line = attempt(probe["truth"], shell)
    assert f"{outcome}: {detail}" in said
    assert line is not None
    assert probe["truth"].split("\n")[line - FIRST_LINE].startswith("$ ")


class WithoutZsh(SharedInstance):
    """An instance that lacks a shell."""

    shells = frozenset({"bash"})


def test_a_shell_that_is_not_there_is_the_reason_why_nothing_is_run(
    tmp_path: Path, backend: SharedInstance, environment: BuiltEnvironment
) -> None:
    page = "```zsh\n$ echo hello\nhello\n```\n"
    planned = plan_page(page, folder=tmp_path, environments_dir=ENVIRONMENTS)
    result = run_walk(planned, backend=WithoutZsh(backend.instance), environment=environment)
    (step,) = result.steps
    assert (step.outcome.value, step.detail) == ("not-run", "environment `login` has no shell `zsh`")
