"""The pieces of a screen as HTML: typed commands, output, what of it was compared, and what is folded.

Values in, strings out. A line of output is compared, compared but for marked spans, or not compared; of a
page's own text none of these is said.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, assert_never

from docwalk.sphinx_ext.ansi import lines_html
from docwalk.sphinx_ext.parts import Printed, Remark, Typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.matching.compared import ComparedLine
    from docwalk.results import OutputLine
    from docwalk.sphinx_ext.parts import Part

FOLD_OVER_LINES = 28
"""Output longer than this is folded between its first and its last lines."""

KEEP_LINES = 10
"""How many lines before the fold stay visible."""

KEEP_LAST_LINES = 3
"""How many lines after it: what a long output comes to is said at its end."""

FOLD_OPEN_OVER_LINES = 12
"""The same three for lines between compared ones of which the page says nothing."""

KEEP_OPEN_LINES = 4

KEEP_LAST_OPEN_LINES = 2


def screen_html(parts: Sequence[Part], *, label: str, kind: str = "", attributes: str = "") -> str:
    """A screen, or the paper of a file.

    Args:
        parts: what is on it.
        label: its accessible name.
        kind: a further class, such as `dw-paper`.
        attributes: further attributes, with a blank before each.
    """
    # Focusable, so that a keyboard can scroll long lines (WCAG 2.1.1).
    inner = "\n".join(_part(part) for part in parts)
    classes = f"dw-screen {kind}".rstrip()
    return (
        f'<div class="{classes}" role="group" aria-label="{escape(label)}" tabindex="0"{attributes}>\n'
        f"{inner}\n</div>"
    )


def _part(part: Part) -> str:
    match part:
        case Typed():
            return _typed(part)
        case Printed():
            return _printed(part)
        case Remark():
            return f'<pre class="dw-remark">{escape(part.text, quote=False)}</pre>'
        case _:
            assert_never(part)


def _typed(part: Typed) -> str:
    prompts = [part.prompt, *("> " if part.prompt else "" for _ in part.text.split("\n")[1:])]
    lines = [
        (f'<span class="dw-prompt" aria-hidden="true">{escape(prompt, quote=False)}</span>' if prompt else "")
        + f'<span class="dw-command">{escape(text, quote=False)}</span>'
        for prompt, text in zip(prompts, part.text.split("\n"), strict=True)
    ]
    return f'<pre class="dw-typed">{chr(10).join(lines)}</pre>'


def _printed(part: Printed) -> str:
    if part.compared is None:
        return _folded(part.lines, None, limit=FOLD_OVER_LINES, keep=(KEEP_LINES, KEEP_LAST_LINES))
    groups = []
    pairs = zip(part.lines, part.compared, strict=True)
    for is_compared, group in groupby(pairs, key=lambda pair: pair[1].is_compared):
        lines, compared = zip(*group, strict=True)
        if is_compared or len(lines) == len(part.lines):
            html = _folded(lines, compared, limit=FOLD_OVER_LINES, keep=(KEEP_LINES, KEEP_LAST_LINES))
        else:
            keep = (KEEP_OPEN_LINES, KEEP_LAST_OPEN_LINES)
            html = _folded(lines, compared, limit=FOLD_OPEN_OVER_LINES, keep=keep)
        # The words that go with it are in docwalk-proof.css: nobody copies them with the output.
        groups.append(html if is_compared else f'<div class="dw-open">\n{html}\n</div>')
    return "\n".join(groups)


def _folded(
    lines: Sequence[OutputLine],
    compared: Sequence[ComparedLine] | None,
    *,
    limit: int,
    keep: tuple[int, int],
) -> str:
    if len(lines) <= limit:
        return _pre(lines, compared)
    start, end = keep[0], len(lines) - keep[1]
    first, middle, last = (
        _pre(lines[cut], compared[cut] if compared is not None else None)
        for cut in (slice(start), slice(start, end), slice(end, None))
    )
    left_out = sum(line.left_out for line in lines[start:end])
    count = end - start + left_out - sum(line.left_out > 0 for line in lines[start:end])
    said = f"{count:,} more lines"
    if compared is not None and not compared[0].is_compared:
        said += ", not compared"
    if left_out:
        said += f"; {left_out:,} of them were not kept"
    return f'{first}\n<details class="dw-more"><summary>{said}</summary>\n{middle}</details>\n{last}'


def _pre(lines: Sequence[OutputLine], compared: Sequence[ComparedLine] | None) -> str:
    # A <pre> swallows one newline after its tag: an empty first line needs one more.
    text = lines_html(lines, compared)
    return f'<pre class="dw-out">{chr(10) if text.startswith(chr(10)) else ""}{text}</pre>'
