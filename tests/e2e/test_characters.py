"""What a terminal shows of odd output, and that no lie about it passes: the definitions of the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.run import AfterMismatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.results import WalkResult

    Walk = Callable[..., WalkResult]

pytestmark = pytest.mark.container

# Name, what printf prints, what the page shows, and a page that must fail.
OUTPUTS = {
    "blanks at the end": (r"a  \n", "a\n", "a b\n"),
    "blanks at the start": (r"  a\n", "  a\n", "a\n"),
    "blank lines at the end": (r"a\n\n\n", "a\n\n\n", "a\n\n"),
    "a blank line alone": (r"\n", "\n", ""),
    "a blank line between": (r"a\n\nb\n", "a\n\nb\n", "a\nb\n"),
    "no final newline": (r"a\nb", "a\nb\n", "a\nb\n\n"),
    "wide characters": (r"日本語\n", "日本語\n", "日本 語\n"),
    "emoji": ("🙂 👩‍👩‍👧 🇩🇪\\n", "🙂 👩‍👩‍👧 🇩🇪\n", "🙂 👩‍👩‍👦 🇩🇪\n"),
    "combining characters": (r"e\xcc\x81\n", "é\n", "e\n"),
    "tabs as tabs": (r"a\tb\n", "a\tb\n", "a b\n"),
    "tabs as blanks": (r"a\tb\n", "a       b\n", "a        b\n"),
    "bytes that are no UTF-8": (r"\xff\xfe x\n", "�� x\n", "� x\n"),
    "colours": (r"\033[31mred\033[0m\n", "red\n", "read\n"),
    "a progress bar": (r"10%%\r50%%\r100%%\n", "100%\n", "50%\n"),
    "backspace": (r"ab\bc\n", "ac\n", "abc\n"),
    "a line that wraps": (r"%0250d\n", "0" * 250 + "\n", "0" * 100 + "\n" + "0" * 150 + "\n"),
    "a very long line": (r"%020000d\n", "0[[...]]0\n", "0[[...]]1\n"),
}


def page(outputs: list[tuple[str, str]]) -> str:
    body = "".join(f"$ printf '{printed}'\n{shown}" for printed, shown in outputs)
    return f"# Page\n\n```console\n{body}```\n"


def test_the_truth_passes(walk_page: Walk) -> None:
    result = walk_page(page([(printed, truth) for printed, truth, _ in OUTPUTS.values()]))
    assert {step.command_sent: step.detail for step in result.steps if step.detail} == {}
    assert len(result.steps) == len(OUTPUTS)


def test_each_lie_fails(walk_page: Walk) -> None:
    text = page([(printed, lie) for printed, _, lie in OUTPUTS.values()])
    result = walk_page(text, after_mismatch=AfterMismatch.GO_ON)
    found = dict(zip(OUTPUTS, (step.outcome.value for step in result.steps), strict=True))
    assert found == dict.fromkeys(OUTPUTS, "mismatch")
