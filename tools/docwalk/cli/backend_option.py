"""`--backend` and `--on-this-host`: where walks run, for each command that runs some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from docwalk.config import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Callable


def on_backend(command: Callable[..., int]) -> Callable[..., int]:
    """The command, with options that choose a backend: arguments `backend` and `on_this_host`."""
    name = click.option(
        "--backend",
        type=click.Choice(BACKENDS),
        help="What to run walks in; by default the project's, or the sandbox.",
    )
    allow = click.option(
        "--on-this-host",
        is_flag=True,
        help="Let `--backend host` run pages on this machine, with your rights: nothing is isolated.",
    )
    return name(allow(command))
