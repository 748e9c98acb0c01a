"""Who owns layers: root, or the caller's first subordinate id.

Files of a layer must belong to somebody the reader is not, or the reader could write to `/etc`. Root
owns them itself; an ordinary account with subordinate ids works in a namespace where uid 0 is the
first of those. Without either nothing is built (`env import` remains).
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNT = 65536
"""Ids that Debian's accounts need, from 0."""
_CALLER_INSIDE = _COUNT
"""The caller's own id in the namespace, so that its root may work in the caller's folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOwner:
    """How commands are run so that what they make belongs to the layers' owner."""

    prefix: tuple[str, ...]
    """What stands before a command's argv; empty for root."""
    is_root: bool
    """Whether real root owns the layers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubordinateRange:
    """One account's subordinate ids."""

    first: int
    """The first id."""
    count: int
    """How many follow, itself included."""


def subordinate_range(path: Path) -> SubordinateRange | None:
    """The caller's range in `/etc/subuid` or `/etc/subgid`; None without one of 65,536 ids."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return None
    try:
        names = {str(os.geteuid()), getpass.getuser()}
    except (KeyError, OSError):
        names = {str(os.geteuid())}
    for line in lines:
        fields = line.split(":")
        if len(fields) == 3 and fields[0] in names and fields[2].isdigit() and int(fields[2]) >= _COUNT:  # noqa: PLR2004
            return SubordinateRange(first=int(fields[1]), count=int(fields[2]))
    return None


def cannot_own() -> str | None:
    """Why this account cannot own layers apart from itself; None where it can."""
    if os.geteuid() == 0:
        return None
    if shutil.which("newuidmap") is None or shutil.which("newgidmap") is None:
        return "newuidmap is not installed"
    for path in (Path("/etc/subuid"), Path("/etc/subgid")):
        if subordinate_range(path) is None:
            return f"{path} gives this account no range of {_COUNT} ids"
    return None


def owner_fix() -> str:
    """The one command that gives this account layers of its own."""
    if shutil.which("newuidmap") is None:
        return "sudo apt-get install uidmap"
    name = getpass.getuser()
    return f"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}"


@contextlib.contextmanager
def layer_owner() -> Iterator[LayerOwner]:
    """Own layers while the context lasts.

    Raises:
        BackendError: neither root nor subordinate ids.
    """
    reason = cannot_own()
    if reason is not None:
        raise BackendError(
            f"an environment cannot be built by this account: {reason}",
            hint=f"{owner_fix()}; or import one that was built elsewhere: docwalk env import FILE",
        )
    if os.geteuid() == 0:
        yield LayerOwner(prefix=(), is_root=True)
        return
    with _namespace() as pid:
        yield LayerOwner(
            prefix=(
                *("nsenter", f"--user=/proc/{pid}/ns/user"),
                *("--setuid", "0", "--setgid", "0", "--"),
            ),
            is_root=False,
        )


@contextlib.contextmanager
def _namespace() -> Iterator[int]:
    """A process that keeps a mapped user namespace open, and ends when its standard input does."""
    keeper = subprocess.Popen(
        ["unshare", "--user", "--", "sh", "-c", "echo ready; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
    )
    with keeper:
        if keeper.stdout is None or keeper.stderr is None or keeper.stdout.readline() != b"ready\n":
            keeper.kill()
            said = keeper.stderr.read().decode(errors="replace").strip() if keeper.stderr else ""
            raise BackendError(
                f"no user namespace can be made: {said}", hint="see what stands in the way: docwalk doctor"
            )
        for program, own_id, path in (
            ("newuidmap", os.geteuid(), Path("/etc/subuid")),
            ("newgidmap", os.getegid(), Path("/etc/subgid")),
        ):
            ids = subordinate_range(path)
            if ids is None:  # checked by cannot_own; the file changed in between
                raise BackendError(f"{path} has no range for this account any more")
            mapping = ("0", str(ids.first), str(_COUNT), str(_CALLER_INSIDE), str(own_id), "1")
            done = subprocess.run(
                [program, str(keeper.pid), *mapping], capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                keeper.kill()
                raise BackendError(f"{program} failed: {done.stderr.strip()}", hint=owner_fix())
        yield keeper.pid
