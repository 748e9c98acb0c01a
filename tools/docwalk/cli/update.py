"""`docwalk update`: run pages, show what they would say, and write it."""

from __future__ import annotations

from difflib import unified_diff
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from docwalk.cli import Exit
from docwalk.cli.selection import select
from docwalk.document import parse_documents
from docwalk.plan import make_plan
from docwalk.report.progress import BuildProgress, WalkProgress
from docwalk.report.text import failure_lines
from docwalk.results import Outcome
from docwalk.run import AfterMismatch
from docwalk.source import Source
from docwalk.update import apply_edits, make_edits, merge_edits, write_source
from docwalk.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docwalk.config import Project
    from docwalk.plan import Walk
    from docwalk.results import WalkResult
    from docwalk.update import StepEdits

_MENDABLE = (Outcome.PASSED, Outcome.MISMATCH, Outcome.WRONG_STATUS, Outcome.NOT_RUN)
_UNEXPECTED = (Outcome.MISMATCH, Outcome.WRONG_STATUS)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something would be written.")
def update(paths: tuple[Path, ...], *, check: bool) -> int:
    """Rewrite expected output from a run.

    Lines that differ are replaced, placeholders that still hold are kept. The change is shown.
    """
    selection = select(paths)
    console = Console()
    verifier = Verifier.of(selection.project)
    verifier.build_missing(selection.walks, shown=lambda: BuildProgress(console))
    is_done = True
    changed = False
    with WalkProgress(console, len(selection.walks)) as progress:
        # a page and the examples on it are one file
        for _, group in groupby(selection.documents, key=lambda document: document.source.path):
            documents = {document.page: document for document in group}
            requests: list[StepEdits] = []
            for walk in (walk for walk in selection.walks if walk.page in documents and walk.steps):
                document = documents[walk.page]
                progress.begin(walk)
                result = verifier.run(walk, on_step=progress.step, after_mismatch=AfterMismatch.GO_ON)
                progress.end()
                asked = make_edits(document, walk, result, site_values=selection.project.site_values)
                requests += asked
                is_done &= _show_unmendable(walk, result, console) & _show_unasked(
                    walk, result, asked, console
                )
            source = next(iter(documents.values())).source
            is_agreed, is_changed = _rewrite(source, requests, selection.project, console, check=check)
            is_done &= is_agreed
            changed |= is_changed
    if not changed:
        console.print("nothing to update", highlight=False)
    return Exit.OK if is_done and not (check and changed) else Exit.FAILED


def _rewrite(
    source: Source,
    requests: Sequence[StepEdits],
    project: Project,
    console: Console,
    *,
    check: bool,
) -> tuple[bool, bool]:
    """Show and write what walks ask of a page: whether all could be done, and whether it changes."""
    edits, disagreements = merge_edits(requests)
    path = source.path
    for each in disagreements:
        first, second = each.walk_names
        message = (
            f"{path}:{each.line}: not updated: `{first}` and `{second}` print different output\n"
            "hint: put the block in tabs, or a placeholder in place of what differs"
        )
        console.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    blind = [request for request in requests if request.missing]
    for step in blind:
        names = ", ".join(f"`{name}`" for name in step.missing)
        message = f"{path}:{step.line}: not updated: {names} was not captured in this run; update once more"
        console.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    is_done = not disagreements and not blind
    text = apply_edits(source.text, edits)
    if text == source.text:
        return is_done, False
    for line in _diff(source.text, text, str(path)):
        console.print(line, highlight=False, soft_wrap=True)
    # Refuse, with located problems, to write what would not be read: a later step may need a lost capture.
    make_plan(parse_documents(Source(path=path, text=text), project), project)
    if not check:
        write_source(project.root / path, text)
        console.print(f"wrote {path}", highlight=False, markup=False)
    return is_done, True


def _diff(old: str, new: str, name: str) -> Iterator[Text]:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    lines = unified_diff(old.splitlines(), new.splitlines(), name, f"{name} (updated)", lineterm="")
    for line in lines:
        yield Text(line, style=styles.get(line[:1], ""))


def _show_unmendable(walk: Walk, result: WalkResult, console: Console) -> bool:
    """Whether every step came to an end that new expectations can mend; reports the first that did not."""
    if all(step.outcome in _MENDABLE for step in result.steps):
        return True
    for line in failure_lines(walk, result, width_cols=console.width, good=_MENDABLE):
        console.print(line, soft_wrap=True, highlight=False)
    return False


def _show_unasked(walk: Walk, result: WalkResult, asked: Sequence[StepEdits], console: Console) -> bool:
    """Whether new expectations mend every failed step; names those that none can mend, such as files."""
    lines = {each.line for each in asked if each.edits or each.missing}
    left = [
        (step.line, outcome.detail)
        for step, outcome in zip(walk.steps, result.steps, strict=True)
        if outcome.outcome in _UNEXPECTED and step.line not in lines
    ]
    for line, detail in left:
        message = f"{walk.source_path}:{line}: not updated: {detail}\nhint: this is for you to change"
        console.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    return not left
