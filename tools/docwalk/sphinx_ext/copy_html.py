"""A block's copy buttons, and what stands above it for those who paste, as HTML."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from docwalk.sphinx_ext.badges import prose_html

if TYPE_CHECKING:
    from docwalk.sphinx_ext.copy_pieces import Copying


def copy_buttons_html(copying: Copying, *, what: str) -> str:
    """The buttons of a block's bar, hidden until there is a script that copies.

    Args:
        copying: what is copied.
        what: `commands` or `text`.
    """
    count = len(copying.pieces)
    buttons: list[str] = []
    for number, piece in enumerate(copying.pieces, start=1):
        label = f"Copy {what}" if count == 1 else f"Copy {number} of {count}"
        attributes = _attribute("copy", piece.text)
        if piece.template:
            attributes += _attribute("template", piece.template)
        if number == 1 and copying.paste is not None:
            attributes += _attribute("paste", copying.paste.text)
            if copying.paste.template:
                attributes += _attribute("paste-template", copying.paste.template)
        if number == 1 and copying.alone:
            attributes += _attribute("alone", copying.alone)
        buttons.append(f'<button type="button" class="dw-copy"{attributes} hidden>{label}</button>')
    return "".join(buttons) if count < 2 else f'<span class="dw-copies">{"".join(buttons)}</span>'  # noqa: PLR2004


def _attribute(name: str, text: str) -> str:
    return f' data-dw-{name}="{escape(text).replace(chr(10), "&#10;")}"'


def copy_notes_html(copying: Copying) -> str:
    """What a reader has to know before pasting; empty where there is nothing."""
    said: list[str] = []
    if len(copying.pieces) > 1:
        said.append(
            '<p class="dw-note">Paste this in pieces, one after the other: a shell that starts, or one '
            "that is left, does not get what was pasted with the command that did it.</p>"
        )
    if copying.typing:
        said.append(f'<p class="dw-note dw-typing">{prose_html(" ".join(copying.typing))}</p>')
    if copying.values:
        data = escape(json.dumps(dict(copying.values), ensure_ascii=False))
        sentences = " ".join(_value_sentence(name, value) for name, value in copying.values)
        said.append(f'<p class="dw-note dw-values" data-dw-values="{data}">{sentences}</p>')
    return "\n".join(said)


def _value_sentence(name: str, value: str) -> str:
    named = f"<em>{escape(name.replace('-', ' '), quote=False)}</em>"
    if not value:
        return f"Put your own {named} in place of <code>[[{escape(name)}]]</code>."
    return f"<code>{escape(value, quote=False)}</code> is the {named} of our run: put in your own."
