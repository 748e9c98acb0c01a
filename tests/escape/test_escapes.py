"""Escapes: what hostile pages may try, on each backend, as root and as an ordinary account."""

from __future__ import annotations

import functools
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import docwalk
from docwalk.bubblewrap import is_reachable
from docwalk.seccomp import numbers_of
from docwalk.testing_sandbox import require_apptainer, require_built, require_docker, require_podman

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.container

HERE = Path(__file__).parent
LOGIN = HERE.parents[1] / "tools" / "environments" / "login"
ATTEMPTS: list[dict[str, Any]] = tomllib.loads((HERE / "attempts.toml").read_text("utf-8"))["attempt"]
TOKEN = "s3cret-of-the-host"  # noqa: S105 - what must not be read
UNKNOWN_UID = 60997
"""An ordinary account that root's tests become where none is named: it needs no entry in /etc/passwd."""
SYSTEM_PYTHON = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
BACKENDS = ("sandbox", "sandbox/mapped", "podman", "podman/mapped", "docker", "docker/mapped", "apptainer")
ACCOUNT_VARIABLE = "DOCWALK_TEST_ACCOUNT"
"""Name of an account with subordinate ids, for podman as an ordinary account."""


class Host:
    """What the attempts are after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "open"
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.secret = folder / "credentials"
        self.secret.write_text(TOKEN)
        self.secret.chmod(0o644)
        self.service = socket.create_server(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX)
        self.name = f"docwalk-escape-{os.getpid()}"
        self.abstract.bind(f"\0{self.name}")
        self.abstract.listen()

    def values(self) -> dict[str, object]:
        """What stands in the attempts' texts."""
        return {
            "secret": self.secret,
            "folder": self.folder,
            "pid": os.getpid(),
            "port": self.service.getsockname()[1],
            "abstract": self.name,
            **numbers_of("keyctl", "add_key", "bpf"),
            "open_by_handle": numbers_of("open_by_handle_at")["open_by_handle_at"],
        }

    def close(self) -> None:
        """Let go."""
        self.service.close()
        self.abstract.close()


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with tempfile.TemporaryDirectory(prefix="docwalk-escape-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = Host(folder)
        yield made
        made.close()


def fill(text: str, values: Mapping[str, object]) -> str:
    """`text` with `{name}` replaced where there is such a value."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


@functools.cache
def results(backend: str, account: str, attempts: str) -> dict[str, Any]:
    """What came of all attempts."""
    home = Path(tempfile.mkdtemp(prefix="docwalk-escape-home-"))
    try:
        prefix = become(account, home)
        environ = {"PATH": os.defpath + ":/usr/sbin:/sbin", "HOME": str(home), "SECRET": TOKEN}
        environ["PYTHONPATH"] = ":".join([str(Path(docwalk.__file__).parents[1]), *sys.path])
        if "DOCKER_HOST" in os.environ:
            environ["DOCKER_HOST"] = os.environ["DOCKER_HOST"]
        if account != "root":
            environ["DOCWALK_CACHE_DIR"] = str(home / "cache")
        done = subprocess.run(
            [*prefix, python_for(account), str(HERE / "attempt.py"), backend],
            input=attempts,
            capture_output=True,
            text=True,
            check=False,
            env=environ,
            cwd="/",
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    made: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"error": done.stderr}
    return made


def python_for(account: str) -> str:
    """A Python that `account` can run: ours, or the system's where ours lies in a private folder."""
    is_ours = account == "root" or os.geteuid() != 0 or is_reachable(Path(sys.executable))
    return sys.executable if is_ours else SYSTEM_PYTHON


def become(account: str, home: Path) -> list[str]:
    """What stands before a command to run it as `account`, which owns `home` then."""
    if account == "root" or os.geteuid() != 0:
        return []
    named = os.environ.get(ACCOUNT_VARIABLE)
    uid, gid = (UNKNOWN_UID, UNKNOWN_UID) if named is None else pwd.getpwnam(named)[2:4]
    os.chown(home, uid, gid)
    return ["setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups"]


@pytest.fixture(scope="module", params=["root", "ordinary"])
def account(request: pytest.FixtureRequest) -> str:
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("these tests are not run by root")
    if not Path(python_for(str(request.param))).exists():
        pytest.skip(f"ordinary accounts can run neither {sys.executable} nor {SYSTEM_PYTHON}")
    return str(request.param)


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest, account: str) -> str:
    require_built(LOGIN)
    if request.param.startswith("podman"):
        require_podman()
    if request.param.startswith("docker"):
        require_docker()
    if request.param == "apptainer":
        require_apptainer()
    if account == "ordinary" and os.geteuid() == 0:
        if request.param.endswith("/mapped"):
            pytest.skip("these layers belong to root's ids: run the tests as an account that has its own")
        if request.param in ("podman", "docker") and ACCOUNT_VARIABLE not in os.environ:
            pytest.skip(f"name an account with subordinate ids: {ACCOUNT_VARIABLE}")
    return str(request.param)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=[each["name"] for each in ATTEMPTS])
def test_it_is_refused(host: Host, backend: str, account: str, attempt: dict[str, Any]) -> None:
    values = host.values()
    attempts = [{**each, "command": fill(each["command"], values)} for each in ATTEMPTS]
    made = results(backend, account, json.dumps(attempts))
    assert "error" not in made, made["error"]
    found = made[attempt["name"]]
    shown = f"{found['text']}\n"
    refused = attempt.get("refused_with_su") if backend.endswith("/mapped") else None
    assert fill(refused or attempt["refused"], values) in shown, found
    assert attempt.get("never", TOKEN) not in shown
    assert TOKEN not in shown
    assert any(said.startswith(attempt.get("limit", "")) for said in (*found["exceeded"], ""))
    if "limit" in attempt:
        assert found["exceeded"]
    assert attempt.get("detail", "") in found["detail"]
    assert list(host.folder.iterdir()) == []


def test_there_are_attempts_enough() -> None:
    assert len({each["name"] for each in ATTEMPTS}) == len(ATTEMPTS) >= 40
