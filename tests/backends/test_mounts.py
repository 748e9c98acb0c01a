"""Folders that are not of the layers: one with a size is full beyond it, one without is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from docwalk.bubblewrap import Network
from docwalk.driver.shell import Shell
from docwalk.environment.parts import Mount
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.backend import Backend
    from docwalk.driver.command_result import CommandResult
    from docwalk.environment.store import BuiltEnvironment

    Lines = Callable[[CommandResult], list[str]]

pytestmark = pytest.mark.container

LONG_S = 60.0
MOUNTS = (
    Mount(target=PurePosixPath("/tmp/small"), source=None, size_bytes=1 << 20),
    Mount(target=PurePosixPath("/tmp/large"), source=None),
)


@pytest.fixture
def mounted(backend: Backend, environment: BuiltEnvironment) -> Iterator[Shell]:
    definition = replace(environment.environment, mounts=MOUNTS, network=Network.NONE)
    instance = backend.open(replace(environment, environment=definition))
    terminal = instance.open_terminal(shell="bash", user=None, rows=24, columns=100, environ={"TERM": "dumb"})  # noqa: S604 - the name of a shell
    shell = Shell(terminal, instance.marks, spill=bytes.decode)
    assert shell.wait_until_ready(LONG_S).outcome is Outcome.PASSED
    yield shell
    instance.close()


def test_a_folder_of_a_size_is_full_beyond_it(mounted: Shell, lines_of: Lines) -> None:
    result = mounted.run("head -c 2M /dev/zero > /tmp/small/zeros", timeout_s=LONG_S)
    assert (lines_of(result), result.exit_status) == (
        ["head: error writing 'standard output': No space left on device"],
        1,
    )
    assert lines_of(mounted.run("stat -c %s /tmp/small/zeros", timeout_s=LONG_S)) == ["1048576"]


def test_a_folder_without_a_size_takes_as_much_as_memory(mounted: Shell, lines_of: Lines) -> None:
    result = mounted.run(
        "head -c 2M /dev/zero > /tmp/large/zeros; stat -c %s /tmp/large/zeros", timeout_s=LONG_S
    )
    assert (lines_of(result), result.exit_status) == (["2097152"], 0)
