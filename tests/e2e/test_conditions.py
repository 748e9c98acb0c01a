"""Set-up and clean-up: what runs after a failure, and what a failure of theirs is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.results import StepResult, WalkResult

    Walk = Callable[..., WalkResult]
    Shown = Callable[[WalkResult], list[tuple[str, str]]]
    Text = Callable[[StepResult], str]

pytestmark = pytest.mark.container

PASSED = ("passed", "")
TIDY = "```{{console}}\n:teardown:\n:session: {session}\n\n$ ls; rm -f scratch\nscratch\n```\n\n"
USE = "```console\n$ echo kept > scratch\n$ {command}\n{output}\n$ echo later\nlater\n```\n"


def page(*, session: str = "main", command: str = "cat scratch", output: str = "kept") -> str:
    """A page whose clean-up is written first."""
    return TIDY.format(session=session) + USE.format(command=command, output=output)


def test_what_tidies_up_is_run_last(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(page())
    assert shown(result) == [PASSED] * 4
    assert [step.command_sent for step in result.steps][-1] == "ls; rm -f scratch"


def test_what_tidies_up_is_run_after_a_failure_and_never_mends_it(
    walk_page: Walk, shown: Shown, text: Text
) -> None:
    result = walk_page(page(output="lost"))
    _, (failed, _), later, tidied = shown(result)
    assert failed == "mismatch"
    assert later == ("not-run", "the step at line 11 failed (mismatch)")
    assert tidied == PASSED
    assert text(result.steps[3]) == "scratch"
    assert not result.passed


def test_nothing_tidies_up_in_a_shell_that_is_gone(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(page(command="kill -9 $$"))
    _, (failed, _), _, tidied = shown(result)
    assert failed == "shell-lost"
    assert tidied == ("not-run", "the step at line 11 failed (shell-lost)")


def test_another_session_tidies_up_after_a_shell_is_gone(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(page(command="kill -9 $$", session="other"))
    assert [outcome for outcome, _ in shown(result)] == ["passed", "shell-lost", "not-run", "passed"]


def test_a_failure_says_that_it_was_the_set_up(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("```{bash}\n:setup:\n\nfalse\n```\n\n```bash\ntrue\n```\n")
    assert shown(result) == [
        ("wrong-status", "the set-up failed: exit status 1, expected 0"),
        ("not-run", "the set-up at line 4 failed (wrong-status)"),
    ]


def test_a_failure_says_that_it_was_the_clean_up(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("```{bash}\n:teardown:\n\nfalse\n```\n\n```bash\ntrue\n```\n")
    assert shown(result) == [PASSED, ("wrong-status", "the clean-up failed: exit status 1, expected 0")]
