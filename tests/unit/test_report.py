"""Reports: what a person reads of failures other than mismatches, the summary, annotations, progress."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from docwalk.environment.build import BuildEvent, BuildPhase
from docwalk.errors import ErrorCode, SourceProblem
from docwalk.record import make_record
from docwalk.report.diff import visible
from docwalk.report.github import problem_annotations, walk_annotations
from docwalk.report.progress import BuildProgress, WalkProgress, shown_action
from docwalk.report.text import (
    Summary,
    duration,
    failure_lines,
    render,
    rerun_command,
    summary_lines,
    walk_line,
)
from docwalk.results import Outcome
from docwalk.status import block_statuses
from docwalk.testing import Printed, made_up_project, output_lines, planned, result_of

if TYPE_CHECKING:
    from docwalk.plan import Walk
    from docwalk.results import WalkResult

PAGE = """# T

```console
$ sleep 100
done
```

```{bash}
:skip: needs a GPU
nvidia-smi
```

```{file} ~/x
text
```
"""


def ended(outcome: Outcome, detail: str, *lines: str, screen: bool = False) -> tuple[Walk, WalkResult]:
    """A walk whose first step ended in some way."""
    _, (walk,) = planned(PAGE)
    result = result_of(walk, [Printed(lines=lines)])
    shown = output_lines(lines)
    first = replace(
        result.steps[0],
        outcome=outcome,
        detail=detail,
        lines=shown,
        screen=shown if screen else (),
        exit_status=None,
    )
    after = replace(result.steps[1], outcome=Outcome.NOT_RUN, detail="line 4 failed")
    return walk, replace(result, steps=(first, after))


def report(walk: Walk, result: WalkResult) -> list[str]:
    return render(failure_lines(walk, result, width_cols=80), width_cols=80, colour=False).splitlines()


@pytest.mark.parametrize(
    ("outcome", "hint"),
    [
        (Outcome.TIMED_OUT, "if it needs longer than 60 s, give its block a longer `timeout`"),
        (
            Outcome.WAITS_FOR_INPUT,
            "say what the reader types: `answers` for questions, `keys` for a full-screen program",
        ),
        (Outcome.STEP_BOUNDARY, "write one complete command after each prompt, continuation lines with `> `"),
        (Outcome.SHELL_LOST, "if the shell shall end here, let the next block log in again with `relogin`"),
    ],
)
def test_each_outcome_says_what_to_try(outcome: Outcome, hint: str) -> None:
    assert report(*ended(outcome, "why it is so", "one", "two")) == [
        f"page.md:4: {outcome.value}: why it is so",
        "",
        "    $ sleep 100",
        "",
        "  │ one",
        "  │ two",
        "",
        f"  try: {hint}",
        "  run this walk again: docwalk run page.md --walk page",
    ]


def test_lost_marks_ask_for_a_prompt() -> None:
    shown = report(*ended(Outcome.SHELL_LOST, "the shell's marks are lost: `sh` left `sh` at `$`"))
    assert shown[-2] == "  try: if the command starts another shell or a REPL, declare its `prompt`"


def test_of_long_output_the_end_is_shown() -> None:
    lines = report(*ended(Outcome.TIMED_OUT, "60 s", *map(str, range(20))))
    assert lines[4:7] == ["  … 5 lines before", "  │ 5", "  │ 6"]
    assert lines[19] == "  │ 19"


def test_a_command_that_printed_nothing_is_said_to() -> None:
    assert report(*ended(Outcome.TIMED_OUT, "60 s"))[4] == "  it printed nothing"


def test_a_full_screen_program_shows_its_screen() -> None:
    walk, result = ended(Outcome.WAITS_FOR_INPUT, "less waits", "MANUAL", screen=True)
    assert report(walk, result)[4] == "  │ MANUAL"


def test_a_file_that_could_not_be_written_is_named() -> None:
    _, (walk,) = planned(PAGE)
    result = result_of(walk, [Printed(lines=("done",))])
    failed = replace(result.steps[1], outcome=Outcome.MISMATCH, detail="permission denied")
    lines = report(walk, replace(result, steps=(result.steps[0], failed)))
    assert lines[:3] == ["page.md:13: mismatch: permission denied", "", "    create ~/x"]


def tries(walk: Walk, result: WalkResult) -> list[str]:
    return [line for line in report(walk, result) if line.startswith("  try: ")]


def test_a_file_is_never_said_to_be_mended_by_update() -> None:
    _, (walk,) = planned(PAGE)
    result = result_of(walk, [Printed(lines=("done",))])
    failed = replace(result.steps[1], outcome=Outcome.MISMATCH, detail="permission denied")
    assert tries(walk, replace(result, steps=(result.steps[0], failed))) == [
        "  try: correct the block, or what should have made the file so: `update` does not write files"
    ]


def test_a_command_that_did_not_go_on_is_not_called_incomplete() -> None:
    _, (walk,) = planned("```{console}\n:background:\n:until: ready\n\n$ serve\nready\n```\n")
    result = result_of(walk, [Printed(lines=("ready",))])
    detail = "it ended with exit status 1 before it showed `ready`"
    failed = replace(result.steps[0], outcome=Outcome.STEP_BOUNDARY, detail=detail)
    assert tries(walk, replace(result, steps=(failed,))) == [
        "  try: look at what it printed for why it ended; one that ends by itself needs no `background`"
    ]


def test_a_file_that_holds_something_else_is_compared_line_by_line() -> None:
    page = "```console\n$ echo 7\n[[n=int]]\n```\n\n```{file} ~/x\n:mode: check\n\none\n[[n]]\nthree\n```\n"
    _, (walk,) = planned(page)
    lines = report(walk, result_of(walk, [Printed(lines=("7",)), Printed(lines=("one", "7", "3"))]))
    assert lines == [
        "page.md:11: mismatch: `~/x` holds something else (command in line 6)",
        "",
        "    check ~/x",
        "",
        "      │ expected (the page)                 │ actual (this run)",
        "    9 │ one                                 │ one",
        "   10 │ 7                                   │ 7",
        " ~ 11 │ three                               │ 3",
        "      │ ^^^^^                               │ ^",
        "",
        "  line 11: differs from column 1",
        "",
        "  try: if the file is right as it is, accept it: docwalk update page.md",
        "  run this walk again: docwalk run page.md --walk page",
    ]


@pytest.mark.parametrize(
    ("page", "status", "hint"),
    [
        ("```console\n$ x\n```\n", 2, "write `[exit 2]` below its output: docwalk update page.md"),
        ("```bash\nx\n```\n", 2, "make the block a `{bash}` with `exit: 2`"),
        ("```{bash}\n:exit: 2\nx\n```\n", 0, "remove `exit` from the block's options"),
    ],
)
def test_a_wrong_status_is_mended_where_it_is_stated(page: str, status: int, hint: str) -> None:
    _, (walk,) = planned(page)
    assert tries(walk, result_of(walk, [Printed(exit_status=status)])) == [
        f"  try: if it should end so, {hint}"
    ]


def test_a_status_that_is_not_known_is_not_proposed() -> None:
    walk, result = ended(Outcome.WRONG_STATUS, "a new shell took over, expected 1")
    assert tries(walk, result) == [
        "  try: expect no status: the command starts a shell, and ends when that shell does"
    ]


def test_answers_left_over_are_not_mended_by_update() -> None:
    walk, result = ended(Outcome.MISMATCH, "the answer to `Name` was not asked for", "done")
    assert tries(walk, result) == [
        "  try: correct the block's `answers` or `keys`: what it prints is as expected"
    ]


def test_the_tabs_of_a_walk_stand_in_its_message() -> None:
    tabs = "".join(f"```{{group-tab}} {label}\n{label} is nice.\n```\n" for label in ("zsh", "fish"))
    _, walks = planned(f"````{{tabs}}\n{tabs}````\n\n```console\n$ x\n```\n")
    lines = report(walks[1], result_of(walks[1], [Printed(lines=("a",))]))
    assert lines[0] == "page.md:11: fish: mismatch: nothing was expected here"


def test_a_screen_that_is_not_as_expected_is_shown_whole() -> None:
    walk, result = ended(Outcome.MISMATCH, "differs", "MANUAL", "of x", screen=True)
    lines = report(walk, result)
    at = lines.index("  the screen:")
    assert lines[at + 1 : at + 3] == ["  │ MANUAL", "  │ of x"]


def test_a_number_that_is_near_may_be_given_a_tolerance() -> None:
    _, (walk,) = planned("```console\n$ x\ntook 41.9 s\n```\n")
    near, far = (result_of(walk, [Printed(lines=(f"took {n} s",))]) for n in ("43.1", "99.5"))
    lead = "  try: if it differs from run to run, write `[[version]]` for `41.9`"
    assert tries(walk, near)[0] == f"{lead}, or `[[41.9±5%]]` if it is measured"
    assert tries(walk, far)[0] == lead


def test_a_walk_that_passed_has_no_report() -> None:
    _, (walk,) = planned(PAGE)
    assert report(walk, result_of(walk, [Printed(lines=("done",))])) == []


def test_names_with_blanks_are_quoted_in_the_command_to_rerun() -> None:
    _, (walk,) = planned(PAGE)
    named = replace(walk, name="page[Environment Modules]", source_path=Path("my page.md"))
    assert rerun_command(named) == "docwalk run 'my page.md' --walk 'page[Environment Modules]'"


@pytest.mark.parametrize(
    ("text", "shown"), [("a\tb", "a→b"), ("a  ", "a··"), ("a\x07b", "a\\x07b"), ("a b", "a b")]
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.96, "10.0 s"), (12.4, "12 s"), (60, "1 min 0 s"), (125, "2 min 5 s")],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_colour_is_in_the_text_only_where_it_is_wanted() -> None:
    walk, result = ended(Outcome.TIMED_OUT, "60 s")
    line = walk_line(make_record(walk, result))
    assert render([line], width_cols=80, colour=True) == "page: \x1b[31mtimed-out\x1b[0m, 1 step, 1.5 s\n"
    assert render([line], width_cols=80, colour=False) == "page: timed-out, 1 step, 1.5 s\n"


def summary(*results: tuple[Walk, WalkResult], errors: int = 0) -> list[str]:
    """The summary of some walks, `errors` of which could not start."""
    records = {walk.name: make_record(walk, result) for walk, result in results}
    statuses = block_statuses(
        [walk for walk, _ in results],
        records,
        now=made_up_now(),
        environment_digests={"login": "sha256:" + "0" * 64},
        project=made_up_project(),
    )
    made = Summary(
        records=tuple(records.values()),
        statuses=tuple(statuses.values()),
        elapsed_s=3.21,
        records_dir=Path("build/records"),
        errors=errors,
    )
    return render(summary_lines(made), width_cols=80, colour=False).splitlines()


def made_up_now() -> datetime:
    return datetime.fromisoformat("2026-11-22T11:00:00+00:00")


def test_the_summary_says_what_a_maintainer_wants_to_know() -> None:
    _, (walk,) = planned(PAGE)
    result = result_of(walk, [Printed(lines=("done",))])
    slow = replace(result.steps[0], elapsed_s=4.26)
    assert summary((walk, replace(result, steps=(slow, result.steps[1])))) == [
        "1 of 1 walk passed, 2 steps in 3.2 s",
        "  blocks       1 verified, 1 ran, 1 not run",
        "  not run      needs a GPU (1 block)",
        "  slowest      4.3 s `sleep 100` (page.md:4)",
        "  environment  login sha256:000000000000… (sandbox/plain)",
        "  records      build/records",
    ]


def test_the_summary_calls_a_simulated_gpu_one() -> None:
    _, (walk,) = planned(PAGE)
    result = result_of(walk, [Printed(lines=("done",))])
    simulated = replace(result, manifest={"gpu": {"kind": "simulated"}})
    real = replace(result, manifest={"gpu": {"kind": "real"}})
    environment = "  environment  login sha256:000000000000… (sandbox/plain{})"
    assert environment.format(", simulated GPU") in summary((walk, simulated))
    assert environment.format("") in summary((walk, real))


def test_the_summary_names_walks_that_failed() -> None:
    assert summary(ended(Outcome.TIMED_OUT, "60 s")) == [
        "0 of 1 walk passed, 1 step in 3.2 s",
        "  blocks       1 failing, 2 not run",
        "  not run      line 4 failed (1 block)",
        "               needs a GPU (1 block)",
        "  environment  login sha256:000000000000… (sandbox/plain)",
        "  records      build/records",
        "  failed       page (page.md:4): timed-out",
    ]


def test_the_summary_counts_walks_that_could_not_start() -> None:
    assert summary(errors=2) == ["0 of 2 walks passed, 2 could not start, 0 steps in 3.2 s"]


def test_failed_steps_are_annotations() -> None:
    walk, result = ended(Outcome.TIMED_OUT, "60 s, 100%:\nno")
    assert list(walk_annotations(walk, result)) == [
        "::error file=page.md,line=4,title=timed-out in page::60 s, 100%25:%0Ano"
    ]


def test_problems_of_a_source_are_annotations() -> None:
    problem = SourceProblem(
        code=ErrorCode.BAD_VALUE,
        message="no",
        path=Path("a,b.md"),
        line=3,
        column=1,
        text="x",
        width=1,
        hint=None,
    )
    assert list(problem_annotations([problem])) == ["::error file=a%2Cb.md,line=3,title=bad-value::no"]


def test_progress_without_a_terminal_is_a_line_for_each_phase() -> None:
    out = StringIO()
    event = BuildEvent(
        environment="login",
        layer="base",
        number=1,
        total=2,
        phase=BuildPhase.RUNNING,
        detail="unpacking a",
        elapsed_s=0.1,
    )
    with BuildProgress(Console(file=out, width=80)) as progress:
        progress(event)
        progress(replace(event, detail="unpacking b"))
        progress(replace(event, phase=BuildPhase.BUILT, elapsed_s=75))
        progress(replace(event, layer="", number=0, phase=BuildPhase.LISTING, elapsed_s=0))
    assert out.getvalue().splitlines() == [
        "building login: base (1 of 2): building",
        "building login: base (1 of 2): built, 1 min 15 s",
        "building login: listing what is inside",
    ]


def test_progress_on_a_terminal_shows_the_walk_the_step_and_how_much_is_left() -> None:
    out = StringIO()
    _, (walk,) = planned(PAGE)
    result = result_of(walk, [Printed(lines=("done",))])
    with WalkProgress(Console(file=out, width=80, force_terminal=True, color_system=None), 3) as progress:
        progress.begin(walk)
        progress.refresh()
        progress.step(walk.steps[0], result.steps[0])
        progress.refresh()
        progress.step(walk.steps[1], result.steps[1])
        progress.end()
    shown = out.getvalue()
    wanted = ["[1/3] page", "0/2", "$ sleep 100", "1/2", "create ~/x"]
    assert [text for text in wanted if text not in shown] == []


def test_a_long_command_is_shortened() -> None:
    _, (walk,) = planned(f"```bash\necho {'x' * 80}\n```\n")
    assert shown_action(walk.steps[0]) == f"$ echo {'x' * 54}…"
