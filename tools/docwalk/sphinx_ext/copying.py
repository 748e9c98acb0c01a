"""What a reader copies of one block: pieces to paste one after the other, and values to put in first.

Pure. Where a walk recorded the block, the commands are as they were sent, at the record's step boundaries.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from docwalk.document import BlockKind
from docwalk.plan import EditFile, TypeCommand
from docwalk.script.captures import UnscriptedError
from docwalk.script.files import file_code
from docwalk.script.make import oddity
from docwalk.sphinx_ext.badges import prose_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from docwalk.plan import Step, Walk
    from docwalk.record import Record
    from docwalk.results import StepResult
    from docwalk.sphinx_ext.view import BlockView


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPiece:
    """What one button copies."""

    text: str
    """Exactly that."""
    template: str = ""
    """The same with `[[name]]` for values that readers put in; empty where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """What is copied of a block."""

    pieces: tuple[CopyPiece, ...] = ()
    """To be pasted one after the other; one in most blocks."""
    values: tuple[tuple[str, str], ...] = ()
    """Captured values in them: name, and what our run had, empty where nothing is recorded."""
    alone: str = ""
    """Why it cannot be pasted together with other blocks: `answers a question`; empty where it can."""
    typing: tuple[str, ...] = ()
    """What is typed or pressed after it was pasted, a sentence each; code in backticks."""
    paste: CopyPiece | None = None
    """Of a file: commands that write it, for those who paste a whole page."""

    @classmethod
    def of_text(cls, text: str) -> Copying:
        """One text, or nothing where it is empty."""
        return cls(pieces=_one(text))


def copying_of(view: BlockView, walks: Mapping[str, Walk], records: Mapping[str, Record]) -> Copying:
    """What is copied of a block.

    Args:
        view: the block.
        walks: walks of its page, by name.
        records: by name of walk.
    """
    shown = view.shown.walks[0] if view.shown.walks else None
    walk = walks.get(shown.name) if shown is not None else None
    if shown is None or walk is None:
        return Copying(pieces=_one(view.copy_text))
    steps = [step for step in walk.steps if step.block_id == view.id]
    ran = shown.steps if view.shown.is_recorded and len(shown.steps) == len(steps) else ()
    record = records.get(walk.name) if ran else None
    values = _values(steps, record)
    pairs = list(zip(steps, ran or (None,) * len(steps), strict=True))
    alone = next((why for step, result in pairs if (why := _why_alone(step, result, walk))), "")
    if view.kind is BlockKind.FILE:
        return _file_copying(view, steps, values, alone)
    typing = tuple(sentence for step, result in pairs for sentence in _typing(step, result))
    is_typed_in_one = not any(step.session != steps[0].session for step in steps)
    if not ran or not is_typed_in_one:
        return Copying(pieces=_one(view.copy_text), values=values, alone=alone, typing=typing)
    pieces = tuple(_pieces(pairs, has_values=bool(values)))
    return Copying(pieces=pieces, values=values, alone=alone, typing=typing)


def _typing(step: Step, ran: StepResult | None) -> Iterator[str]:
    """What is typed while a command runs: it is not copied, and has to be told."""
    if not isinstance(step.action, TypeCommand):
        return
    is_unseen = ran is not None and any(line.is_typed_unseen for line in ran.lines)
    for answer in step.action.answers:
        shown = f"When it shows `{answer.prompt.strip()}`, type"
        yield f"{shown} what it asks for, which stays unseen." if is_unseen else f"{shown} `{answer.text}`."
    for group in step.action.keys:
        when = f"When it shows `{group.until.strip()}`, press" if group.until else "Then press"
        yield f"{when} {', '.join(f'`{_key(key)}`' for key in group.keys)}."


def _key(key: str) -> str:
    """A key as readers know it: `Ctrl-C`, `q`, `Enter`."""
    name = key[1:-1] if len(key) > 1 else key
    return f"Ctrl-{name[2:].upper()}" if name.startswith("C-") else name


def _one(text: str, template: str = "") -> tuple[CopyPiece, ...]:
    return (CopyPiece(text=text, template=template),) if text else ()


def _values(steps: Sequence[Step], record: Record | None) -> tuple[tuple[str, str], ...]:
    """What each name stood for when the block was run: a later block may catch another value."""
    names = dict.fromkeys(name for step in steps for name in step.action.captured_names)
    used = {step.index: step.action.captured_names for step in steps}
    known: dict[str, str] = {}
    found: dict[str, str] = {}
    for result in record.result.steps if record is not None else ():
        for name in used.get(result.index, ()):
            found.setdefault(name, known.get(name, ""))
        known.update(result.captures)
    return tuple((name, found.get(name, "")) for name in names)


def _why_alone(step: Step, ran: StepResult | None, walk: Walk) -> str:
    if step.user is not None:
        return f"is typed by another account, {step.user}"
    if step.session != walk.steps[0].session:
        return f"is typed in another terminal window, “{step.session}”"
    return oddity(step, ran) or ""


def _pieces(pairs: Iterable[tuple[Step, StepResult | None]], *, has_values: bool) -> Iterator[CopyPiece]:
    """The commands of a block, in pieces: a paste ends where another shell takes over."""
    texts: list[str] = []
    templates: list[str] = []
    for step, ran in pairs:
        if not isinstance(step.action, TypeCommand) or ran is None:
            continue
        texts.append(ran.command_sent)
        templates.append(step.action.command)
        if oddity(step, ran) is not None:
            yield from _one("\n".join(texts), "\n".join(templates) if has_values else "")
            texts, templates = [], []
    yield from _one("\n".join(texts), "\n".join(templates) if has_values else "")


def _file_copying(
    view: BlockView, steps: Sequence[Step], values: tuple[tuple[str, str], ...], alone: str
) -> Copying:
    action = steps[0].action if steps else None
    if not isinstance(action, EditFile) or action.source is not None:
        return Copying(pieces=_one(view.copy_text), alone=alone or "is a file to download")
    template = action.content if values else ""
    as_written = replace(action, captured_names=())
    filled = replace(as_written, path=_filled(action.path, values), content=_filled(action.content, values))
    try:
        paste = CopyPiece(
            text=file_code(filled).rstrip("\n"),
            template=file_code(as_written).rstrip("\n") if values else "",
        )
    except UnscriptedError:
        return Copying(pieces=_one(view.copy_text, template), values=values, alone=alone)
    return Copying(pieces=_one(view.copy_text, template), values=values, alone=alone, paste=paste)


def _filled(text: str, values: tuple[tuple[str, str], ...]) -> str:
    for name, value in values:
        text = text.replace(f"[[{name}]]", value or f"[[{name}]]")
    return text


# -- as HTML


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
