"""A `BlockView` as HTML: everything readable without JavaScript, styles or the network.

Values in, strings out: a case file shows exactly what a reader's browser gets.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, assert_never
from urllib.parse import quote

from docwalk.document import BlockKind
from docwalk.sphinx_ext.ansi import lines_html
from docwalk.sphinx_ext.dates import duration, time_html
from docwalk.sphinx_ext.parts import Printed, Remark, Typed
from docwalk.sphinx_ext.view import is_evidence
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.results import OutputLine
    from docwalk.sphinx_ext.parts import Part
    from docwalk.sphinx_ext.view import BlockView, Variant, WalkFacts

FOLD_OVER_LINES = 28
"""Output longer than this is folded between its first and its last lines."""

KEEP_LINES = 10
"""How many lines before the fold stay visible."""

KEEP_LAST_LINES = 3
"""How many lines after it: what a long output comes to is said at its end."""

MARKS = {
    Status.VERIFIED: "✓",
    Status.RAN: "▸",
    Status.STALE: "◷",
    Status.FAILING: "✗",
    Status.NOT_RUN: "○",
}
"""A sign beside the word, never instead of it."""

WORDS = {
    Status.VERIFIED: "Verified",
    Status.RAN: "Ran",
    Status.STALE: "Stale",
    Status.FAILING: "Failing",
    Status.NOT_RUN: "Not run",
}

MEANINGS = {
    Status.VERIFIED: "every command ran, and what it printed was compared with this page",
    Status.RAN: "every command ran and ended as it should; what it printed was not compared",
    Status.STALE: "it was run once, but not since it, its environment or the calendar changed",
    Status.FAILING: "it does not do what this page says",
    Status.NOT_RUN: "nobody ran it",
}

_FILE_MEANINGS = {
    Status.VERIFIED: "the file held exactly this",
    Status.RAN: "the file was written just as it stands here",
}

_SIMULATED = "<strong>simulated GPU</strong>"

_REASON_LEADS = {
    Status.STALE: "Stale",
    Status.FAILING: "This fails",
    Status.NOT_RUN: "Not run",
}


def css_word(status: Status) -> str:
    """The status as part of a class name: `not-run`."""
    return status.value.replace(" ", "-")


def prose_html(text: str) -> str:
    """A sentence of ours: escaped, and what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def badge_html(status: Status) -> str:
    """The status as a word with its mark."""
    mark = f'<span class="dw-mark" aria-hidden="true">{MARKS[status]}</span>'
    return f'<span class="dw-badge dw-is-{css_word(status)}">{mark}{WORDS[status]}</span>'


def block_html(view: BlockView, *, report: str, root_url: str = "") -> str:
    """The whole block.

    Args:
        view: what to show.
        report: HTML of the sentence that tells a reader where to report a difference; may be empty.
        root_url: the site's root as the page links to it, empty or with a final slash.
    """
    is_file = view.kind is BlockKind.FILE
    classes = f"dw dw-{view.kind.value} dw-is-{css_word(view.status)}"
    body = "\n".join(
        piece
        for piece in (
            f'<div class="{classes}" id="{view.anchor}" data-dw-block="{escape(view.id)}">',
            _bar(view),
            _notes(view, root_url),
            _reason(view),
            _screen(view.parts, label=_screen_label(view), is_file=is_file and not view.is_diff)
            if view.parts
            else "",
            _recording(view),
            *(_variant(variant) for variant in view.variants),
            _details(view, report=report),
            "</div>",
        )
        if piece
    )
    if not view.folded_as:
        return body
    summary = f"{view.folded_as}, folded {badge_html(view.status)}"
    return f'<details class="dw-hidden">\n<summary>{summary}</summary>\n{body}\n</details>'


def _bar(view: BlockView) -> str:
    what = "text" if view.kind is BlockKind.FILE else "commands"
    copied = escape(view.copy_text).replace("\n", "&#10;")
    # Hidden until docwalk.js is there: without JavaScript a dead button would be in the way.
    button = f'<button type="button" class="dw-copy" data-dw-copy="{copied}" hidden>Copy {what}</button>'
    caption = escape(view.caption, quote=False)
    if view.path:
        path = escape(view.path, quote=False)
        caption = caption.replace(path, f"<code>{path}</code>", 1)
    caption = f'<span class="dw-caption">{caption}</span>'
    return f'<div class="dw-bar">{caption}{button if view.copy_text else ""}</div>'


def _notes(view: BlockView, root_url: str) -> str:
    sentences = [prose_html(note) for note in view.notes]
    if view.download is not None:
        href = escape(root_url + quote(view.download.path))
        name = escape(view.download.name, quote=False)
        path = escape(view.path, quote=False)
        sentences.insert(
            0,
            f'Download <a href="{href}" download><code>{name}</code></a> ({view.download.size}) '
            f"and put it on the cluster as <code>{path}</code>.",
        )
    return f'<p class="dw-note">{" ".join(sentences)}</p>' if sentences else ""


def _reason(view: BlockView) -> str:
    if is_evidence(view.status):
        return ""
    seen = (
        ""
        if view.status is Status.NOT_RUN
        else " What follows is the page&rsquo;s own text, not a recording."
    )
    reason = prose_html(view.reason or MEANINGS[view.status])
    return (
        f'<p class="dw-reason"><strong>{_REASON_LEADS[view.status]}:</strong> {reason.rstrip(".")}.{seen}</p>'
    )


def _screen_label(view: BlockView) -> str:
    if view.kind is BlockKind.FILE:
        return f"Text of {view.path}"
    if view.kind is BlockKind.TRANSCRIPT and is_evidence(view.status):
        return "Terminal: commands and their recorded output"
    return (
        "Terminal: commands" if view.kind is BlockKind.COMMANDS else "Terminal: commands and expected output"
    )


def _screen(parts: Sequence[Part], *, label: str, is_file: bool = False) -> str:
    # Focusable, so that a keyboard can scroll long lines (WCAG 2.1.1).
    kind = "dw-screen dw-paper" if is_file else "dw-screen"
    inner = "\n".join(_part(part) for part in parts)
    return f'<div class="{kind}" role="group" aria-label="{escape(label)}" tabindex="0">\n{inner}\n</div>'


def _part(part: Part) -> str:
    match part:
        case Typed():
            return _typed(part)
        case Printed():
            return _printed(part.lines)
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


def _printed(lines: Sequence[OutputLine]) -> str:
    # A <pre> swallows one newline after its tag: an empty first line needs one more.
    if len(lines) <= FOLD_OVER_LINES:
        return _pre(lines)
    first, folded, last = (
        lines[:KEEP_LINES],
        lines[KEEP_LINES:-KEEP_LAST_LINES],
        lines[-KEEP_LAST_LINES:],
    )
    return (
        f"{_pre(first)}\n"
        f'<details class="dw-more"><summary>{len(folded)} more lines</summary>\n{_pre(folded)}</details>\n'
        f"{_pre(last)}"
    )


def _pre(lines: Sequence[OutputLine]) -> str:
    text = lines_html(lines)
    return f'<pre class="dw-out">{chr(10) if text.startswith(chr(10)) else ""}{text}</pre>'


def _recording(view: BlockView) -> str:
    if not view.recording:
        return ""
    title = "What it printed in our run" if is_evidence(view.status) else "What happened in our run"
    screen = _screen(view.recording, label=f"Terminal: {title[0].lower()}{title[1:]}")
    is_open = " open" if view.status is Status.FAILING else ""
    return f'<details class="dw-recording"{is_open}><summary>{title}</summary>\n{screen}\n</details>'


def _variant(variant: Variant) -> str:
    labels = escape(", ".join(variant.labels))
    screen = _screen(
        variant.parts, label=f"Terminal: commands and their recorded output with {', '.join(variant.labels)}"
    )
    return (
        f'<details class="dw-variant" data-dw-labels="{escape("|".join(variant.labels))}">'
        f"<summary>With {labels} it looks like this</summary>\n{screen}\n</details>"
    )


def _details(view: BlockView, *, report: str) -> str:
    rows = "\n".join(_walk_row(walk) for walk in view.walks)
    table = (
        '<div class="dw-scroll" role="group" aria-label="Walks of this block" tabindex="0"><table>\n'
        '<thead><tr><th scope="col">Walk</th><th scope="col">Environment</th>'
        '<th scope="col">Status</th><th scope="col">When</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>\n"
    )
    meanings = {**MEANINGS, **_FILE_MEANINGS} if view.kind is BlockKind.FILE else MEANINGS
    if view.is_diff:
        meanings = {**meanings, Status.RAN: "these changes were made to the file, and fitted it"}
    meaning = f"{WORDS[view.status]}: {meanings[view.status]}."
    name = f"<p>Block <code>{escape(view.id, quote=False)}</code>, line {view.line} of the source. {report}"
    return (
        f'<details class="dw-status"><summary>{badge_html(view.status)}{_when(view)}</summary>\n'
        f"<p>{meaning}</p>\n{table if view.walks else ''}{name.rstrip()}</p>\n</details>"
    )


def _when(view: BlockView) -> str:
    """Date, environment and duration, as far as there is a record."""
    if view.recorded_at is None or view.status is Status.NOT_RUN:
        return ""
    where = f" in <code>{escape(view.environment, quote=False)}</code>" if view.environment else ""
    took = (
        f", took {duration(view.elapsed_s)}"
        if view.elapsed_s is not None and is_evidence(view.status)
        else ""
    )
    gpu = f" with a {_SIMULATED}" if view.saw_simulated_gpu else ""
    return f' <span class="dw-when">{time_html(view.recorded_at)}{where}{gpu}{took}</span>'


def _walk_row(walk: WalkFacts) -> str:
    labels = escape(", ".join(walk.labels) or "the only one", quote=False)
    reason = f"<br>{prose_html(walk.reason)}" if walk.reason else ""
    when = "no record"
    gpu = f", {_SIMULATED}" if walk.saw_simulated_gpu else ""
    if walk.recorded_at is not None:
        when = time_html(walk.recorded_at) if walk.status is not Status.NOT_RUN else "&ndash;"
    return (
        f"<tr><td>{labels}</td><td>{escape(walk.environment, quote=False)}{gpu}</td>"
        f"<td>{badge_html(walk.status)}{reason}</td><td>{when}</td></tr>"
    )
