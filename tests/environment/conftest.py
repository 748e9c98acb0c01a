"""The shipped environments as they are built on this machine, and a way to run commands in them."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

import pytest

from docwalk.bubblewrap import SandboxSpec, give, make_upper, remove_tree, sandbox_identity, start
from docwalk.environment.transport import detect_transport
from docwalk.testing_sandbox import find_built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.environment.store import BuiltEnvironment

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command printed, and its status."""

    text: str
    """Standard output and error, without the final newline."""
    status: int
    """Exit status."""


class Inside(Protocol):
    """Runs a command as the reader, in a login shell and a home of its own."""

    def __call__(self, command: str) -> Answer: ...


@pytest.fixture(scope="session")
def login() -> BuiltEnvironment:
    """The environment `login`."""
    built = find_built(ENVIRONMENTS / "login")
    if built is None:
        pytest.fail("`login` is not built: docwalk env build login")
    return built


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An upper directory with a home as the backend makes it."""

    upper: Path
    """The upper directory."""
    work: Path
    """The overlay's work directory."""
    path: PurePosixPath
    """The home inside."""


@contextlib.contextmanager
def open_home(built: BuiltEnvironment) -> Iterator[Home]:
    """A fresh home; nothing of it outlives the context."""
    folder = Path(tempfile.mkdtemp(prefix="docwalk-test-"))
    folder.chmod(0o755)
    identity = sandbox_identity()
    upper, work = make_upper(folder, identity=identity)
    upper.chmod(0o755)
    home = upper / "home" / "reader"
    home.mkdir(parents=True)
    skel = built.find("/etc/skel")
    assert skel is not None
    for file in skel.iterdir():
        shutil.copyfile(file, home / file.name)
    for path in (home.parent, home, *home.iterdir()):
        give(path, identity)
    home.parent.chmod(0o555)
    upper.chmod(0o555)
    try:
        yield Home(upper=upper, work=work, path=PurePosixPath("/home/reader"))
    finally:
        remove_tree(folder)


@contextlib.contextmanager
def run_inside(built: BuiltEnvironment) -> Iterator[Inside]:
    """Commands of one context share a home."""
    transport = detect_transport()
    hostname = built.environment.hostname
    with open_home(built) as home:

        def run(command: str) -> Answer:
            spec = SandboxSpec(
                layers=built.layers,
                upper=home.upper,
                work=home.work,
                binds=transport.binds(),
                files=transport.files(hostname=hostname),
                hostname=hostname,
                environ={
                    "HOME": "/home/reader",
                    "USER": "reader",
                    "LANG": "C.UTF-8",
                    "TERM": "dumb",
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                },
                cwd=home.path,
            )
            shell = ("bash", "--login", "-c", command)
            with start(spec, shell, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
                output, _ = process.communicate()
            return Answer(text=output.decode().rstrip("\n"), status=process.returncode)

        yield run


@pytest.fixture
def inside(login: BuiltEnvironment) -> Iterator[Inside]:
    """Commands of one test share a home; nothing of it outlives the test."""
    with run_inside(login) as run:
        yield run
