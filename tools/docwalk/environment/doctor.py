"""Doctor: what this machine and account can do with environments, and the one command that mends the rest."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from docwalk.bubblewrap import is_reachable, sandbox_identity
from docwalk.environment.age import base_age_days, is_old
from docwalk.environment.definition import Users
from docwalk.environment.owner import cannot_own, owner_fix
from docwalk.environment.probe import account_name, probe
from docwalk.environment.transport import detect_transport
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment, Store

_NEEDED_BYTES = 4 << 30
"""A base, two frameworks, and what walks install."""


class Level(Enum):
    """How bad a finding is; the value is what people are shown."""

    FINE = "ok"
    """Nothing to do."""
    LIMITED = "limited"
    """Something cannot be done here, and there is another way."""
    BROKEN = "broken"
    """No walk can run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    what: str
    """What it is, a few words."""
    level: Level
    """How it is."""
    why: str
    """What was found, one sentence."""
    fix: str | None
    """The one command that mends it; None where there is nothing to mend."""


def diagnose(environments: Mapping[str, Environment], store: Store) -> tuple[Finding, ...]:
    """Look at everything environments need; changes nothing.

    Args:
        environments: the project's, by name.
        store: where they are built.
    """
    missing = [name for name, each in environments.items() if store.find(each) is None]
    return (
        _sandbox(),
        several_accounts(
            tuple(name for name, each in environments.items() if each.users is Users.MANY), cannot_own()
        ),
        *(_environment(name, store.find(each)) for name, each in environments.items()),
        _builder(is_needed=bool(missing)),
        _packages(is_needed=bool(missing)),
        _space(store),
        *_transport(),
    )


def _sandbox() -> Finding:
    found = probe()
    level = Level.FINE if found.works else Level.BROKEN
    return Finding(what="sandbox", level=level, why=found.reason, fix=found.fix)


def several_accounts(needing: tuple[str, ...], reason: str | None) -> Finding:
    """Whether instances can have many user ids.

    Args:
        needing: environments that need them.
        reason: why this account cannot have them; None where it can.
    """
    what = "several accounts"
    if reason is None:
        return Finding(what=what, level=Level.FINE, why="possible", fix=None)
    return Finding(
        what=what,
        level=Level.LIMITED if needing else Level.FINE,
        why=f"not by this account: {reason}; "
        + (f"no walk in {', '.join(needing)}" if needing else "no environment here needs them"),
        fix=owner_fix() if needing else None,
    )


def _environment(name: str, built: BuiltEnvironment | None) -> Finding:
    what = f"environment {name}"
    if built is None:
        why = "not built yet; the first run builds it"
        return Finding(what=what, level=Level.LIMITED, why=why, fix=f"docwalk env build {name}")
    now_s = time.time()
    if not is_old(built, now_s=now_s):
        return Finding(what=what, level=Level.FINE, why="built", fix=None)
    is_pinned = built.environment.base_locked is not None
    return Finding(
        what=what,
        level=Level.LIMITED,
        why=f"built on a base of {base_age_days(built, now_s=now_s)} days ago",
        fix=f"docwalk env update {name}" if is_pinned else f"docwalk env build --refresh-old {name}",
    )


def _builder(*, is_needed: bool) -> Finding:
    reason = cannot_own()
    if reason is None:
        why = "as root" if os.geteuid() == 0 else "with subordinate ids"
        return Finding(what="building", level=Level.FINE, why=f"possible, {why}", fix=None)
    return Finding(
        what="building",
        level=Level.LIMITED if is_needed else Level.FINE,
        why=f"not by this account: {reason}; `docwalk env import FILE` takes what was built elsewhere",
        fix=owner_fix() if is_needed else None,
    )


def _packages(*, is_needed: bool) -> Finding:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return Finding(
            what="apt",
            level=Level.LIMITED if is_needed else Level.FINE,
            why="not on this machine, and environments are built from Debian's packages",
            fix="docwalk env import FILE" if is_needed else None,
        )
    has_own = shutil.which("mmdebstrap") is not None
    why = "mmdebstrap is installed" if has_own else "mmdebstrap is downloaded when it is needed"
    return Finding(what="apt", level=Level.FINE, why=why, fix=None)


def _space(store: Store) -> Finding:
    folder = _existing(store.folder)
    free = shutil.disk_usage(folder).free
    what, why = "space", f"{free / 1e9:.0f} GB free for {store.folder}"
    if free >= _NEEDED_BYTES:
        return Finding(what=what, level=Level.FINE, why=why, fix=None)
    return Finding(
        what=what,
        level=Level.LIMITED,
        why=f"{why}, {_NEEDED_BYTES / 1e9:.0f} GB are needed",
        fix="export DOCWALK_CACHE_DIR=FOLDER",
    )


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def _transport() -> Iterator[Finding]:
    try:
        transport = detect_transport()
    except BackendError as error:
        yield Finding(what="packages", level=Level.BROKEN, why=str(error), fix=error.hint)
        return
    identity = sandbox_identity()
    sources = [each.source for each in transport.folders]
    sources += [transport.bundle] if transport.bundle is not None else []
    closed = [path for path in sources if identity.is_switched and not is_reachable(path)]
    for path in closed:
        yield Finding(
            what="packages",
            level=Level.BROKEN,
            why=f"pip is configured with {path}, which is closed to {account_name(identity.uid)}, "
            "the account that root's sandboxes become",
            fix=f"chmod -R a+rX {path}, and its parents",
        )
    if not closed:
        names = ", ".join(name for name, _ in transport.pip_options) or "its defaults"
        yield Finding(
            what="packages", level=Level.FINE, why=f"pip inside uses this machine's {names}", fix=None
        )
