"""Debian's packages in a layer: which there are, their hashes, and how apt is held to them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.environment import apt
from docwalk.environment.contents import Locked, file_sha256
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STATUS = "var/lib/dpkg/status"
_PRIORITY = 1001
"""From 1000 on, apt takes a version even where that is a step back (apt_preferences(5))."""
_SHOWN = 5


def installed_debs(root: Path, *, suite: str) -> tuple[Locked, ...]:
    """The packages that dpkg has installed in `root`, with the hashes that the archives of `suite` give.

    Raises:
        BackendError: the archives have one no more.
    """
    found = tuple(read_status((root / _STATUS).read_text("utf-8")))
    hashes = _hashes(found, suite=suite)
    return tuple(
        Locked(kind=kind, name=name, version=version, sha256=hashes[name, version, kind])
        for name, version, kind in found
    )


def read_status(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, version and architecture of each installed package in dpkg's status file."""
    for stanza in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" installed"):
            yield fields["Package"], fields["Version"], fields["Architecture"]


def deb_files(folder: Path) -> tuple[Locked, ...]:
    """The packages that lie in `folder`, as apt names their files."""
    found = []
    for path in sorted(folder.glob("*.deb")):
        name, version, kind = apt.parse_file_name(path.name)
        found.append(Locked(kind=kind, name=name, version=version, sha256=file_sha256(path)))
    return tuple(found)


def pins(debs: Iterable[Locked]) -> str:
    """Preferences that make apt take exactly these versions."""
    return "".join(
        f"Package: {each.name}\nPin: version {each.version}\nPin-Priority: {_PRIORITY}\n\n" for each in debs
    )


def require_available(debs: tuple[Locked, ...], *, suite: str, environment: str) -> None:
    """Refuse to begin where the archives no longer have what is locked, or have something else.

    Raises:
        BackendError: with the first few.
    """
    found = _hashes(
        tuple((each.name, each.version, each.kind) for each in debs), suite=suite, is_strict=False
    )
    gone = [each for each in debs if found.get((each.name, each.version, each.kind)) != each.sha256]
    if gone:
        shown = ", ".join(f"{each.name} {each.version}" for each in gone[:_SHOWN])
        more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        raise BackendError(
            f"the lock of `{environment}` names packages that the archives of {suite} have no more: "
            f"{shown}{more}",
            hint=f"docwalk env update {environment}; or point apt at a mirror that keeps old versions",
        )


def _hashes(
    packages: tuple[tuple[str, str, str], ...], *, suite: str, is_strict: bool = True
) -> dict[tuple[str, str, str], str]:
    with tempfile.TemporaryDirectory(prefix="docwalk-apt-") as name:
        sources = apt.debian_sources(suite, apt.host_sources())
        if not sources:
            raise BackendError(
                f"this machine's apt knows no archive of Debian {suite}, which has the packages' hashes",
                hint="build on Debian, or import an environment: docwalk env import FILE",
            )
        found = apt.package_hashes(packages, Path(name), sources=sources)
    missing = [each for each in packages if each not in found]
    if missing and is_strict:
        name, version, _ = missing[0]
        raise BackendError(
            f"the archives of {suite} do not have `{name}` {version}, which was installed from them",
            hint="try again: they may be in the middle of an update",
        )
    return found
