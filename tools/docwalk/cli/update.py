"""`docwalk update`: run pages, show what they would say, and write it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from docwalk.cli import Exit
from docwalk.cli.backend_option import on_backend
from docwalk.cli.review import Review, diff_lines
from docwalk.cli.selection import select
from docwalk.document import parse_documents
from docwalk.driver.passthrough import require_terminal
from docwalk.plan import make_plan
from docwalk.report.progress import BuildProgress, WalkProgress
from docwalk.report.text import count, failure_lines
from docwalk.results import Outcome
from docwalk.run import AfterMismatch
from docwalk.source import Source
from docwalk.update import agreed_edits, apply_edits, edits_of, make_edits, write_source
from docwalk.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.config import Project
    from docwalk.plan import Walk
    from docwalk.results import WalkResult
    from docwalk.update import StepEdits

_MENDABLE = (Outcome.PASSED, Outcome.MISMATCH, Outcome.WRONG_STATUS, Outcome.NOT_RUN)
_UNEXPECTED = (Outcome.MISMATCH, Outcome.WRONG_STATUS)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something would be written.")
@click.option("-i", "--interactive", is_flag=True, help="Ask about each change: take it, or leave it.")
@on_backend
def update(
    paths: tuple[Path, ...], *, check: bool, interactive: bool, backend: str | None, on_this_host: bool
) -> int:
    """Rewrite expected output from a run.

    Lines that differ are replaced, placeholders that still hold are kept. The change is shown.
    """
    if check and interactive:
        raise click.UsageError("--check writes nothing, so there is nothing to ask about")
    if interactive:
        require_terminal()
    selection = select(paths)
    console = Console()
    verifier = Verifier.of(selection.project, backend=backend, on_this_host=on_this_host)
    verifier.build_missing(selection.walks, shown=lambda: BuildProgress(console))
    review = Review(console) if interactive else None
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
            with progress.paused():
                is_agreed, is_changed = _rewrite(
                    source, requests, selection.project, console, check=check, review=review
                )
            is_done &= is_agreed
            changed |= is_changed
    if review is not None and review.declined:
        console.print(f"{count(review.declined, 'change')} left", highlight=False)
        is_done = False
    elif not changed:
        console.print("nothing to update", highlight=False)
    return Exit.OK if is_done and not (check and changed) else Exit.FAILED


def _rewrite(
    source: Source,
    requests: Sequence[StepEdits],
    project: Project,
    console: Console,
    *,
    check: bool,
    review: Review | None,
) -> tuple[bool, bool]:
    """Show and write what walks ask of a page: whether all could be done, and whether it changes."""
    steps, disagreements = agreed_edits(requests)
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
    if review is not None:
        steps = review.choose(path, source.text, steps)
    text = apply_edits(source.text, edits_of(steps))
    if text == source.text:
        return is_done, False
    for line in diff_lines(source.text, text, str(path)) if review is None else ():
        console.print(line, highlight=False, soft_wrap=True)
    # Refuse, with located problems, to write what would not be read: a later step may need a lost capture.
    make_plan(parse_documents(Source(path=path, text=text), project), project)
    if not check:
        write_source(project.root / path, text)
        console.print(f"wrote {path}", highlight=False, markup=False)
    return is_done, True


def _show_unmendable(walk: Walk, result: WalkResult, console: Console) -> bool:
    """Whether every step came to an end that new expectations can mend; reports the first that did not."""
    if all(step.outcome in _MENDABLE for step in result.steps):
        return True
    for line in failure_lines(walk, result, width_cols=console.width, good=_MENDABLE):
        console.print(line, soft_wrap=True, highlight=False)
    first = next(step.index for step in result.steps if step.outcome not in _MENDABLE)
    steps = zip(walk.steps, result.steps, strict=True)
    later = [
        str(step.line) for step, outcome in steps if step.index > first and outcome.outcome is Outcome.NOT_RUN
    ]
    if later:
        message = f"{walk.source_path}: not updated, for it was not run after that: line {', '.join(later)}"
        console.print(message, style="red", highlight=False, markup=False, soft_wrap=True)
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
