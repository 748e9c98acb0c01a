"""Names of values in prose: `{{ name }}`, which MyST fills, and `[[site:name]]` in its code, which we fill.

Both are values of `[tool.docwalk.site]`. Braces in code are the page's own text, for MyST reads none there;
what is more than a name between braces is Jinja's to read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.errors import ErrorCode
from docwalk.options import close_match
from docwalk.source import Problems, Span
from docwalk.yaml_mapping import Entry, MappingError, read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it.token import Token

    from docwalk.errors import SourceProblem
    from docwalk.source import Source

TOKEN_TYPES: Final = ("substitution_inline", "substitution_block")
"""What the Markdown parser calls them."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WRITTEN: Final = re.compile(r"\{\{\s*(?P<name>[A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")
_IN_CODE: Final = re.compile(r"\[\[site:(?P<name>[a-z][a-z0-9-]*)\]\]")
_ALWAYS_THERE: Final = frozenset({"env"})  # Sphinx's own, from MyST


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """One substitution in prose."""

    name: str
    """Of a value."""
    span: Span
    """Braces or brackets included."""
    is_code: bool = False
    """Whether it stands in code, as `[[site:name]]`."""


def find_substitutions(
    tokens: Sequence[Token], lines: Sequence[Span], texts: Sequence[str]
) -> Iterator[Substitution]:
    """The substitutions of some lines of a page that are a name and nothing else, and those in code.

    Args:
        tokens: what the parser made of the lines.
        lines: where they lie on the page.
        texts: what the parser was given of them.
    """
    for token in tokens:
        children = [token] if token.type == "substitution_block" else token.children or []
        if token.map is None or not any(child.type in {*TOKEN_TYPES, "code_inline"} for child in children):
            continue
        first, last = token.map
        # A token knows its lines, not its columns: pass by what comes before it, such as code.
        text = "\n".join(texts[first:last])
        at = 0
        for child in children:
            if child.type == "code_inline":
                code_at = text.find(child.content, at)
                if code_at < 0:
                    continue  # over two lines, which the parser joins
                at = code_at + len(child.content)
                for named in _IN_CODE.finditer(text, code_at, at):
                    span = _on_page(named, text, lines[first:last], texts[first:last])
                    yield Substitution(name=named["name"], span=span, is_code=True)
            elif child.type in TOKEN_TYPES and _NAME.fullmatch(child.content):
                found = re.compile(r"\{\{\s*" + re.escape(child.content) + r"\s*\}\}").search(text, at)
                if found is not None:
                    at = found.end()
                    yield Substitution(
                        name=child.content, span=_on_page(found, text, lines[first:last], texts[first:last])
                    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text of prose with the values that are known put in."""
    return _WRITTEN.sub(lambda found: values.get(found["name"], found[0]), text)


def fill_code(text: str, values: Mapping[str, str]) -> str:
    """Code in prose with the values that are known put in."""
    return _IN_CODE.sub(lambda found: values.get(found["name"], found[0]), text)


def check_substitutions(
    substitutions: Sequence[Substitution],
    *,
    source: Source,
    front_matter: Sequence[Span] | None,
    site_values: Mapping[str, str],
) -> tuple[SourceProblem, ...]:
    """Every name that neither the site nor the page has; none for a site without any values."""
    if not site_values:
        return ()
    known_in_text = {*site_values, *_of_page(source, front_matter), *_ALWAYS_THERE}
    problems = Problems(source)
    for each in substitutions:
        known = set(site_values) if each.is_code else known_in_text
        if each.name not in known:
            near = close_match(each.name, known)
            meant = f"[[site:{near}]]" if each.is_code else f"{{{{ {near} }}}}"
            declare = f"declare `{each.name}` in `[tool.docwalk.site]`"
            elsewhere = "" if each.is_code else ", or in the page's front matter"
            problems.add(
                ErrorCode.BAD_PLACEHOLDER,
                f"`{each.name}` is no value of the site",
                each.span,
                hint=f"did you mean `{meant}`?" if near else f"{declare}{elsewhere}",
            )
    return tuple(problems.found)


def _of_page(source: Source, front_matter: Sequence[Span] | None) -> Iterator[str]:
    """Names that the page itself gives to MyST."""
    try:
        entries = read_mapping(source, front_matter or ())
    except MappingError:
        return  # said by whoever reads the front matter
    for entry in entries:
        inside = entry.value if entry.key == "myst" and isinstance(entry.value, tuple) else (entry,)
        for each in inside:
            if isinstance(each, Entry) and each.key == "substitutions" and isinstance(each.value, tuple):
                yield from (own.key for own in each.value)


def _on_page(found: re.Match[str], text: str, lines: Sequence[Span], texts: Sequence[str]) -> Span:
    """Where a match in some joined lines lies on the page; a body's line is the end of the page's line."""
    number = text.count("\n", 0, found.start())
    column = found.start() - (text.rfind("\n", 0, found.start()) + 1)
    start = lines[number].end - len(texts[number]) + column
    return Span(start=start, end=min(start + len(found[0]), lines[number].end))
