r"""bash 5.1 or newer.

PROMPT_COMMAND is an array whose first element is left to the reader: an assignment replaces that one only.
bash keeps `$?`, `$_` and PIPESTATUS around it. The redirections keep a trace (`set -x`) and a DEBUG trap of
the reader's quiet; /dev/tty serves a shell whose own output went elsewhere. PS0 and PS2 are the reader's to
change: each prompt puts the marks back. A shell that reads the code again (`. /etc/profile`) did not start
again: its status counts. `\#` counts commands also where standard error, and with it PS0, went elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.dialects.dialect import Dialect, Ready, Typing
from docwalk.marks import EDITOR_DONE

if TYPE_CHECKING:
    from docwalk.dialects.dialect import Typed


def _code(nonce: str) -> str:
    done = rf"\e]133;D;{nonce};bash;%s;%s;%s;%s\a\e]133;A;{nonce};bash;%s\a"
    keep_ps0 = rf'[[ $PS0 == *"{nonce}"* ]] || PS0="\\e]133;C;{nonce};bash;\$\$\\a$PS0"'
    keep_ps2 = rf'[[ $PS2 == *"{nonce}"* ]] || PS2="\\[\\e]133;P;{nonce};bash;\$\$\\a\\]$PS2"'
    return f"""\
case $- in *i*)
    [[ -n ${{PROMPT_COMMAND[9]-}} ]] || printf '\\e]133;S;{nonce};bash;%s\\a' $$ >/dev/tty
    _docwalk='\\#'
    PROMPT_COMMAND[9]='{{ printf "{done}" $$ "$?" "$-" "${{_docwalk@P}}" $$ >/dev/tty
        {keep_ps0}; {keep_ps2}; }} >/dev/null 2>&1' ;;
esac
"""


def _find_output(typed: Typed) -> int:
    # After the editor, not after the mark: what a history expansion became is shown in between.
    edited = typed.after_editor(EDITOR_DONE)
    if edited is not None:
        return edited
    command = typed.first_command()
    return command.end if command is not None else typed.after_echo()


BASH: Final = Dialect(
    name="bash",
    program="/bin/bash",
    argv=("-bash",),
    start_up="bashrc",
    code=_code,
    typing=Typing.PASTE,
    ready=Ready.EDITOR,
    source=".",
    find_output=_find_output,
    notices_follow_marks=True,
    polls_at_prompt=True,
)
"""bash."""
