"""Results ⇄ JSON values: compact styled lines, and a reader that says where a value is wrong.

A line without any rendition is a string; any other is a list of runs, each a string or `[text, style]`, the
style holding only what differs from the terminal's default. A line of standard error is `{"stderr": line}`.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Never

from docwalk.results import Outcome, OutputLine, StepResult, Style, StyledText, WalkResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PLAIN = Style()
_LEFT_OUT, _LINE = "left_out", "line"  # keys of a line that stands for others
_ERROR = "stderr"  # key of a line that came from standard error
_UNSEEN = "unseen"
_TOO_LARGE = 1e15
_YEARS = range(1970, 9000)
# As pyte names them, one of them misspelt (0.8.2, pyte/graphics.py).
_COLOUR = re.compile(r"(bright)?(black|red|green|brown|blue|magenta|cyan|white)|bfightmagenta|[0-9a-f]{6}")
_FLAGS = tuple(field.name for field in fields(Style) if field.type == "bool")


class MalformedError(ValueError):
    """JSON that is no record; the message says where."""


class Reader:
    """Typed access to one JSON object; every mistake is a `MalformedError` naming its place."""

    def __init__(self, value: object, where: str = "") -> None:
        self.where = where
        if not isinstance(value, dict):
            raise MalformedError(f"{f'`{where}`' if where else 'the file'} is no JSON object")
        self.value: dict[str, object] = value

    @classmethod
    def parse(cls, text: str) -> Reader:
        """The object that the text of a file is.

        Raises:
            MalformedError: it is none.
        """
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise MalformedError(f"no JSON: {error}") from error
        return cls(value)

    def text(self, key: str) -> str:
        """A string."""
        value = self._get(key)
        return value if isinstance(value, str) else self._wrong(key, "text")

    def optional_text(self, key: str) -> str | None:
        """A string or null."""
        return None if self._get(key) is None else self.text(key)

    def integer(self, key: str) -> int:
        """A whole number."""
        value = self._get(key)
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        return value if is_integer and isinstance(value, int) else self._wrong(key, "a whole number")

    def optional_integer(self, key: str) -> int | None:
        """A whole number or null."""
        return None if self._get(key) is None else self.integer(key)

    def number(self, key: str) -> float:
        """A number."""
        value = self._get(key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and isinstance(value, int | float) and abs(value) < _TOO_LARGE:  # NaN is not, either
            return float(value)
        return self._wrong(key, "a number")

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._get(key)
        return value if isinstance(value, bool) else self._wrong(key, "true or false")

    def time(self, key: str) -> str:
        """A time with its zone, ISO 8601."""
        text = self.text(key)
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            self._wrong(key, "a time with its zone")
        if when.tzinfo is None:
            self._wrong(key, "a time with its zone")
        # Years between which a zone or some days more lead to no date that there is not.
        return text if when.year in _YEARS else self._wrong(key, "a time of our days")

    def integers(self, key: str, *, count: int) -> tuple[int, ...]:
        """So many whole numbers."""
        values = self._list(key)
        numbers = tuple(value for value in values if isinstance(value, int))
        if len(values) != count or len(numbers) != count:
            self._wrong(key, f"{count} whole numbers")
        return numbers

    def mapping(self, key: str) -> Mapping[str, object]:
        """An object with values of any kind."""
        return self.table(key).value

    def texts(self, key: str) -> Mapping[str, str]:
        """An object with strings."""
        table = self.table(key)
        return {name: table.text(name) for name in table.value}

    def table(self, key: str) -> Reader:
        """An object."""
        return Reader(self._get(key), self._place(key))

    def tables(self, key: str) -> Iterator[Reader]:
        """A list of objects."""
        for index, value in enumerate(self._list(key)):
            yield Reader(value, f"{self._place(key)}[{index}]")

    def lines(self, key: str) -> tuple[OutputLine, ...]:
        """Lines as `line_to_json` gives them."""
        try:
            return tuple(line_from_json(line) for line in self._list(key))
        except (TypeError, ValueError):
            self._wrong(key, "lines of output")

    def _list(self, key: str) -> list[object]:
        value = self._get(key)
        return value if isinstance(value, list) else self._wrong(key, "a list")

    def _get(self, key: str) -> object:
        if key not in self.value:
            raise MalformedError(f"`{self._place(key)}` is missing")
        return self.value[key]

    def _place(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def _wrong(self, key: str, wanted: str) -> Never:
        shown = repr(self.value[key])
        shown = f"{shown[:40]}…" if len(shown) > 41 else shown  # noqa: PLR2004 - no longer than itself
        raise MalformedError(f"`{self._place(key)}` must be {wanted}, found {shown}")


def line_to_json(line: OutputLine) -> object:
    """A line, compactly."""
    if line.left_out:
        return {_LEFT_OUT: line.left_out, _LINE: line_to_json(replace(line, left_out=0))}
    if line.is_error:
        return {_ERROR: line_to_json(replace(line, is_error=False))}
    if line.is_typed_unseen:
        return {_UNSEEN: line_to_json(replace(line, is_typed_unseen=False))}
    runs = [_run_to_json(run) for run in line.runs]
    if all(isinstance(run, str) for run in runs):
        return line.text
    return runs


def _run_to_json(run: StyledText) -> object:
    if run.style == _PLAIN:
        return run.text
    style = {name: value for name, value in asdict(run.style).items() if value}
    return [run.text, style]


def line_from_json(value: object) -> OutputLine:
    """The line that `line_to_json` wrote; neighbouring plain runs are one.

    Raises:
        ValueError: it did not write that.
    """
    if isinstance(value, dict) and set(value) == {_LEFT_OUT, _LINE}:
        count = value[_LEFT_OUT]
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise ValueError("no number of lines")
        return replace(line_from_json(value[_LINE]), left_out=count)
    if isinstance(value, dict) and set(value) == {_ERROR}:
        return replace(line_from_json(value[_ERROR]), is_error=True)
    if isinstance(value, dict) and set(value) == {_UNSEEN}:
        return replace(line_from_json(value[_UNSEEN]), is_typed_unseen=True)
    if isinstance(value, str):
        return OutputLine(runs=(StyledText(text=value, style=_PLAIN),) if value else ())
    if not isinstance(value, list):
        raise ValueError("no line")  # noqa: TRY004 - part of one grammar, as all that is wrong here
    return OutputLine(runs=tuple(_run_from_json(run) for run in value))


def _run_from_json(value: object) -> StyledText:
    if isinstance(value, str):
        return StyledText(text=value, style=_PLAIN)
    match value:
        case [str(text), dict(style)] if all(
            isinstance(entry, bool)
            if name in _FLAGS
            else isinstance(entry, str) and _COLOUR.fullmatch(entry) is not None
            for name, entry in style.items()
        ):
            return StyledText(text=text, style=Style(**style))
        case _:
            raise ValueError("no run of characters")


def result_to_json(result: WalkResult) -> dict[str, object]:
    """A walk's result without raw bytes."""
    return {
        "walk_name": result.walk_name,
        "started_at": result.started_at,
        "elapsed_s": round(result.elapsed_s, 3),
        "environment_digest": result.environment_digest,
        "manifest": dict(result.manifest),
        "mode": result.mode,
        "terminal": dict(result.terminal),
        "steps": [_step_to_json(step) for step in result.steps],
    }


def _step_to_json(step: StepResult) -> dict[str, object]:
    return {
        "index": step.index,
        "block_id": step.block_id,
        "outcome": step.outcome.value,
        "detail": step.detail,
        "command_sent": step.command_sent,
        "lines": [line_to_json(line) for line in step.lines],
        "exit_status": step.exit_status,
        "screen": [line_to_json(line) for line in step.screen],
        "started_s": round(step.started_s, 3),
        "elapsed_s": round(step.elapsed_s, 3),
        "captures": dict(step.captures),
    }


def result_from_json(data: Reader) -> WalkResult:
    """The result that `result_to_json` wrote.

    Raises:
        MalformedError: it did not write that.
    """
    return WalkResult(
        walk_name=data.text("walk_name"),
        started_at=data.time("started_at"),
        elapsed_s=data.number("elapsed_s"),
        environment_digest=data.text("environment_digest"),
        manifest=data.mapping("manifest"),
        mode=data.text("mode"),
        terminal=data.texts("terminal"),
        steps=tuple(_step_from_json(step) for step in data.tables("steps")),
    )


def _step_from_json(step: Reader) -> StepResult:
    outcome = step.text("outcome")
    known = [each.value for each in Outcome]
    if outcome not in known:
        raise MalformedError(f"`{step.where}.outcome` must be one of {', '.join(known)}, found `{outcome}`")
    return StepResult(
        index=step.integer("index"),
        block_id=step.text("block_id"),
        outcome=Outcome(outcome),
        detail=step.text("detail"),
        command_sent=step.text("command_sent"),
        lines=step.lines("lines"),
        exit_status=step.optional_integer("exit_status"),
        screen=step.lines("screen"),
        started_s=step.number("started_s"),
        elapsed_s=step.number("elapsed_s"),
        captures=step.texts("captures"),
    )
