"""Conformance: commands that do not end, shells that go away, and the way back to a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.driver.shell import MOST_KEPT
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.driver.command_result import CommandResult
    from docwalk.driver.shell import Shell

    Lines = Callable[[CommandResult], list[str]]

pytestmark = pytest.mark.container

LONG_S = 60.0


def test_a_timeout_says_what_was_going_on_and_the_shell_recovers(shell: Shell, lines_of: Lines) -> None:
    result = shell.run("echo before; sleep 100", timeout_s=0.6)
    assert (result.outcome, lines_of(result)) == (Outcome.TIMED_OUT, ["before"])
    assert result.detail == "not done after 0.6 s: `sleep 100` sleeps"
    assert 0.6 <= result.elapsed_s < LONG_S / 4
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_a_program_that_ignores_the_interrupt_is_killed(shell: Shell, lines_of: Lines) -> None:
    stubborn = "python3 -c 'import signal, time; signal.signal(2, signal.SIG_IGN); print(1); time.sleep(99)'"
    assert shell.run(stubborn, timeout_s=0.6).outcome is Outcome.TIMED_OUT
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_one_that_never_stops_printing_is_stopped(shell: Shell, lines_of: Lines) -> None:
    assert shell.run("yes", timeout_s=0.5).outcome is Outcome.TIMED_OUT
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_one_that_prints_without_end_is_stopped_before_memory_is(shell: Shell, lines_of: Lines) -> None:
    result = shell.run("cat /dev/zero", timeout_s=LONG_S)
    assert result.outcome is Outcome.TIMED_OUT
    assert result.detail.startswith("stopped after ")
    assert result.detail.endswith(" MiB of output")
    assert len(result.raw) == MOST_KEPT
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        ("cat", "waits for input: (it shows no prompt) (`cat` reads the terminal)"),
        ("read -p 'Your name? ' name", "waits for input: Your name? (`-bash` reads the terminal)"),
        (
            "python3 -c 'input(\"Proceed? \")'",
            'waits for input: Proceed? (`python3 -c input("Proceed? ")` reads the terminal)',
        ),
        ("less /etc/passwd", "waits for input: /etc/passwd (END) (`less /etc/passwd` reads the terminal)"),
    ],
)
def test_waiting_for_input_fails_long_before_the_time_is_over(
    shell: Shell, lines_of: Lines, command: str, detail: str
) -> None:
    result = shell.run(command, timeout_s=LONG_S)
    assert (result.outcome, result.detail) == (Outcome.WAITS_FOR_INPUT, detail)
    assert result.elapsed_s < LONG_S / 4
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_a_shell_inside_script_is_seen_through(shell: Shell, lines_of: Lines) -> None:
    assert shell.run("script --quiet /dev/null", timeout_s=LONG_S).outcome is Outcome.PASSED
    result = shell.run("cat", timeout_s=LONG_S)
    assert result.outcome is Outcome.WAITS_FOR_INPUT
    assert result.detail == "waits for input: (it shows no prompt) (`cat` reads the terminal)"
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_a_program_that_thinks_quietly_is_left_alone(shell: Shell, lines_of: Lines) -> None:
    result = shell.run("sleep 0.7; echo done", timeout_s=LONG_S)
    assert (result.outcome, lines_of(result)) == (Outcome.PASSED, ["done"])


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("python3 -c 'import time; time.sleep(9)' $(seq 90000)", "time.sleep(9) 1 2 3"),
        ("eval \"$(printf 'sleep 9.%0600d | ' {1..300}) :\"", "`sleep 9.000"),
    ],
)
def test_commands_may_be_long_and_processes_many(
    shell: Shell, lines_of: Lines, command: str, shown: str
) -> None:
    result = shell.run(command, timeout_s=1.5)
    assert (result.outcome, shown in result.detail) == (Outcome.TIMED_OUT, True), result.detail
    assert len(result.detail) < 20000
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_one_that_polls_the_terminal_is_named_at_its_timeout(shell: Shell) -> None:
    result = shell.run("vi /tmp/file", timeout_s=0.7)
    assert result.outcome is Outcome.TIMED_OUT
    assert result.detail == "not done after 0.7 s: `vi /tmp/file` polls, maybe the terminal"


@pytest.mark.parametrize("command", ["echo 'open", "cat <<END", "for i in 1 2; do", "echo a \\"])
def test_an_incomplete_command_is_a_step_boundary(shell: Shell, lines_of: Lines, command: str) -> None:
    result = shell.run(command, timeout_s=LONG_S)
    assert result.outcome is Outcome.STEP_BOUNDARY
    assert result.detail == "the shell waits for the rest of the command"
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_two_commands_in_one_step_are_a_step_boundary(shell: Shell) -> None:
    result = shell.run("echo one\necho two", timeout_s=LONG_S)
    assert (result.outcome, result.detail) == (Outcome.STEP_BOUNDARY, "the shell ran more than one command")


def test_two_commands_typed_line_by_line_are_a_step_boundary(shell: Shell) -> None:
    shell.run("set +o emacs", timeout_s=LONG_S)
    result = shell.run("echo one\necho two", timeout_s=LONG_S)
    assert (result.outcome, result.detail) == (Outcome.STEP_BOUNDARY, "the shell ran more than one command")


def test_nothing_to_run_is_a_step_boundary(shell: Shell) -> None:
    result = shell.run("# only a comment", timeout_s=LONG_S)
    assert (result.outcome, result.detail) == (Outcome.STEP_BOUNDARY, "the shell ran nothing: no command")


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("sh", "`sh` at `$`"),
        ("bash --norc", "`bash --norc` at `bash-5.2$`"),
        ("python3", "`python3` at `>>>`"),
    ],
)
def test_a_shell_without_marks_is_lost_at_once(
    shell: Shell, lines_of: Lines, command: str, left: str
) -> None:
    result = shell.run(command, timeout_s=LONG_S)
    assert result.outcome is Outcome.SHELL_LOST
    assert result.detail == f"the shell's marks are lost: `{command}` left {left}"
    assert result.elapsed_s < LONG_S / 4
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_a_reader_who_removes_the_marks_is_told(shell: Shell) -> None:
    result = shell.run("unset PROMPT_COMMAND", timeout_s=LONG_S)
    assert result.outcome is Outcome.SHELL_LOST
    assert (
        result.detail
        == "the shell's marks are lost: `unset PROMPT_COMMAND` left `-bash` at `reader@login1:~$`"
    )


@pytest.mark.parametrize(
    ("command", "ended", "status"),
    [
        ("exit 4", "with exit status 4", 4),
        ("sleep 99 & exit 5", "with exit status 5", 5),
        ("kill -9 $$", "by signal 9", -9),
        ("exec sh -c 'exit 7'", "with exit status 7", 7),
    ],
)
def test_a_shell_that_ends_is_lost(shell: Shell, command: str, ended: str, status: int) -> None:
    result = shell.run(command, timeout_s=LONG_S)
    assert (result.outcome, result.exit_status) == (Outcome.SHELL_LOST, status)
    assert result.detail == f"`{command}` ended the shell {ended}"
    again = shell.run("echo after", timeout_s=LONG_S)
    assert (again.outcome, again.detail) == (Outcome.SHELL_LOST, "the shell of this session is gone")


def test_set_e_ends_the_shell_as_it_does_for_readers(shell: Shell) -> None:
    shell.run("set -e", timeout_s=LONG_S)
    result = shell.run("false", timeout_s=LONG_S)
    assert (result.outcome, result.exit_status) == (Outcome.SHELL_LOST, 1)
    assert result.detail == "`false` ended the shell with exit status 1: `set -e` is on"
