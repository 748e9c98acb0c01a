"""The command line: arguments, exit codes, and every print.

Exit codes: 0 all is well, 1 a step failed, 2 the source or the arguments are wrong, 3 this machine cannot do
it, 4 a bug of ours. Commands are imported when they are called, so that `--help` starts at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import click

from docwalk import __version__
from docwalk.errors import BackendError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Exit(IntEnum):
    """What the exit status says."""

    OK = 0
    """All is well."""
    FAILED = 1
    """A step failed, or a check found something."""
    SOURCE = 2
    """A page, the configuration or the arguments are wrong."""
    BACKEND = 3
    """This machine cannot do what was asked."""
    BUG = 4
    """A bug of docwalk."""


COMMANDS: Final = {
    "init": ("docwalk.cli.init:init", "Start a new site."),
    "new": ("docwalk.cli.new:new", "Add a tutorial, or a nightly run."),
    "run": ("docwalk.cli.run:run", "Walk pages and keep the records."),
    "update": ("docwalk.cli.update:update", "Rewrite expected output from a run."),
    "status": ("docwalk.cli.status:status", "Show what is known of each page's blocks."),
    "lint": ("docwalk.cli.lint:lint", "Find what is well-formed, and still wrong for readers."),
    "plan": ("docwalk.cli.plan:plan", "Print what would be run, as JSON."),
    "doctor": ("docwalk.cli.doctor:doctor", "Say what this machine can do, and what mends the rest."),
    "env": ("docwalk.cli.env:env", "Build, show, export and import environments."),
    "publish-check": ("docwalk.cli.publish:publish_check", "Refuse what must not be published."),
    "export": ("docwalk.cli.export:export", "Write pages as plain Markdown, for forges."),
    "report-failures": (
        "docwalk.cli.report_failures:report_failures",
        "Keep one issue open for each failing page.",
    ),
}
"""Name of each command, where it is, and its one-line help."""


class _LazyGroup(click.Group):
    """A group that imports a command when it is called, and none for the list of commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: object = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="docwalk")
def cli() -> None:
    """Documentation whose every shell block is run in a disposable copy of a cluster."""


def main() -> None:
    """The console script."""
    sys.exit(call(sys.argv[1:]))


def call(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit status.

    Args:
        arguments: without the program's name.
    """
    try:
        done: object = cli.main(args=list(arguments), prog_name="docwalk", standalone_mode=False)
    except SourceError as error:
        show_source_error(error)
        return Exit.SOURCE
    except BackendError as error:
        show_backend_error(error)
        return Exit.BACKEND
    except click.ClickException as error:
        error.show()
        return Exit.SOURCE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except Exception:  # noqa: BLE001 - the last resort, which says it is our fault
        _show_bug()
        return Exit.BUG
    return int(done) if isinstance(done, int) else Exit.OK


def show_source_error(error: SourceError) -> None:
    """Every problem of a source, located."""
    if os.environ.get("GITHUB_ACTIONS"):
        from docwalk.report.github import problem_annotations  # noqa: PLC0415 - only in CI

        for line in problem_annotations(error.problems):
            click.echo(line)
    click.echo(str(error), err=True)
    count = len(error.problems)
    click.secho(
        f"\n{count} problem{'' if count == 1 else 's'} in the source; nothing was run", err=True, bold=True
    )


def show_backend_error(error: BackendError) -> None:
    """What this machine cannot do, and what mends it."""
    click.secho(f"error: {error}", err=True, fg="red")
    if error.hint is not None:
        click.echo(f"hint: {error.hint}", err=True)


def _show_bug() -> None:
    import platform  # noqa: PLC0415 - only a bug needs it
    import traceback  # noqa: PLC0415

    traceback.print_exc()
    versions = f"docwalk {__version__}, Python {platform.python_version()}, {platform.platform()}"
    click.secho(
        f"\nThis is a bug in docwalk. Please report it with the lines above and: {versions}", err=True
    )
