"""What an environment consists of, as data: packages of Debian, and layers made by scripts.

Reads tables of a definition and the names of what lies beside it; downloads and runs nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.environment.parts import NAME

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.environment.contents import Contents
    from docwalk.environment.schema import Table

_URL = re.compile(r"https?://[^\s@]+")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+~:-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianPackages:
    """Packages of one Debian suite."""

    suite: str
    """Code name, such as `bookworm`."""
    packages: tuple[str, ...]
    """Names, each with `=version` where one is wanted; sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerDefinition:
    """One site layer: a script that is run as root over the layers below."""

    name: str
    """Its name; its script is `layers/<name>.sh`."""
    folder: Path
    """Folder of the definition it stands in, which need not be that of the environment."""
    script: Path
    """The script."""
    files: tuple[Path, ...]
    """Files and folders beside the definition that the script finds at the same path below `/srv/build`."""
    debian: DebianPackages | None
    """Packages that lie, downloaded and not installed, in `/srv/build/debs`; None for none."""
    wheels: tuple[str, ...]
    """Further package indexes that pip asks while the script runs; URLs."""
    locked: Contents | None
    """What it must consist of; None for what there is."""


def read_debian(table: Table) -> DebianPackages:
    """A table with a suite and packages."""
    table.allow("suite", "packages")
    return DebianPackages(
        suite=table.text("suite", pattern=NAME),
        packages=tuple(sorted(table.texts("packages", pattern=_PACKAGE))),
    )


def read_layer(folder: Path, table: Table) -> LayerDefinition:
    """One of `[[layers]]`; its script and files lie beside the definition in `folder`."""
    table.allow("name", "files", "debian", "wheels")
    name = table.text("name", pattern=NAME)
    script = folder / "layers" / f"{name}.sh"
    if name and not script.is_file():
        table.problem("name", f"layer `{name}` has no script", hint=f"write `layers/{name}.sh`")
    files = []
    for text in table.texts("files"):
        path = folder / text
        if not path.exists() or not path.resolve().is_relative_to(folder.resolve()):
            table.problem("files", f"`{text}` does not lie beside the definition", hint=f"create `{text}`")
        files.append(path)
    debian = table.table("debian")
    return LayerDefinition(
        name=name,
        folder=folder,
        script=script,
        files=tuple(files),
        debian=read_debian(debian) if debian is not None else None,
        wheels=table.texts("wheels", pattern=_URL),
        locked=None,
    )
