"""What exceeds a limit is ended, and it is said which limit; the instance goes on, and ends."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from docwalk.bubblewrap import Network
from docwalk.driver.shell import Shell
from docwalk.environment.parts import Limits
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.backend import Backend, Instance
    from docwalk.driver.command_result import CommandResult
    from docwalk.environment.store import BuiltEnvironment

    Lines = Callable[[CommandResult], list[str]]

pytestmark = pytest.mark.container

LONG_S = 60.0
MEMORY = 256 << 20
LIMITS = Limits(memory_bytes=MEMORY, processes=60, cpu_s=1.0, disk_bytes=64 << 20, files=50)


@pytest.fixture
def limited(backend: Backend, environment: BuiltEnvironment) -> Iterator[Instance]:
    definition = replace(environment.environment, limits=LIMITS, network=Network.NONE)
    opened = backend.open(replace(environment, environment=definition))
    yield opened
    opened.close()


def open_shell(instance: Instance) -> Shell:
    terminal = instance.open_terminal(shell="bash", user=None, rows=24, columns=100, environ={"TERM": "dumb"})  # noqa: S604 - the name of a shell
    shell = Shell(terminal, instance.marks, spill=bytes.decode)
    assert shell.wait_until_ready(LONG_S).outcome is Outcome.PASSED
    return shell


def exceeded_in_time(instance: Instance) -> tuple[str, ...]:
    """What was exceeded, once anything was; a shell may be refused the process that would wait for it."""
    end = time.monotonic() + LONG_S
    while not (said := instance.exceeded(None)) and time.monotonic() < end:
        time.sleep(0.1)
    return said


def test_memory(limited: Instance, lines_of: Lines) -> None:
    shell = open_shell(limited)
    bomb = f"python3 -c 'x = bytearray({MEMORY * 3 // 2}); import time; time.sleep(60)'"
    result = shell.run(bomb, timeout_s=LONG_S)
    assert (lines_of(result), result.exit_status) == (["Killed"], 137)
    assert limited.exceeded(137) == (
        "killed: memory limit 256 MiB (`python3 -c x = bytearray(402653184); import time; time.sleep(60)`)",
    )
    assert limited.exceeded(0) == ()
    small = shell.run("python3 -c 'x = bytearray(100 << 20)'", timeout_s=LONG_S)
    assert (small.exit_status, limited.exceeded(0)) == (0, ())
    shell.close()


def test_memory_of_many_together(limited: Instance) -> None:
    shell = open_shell(limited)
    each = "python3 -c 'x = bytearray(90 << 20); import time; time.sleep(3)'"
    shell.run(f"for i in 1 2 3 4; do {each} & done; wait", timeout_s=LONG_S)
    said = limited.exceeded(0)
    assert said[0].startswith("killed: memory limit 256 MiB (`python3 ")
    shell.close()


FILL_A_SEGMENT = (
    "python3 -c 'import ctypes; libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p; "
    "place = ctypes.c_void_p(libc.shmat(libc.shmget(0, 90 << 20, 0o1600), None, 0)); "
    "ctypes.memset(place, 1, 90 << 20); libc.shmdt(place)'"
)
"""Leaves 90 MiB of System V shared memory behind that no process has attached."""


def test_memory_that_no_process_holds(limited: Instance, lines_of: Lines) -> None:
    shell = open_shell(limited)
    filled = shell.run(FILL_A_SEGMENT, timeout_s=LONG_S)
    assert (lines_of(filled), filled.exit_status) == ([], 0)
    assert limited.exceeded(0) == ()
    assert lines_of(shell.run("tail -n +2 /proc/sysvipc/shm | wc -l", timeout_s=LONG_S)) == ["1"]
    shell.run(f"for i in 1 2 3; do {FILL_A_SEGMENT}; done", timeout_s=LONG_S)
    assert exceeded_in_time(limited)[0] == "killed: memory limit 256 MiB"
    left = int(lines_of(shell.run("tail -n +2 /proc/sysvipc/shm | wc -l", timeout_s=LONG_S))[0])
    assert left * 90 <= 256
    shell.close()


def test_memory_at_once_is_refused_by_the_kernel(limited: Instance, lines_of: Lines) -> None:
    shell = open_shell(limited)
    result = shell.run(f"python3 -c 'bytearray({MEMORY * 4})'", timeout_s=LONG_S)
    assert (lines_of(result)[-1], result.exit_status) == ("MemoryError", 1)
    shell.close()


def test_processor_time(limited: Instance) -> None:
    shell = open_shell(limited)
    result = shell.run("python3 -c 'while True: pass'", timeout_s=LONG_S)
    assert (result.exit_status, limited.exceeded(result.exit_status)) == (
        152,
        ("killed: CPU time limit 1 s",),
    )
    shell.close()


def test_open_files(limited: Instance, lines_of: Lines) -> None:
    shell = open_shell(limited)
    result = shell.run("python3 -c 'x = [open(\"/etc/passwd\") for _ in range(60)]'", timeout_s=LONG_S)
    assert lines_of(result)[-1] == "OSError: [Errno 24] Too many open files: '/etc/passwd'"
    shell.close()


def test_one_large_file(limited: Instance) -> None:
    shell = open_shell(limited)
    shell.run("head -c 100M /dev/zero > big", timeout_s=LONG_S)
    # Read from outside: what else the reader has brings the instance above its limit, and ends the shell.
    assert len(limited.read_file("~/big") or b"") == 64 << 20
    shell.close()


def test_many_files(limited: Instance) -> None:
    shell = open_shell(limited)
    shell.run(
        "for i in 1 2 3; do head -c 30M /dev/zero > big$i; done; (sleep 60)",
        timeout_s=LONG_S,
    )
    assert limited.exceeded(None) == ("killed: disk limit 64 MiB",)


def test_a_fork_bomb(limited: Instance, lines_of: Lines) -> None:
    shell = open_shell(limited)
    shell.run("bomb() { bomb | bomb & }; bomb", timeout_s=LONG_S)
    assert exceeded_in_time(limited) == ("killed: process limit 60",)
    other = open_shell(limited)
    # Nothing of the bomb is left; the shell that set it off may have gone with it.
    assert lines_of(other.run("pgrep -c bash", timeout_s=LONG_S)) in (["1"], ["2"])
    other.close()
    shell.close()


def test_an_instance_in_the_middle_of_a_fork_bomb_can_be_closed(limited: Instance) -> None:
    shell = open_shell(limited)
    shell.run("bomb() { bomb | bomb & }; bomb", timeout_s=LONG_S)
    shell.close()
    limited.close()
    assert limited.exceeded(None) == ()
