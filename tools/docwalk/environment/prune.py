"""Prune: what a store holds that no definition needs, and its removal.

Looking and removing are apart, so that people see what would go. Layers belong to subordinate ids and are
removed through their namespace; nothing goes while an instance is open, which may stand on any layer.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.owner import cannot_own, layer_owner, remove_owned_tree
from docwalk.environment.store import BUILDING_PREFIX
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from docwalk.environment.definition import Environment
    from docwalk.environment.store import Store

_DAY_S = 86400
_ORDINARY_FOLDERS = ("pip-build", "downloads")
"""Folders of downloads, made again when they are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removable:
    """One thing that may go."""

    path: Path
    """The file or folder."""
    why: str
    """Why it is not needed."""
    size_bytes: int
    """What it occupies; files linked several times count once among all that are found."""


def find_removable(
    store: Store,
    environments: Iterable[Environment],
    *,
    older_than_days: float,
    is_open: Callable[[Path], bool],
) -> tuple[Removable, ...]:
    """What no definition needs, downloads that nobody used for so long, and instances that nobody holds.

    Args:
        store: where to look; its fallback is left alone.
        environments: all that are needed.
        older_than_days: age of downloads.
        is_open: whether somebody holds an instance's folder.
    """
    needed = tuple(environments)
    found = [
        *_layers(store, needed),
        *_manifests(store, needed),
        *_downloads(store, time.time() - older_than_days * _DAY_S),
        *_instances(store, is_open),
    ]
    sizes = _sizes([path for path, _ in found])
    return tuple(Removable(path=path, why=why, size_bytes=sizes.get(str(path), 0)) for path, why in found)


def remove(store: Store, found: Iterable[Removable], *, on_wait: Callable[[], None]) -> None:
    """Remove what was found.

    Args:
        store: where it was found.
        found: what `find_removable` gave.
        on_wait: called when a build has to end first.

    Raises:
        BackendError: something cannot be removed.
    """
    with store.locked(on_wait=on_wait):
        for each in found:
            try:
                _remove(each.path)
            except OSError as error:
                raise BackendError(
                    f"`{each.path}` cannot be removed: {error}", hint="ask its owner"
                ) from error


def _remove(path: Path) -> None:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    if (path / "layer.json").exists():
        # No half of a layer under a final name, also where we are killed.
        path = path.rename(path.with_name(f"{BUILDING_PREFIX}{path.name}"))
    remove_owned_tree(path)


def _sizes(paths: list[Path]) -> dict[str, int]:
    command = ["du", "-s", "--block-size=1", "--", *map(str, paths)]
    if not paths:
        return {}
    if os.geteuid() == 0 or cannot_own() is not None:
        return _du(command)
    with layer_owner() as owner:
        return _du([*owner.cleaning_prefix, *command])


def _du(command: list[str]) -> dict[str, int]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rows = (line.split("\t", 1) for line in done.stdout.splitlines())
    return {path: int(size) for size, path in rows}


def _layers(store: Store, environments: tuple[Environment, ...]) -> Iterator[tuple[Path, str]]:
    needed = {store.layer_dir(digest) for each in environments for digest in layer_digests(each)}
    for path in sorted((store.folder / "layers").glob("*")):
        if path.name.startswith(BUILDING_PREFIX):
            yield path, "layer whose build was killed"
        elif path not in needed:
            yield path, "layer of no environment"


def _manifests(store: Store, environments: tuple[Environment, ...]) -> Iterator[tuple[Path, str]]:
    needed = {store.manifest_path(environment_digest(each)) for each in environments}
    for path in sorted((store.folder / "environments").glob("*.json")):
        if path not in needed:
            yield path, "list of what was in an environment"


def _downloads(store: Store, before_s: float) -> Iterator[tuple[Path, str]]:
    for name in _ORDINARY_FOLDERS:
        for path in sorted((store.folder / name).rglob("*")):
            status = path.lstat()
            if path.is_file() and max(status.st_atime, status.st_mtime) < before_s:
                yield path, "old download"


def _instances(store: Store, is_open: Callable[[Path], bool]) -> Iterator[tuple[Path, str]]:
    for path in sorted((store.folder / "instances").glob("i-*")):
        if not is_open(path):
            yield path, "instance that nobody holds"
