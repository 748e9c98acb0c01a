"""Conformance: answers to questions, keys for full-screen programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.options import Answer, KeyGroup
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.driver.command_result import CommandResult
    from docwalk.driver.shell import Shell

    Lines = Callable[[CommandResult], list[str]]

pytestmark = pytest.mark.container

LONG_S = 60.0


def test_questions_are_answered_in_order(shell: Shell, lines_of: Lines) -> None:
    result = shell.run(
        "read -p 'First? ' a; read -p 'Last? ' b; echo \"$b, $a\"",
        timeout_s=LONG_S,
        answers=(Answer(prompt="First? ", text="Ada"), Answer(prompt="Last? ", text="Lovelace")),
    )
    assert result.outcome is Outcome.PASSED
    assert lines_of(result) == ["First? Ada", "Last? Lovelace", "Lovelace, Ada"]


def test_a_password_is_not_shown(shell: Shell, lines_of: Lines) -> None:
    result = shell.run(
        "python3 -c 'import getpass; print(len(getpass.getpass()))'",
        timeout_s=LONG_S,
        answers=(Answer(prompt="Password:", text="secret"),),
    )
    assert lines_of(result) == ["Password:", "6"]


def test_a_coloured_prompt_is_found(shell: Shell, lines_of: Lines) -> None:
    result = shell.run(
        r"printf 'Go \033[1mon\033[0m? '; read x; echo $x",
        timeout_s=LONG_S,
        answers=(Answer(prompt="Go on? ", text="y"),),
    )
    assert lines_of(result) == ["Go on? y", "y"]


def test_an_answer_that_is_never_asked_for_is_a_mismatch(shell: Shell) -> None:
    result = shell.run("echo hi", timeout_s=LONG_S, answers=(Answer(prompt="Sure? ", text="y"),))
    assert (result.outcome, result.detail) == (Outcome.MISMATCH, "it never asked `Sure? `")


def test_another_question_than_the_answered_one_waits(shell: Shell) -> None:
    result = shell.run("read -p 'Really? ' x", timeout_s=LONG_S, answers=(Answer(prompt="Sure? ", text="y"),))
    assert result.outcome is Outcome.WAITS_FOR_INPUT
    assert result.detail == ("waits for input: Really? (`-bash` reads the terminal); it never asked `Sure? `")


def test_a_pager_is_quit_and_its_screen_kept(shell: Shell, lines_of: Lines) -> None:
    result = shell.run("man bash", timeout_s=LONG_S, keys=(KeyGroup(keys=("q",)),))
    assert result.outcome is Outcome.PASSED
    shown = lines_of(result)
    assert shown[0].startswith("BASH(1) ")
    assert "NAME" in shown
    assert len(shown) <= 24


def test_keys_wait_for_their_text(shell: Shell, lines_of: Lines) -> None:
    shell.run("seq 1000 > /tmp/numbers", timeout_s=LONG_S)
    result = shell.run(
        "less /tmp/numbers",
        timeout_s=LONG_S,
        keys=(KeyGroup(keys=("G",)), KeyGroup(keys=("q",), until="(END)")),
    )
    assert result.outcome is Outcome.PASSED
    assert lines_of(result)[:23][-1] == "1000"


def test_keys_for_a_text_that_never_comes_wait_for_input(shell: Shell) -> None:
    result = shell.run(
        "less /etc/passwd", timeout_s=LONG_S, keys=(KeyGroup(keys=("q",), until="no such text"),)
    )
    assert result.outcome is Outcome.WAITS_FOR_INPUT
    assert result.detail.endswith("it ended before the keys `q` were pressed")


def test_an_editor_takes_text_and_named_keys(shell: Shell, lines_of: Lines) -> None:
    keys = (
        KeyGroup(keys=("a", "b", "<Left>", "c", "<C-o>")),
        KeyGroup(keys=("<Enter>",), until="File Name to Write"),
        KeyGroup(keys=("<C-x>",), until="Wrote 1 line"),
    )
    assert shell.run("nano /tmp/edited", timeout_s=LONG_S, keys=keys).outcome is Outcome.PASSED
    assert lines_of(shell.run("cat /tmp/edited", timeout_s=LONG_S)) == ["acb"]


def test_keys_that_are_left_over_are_a_mismatch(shell: Shell) -> None:
    result = shell.run("true", timeout_s=LONG_S, keys=(KeyGroup(keys=("q",)),))
    assert (result.outcome, result.detail) == (Outcome.MISMATCH, "it ended before the keys `q` were pressed")


ASK_TERMINAL = """python3 -c '
import os, select, termios, tty
before = termios.tcgetattr(0)
{mode}
os.write(1, b"ab{query}")
got = os.read(0, 100) if select.select([0], [], [], {wait})[0] else b"nothing"
termios.tcsetattr(0, termios.TCSAFLUSH, before)
print(got)
'"""


@pytest.mark.parametrize(
    ("query", "answer"), [(r"\033[c", r"abb'\x1b[?62;c'"), (r"\033[6n", r"abb'\x1b[1;3R'")]
)
def test_a_program_that_asks_about_its_terminal_is_answered(
    shell: Shell, lines_of: Lines, query: str, answer: str
) -> None:
    command = ASK_TERMINAL.format(mode="tty.setcbreak(0)", query=query, wait=10)
    asked = shell.run(command, timeout_s=LONG_S)
    assert lines_of(asked) == [answer]
    assert asked.elapsed_s < 9


def test_the_same_question_in_plain_output_is_not_answered(shell: Shell, lines_of: Lines) -> None:
    command = ASK_TERMINAL.format(mode="", query=r"\033[c", wait=0.2)
    assert lines_of(shell.run(command, timeout_s=LONG_S)) == ["abb'nothing'"]
    assert lines_of(shell.run("echo after", timeout_s=LONG_S)) == ["after"]


def test_a_password_is_a_secret_and_its_line_is_known(shell: Shell) -> None:
    result = shell.run(
        "echo before; read -rsp 'Password: ' word; echo; echo \"got $word\"",
        timeout_s=LONG_S,
        answers=(Answer(prompt="Password: ", text="correct horse"),),
    )
    assert result.secrets == ("correct horse",)
    assert [(line.text, line.is_typed_unseen) for line in result.lines] == [
        ("before", False),
        ("Password:", True),
        ("got correct horse", False),
    ]


def test_an_answer_that_is_shown_is_no_secret(shell: Shell) -> None:
    result = shell.run(
        "read -rp 'Name? ' name", timeout_s=LONG_S, answers=(Answer(prompt="Name? ", text="Ada"),)
    )
    assert (result.secrets, [line.is_typed_unseen for line in result.lines]) == ((), [False])


def test_keys_that_the_terminal_does_not_show_are_secrets(shell: Shell) -> None:
    result = shell.run(
        "read -rsp 'Password: ' word; echo; read -rp 'Sure? ' answer",
        timeout_s=LONG_S,
        keys=(KeyGroup(keys=(*"horse", "<Enter>")), KeyGroup(keys=(*"yes, I am", "<Enter>"))),
    )
    assert result.secrets == ("horse",)
    assert [line.is_typed_unseen for line in result.lines] == [True, False]


def test_control_d_ends_input(shell: Shell, lines_of: Lines) -> None:
    result = shell.run(
        "wc -l", timeout_s=LONG_S, keys=(KeyGroup(keys=("a", "<Enter>")), KeyGroup(keys=("<C-d>",)))
    )
    assert (result.outcome, lines_of(result), result.exit_status) == (Outcome.PASSED, ["a", "1"], 0)


@pytest.mark.parametrize(("command", "until"), [("sleep 60", None), ("echo on; exec sleep 60", "on")])
def test_control_c_interrupts_what_reads_nothing(
    shell: Shell, lines_of: Lines, command: str, until: str | None
) -> None:
    keys = (KeyGroup(keys=("<C-c>",), until=until),)
    result = shell.run(f"sh -c '{command}'", timeout_s=LONG_S, keys=keys)
    assert (result.outcome, result.exit_status, lines_of(result)[-1]) == (Outcome.PASSED, 130, "^C")
    assert result.elapsed_s < 10


def test_control_z_stops_what_reads_nothing(shell: Shell, lines_of: Lines) -> None:
    stopped = shell.run("sleep 60", timeout_s=LONG_S, keys=(KeyGroup(keys=("<C-z>",)),))
    assert (stopped.outcome, stopped.exit_status) == (Outcome.PASSED, 148)
    resumed = shell.run("fg", timeout_s=LONG_S, keys=(KeyGroup(keys=("<C-c>",)),))
    assert (resumed.outcome, lines_of(resumed)) == (Outcome.PASSED, ["sleep 60", "^C"])


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (KeyGroup(keys=("q",)), "the keys `q` still wait for something to read the terminal"),
        (KeyGroup(keys=("<C-c>",), until="on"), "the keys `<C-c>` still wait for quiet and `on` to be shown"),
    ],
)
def test_keys_that_nothing_takes_are_named_when_time_is_over(
    shell: Shell, group: KeyGroup, said: str
) -> None:
    result = shell.run("sleep 60", timeout_s=1.5, keys=(group,))
    assert (result.outcome, result.detail) == (
        Outcome.TIMED_OUT,
        f"not done after 1.5 s: `sleep 60` sleeps; {said}",
    )


def test_control_c_interrupts(shell: Shell, lines_of: Lines) -> None:
    result = shell.run("cat", timeout_s=LONG_S, keys=(KeyGroup(keys=("<C-c>",)),))
    assert (result.outcome, lines_of(result), result.exit_status) == (Outcome.PASSED, ["^C"], 130)


def test_a_program_is_stopped_and_brought_back(shell: Shell, lines_of: Lines) -> None:
    stopped = shell.run("cat", timeout_s=LONG_S, keys=(KeyGroup(keys=("<C-z>",)),))
    assert (stopped.outcome, stopped.exit_status) == (Outcome.PASSED, 148)
    assert [line for line in lines_of(stopped) if line] == [
        "^Z",
        "[1]+  Stopped                 cat",
    ]
    back = shell.run("fg", timeout_s=LONG_S, keys=(KeyGroup(keys=("<C-d>",)),))
    assert (back.outcome, lines_of(back), back.exit_status) == (Outcome.PASSED, ["cat"], 0)


def test_vi_is_opened_typed_in_saved_and_quit(shell: Shell, lines_of: Lines) -> None:
    keys = (
        KeyGroup(keys=("i", *"hello", "<Esc>"), until="~"),
        KeyGroup(keys=(":", "w", "q", "<Enter>"), until="hello"),
    )
    result = shell.run("vi /tmp/note", timeout_s=LONG_S, keys=keys)
    assert result.outcome is Outcome.PASSED
    shown = lines_of(result)
    assert (shown[0], shown[1], shown[-1]) == ("hello", "~", '"/tmp/note" [New File] 1 line, 6 bytes written')
    assert lines_of(shell.run("cat /tmp/note", timeout_s=LONG_S)) == ["hello"]


def test_a_progress_bar_is_seen_as_it_ends(shell: Shell, lines_of: Lines) -> None:
    bar = r"for i in 10 50 100; do printf '\r%3d%% |%-10s|' $i $(seq -s '' $((i / 10)) | tr 0-9 '#'); done"
    assert lines_of(shell.run(bar, timeout_s=LONG_S)) == ["100% |###########|"]


def test_what_stays_on_the_terminal_follows_the_picture_of_a_program(shell: Shell, lines_of: Lines) -> None:
    drawn = r"echo before; printf '\033[?1049h\033[Hpicture\033[?1049l'; echo after"
    assert lines_of(shell.run(drawn, timeout_s=LONG_S)) == ["picture", "before", "after"]
