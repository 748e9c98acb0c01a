"""Marks: found among output, told apart from what only looks like them."""

from __future__ import annotations

from docwalk.marks import MarkKind, Marks

MARKS = Marks(nonce="00ff")
OURS = b"\x1b]133;C;00ff;7\x07out\x1b]133;D;00ff;3;7\x07\x1b]133;A;00ff;7\x07"


def test_marks_are_found_with_status_process_and_place() -> None:
    found = MARKS.find(OURS)
    assert [(mark.kind, mark.status, mark.pid) for mark in found] == [
        (MarkKind.COMMAND, None, 7),
        (MarkKind.DONE, 3, 7),
        (MarkKind.PROMPT, None, 7),
    ]
    assert OURS[found[0].end : found[1].start] == b"out"


def test_marks_of_another_nonce_are_output() -> None:
    fake = b"\x1b]133;D;00fe;0;7\x07\x1b]133;D;0\x07"
    assert MARKS.find(fake) == ()
    assert MARKS.strip(fake + OURS) == fake + b"out"


def test_the_start_up_code_spells_the_marks_that_are_found() -> None:
    code = MARKS.bash().replace(r"\e", "\x1b").replace(r"\a", "\x07").replace("$$", "7").encode()
    assert [mark.kind for mark in MARKS.find(code)] == [MarkKind.COMMAND, MarkKind.SECONDARY]
    assert MARKS.prompt in code
    assert b"PS1" not in code
