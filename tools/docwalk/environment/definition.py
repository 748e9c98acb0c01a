"""Definitions: one folder with an `environment.toml` to a frozen `Environment`.

Reads the file and the names of what lies beside it; builds and runs nothing. Everything wrong with a
definition is reported at once, located.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from docwalk.bubblewrap import Network
from docwalk.environment.schema import Reader, Table
from docwalk.errors import ErrorCode, SourceError
from docwalk.source import Source
from docwalk.toml_places import toml_problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from docwalk.errors import SourceProblem

DEFINITION_FILE = "environment.toml"

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+~:-]+)?")


class Users(Enum):
    """How many accounts an environment needs; the value is what authors write."""

    ONE = "one"
    """The reader only: a single user id."""
    MANY = "many"
    """Several: needs subordinate ids."""


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
    script: Path
    """The script."""
    files: tuple[Path, ...]
    """Files and folders beside the definition that the script finds at the same path below `/srv/build`."""
    debian: DebianPackages | None
    """Packages that lie, downloaded and not installed, in `/srv/build/debs`; None for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A named copy of a cluster, as it is defined."""

    name: str
    """Name of its folder."""
    folder: Path
    """The folder."""
    title: str
    """What readers see."""
    description: str
    """One paragraph for readers."""
    base: DebianPackages
    """The bottom layer."""
    layers: tuple[LayerDefinition, ...]
    """Site layers, lowest first."""
    user: str
    """Account of the reader inside."""
    uid: int
    """Its user id inside."""
    gid: int
    """Its group id inside."""
    hostname: str
    """Host name inside."""
    users: Users
    """How many accounts it needs."""
    network: Network
    """What it sees of the network."""
    shell: str
    """Login shell of the reader: `bash`."""
    expected_modules: tuple[str, ...]
    """Modules that `module avail` must list once it is built."""
    pythons: tuple[str, ...]
    """Modules that put a `python3` on PATH; their packages are part of the manifest."""


def load_environments(folder: Path) -> Mapping[str, Environment]:
    """Every environment below `folder`, by name, in order of name.

    Raises:
        SourceError: with all problems of all definitions.
    """
    found: dict[str, Environment] = {}
    problems: list[SourceProblem] = []
    for path in sorted(folder.glob(f"*/{DEFINITION_FILE}")):
        try:
            found[path.parent.name] = load_environment(path.parent)
        except SourceError as error:
            problems.extend(error.problems)
    if problems:
        raise SourceError(tuple(problems))
    return found


def load_environment(folder: Path) -> Environment:
    """The environment defined in `folder`.

    Raises:
        SourceError: with all problems of its definition.
    """
    source = Source.read(folder / DEFINITION_FILE)
    reader = Reader(source)
    try:
        content = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise SourceError((toml_problem(source, error, code=ErrorCode.BAD_ENVIRONMENT),)) from error
    environment = _read_environment(folder, content, reader)
    if environment is None or reader.problems:
        raise SourceError(tuple(reader.problems))
    return environment


def _read_environment(folder: Path, content: Mapping[str, Any], reader: Reader) -> Environment | None:
    top = Table(reader, content, ())
    top.allow(
        *("title", "description", "base", "layers", "user", "uid", "gid", "hostname"),
        *("users", "network", "shell", "expected"),
    )
    if _NAME.fullmatch(folder.name) is None:
        reader.at((), f"`{folder.name}` is no name for an environment", hint="use a-z, 0-9 and `-`")
    expected = top.table("expected")
    if expected is not None:
        expected.allow("modules", "pythons")
    base_table = top.table("base", is_required=True)
    base = _read_debian(base_table) if base_table is not None else None
    layers = tuple(_read_layer(folder, table) for table in top.tables("layers"))
    _reject_repeated(layers, reader)
    title = top.text("title")
    user = top.text("user", default="reader", pattern=_ACCOUNT)
    hostname = top.text("hostname", default="login1", pattern=_NAME)
    if base is None:
        return None
    return Environment(
        name=folder.name,
        folder=folder,
        title=title,
        description=top.text("description", default=""),
        base=base,
        layers=layers,
        user=user,
        uid=top.number("uid", default=1000, least=1),
        gid=top.number("gid", default=1000, least=1),
        hostname=hostname,
        users=top.choice("users", Users, default=Users.ONE),
        network=top.choice("network", Network, default=Network.HOST),
        shell=top.text("shell", default="bash"),
        expected_modules=expected.texts("modules") if expected is not None else (),
        pythons=expected.texts("pythons") if expected is not None else (),
    )


def _read_debian(table: Table) -> DebianPackages:
    table.allow("suite", "packages")
    return DebianPackages(
        suite=table.text("suite", pattern=_NAME),
        packages=tuple(sorted(table.texts("packages", pattern=_PACKAGE))),
    )


def _read_layer(folder: Path, table: Table) -> LayerDefinition:
    table.allow("name", "files", "debian")
    name = table.text("name", pattern=_NAME)
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
        script=script,
        files=tuple(files),
        debian=_read_debian(debian) if debian is not None else None,
    )


def _reject_repeated(layers: tuple[LayerDefinition, ...], reader: Reader) -> None:
    names = [layer.name for layer in layers]
    for index, name in enumerate(names):
        if name in names[:index]:
            reader.at(
                ("layers", index, "name"),
                f"layer `{name}` is defined twice",
                hint="give each layer a name of its own",
                code=ErrorCode.BAD_ENVIRONMENT,
            )
