"""Backends: what opens instances of environments, and sessions in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.environment.store import BuiltEnvironment


@dataclass(frozen=True, slots=True, kw_only=True)
class ForegroundProcess:
    """A process in the foreground of a session's terminal."""

    pid: int
    """Its number inside the instance."""
    command: str
    """Its command line, arguments joined by spaces."""
    reads_terminal: bool
    """Whether it is blocked in a read of the terminal, right now."""
    waits_in: str
    """What the kernel says it waits in (`wait_woken`, `do_select`, `hrtimer_nanosleep`); empty if unknown."""


class Terminal(Protocol):
    """One terminal window of the reader: the master side of a pty with a login shell on it."""

    fd: int
    """The pty's master."""

    def foreground(self) -> tuple[ForegroundProcess, ...]:
        """The processes of the terminal's foreground group, the shell itself excluded."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Instance(Protocol):
    """One environment opened for one walk: one upper directory, one process tree."""

    mode: str
    """Backend and mode, such as `sandbox/plain`."""

    def open_terminal(
        self, *, shell: str, user: str | None, rows: int, columns: int, environ: Mapping[str, str]
    ) -> Terminal:
        """A login, interactive shell on a new pty."""
        ...

    def read_file(self, path: str) -> bytes | None:
        """Content of a file as the reader sees it (`~/` is the reader's home); None if there is none."""
        ...

    def write_file(self, path: str, content: bytes, *, append: bool) -> None:
        """Write a file with the rights of the reader; parents are created in the home only.

        Raises:
            PermissionError: where the reader may not write.
        """
        ...

    def close(self) -> None:
        """End every process, remove the upper directory."""
        ...


class Backend(Protocol):
    """Opens instances."""

    name: str
    """`sandbox`, `podman` or `host`."""

    def open(self, environment: BuiltEnvironment) -> Instance:
        """A fresh instance.

        Raises:
            BackendError: with what is missing here, and a hint.
        """
        ...
