"""Waiting: what quiet terminals mean."""

from __future__ import annotations

import os

import pytest

from docwalk.backend import ForegroundProcess
from docwalk.dialects import DIALECTS
from docwalk.driver.waiting import Waiting, describe_end, describe_processes, is_raw, judge_waiting
from docwalk.results import Outcome


def process(
    command: str, *, reads: bool = False, waits_in: str = "", is_shell: bool = False
) -> ForegroundProcess:
    return ForegroundProcess(
        pid=7, command=command, reads_terminal=reads, waits_in=waits_in, is_shell=is_shell
    )


def judge(
    process: ForegroundProcess,
    *,
    is_raw: bool,
    shown: str,
    command: str,
    name: str = "bash",
    has_started: bool = True,
) -> tuple[Outcome, str] | None:
    return judge_waiting(
        Waiting(
            processes=[process],
            is_raw=is_raw,
            shown=shown,
            command=command,
            dialect=DIALECTS[name],
            pid=99,
            has_started=has_started,
        )
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
    assert judge(quiet, is_raw=False, shown="", command="x") is None


def test_a_program_that_polls_a_raw_terminal_is_left_alone() -> None:
    polling = process("ssh node", waits_in="do_select")
    assert judge(polling, is_raw=True, shown="$", command="ssh node") is None


@pytest.mark.parametrize("command", ["cat", "bash install.sh", "python3 ask.py", "sh -c 'read x'"])
def test_a_program_that_reads_waits_for_input(command: str) -> None:
    assert judge(process(command, reads=True), is_raw=False, shown="Name?", command=command) == (
        Outcome.WAITS_FOR_INPUT,
        f"waits for input: Name? (`{command}` reads the terminal)",
    )


def test_a_program_that_reads_without_a_prompt_is_named_all_the_same() -> None:
    assert judge(process("cat", reads=True), is_raw=False, shown="", command="cat") == (
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
    assert judge(left, is_raw=raw, shown="$", command="enter it\nnow") == (
        Outcome.SHELL_LOST,
        f"the shell's marks are lost: `enter it …` left `{left.command}` at `$`",
    )


def test_the_sessions_own_shell_waits_for_input_where_its_read_does() -> None:
    own = process("-bash", reads=True, is_shell=True)
    judged = judge(own, is_raw=False, shown="Name?", command="read x")
    assert judged is not None
    assert judged[0] is Outcome.WAITS_FOR_INPUT


@pytest.mark.parametrize(
    ("shell", "command", "outcome"),
    [
        ("zsh", "read -k answer", Outcome.WAITS_FOR_INPUT),
        ("zsh", "precmd_functions=()", Outcome.SHELL_LOST),
        ("fish", "read answer", Outcome.WAITS_FOR_INPUT),
        ("dash", "read answer", Outcome.WAITS_FOR_INPUT),
        ("dash", "PS1='$ '", Outcome.SHELL_LOST),
    ],
)
def test_shells_that_wait_alike_are_told_apart_by_what_was_typed(
    shell: str, command: str, outcome: Outcome
) -> None:
    own = process(f"-{shell}", reads=True, is_shell=True)
    judged = judge(own, is_raw=True, shown="?", command=command, name=shell)
    assert judged is not None
    assert judged[0] is outcome


def test_a_nested_shell_is_known_by_its_number() -> None:
    nested = ForegroundProcess(pid=99, command="zsh", reads_terminal=True, waits_in="", is_shell=False)
    judged = judge(nested, is_raw=True, shown="?", command="read x", name="zsh")
    assert judged is not None
    assert judged[0] is Outcome.WAITS_FOR_INPUT


def test_an_editor_that_took_nothing_waits_for_the_rest() -> None:
    own = process("fish --login", waits_in="do_poll", is_shell=True)
    assert judge(own, is_raw=True, shown="", command="echo 'a", name="fish", has_started=False) == (
        Outcome.STEP_BOUNDARY,
        "the shell waits for the rest of the command",
    )


@pytest.mark.parametrize(
    ("status", "strict", "words"),
    [
        (None, False, "ended the shell"),
        (0, True, "ended the shell with exit status 0"),
        (1, False, "ended the shell with exit status 1"),
        (1, True, "ended the shell with exit status 1: `set -e` is on"),
        (-9, True, "ended the shell by signal 9"),
    ],
)
def test_the_end_of_a_shell_is_told_in_words(status: int | None, words: str, *, strict: bool) -> None:
    assert describe_end("a\nb", status, is_strict=strict) == f"`a …` {words}"


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
