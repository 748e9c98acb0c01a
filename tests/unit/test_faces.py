"""What a block looks like in each walk: which share a face, whose is shown first, what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

from docwalk.document import TabChoice
from docwalk.kept import kept_lines
from docwalk.matching.compared import NOT_COMPARED
from docwalk.options import MatchMode
from docwalk.results import Outcome, StepResult
from docwalk.sphinx_ext.block_html import block_html
from docwalk.sphinx_ext.faces import WalkFacts
from docwalk.sphinx_ext.parts import Printed
from docwalk.sphinx_ext.screen_html import screen_html
from docwalk.sphinx_ext.view import view_block
from docwalk.status import Status
from docwalk.testing import made_up_project, output_lines, planned
from docwalk.transcript import parse_commands

if TYPE_CHECKING:
    from docwalk.sphinx_ext.view import BlockView

PAGE = "```console\n$ hostname\n[[...]]\n```\n"


def walk(
    label: str, *printed: str, status: Status = Status.VERIFIED, exit_status: int | None = 0
) -> WalkFacts:
    """A walk in which the block's one command printed some lines; the walk `One` is the default."""
    outcome = Outcome.MISMATCH if status is Status.FAILING else Outcome.PASSED
    step = StepResult(
        index=0,
        block_id="b",
        outcome=outcome,
        command_sent="hostname",
        lines=output_lines(printed),
        exit_status=exit_status,
    )
    return WalkFacts(
        name=label,
        choices=(TabChoice(group="modules", label=label),),
        is_default=label == "One",
        environment=f"in-{label}",
        status=status,
        reason="" if status in {Status.VERIFIED, Status.RAN} else f"reason of {label}",
        fresh_days=7,
        recorded_at="2026-11-22T10:00:00+00:00",
        steps=() if status is Status.NOT_RUN else (step,),
    )


def view(*walks: WalkFacts, status: Status = Status.VERIFIED, page: str = PAGE) -> BlockView:
    document, _ = planned(page, path="tutorials/a.md")
    block = document.blocks[0]
    commands = parse_commands(block, document, made_up_project())
    return view_block(block, commands, status=status, reason="", walks=walks)


def names(shown: BlockView) -> list[list[str]]:
    return [[each.name for each in face.walks] for face in shown.faces]


def text(shown: BlockView, selector: str) -> list[str]:
    page = BeautifulSoup(block_html(shown, report=""), "html.parser")
    return [each.get_text() for each in page.select(selector)]


def test_walks_that_look_alike_share_a_face() -> None:
    shown = view(walk("Two", "b"), walk("One", "a"), walk("Three", "a"))
    assert names(shown) == [["One", "Three"], ["Two"]]
    assert text(shown, ".dw-variant > summary") == ["With Two it looks like this"]
    assert text(shown, ".dw-of") == [" in all 3 walks"]


def test_a_walk_without_evidence_has_no_face() -> None:
    shown = view(walk("One", "a"), walk("Two", status=Status.NOT_RUN), status=Status.NOT_RUN)
    assert names(shown) == [["One"]]
    assert text(shown, ".dw-reason") == ["Not run with Two: reason of Two."]
    assert text(shown, ".dw-each") == ["○Not run with Two", "✓Verified with One"]


def test_what_no_walk_ran_is_not_said_to_be_missing_in_some() -> None:
    walks = [walk(name, status=Status.NOT_RUN) for name in ("One", "Two", "Three")]
    assert text(view(*walks, status=Status.NOT_RUN), ".dw-of") == [" in any of 3 walks"]
    assert text(view(*walks[:2], status=Status.NOT_RUN), ".dw-of") == [" in either walk"]


def test_another_walk_is_shown_where_the_default_one_was_not_run() -> None:
    shown = view(walk("One", status=Status.NOT_RUN), walk("Two", "b"), status=Status.NOT_RUN)
    assert names(shown) == [["Two"]]
    assert shown.environment == "in-Two"
    assert text(shown, ".dw-out") == ["b"]


def test_a_failing_default_walk_is_shown_before_one_that_passed() -> None:
    shown = view(walk("One", "a", status=Status.FAILING), walk("Two", "b"), status=Status.FAILING)
    assert names(shown) == [["One"], ["Two"]]
    assert text(shown, ".dw-recording .dw-out") == ["a"]
    assert "not a recording" in text(shown, ".dw-reason")[0]


def test_an_old_recording_is_still_shown_and_a_changed_one_is_not() -> None:
    old = replace(walk("One", "a", status=Status.STALE), is_only_old=True)
    assert text(view(old, status=Status.STALE), ".dw-out") == ["a"]
    assert text(view(old, status=Status.STALE), ".dw-reason") == [
        "Stale: recorded on 22 Nov 2026, and a recording counts for 7 days here."
    ]
    changed = replace(old, is_only_old=False)
    assert text(view(changed, status=Status.STALE), ".dw-out") == ["[[...]]"]


def test_an_old_recording_of_which_a_step_was_not_run_is_not_shown() -> None:
    old = replace(walk("One", "a", status=Status.STALE), is_only_old=True)
    skipped = replace(old, steps=(replace(old.steps[0], outcome=Outcome.NOT_RUN),))
    assert text(view(skipped, status=Status.STALE), ".dw-out") == ["[[...]]"]


def test_statuses_that_differ_are_each_explained() -> None:
    shown = view(walk("One", "a"), walk("Two", status=Status.NOT_RUN), status=Status.NOT_RUN)
    (said,) = text(shown, ".dw-status > p:first-of-type")
    assert said.startswith("Not run with Two: nobody ran it. Verified with One: every command ran")


def test_a_prompt_that_tells_no_status_is_named() -> None:
    page = '```{console}\n:prompt: ">>> "\n\n>>> 1\n1\n```\n'
    assert "exit status unknown" in text(view(walk("One", "1", exit_status=None), page=page), ".dw-when")[0]
    assert "exit status" not in text(view(walk("One", "1"), page=page), ".dw-when")[0]


def test_lines_that_a_record_leaves_out_are_counted() -> None:
    lines = kept_lines(output_lines([str(n) for n in range(20_000)]), None, MatchMode.LITERAL)
    part = Printed(lines=lines, compared=(NOT_COMPARED,) * len(lines))
    page = BeautifulSoup(screen_html([part], label="x"), "html.parser")
    assert [each.get_text() for each in page.select("summary")] == [
        "19,987 more lines, not compared; 19,000 of them were not kept"
    ]
