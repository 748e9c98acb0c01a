"""One page as plain Markdown: directives become what any forge shows, blocks what was recorded of them.

Commands are exactly those of the page. Tabs become details with their labels, notes become quotes, files get
a caption; what a reader has to know of a block (not run, failing) stands below it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from docwalk.document import BlockKind
from docwalk.export.fences import Line, LineFence, fence_around, split
from docwalk.markup.directives import (
    CODE_DIRECTIVES,
    EXAMPLE_DIRECTIVE,
    FAILS_DIRECTIVE,
    LEXER_NAMES,
    SET_DIRECTIVES,
    TAB_DIRECTIVES,
    count_option_lines,
)
from docwalk.sphinx_ext.dates import day
from docwalk.sphinx_ext.faces import is_evidence
from docwalk.sphinx_ext.pages import count_statuses, newest
from docwalk.sphinx_ext.plain import screen_text, status_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docwalk.sphinx_ext.pages import PageFacts
    from docwalk.sphinx_ext.view import BlockView

_ADMONITIONS: Final = {
    **{name: name.capitalize() for name in ("note", "tip", "hint", "important", "warning", "caution")},
    **{name: name.capitalize() for name in ("attention", "danger", "error", "exercise")},
    "seealso": "See also",
    "admonition": "",
}
_FOLDED: Final = {"solution": "Solution", "dropdown": ""}
_LEFT_OUT: Final = frozenset({"toctree", "contents"})
_OF_THE_SITE: Final = "docwalk-"
"""What directives begin with that show the site's own facts."""
_CODE_LANGUAGES: Final = {
    **dict.fromkeys(CODE_DIRECTIVES, ""),
    EXAMPLE_DIRECTIVE: "md",
    FAILS_DIRECTIVE: "diff",
    "math": "math",
    "mermaid": "mermaid",
}
_LINK: Final = re.compile(r"(?<=\]\()(?P<target>[^()\s]+)(?=(?:\s+\"[^\"]*\")?\))")
_TARGET: Final = re.compile(r"\((?P<name>[^()\s]+)\)=\s*")
_ROLE: Final = re.compile(r"\{(?P<name>[a-z][a-z:-]*)\}`(?P<text>[^`]+)`")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_CODE: Final = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedBlock:
    """The fence of one block."""

    line: int
    """Line of the page at which the block begins, from 1."""
    info: str
    """Its info string."""
    text: str
    """What is in it, without the last newline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One page."""

    text: str
    """All of the file."""
    blocks: tuple[ExportedBlock, ...]
    """Its blocks, in order."""
    remarks: tuple[str, ...]
    """What could not be put into plain Markdown, each with its line."""


def export_page(
    text: str,
    *,
    shown_path: str,
    views: Mapping[int, BlockView],
    facts: PageFacts,
    link: Callable[[str], str],
    site_url: str,
) -> Exported:
    """A page in plain Markdown.

    Args:
        text: its source, values of the site put in, line for line.
        shown_path: its path, as people know it.
        views: its blocks, by the line of their fences.
        facts: what is known of its walks.
        link: what becomes of a relative link.
        site_url: where the page is published; may be empty.
    """
    lines = [
        Line(number=at, text=each) for at, each in enumerate(text.removesuffix("\n").split("\n"), start=1)
    ]
    exporter = _Exporter(views, link)
    body = exporter.converted(_without_front_matter(lines))
    title = next((at for at, each in enumerate(body) if each.startswith("# ")), -1)
    body[title + 1 : title + 1] = ["", status_line(facts, shown_path=shown_path, site_url=site_url)]
    head = f"<!-- Written by `docwalk export` from {shown_path}: change that file, not this one. -->"
    return Exported(
        text="\n".join([head, "", *body]).rstrip("\n") + "\n",
        blocks=tuple(exporter.blocks),
        remarks=tuple(exporter.remarks),
    )


def status_line(facts: PageFacts, *, shown_path: str, site_url: str) -> str:
    """What was run of a page, and when; a quote below its title."""
    counts = ", ".join(f"{number} {status.value}" for status, number in count_statuses([facts]).items())
    latest = newest([facts])
    where = sorted({walk.environment for walk in facts.walks if walk.started_at})
    said = f"{counts or 'none'}."
    said += f" Last run {day(latest)}, in {', '.join(where)}." if latest else " Never run."
    url = site_url.rstrip("/")
    proof = f" [The page with its proof]({url}/{facts.docname}.html)." if url else ""
    return f"> Blocks of `{shown_path}`: {said}{proof}"


class _Exporter:
    """Converts lines, and those within fences."""

    def __init__(self, views: Mapping[int, BlockView], link: Callable[[str], str]) -> None:
        self.blocks: list[ExportedBlock] = []
        self.remarks: list[str] = []
        self._views = views
        self._link = link
        self._is_first_tab = False

    def converted(self, lines: Sequence[Line]) -> list[str]:
        """Some lines of Markdown, without two blank lines in a row where something was left out."""
        found: list[str] = []
        for piece in split(lines):
            new = self._prose(piece) if isinstance(piece, Line) else self._fence(piece)
            is_quoted = new and new[0].lstrip().startswith(("> **", "<details"))
            if is_quoted and found and found[-1].strip():
                found.append("")  # or it would be part of what stands before it
            if new and not new[0] and (not found or not found[-1]):
                new = new[1:]
            found += new
        return found

    def _prose(self, line: Line) -> list[str]:
        target = _TARGET.fullmatch(line.text)
        if target is not None:
            return [f'<a id="{target["name"]}"></a>']
        if line.text.startswith("%") or line.text.strip() == "+++":
            return []
        pieces: list[str] = []
        end = 0
        for code in _CODE.finditer(line.text):
            if line.text[: code.start()].endswith("}"):
                continue  # the text of a role
            pieces += [self._inline(line.text[end : code.start()]), code[0]]
            end = code.end()
        return ["".join([*pieces, self._inline(line.text[end:])])]

    def _inline(self, text: str) -> str:
        text = _ROLE.sub(self._role, text)
        return _LINK.sub(lambda found: self._target(found["target"]), text)

    def _target(self, target: str) -> str:
        if target.startswith(("#", "<")) or _SCHEME.match(target):
            return target
        return self._link(target)

    def _role(self, found: re.Match[str]) -> str:
        said, _, target = found["text"].rpartition("<")
        label = (said or target).strip(" ")
        if found["name"] in {"doc", "ref", "any"} and said:
            return f"[{label}]({target.rstrip('>')}{'.md' if found['name'] == 'doc' else ''})"
        return label if found["name"] in {"term", "abbr", "doc", "ref", "any"} else f"`{label}`"

    def _fence(self, fence: LineFence) -> list[str]:
        name, argument = fence.directive
        view = self._views.get(fence.number)
        if view is not None and name == "code-tab":
            inside = self._code_tab(argument, self._block(view))
        elif view is not None:
            inside = self._block(view)
        elif not name:
            if fence.marker[0] != ":":
                return [line.text for line in fence.raw]
            inside = self.converted(fence.body)
        else:
            inside = self._directive(name, argument, fence)
        return _indented(inside, fence)

    def _directive(self, name: str, argument: str, fence: LineFence) -> list[str]:
        count = count_option_lines([line.text for line in fence.body])
        body = fence.body[count:]
        texts = [line.text for line in body]
        texts = texts[1:] if count and texts and not texts[0].strip() else texts
        if name in _LEFT_OUT or name.startswith(_OF_THE_SITE):
            return []
        if name in _CODE_LANGUAGES:
            return fence_around(texts, _CODE_LANGUAGES[name] or argument)
        if name in {"figure", "image"}:
            return [f"![{_option(fence, 'alt')}]({self._target(argument)})", "", *self.converted(body)]
        if name in SET_DIRECTIVES:
            self._is_first_tab = True
            return self.converted(body)
        converted = self._with_title(name, argument, body)
        if converted is None:
            self.remarks.append(
                f"line {fence.number}: `{{{name}}}` is left as it is: no plain Markdown says it"
            )
            return [line.text for line in fence.raw]
        return converted

    def _with_title(self, name: str, argument: str, body: Sequence[Line]) -> list[str] | None:
        """Tabs, notes and what is folded; None for anything else."""
        if name in TAB_DIRECTIVES:
            return self._tab(name, argument, body)
        if name in _FOLDED:
            return _details(argument or _FOLDED[name], self.converted(body), is_open=False)
        if name in _ADMONITIONS:
            title = ". ".join(text for text in (_ADMONITIONS[name], argument) if text)
            return [f"> **{title}**", ">", *(f"> {text}".rstrip() for text in self.converted(body)), ""]
        return None

    def _tab(self, name: str, argument: str, body: Sequence[Line]) -> list[str]:
        lines = list(body)
        if name == "code-tab":
            language = argument.partition(" ")[0]
            return self._code_tab(argument, fence_around([line.text for line in lines], language))
        if not argument:
            lines = lines[1:] if lines and not lines[0].text.strip() else lines
            argument = lines.pop(0).text.strip() if lines else ""
        is_open, self._is_first_tab = self._is_first_tab, False
        return _details(argument, self.converted(lines), is_open=is_open)

    def _code_tab(self, argument: str, inside: Sequence[str]) -> list[str]:
        language, _, label = argument.partition(" ")
        is_open, self._is_first_tab = self._is_first_tab, False
        return _details(label or LEXER_NAMES.get(language, language), inside, is_open=is_open)

    def _block(self, view: BlockView) -> list[str]:
        """Notes, the caption of a file, the screen, and what is not as it should be."""
        texts = screen_text(view).split("\n")
        info = {BlockKind.TRANSCRIPT: "console", BlockKind.COMMANDS: "bash", BlockKind.FILE: ""}[view.kind]
        info = "diff" if view.is_diff else info
        fence = fence_around(texts, info)
        self.blocks.append(ExportedBlock(line=view.line, info=info, text="\n".join(texts)))
        inside = [line for note in view.notes for line in (f"*{note}*", "")]
        if view.kind is BlockKind.FILE:
            inside += [f"**{view.caption.replace(view.path, f'`{view.path}`')}:**", ""]
        inside += fence
        if not is_evidence(view.status):
            inside += ["", f"*{status_text(view)}*"]
        return _details(view.folded_as, inside, is_open=False) if view.folded_as else inside


def _without_front_matter(lines: Sequence[Line]) -> Sequence[Line]:
    if not lines or lines[0].text.strip() != "---":
        return lines
    end = next((at for at, line in enumerate(lines[1:], start=1) if line.text.strip() in {"---", "..."}), 0)
    rest = lines[end + 1 :]
    return rest[next((at for at, line in enumerate(rest) if line.text.strip()), 0) :]


def _details(summary: str, inside: Sequence[str], *, is_open: bool) -> list[str]:
    """What can be folded: blank lines around what is inside, or it would not be read as Markdown."""
    kept = list(inside)
    while kept and not kept[0].strip():
        kept.pop(0)
    while kept and not kept[-1].strip():
        kept.pop()
    opening = "<details open>" if is_open else "<details>"
    return [opening, f"<summary>{escape(summary)}</summary>", "", *kept, "", "</details>", ""]


def _indented(inside: Sequence[str], fence: LineFence) -> list[str]:
    """Lines in the place of a fence, behind what stood before it."""
    lines = [f"{fence.indent}{text}".rstrip() if not text else f"{fence.indent}{text}" for text in inside]
    if lines and fence.prefix != fence.indent:
        lines[0] = fence.prefix + inside[0]
    return lines


def _option(fence: LineFence, name: str) -> str:
    start = f":{name}:"
    return next(
        (line.text.removeprefix(start).strip() for line in fence.body if line.text.startswith(start)), ""
    )
