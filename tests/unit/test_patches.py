"""Unified diffs: what `diff -u` prints is applied exactly, everything else is refused."""

from __future__ import annotations

from difflib import unified_diff

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docwalk.patches import PatchError, apply_patch, read_patch

TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "\n", "- x\n", "+ x\n", "@@ x\n", "\\ x\n"])).map("".join)
OLD = "one\ntwo\nthree\nfour\n"


@given(TEXTS, TEXTS, st.integers(0, 3))
def test_a_diff_of_two_texts_makes_the_second_of_the_first(old: str, new: str, context: int) -> None:
    lines = unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), n=context)
    diff = "".join(lines) or "@@ -0,0 +0,0 @@\n"
    assert apply_patch(read_patch(diff), old) == new


@pytest.mark.parametrize(
    ("old", "diff", "new"),
    [
        ("a", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+A\n", "A\n"),
        ("a\n", "@@ -1 +1 @@\n-a\n+A\n\\ No newline at end of file\n", "A"),
        ("a\nb", "--- x\n+++ y\n@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n", "A\nb"),
        ("", "@@ -0,0 +1 @@\n+a\n", "a\n"),
        ("a\n\nb\n", "@@ -1,3 +1,3 @@\n-a\n+A\n\n b\n", "A\n\nb\n"),
    ],
)
def test_a_last_line_may_have_no_newline(old: str, diff: str, new: str) -> None:
    assert apply_patch(read_patch(diff), old) == new


@pytest.mark.parametrize(
    ("diff", "line", "message"),
    [
        (
            "@@ -1 +1 @@\n-one\n+1\n@@ -3 +3 @@\n-tree\n+3\n",
            3,
            "hunk 2 does not fit: line 3 of the file is `three`, not `tree`",
        ),
        ("@@ -5 +5 @@\n-five\n+5\n", 0, "hunk 1 does not fit: it wants line 5, the file has 4 lines"),
        (
            "@@ -3 +3 @@\n-three\n+3\n@@ -1 +1 @@\n-one\n+1\n",
            3,
            "hunk 2 does not fit: it begins before the one above it ends",
        ),
        (
            "@@ -4 +4 @@\n-four\n\\ No newline at end of file\n+4\n",
            0,
            "hunk 1 does not fit: line 4 of the file, `four`, has a newline at its end",
        ),
        (
            "@@ -2 +2 @@\n-two\n+2\n\\ No newline at end of file\n",
            0,
            "hunk 1 does not fit: it ends the file, which has 4 lines",
        ),
    ],
)
def test_a_diff_that_does_not_fit_names_its_hunk(diff: str, line: int, message: str) -> None:
    with pytest.raises(PatchError) as caught:
        apply_patch(read_patch(diff), OLD)
    assert (caught.value.line, caught.value.message) == (line, message)
