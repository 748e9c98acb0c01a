"""Build: a definition to layers in the store, each under a temporary name until it is complete.

A site layer is what its script changed, run as root of a user namespace of subordinate ids, over the
layers below and with nothing of the host writable. The overlay's marks are `user.overlay.*`, which
ordinary accounts' mounts understand.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from docwalk.bubblewrap import Bind, Identity, SandboxSpec, start
from docwalk.environment import apt
from docwalk.environment.base import build_base
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.manifest import SCHEMA, collect_manifest
from docwalk.environment.owner import LayerOwner, layer_owner
from docwalk.environment.store import BUILDING_PREFIX, BuiltEnvironment, Store, write_whole
from docwalk.environment.transport import detect_transport
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from docwalk.environment.definition import Environment, LayerDefinition

_BUILD_FOLDER = PurePosixPath("/srv/build")
_PIP_CACHE = PurePosixPath("/srv/pip-cache")
_CAPABILITIES = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID")
_ENVIRON: Mapping[str, str] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "TZ": "UTC",
    "PIP_CACHE_DIR": str(_PIP_CACHE),
    "PIP_PROGRESS_BAR": "off",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_NO_WARN_SCRIPT_LOCATION": "1",
    "PYTHONHASHSEED": "0",
}


class BuildPhase(Enum):
    """What a build is doing; the value is what people are shown."""

    WAITING = "waiting for another build"
    """Another process builds in the same store."""
    PRESENT = "present"
    """The layer was built before."""
    DOWNLOADING = "downloading"
    """Packages of the layer's own are fetched."""
    RUNNING = "building"
    """mmdebstrap or the layer's script runs."""
    LISTING = "listing what is inside"
    """The manifest is collected."""
    BUILT = "built"
    """The layer, or the environment, is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildEvent:
    """One piece of progress."""

    environment: str
    """Name of the environment."""
    layer: str
    """Name of the layer; `base` is the bottom one, empty for the environment as a whole."""
    number: int
    """The layer's place, from 1; 0 for the environment as a whole."""
    total: int
    """How many layers there are."""
    phase: BuildPhase
    """What is done."""
    detail: str
    """Last line the program said; empty where there is none."""
    elapsed_s: float
    """Seconds since the layer was begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Progress:
    environment: str
    layer: str
    number: int
    total: int
    started_s: float
    on_event: Callable[[BuildEvent], None]

    def say(self, phase: BuildPhase, detail: str = "") -> None:
        self.on_event(
            BuildEvent(
                environment=self.environment,
                layer=self.layer,
                number=self.number,
                total=self.total,
                phase=phase,
                detail=detail,
                elapsed_s=time.monotonic() - self.started_s,
            )
        )


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
    digests = layer_digests(environment)
    store.make_folders()

    def progress(layer: str, number: int) -> _Progress:
        return _Progress(
            environment=environment.name,
            layer=layer,
            number=number,
            total=len(digests),
            started_s=time.monotonic(),
            on_event=on_event,
        )

    whole = progress("", 0)
    with (
        layer_owner() as owner,
        store.locked(on_wait=lambda: whole.say(BuildPhase.WAITING)),
    ):
        _sweep(store, owner)
        for number, digest in enumerate(digests):
            layer = None if number == 0 else environment.layers[number - 1]
            each = progress("base" if layer is None else layer.name, number + 1)
            if store.has_layer(digest):
                each.say(BuildPhase.PRESENT)
                continue
            below = tuple(store.layer_dir(one) / "fs" for one in digests[:number])
            _build_layer(environment, layer, below, digest=digest, store=store, owner=owner, progress=each)
            each.say(BuildPhase.BUILT)
        whole.say(BuildPhase.LISTING)
        return finish_environment(environment, store)


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


def _build_layer(
    environment: Environment,
    layer: LayerDefinition | None,
    below: tuple[Path, ...],
    *,
    digest: str,
    store: Store,
    owner: LayerOwner,
    progress: _Progress,
) -> None:
    final = store.layer_dir(digest)
    building = final.parent / f"{BUILDING_PREFIX}{final.name}"
    building.mkdir(mode=0o755)
    owner.give(building)
    log = store.folder / "logs" / f"{environment.name}-{progress.layer}.log"
    progress.say(BuildPhase.RUNNING)

    def on_line(line: str) -> None:
        progress.say(BuildPhase.RUNNING, line)

    if layer is None:
        build_base(environment.base, building / "fs", owner=owner, log=log, on_line=on_line)
    else:
        staged = building / "stage"
        staged.mkdir()
        if layer.debian is not None:
            progress.say(BuildPhase.DOWNLOADING, f"{len(layer.debian.packages)} packages")
        _stage(layer, staged, base_suite=environment.base.suite)
        _run_script(layer, staged, building, below=below, owner=owner, store=store, log=log, on_line=on_line)
        subprocess.run([*owner.cleaning_prefix, "rm", "-rf", staged, building / "work"], check=True)
    facts = {
        "architecture": platform.machine(),
        "built_s": round(time.monotonic() - progress.started_s, 1),
        "bytes": tree_bytes(building / "fs", owner),
        "layer": progress.layer,
        "recipe": digest,
    }
    write_whole(building / "layer.json", json.dumps(facts, indent=1, sort_keys=True) + "\n")
    building.rename(final)


def _stage(layer: LayerDefinition, folder: Path, *, base_suite: str) -> None:
    shutil.copyfile(layer.script, folder / "layer.sh")
    for path in layer.files:
        target = folder / path.relative_to(layer.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy2(path, target)
    if layer.debian is not None:
        debs = folder / "debs"
        debs.mkdir()
        sources = apt.debian_sources(layer.debian.suite, apt.host_sources())
        if not sources:
            raise BackendError(
                f"layer `{layer.name}` needs packages of Debian {layer.debian.suite} (over {base_suite}), "
                "and this machine's apt knows no Debian archive",
                hint="build on Debian, or import an environment: docwalk env import FILE",
            )
        apt.download(layer.debian.packages, debs, sources=sources)


def _run_script(
    layer: LayerDefinition,
    staged: Path,
    building: Path,
    *,
    below: tuple[Path, ...],
    owner: LayerOwner,
    store: Store,
    log: Path,
    on_line: Callable[[str], None],
) -> None:
    subprocess.run([*owner.prefix, "mkdir", building / "fs", building / "work"], check=True)
    pip_cache = store.folder / "pip-build"
    pip_cache.mkdir(mode=0o755, exist_ok=True)
    owner.give(pip_cache)
    transport = detect_transport()
    spec = SandboxSpec(
        layers=below,
        upper=building / "fs",
        work=building / "work",
        binds=(
            *transport.binds(),
            Bind(source=pip_cache, target=_PIP_CACHE, writable=True),
            Bind(source=staged, target=_BUILD_FOLDER),
        ),
        files=transport.files(hostname="build"),
        uid=0,
        gid=0,
        hostname="build",
        environ=_ENVIRON,
        cwd=_BUILD_FOLDER,
        joins_user_namespace=True,
        capabilities=_CAPABILITIES,
    )
    myself = Identity(uid=os.geteuid(), gid=os.getegid(), is_switched=False)
    command = ("bash", "-euo", "pipefail", f"{_BUILD_FOLDER}/layer.sh")
    with (
        log.open("w", encoding="utf-8") as log_file,
        start(
            spec,
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            identity=myself,
            prefix=owner.prefix,
        ) as process,
    ):
        last_lines: list[str] = []
        for raw in process.stdout or ():
            line = raw.decode(errors="replace")
            log_file.write(line)
            log_file.flush()
            on_line(line.strip())
            last_lines = [*last_lines[-4:], line.strip()]
    if process.returncode != 0:
        raise BackendError(
            f"layer `{layer.name}` failed with status {process.returncode}; "
            f"the last its script said: {' / '.join(last_lines) or 'nothing'}",
            hint=f"read the log: less {log}",
        )


def tree_bytes(folder: Path, owner: LayerOwner) -> int:
    """Bytes a tree occupies, files linked several times counted once."""
    done = subprocess.run(
        [*owner.cleaning_prefix, "du", "-s", "--block-size=1", folder],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.split()[0])


def _sweep(store: Store, owner: LayerOwner) -> None:
    """Remove what killed builds left; the lock says that none is running."""
    left = list((store.folder / "layers").glob(f"{BUILDING_PREFIX}*"))
    if left:
        subprocess.run([*owner.cleaning_prefix, "rm", "-rf", "--", *left], check=True)
