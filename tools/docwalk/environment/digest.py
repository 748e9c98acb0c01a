"""Recipe digests: what a layer is made of, not what came out and not where it was built."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docwalk.environment.contents import Contents
    from docwalk.environment.definition import Environment
    from docwalk.environment.layer_definition import DebianPackages, LayerDefinition

BASE_RECIPE = 2
"""Counts up whenever `base.py` makes another tree from the same definition."""


def layer_digests(environment: Environment) -> tuple[str, ...]:
    """Digest of every layer, bottom first: 64 hexadecimal digits, each covering those below."""
    base = (*_debian_parts(environment.base), *_locked_parts(environment.base_locked))
    digests = [_digest("base", str(BASE_RECIPE), *base)]
    digests.extend(_layer_digest(layer, digests) for layer in environment.layers)
    return tuple(digests)


def environment_digest(environment: Environment) -> str:
    """`sha256:…` over the layers and over what the reader is inside; needs no build."""
    reader = (
        *(environment.user, str(environment.uid), str(environment.gid), environment.hostname),
        *(environment.users.value, environment.network.value, environment.shell),
    )
    return "sha256:" + _digest("environment", layer_digests(environment)[-1], *reader, *_parts(environment))


def _parts(environment: Environment) -> Iterator[str]:
    """What is set besides; nothing of what is not, so that a new key leaves other digests alone."""
    for name in ("hosts", "setuid", "accounts", "services", "devices"):
        value = getattr(environment, name)
        if value:
            yield f"{name} {value}"
    if environment.mounts:
        # Another checkout has the folders elsewhere.
        places = [(str(each.target), each.source and each.source.name) for each in environment.mounts]
        yield f"mounts {places}"
        sizes = [(str(each.target), each.size_bytes) for each in environment.mounts if each.size_bytes]
        if sizes:
            yield f"sizes {sizes}"
    if not environment.limits.is_default:
        yield str(environment.limits)
    if environment.nested:
        yield f"nested {[environment_digest(each) for each in environment.nested]}"


def _layer_digest(layer: LayerDefinition, below: list[str]) -> str:
    parts = [below[-1], layer.name, _file_digest(layer.script)]
    for path in layer.files:
        for file in _files_below(path):
            is_executable = os.access(file, os.X_OK)
            parts += [str(file.relative_to(layer.folder)), str(is_executable), _file_digest(file)]
    if layer.debian is not None:
        parts += _debian_parts(layer.debian)
    if layer.wheels:
        parts += ["wheels", *layer.wheels]
    return _digest("layer", *parts, *_locked_parts(layer.locked))


def _locked_parts(locked: Contents | None) -> list[str]:
    if locked is None:
        return []
    return ["locked", *map(str, locked.debs), *map(str, locked.wheels)]


def _debian_parts(debian: DebianPackages) -> list[str]:
    return ["debian", debian.suite, *debian.packages]


def _files_below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.is_file())
    else:
        yield path


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(*parts: str) -> str:
    """Digest of a list of strings; lengths keep `("ab", "c")` and `("a", "bc")` apart."""
    total = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        total.update(f"{len(encoded)}:".encode())
        total.update(encoded)
    return total.hexdigest()
