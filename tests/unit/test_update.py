"""Updating: what holds for every page and every output, and what cases in one file cannot show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docwalk.body_edits import Edit
from docwalk.results import Outcome
from docwalk.source import Span
from docwalk.testing import Printed, planned, result_of
from docwalk.update import StepEdits, apply_edits, make_edits, merge_edits, write_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FAST = settings(max_examples=60, deadline=None)


def updated(text: str, printed: Sequence[Printed]) -> str:
    document, (walk,) = planned(text)
    result = result_of(walk, printed, goes_on=True)
    edits, _ = merge_edits(make_edits(document, walk, result, site_values={"prefix": "/opt"}))
    return apply_edits(text, edits)


def passes(text: str, printed: Sequence[Printed]) -> bool:
    _, (walk,) = planned(text)
    return result_of(walk, printed, goes_on=True).passed


# Pieces that mean something to the grammar, so that quoting is tried everywhere.
OUTPUT_LINE = st.lists(
    st.sampled_from(
        [
            "a",
            "b c",
            "$ ",
            "> ",
            "...",
            "[[...]]",
            "[[version]]",
            "[[=]]",
            "[exit 1]",
            "1.2",
            "/x/y",
            "```",
            ":::",
            " ",
        ]
    ),
    max_size=4,
).map(lambda pieces: "".join(pieces).rstrip())
PRINTED = st.builds(
    lambda lines, status: Printed(lines=tuple(lines), exit_status=status),
    st.lists(OUTPUT_LINE, max_size=5),
    st.sampled_from([0, 0, 1, 127]),
)
EXPECTED_LINE = st.sampled_from(
    [
        "a",
        "b c",
        "...",
        "[[...]] c",
        "pip [[version]] from [[path]]",
        "[[version]] a",
        "[[=]]...",
        "",
        "[[site:prefix]]/b",
    ]
)
OPTIONS = st.sampled_from(["", ":match: unordered\n\n", ":exit: 1\n\n"])
INDENT = st.sampled_from(["", "   ", "> ", "  > ", "note", "colon"])
NEWLINE = st.sampled_from(["\n", "\r\n"])


CONTAINERS = {
    "": ("", "", ""),
    "   ": ("1. do\n\n", "   ", ""),
    "> ": ("> do\n>\n", "> ", ""),
    "  > ": ("- do\n\n", "  > ", ""),
    "note": ("`````{note}\nLook:\n\n", "", "`````\n"),
    "colon": ("::::{note}\n:::{tip}\n", "", ":::\n::::\n"),
}
"""What stands before a block, before each of its lines, and after it."""


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[Printed]]:
    """A page with one block of a few commands, and what they print."""
    outputs = draw(st.lists(PRINTED, min_size=1, max_size=4))
    body = ""
    for number, _ in enumerate(outputs):
        body += f"$ run {number}\n" + "".join(
            f"{line}\n" for line in draw(st.lists(EXPECTED_LINE, max_size=4))
        )
        body += draw(st.sampled_from(["", "", "[exit 1]\n", "[exit 3]\n"]))
    block = f"```{{console}}\n{draw(OPTIONS)}{body}```\n"
    head, indent, tail = CONTAINERS[draw(INDENT)]
    lines = [f"{indent}{line}".rstrip() for line in block.splitlines()]
    text = f"# T ⟶ é\n\n{head}" + "\n".join(lines) + f"\n{tail}\nAfter  \n"
    return text.replace("\n", draw(NEWLINE)), outputs


@FAST
@given(pages())
def test_an_updated_page_passes_and_is_left_alone(page: tuple[str, list[Printed]]) -> None:
    text, printed = page
    once = updated(text, printed)
    assert (passes(once, printed), updated(once, printed)) == (True, once)


@FAST
@given(pages())
def test_a_page_that_passes_is_left_alone(page: tuple[str, list[Printed]]) -> None:
    text, printed = page
    assert not passes(text, printed) or updated(text, printed) == text


@FAST
@given(pages())
def test_nothing_but_output_is_touched(page: tuple[str, list[Printed]]) -> None:
    text, printed = page
    once = updated(text, printed)
    kept = [
        line
        for line in text.splitlines(keepends=True)
        if line.lstrip("> ").startswith(("run", "```", "# T", "After", ":"))
    ]
    assert [line for line in kept if line not in once.splitlines(keepends=True)] == []
    newline = "\r\n" if "\r\n" in text else "\n"
    after = text[text.rindex("```\r" if newline == "\r\n" else "```\n") :]
    assert (once.startswith(text[: text.index("$ run 0")]), once.endswith(after)) == (True, True)
    assert once.count("\n") == once.count(newline)


def test_line_ends_of_the_file_are_kept() -> None:
    text = "```console\r\n$ ls\r\na\r\nc\r\n```\r\n"
    assert updated(text, [Printed(lines=("a", "b", "C", "d"), exit_status=2)]) == (
        "```console\r\n$ ls\r\na\r\nb\r\nC\r\nd\r\n[exit 2]\r\n```\r\n"
    )


def test_a_blank_line_of_blanks_gets_its_indentation_once() -> None:
    text = "- x\n\n  ```console\n  $ ls\n  a\n  \n  c\n  ```\n"
    assert updated(text, [Printed(lines=("a", "b", "c"))]) == text.replace("  \n", "  b\n")


def edit(start: int, end: int, replacement: str) -> Edit:
    return Edit(span=Span(start=start, end=end), replacement=replacement)


def asked(line: int, walk: str, *edits: Edit) -> StepEdits:
    return StepEdits(line=line, walk_name=walk, edits=edits)


def test_walks_that_agree_are_followed_once() -> None:
    same = [
        asked(3, "p[a]", edit(5, 6, "x")),
        asked(3, "p[b]", edit(5, 6, "x")),
        asked(1, "p[b]", edit(0, 1, "y")),
    ]
    assert merge_edits(same) == ((edit(0, 1, "y"), edit(5, 6, "x")), ())


def test_walks_that_disagree_are_reported_and_not_followed() -> None:
    requests = [asked(3, "p[a]", edit(5, 6, "x")), asked(3, "p[b]"), asked(9, "p[a]", edit(8, 9, "z"))]
    edits, (against,) = merge_edits(requests)
    assert edits == (edit(8, 9, "z"),)
    assert (against.line, against.walk_names) == (3, ("p[a]", "p[b]"))


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(ValueError, match="edits overlap at offset 1"):
        apply_edits("abc", [edit(0, 2, "x"), edit(1, 3, "y")])


def test_a_step_that_did_not_end_asks_for_nothing() -> None:
    document, (walk,) = planned("```console\n$ ls\na\n```\n")
    result = result_of(walk, [Printed(lines=("b",))])
    timed_out = replace(result, steps=(replace(result.steps[0], outcome=Outcome.TIMED_OUT),))
    assert make_edits(document, walk, timed_out, site_values={}) == ()
    assert len(make_edits(document, walk, result, site_values={})) == 1


def test_a_step_of_unknown_status_keeps_its_exit_line() -> None:
    document, (walk,) = planned("```console\n$ ls\n[exit 1]\n```\n")
    result = result_of(walk, [Printed()])
    unknown = replace(result, steps=(replace(result.steps[0], exit_status=None),))
    assert make_edits(document, walk, unknown, site_values={})[0].edits == ()
    assert make_edits(document, walk, result, site_values={})[0].edits == (edit(15, 24, ""),)


def test_commands_whose_output_is_not_compared_ask_for_nothing() -> None:
    assert updated("```bash\nls\n```\n", [Printed(lines=("a",), exit_status=1)]) == "```bash\nls\n```\n"


def test_a_step_that_needs_a_capture_that_was_not_made_is_left_alone() -> None:
    text = "```console\n$ a\njob [[id=int]]\n$ b [[id]]\nx\n```\n"
    document, (walk,) = planned(text)
    result = result_of(walk, [Printed(lines=("no",)), Printed(lines=("bad",))], goes_on=True)
    first, second = make_edits(document, walk, result, site_values={})
    assert (first.missing, len(first.edits)) == ((), 1)
    assert (second.missing, second.edits) == (("id",), ())


def test_a_captured_text_is_not_written_where_its_capture_fails() -> None:
    text = "```console\n$ a\njob [[id=int]]\nagain [[id]]\n```\n"
    assert updated(text, [Printed(lines=("job x", "again 7"))]) == "```console\n$ a\njob x\nagain 7\n```\n"


def test_writing_keeps_the_mode_and_follows_links(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("old")
    page.chmod(0o640)
    link = tmp_path / "link.md"
    link.symlink_to(page)
    write_source(link, "new é")
    assert (page.read_text("utf-8"), page.stat().st_mode & 0o777) == ("new é", 0o640)
    assert link.is_symlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.md", "page.md"]


def test_a_failed_write_leaves_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "page.md").mkdir()
    with pytest.raises(IsADirectoryError):
        write_source(tmp_path / "page.md", "new")
    assert [p.name for p in tmp_path.rglob("*")] == ["page.md"]
