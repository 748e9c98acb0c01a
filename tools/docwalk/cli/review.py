"""`docwalk update --interactive`: each change shown, and taken or left by the user."""

from __future__ import annotations

from difflib import unified_diff
from enum import Enum
from typing import TYPE_CHECKING, Final

import click
from rich.text import Text

from docwalk.update import apply_edits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from docwalk.update import StepEdits


class Answer(Enum):
    """What the user says of a change; the value is its letter."""

    YES = "y"
    """Take it."""
    NO = "n"
    """Leave it."""
    ALL = "a"
    """Take it and all that follow."""
    SKIP = "s"
    """Leave it and the rest of this file."""
    QUIT = "q"
    """Leave it and all that follow; what was taken is written."""


_QUESTION: Final = "take this change? [y]es, [n]o, [a]ll, [s]kip this file, [q]uit"


class Review:
    """Asks about the changes of one page after the other."""

    def __init__(self, console: Console) -> None:
        """Show changes on `console`; answers come from standard input."""
        self._console = console
        self._for_all: Answer | None = None
        self.declined = 0
        """How many changes were left."""

    def choose(self, path: Path, text: str, steps: Sequence[StepEdits]) -> tuple[StepEdits, ...]:
        """Those of a page's changes that the user takes.

        Args:
            path: the page, for people.
            text: its text.
            steps: what is asked of each step, in order of the page; each has edits.
        """
        taken: list[StepEdits] = []
        is_skipped = False
        for number, step in enumerate(steps, start=1):
            answer = self._for_all or (Answer.SKIP if is_skipped else None)
            if answer is None:
                where = f"{path}:{step.line}, change {number} of {len(steps)}"
                self._console.print(f"\n{where}", style="bold", highlight=False, markup=False)
                for line in diff_lines(text, apply_edits(text, step.edits)):
                    self._console.print(line, highlight=False, soft_wrap=True)
                answer = self._ask()
                if answer in {Answer.ALL, Answer.QUIT}:
                    self._for_all = answer
                is_skipped = answer is Answer.SKIP
            if answer in {Answer.YES, Answer.ALL}:
                taken.append(step)
            else:
                self.declined += 1
        return tuple(taken)

    def _ask(self) -> Answer:
        letters = {answer.value: answer for answer in Answer}
        while True:
            try:
                said = click.prompt(_QUESTION, default="", show_default=False).strip().lower()[:1]
            except click.Abort:  # the end of the input: nobody answers any more
                click.echo()
                return Answer.QUIT
            if said in letters:
                return letters[said]


def diff_lines(old: str, new: str, name: str = "") -> Iterator[Text]:
    """A unified diff in colour; with the name of a page a head that names it."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    lines = unified_diff(old.splitlines(), new.splitlines(), name, f"{name} (updated)", lineterm="")
    for index, line in enumerate(lines):
        if name or index > 1:
            yield Text(line, style=styles.get(line[:1], ""))
