"""What a reader copies of one block, from what was sent to a shell. Pure.

Where a walk recorded the block, the commands are as they were sent, at the record's step boundaries.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docwalk.document import BlockKind
from docwalk.plan import EditFile, TypeCommand
from docwalk.script.captures import UnscriptedError
from docwalk.script.files import file_code
from docwalk.script.make import oddity
from docwalk.sphinx_ext.copy_pieces import Copying, CopyPiece, one_piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from docwalk.plan import Step, Walk
    from docwalk.record import Record
    from docwalk.results import StepResult
    from docwalk.sphinx_ext.view import BlockView


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
        return Copying(pieces=one_piece(view.copy_text))
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
        return Copying(pieces=one_piece(view.copy_text), values=values, alone=alone, typing=typing)
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
            yield from one_piece("\n".join(texts), "\n".join(templates) if has_values else "")
            texts, templates = [], []
    yield from one_piece("\n".join(texts), "\n".join(templates) if has_values else "")


def _file_copying(
    view: BlockView, steps: Sequence[Step], values: tuple[tuple[str, str], ...], alone: str
) -> Copying:
    action = steps[0].action if steps else None
    if not isinstance(action, EditFile) or action.source is not None:
        return Copying(pieces=one_piece(view.copy_text), alone=alone or "is a file to download")
    template = action.content if values else ""
    as_written = replace(action, captured_names=())
    filled = replace(as_written, path=_filled(action.path, values), content=_filled(action.content, values))
    try:
        paste = CopyPiece(
            text=file_code(filled).rstrip("\n"),
            template=file_code(as_written).rstrip("\n") if values else "",
        )
    except UnscriptedError:
        return Copying(pieces=one_piece(view.copy_text, template), values=values, alone=alone)
    return Copying(pieces=one_piece(view.copy_text, template), values=values, alone=alone, paste=paste)


def _filled(text: str, values: tuple[tuple[str, str], ...]) -> str:
    for name, value in values:
        text = text.replace(f"[[{name}]]", value or f"[[{name}]]")
    return text
