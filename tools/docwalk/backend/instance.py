"""Instance: what backends with our init inside have in common: terminals, files, the end.

Input is an open channel to init and how to end what runs it; output an `Instance`. Which program made the
container, and where its changes lie, is the backend's business.
"""

from __future__ import annotations

import os
import posixpath
import stat
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from docwalk.backend import ForegroundProcess, SideTerminal
from docwalk.dialects import SHELLS, start_up_files
from docwalk.environment.definition import Users
from docwalk.environment.devices import driver_environ
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from docwalk.backend.channel import Channel
    from docwalk.backend.limits import LimitKeeper
    from docwalk.backend.services import Services
    from docwalk.environment.definition import Environment
    from docwalk.marks import Marks
    from docwalk.results import ServiceState

RUN: Final = PurePosixPath("/run/docwalk")
"""Folder inside with what docwalk brings."""
SKELETON: Final = "/etc/skel"
"""What a new home is filled with."""

INIT_SOURCES: Final = tuple(
    Path(__file__).with_name(name) for name in ("init.py", "init_limits.py", "init_processes.py")
)
"""Init, and parts of it that every instance has."""
PYTHON: Final = "/usr/bin/python3"
"""What runs init."""
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


def init_command(address: int | PurePosixPath, files: Collection[PurePosixPath] = ()) -> tuple[str, ...]:
    """What process 1 inside is started with.

    Args:
        address: its end of the channel: an inherited descriptor, or a socket to connect to.
        files: generated files; init's own may be bytecode.
    """
    compiled = RUN / "init.pyc"
    path = compiled if compiled in files else RUN / "init.py"
    return (PYTHON, "-I", "-S", "-X", "utf8", str(path), str(address))


def init_files(marks: Marks) -> Mapping[PurePosixPath, bytes]:
    """Files that init and the shells' start-up files read: path inside to content."""
    # Environments' start-up files (/etc/bash.bashrc) read these: login shells and nested ones have them.
    shells = {RUN / name: content for name, content in start_up_files(marks.nonce).items()}
    return {**{RUN / path.name: path.read_bytes() for path in INIT_SOURCES}, **shells}


def shell_path(name: str) -> str:
    """Where the shell of that name is in environments."""
    return SHELLS[name].program if name in SHELLS else f"/bin/{name}"


class InitInstance:
    """One environment opened for one walk, with our init as its first process."""

    def __init__(
        self,
        definition: Environment,
        channel: Channel,
        *,
        mode: str,
        marks: Marks,
        services: Services,
        limits: LimitKeeper,
        end: Callable[[], None],
    ) -> None:
        """Take over a channel to an init that has begun.

        Args:
            definition: the environment's definition.
            channel: the outer end of init's socket.
            mode: backend and mode, such as `sandbox/plain`.
            marks: what its shells print.
            services: the environment's, started.
            limits: keeps what it may use.
            end: ends every process and removes the upper directory; may be called again.
        """
        self.mode = mode
        self.scratch = f"{RUN}/typed"
        self.marks = marks
        self._definition = definition
        self._channel = channel
        self._services = services
        self._limits = limits
        self._close = end
        there = channel.ask("programs", paths=sorted({each.program for each in SHELLS.values()}))["found"]
        self.shells = frozenset(name for name, each in SHELLS.items() if each.program in there)
        self._has_accounts = definition.users is Users.MANY
        others = (each.name for each in definition.accounts) if self._has_accounts else ()
        self.users = frozenset({definition.user, *others})

    def open_terminal(
        self, *, shell: str, user: str | None, rows: int, columns: int, environ: Mapping[str, str]
    ) -> InitTerminal:
        """A login, interactive shell on a new pty.

        Raises:
            BackendError: the instance has no such shell or account, or its init is gone.
        """
        if shell not in self.shells:
            raise BackendError(
                f"environment `{self._definition.name}` has no shell `{shell}`",
                hint=f"use {', '.join(sorted(self.shells))}",
            )
        name = self._definition.user if user is None else user
        if name not in self.users:
            raise BackendError(f"environment `{self._definition.name}` has no account `{name}`")
        dialect = SHELLS[shell]
        reply, descriptor = self._channel.ask_descriptor(
            "open",
            path=dialect.program,
            argv=dialect.argv,
            environ={**_login(name, dialect.program), **driver_environ(self._definition.devices), **environ},
            cwd=_home(name),
            rows=rows,
            columns=columns,
            account=self._account(name),
        )
        return InitTerminal(channel=self._channel, fd=descriptor, pid=reply["pid"])

    def open_side(self, *, rows: int, columns: int) -> SideTerminal:
        """A terminal without a shell, which commands may be told to write to.

        Raises:
            BackendError: the instance is gone.
        """
        reply, (master, slave) = self._channel.ask_descriptors("side", rows=rows, columns=columns)
        return SideTerminal(master=master, slave=slave, path=reply["path"])

    def read_file(self, path: str, *, user: str | None = None) -> bytes | None:
        """Content of a file as an account sees it (`~/` is its home); None if there is none.

        Raises:
            OSError: where the reader may not read it, or it is no regular file.
        """
        name = self._definition.user if user is None else user
        try:
            _, descriptor = self._channel.ask_descriptor(
                "read", path=_absolute(path, name), account=self._account(name)
            )
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return regular(file).read()

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
            path: as `read_file` takes it.
            content: what is written.
            append: whether it is added to what is there.
            user: the account; None is the reader's.
            permissions: permission bits; None leaves them as they are, 644 for a new file.

        Raises:
            OSError: where the reader may not write, or it is no regular file.
        """
        name = self._definition.user if user is None else user
        _, descriptor = self._channel.ask_descriptor(
            "write",
            path=_absolute(path, name),
            append=append,
            make_parents_below=_home(name),
            account=self._account(name),
            permissions=permissions,
        )
        with os.fdopen(descriptor, "ab" if append else "wb") as file:
            regular(file).write(content)
        # Nobody can execute the file as long as init has it open, too (ETXTBSY).
        self._channel.ask("synchronise")

    def services(self) -> tuple[ServiceState, ...]:
        """How the environment's services are; one that ended says so."""
        return self._services.states()

    def exceeded(self, exit_status: int | None) -> tuple[str, ...]:
        """One sentence for each limit that was exceeded since this was asked last."""
        return self._limits.exceeded(exit_status)

    def close(self) -> None:
        """Stop the services, end every process, remove the upper directory."""
        self._services.stop()
        self._channel.close()
        self._close()

    def _account(self, name: str) -> str | None:
        """What init is told: nothing where there is one id only."""
        return name if self._has_accounts else None


class InitTerminal:
    """One terminal window of an instance with our init."""

    def __init__(self, *, channel: Channel, fd: int, pid: int) -> None:
        """Take the master `fd` of the pty whose session process `pid` leads."""
        self.fd = fd
        self._channel = channel
        self._pid = pid

    def foreground(self) -> tuple[ForegroundProcess, ...]:
        """The processes of the terminal's foreground group."""
        return tuple(
            ForegroundProcess(**each, is_shell=each["pid"] == self._pid)
            for each in self._channel.ask("foreground", pid=self._pid)["processes"]
        )

    def kill_foreground(self) -> None:
        """Kill the foreground group, unless it is the login shell's own."""
        self._channel.ask("signal", pid=self._pid, number=9)

    def cwd(self) -> str:
        """Working folder of the shell in the foreground.

        Raises:
            OSError: it was removed.
        """
        return str(self._channel.ask("cwd", pid=self._pid)["cwd"])

    def exit_status(self) -> int | None:
        """Status the login shell ended with, negative for a signal; None while it runs."""
        status = self._channel.ask("status", pid=self._pid)["status"]
        return None if status is None else int(status)

    def close(self) -> None:
        """Hang up."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def _home(user: str) -> str:
    return f"/home/{user}"


def _absolute(path: str, user: str) -> str:
    if path == "~" or path.startswith("~/"):
        path = _home(user) + path[1:]
    return posixpath.join(_home(user), path)


def _login(user: str, shell_path: str) -> dict[str, str]:
    return {"HOME": _home(user), "USER": user, "LOGNAME": user, "SHELL": shell_path, "PATH": _PATH}


def regular(file: IO[bytes]) -> IO[bytes]:
    """`file`, once it is known to be a regular one.

    Raises:
        OSError: it is none.
    """
    # Opened by a process of the other side: trust what the kernel says of it, not the reply.
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError("the instance handed out something that is no regular file")
    return file
