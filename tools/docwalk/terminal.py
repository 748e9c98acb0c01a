r"""Terminal: what a pty gave, turned into the lines a reader sees.

Input: raw bytes of a terminal of `columns` x `rows`; output: `OutputLine`s with their renditions. A line here
is a *logical* line: what the terminal wraps at its last column is joined again, as when a reader copies it.
Tabs are the blanks a terminal shows for them; blanks at the end of a line are dropped, since nobody sees
them and editors remove them from sources. What a full-screen program drew on the alternate screen is a
picture of its own (`render_screen`). Lines without cursor movement never enter the emulator (pyte).
"""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final
from unicodedata import combining

import pyte
from pyte import modes
from wcwidth import wcwidth

from docwalk.results import OutputLine, Style, StyledText

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyte.screens import Char

COLUMNS: Final = 100
"""Width of a reader's terminal."""
ROWS: Final = 24
"""Height of a reader's terminal."""

_ALTERNATE = re.compile(r"\x1b\[\?(?:1049|1047|47)(h|l)")
# How programs leave the alternate screen; a newline on its last row (vim) would scroll the picture away.
_LEAVING = re.compile(r"(?:[\r\n]|\x1b\[[0-9;?>]*[A-Za-z]|\x1b[>=])+\Z")
# C1 controls: the two that matter in the spelling that the rest knows.
_C1: Final = {**dict.fromkeys(range(0x80, 0xA0)), 0x9B: "\x1b[", 0x9D: "\x1b]"}
# Other controls that show nothing; pyte 0.8.2 drops the rest of the text after one.
_UNSEEN = re.compile(r"[\x01-\x06\x10-\x1a\x1c-\x1f]+")
_ESCAPE = re.compile(
    r"""
      \x1b\] [^\x07\x1b\n]* (?: \x07 | \x1b\\ | (?=[\x1b\n]) | \Z )       # titles, links
    | \x1b[PX^_] [^\x1b]* (?: \x1b\\ | \Z )                                # strings to the device
    | \x1b\[ (?P<parameters>[0-?]*) (?P<between>[ -/]*) (?P<final>[@-~])
    | (?P<short> \x1b[78DEHMc] )
    | \x1b (?: \[ [?0-9;]* | [()#]? [^\x1b]? )                             # character sets, broken ones
    """,
    re.VERBOSE | re.DOTALL,
)
_PARAMETERS = re.compile(r"\??[0-9;]*")
_PRIVATE_FINALS: Final = "hlJK"
_COUNTED_FINALS: Final = {**dict.fromkeys("@ABCDEFGIJKLMPSTXZ`acdegn", 1), "H": 2, "f": 2, "r": 2}
_ERASES: Final = {"J": {"", "0", "1", "2", "3"}, "K": {"", "0", "1", "2"}}
_RESIZING_MODE: Final = "3"  # DECCOLM makes pyte 132 columns wide; xterm ignores it unless told otherwise

# A fresh line the cursor only moves right on: text, tabs, colours, and an erase of the (empty) rest.
_SIMPLE = re.compile(r"(?:[^\x00-\x08\x0a-\x1f\x7f-\x9f]|\x1b\[[0-9;]*m|\x1b\[0?K)*")
_SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([mK])")
_LINE_END = re.compile(r"\r+\n")
_TAB_STOP: Final = 8
_PLAIN: Final = Style()


def render_terminal(raw: bytes, *, columns: int = COLUMNS, rows: int = ROWS) -> tuple[OutputLine, ...]:
    r"""The lines `raw` leaves on a terminal and in its scroll-back, without the alternate screen.

    An output that does not end in a newline has its last line all the same; `\n` without `\r` moves down
    only, as on any terminal. Bytes that are no UTF-8 become U+FFFD.
    """
    text = _decode(raw)
    if "\x1b" not in text:
        lines = _LINE_END.split(text)
        if all(_is_simple(line) for line in lines):
            return _plain_lines(lines)  # most output is so; an emulator costs more than all of it
    page = _Page(columns, rows)
    page.write(_clean("".join(_split_screens(text)[0])))
    return page.lines()


def render_screen(raw: bytes, *, columns: int = COLUMNS, rows: int = ROWS) -> tuple[OutputLine, ...]:
    """The last picture on the alternate screen, before it was left or now; empty if `raw` never used it."""
    pictures = _split_screens(_decode(raw))[1]
    if not pictures:
        return ()
    screen = _Screen(columns, rows)
    pyte.Stream(screen).feed(_clean(pictures[-1]))
    drawn = [_to_line([screen.buffer[row]], columns) for row in range(rows)]
    return _without_blank_end(drawn)


def render_output(raw: bytes, *, columns: int = COLUMNS, rows: int = ROWS) -> tuple[OutputLine, ...]:
    """What a reader saw of a command: a full-screen program's last picture, then the lines left behind."""
    return (
        *render_screen(raw, columns=columns, rows=rows),
        *render_terminal(raw, columns=columns, rows=rows),
    )


def visible_screen(raw: bytes, *, columns: int = COLUMNS, rows: int = ROWS) -> tuple[OutputLine, ...]:
    """What stands on the terminal right now: the alternate screen where it is on, else the last rows."""
    last = deque(_ALTERNATE.finditer(_decode(raw)), maxlen=1)
    if last and last[0][1] == "h":
        return render_screen(raw, columns=columns, rows=rows)
    return render_terminal(raw, columns=columns, rows=rows)[-rows:]


def cursor_position(raw: bytes, *, columns: int = COLUMNS, rows: int = ROWS) -> tuple[int, int]:
    """Row and column of the cursor, from 1, after `raw` on an empty terminal."""
    screen = _Screen(columns, rows)
    pyte.Stream(screen).feed(_clean(_decode(raw)))
    return screen.cursor.y + 1, min(screen.cursor.x, columns - 1) + 1


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _split_screens(text: str) -> tuple[list[str], list[str]]:
    """Text of the main screen, and the pictures drawn on the alternate one, each in order."""
    pieces = _ALTERNATE.split(text)
    main = [pieces[0]]
    pictures: list[str] = []
    is_alternate = False
    for switch, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if switch == "l":
            main.append(piece)
            if is_alternate:
                pictures[-1] = _LEAVING.sub(_without_newlines, pictures[-1])
        elif is_alternate:
            pictures[-1] += piece
        else:
            pictures.append(piece)
        is_alternate = switch == "h"
    return main, pictures


def _without_newlines(match: re.Match[str]) -> str:
    return match[0].replace("\n", "")


def _clean(text: str) -> str:
    """Remove what pyte 0.8 does not know and would show as text or fail on."""
    if not text.isascii():
        text = text.translate(_C1)
    text = _UNSEEN.sub("", text)
    return _ESCAPE.sub(_keep_known, text) if "\x1b" in text else text


def _keep_known(match: re.Match[str]) -> str:
    """An escape sequence as pyte takes it; empty for one it does not take."""
    parameters, final = match["parameters"], match["final"]
    if final is None:
        return match["short"] or ""
    if match["between"] or _PARAMETERS.fullmatch(parameters) is None:
        return ""
    numbers = parameters.removeprefix("?").split(";")
    is_private = parameters.startswith("?")
    if is_private and (final not in _PRIVATE_FINALS or _RESIZING_MODE in numbers):
        return ""
    if final in _ERASES and numbers[0] not in _ERASES[final]:
        return ""
    if final in _COUNTED_FINALS:
        numbers = numbers[: _COUNTED_FINALS[final]]
    elif final not in "hlm":
        return ""
    return f"\x1b[{'?' if is_private else ''}{';'.join(number[:4] for number in numbers)}{final}"


class _Screen(pyte.Screen):
    """A pyte screen that keeps what scrolls away and knows which lines it wrapped.

    A row that goes on in the next one has a cell one past the last column.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.scrolled: list[Mapping[int, Char]] = []
        self._is_drawing = False
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        if not data.isascii():
            # pyte 0.8.2 drops the rest of the text after a character without width (joiners, selectors).
            data = "".join(char for char in data if wcwidth(char) > 0 or combining(char))
        self._is_drawing = True
        super().draw(data)
        self._is_drawing = False

    def linefeed(self) -> None:
        if self._is_drawing:
            self.buffer[self.cursor.y][self.columns] = self.cursor.attrs
        super().linefeed()

    def index(self) -> None:
        if self.margins is None and self.cursor.y == self.lines - 1:
            self.scrolled.append(self.buffer[0])
        super().index()

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:  # noqa: FBT001, FBT002 - pyte's
        super().erase_in_line(how, private)
        if how != 1:
            self.buffer[self.cursor.y].pop(self.columns, None)  # its end is erased, so it does not go on

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        super().erase_in_display(how, *args, **kwargs)
        if how == 3:  # noqa: PLR2004 - the number in the control sequence: erase the scroll-back
            self.scrolled.clear()

    def report_device_status(self, mode: int, **kwargs: object) -> None:
        """Answer nothing: the output is over when it is rendered."""

    def is_fresh(self) -> bool:
        """Whether the cursor stands before an empty line below everything, with nothing unusual set."""
        usual = modes.DECAWM in self.mode and modes.IRM not in self.mode and modes.DECOM not in self.mode
        if self.cursor.x != 0 or self.margins is not None or not usual or modes.LNM in self.mode:
            return False
        return all(_is_blank(self.buffer[row]) for row in range(self.cursor.y, self.lines))

    def take_rows(self) -> list[Mapping[int, Char]]:
        """Every row above the cursor's, and those below it that show something; the screen is empty then."""
        used = self.cursor.y
        for row in range(self.lines):
            if row >= used and not _is_blank(self.buffer[row]):
                used = row + 1
        taken = [*self.scrolled, *(self.buffer[row] for row in range(used))]
        self.scrolled = []
        self.buffer.clear()
        self.cursor.x = self.cursor.y = 0
        return taken


class _Page:
    """Lines as they come; simple ones of the last screenful wait: something may move up into them."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = _Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._done: list[OutputLine] = []
        self._waiting: deque[tuple[Char, str, OutputLine]] = deque()
        self._is_fresh = True
        self._is_empty = True

    def write(self, text: str) -> None:
        """Take all of the output."""
        *whole, rest = _LINE_END.split(text)
        for line in whole:
            if self._is_fresh and _is_simple(line):
                self._write_simple(line)
            else:
                self._emulate(line + "\r\n")
        if self._is_fresh and _is_simple(rest):
            self._waiting.append((self._screen.cursor.attrs, rest, self._render_simple(rest)))
            if not self._waiting[-1][2].runs:
                self._waiting.pop()
        else:
            self._emulate(rest)

    def lines(self) -> tuple[OutputLine, ...]:
        """All lines, top first."""
        self._flush()
        self._done.extend(line for _, _, line in self._waiting)
        self._waiting.clear()
        return tuple(self._done)

    def _write_simple(self, line: str) -> None:
        screen = self._screen
        self._waiting.append((screen.cursor.attrs, line, self._render_simple(line)))
        if len(self._waiting) > screen.lines:
            self._flush()
            self._done.append(self._waiting.popleft()[2])

    def _render_simple(self, line: str) -> OutputLine:
        if "\x1b" not in line:
            text = line.expandtabs(_TAB_STOP).rstrip()
            style = _style_of(self._screen.cursor.attrs)
            return OutputLine(runs=(StyledText(text=text, style=style),) if text else ())
        pieces = _SEQUENCE.split(line)
        runs = [(pieces[0], _style_of(self._screen.cursor.attrs))]
        for numbers, final, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            if final == "m":
                codes = [min(int(code or 0), 9999) for code in numbers.split(";")]
                self._screen.select_graphic_rendition(*codes)
            runs.append((text, _style_of(self._screen.cursor.attrs)))
        return _joined(runs)

    def _emulate(self, text: str) -> None:
        for attributes, line, _ in self._waiting:
            self._screen.cursor.attrs = attributes
            self._stream.feed(line + "\r\n")
        self._waiting.clear()
        self._stream.feed(text)
        self._is_empty = False
        self._is_fresh = self._screen.is_fresh()

    def _flush(self) -> None:
        if self._is_empty:
            return
        self._is_empty = True
        rows = self._screen.take_rows()
        logical: list[Mapping[int, Char]] = []
        for row in rows:
            logical.append(row)
            if self._screen.columns not in row:
                self._done.append(_to_line(logical, self._screen.columns))
                logical = []
        if logical:
            self._done.append(_to_line(logical, self._screen.columns))


def _plain_lines(lines: list[str]) -> tuple[OutputLine, ...]:
    """Lines of text and tabs only; what follows the last newline counts if it shows something."""
    shown = [OutputLine.plain(line.expandtabs(_TAB_STOP).rstrip()) for line in lines]
    return tuple(shown if shown[-1].runs else shown[:-1])


def _is_simple(line: str) -> bool:
    """Whether no emulator is needed for a fresh line; tabs are counted here in plain ASCII only."""
    if "\t" in line and ("\x1b" in line or not line.isascii()):
        return False
    return _SIMPLE.fullmatch(line) is not None


def _is_blank(row: Mapping[int, Char]) -> bool:
    return all(char.data in {" ", ""} for char in row.values())


def _to_line(rows: Iterable[Mapping[int, Char]], columns: int) -> OutputLine:
    cells: list[Char] = []
    for row in rows:
        last = columns - 1 if columns in row else max((x for x in row if x < columns), default=-1)
        cells.extend(row[x] for x in range(last + 1))
    return _joined((char.data, _style_of(char)) for char in cells)


@lru_cache(maxsize=4096)
def _rendition(fg: str, bg: str, flags: tuple[bool, bool, bool, bool]) -> Style:
    bold, italics, underscore, reverse = flags
    style = Style(
        foreground=None if fg == "default" else fg,
        background=None if bg == "default" else bg,
        bold=bold,
        italics=italics,
        underscore=underscore,
        reverse=reverse,
    )
    return _PLAIN if style == _PLAIN else style


def _style_of(char: Char) -> Style:
    return _rendition(char.fg, char.bg, (char.bold, char.italics, char.underscore, char.reverse))


def _joined(pieces: Iterable[tuple[str, Style]]) -> OutputLine:
    """Neighbours of one rendition as one run, blanks at the end dropped."""
    runs = [
        StyledText(text="".join(text for text, _ in group), style=style)
        for style, group in groupby((piece for piece in pieces if piece[0]), key=itemgetter(1))
    ]
    while runs:
        text = runs[-1].text.rstrip()
        if text:
            runs[-1] = StyledText(text=text, style=runs[-1].style)
            break
        runs.pop()
    return OutputLine(runs=tuple(runs))


def _without_blank_end(lines: list[OutputLine]) -> tuple[OutputLine, ...]:
    while lines and not lines[-1].runs:
        lines.pop()
    return tuple(lines)
