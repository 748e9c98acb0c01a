"""Changes of examples: read, printed, applied."""

from __future__ import annotations

import re

import pytest

from docwalk.markup.examples import ChangeError, Failing

PAGE = ("```console", "$ echo a", "a", "$ echo a", "a", "```")


@pytest.mark.parametrize(
    "body",
    ["-a\n+b\n\npage.md:1: no\n\n  more", "-a\n+b\n\n"],
)
def test_a_failing_reads_back_as_it_prints(body: str) -> None:
    assert str(Failing.parse(body.split("\n"))) == body


def test_a_change_is_applied_where_its_lines_stand() -> None:
    failing = Failing.parse([" a", "-$ echo a", "-a", "+$ echo b", "", "message"])
    assert failing.apply(PAGE) == ["```console", "$ echo a", "a", "$ echo b", "```"]
    assert failing.message == ("message",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["-a", "+b"], "['a'] occurs 2 times in the example"),
        (["-c", "+b"], "['c'] occurs 0 times in the example"),
        (["+b"], "[] occurs"),
        ([" a"], "a change is lines that begin with"),
        (["-a", "b"], "a change is lines that begin with"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(change: list[str], message: str) -> None:
    with pytest.raises(ChangeError, match=re.escape(message)):
        Failing.parse(change).apply(PAGE)
