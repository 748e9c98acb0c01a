"""A `BlockView` as HTML: everything readable without JavaScript, styles or the network.

Values in, strings out: a case file shows exactly what a reader's browser gets. A block with several faces
shows the first; the others stand folded below it, and docwalk-proof.js puts the one of the reader's choice in
its place.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from docwalk.document import BlockKind
from docwalk.sphinx_ext.badges import WORDS, badge_html, css_word, first_to_be_stale, prose_html
from docwalk.sphinx_ext.block_status import reasons_html, status_html
from docwalk.sphinx_ext.choices import choices_text, deciding_axes
from docwalk.sphinx_ext.copy_html import copy_buttons_html, copy_notes_html
from docwalk.sphinx_ext.screen_html import screen_html

if TYPE_CHECKING:
    from docwalk.sphinx_ext.faces import Face, WalkFacts
    from docwalk.sphinx_ext.view import BlockView


def block_html(view: BlockView, *, report: str, root_url: str = "") -> str:
    """The whole block.

    Args:
        view: what to show.
        report: HTML of the sentence that tells a reader where to report a difference; may be empty.
        root_url: the site's root as the page links to it, empty or with a final slash.
    """
    classes = f"dw dw-{view.kind.value} dw-is-{css_word(view.status)}"
    data = f'data-dw-block="{escape(view.id)}"{_walks_data(view)}'
    body = "\n".join(
        piece
        for piece in (
            f'<div class="{classes}" id="{view.anchor}" {data}>',
            _bar(view),
            _notes(view, root_url),
            copy_notes_html(view.copying),
            reasons_html(view),
            _face(view, view.shown, number=0),
            *(_variant(view, face, number) for number, face in enumerate(view.faces[1:], 1)),
            status_html(view, report=report),
            "</div>",
        )
        if piece
    )
    if not view.folded_as:
        return body
    summary = f"{view.folded_as}, folded {badge_html(view.status, first_to_be_stale(view.walks))}"
    return f'<details class="dw-hidden">\n<summary>{summary}</summary>\n{body}\n</details>'


def _walks_data(view: BlockView) -> str:
    """For docwalk-proof.js: each walk's choices, its face (null for none) and its status."""
    if len(view.faces) == 1 and len({walk.status for walk in view.walks}) <= 1:
        return ""
    number_of = {walk.name: number for number, face in enumerate(view.faces) for walk in face.walks}
    looks = {walk.name: (number_of.get(walk.name), walk.status) for walk in view.walks}
    deciding = deciding_axes([(walk.choices, looks[walk.name]) for walk in view.walks])
    walks = [
        [
            {_axis(view, choice.group): choice.label for choice in walk.choices if choice.group in deciding},
            number_of.get(walk.name),
            WORDS[walk.status].lower(),
        ]
        for walk in view.walks
    ]
    return f' data-dw-walks="{escape(json.dumps(walks, ensure_ascii=False, separators=(",", ":")))}"'


def _axis(view: BlockView, group: str) -> str:
    """An axis as docwalk-tabs.js names it: a local one of an example after the example."""
    example = view.id.partition("#")[0].rpartition("/")[2].partition(":")[2]
    return f"{example}/{group}" if example and group.startswith("page:") else group


def _bar(view: BlockView) -> str:
    what = "text" if view.kind is BlockKind.FILE else "commands"
    buttons = copy_buttons_html(view.copying, what=what)
    caption = escape(view.caption, quote=False)
    if view.path:
        path = escape(view.path, quote=False)
        caption = caption.replace(path, f"<code>{path}</code>", 1)
    caption = f'<span class="dw-caption">{caption}</span>'
    return f'<div class="dw-bar">{caption}{buttons}</div>'


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


def _screen_label(view: BlockView, face: Face) -> str:
    if view.kind is BlockKind.FILE:
        return f"Text of {face.path}"
    if view.kind is BlockKind.TRANSCRIPT and face.is_recorded:
        return "Terminal: commands and their recorded output"
    return (
        "Terminal: commands" if view.kind is BlockKind.COMMANDS else "Terminal: commands and expected output"
    )


def _face(view: BlockView, face: Face, *, number: int) -> str:
    """Screen and recording; of a further face only what differs from the first."""
    attributes = f' data-dw-face="{number}"' if len(view.faces) > 1 and number == 0 else ""
    is_shared = len(view.faces) > 1 and all(other.parts == face.parts for other in view.faces)
    paper = "dw-paper" if view.kind is BlockKind.FILE and not view.is_diff else ""
    said = "" if number == 0 else f" with {face_text(view, face)}"
    label = _screen_label(view, face) + said
    pieces = []
    if face.parts and not (is_shared and number > 0):
        own = "" if is_shared else attributes
        pieces.append(screen_html(face.parts, label=label, kind=paper, attributes=own))
    if face.recording:
        title = "What it printed in our run" if face.is_recorded else "What happened in our run"
        screen = screen_html(face.recording, label=f"Terminal: {title[0].lower()}{title[1:]}{said}")
        is_open = "" if face.is_recorded else " open"
        pieces.append(
            f'<details class="dw-recording"{is_open}{attributes}><summary>{title}</summary>\n'
            f"{screen}\n</details>"
        )
    return "\n".join(pieces)


def _variant(view: BlockView, face: Face, number: int) -> str:
    inner = _face(view, face, number=number)
    if not inner:
        # It has no output where others have some: that is said, too.
        inner = '<p class="dw-silent">It printed nothing.</p>'
    with_what = escape(face_text(view, face), quote=False)
    does = "it looks like this" if face.is_recorded else "it fails"
    return (
        f'<details class="dw-variant" data-dw-face="{number}">'
        f"<summary>With {with_what} {does}</summary>\n{inner}\n</details>"
    )


def face_text(view: BlockView, face: Face) -> str:
    """The choices of the readers who see a face."""
    return walks_text(view, face.walks)


def walks_text(view: BlockView, walks: tuple[WalkFacts, ...]) -> str:
    """The choices that tell some of a block's walks from its others."""
    return choices_text([walk.choices for walk in walks], [walk.choices for walk in view.walks])
