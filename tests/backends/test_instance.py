"""Conformance: sessions beside each other, files, foreground processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.driver.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.backend import Instance
    from docwalk.driver.command_result import CommandResult

    Lines = Callable[[CommandResult], list[str]]

pytestmark = pytest.mark.container

LONG_S = 60.0


def test_sessions_share_files_and_processes_but_no_variables(
    open_shell: Callable[[], Shell], lines_of: Lines
) -> None:
    one, two = open_shell(), open_shell()
    one.run("echo shared > /tmp/note; mine=1", timeout_s=LONG_S)
    one.run("sleep 77 &", timeout_s=LONG_S)
    assert lines_of(two.run("cat /tmp/note; echo $mine", timeout_s=LONG_S)) == ["shared", ""]
    assert lines_of(two.run("pgrep -fx 'sleep 77' | wc -l", timeout_s=LONG_S)) == ["1"]
    assert lines_of(one.run("tty", timeout_s=LONG_S)) != lines_of(two.run("tty", timeout_s=LONG_S))


def test_files_are_written_as_the_reader(instance: Instance, shell: Shell, lines_of: Lines) -> None:
    instance.write_file("~/.config/pip/pip.conf", b"[install]\n", append=False)
    instance.write_file("~/.config/pip/pip.conf", b"user = true\n", append=True)
    shown = lines_of(
        shell.run("stat -c '%U %a' ~/.config/pip/pip.conf; cat ~/.config/pip/pip.conf", timeout_s=LONG_S)
    )
    assert shown == ["reader 644", "[install]", "user = true"]
    assert instance.read_file("~/.config/pip/pip.conf") == b"[install]\nuser = true\n"


def test_a_missing_file_is_none(instance: Instance) -> None:
    assert instance.read_file("/no/such/file") is None


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/etc/passwd", PermissionError),
        ("/etc/new", PermissionError),
        ("/home/other", PermissionError),
        ("/tmp/no/such/folder/file", FileNotFoundError),
        ("/dev/null", OSError),
        ("/tmp", IsADirectoryError),
    ],
)
def test_what_the_reader_may_not_write_is_refused(
    instance: Instance, path: str, error: type[OSError]
) -> None:
    with pytest.raises(error):
        instance.write_file(path, b"x", append=True)


def test_a_pipe_is_no_file(instance: Instance, shell: Shell) -> None:
    shell.run("mkfifo /tmp/pipe", timeout_s=LONG_S)
    with pytest.raises(OSError, match="Invalid argument"):
        instance.read_file("/tmp/pipe")


def test_the_foreground_is_the_shell_while_nothing_runs(instance: Instance) -> None:
    terminal = instance.open_terminal(shell="bash", user=None, rows=24, columns=100, environ={"TERM": "dumb"})  # noqa: S604 - the name of a shell
    shell = Shell(terminal, instance.marks, spill=bytes.decode)
    shell.wait_until_ready(LONG_S)
    shell.run("cd /usr", timeout_s=LONG_S)
    assert [each.is_shell for each in terminal.foreground()] == [True]
    assert (terminal.cwd(), terminal.exit_status()) == ("/usr", None)
    shell.run("exit 3", timeout_s=LONG_S)
    assert (terminal.foreground(), terminal.exit_status()) == ((), 3)
    shell.close()
