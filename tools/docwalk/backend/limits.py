"""Limits: what an instance may use, kept from inside by init and from outside by a look at the disk.

Input: an environment's limits and the channel to init; output: sentences about what was killed and why. None
of it needs root; where the backend can do more (podman's control groups), it does so by itself.
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import threading
from typing import TYPE_CHECKING, Final

from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docwalk.backend.channel import Channel
    from docwalk.environment.parts import Limits

MEMORY_BYTES: Final = 4 << 30
PROCESSES: Final = 1024
CPU_S: Final = 3600.0
DISK_BYTES: Final = 16 << 30
FILES: Final = 4096

_LOOK_S: Final = 0.25
_SCAN_S: Final = 30.0
_GROWTH_BYTES: Final = 1 << 20
_KINDS: Final = {"memory": "memory", "processes": "process", "disk": "disk", "cpu": "CPU time"}
_BY_SIGNAL: Final = {24: "cpu", 25: "disk"}
"""What the kernel does at a hard limit: SIGXCPU, SIGXFSZ."""


class LimitKeeper:
    """Keeps one instance within its limits."""

    def __init__(
        self, limits: Limits, channel: Channel, upper: Path, *, measure: Callable[[], int] | None = None
    ) -> None:
        """Give init the limits, begin to look at what is written.

        Args:
            limits: the environment's.
            channel: to init.
            upper: where changes lie, or a folder on the same file system.
            measure: bytes of those changes; None sums up `upper`.
        """
        self._channel = channel
        self._upper = upper
        self._measure = functools.partial(_used_bytes, upper) if measure is None else measure
        self._memory_bytes = limits.memory_bytes or MEMORY_BYTES
        self._processes = limits.processes or PROCESSES
        self._cpu_s = limits.cpu_s or CPU_S
        self._disk_bytes = limits.disk_bytes or DISK_BYTES
        channel.ask(
            "limit",
            memory_bytes=self._memory_bytes,
            processes=self._processes,
            cpu_s=max(1, round(self._cpu_s)),
            disk_bytes=self._disk_bytes,
            files=limits.files or FILES,
        )
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch_disk, name="docwalk-disk", daemon=True)
        self._thread.start()

    def exceeded(self, exit_status: int | None) -> tuple[str, ...]:
        """One sentence for each limit that was exceeded since this was asked last.

        Args:
            exit_status: of the command that was run meanwhile; the kernel's own limits show in it.
        """
        try:
            noted = self._channel.ask("exceeded")["exceeded"]
        except BackendError:
            return ()  # the instance is gone, and what is wrong with that is said elsewhere
        found = [self._sentence(each["limit"], each["command"]) for each in noted]
        number = None if exit_status is None else exit_status - 128 if exit_status > 0 else -exit_status
        if not found and number in _BY_SIGNAL:
            found.append(self._sentence(_BY_SIGNAL[number], ""))
        return tuple(dict.fromkeys(found))

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join()

    def _sentence(self, limit: str, command: str) -> str:
        amount = {
            "memory": size_text(self._memory_bytes),
            "processes": str(self._processes),
            "cpu": f"{self._cpu_s:g} s",
            "disk": size_text(self._disk_bytes),
        }[limit]
        blamed = f" (`{command}`)" if command else ""
        return f"killed: {_KINDS[limit]} limit {amount}{blamed}"

    def _watch_disk(self) -> None:
        """Measure whenever so much has gone from the file system that it might be ours."""
        used, free, since_s = 0, _free_bytes(self._upper), 0.0
        most = self._disk_bytes
        while not self._closed.wait(_LOOK_S):
            since_s += _LOOK_S
            if free - _free_bytes(self._upper) < most - used and since_s < _SCAN_S:
                continue
            used, free, since_s = self._measure(), _free_bytes(self._upper), 0.0
            if used > most:
                most = used + _GROWTH_BYTES  # what was killed once is killed again only if it goes on
                with contextlib.suppress(BackendError, OSError):
                    self._channel.ask("clear", limit="disk")


def size_text(count: int) -> str:
    """A number of bytes for people: `512 MiB`."""
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return f"{count} bytes"


def _free_bytes(folder: Path) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bfree * found.f_frsize


def _used_bytes(folder: Path) -> int:
    # What vanishes meanwhile, or is closed to us, makes `du` complain and fail, and it still says the sum.
    done = subprocess.run(
        ["du", "-sx", "--block-size=1", "--", folder], capture_output=True, text=True, check=False
    )
    return int((done.stdout.split() or ["0"])[0])
