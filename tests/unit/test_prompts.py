"""Prompts: found at the start of lines, numbers in them included."""

from __future__ import annotations

import pytest

from docwalk.prompts import prompt_pattern, shown_prompt


@pytest.mark.parametrize(
    ("text", "prompts", "shown"),
    [
        ("$ ls", ("$ ",), "$ "),
        ("$", ("$ ",), "$"),
        ("$ls", ("$ ",), None),
        ("x $ ls", ("$ ",), None),
        ("alice$ ls", ("$ ", "alice$ "), "alice$ "),
        ("In [12]: 1 + 1", ("In [[[int]]]: ",), "In [12]: "),
        ("In [x]: 1 + 1", ("In [[[int]]]: ",), None),
        ("(env-1) user@node7:~$ ls", ("([[...]]) [[user]]@[[host]]:~$ ",), "(env-1) user@node7:~$ "),
    ],
)
def test_a_line_begins_with_a_prompt_or_with_none(
    text: str, prompts: tuple[str, ...], shown: str | None
) -> None:
    assert shown_prompt(text, prompts) == shown


def test_a_prompt_is_the_whole_of_its_line() -> None:
    assert prompt_pattern("In [[[int]]]: ").fullmatch("In [3]:") is not None
    assert prompt_pattern("In [[[int]]]: ").fullmatch("In [3]: x") is None
