"""zsh.

The first hook of `precmd` still knows the command's status, and zsh keeps it from the others. Without
PROMPT_SP there is no inverse `%` after output that lacks a final newline, and no padding: both would be
taken for output. zsh takes a pasted newline into one piece of input, so that two pasted commands look like
one: lines are pasted one by one. A trace shows our hooks, wherever their output goes; it is taken out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.dialects.dialect import Dialect, Ready, Typing
from docwalk.marks import EDITOR_DONE

if TYPE_CHECKING:
    from docwalk.dialects.dialect import Typed

_EDITOR_DONE: Final = EDITOR_DONE + b"\r\n"


def _code(nonce: str) -> str:
    done = rf"\e]133;D;{nonce};zsh;%s;%s;%s;\a\e]133;A;{nonce};zsh;%s\a"
    return f"""\
if [[ -o interactive ]]; then
    unsetopt prompt_sp prompt_cr
    (( $+functions[_docwalk_precmd] )) || builtin printf '\\e]133;S;{nonce};zsh;%s\\a' $$ >/dev/tty
    _docwalk_precmd() {{
        builtin printf '{done}' $$ "$?" "$-" $$ >/dev/tty
        [[ $PS2 == *{nonce}* ]] || PS2=$'%{{\\e]133;P;{nonce};zsh;'$$$'\\a%}}'$PS2
    }} >/dev/null 2>&1
    _docwalk_preexec() {{
        builtin printf '\\e]133;C;{nonce};zsh;%s\\a' $$ >/dev/tty
    }} >/dev/null 2>&1
    precmd_functions=(_docwalk_precmd ${{precmd_functions:#_docwalk_precmd}})
    preexec_functions=(${{preexec_functions:#_docwalk_preexec}} _docwalk_preexec)
fi
"""


def _find_output(typed: Typed) -> int:
    # After the editor, not after the mark: what a history expansion became is shown in between.
    edited = typed.after_editor(_EDITOR_DONE)
    if edited is not None:
        return edited
    command = typed.first_command()
    return command.end if command is not None else typed.after_echo()


ZSH: Final = Dialect(
    name="zsh",
    program="/bin/zsh",
    argv=("-zsh",),
    start_up="zshrc",
    code=_code,
    typing=Typing.PASTE_LINES,
    ready=Ready.EDITOR,
    source=".",
    find_output=_find_output,
    own_trace=re.compile(rb"\+_docwalk_pre(?:cmd|exec):\d+> [^\n]*\n"),
    holds_marks="precmd_functions",
)
"""zsh."""
