"""Backends: what opens instances of environments, and sessions in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.environment.store import BuiltEnvironment
    from docwalk.marks import Marks
    from docwalk.results import ServiceState


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
    is_shell: bool
    """Whether it is the login shell of the session itself."""

    @property
    def polls(self) -> bool:
        """Whether it waits for several things at once, of which the terminal may be one."""
        return "poll" in self.waits_in or "select" in self.waits_in


class Terminal(Protocol):
    """One terminal window of the reader: the master side of a pty with a login shell on it."""

    fd: int
    """The pty's master."""

    def foreground(self) -> tuple[ForegroundProcess, ...]:
        """The processes of the terminal's foreground group."""
        ...

    def kill_foreground(self) -> None:
        """Kill the foreground group, unless it is the login shell's own."""
        ...

    def cwd(self) -> str:
        """Working folder of the shell in the foreground.

        Raises:
            OSError: it was removed.
        """
        ...

    def exit_status(self) -> int | None:
        """Status the login shell ended with, negative for a signal; None while it runs."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SideTerminal:
    """A terminal beside the reader's: programs that write to it see a terminal, and nobody types in it."""

    master: int
    """Descriptor from which to read what is written to it; the caller closes it."""
    slave: int
    """Descriptor that keeps it open, and lets us write behind all others; the caller closes it."""
    path: str
    """Its device inside."""


class Instance(Protocol):
    """One environment opened for one walk: one upper directory, one process tree."""

    mode: str
    """Backend and mode, such as `sandbox/plain`."""
    marks: Marks
    """The marks its shells print."""
    shells: frozenset[str]
    """Names of the shells that print them and are there."""
    users: frozenset[str]
    """Accounts that sessions may be opened as."""
    scratch: str
    """A file that commands too long to be typed are written to; more may lie beside it."""

    def open_terminal(
        self, *, shell: str, user: str | None, rows: int, columns: int, environ: Mapping[str, str]
    ) -> Terminal:
        """A login, interactive shell on a new pty.

        Raises:
            BackendError: the instance has no such shell or account, or its init is gone.
        """
        ...

    def read_file(self, path: str, *, user: str | None = None) -> bytes | None:
        """Content of a file as an account sees it (`~/` is its home); None if there is none.

        Args:
            path: absolute, or relative to the home.
            user: the account; None is the reader's.

        Raises:
            OSError: where the account may not read it, or it is no regular file.
        """
        ...

    def write_file(
        self,
        path: str,
        content: bytes,
        *,
        append: bool,
        user: str | None = None,
        permissions: int | None = None,
    ) -> None:
        """Write a file with the rights of an account; parents are created in its home only.

        Args:
            path: absolute, or relative to the home.
            content: what to write.
            append: whether it is added to what is there.
            user: the account; None is the reader's.
            permissions: permission bits; None leaves them as they are, 644 for a new file.

        Raises:
            OSError: where the account may not write, or it is no regular file.
        """
        ...

    def services(self) -> tuple[ServiceState, ...]:
        """How the environment's services are; one that ended says so.

        Raises:
            BackendError: the instance is gone.
        """
        ...

    def open_side(self, *, rows: int, columns: int) -> SideTerminal:
        """A terminal without a shell, which commands may be told to write to.

        Raises:
            BackendError: the instance is gone.
        """
        ...

    def exceeded(self, exit_status: int | None) -> tuple[str, ...]:
        """One sentence for each limit that was exceeded since this was asked last.

        Args:
            exit_status: of the command that was run meanwhile; None where it is unknown.
        """
        ...

    def close(self) -> None:
        """End every process, remove the upper directory."""
        ...


class Backend(Protocol):
    """Opens instances."""

    name: str
    """`sandbox`, `podman`, `docker`, `apptainer` or `host`."""

    def open(self, environment: BuiltEnvironment) -> Instance:
        """A fresh instance.

        Raises:
            BackendError: with what is missing here, and a hint.
        """
        ...
