"""Conformance: every shell, one table; the differences between shells are in the table, not here."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docwalk.dialects import SHELLS
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.driver.command_result import CommandResult
    from docwalk.driver.shell import Shell

    Lines = Callable[[CommandResult], list[str]]
    OpenShell = Callable[..., Shell]

pytestmark = pytest.mark.container

LONG_S = 60.0
TABLE: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("shells.toml").read_text("utf-8")
)
NAMES = sorted(set(SHELLS) - {"sh"})
GOES_ON = {"step-boundary", "waits-for-input"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", TABLE)
def test_one_command(open_shell: OpenShell, lines_of: Lines, name: str, what: str) -> None:
    case = TABLE[what].get(name) or TABLE[what]["any"]
    result = open_shell(name).run(case["command"], timeout_s=LONG_S)
    expected_status = case.get("status", None if "outcome" in case else 0)
    assert (result.outcome.value, result.detail, result.exit_status) == (
        case.get("outcome", "passed"),
        case.get("detail", "").format(shell=name),
        expected_status,
    )
    assert "lines" not in case or lines_of(result) == case["lines"]


@pytest.mark.parametrize("name", NAMES)
def test_after_a_failure_the_shell_goes_on(open_shell: OpenShell, lines_of: Lines, name: str) -> None:
    shell = open_shell(name)
    failing = [each for each in TABLE.values() if (each.get(name) or each["any"]).get("outcome") in GOES_ON]
    for case in failing:
        shell.run((case.get(name) or case["any"])["command"], timeout_s=LONG_S)
        after = shell.run("echo after; sh -c 'exit 3'", timeout_s=LONG_S)
        assert (lines_of(after), after.exit_status) == (["after"], 3), case
    timed_out = shell.run("sleep 100", timeout_s=0.4)
    assert timed_out.detail == "not done after 0.4 s: `sleep 100` sleeps"
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


@pytest.mark.parametrize("name", NAMES)
def test_statuses_and_outputs_stay_in_step(open_shell: OpenShell, lines_of: Lines, name: str) -> None:
    shell = open_shell(name)
    results = [shell.run(f"echo {n}; sh -c 'exit {n}'", timeout_s=LONG_S) for n in range(50)]
    assert [(lines_of(each), each.exit_status) for each in results] == [([str(n)], n) for n in range(50)]


@pytest.mark.parametrize("name", NAMES)
def test_the_status_is_the_readers(open_shell: OpenShell, lines_of: Lines, name: str) -> None:
    shell = open_shell(name)
    shell.run("sh -c 'exit 9'", timeout_s=LONG_S)
    variable = {"tcsh": "$status", "fish": "$status"}.get(name, "$?")
    assert lines_of(shell.run(f"echo {variable}", timeout_s=LONG_S)) == ["9"]


@pytest.mark.parametrize("name", NAMES)
def test_a_command_longer_than_a_terminal_line_is_run_whole(
    open_shell: OpenShell, lines_of: Lines, name: str
) -> None:
    result = open_shell(name).run(f"echo {'x' * 9990} | wc -c; sh -c 'exit 7'", timeout_s=LONG_S)
    assert (lines_of(result), result.exit_status) == (["9991"], 7)


@pytest.mark.parametrize("name", NAMES)
def test_noise_does_not_lose_the_place(open_shell: OpenShell, lines_of: Lines, name: str) -> None:
    shell = open_shell(name)
    result = shell.run("head -c 300000 /dev/urandom", timeout_s=LONG_S)
    assert (result.outcome, result.exit_status) == (Outcome.PASSED, 0)
    assert lines_of(shell.run("echo still here", timeout_s=LONG_S)) == ["still here"]


@pytest.mark.parametrize("name", sorted({"bash", "zsh", "tcsh"}))
def test_history_expansion_shows_what_it_became(open_shell: OpenShell, lines_of: Lines, name: str) -> None:
    shell = open_shell(name)
    shell.run("echo again", timeout_s=LONG_S)
    result = shell.run("!!", timeout_s=LONG_S)
    assert (result.outcome, lines_of(result)) == (Outcome.PASSED, ["echo again", "again"])


INNER = ["bash", "zsh", "tcsh", "fish", "env -i TERM=xterm bash", "bash -l", "script -q /tmp/typescript"]


@pytest.mark.parametrize("name", sorted({"bash", "zsh", "tcsh", "fish"}))
@pytest.mark.parametrize("inner", INNER)
def test_nested_shells_tell_exact_statuses(
    open_shell: OpenShell, lines_of: Lines, name: str, inner: str
) -> None:
    shell = open_shell(name)
    entered = shell.run(inner, timeout_s=LONG_S)
    assert (entered.outcome, entered.exit_status) == (Outcome.PASSED, None)
    within = shell.run("echo one \\\n  two; sh -c 'exit 5'", timeout_s=LONG_S)
    assert (within.outcome, lines_of(within), within.exit_status) == (Outcome.PASSED, ["one two"], 5)
    left = shell.run("exit 6", timeout_s=LONG_S)
    assert (left.outcome, left.exit_status) == (Outcome.PASSED, 0 if inner.startswith("script") else 6)
    after = shell.run("echo after; sh -c 'exit 3'", timeout_s=LONG_S)
    assert (lines_of(after), after.exit_status) == (["after"], 3)


@pytest.mark.parametrize("name", ["bash", "zsh", "tcsh", "fish"])
@pytest.mark.parametrize("inner", ["bash", "zsh", "tcsh", "fish"])
def test_a_shell_that_takes_the_place_of_another_goes_on(
    open_shell: OpenShell, lines_of: Lines, name: str, inner: str
) -> None:
    shell = open_shell(name)
    entered = shell.run(f"exec {inner}", timeout_s=LONG_S)
    assert (entered.outcome, entered.detail, entered.exit_status) == (Outcome.PASSED, "", None)
    within = shell.run("echo within; sh -c 'exit 5'", timeout_s=LONG_S)
    assert (lines_of(within), within.exit_status) == (["within"], 5)


@pytest.mark.parametrize("name", ["bash", "zsh", "dash"])
def test_set_e_ends_the_shell_as_it_does_for_readers(open_shell: OpenShell, name: str) -> None:
    shell = open_shell(name)
    shell.run("set -e", timeout_s=LONG_S)
    result = shell.run("false", timeout_s=LONG_S)
    assert (result.outcome, result.exit_status) == (Outcome.SHELL_LOST, 1)
    assert result.detail == "`false` ended the shell with exit status 1: `set -e` is on"


@pytest.mark.parametrize(
    ("name", "command", "left"),
    [
        ("bash", "unset PROMPT_COMMAND", "`-bash` at `reader@login1:~$`"),
        ("zsh", "precmd_functions=()", "`-zsh` at `login1%`"),
        ("tcsh", "unalias precmd", "`-tcsh` at `login1:~>`"),
        ("dash", "PS1='$ '", "`-dash` at `$`"),
    ],
)
def test_a_reader_who_removes_the_marks_is_told(
    open_shell: OpenShell, name: str, command: str, left: str
) -> None:
    result = open_shell(name).run(command, timeout_s=LONG_S)
    assert result.detail == f"the shell's marks are lost: `{command}` left {left}"
    assert result.outcome is Outcome.SHELL_LOST


@pytest.mark.parametrize("command", ["unset PS0", "PS0=; PS2=", "exec 2>/dev/null"])
def test_what_a_reader_does_to_other_prompts_loses_nothing(
    open_shell: OpenShell, lines_of: Lines, command: str
) -> None:
    shell = open_shell("bash")
    shell.run(command, timeout_s=LONG_S)
    result = shell.run("for i in 1 2; do\n  echo $i\ndone; (exit 3)", timeout_s=LONG_S)
    assert (result.detail, lines_of(result), result.exit_status) == ("", ["1", "2"], 3)
    result = shell.run("echo 4", timeout_s=LONG_S)
    assert (result.detail, lines_of(result), result.exit_status) == ("", ["4"], 0)


@pytest.mark.parametrize(
    ("name", "notice"),
    [
        ("bash", "[1]+  Done                    sleep 0.1"),
        ("tcsh", "[1]  + Done                          sleep 0.1"),
        ("dash", "[1] + Done                       sleep 0.1"),
    ],
)
def test_a_job_that_ended_is_told_after_the_next_command(
    open_shell: OpenShell, lines_of: Lines, name: str, notice: str
) -> None:
    shell = open_shell(name)
    shell.run("sleep 0.1 &", timeout_s=LONG_S)
    result = shell.run("sh -c 'sleep 0.3; echo after; exit 3'", timeout_s=LONG_S)
    assert (lines_of(result), result.exit_status) == (["after", notice], 3)
    assert lines_of(shell.run("echo quiet", timeout_s=LONG_S)) == ["quiet"]


@pytest.mark.parametrize(
    ("name", "trace"), [("bash", "+ echo traced"), ("zsh", "+-zsh:2> echo traced"), ("dash", "+ echo traced")]
)
def test_a_trace_shows_the_readers_commands_only(
    open_shell: OpenShell, lines_of: Lines, name: str, trace: str
) -> None:
    shell = open_shell(name)
    assert lines_of(shell.run("set -x", timeout_s=LONG_S)) == []
    assert lines_of(shell.run("echo traced", timeout_s=LONG_S)) == [trace, "traced"]
