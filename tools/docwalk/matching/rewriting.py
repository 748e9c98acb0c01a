"""Rewriting: how a page says one line of output, quoted where need be, with placeholders that still hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from docwalk.expectation import (
    ELISION,
    ERROR_LEAD,
    QUOTE,
    REPL_ELISION,
    Elision,
    parse_expected,
    quote_output_line,
    without_error_lead,
)
from docwalk.matching.match_line import LineRule
from docwalk.options import MatchMode, accepted_prompts, is_repl_prompt
from docwalk.placeholder import NUMBER, PLACEHOLDER, PlaceholderError, Tolerance
from docwalk.results import MASK

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from docwalk.expectation import ExpectedLine
    from docwalk.options import BlockOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriter:
    """Writes lines of output as the author of one block would."""

    options: BlockOptions
    """Of the block."""
    redactions: Mapping[str, re.Pattern[str]]
    """Forms of placeholders by name."""
    site_values: Mapping[str, str]
    """Values of `[[site:NAME]]`."""

    @property
    def elision(self) -> str:
        """The line that stands for any lines."""
        prompt = self.options.prompt
        return REPL_ELISION if prompt is not None and is_repl_prompt(prompt) else ELISION

    def quoted(self, text: str, *, is_error: bool = False) -> str:
        """How `text` is written so that it parses back as itself."""
        quoted = quote_output_line(
            text,
            prompts=accepted_prompts(self.options),
            elision=self.elision,
            match=self.options.match,
        )
        if MASK in quoted and not quoted.startswith(QUOTE) and self.options.match is not MatchMode.REGEX:
            # Nobody prints the mask: what was printed there is a password, which no page shall hold.
            quoted = quoted.replace(MASK, "[[...]]")
        return f"{ERROR_LEAD}{quoted}".rstrip() if is_error else quoted

    def rewritten_error(self, before: str, text: str, captures: Mapping[str, str]) -> str:
        """As `rewritten`, for a line of standard error."""
        rewritten = self.rewritten(without_error_lead(before) or "", text, captures)
        return f"{ERROR_LEAD}{rewritten}".rstrip()

    def rewritten(self, before: str, text: str, captures: Mapping[str, str]) -> str:
        """How `text` is written in place of the line `before`, with those placeholders that still hold."""
        quoted = self.quoted(text)
        if self.options.match is MatchMode.REGEX or before.startswith(QUOTE):
            return quoted
        pieces = self._kept(before, text, captures)
        literals = pieces[::2]
        is_plain = not any(PLACEHOLDER.search(literal) for literal in literals)
        if len(pieces) == 1 or not is_plain or self.quoted(literals[0]) != literals[0]:
            return quoted
        written = "".join(pieces)
        return quoted if isinstance(self._parsed(written, captures), Elision) else written

    def _kept(self, before: str, text: str, captures: Mapping[str, str]) -> list[str]:
        """`text` cut into literals and, between them, placeholders of `before` that still hold.

        A placeholder holds where the text between its neighbours, found by comparing both lines, fits it.
        """
        found = list(PLACEHOLDER.finditer(before))
        # Characters that stand for placeholders while both texts are compared; no terminal prints them.
        marks = {chr(0xF0000 + index): placeholder[0] for index, placeholder in enumerate(found)}
        shown = before
        for mark, placeholder in zip(reversed(marks), reversed(found), strict=True):
            shown = shown[: placeholder.start()] + mark + shown[placeholder.end() :]
        blocks = SequenceMatcher(None, shown, text, autojunk=False).get_matching_blocks()
        where = {a + i: b + i for a, b, size in blocks for i in range(size)}
        where |= {-1: -1, len(shown): len(text)}
        pieces: list[str] = []
        at = 0
        for index, mark in enumerate(shown):
            left, right = where.get(index - 1), where.get(index + 1)
            if mark not in marks or left is None or right is None:
                continue
            kept = self._placeholder(marks[mark], text[left + 1 : right], captures)
            if kept is not None:
                pieces += [text[at : left + 1], kept]
                at = right
        return [*pieces, text[at:]]

    def _placeholder(self, placeholder: str, text: str, captures: Mapping[str, str]) -> str | None:
        """The placeholder if it holds for `text`, a tolerance moved to the new number, or None."""
        try:
            parsed = self._parsed(placeholder, captures)
        except PlaceholderError:
            return None  # it names a capture that was not made
        if isinstance(parsed, Elision):
            return placeholder
        rule = LineRule.of(parsed, mode=self.options.match, redactions=self.redactions, captures=captures)
        if rule.fit(text, captures).fits:
            return placeholder
        match parsed.parts:
            case (Tolerance() as tolerance,) if NUMBER.fullmatch(text) is not None:
                moved = str(replace(tolerance, number=text.replace(",", "")))
                return moved if PLACEHOLDER.fullmatch(moved) is not None else None
            case _:
                return None

    def _parsed(self, text: str, captures: Mapping[str, str]) -> ExpectedLine:
        return parse_expected(
            text,
            line=1,
            redactions=self.redactions,
            captures=captures,
            site_values=self.site_values,
            elision=self.elision,
        )
