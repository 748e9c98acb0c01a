"""Nested: environments that docwalk inside an instance finds built, bound read-only from the store outside.

For pages about docwalk itself. Inside they are the machine's store, where ordinary accounts look.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from docwalk.bubblewrap import Bind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.environment.store import BuiltEnvironment

NESTED_STORE: Final = PurePosixPath("/var/cache/docwalk")
"""Where they are inside: a fresh folder with nothing else in it."""


def nested_binds(nested: tuple[BuiltEnvironment, ...]) -> Iterator[Bind]:
    """Each layer once, and the manifest of each environment."""
    layers = dict.fromkeys(layer.parent for each in nested for layer in each.layers)
    for layer in layers:
        yield Bind(source=layer, target=NESTED_STORE / "layers" / layer.name)
    for each in nested:
        yield Bind(source=each.manifest_path, target=NESTED_STORE / "environments" / each.manifest_path.name)
