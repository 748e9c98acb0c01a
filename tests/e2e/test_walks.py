"""Tiny tutorials: passing, failing, hanging, ending their shell, interactive, full-screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from docwalk.record_json import result_to_json
from docwalk.run import AfterMismatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.results import StepResult, WalkResult

    Walk = Callable[..., WalkResult]
    Shown = Callable[[WalkResult], list[tuple[str, str]]]
    Text = Callable[[StepResult], str]

pytestmark = pytest.mark.container

PASSED = ("passed", "")

GREETING = """\
# Greeting

```console
$ echo "hello, $USER"
hello, reader
$ cd /tmp
$ false
[exit 1]
```

```bash
for i in 1 2; do
  echo "$i"
done > numbers.txt
# a comment is shown, never sent
test -s numbers.txt
```

```{file} ~/notes/today.txt
one
two
```

```{file} more.txt
beside numbers.txt
```

```console
$ cat ~/notes/today.txt /tmp/more.txt numbers.txt
one
two
beside numbers.txt
1
2
```
"""


def test_a_true_page_passes(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(GREETING)
    assert shown(result) == [PASSED] * 8
    assert result.passed
    assert result.mode == "sandbox/plain"
    assert result.terminal == {
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "100",
        "LINES": "24",
    }


def test_a_page_with_another_output_fails_at_that_step(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(GREETING.replace("hello, reader", "hello, you"))
    first, *others = shown(result)
    assert first[0] == "mismatch"
    assert others == [("not-run", "the step at line 4 failed (mismatch)")] * 7


@pytest.mark.parametrize("command", ["bash", "exec bash"])
def test_a_shell_that_took_over_has_no_status_to_expect(walk_page: Walk, shown: Shown, command: str) -> None:
    result = walk_page(f"```console\n$ {command}\n[exit 3]\n```\n")
    assert shown(result) == [("wrong-status", "a new shell took over, expected 3")]


def test_no_file_is_written_in_a_folder_that_was_removed(walk_page: Walk, shown: Shown) -> None:
    page = "```bash\nmkdir d\ncd d\nrmdir ../d\n```\n\n```{file} notes.txt\none\n```\n"
    *before, last = shown(walk_page(page))
    assert before == [PASSED] * 3
    assert last == ("mismatch", "`notes.txt` cannot be used: No such file or directory")


def test_for_update_the_walk_goes_on_after_a_mismatch(walk_page: Walk, shown: Shown) -> None:
    untrue = GREETING.replace("hello, reader", "hello, you").replace("[exit 1]\n", "")
    result = walk_page(untrue, after_mismatch=AfterMismatch.GO_ON)
    outcomes = [outcome for outcome, _ in shown(result)]
    assert outcomes == [
        "mismatch",
        "passed",
        "wrong-status",
        "passed",
        "passed",
        "passed",
        "passed",
        "passed",
    ]


def test_a_command_that_fails_is_a_wrong_status(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("# T\n\n```bash\nls /no/such/folder\necho later\n```\n")
    assert shown(result) == [
        ("wrong-status", "exit status 2, expected 0"),
        ("not-run", "the step at line 4 failed (wrong-status)"),
    ]


def test_a_hanging_command_times_out(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("# T\n\n```{bash}\n:timeout: 1\n\nsleep 600\n```\n\n```bash\necho later\n```\n")
    assert shown(result) == [
        ("timed-out", "not done after 1 s: `sleep 600` sleeps"),
        ("not-run", "the step at line 6 failed (timed-out)"),
    ]
    assert result.elapsed_s < 30


def test_a_question_nobody_answers_waits_for_input(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("# T\n\n```console\n$ read -p 'Proceed (y/n)? ' answer\nProceed (y/n)? y\n```\n")
    detail = "waits for input: Proceed (y/n)? (`-bash` reads the terminal)"
    assert shown(result) == [("waits-for-input", detail)]
    assert result.steps[0].elapsed_s < 15


def test_an_answered_question_passes(walk_page: Walk, shown: Shown) -> None:
    page = (
        "# T\n\n```{console}\n---\nanswers:\n  - 'Proceed (y/n)? ': y\n---\n"
        "$ read -p 'Proceed (y/n)? ' answer; echo \"got $answer\"\nProceed (y/n)? y\ngot y\n```\n"
    )
    assert shown(walk_page(page)) == [PASSED]


def test_a_page_that_ends_its_shell_is_told_so(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("# T\n\n```bash\nset -e\nfalse\necho later\n```\n")
    assert shown(result) == [
        PASSED,
        ("shell-lost", "`false` ended the shell with exit status 1: `set -e` is on"),
        ("not-run", "the step at line 5 failed (shell-lost)"),
    ]


def test_logging_out_is_no_failure_but_typing_on_is(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("# T\n\n```bash\nexit\n```\n\n```bash\necho later\n```\n")
    detail = "the session's shell ended at line 4: log in again with `relogin`"
    assert shown(result) == [PASSED, ("shell-lost", detail)]


def test_a_new_session_is_a_new_login(walk_page: Walk, shown: Shown) -> None:
    page = (
        "# T\n\n```bash\nmkdir -p ~/.local/bin\nmine=1\nexit\n```\n\n"
        "```{console}\n:session: again\n\n$ echo \"$mine:$PATH\" | grep -o '^:/home/reader/.local/bin'\n"
        ":/home/reader/.local/bin\n```\n"
    )
    assert shown(walk_page(page)) == [PASSED] * 4


def test_a_pager_shows_its_screen_and_is_quit(walk_page: Walk, shown: Shown, text: Text) -> None:
    page = "# T\n\n```{console}\n:keys: q\n\n$ man bash\nBASH(1)[[...]]BASH(1)\n...\nNAME\n...\n```\n"
    result = walk_page(page)
    assert shown(result) == [PASSED]
    assert text(result.steps[0]).startswith("BASH(1)")
    assert result.steps[0].screen == result.steps[0].lines


def test_a_pager_nobody_quits_waits_for_input(walk_page: Walk, shown: Shown) -> None:
    ((outcome, detail),) = shown(walk_page("# T\n\n```console\n$ man bash\n...\n```\n"))
    assert outcome == "waits-for-input"
    assert "reads the terminal" in detail


def test_captures_are_put_into_later_commands(walk_page: Walk, shown: Shown) -> None:
    page = (
        "# T\n\n```console\n$ echo job 4711\njob [[job=int]]\n"
        "$ echo [[job]] | rev\n1174\n$ echo again 4711\nagain [[job]]\n```\n"
    )
    result = walk_page(page)
    assert shown(result) == [PASSED] * 3
    assert result.steps[1].command_sent == "echo 4711 | rev"


def test_what_the_environment_lacks_is_not_run(walk_page: Walk, shown: Shown) -> None:
    page = "# T\n\n```{bash}\n:requires: gpu\n\nnvidia-smi\n```\n\n```bash\necho later\n```\n"
    assert shown(walk_page(page)) == [("not-run", "environment `login` has no `gpu`"), PASSED]


def test_a_file_that_must_hold_something_else_is_a_mismatch(walk_page: Walk, shown: Shown) -> None:
    page = (
        "# T\n\n```bash\necho one > ~/f\n```\n\n```{file} ~/f\n:mode: check\n\none\n```\n\n"
        "```{file} ~/f\n:mode: append\n\ntwo\n```\n\n```{file} ~/f\n:mode: check\n\none\nthree\n```\n"
    )
    assert shown(walk_page(page)) == [PASSED, PASSED, PASSED, ("mismatch", "`~/f` holds something else")]


def test_a_file_the_reader_may_not_write_is_a_mismatch(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("# T\n\n```{file} /etc/motd\nhi\n```\n")
    assert shown(result) == [("mismatch", "`/etc/motd` cannot be used: Permission denied")]


def test_a_walk_has_a_time_of_its_own(walk_page: Walk, shown: Shown) -> None:
    page = "---\ndocwalk:\n  walk-timeout: 3s\n---\n# T\n\n```bash\ntrue\nsleep 60\n```\n"
    (first, (outcome, detail)) = shown(walk_page(page))
    assert first == PASSED
    assert outcome == "timed-out"
    assert "`sleep 60` sleeps" in detail


def test_two_walks_do_not_see_each_other(
    walk_page: Walk, shown: Shown, tmp_path_factory: pytest.TempPathFactory
) -> None:
    del tmp_path_factory
    page = "# T\n\n```bash\ntest ! -e ~/mark -a ! -e /tmp/mark\ntouch ~/mark /tmp/mark\n```\n"
    assert shown(walk_page(page)) == [PASSED, PASSED]


def test_a_password_is_in_no_record(walk_page: Walk, shown: Shown) -> None:
    page = (
        "# T\n\n```{console}\n---\nanswers:\n  - 'Password: ': correct horse\n---\n"
        "$ read -rsp 'Password: ' word; echo; echo \"[$word]\"\nPassword:\n[correct horse]\n```\n"
    )
    result = walk_page(page)
    assert shown(result) == [PASSED]
    record = json.dumps(result_to_json(result))
    assert "correct horse" not in record
    assert '{"unseen": "Password:"}' in record
    assert b"correct horse" not in result.steps[0].raw


@pytest.mark.parametrize("typed", ["answers:\n  - 'Password: ': correct horse", "keys: correct horse<Enter>"])
def test_a_password_is_in_no_later_step_of_the_record(walk_page: Walk, shown: Shown, typed: str) -> None:
    page = (
        f"# T\n\n```{{console}}\n---\n{typed}\n---\n"
        "$ read -rsp 'Password: ' word; echo; echo \"$word\" > kept\nPassword:\n```\n"
        "```{console}\n:session: other\n\n$ cat kept\n[[...]]\n$ cat kept\nwrong\n```\n"
    )
    result = walk_page(page)
    assert [outcome for outcome, _ in shown(result)] == ["passed", "passed", "mismatch"]
    assert "correct horse" not in json.dumps(result_to_json(result))
    assert not any(b"correct horse" in step.raw for step in result.steps)
