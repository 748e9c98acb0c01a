"""`--document` of `docwalk run`, kept apart: what it does is imported when it is asked for."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def or_documents(command: Callable[..., int]) -> Callable[..., int]:
    """The command, which with `--document` tries Markdown that nobody wrote for docwalk."""

    @click.option(
        "--document", "is_foreign", is_flag=True, help="PATHS are Markdown of others; keep no record."
    )
    @click.option("--environment", metavar="NAME", help="With --document: where to try it.")
    @click.option("--login-shell", metavar="NAME", help="With --document: the shell of its readers.")
    @functools.wraps(command)
    def run(
        *,
        paths: tuple[Path, ...],
        is_foreign: bool,
        environment: str | None,
        login_shell: str | None,
        **rest: object,
    ) -> int:
        if is_foreign:
            from docwalk.cli.foreign import run_documents  # noqa: PLC0415 - most runs need none of it

            backend = rest.pop("backend", None)
            if any(rest.values()):
                raise click.UsageError(
                    "with `--document` only `--environment`, `--login-shell` and `--backend` go"
                )
            if backend == "host":
                raise click.UsageError(
                    "`--document` runs commands that nobody meant for this machine: not on it"
                )
            return run_documents(
                paths,
                environment=environment,
                shell=login_shell,
                backend=None if backend is None else str(backend),
            )
        if environment is not None or login_shell is not None:
            raise click.UsageError(
                "pages name their environment and shell; only `--document` has these options"
            )
        return command(paths=paths, **rest)

    return run
