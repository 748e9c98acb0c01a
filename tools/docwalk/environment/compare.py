"""Compare: two content manifests to the differences between them, pure.

A manifest may come from a built environment, an archive or a record; what only one of them tells counts as
a difference, what neither tells does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SYSTEM = {"os": "system", "architecture": "architecture", "module_system": "modules by", "gpu": "gpu"}
"""Entries that are one text, and what people call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that two environments do not have in common."""

    kind: str
    """What it is: `system`, `package`, `module`, `python`, or the name of a Python for its packages."""
    name: str
    """Its name."""
    before: str | None
    """Its version in the first; None where the first has it not."""
    after: str | None
    """Its version in the second; None where the second has it not."""

    def __str__(self) -> str:
        """One line, as a diff has it."""
        if self.before is None:
            return f"+ {self.kind} {self.name} {self.after}".rstrip()
        if self.after is None:
            return f"- {self.kind} {self.name} {self.before}".rstrip()
        return f"~ {self.kind} {self.name} {self.before} -> {self.after}"


def compare_manifests(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Difference, ...]:
    """What differs, in the order people look for it: system, packages, Pythons, modules."""
    return tuple(_differences(before, after))


def _differences(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Difference]:
    yield from _changes(
        "system", *({_SYSTEM[key]: _text(each.get(key)) for key in _SYSTEM} for each in (before, after))
    )
    yield from _changes("package", *(_texts(each.get("packages")) for each in (before, after)))
    pythons = tuple(_pythons(each.get("pythons")) for each in (before, after))
    versions = tuple({name: _text(each[name].get("version")) for name in each} for each in pythons)
    yield from _changes("python", *versions)
    for name in sorted(set(pythons[0]) & set(pythons[1])):
        yield from _changes(name, *(_texts(each[name].get("packages")) for each in pythons))
    yield from _changes("module", *(_modules(each.get("modules")) for each in (before, after)))


def _changes(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(set(before) | set(after)):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield Difference(kind=kind, name=name, before=old, after=new)


def _modules(value: object) -> dict[str, str]:
    """Modules are named with their versions: each is there or not."""
    return {str(name): "" for name in value} if isinstance(value, list | tuple) else {}


def _pythons(value: object) -> dict[str, Mapping[str, object]]:
    if not isinstance(value, Mapping):
        return {}
    return {str(name): each for name, each in value.items() if isinstance(each, Mapping)}


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(each) for name, each in value.items()} if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
