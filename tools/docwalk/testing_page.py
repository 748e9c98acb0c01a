"""For tests: a built page as its reader sees it: blocks in order, for a choice of tabs, and what they offer.

Input: HTML of our own making; output: `PastedBlock`s. Only what a reader could see is taken from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FILE_CAPTIONS = {
    "File ": "create",
    "Add to the end of ": "append",
    "Changes to ": "patch",
}
_CONTROL = re.compile(r"press Ctrl-([A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedBlock:
    """One block, as a reader uses it."""

    id: str
    """Its id, to say where something went wrong."""
    window: str
    """The terminal window that its caption names; `main` where it names none."""
    user: str | None
    """The account that its caption names."""
    pieces: tuple[tuple[str, str], ...]
    """What its buttons copy: template, empty where there is none, and text."""
    path: str
    """Of a file: its path; else empty."""
    file_mode: str
    """Of a file: `create`, `append`, `check` or `patch`; else empty."""
    download: bytes | None
    """The file it offers for download."""
    afterwards: tuple[str, ...]
    """Commands that its note says to type after a file is written."""
    typing: tuple[tuple[str, bytes], ...]
    """What its note says to type: after which text, and what."""
    keeps_running: bool
    """Whether its note says that the command keeps running."""
    logs_in_again: bool
    """Whether its note says to log in again before."""
    stop_keys: bytes
    """What its note says to press in the window where a command runs."""


def read_blocks(path: Path, choices: Mapping[str, str]) -> tuple[PastedBlock, ...]:
    """The blocks of a page that are shown to a reader with some choices.

    Args:
        path: the HTML file.
        choices: label by axis; of other axes the first label.
    """
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for tabs in soup.select(".dw-tabs"):
        if tabs.decomposed:
            continue  # within a panel that is not shown
        panels = [child for child in tabs.find_all("div", recursive=False) if "dw-panel" in child["class"]]
        labels = [panel["data-dw-label"] for panel in panels]
        wanted = choices.get(str(tabs["data-dw-axis"]))
        shown = labels.index(wanted) if wanted in labels else 0
        for at, panel in enumerate(panels):
            if at != shown:
                panel.decompose()
    return tuple(_block(element, path) for element in soup.select(".dw[data-dw-block]"))


def _block(element: Tag, path: Path) -> PastedBlock:
    caption = _text(element.select_one(".dw-caption"))
    notes = element.select(".dw-note")
    said = " ".join(note.get_text() for note in notes)
    is_file = "dw-file" in element["class"]
    mode = next((mode for lead, mode in _FILE_CAPTIONS.items() if caption.startswith(lead)), "")
    if caption.endswith(", as it is"):
        mode = "check"
    code = element.select_one(".dw-caption code")
    link = element.select_one(".dw-note a[download]")
    stop = _CONTROL.search(said) if "In the window where it runs" in said else None
    window = re.search(r"window “(.+)”", caption)
    who = re.match(r"Terminal, (?!window)([\w.-]+)", caption)
    return PastedBlock(
        id=str(element["data-dw-block"]),
        window=window[1] if window else "main",
        user=who[1] if who else None,
        pieces=tuple(
            (str(button.get("data-dw-template", "")), str(button["data-dw-copy"]))
            for button in element.select(".dw-copy")
        ),
        path=_text(code) if is_file else "",
        file_mode=mode if is_file else "",
        download=(path.parent / str(link["href"])).read_bytes() if link is not None else None,
        afterwards=tuple(re.findall(r"set its permissions: (chmod .+?)\.(?: |$)", said)),
        typing=tuple(_typing(element.select_one(".dw-typing"))),
        keeps_running="This command keeps running" in said,
        logs_in_again="Log out and in again before this" in said,
        stop_keys=bytes([ord(stop[1]) - 64]) if stop else b"",
    )


def _text(element: Tag | None) -> str:
    return element.get_text() if element is not None else ""


def _typing(note: Tag | None) -> Iterator[tuple[str, bytes]]:
    """What a note says to type or to press, in order."""
    text = str(note.decode_contents()) if note is not None else ""
    code = r"<code>(.*?)</code>"
    sentence = rf"(?:When it shows {code}, (type|press)|Then (press)) ((?:{code}(?:, )?)+)"
    for found in re.finditer(sentence, text):
        codes = [unescape(each) for each in re.findall(code, found[4])]
        when = unescape(found[1] or "")
        if found[2] == "type":
            yield when, codes[0].encode() + b"\r"
        else:
            yield when, b"".join(_key(code) for code in codes)


def _key(name: str) -> bytes:
    names = {"Enter": b"\r", "Space": b" ", "Esc": b"\x1b", "Tab": b"\t", "Down": b"\x1b[B", "Up": b"\x1b[A"}
    if name.startswith("Ctrl-"):
        return bytes([ord(name[5:]) & 31])
    return names.get(name, name.encode())
