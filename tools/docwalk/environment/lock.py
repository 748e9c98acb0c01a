"""Locks: `environment.lock` beside a definition, the packages of each of its layers.

    lock  = comment, "schema = 1", table*
    table = "[layers.NAME]", "debs = [ line* ]", "wheels = [ line* ]"
    line  = KIND NAME VERSION sha256:HASH       (see contents.py)

It is written by `docwalk env update`. Layers that an environment takes from another stand in that one's lock.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.environment.contents import Contents, Locked
from docwalk.environment.schema import Reader, Table
from docwalk.errors import ErrorCode, SourceError
from docwalk.source import Source
from docwalk.toml_places import toml_problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOCK_FILE: Final = "environment.lock"
BASE: Final = "base"
"""Name of the bottom layer."""
_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What the layers of one definition consist of."""

    layers: Mapping[str, Contents]
    """Contents by name of the layer; the bottom one is `base`."""

    def __str__(self) -> str:
        """The file's text."""
        lines = ["# Written by `docwalk env update`: what the layers of this environment consist of.", ""]
        lines.append(f"schema = {_SCHEMA}")
        for name, contents in self.layers.items():
            lines += ["", f"[layers.{name}]"]
            for key, found in (("debs", contents.debs), ("wheels", contents.wheels)):
                lines += [f"{key} = [", *(f'    "{each}",' for each in found), "]"]
        return "\n".join(lines) + "\n"


def read_lock(path: Path) -> Lock:
    """The lock in `path`.

    Raises:
        SourceError: it is none.
    """
    source = Source.read(path)
    try:
        content = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise SourceError((toml_problem(source, error, code=ErrorCode.BAD_ENVIRONMENT),)) from error
    reader = Reader(source)
    top = Table(reader, content, ())
    top.allow("schema", "layers")
    if top.number("schema", default=None, least=1) != _SCHEMA:
        top.problem("schema", f"this docwalk reads locks of schema {_SCHEMA}", hint="docwalk env update NAME")
    layers = top.table("layers")
    names = list(content.get("layers", {})) if layers is not None else []
    found = {name: _read_layer(layers.table(name)) for name in names if layers is not None}
    if reader.problems:
        raise SourceError(tuple(reader.problems))
    return Lock(layers=found)


def _read_layer(table: Table | None) -> Contents:
    if table is None:
        return Contents.of()
    table.allow("debs", "wheels")
    return Contents.of(debs=_lines(table, "debs"), wheels=_lines(table, "wheels"))


def _lines(table: Table, key: str) -> tuple[Locked, ...]:
    found = []
    for text in table.texts(key):
        parsed = Locked.parse(text)
        if parsed is None:
            table.problem(key, f"`{text}` is no package", hint="docwalk env update NAME writes this file")
        else:
            found.append(parsed)
    return tuple(found)
