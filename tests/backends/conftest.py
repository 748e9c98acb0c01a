"""One instance per backend and module, one fresh shell per test."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from docwalk.backend.apptainer import ApptainerBackend
from docwalk.backend.docker import DockerBackend
from docwalk.backend.podman import PodmanBackend
from docwalk.backend.sandbox import SandboxBackend
from docwalk.driver.shell import Shell
from docwalk.environment.definition import Users
from docwalk.environment.store import Store
from docwalk.testing_sandbox import require_apptainer, require_built, require_docker, require_podman

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.backend import Backend, Instance
    from docwalk.backend.instance import InitInstance
    from docwalk.driver.command_result import CommandResult
    from docwalk.environment.store import BuiltEnvironment


class MappedSandbox(SandboxBackend):
    """The sandbox of many user ids, over an environment that would do with one."""

    def open(self, environment: BuiltEnvironment) -> InitInstance:
        many = replace(environment.environment, users=Users.MANY)
        return super().open(replace(environment, environment=many))


class MappedPodman(PodmanBackend):
    """podman with many user ids, likewise."""

    def open(self, environment: BuiltEnvironment) -> InitInstance:
        many = replace(environment.environment, users=Users.MANY)
        return super().open(replace(environment, environment=many))


class MappedDocker(DockerBackend):
    """docker with many user ids, likewise."""

    def open(self, environment: BuiltEnvironment) -> InitInstance:
        many = replace(environment.environment, users=Users.MANY)
        return super().open(replace(environment, environment=many))


BACKENDS: dict[str, type[ApptainerBackend | DockerBackend | PodmanBackend | SandboxBackend]] = {
    "apptainer": ApptainerBackend,
    "docker": DockerBackend,
    "docker/mapped": MappedDocker,
    "podman": PodmanBackend,
    "podman/mapped": MappedPodman,
    "sandbox": SandboxBackend,
    "sandbox/mapped": MappedSandbox,
}
LOGIN = Path(__file__).parents[2] / "tools" / "environments" / "login"
TERMINAL = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC"}
HOLD = """
import sys, time
from pathlib import Path
from docwalk.backend.registry import make_backend
from docwalk.environment.store import Store
from docwalk.testing_sandbox import require_built

name, environment, folder = sys.argv[1:]
store = Store(folder=Path(folder), fallback=None)
instance = make_backend(name, store).open(require_built(Path(environment)))
print("open", flush=True)
time.sleep(600)
"""


class OpenShell(Protocol):
    """Opens one more session in the instance."""

    def __call__(self, name: str = "bash") -> Shell: ...


@pytest.fixture(scope="session")
def environment() -> BuiltEnvironment:
    return require_built(LOGIN)


@pytest.fixture
def store() -> Iterator[Store]:
    """A store that the account which root becomes can reach, as pytest's folders are closed to others."""
    with tempfile.TemporaryDirectory(prefix="docwalk-store-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield Store(folder=folder, fallback=None)


@pytest.fixture
def hold_open(store: Store) -> Callable[[str], subprocess.Popen[str]]:
    """Starts a run by the backend of that name, which has an instance of `small` open until it is killed."""

    def hold(name: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", HOLD, name, str(LOGIN.with_name("small")), str(store.folder)]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        return process

    return hold


@pytest.fixture(scope="module", params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param.startswith("podman"):
        require_podman()
    if request.param.startswith("docker"):
        require_docker()
    if request.param == "apptainer":
        require_apptainer()
    return BACKENDS[request.param]()


@pytest.fixture(scope="module")
def instance(backend: Backend, environment: BuiltEnvironment) -> Iterator[Instance]:
    opened = backend.open(environment)
    yield opened
    opened.close()


@pytest.fixture
def open_shell(instance: Instance) -> Iterator[OpenShell]:
    opened: list[Shell] = []

    def spill(text: bytes) -> str:
        instance.write_file("/run/docwalk/typed", text, append=False)
        return "/run/docwalk/typed"

    def open_one(name: str = "bash") -> Shell:
        terminal = instance.open_terminal(shell=name, user=None, rows=24, columns=100, environ=TERMINAL)
        shell = Shell(terminal, instance.marks, spill=spill)
        opened.append(shell)
        assert shell.wait_until_ready(20).detail == ""
        return shell

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def shell(open_shell: OpenShell) -> Shell:
    return open_shell()


class Lines(Protocol):
    """What a result shows, line by line."""

    def __call__(self, result: CommandResult) -> list[str]: ...


@pytest.fixture
def lines_of() -> Lines:
    def lines(result: CommandResult) -> list[str]:
        return [line.text for line in result.lines]

    return lines
