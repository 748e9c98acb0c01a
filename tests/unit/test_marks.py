"""Marks: found among output, told apart from what only looks like them; each shell spells them so."""

from __future__ import annotations

import pytest

from docwalk.dialects import DIALECTS, start_up_files
from docwalk.marks import MarkKind, Marks

MARKS = Marks(nonce="00ff")
OURS = b"\x1b]133;C;00ff;zsh;7\x07out\x1b]133;D;00ff;zsh;7;3;es;12\x07\x1b]133;A;00ff;zsh;7\x07"


def test_marks_are_found_with_status_process_and_place() -> None:
    found = MARKS.find(OURS)
    assert [(mark.kind, mark.shell, mark.pid) for mark in found] == [
        (MarkKind.COMMAND, "zsh", 7),
        (MarkKind.DONE, "zsh", 7),
        (MarkKind.PROMPT, "zsh", 7),
    ]
    assert [(mark.status, mark.flags, mark.count) for mark in found] == [
        (None, "", None),
        (3, "es", 12),
        (None, "", None),
    ]
    assert OURS[found[0].end : found[1].start] == b"out"


def test_marks_of_another_nonce_are_output() -> None:
    fake = b"\x1b]133;D;00fe;zsh;7;0;;\x07\x1b]133;D;0\x07"
    assert MARKS.find(fake) == ()
    assert MARKS.strip(fake + OURS) == fake + b"out"


def test_a_done_mark_without_a_status_is_none() -> None:
    assert MARKS.find(b"\x1b]133;D;00ff;dash;7\x07\x1b]133;D;00ff;dash;7;$?;$-;\x07") == ()


def test_a_mark_is_found_by_what_it_begins_with() -> None:
    assert MARKS.begin(MarkKind.PROMPT, "zsh") == b"\x1b]133;A;00ff;zsh;"
    assert MARKS.begin(MarkKind.COMMAND) == b"\x1b]133;C;00ff;"


@pytest.mark.parametrize("name", DIALECTS)
def test_every_shell_says_when_it_starts_prompts_and_ends_a_command(name: str) -> None:
    code = DIALECTS[name].code("00ff")
    assert [letter for letter in "SAD" if f"]133;{letter};00ff;{name};" not in code] == []


@pytest.mark.parametrize("name", [each.name for each in DIALECTS.values() if each.marks_commands])
def test_the_shells_that_say_so_mark_commands(name: str) -> None:
    assert f"]133;C;00ff;{name};" in DIALECTS[name].code("00ff")


def test_every_shell_has_a_file_of_its_own() -> None:
    assert sorted(start_up_files("00ff")) == ["bashrc", "config.fish", "cshrc", "shrc", "zshrc"]
