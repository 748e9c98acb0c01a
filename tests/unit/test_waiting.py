"""Waiting: what quiet terminals mean."""

from __future__ import annotations

import os

import pytest

from docwalk.backend import ForegroundProcess
from docwalk.results import Outcome
from docwalk.waiting import describe_processes, is_raw, judge_waiting


def process(
    command: str, *, reads: bool = False, waits_in: str = "", is_shell: bool = False
) -> ForegroundProcess:
    return ForegroundProcess(
        pid=7, command=command, reads_terminal=reads, waits_in=waits_in, is_shell=is_shell
    )


@pytest.mark.parametrize(
    "quiet",
    [
        process("sleep 9", waits_in="hrtimer_nanosleep"),
        process("make"),
        process("pip install x", waits_in="poll_schedule_timeout.constprop.0"),
        process("bash job.sh", waits_in="do_wait"),
    ],
)
def test_a_process_that_does_something_else_is_left_alone(quiet: ForegroundProcess) -> None:
    assert judge_waiting([quiet], is_raw=False, shown="", command="x") is None


def test_a_program_that_polls_a_raw_terminal_is_left_alone() -> None:
    polling = process("ssh node", waits_in="do_select")
    assert judge_waiting([polling], is_raw=True, shown="$", command="ssh node") is None


@pytest.mark.parametrize("command", ["cat", "bash install.sh", "python3 ask.py", "sh -c 'read x'"])
def test_a_program_that_reads_waits_for_input(command: str) -> None:
    assert judge_waiting([process(command, reads=True)], is_raw=False, shown="Name?", command=command) == (
        Outcome.WAITS_FOR_INPUT,
        f"waits for input: Name? (`{command}` reads the terminal)",
    )


def test_a_program_that_reads_without_a_prompt_is_named_all_the_same() -> None:
    assert judge_waiting([process("cat", reads=True)], is_raw=False, shown="", command="cat") == (
        Outcome.WAITS_FOR_INPUT,
        "waits for input: (it shows no prompt) (`cat` reads the terminal)",
    )


@pytest.mark.parametrize(
    ("left", "raw"),
    [
        (process("sh", reads=True), False),
        (process("bash --norc", waits_in="do_select"), True),
        (process("/usr/bin/python3.11 -q", waits_in="do_select"), True),
        (process("-bash", waits_in="do_select", is_shell=True), True),
    ],
)
def test_a_shell_at_a_prompt_without_marks_is_lost(left: ForegroundProcess, *, raw: bool) -> None:
    assert judge_waiting([left], is_raw=raw, shown="$", command="enter it\nnow") == (
        Outcome.SHELL_LOST,
        f"the shell's marks are lost: `enter it …` left `{left.command}` at `$`",
    )


def test_the_sessions_own_shell_waits_for_input_where_its_read_does() -> None:
    own = process("-bash", reads=True, is_shell=True)
    judged = judge_waiting([own], is_raw=False, shown="Name?", command="read x")
    assert judged is not None
    assert judged[0] is Outcome.WAITS_FOR_INPUT


def test_processes_are_described_by_what_they_wait_in() -> None:
    assert describe_processes(()) == "nothing runs in the foreground"
    described = describe_processes(
        [
            process("a", reads=True),
            process("b", waits_in="do_select"),
            process("c", waits_in="hrtimer_nanosleep"),
            process("d", waits_in="do_wait"),
            process("e"),
        ]
    )
    assert described == (
        "`a` reads the terminal, `b` polls, maybe the terminal, `c` sleeps, "
        "`d` waits in do_wait, `e` computes"
    )


def test_a_descriptor_that_is_no_terminal_is_not_raw() -> None:
    descriptor = os.memfd_create("nothing")
    assert not is_raw(descriptor)
    os.close(descriptor)
