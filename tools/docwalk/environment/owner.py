"""Who owns layers: the first of a range of subordinate ids, root's or the caller's.

Files of a layer must belong to somebody the reader is not, or the reader could write to `/etc`; and to
somebody who is nobody outside. So what makes a layer works in a namespace whose uid 0 is the first
subordinate id. Root takes a range that no account has; others need one (or `env import`).
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.bubblewrap import remove_tree
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNT = 65536
"""Ids that Debian's accounts need, from 0."""
ROOT_FIRST_ID = 999_948_288
"""Root's range, where /etc/subuid names none: a multiple of 65,536 in what systemd leaves to containers."""
_RANGES = (Path("/etc/subuid"), Path("/etc/subgid"))
_RANGE = re.compile(r"[^:]*:(?P<first>\d+):(?P<count>\d+)")
_FIRST_FREE = 100_000
"""Where useradd begins."""
_CALLER_INSIDE = _COUNT
"""The caller's own id in the namespace, so that its root may work in the caller's folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOwner:
    """How commands are run so that what they make belongs to the layers' owner."""

    prefix: tuple[str, ...]
    """What stands before the argv of a command that makes files of a layer."""
    first_id: int | None
    """Id outside that uid 0 of a layer is; None where it is the caller's first subordinate id."""

    @property
    def is_root(self) -> bool:
        """Whether real root is at work: it may give folders away, and remove anything."""
        return self.first_id is not None

    @property
    def cleaning_prefix(self) -> tuple[str, ...]:
        """What stands before the argv of a command that touches the caller's files and the layer's."""
        return () if self.is_root else self.prefix

    def give(self, folder: Path) -> None:
        """Let what makes a layer work in `folder`, which the caller made."""
        if self.first_id is not None:
            os.chown(folder, self.first_id, self.first_id)


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
    first = first_free(*(_read(path) for path in _RANGES))
    ids = f"{first}-{first + _COUNT - 1}"
    return f"sudo usermod --add-subuids {ids} --add-subgids {ids} {getpass.getuser()}"


def first_free(*texts: str) -> int:
    """The first id above all ranges in texts of `/etc/subuid` and `/etc/subgid`: none is shared."""
    found = (_RANGE.fullmatch(line) for text in texts for line in text.splitlines())
    ends = [int(each["first"]) + int(each["count"]) for each in found if each is not None]
    # What lies as high as root's is root's.
    return max((_FIRST_FREE, *(end for end in ends if end <= ROOT_FIRST_ID)))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""


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
    first_id = root_first_id() if os.geteuid() == 0 else None
    with _namespace(first_id) as pid:
        yield LayerOwner(
            prefix=(
                *("nsenter", f"--user=/proc/{pid}/ns/user"),
                *("--setuid", "0", "--setgid", "0", "--"),
            ),
            first_id=first_id,
        )


def outside_first_id() -> int:
    """Id outside that uid 0 of this account's layers is.

    Raises:
        BackendError: the account has no subordinate ids.
    """
    if os.geteuid() == 0:
        return root_first_id()
    ids = subordinate_range(Path("/etc/subuid"))
    if ids is None:
        raise BackendError("this account has no subordinate ids", hint=owner_fix())
    return ids.first


def remove_owned_tree(folder: Path) -> None:
    """Remove a folder with files of the layers' owner and of others of its range.

    Raises:
        OSError: something of it cannot be removed.
    """
    try:
        remove_tree(folder)
    except PermissionError:
        if cannot_own() is not None:
            raise
        with layer_owner() as owner:
            subprocess.run([*owner.prefix, "rm", "-rf", "--", folder], check=False, capture_output=True)
        remove_tree(folder)


def root_first_id() -> int:
    """First id of the range that root gives to layers: its own in `/etc/subuid`, else a fixed one."""
    uids, gids = subordinate_range(Path("/etc/subuid")), subordinate_range(Path("/etc/subgid"))
    return uids.first if uids is not None and uids == gids else ROOT_FIRST_ID


@contextlib.contextmanager
def _namespace(first_id: int | None) -> Iterator[int]:
    """A process that keeps a mapped user namespace open, and ends when its standard input does.

    Args:
        first_id: what uid 0 in it is outside, written by root; None asks newuidmap for the caller's range.
    """
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
        try:
            _map_ids(keeper.pid, first_id)
        except BaseException:
            keeper.kill()
            raise
        yield keeper.pid


def _map_ids(pid: int, first_id: int | None) -> None:
    if first_id is not None:
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{pid}/{name}").write_text(f"0 {first_id} {_COUNT}\n", "ascii")
        return
    for program, own_id, path in (
        ("newuidmap", os.geteuid(), Path("/etc/subuid")),
        ("newgidmap", os.getegid(), Path("/etc/subgid")),
    ):
        ids = subordinate_range(path)
        if ids is None:  # checked by cannot_own; the file changed in between
            raise BackendError(f"{path} has no range for this account any more")
        mapping = ("0", str(ids.first), str(_COUNT), str(_CALLER_INSIDE), str(own_id), "1")
        done = subprocess.run([program, str(pid), *mapping], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BackendError(f"{program} failed: {done.stderr.strip()}", hint=owner_fix())
