"""Prompts as people paste them from their terminals."""

from __future__ import annotations

import re
from typing import Final

PROMPT: Final = re.compile(
    r"""
    (?P<venv> \( [\w./+-]+ \) [ ] )?
    (?P<prompt>
        \[ (?P<user_1> [a-z_][\w.-]* ) @ (?P<host_1> [\w.-]+ ) (?: [ :] [^\]]* )? \] (?P<end_1> [$%\#] )
      | (?P<user_2> [a-z_][\w.-]* ) @ (?P<host_2> [\w.-]+ )
        (?: [ :]? [~/] [^$%\#\s]* | : )? \s? (?P<end_2> [$%\#>] )
      | -? (?: sh | bash | zsh | ksh | dash ) - \d [\w.]* (?P<end_3> [$\#] )
      | (?P<host_3> [a-z][\w.-]* ) (?: :[~/][^$%\#\s]* )? (?P<end_5> [$%] )
      | (?P<end_4> [$%\#] )
    )
    (?: [ ] | $ )
    """,
    re.VERBOSE,
)
"""`$ `, `user@host:~$ `, `[user@host dir]$ `, `host$ `, `sh-5.2$ `, each also after `(venv) `."""
