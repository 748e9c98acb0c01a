"""Verdicts on a foreign page as styled lines: what differs, located, then a table of all blocks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from docwalk.foreign.verdict import Verdict
from docwalk.report.diff import diff_lines
from docwalk.report.text import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docwalk.foreign.verdict import BlockVerdict, Difference
    from docwalk.foreign.walk import ForeignPage

_STYLES: Final = {
    Verdict.MATCHED: "green",
    Verdict.RAN: "green",
    Verdict.DIFFERS: "red",
    Verdict.NOT_CHECKED: "yellow",
}
_TAIL: Final = 10  # lines of output shown where there is nothing to compare them with


def foreign_lines(page: ForeignPage, verdicts: Sequence[BlockVerdict], *, width_cols: int) -> Iterator[Text]:
    """The report of one page.

    Args:
        page: what was tried.
        verdicts: one for each of its blocks.
        width_cols: columns of the terminal.
    """
    for verdict in verdicts:
        for difference in verdict.differences:
            yield from _difference(page, difference, width_cols)
    yield Text(f"{page.source.path}", style="bold")
    for verdict in verdicts:
        language = verdict.block.language or "code"
        detail = f"  {verdict.detail}" if verdict.detail else ""
        word = (f"{verdict.verdict.value:<11}", _STYLES[verdict.verdict])
        yield Text.assemble(f"  line {verdict.block.line:<5} {language:<10} ", word, detail.rstrip())
    yield Text(_summary(page, verdicts), style="bold")


def _difference(page: ForeignPage, difference: Difference, width_cols: int) -> Iterator[Text]:
    head = f"{page.source.path}:{difference.line}: differs: {difference.message}"
    yield Text(head, style="bold red")
    yield Text()
    for command in difference.commands:
        first, *rest = command.split("\n")
        yield Text(f"    $ {first}", style="bold")
        yield from (Text(f"    > {line}", style="bold") for line in rest)
    yield Text()
    if difference.match is not None:
        yield from diff_lines(difference.match.rows, difference.lines, width_cols=width_cols)
    else:
        yield from (Text(f"  │ {line}".rstrip()) for line in difference.lines[-_TAIL:])
    yield Text()


def _summary(page: ForeignPage, verdicts: Sequence[BlockVerdict]) -> str:
    counts = Counter(verdict.verdict for verdict in verdicts)
    said = ", ".join(f"{counts[each]} {each.value}" for each in Verdict if counts[each])
    unchecked = sum(verdict.unchecked for verdict in verdicts if verdict.verdict is not Verdict.NOT_CHECKED)
    partly = f"; {count(unchecked, 'command')} in the others could not be checked" if unchecked else ""
    others = Counter(language or "no language" for language in page.others)
    listed = ", ".join(f"{number} {language}" for language, number in sorted(others.items()))
    left = f"; no shell's: {listed}" if listed else ""
    return f"{count(len(verdicts), 'block')}: {said or 'nothing to try'}{partly}{left}"
