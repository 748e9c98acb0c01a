r"""dash, which is `sh` on Debian.

It has neither hooks nor a line editor: its prompts, which it expands anew each time, carry the marks, so a
reader who sets PS1 loses them. What a command prints begins after the echo of its last line. Only login
shells read the file (ENV is not exported): `sh` started from another shell has a prompt without marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.dialects.dialect import Dialect, Ready, Typing

if TYPE_CHECKING:
    from docwalk.dialects.dialect import Typed


def _code(nonce: str) -> str:
    def mark(letter: str, more: str = "") -> str:
        return rf"\033]133;{letter};{nonce};dash;%s{more}\007"

    done = mark("D", ";%s;%s;") + mark("A")
    return f"""\
case $- in *i*)
    printf '{mark("S")}' $$ >/dev/tty
    PS1=$(printf '{done}%s{mark("B")}' $$ '$?' '$-' $$ "$PS1" $$)
    PS2=$(printf '%s{mark("P")}' "$PS2" $$) ;;
esac
"""


def _find_output(typed: Typed) -> int:
    return typed.after_echo()


DASH: Final = Dialect(
    name="dash",
    program="/bin/dash",
    argv=("-dash",),
    start_up="shrc",
    code=_code,
    typing=Typing.LINES,
    ready=Ready.PROMPT_END,
    source=".",
    find_output=_find_output,
    marks_commands=False,
    holds_marks="PS1=",
)
"""dash."""
