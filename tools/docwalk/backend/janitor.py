"""Janitor: removes the folders of instances when nobody else can any more.

One small process per run of docwalk, in a session of its own: it holds the read end of a pipe whose write
end only docwalk holds. When docwalk ends, by whatever signal, the pipe closes; the janitor waits until the
sandboxes are gone (they hold the lock of their folder) and removes what is left. It starts with the folders
that an earlier run left, so that even a killed janitor costs one run at most.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.environment.owner import remove_owned_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOCK_WAIT_S = 10.0
_LOCK_STEP_S = 0.02


class Janitor:
    """Our end of the pipe to the janitor of one folder of instances."""

    def __init__(self, instances_dir: Path) -> None:
        """Start the process."""
        reader, self._writer = os.pipe2(os.O_CLOEXEC)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, str(instances_dir)],
            stdin=reader,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        os.close(reader)

    def watch(self, folder: Path) -> None:
        """Remove `folder` once we are gone."""
        self._tell(f"+{folder.name}\n")

    def forget(self, folder: Path) -> None:
        """`folder` was removed."""
        self._tell(f"-{folder.name}\n")

    def close(self) -> None:
        """Let it do its work, as when we are gone; waits for its end."""
        os.close(self._writer)
        self._process.wait()

    def _tell(self, line: str) -> None:
        # A janitor that somebody killed is no reason to fail a walk: the next run sweeps.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writer, line.encode())


@functools.lru_cache(maxsize=8)
def janitor_of(instances_dir: Path, *, owner_pid: int) -> Janitor:
    """The janitor of a folder; one for each process `owner_pid` of ours, since a fork shares the pipe."""
    del owner_pid
    return Janitor(instances_dir)


@contextlib.contextmanager
def instance_folder(instances_dir: Path, *, remove: Callable[[Path], None]) -> Iterator[tuple[Path, int]]:
    """A new, watched folder for one instance, and the descriptor that holds its lock while it is opened.

    Afterwards whoever was given the lock holds it, so that free means gone. Where opening fails, the folder
    goes.

    Args:
        instances_dir: where the folders of instances are.
        remove: removes the folder.
    """
    instances_dir.mkdir(parents=True, exist_ok=True)
    janitor = janitor_of(instances_dir, owner_pid=os.getpid())
    folder, lock = make_folder(instances_dir)
    janitor.watch(folder)
    try:
        yield folder, lock
    except BaseException:
        remove(folder)
        janitor.forget(folder)
        raise
    finally:
        os.close(lock)


def make_folder(instances_dir: Path) -> tuple[Path, int]:
    """A new folder for one instance, and the descriptor that holds its lock."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=instances_dir, prefix="i-"))
        # Between making and locking, another run's sweep may find the folder unlocked and remove it.
        with contextlib.suppress(FileNotFoundError):
            lock = _open_lock(folder)
            if try_lock(lock) and os.fstat(lock).st_nlink > 0:
                folder.chmod(0o755)
                return folder, lock
            os.close(lock)


def _open_lock(folder: Path) -> int:
    # A file, no folder: the sandbox holds it, and from an open folder one could walk out through `..`.
    return os.open(folder / "lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def try_lock(descriptor: int) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(folder: Path) -> bool:
    """Whether somebody, a sandbox or who opens it, holds the lock of an instance's folder."""
    try:
        lock = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # another account's, which is not ours to judge
    try:
        return not try_lock(lock)
    finally:
        os.close(lock)


def remove_if_unused(folder: Path, *, wait_s: float) -> None:
    """Remove an instance's folder when its lock is free within `wait_s` seconds."""
    with contextlib.suppress(OSError):
        lock = _open_lock(folder)
        try:
            end = time.monotonic() + wait_s
            while not try_lock(lock):
                if time.monotonic() >= end:
                    return
                time.sleep(_LOCK_STEP_S)
            remove_owned_tree(folder)
        finally:
            os.close(lock)


def main(instances_dir: Path) -> None:
    """Sweep, listen until the pipe closes, remove what is still watched."""
    for folder in sorted(instances_dir.glob("i-*")):
        remove_if_unused(folder, wait_s=0)
    watched: set[str] = set()
    for line in sys.stdin:
        name = line[1:].rstrip("\n")
        if line.startswith("+"):
            watched.add(name)
        else:
            watched.discard(name)
    for name in sorted(watched):
        remove_if_unused(instances_dir / name, wait_s=_LOCK_WAIT_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
