"""`docwalk env info`, `diff` and `shell`: what is inside an environment."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from docwalk.backend.sandbox import SandboxBackend
from docwalk.cli.env_named import NAME, age_text, built, megabytes
from docwalk.driver.passthrough import LEAVE_KEY_NAME, Parting, pass_through, require_terminal, terminal_size
from docwalk.environment.archive import read_head
from docwalk.environment.compare import compare_manifests
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from docwalk.backend import Terminal
    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment

_ENVIRON = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC"}
_LEAST_DIFFERENT = 1
_ENDED_S = 2.0
_ENDED_STEP_S = 0.01


@click.command()
@NAME
def info(name: str) -> None:
    """Show what is inside an environment."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for title, text in _facts(built(name)):
        console.print(f"{title:<11}{text}".rstrip())


def _facts(environment: BuiltEnvironment) -> Iterator[tuple[str, str]]:
    manifest, definition = environment.manifest, environment.environment
    yield definition.name, definition.title
    yield "digest", environment.digest
    yield "system", f"{manifest['os']}, {manifest['architecture']}"
    if manifest.get("module_system"):
        yield "modules by", manifest["module_system"]
    yield "base", age_text(environment, now_s=time.time())
    yield from _settings(definition)
    if "gpu" in manifest:
        gpu = manifest["gpu"]
        yield "gpu", f"{gpu['count']} {gpu['kind']}: {gpu['model']}, driver {gpu['driver']}"
    layers = zip(("base", *(each.name for each in definition.layers)), environment.layers, strict=True)
    for layer, folder in layers:
        yield "layer", f"{layer}, {megabytes(manifest['bytes'][layer])}, {folder.parent.name}"
    for label, python in manifest["pythons"].items():
        packages = ", ".join(f"{package} {version}" for package, version in python["packages"].items())
        yield "python", f"{python['version']} ({label}): {packages}"
    for module in manifest["modules"]:
        yield "module", module
    yield "packages", f"{len(manifest['packages'])} of the distribution"


def _settings(definition: Environment) -> Iterator[tuple[str, str]]:
    """What the definition sets of what a reader meets."""
    accounts = [f"{definition.user} ({definition.uid})"]
    accounts += [f"{account.name} ({account.uid})" for account in definition.accounts]
    yield "accounts", ", ".join(accounts)
    yield "host", ", ".join((definition.hostname, *definition.hosts))
    yield "network", definition.network.value
    for service in definition.services:
        yield "service", f"{service.name}: {service.start}"
    for device in definition.devices:
        yield "device", device
    for mount in definition.mounts:
        yield "mount", f"{mount.target}, {'empty' if mount.source is None else mount.source}"
    if definition.nested:
        yield "nested", ", ".join(each.name for each in definition.nested)
    limits = definition.limits
    named = [f"{name} {value}" for name in limits.__slots__ if (value := getattr(limits, name)) is not None]
    if named:
        yield "limits", ", ".join(named)


@click.command()
@click.argument("before")
@click.argument("after")
def diff(before: str, after: str) -> int:
    """Show what differs between two environments.

    BEFORE and AFTER are names of built environments, archives that `env export` wrote, or records of walks.
    Exits with 1 where something differs.
    """
    differences = compare_manifests(_manifest(before), _manifest(after))
    for difference in differences:
        click.echo(str(difference))
    if not differences:
        click.echo(f"{before} and {after} have the same inside", err=True)
    return min(len(differences), _LEAST_DIFFERENT)


def _manifest(text: str) -> Mapping[str, Any]:
    path = Path(text)
    if not path.is_file():
        return built(text).manifest
    if path.suffix == ".json":
        try:
            manifest = json.loads(path.read_text("utf-8"))["manifest"]
        except (ValueError, KeyError, TypeError) as error:
            raise BackendError(
                f"`{text}` is no record of a walk", hint="name a file of build/records"
            ) from error
        return manifest if isinstance(manifest, dict) else {}
    return read_head(path).manifest


@click.command()
@NAME
@click.option("--shell", metavar="SHELL", help="bash, zsh, tcsh, fish or dash; the reader's without it.")
@click.option("--user", metavar="NAME", help="The account; the reader's without it.")
def shell(name: str, shell: str | None, user: str | None) -> int:
    """Open a login shell in a fresh copy of an environment.

    What you do in there is gone when you leave: by `exit`, or by Ctrl-] from any program.
    """
    require_terminal()
    environment = built(name)
    instance = SandboxBackend().open(environment)
    try:
        rows, columns = terminal_size()
        terminal = instance.open_terminal(
            shell=shell or environment.environment.shell,
            user=user,
            rows=rows,
            columns=columns,
            environ=_ENVIRON,
        )
        click.echo(f"a fresh copy of `{name}`; {LEAVE_KEY_NAME} leaves", err=True)
        try:
            parting = pass_through(terminal)
            status = _final_status(terminal) if parting is Parting.ENDED else None
        finally:
            terminal.close()
    finally:
        instance.close()
    if parting is Parting.LEFT:
        click.echo("", err=True)
    return status if status is not None and status > 0 else 0


def _final_status(terminal: Terminal) -> int | None:
    """Status of a shell that has just hung up, which is known a moment later; None if it lives on."""
    end_s = time.monotonic() + _ENDED_S
    while (status := terminal.exit_status()) is None and time.monotonic() < end_s:
        time.sleep(_ENDED_STEP_S)
    return status
