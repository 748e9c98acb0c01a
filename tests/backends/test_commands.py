"""Conformance: what a backend's shells say about commands that end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.driver.command_result import CommandResult
    from docwalk.driver.shell import Shell

    Lines = Callable[[CommandResult], list[str]]

pytestmark = pytest.mark.container

LONG_S = 60.0


@pytest.mark.parametrize(
    ("command", "lines", "status"),
    [
        ("echo hello", ["hello"], 0),
        ("false", [], 1),
        ("sh -c 'exit 42'", [], 42),
        ("(exit 255)", [], 255),
        ("no-such-command", ["-bash: no-such-command: command not found"], 127),
        ("kill -9 $BASHPID | true; sh -c 'kill -9 $$'", ["Killed"], 137),
        ("printf abc", ["abc"], 0),
        ("printf 'a\\n\\n'", ["a", ""], 0),
        ("true", [], 0),
        ("echo grüße 日本 🙂", ["grüße 日本 🙂"], 0),
        ("cat <<END\none\n  two\n$((1 + 2))\nEND", ["one", "  two", "3"], 0),
        ("for i in 1 2; do\n  echo $i\ndone", ["1", "2"], 0),
        ("echo 'a\nb'", ["a", "b"], 0),
        ("echo one \\\n  two", ["one two"], 0),
        ("echo 'a\tb'", ["a       b"], 0),
        ("echo err >&2", ["err"], 0),
        ("printf 'a\\rb\\n'", ["b"], 0),
        ("echo )", ["-bash: syntax error near unexpected token `)'"], 2),
        ("echo hi # a comment", ["hi"], 0),
        ("test -t 0 && test -t 1 && tty | grep -c /dev/pts/", ["1"], 0),
        ("echo $TERM $LANG $TZ $LINES $COLUMNS", ["xterm-256color C.UTF-8 UTC 24 100"], 0),
    ],
)
def test_text_and_status(shell: Shell, lines_of: Lines, command: str, lines: list[str], status: int) -> None:
    result = shell.run(command, timeout_s=LONG_S)
    assert (result.outcome, lines_of(result), result.exit_status) == (Outcome.PASSED, lines, status)


def test_state_is_kept_between_commands(shell: Shell, lines_of: Lines) -> None:
    shell.run("cd /usr/lib", timeout_s=LONG_S)
    shell.run("GREETING='hello you'; export GREETING", timeout_s=LONG_S)
    shell.run('greet() { echo "$GREETING from $PWD"; }', timeout_s=LONG_S)
    assert lines_of(shell.run("greet", timeout_s=LONG_S)) == ["hello you from /usr/lib"]


def test_status_and_last_argument_are_the_readers(shell: Shell, lines_of: Lines) -> None:
    shell.run("false", timeout_s=LONG_S)
    assert lines_of(shell.run("echo $?", timeout_s=LONG_S)) == ["1"]
    shell.run("false | sh -c 'exit 3'", timeout_s=LONG_S)
    assert lines_of(shell.run('echo "${PIPESTATUS[@]}"', timeout_s=LONG_S)) == ["1 3"]
    shell.run("true first last", timeout_s=LONG_S)
    assert lines_of(shell.run('echo "$_"', timeout_s=LONG_S)) == ["last"]


def test_a_hundred_commands_stay_in_step(shell: Shell, lines_of: Lines) -> None:
    results = [shell.run(f"echo {n}; (exit {n})", timeout_s=LONG_S) for n in range(100)]
    assert [(lines_of(each), each.exit_status) for each in results] == [([str(n)], n) for n in range(100)]


def test_200_000_lines_are_complete(shell: Shell, lines_of: Lines) -> None:
    lines = lines_of(shell.run("seq 200000", timeout_s=LONG_S))
    assert (len(lines), lines[0], lines[-1]) == (200_000, "1", "200000")


def test_a_line_of_a_megabyte_is_one_line(shell: Shell, lines_of: Lines) -> None:
    result = shell.run("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo end", timeout_s=LONG_S)
    assert [len(line) for line in lines_of(result)] == [1_000_000, 3]


def test_noise_does_not_lose_the_place(shell: Shell, lines_of: Lines) -> None:
    result = shell.run("head -c 300000 /dev/urandom", timeout_s=LONG_S)
    assert (result.outcome, result.exit_status) == (Outcome.PASSED, 0)
    assert lines_of(shell.run("echo still here", timeout_s=LONG_S)) == ["still here"]


def test_bytes_that_are_no_utf8_are_replaced(shell: Shell, lines_of: Lines) -> None:
    assert lines_of(shell.run(r"printf 'a\377b\n'", timeout_s=LONG_S)) == ["a\ufffdb"]


def test_a_command_longer_than_a_terminal_line_is_run_whole(shell: Shell, lines_of: Lines) -> None:
    result = shell.run(f"echo {'x' * 5000} | wc -c; (exit 7)", timeout_s=LONG_S)
    assert (lines_of(result), result.exit_status) == (["5001"], 7)


def test_marks_without_the_nonce_are_output(shell: Shell, lines_of: Lines) -> None:
    fake = r"printf '\033]133;D;5;0123456789abcdef;2\007\033]133;A\007\033[?2004hfake\n'; (exit 3)"
    result = shell.run(fake, timeout_s=LONG_S)
    assert (result.outcome, lines_of(result), result.exit_status) == (Outcome.PASSED, ["fake"], 3)


def test_marks_are_not_in_the_environment(shell: Shell, lines_of: Lines) -> None:
    shell.run("export PS1", timeout_s=LONG_S)
    shown = "\n".join(lines_of(shell.run("env; export -p; declare -F; history 1", timeout_s=LONG_S)))
    assert "HOME=/home/reader" in shown
    assert "133;" not in shown
    assert "docwalk" not in shown


def test_marks_survive_what_readers_do_to_their_prompt(shell: Shell, lines_of: Lines) -> None:
    shell.run("PROMPT_COMMAND='echo -ne \"\\033]0;title\\007\"; true'", timeout_s=LONG_S)
    shell.run("PS1='(venv) $ '", timeout_s=LONG_S)
    result = shell.run("sh -c 'exit 9'", timeout_s=LONG_S)
    assert (lines_of(result), result.exit_status) == ([], 9)


def test_traces_and_traps_show_the_readers_commands_only(shell: Shell, lines_of: Lines) -> None:
    shell.run("set -x", timeout_s=LONG_S)
    assert lines_of(shell.run("echo a", timeout_s=LONG_S)) == ["+ echo a", "a"]
    shell.run("set +x; trap 'echo debug' DEBUG", timeout_s=LONG_S)
    assert lines_of(shell.run("echo b", timeout_s=LONG_S)) == ["debug", "b"]


def test_output_of_the_shell_itself_may_go_elsewhere(shell: Shell, lines_of: Lines) -> None:
    shell.run("exec >/tmp/elsewhere", timeout_s=LONG_S)
    assert lines_of(shell.run("echo hidden", timeout_s=LONG_S)) == []
    shell.run("exec >/dev/tty", timeout_s=LONG_S)
    assert lines_of(shell.run("cat /tmp/elsewhere", timeout_s=LONG_S)) == ["hidden"]


def test_without_line_editor_commands_are_typed_line_by_line(shell: Shell, lines_of: Lines) -> None:
    shell.run("set +o emacs", timeout_s=LONG_S)
    result = shell.run("for i in 1 2; do\n  echo $i\ndone; (exit 4)", timeout_s=LONG_S)
    assert (lines_of(result), result.exit_status) == (["1", "2"], 4)
    assert lines_of(shell.run("cat <<END\nx\n\ty\nEND", timeout_s=LONG_S)) == ["x", "        y"]


def test_nested_shells_tell_exact_statuses(shell: Shell, lines_of: Lines) -> None:
    assert shell.run("bash", timeout_s=LONG_S).exit_status is None
    assert shell.run("(exit 5)", timeout_s=LONG_S).exit_status == 5
    assert lines_of(shell.run("echo $SHLVL", timeout_s=LONG_S)) == ["2"]
    left = shell.run("exit 6", timeout_s=LONG_S)
    assert (left.outcome, lines_of(left), left.exit_status) == (Outcome.PASSED, ["exit"], 6)
    assert lines_of(shell.run("echo $SHLVL", timeout_s=LONG_S)) == ["1"]


def test_a_clean_nested_shell_has_marks_too(shell: Shell) -> None:
    shell.run("env -i TERM=xterm bash", timeout_s=LONG_S)
    assert shell.run("(exit 8)", timeout_s=LONG_S).exit_status == 8


def test_a_shell_that_replaces_itself_goes_on(shell: Shell) -> None:
    assert shell.run("exec bash", timeout_s=LONG_S).exit_status is None
    assert shell.run("(exit 3)", timeout_s=LONG_S).exit_status == 3


def test_a_shell_that_reads_its_start_up_files_again_still_tells_its_status(shell: Shell) -> None:
    assert shell.run(". /etc/profile; (exit 9)", timeout_s=LONG_S).exit_status == 9
    assert shell.run(". /etc/bash.bashrc && (exit 2)", timeout_s=LONG_S).exit_status == 2


def test_background_jobs_do_not_hold_up(shell: Shell) -> None:
    result = shell.run("sleep 5 &", timeout_s=LONG_S)
    assert result.outcome is Outcome.PASSED
    assert result.elapsed_s < 4
