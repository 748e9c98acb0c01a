"""This machine as a backend: refused unless asked for twice, and nothing of it is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.host import HostBackend, this_host
from docwalk.backend.registry import make_backend
from docwalk.config import BACKENDS
from docwalk.driver.shell import Shell
from docwalk.environment.definition import load_environment
from docwalk.errors import BackendError
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.backend.host import HostInstance

LOGIN = Path(__file__).parents[2] / "tools" / "environments" / "login"
LONG_S = 60.0

pytestmark = pytest.mark.container


@pytest.fixture
def host() -> Iterator[HostInstance]:
    opened = HostBackend().open(this_host(load_environment(LOGIN)))
    yield opened
    opened.close()


def text_of(shell: Shell, command: str) -> tuple[str, int | None]:
    result = shell.run(command, timeout_s=LONG_S)
    return result.raw.decode().replace("\r\n", "\n").strip(), result.exit_status


@pytest.fixture
def open_shell(host: HostInstance) -> Callable[[], Shell]:
    def spill(text: bytes) -> str:
        host.write_file(host.scratch, text, append=False)
        return host.scratch

    def open_one() -> Shell:
        size = {"rows": 24, "columns": 100}
        terminal = host.open_terminal(shell="bash", user=None, environ={"TERM": "dumb"}, **size)  # noqa: S604 - the name of a shell
        shell = Shell(terminal, host.marks, spill=spill)
        assert shell.wait_until_ready(LONG_S).outcome is Outcome.PASSED
        return shell

    return open_one


def test_commands_statuses_and_state(open_shell: Callable[[], Shell]) -> None:
    shell = open_shell()
    assert text_of(shell, "echo hello; (exit 3)") == ("hello", 3)
    assert text_of(shell, "x=1")[1] == 0
    assert text_of(shell, "echo $x") == ("1", 0)
    assert text_of(shell, f"echo {'y' * 5000} | wc -c") == ("5001", 0)
    assert shell.run("bash", timeout_s=LONG_S).exit_status is None
    assert text_of(shell, "(exit 5)")[1] == 5


def test_the_home_is_a_temporary_one(host: HostInstance, open_shell: Callable[[], Shell]) -> None:
    shell = open_shell()
    home = Path(text_of(shell, "echo ~")[0])
    assert home != Path.home()
    host.write_file("~/deep/note", b"kept\n", append=False)
    assert text_of(shell, "cat ~/deep/note") == ("kept", 0)
    assert host.read_file("~/deep/note") == b"kept\n"
    assert host.read_file("~/none") is None
    assert home.is_dir()
    host.close()
    assert not home.exists()


def test_what_sessions_started_ends_with_them(host: HostInstance, open_shell: Callable[[], Shell]) -> None:
    shell = open_shell()
    pid = int(text_of(shell, "nohup sleep 1000 >/dev/null 2>&1 & echo $!")[0].splitlines()[-1])
    assert Path(f"/proc/{pid}").exists()
    shell.close()
    host.close()
    status = Path(f"/proc/{pid}/status")
    assert not status.exists() or "State:\tZ" in status.read_text()


def test_its_results_belong_to_no_environment() -> None:
    built = this_host(load_environment(LOGIN))
    assert (built.digest, built.layers, sorted(built.manifest)) == ("host", (), ["architecture", "os"])


def test_it_is_refused_unless_it_is_asked_for_by_name() -> None:
    with pytest.raises(BackendError) as caught:
        make_backend("host")
    assert str(caught.value) == (
        "the backend `host` isolates nothing: every command of a page runs on this machine as you"
    )
    assert caught.value.hint == (
        "add --on-this-host if you trust the pages, or use a disposable copy: --backend sandbox"
    )
    assert make_backend("host", on_this_host=True).name == "host"


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(BackendError) as caught:
        make_backend("podmann")
    assert (str(caught.value), caught.value.hint) == (
        "there is no backend `podmann`",
        "did you mean `podman`?",
    )
    assert [make_backend(name, on_this_host=True).name for name in BACKENDS] == list(BACKENDS)
