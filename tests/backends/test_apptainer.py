"""apptainer: what it sets, binds and leaves behind by itself is not to be found."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from docwalk.backend.apptainer import ApptainerBackend
from docwalk.driver.shell import Shell
from docwalk.errors import BackendError
from docwalk.results import Outcome
from docwalk.testing_sandbox import require_apptainer, require_built

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from docwalk.environment.store import BuiltEnvironment, Store

    HoldOpen = Callable[[str], subprocess.Popen[str]]

pytestmark = pytest.mark.container

SMALL = Path(__file__).parents[2] / "tools" / "environments" / "small"
LONG_S = 60.0


class Shown(Protocol):
    """What a command shows in an instance that has these devices."""

    def __call__(self, command: str, *devices: str) -> list[str]: ...


@pytest.fixture(scope="module")
def small() -> BuiltEnvironment:
    require_apptainer()
    return require_built(SMALL)


@pytest.fixture
def shown(small: BuiltEnvironment, store: Store) -> Shown:
    def run(command: str, *devices: str) -> list[str]:
        instance = ApptainerBackend(store).open(with_devices(small, *devices))
        try:
            size = {"rows": 24, "columns": 100}
            terminal = instance.open_terminal(shell="bash", user=None, environ={"TERM": "dumb"}, **size)  # noqa: S604 - the name of a shell
            shell = Shell(terminal, instance.marks, spill=bytes.decode)
            assert shell.wait_until_ready(LONG_S).outcome is Outcome.PASSED
            return [line.text for line in shell.run(command, timeout_s=LONG_S).lines]
        finally:
            instance.close()

    return run


def with_devices(environment: BuiltEnvironment, *devices: str) -> BuiltEnvironment:
    return replace(environment, environment=replace(environment.environment, devices=devices))


def instances_of(store: Store) -> list[Path]:
    return list((store.folder / "instances").iterdir())


def test_its_groups_folders_and_processes_are_not_seen(shown: Shown) -> None:
    command = "grep -vc ':/$' /proc/self/cgroup; ls -d /.singularity.d; ps -e -o pid= -o comm= | head -1"
    assert shown(command) == [
        "0",
        "ls: cannot access '/.singularity.d': No such file or directory",
        "      1 python3",
    ]


def test_simulated_cards_are_nodes_that_can_be_opened(shown: Shown) -> None:
    command = "ls /dev/nvidia*; cat /dev/nvidia0 /dev/nvidia3; ls -d /.singularity.d"
    assert shown(command, "docwalk.sim/gpu=0", "docwalk.sim/gpu=3") == [
        "/dev/nvidia0  /dev/nvidia3",
        "ls: cannot access '/.singularity.d': No such file or directory",
    ]


def test_a_card_that_is_not_there_is_named(small: BuiltEnvironment, store: Store) -> None:
    with pytest.raises(BackendError) as caught:
        ApptainerBackend(store).open(with_devices(small, "nvidia.com/gpu=99"))
    assert str(caught.value) == "this machine has no device `nvidia.com/gpu=99`: there is no /dev/nvidia99"
    assert instances_of(store) == []


def test_what_it_cannot_start_with_is_said(small: BuiltEnvironment, store: Store) -> None:
    no_such = replace(small.environment, hostname="x" * 300)
    with pytest.raises(BackendError, match=r"apptainer does not start `small`: FATAL: .*hostname") as caught:
        ApptainerBackend(store).open(replace(small, environment=no_such))
    assert caught.value.hint == "docwalk doctor"
    assert instances_of(store) == []


@pytest.mark.usefixtures("small")
def test_a_killed_run_leaves_nothing(store: Store, hold_open: HoldOpen) -> None:
    with hold_open("apptainer") as process:
        assert len(instances_of(store)) == 1
        process.send_signal(signal.SIGKILL)
    end = time.monotonic() + LONG_S
    while instances_of(store) and time.monotonic() < end:
        time.sleep(0.1)
    assert instances_of(store) == []
