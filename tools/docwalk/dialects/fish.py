r"""fish 3.6.

Events come before and after a command and before a prompt. There is no mark of incomplete input: Enter
then adds a line in the editor, and nothing starts. A line with a syntax error stays there until Ctrl-C.
What fish prints of its own after a command (a marker where the final newline lacks) follows the DONE mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.dialects.dialect import Dialect, Ready, Typing

if TYPE_CHECKING:
    from docwalk.dialects.dialect import Typed

_SYNTAX_ERROR: Final = b"\nfish: "


def _code(nonce: str) -> str:
    def mark(letter: str, more: str = "") -> str:
        return rf"\e]133;{letter};{nonce};fish;%s{more}\a"

    return f"""\
if status is-interactive
    printf '{mark("S")}{mark("D", ";0;;")}' $fish_pid $fish_pid >/dev/tty
    function __docwalk_preexec --on-event fish_preexec
        builtin printf '{mark("C")}' $fish_pid >/dev/tty
    end
    function __docwalk_postexec --on-event fish_postexec
        builtin printf '{mark("D", ";%s;;")}' $fish_pid $status >/dev/tty
    end
    function __docwalk_posterror --on-event fish_posterror
        builtin printf '{mark("D", ";%s;;")}{mark("A")}' $fish_pid $status $fish_pid >/dev/tty
    end
    function __docwalk_cancel --on-event fish_cancel
        builtin printf '{mark("D", ";130;;")}{mark("A")}' $fish_pid $fish_pid >/dev/tty
    end
    function __docwalk_prompt --on-event fish_prompt
        builtin printf '{mark("A")}' $fish_pid >/dev/tty
    end
end
"""


def _find_output(typed: Typed) -> int:
    command = typed.first_command()
    if command is not None:
        return command.end
    found = typed.shown.find(_SYNTAX_ERROR, typed.line_at)
    return len(typed.shown) if found < 0 else found + 1


FISH: Final = Dialect(
    name="fish",
    program="/usr/bin/fish",
    argv=("fish", "--login"),
    start_up="config.fish",
    code=_code,
    typing=Typing.PASTE,
    ready=Ready.AT_ONCE,
    source="source",
    find_output=_find_output,
    keeps_wrong_lines=True,
    pastes_tabs=False,
    holds_marks="--erase __docwalk",
)
"""fish."""
