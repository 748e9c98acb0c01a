"""Dialects: the shells docwalk can follow, one file each; a new one is a file and a line here.

Input: the name of a shell; output: how it is started, typed to and understood. The driver knows no shell by
its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.dialects.bash import BASH
from docwalk.dialects.dash import DASH
from docwalk.dialects.dialect import Dialect, Ready, Typed, Typing
from docwalk.dialects.fish import FISH
from docwalk.dialects.tcsh import TCSH
from docwalk.dialects.zsh import ZSH

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DIALECTS", "SHELLS", "Dialect", "Ready", "Typed", "Typing", "start_up_files"]

DIALECTS: Final[Mapping[str, Dialect]] = {each.name: each for each in (BASH, DASH, FISH, TCSH, ZSH)}
"""Every dialect by the name that marks say."""
SHELLS: Final[Mapping[str, Dialect]] = {**DIALECTS, "sh": DASH}
"""Every dialect by the names that authors write."""


def start_up_files(nonce: str) -> Mapping[str, bytes]:
    """Files of /run/docwalk, which the environments' start-up files read: name to content."""
    return {each.start_up: each.code(nonce).encode() for each in DIALECTS.values()}
