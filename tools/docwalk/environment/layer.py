"""Layers: one of them made under a temporary name, checked against its lock, and completed.

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
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from docwalk.bubblewrap import Bind, Identity, SandboxSpec, start
from docwalk.environment import apt
from docwalk.environment.base import build_base
from docwalk.environment.build_events import BuildPhase
from docwalk.environment.contents import ANY_PYTHON, Contents, compare_contents, find_wheels
from docwalk.environment.debian_contents import deb_files, installed_debs, pins, require_available
from docwalk.environment.pip_reports import PIP_CACHE, PipReports
from docwalk.environment.store import write_whole
from docwalk.environment.transport import detect_transport
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from docwalk.environment.build_events import Progress
    from docwalk.environment.definition import Environment
    from docwalk.environment.layer_definition import LayerDefinition
    from docwalk.environment.owner import LayerOwner
    from docwalk.environment.store import Store
    from docwalk.environment.transport import Transport

_BUILD_FOLDER = PurePosixPath("/srv/build")
_ENVIRON: Mapping[str, str] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "TZ": "UTC",
    "PIP_CACHE_DIR": str(PIP_CACHE),
    "PIP_PROGRESS_BAR": "off",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_NO_WARN_SCRIPT_LOCATION": "1",
    "PYTHONHASHSEED": "0",
}
_CONSTRAINTS = PurePosixPath("/run/docwalk-constraints.txt")
_NEEDED: Mapping[str, str] = {
    "/usr/bin/python3": "python3",
    "/etc/ssl/certs/ca-certificates.crt": "ca-certificates",
}
"""Files that docwalk itself needs inside, and Debian's packages with them."""
_SHOWN_DIFFERENCES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """One layer to be made."""

    environment: Environment
    """The environment it is made for."""
    layer: LayerDefinition | None
    """The layer; None is the bottom one."""
    below: tuple[Path, ...]
    """Roots of the layers below, bottom first."""
    building: Path
    """Folder it is made in, under a temporary name; does not exist yet."""
    locked: Contents | None
    """What it must consist of; None for whatever there is."""
    wants_contents: bool
    """Whether to find out what it consists of, which takes some seconds."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return "base" if self.layer is None else self.layer.name


def make_layer(plan: LayerPlan, *, store: Store, owner: LayerOwner, progress: Progress) -> Contents:
    """Make the tree `fs` in the plan's folder; what it consists of, where that was asked for.

    Raises:
        BackendError: its script failed, or it does not consist of what its lock says.
    """
    plan.building.mkdir(mode=0o755)
    owner.give(plan.building)
    log = store.folder / "logs" / f"{plan.environment.name}-{plan.name}.log"
    progress.say(BuildPhase.RUNNING)

    def on_line(line: str) -> None:
        progress.say(BuildPhase.RUNNING, line)

    if plan.layer is None:
        contents = _make_base(plan, owner=owner, log=log, on_line=on_line)
    else:
        contents = _make_site_layer(
            plan, plan.layer, store=store, owner=owner, log=log, progress=progress, on_line=on_line
        )
    if plan.locked is not None:
        _require_same(plan, plan.locked, contents)
    return contents


def _make_base(plan: LayerPlan, *, owner: LayerOwner, log: Path, on_line: Callable[[str], None]) -> Contents:
    base, root = plan.environment.base, plan.building / "fs"
    preferences = None
    if plan.locked is not None:
        require_available(plan.locked.debs, suite=base.suite, environment=plan.environment.name)
        preferences = pins(plan.locked.debs)
    build_base(base, root, owner=owner, log=log, on_line=on_line, preferences=preferences)
    for path, package in _NEEDED.items():
        found = root / path.lstrip("/")
        if not found.exists() and not found.is_symlink():
            raise BackendError(
                f"the base of `{plan.environment.name}` has no `{path}`, which docwalk needs inside",
                hint=f"add `{package}` to the packages of `[base]`",
            )
    debs = installed_debs(root, suite=base.suite) if plan.wants_contents else ()
    return Contents.of(debs=debs)


def _make_site_layer(
    plan: LayerPlan,
    layer: LayerDefinition,
    *,
    store: Store,
    owner: LayerOwner,
    log: Path,
    progress: Progress,
    on_line: Callable[[str], None],
) -> Contents:
    staged = plan.building / "stage"
    staged.mkdir()
    if layer.debian is not None:
        progress.say(BuildPhase.DOWNLOADING, f"{len(layer.debian.packages)} packages")
    _stage(plan, layer, staged)
    debs = deb_files(staged / "debs") if layer.debian is not None and plan.wants_contents else ()
    if plan.locked is not None:
        _require_same(plan, Contents.of(debs=plan.locked.debs), Contents.of(debs=debs))
    with PipReports(store.folder / "pip-build", owner) as reports:
        _run_script(plan, layer, staged, owner=owner, store=store, log=log, on_line=on_line, reports=reports)
    subprocess.run([*owner.cleaning_prefix, "rm", "-rf", staged, plan.building / "work"], check=True)
    if not plan.wants_contents:
        return Contents.of(debs=debs)
    return Contents.of(debs=debs, wheels=(*reports.read(), *find_wheels(plan.building / "fs")))


def _require_same(plan: LayerPlan, locked: Contents, contents: Contents) -> None:
    differences = compare_contents(locked, contents)
    if differences:
        shown = "; ".join(map(str, differences[:_SHOWN_DIFFERENCES]))
        more = len(differences) - _SHOWN_DIFFERENCES
        raise BackendError(
            f"layer `{plan.name}` of `{plan.environment.name}` is not what its lock says: {shown}"
            + (f"; and {more} more" if more > 0 else ""),
            hint=f"accept what there is now: docwalk env update {plan.environment.name}",
        )


def complete_layer(
    building: Path, final: Path, *, digest: str, owner: LayerOwner, progress: Progress
) -> None:
    """Give a layer that was made its final name."""
    facts = {
        "architecture": platform.machine(),
        "built_at": int(time.time()),
        "built_s": round(time.monotonic() - progress.started_s, 1),
        "bytes": tree_bytes(building / "fs", owner),
        "layer": progress.layer,
        "recipe": digest,
    }
    write_whole(building / "layer.json", json.dumps(facts, indent=1, sort_keys=True) + "\n")
    building.rename(final)


def _stage(plan: LayerPlan, layer: LayerDefinition, folder: Path) -> None:
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
                f"layer `{layer.name}` needs packages of Debian {layer.debian.suite} "
                f"(over {plan.environment.base.suite}), and this machine's apt knows no Debian archive",
                hint="build on Debian, or import an environment: docwalk env import FILE",
            )
        packages = layer.debian.packages
        if plan.locked is not None:
            require_available(plan.locked.debs, suite=layer.debian.suite, environment=plan.environment.name)
            packages = tuple(f"{each.name}={each.version}" for each in plan.locked.debs)
        apt.download(packages, debs, sources=sources)


def _run_script(
    plan: LayerPlan,
    layer: LayerDefinition,
    staged: Path,
    *,
    owner: LayerOwner,
    store: Store,
    log: Path,
    on_line: Callable[[str], None],
    reports: PipReports,
) -> None:
    building = plan.building
    subprocess.run([*owner.prefix, "mkdir", building / "fs", building / "work"], check=True)
    pip_cache = store.folder / "pip-build"
    transport = detect_transport()
    spec = SandboxSpec(
        layers=plan.below,
        upper=building / "fs",
        work=building / "work",
        binds=(
            *transport.binds(),
            Bind(source=pip_cache, target=PIP_CACHE, writable=True),
            Bind(source=staged, target=_BUILD_FOLDER),
        ),
        files={**transport.files(hostname="build"), _CONSTRAINTS: constraints(plan.locked).encode()},
        uid=0,
        gid=0,
        hostname="build",
        environ={**_ENVIRON, **_pip_environ(plan, layer, transport, reports)},
        cwd=_BUILD_FOLDER,
        joins_user_namespace=True,
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


def _pip_environ(
    plan: LayerPlan, layer: LayerDefinition, transport: Transport, reports: PipReports
) -> Mapping[str, str]:
    """What pip is told besides its configuration; a variable replaces the option there, so it repeats it."""
    options = dict(transport.pip_options)
    environ = {}
    if plan.wants_contents:
        environ["PIP_REPORT"] = str(reports.inside)
    if plan.locked is not None:
        environ["PIP_CONSTRAINT"] = " ".join((*options.get("constraint", ()), str(_CONSTRAINTS)))
    if layer.wheels:
        environ["PIP_EXTRA_INDEX_URL"] = " ".join((*options.get("extra-index-url", ()), *layer.wheels))
    return environ


def constraints(locked: Contents | None) -> str:
    """Constraints by which pip takes locked versions.

    A package that is locked in two versions has none. What was installed is compared with the
    lock afterwards, by hash.
    """
    wheels = locked.wheels if locked is not None else ()
    # What lies there as a file was asked for by its version, maybe for any Python.
    pythons = {each.kind for each in wheels if each.kind != ANY_PYTHON}
    versions: dict[tuple[str, str], set[str]] = {}
    for each in wheels:
        for python in pythons if each.kind == ANY_PYTHON else (each.kind,):
            versions.setdefault((python, each.name), set()).add(each.version)
    return "".join(
        f'{name}=={next(iter(found))} ; python_version == "{python}"\n'
        for (python, name), found in sorted(versions.items())
        if len(found) == 1
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
