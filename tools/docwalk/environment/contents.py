"""Contents of a layer: the packages that were installed into it, each with its hash; what a lock pins.

Debian's packages are told by dpkg and apt, Python's by the reports of pip itself. Nothing here builds.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from docwalk.environment.compare import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


ANY_PYTHON: Final = "-"
"""Kind of a wheel that lies in a layer as a file."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Locked:
    """One package, as a line of a lock: `KIND NAME VERSION sha256:HASH`."""

    kind: str
    """Architecture of a Debian package; `3.11` for what pip installed for that Python; or ANY_PYTHON."""
    name: str
    """Its name."""
    version: str
    """Its version."""
    sha256: str
    """Of the file it came from: 64 hexadecimal digits."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """From its line; None where it is none."""
        parts = text.split(" ")
        if len(parts) != 4 or not all(parts) or not parts[3].startswith("sha256:"):  # noqa: PLR2004 - see above
            return None
        return cls(kind=parts[0], name=parts[1], version=parts[2], sha256=parts[3].removeprefix("sha256:"))

    def __str__(self) -> str:
        """The line."""
        return f"{self.kind} {self.name} {self.version} sha256:{self.sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What one layer consists of."""

    debs: tuple[Locked, ...]
    """Debian packages, in order."""
    wheels: tuple[Locked, ...]
    """Python packages, in order."""

    @classmethod
    def of(cls, *, debs: Iterable[Locked] = (), wheels: Iterable[Locked] = ()) -> Self:
        """With both in order, and each once."""
        return cls(debs=tuple(sorted(set(debs))), wheels=tuple(sorted(set(wheels))))


def compare_contents(before: Contents, after: Contents) -> tuple[Difference, ...]:
    """What differs between two contents of a layer."""
    return (*_compare(before.debs, after.debs), *_compare(before.wheels, after.wheels))


def _compare(before: tuple[Locked, ...], after: tuple[Locked, ...]) -> Iterator[Difference]:
    gone, come = _grouped(set(before) - set(after)), _grouped(set(after) - set(before))
    for kind, name in sorted({*gone, *come}):
        old, new = gone.get((kind, name), []), come.get((kind, name), [])
        has_new_hash = [each.version for each in old] == [each.version for each in new]
        yield Difference(
            kind=kind,
            name=name,
            before=_versions(old, has_hash=has_new_hash),
            after=_versions(new, has_hash=has_new_hash),
        )


def _grouped(found: set[Locked]) -> dict[tuple[str, str], list[Locked]]:
    groups: dict[tuple[str, str], list[Locked]] = {}
    for each in sorted(found):
        groups.setdefault((each.kind, each.name), []).append(each)
    return groups


def _versions(found: list[Locked], *, has_hash: bool) -> str | None:
    if not found:
        return None
    return ", ".join(f"{each.version} ({each.sha256[:12]})" if has_hash else each.version for each in found)


def read_pip_reports(text: str) -> tuple[Locked, ...]:
    """What pip installed, from its reports (`pip install --report`), one JSON value after the other."""
    decoder = json.JSONDecoder()
    found: list[Locked] = []
    position = 0
    while position < len(text):
        report, position = decoder.raw_decode(text, position)
        while position < len(text) and text[position].isspace():
            position += 1
        python = str(report["environment"]["python_version"])
        found.extend(_reported(each, python) for each in report["install"])
    return tuple(found)


def _reported(installed: dict[str, Any], python: str) -> Locked:
    metadata, source = installed["metadata"], installed["download_info"]
    hashes = source.get("archive_info", {}).get("hashes", {})
    return Locked(
        kind=python,
        name=str(metadata["name"]).lower().replace("_", "-"),
        version=str(metadata["version"]),
        # What is built from a folder of the layer's own has no archive; its files are in the recipe digest.
        sha256=str(hashes.get("sha256", "")),
    )


def find_wheels(root: Path) -> tuple[Locked, ...]:
    """Wheels that lie in a layer as files, for its users to install."""
    return tuple(
        Locked(
            kind=ANY_PYTHON,
            name=path.name.split("-")[0].lower().replace("_", "-"),
            version=path.name.split("-")[1],
            sha256=file_sha256(path),
        )
        for path in sorted(root.rglob("*-*.whl"))
    )


def file_sha256(path: Path) -> str:
    """Hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
