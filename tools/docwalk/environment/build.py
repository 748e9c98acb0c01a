"""Build: a definition to layers in the store, each under a temporary name until it is complete."""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from docwalk.environment.build_events import BuildEvent, BuildPhase, Progress
from docwalk.environment.definition import load_environment
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.layer import LayerPlan, complete_layer, make_layer
from docwalk.environment.lock import BASE, LOCK_FILE, Lock
from docwalk.environment.manifest import SCHEMA, collect_manifest
from docwalk.environment.owner import LayerOwner, layer_owner
from docwalk.environment.store import BUILDING_PREFIX, BuiltEnvironment, Store, write_whole
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from docwalk.environment.contents import Contents
    from docwalk.environment.definition import Environment
    from docwalk.environment.layer_definition import LayerDefinition

__all__ = [
    "BuildEvent",
    "BuildPhase",
    "build_bases",
    "build_environment",
    "finish_environment",
    "update_environment",
]


def build_environment(
    environment: Environment, store: Store, on_event: Callable[[BuildEvent], None]
) -> BuiltEnvironment:
    """Build what is missing of `environment`; at once where nothing is.

    Raises:
        BackendError: this account cannot build, or a layer failed; its log is named.
    """
    found = store.find(environment)
    if found is not None:
        is_current = found.manifest.get("schema") == SCHEMA or not store.is_own(found)
        return found if is_current else finish_environment(environment, store)
    nested = tuple(build_environment(each, store, on_event) for each in environment.nested)
    digests = layer_digests(environment)
    with _building(environment, store, on_event) as (owner, progress):
        for number, digest in enumerate(digests):
            layer = _layer(environment, number)
            each = progress(number + 1)
            if store.has_layer(digest):
                each.say(BuildPhase.PRESENT)
                continue
            below = tuple(store.layer_dir(one) / "fs" for one in digests[:number])
            _build_layer(environment, layer, below, digest=digest, store=store, owner=owner, progress=each)
        progress(0).say(BuildPhase.LISTING)
        return replace(finish_environment(environment, store), nested=nested)


def build_bases(
    environments: Iterable[Environment], store: Store, on_event: Callable[[BuildEvent], None]
) -> None:
    """Build the bottom layers that environments lack at the same time: none depends on another.

    Raises:
        BackendError: this account cannot build, or one of them failed; the others are complete.
    """
    missing: dict[str, Environment] = {}
    for environment in environments:
        digest = layer_digests(environment)[0]
        if store.find(environment) is None and not store.has_layer(digest):
            missing.setdefault(digest, environment)
    if not missing:
        return
    with _building(next(iter(missing.values())), store, on_event) as (owner, _), ThreadPoolExecutor() as pool:
        running = [
            pool.submit(
                _build_layer,
                environment,
                None,
                (),
                digest=digest,
                store=store,
                owner=owner,
                progress=_progress(environment, on_event, 1),
            )
            for digest, environment in missing.items()
            if not store.has_layer(digest)  # whoever held the lock before us may have made it
        ]
    for each in running:
        each.result()


def _build_layer(
    environment: Environment,
    layer: LayerDefinition | None,
    below: tuple[Path, ...],
    *,
    digest: str,
    store: Store,
    owner: LayerOwner,
    progress: Progress,
) -> None:
    """Make one layer under a temporary name, and complete it."""
    final = store.layer_dir(digest)
    locked = environment.base_locked if layer is None else layer.locked
    plan = LayerPlan(
        environment=environment,
        layer=layer,
        below=below,
        building=final.parent / f"{BUILDING_PREFIX}{final.name}",
        locked=locked,
        wants_contents=locked is not None,
    )
    make_layer(plan, store=store, owner=owner, progress=progress)
    complete_layer(plan.building, final, digest=digest, owner=owner, progress=progress)
    progress.say(BuildPhase.BUILT)


def update_environment(
    environment: Environment, store: Store, on_event: Callable[[BuildEvent], None]
) -> tuple[BuiltEnvironment, Lock]:
    """Build the environment's own layers anew from what there is today, and write the lock they make.

    Args:
        environment: as `load_without_lock` gives it; layers of one that it extends must be built, and stay.
        store: where they go.
        on_event: called with each event.

    Raises:
        BackendError: this account cannot build, or a layer failed; the lock is as before.
    """
    kept = [store.layer_dir(each) for each in layer_digests(environment)[: _inherited(environment)]]
    made: list[tuple[str, Path, Contents]] = []
    with _building(environment, store, on_event) as (owner, progress):
        for number in range(len(kept), len(environment.layers) + 1):
            layer = _layer(environment, number)
            each = progress(number + 1)
            plan = LayerPlan(
                environment=environment,
                layer=layer,
                below=(*(path / "fs" for path in kept), *(path / "fs" for _, path, _ in made)),
                building=store.folder / "layers" / f"{BUILDING_PREFIX}update-{number}",
                locked=None,
                wants_contents=True,
            )
            made.append((plan.name, plan.building, make_layer(plan, store=store, owner=owner, progress=each)))
            each.say(BuildPhase.BUILT)
        lock = Lock(layers={name: contents for name, _, contents in made})
        write_whole(environment.folder / LOCK_FILE, str(lock))
        locked = load_environment(environment.folder)
        for number, (_, building, _) in enumerate(made, len(kept)):
            digest = layer_digests(locked)[number]
            if not store.has_layer(digest):
                final = store.layer_dir(digest)
                complete_layer(building, final, digest=digest, owner=owner, progress=progress(number + 1))
        _sweep(store, owner)
        progress(0).say(BuildPhase.LISTING)
        return finish_environment(locked, store), lock


def _inherited(environment: Environment) -> int:
    """How many layers are another environment's."""
    if environment.extends is None:
        return 0
    return 1 + sum(layer.folder != environment.folder for layer in environment.layers)


def _layer(environment: Environment, number: int) -> LayerDefinition | None:
    """The layer at a place from 0; None for the bottom one."""
    return None if number == 0 else environment.layers[number - 1]


@contextlib.contextmanager
def _building(
    environment: Environment, store: Store, on_event: Callable[[BuildEvent], None]
) -> Iterator[tuple[LayerOwner, Callable[[int], Progress]]]:
    """Hold the store's lock; gives who owns layers, and the progress of a layer by its place from 1."""
    progress = functools.partial(_progress, environment, on_event)
    store.make_folders()
    with layer_owner() as owner, store.locked(on_wait=lambda: progress(0).say(BuildPhase.WAITING)):
        _sweep(store, owner)
        yield owner, progress


def _progress(environment: Environment, on_event: Callable[[BuildEvent], None], number: int) -> Progress:
    """Of the layer at a place from 1; of the environment as a whole for 0."""
    layer = _layer(environment, number - 1) if number else None
    return Progress(
        environment=environment.name,
        layer="" if number == 0 else BASE if layer is None else layer.name,
        number=number,
        total=len(environment.layers) + 1,
        started_s=time.monotonic(),
        on_event=on_event,
    )


def finish_environment(environment: Environment, store: Store) -> BuiltEnvironment:
    """Write the manifest over layers that all exist, which makes the environment complete.

    Raises:
        BackendError: a module that the definition promises is not there.
    """
    digests = layer_digests(environment)
    digest = environment_digest(environment)
    layers = tuple(store.layer_dir(each) / "fs" for each in digests)
    sizes = [
        json.loads((store.layer_dir(each) / "layer.json").read_text("utf-8"))["bytes"] for each in digests
    ]
    manifest = collect_manifest(environment, layers, sizes=sizes)
    missing = sorted(set(environment.expected_modules) - set(manifest["modules"]))
    if missing:
        raise BackendError(
            f"environment `{environment.name}` lacks modules that it promises: {', '.join(missing)}",
            hint=f"mend its layers, or `expected.modules` in {environment.folder / 'environment.toml'}",
        )
    write_whole(store.manifest_path(digest), json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return BuiltEnvironment(environment=environment, digest=digest, layers=layers, manifest=manifest)


def _sweep(store: Store, owner: LayerOwner) -> None:
    """Remove what killed builds left; the lock says that none is running."""
    left = list((store.folder / "layers").glob(f"{BUILDING_PREFIX}*"))
    if left:
        subprocess.run([*owner.cleaning_prefix, "rm", "-rf", "--", *left], check=True)
