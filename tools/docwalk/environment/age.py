"""Age: how long ago a base was made, and the removal of environments whose base is old.

A recipe digest stays while Debian's packages move on, so age alone says that a copy of a cluster has become
a museum piece.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from docwalk.environment.digest import layer_digests
from docwalk.environment.prune import Removable, remove
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from docwalk.environment.store import BuiltEnvironment, Store

OLD_DAYS: Final = 30
"""A base that was made longer ago is called old."""
_DAY_S: Final = 86400


def base_age_days(built: BuiltEnvironment, *, now_s: float) -> int:
    """Whole days since the bottom layer was made, wherever that was.

    Args:
        built: the environment.
        now_s: seconds since the epoch.
    """
    facts = built.layers[0].parent / "layer.json"
    made_s = json.loads(facts.read_text("utf-8")).get("built_at", facts.stat().st_mtime)
    return max(0, int((now_s - made_s) // _DAY_S))


def is_old(built: BuiltEnvironment, *, now_s: float) -> bool:
    """Whether its base is old."""
    return base_age_days(built, now_s=now_s) > OLD_DAYS


def discard(
    found: Iterable[BuiltEnvironment], store: Store, *, held: Iterable[Path], on_wait: Callable[[], None]
) -> None:
    """Remove all layers of environments, so that the next build makes them from today's packages.

    Args:
        found: what to remove.
        store: where it is.
        held: folders of open instances.
        on_wait: called when a build has to end first.

    Raises:
        BackendError: instances are open, an environment is in another store, or something cannot be removed.
    """
    gone = tuple(found)
    if not gone:
        return  # there may be no store of ours yet to lock
    other = next((each for each in gone if not store.is_own(each)), None)
    if other is not None:
        raise BackendError(
            f"`{other.environment.name}` lies in {other.layers[0].parents[2]}, which is another's",
            hint="ask whoever built it: docwalk env build --refresh-old",
        )
    if gone and any(True for _ in held):
        raise BackendError(
            "instances are open, which may stand on any layer", hint="wait until the walks have ended"
        )
    manifests = {store.manifest_path(each.digest) for each in gone}
    layers = {store.layer_dir(digest) for each in gone for digest in layer_digests(each.environment)}
    paths = [*sorted(manifests), *sorted(layers)]
    why = f"its base is older than {OLD_DAYS} days"
    remove(store, [Removable(path=path, why=why, size_bytes=0) for path in paths], on_wait=on_wait)
