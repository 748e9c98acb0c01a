r"""tcsh.

`precmd` and `postcmd` are aliases that run before a prompt and before a command; tcsh keeps `$status`. The
latter runs for commands within commands as well (`module`), and before a loop asks for its body. There is
no paste, and a typed tab completes. The prompt of a loop's body (`foreach? `) carries a mark; an open quote
is an error. `printf` is a program here, named by its path: the reader's PATH may be anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.dialects.dialect import Dialect, Ready, Typing
from docwalk.marks import MarkKind

if TYPE_CHECKING:
    from docwalk.dialects.dialect import Typed

_ECHO_END: Final = b"\r\r\n"


def _code(nonce: str) -> str:
    done = rf"\033]133;D;{nonce};tcsh;%s;%s;;\007\033]133;A;{nonce};tcsh;%s\007"
    return f"""\
if ( $?prompt ) then
    /usr/bin/printf '\\033]133;S;{nonce};tcsh;%s\\007' $$ > /dev/tty
    alias precmd '/usr/bin/printf "{done}" $$ $status $$ > /dev/tty'
    alias postcmd '/usr/bin/printf "\\033]133;C;{nonce};tcsh;%s\\007" $$ > /dev/tty'
    if ( ! $?prompt2 ) set prompt2 = '%R? '
    set prompt2 = "%{{\\033]133;P;{nonce};tcsh;$$\\007%}}$prompt2:q"
endif
"""


def _find_output(typed: Typed) -> int:
    command = next((m for m in typed.marks if m.kind is MarkKind.COMMAND and m.start >= typed.line_at), None)
    if command is None:
        # No command, or the last line of a loop.
        found = typed.shown.find(_ECHO_END, typed.line_at)
        return typed.line_at if found < 0 else found + len(_ECHO_END)
    # Between echo and mark stands what a history expansion became.
    return typed.shown.rfind(_ECHO_END, typed.line_at, command.start) + len(_ECHO_END)


TCSH: Final = Dialect(
    name="tcsh",
    program="/bin/tcsh",
    argv=("-tcsh",),
    start_up="cshrc",
    code=_code,
    typing=Typing.LINES,
    ready=Ready.AT_ONCE,
    source="source",
    find_output=_find_output,
    counts_commands=False,
    shows_prompt_on_exit=True,
    holds_marks="alias precmd",
)
"""tcsh."""
