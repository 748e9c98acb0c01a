"""Environments by name, as the commands of `docwalk env` find them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rapidfuzz import process
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from docwalk.config import load_project
from docwalk.environment.age import OLD_DAYS, base_age_days
from docwalk.environment.definition import load_environments
from docwalk.environment.store import Store
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment

SHOWN_DIGITS = 19
"""`sha256:` and twelve digits."""
NAME = click.argument("name")


def environments_dir() -> Path:
    """The project's folder of environments."""
    return load_project(Path.cwd()).environments_dir


def environments() -> Mapping[str, Environment]:
    """The project's environments, by name."""
    return load_environments(environments_dir())


def named(known: Mapping[str, Environment], name: str) -> Environment:
    """The environment called `name`.

    Raises:
        click.UsageError: there is none.
    """
    if name in known:
        return known[name]
    near = process.extractOne(name, list(known), score_cutoff=60)
    hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known) or 'none'}"
    raise click.UsageError(f"there is no environment `{name}`; {hint}")


def built(name: str) -> BuiltEnvironment:
    """The environment called `name`, as it is built on this machine.

    Raises:
        BackendError: it is not built.
    """
    environment = named(environments(), name)
    found = Store.default().find(environment)
    if found is None:
        raise BackendError(f"the environment `{name}` is not built", hint=f"docwalk env build {name}")
    return found


@contextmanager
def byte_progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many bytes are done; call it with each number of further ones."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.update(task, advance=count)


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1e6:,.0f} MB"


def age_text(built: BuiltEnvironment, *, now_s: float) -> str:
    """How old a base is, for people."""
    days = base_age_days(built, now_s=now_s)
    text = "today's" if days == 0 else "1 day" if days == 1 else f"{days} days"
    return f"{text}, old" if days > OLD_DAYS else text
