"""Recorded terminal lines to static HTML: colours as classes, always readable on our terminal's background.

Input is what `terminal.py` saw (`OutputLine`s), output is text for a `<pre>`. Knows no blocks and no pages.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from docwalk.results import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docwalk.matching.compared import ComparedLine, OpenSpan
    from docwalk.results import OutputLine, Style, StyledText

BACKGROUND = "161b22"
"""Background of a terminal block, in both themes (`--dw-screen` in docwalk.css)."""

FOREGROUND = "d8dee6"
"""Its default text colour (`--dw-ink` in docwalk.css)."""

PALETTE = {
    "black": "8b95a3",
    "red": "ff8b82",
    "green": "8fd694",
    "brown": "e5c07b",
    "blue": "8ab8ff",
    "magenta": "d6a2f0",
    "cyan": "7fd6d6",
    "white": "d8dee6",
    "brightblack": "8b95a3",
    "brightred": "ffaaa3",
    "brightgreen": "b2ebb5",
    "brightbrown": "ffdf9e",
    "brightblue": "b3d1ff",
    "brightmagenta": "e9c6fb",
    "brightcyan": "a9ecec",
    "brightwhite": "ffffff",
}
"""pyte's colour names as text colours with at least 4.5:1 on `BACKGROUND`; black is grey, to be readable."""

FORMS = {
    "int": "any whole number",
    "number": "any number",
    "version": "any version",
    "path": "any path",
    "duration": "any duration",
    "size": "any size",
    "date": "any date",
    "time": "any time",
    "hash": "any hash",
    "url": "any address",
    "percent": "any percentage",
    "user": "any account",
    "host": "any host name",
    "word": "any word",
    "text": "any text",
}
"""Names of the built-in redactions, in a reader's words."""

_BACKGROUNDS = {
    "black": "000000",
    "red": "7d1f1a",
    "green": "1d5428",
    "brown": "6b4a0c",
    "blue": "1d3f7d",
    "magenta": "5d2a75",
    "cyan": "125257",
    "white": "d8dee6",
}

_MIN_CONTRAST = 4.5
"""WCAG 2 AA for text."""


def contrast(first: str, second: str) -> float:
    """WCAG contrast ratio of two colours given as six hexadecimal digits, 1.0 to 21.0."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, background: str) -> str:
    """`colour` moved towards white or black in steps of a tenth until it has AA contrast on `background`."""
    towards = "ffffff" if contrast("ffffff", background) >= contrast("000000", background) else "000000"
    for tenths in range(11):
        mixed = _mix(colour, towards, tenths)
        if contrast(mixed, background) >= _MIN_CONTRAST:
            return mixed
    return towards


def lines_html(lines: Sequence[OutputLine], compared: Sequence[ComparedLine] | None = None) -> str:
    """The lines joined by newlines, each run escaped and in its colour; standard error is marked.

    Args:
        lines: as recorded.
        compared: for each line its spans that may differ, which are marked; None marks none.
    """
    if compared is None:
        return "\n".join(_line_html(line, ()) for line in lines)
    return "\n".join(_line_html(line, each.spans) for line, each in zip(lines, compared, strict=True))


def _line_html(line: OutputLine, spans: Sequence[OpenSpan]) -> str:
    text, at = "", 0
    for span in spans:
        title = f"may differ: {FORMS.get(span.form, span.form)}" if span.form else "may differ"
        text += _runs_html(line.runs, at, span.start)
        varies = _runs_html(line.runs, span.start, span.end)
        text += f'<span class="dw-varies" title="{escape(title)}">{varies}</span>'
        at = span.end
    text += _runs_html(line.runs, at, len(line.text))
    if line.is_typed_unseen:
        text += f' <span class="dw-unseen" title="typed, and not shown">{MASK}</span>'
    return f'<span class="dw-stderr" title="standard error">{text}</span>' if line.is_error else text


def _runs_html(runs: Iterable[StyledText], start: int, end: int) -> str:
    """The characters of a line between two offsets."""
    pieces, at = [], 0
    for run in runs:
        text = run.text[max(start - at, 0) : max(end - at, 0)]
        pieces += [_run_html(replace(run, text=text))] if text else []
        at += len(run.text)
    return "".join(pieces)


def _run_html(run: StyledText) -> str:
    classes, css = _rendition(run.style)
    text = escape(run.text, quote=False)
    if not classes and not css:
        return text
    attributes = f' class="{" ".join(classes)}"' if classes else ""
    if css:
        attributes += f' style="{escape(css)}"'
    return f"<span{attributes}>{text}</span>"


def _rendition(style: Style) -> tuple[tuple[str, ...], str]:
    """Classes and inline declarations of one rendition; both empty for the terminal's default."""
    flags = (("dw-b", style.bold), ("dw-i", style.italics), ("dw-u", style.underscore))
    classes = [name for name, is_set in flags if is_set]
    foreground, background = _name(style.foreground), _name(style.background)
    if style.reverse or background is not None:
        ink = PALETTE.get(foreground, foreground) if foreground is not None else FOREGROUND
        paper = BACKGROUND if background is None else _paper(background)
        if style.reverse:
            ink, paper = paper, ink
        return tuple(classes), f"color:#{readable(ink, paper)};background:#{paper}"
    if foreground is None:
        return tuple(classes), ""
    if foreground in PALETTE:
        return (*classes, f"dw-fg-{foreground}"), ""
    return tuple(classes), f"color:#{readable(foreground, BACKGROUND)}"


def _name(colour: str | None) -> str | None:
    # pyte 0.8.2 misspells one name (pyte/graphics.py, FG_AIXTERM and BG_AIXTERM).
    return "brightmagenta" if colour == "bfightmagenta" else colour


def _paper(colour: str) -> str:
    plain = colour.removeprefix("bright")
    return _BACKGROUNDS.get(plain, colour)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[0:2], 16), int(colour[2:4], 16), int(colour[4:6], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's own numbers


def _mix(colour: str, towards: str, tenths: int) -> str:
    pairs = zip(_channels(colour), _channels(towards), strict=True)
    return "".join(f"{round(a + (b - a) * tenths / 10):02x}" for a, b in pairs)
