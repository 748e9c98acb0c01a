"""Host: walks on this machine itself, with the caller's rights; isolates nothing, and says so everywhere.

For machines that let nobody open a sandbox, and for pages whose author is trusted. Sessions have a fresh,
temporary home; everything else is what it is. Our init runs here as an ordinary process.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import platform
import posixpath
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docwalk.backend import SideTerminal
from docwalk.backend.channel import Channel
from docwalk.backend.instance import INIT_SOURCES, SKELETON, InitTerminal, regular
from docwalk.dialects import SHELLS, start_up_files
from docwalk.environment.store import BuiltEnvironment
from docwalk.errors import BackendError
from docwalk.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docwalk.environment.definition import Environment
    from docwalk.results import ServiceState

WARNING: Final = (
    "this walk runs on this machine itself: nothing is isolated, and what the page changes stays changed"
)
"""Shown before every walk."""

_SHELL: Final = "bash"
_LOGIN: Final = '[ ! -r ~/.profile ] || . ~/.profile\ncase $- in *i*) . "{marks}" ;; esac\n'
_NESTED: Final = '\n. "{marks}"\n'
_END_S: Final = 5.0


class HostBackend:
    """Opens sessions on this machine."""

    name = "host"

    def open(self, environment: BuiltEnvironment) -> HostInstance:
        """A fresh home and an init; the environment's layers are not looked at.

        Raises:
            BackendError: with what is missing here, and a hint.
        """
        return HostInstance(environment.environment)


def this_host(definition: Environment) -> BuiltEnvironment:
    """An environment as far as it is true of this machine: no layers, no packages, another digest."""
    manifest = {"os": f"{platform.system()} {platform.release()}", "architecture": platform.machine()}
    return BuiltEnvironment(environment=definition, digest="host", layers=(), manifest=manifest)


class HostInstance:
    """This machine, opened for one walk."""

    mode = "host"
    shells = frozenset({_SHELL})

    def __init__(self, definition: Environment) -> None:
        """Make the home, start init."""
        if definition.services:
            raise BackendError(
                f"environment `{definition.name}` has services, which docwalk starts on no real machine",
                hint="docwalk run --backend sandbox",
            )
        self.marks = Marks(nonce=secrets.token_hex(8))
        self.users = frozenset({definition.user})
        self._folder = Path(tempfile.mkdtemp(prefix="docwalk-host-"))
        self._home = self._folder / "home"
        self._home.mkdir()
        self.scratch = str(self._folder / "typed")
        self._leaders: list[int] = []
        self._write_marks()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel = Channel(ours)
        command = [sys.executable, "-I", "-S", "-X", "utf8", str(INIT_SOURCES[0]), str(theirs.fileno())]
        with theirs, open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, no file
            keep = nowhere.fileno()
            self._process = subprocess.Popen(
                command, pass_fds=(theirs.fileno(), keep), cwd="/", start_new_session=True
            )
            skeleton = SKELETON if Path(SKELETON).is_dir() else str(self._home)
            self._channel.ask("begin", skel=skeleton, home=str(self._home), keep=keep)
        self._add_marks()

    def _write_marks(self) -> None:
        for name, code in start_up_files(self.marks.nonce).items():
            (self._folder / name).write_bytes(code)

    def _add_marks(self) -> None:
        marks = self._folder / SHELLS[_SHELL].start_up
        (self._home / ".bash_profile").write_text(_LOGIN.format(marks=marks), "utf-8")
        with (self._home / ".bashrc").open("a", encoding="utf-8") as file:
            file.write(_NESTED.format(marks=marks))

    def open_terminal(
        self, *, shell: str, user: str | None, rows: int, columns: int, environ: Mapping[str, str]
    ) -> InitTerminal:
        """A login, interactive shell on a new pty, with the temporary home.

        Raises:
            BackendError: another shell or account than there is, or init is gone.
        """
        if shell not in self.shells or user not in {None, *self.users}:
            raise BackendError(
                f"the backend `host` has the shell `{_SHELL}` and your own account, not `{shell}` as "
                f"`{user or getpass.getuser()}`",
                hint="docwalk run --backend sandbox",
            )
        program = shutil.which(_SHELL) or SHELLS[_SHELL].program
        name = getpass.getuser()
        login = {"HOME": str(self._home), "USER": name, "LOGNAME": name, "SHELL": program}
        reply, descriptor = self._channel.ask_descriptor(
            "open",
            path=program,
            argv=list(SHELLS[_SHELL].argv),
            environ={**login, "PATH": os.environ.get("PATH", os.defpath), **environ},
            cwd=str(self._home),
            rows=rows,
            columns=columns,
            account=None,
        )
        self._leaders.append(reply["pid"])
        return InitTerminal(channel=self._channel, fd=descriptor, pid=reply["pid"])

    def open_side(self, *, rows: int, columns: int) -> SideTerminal:
        """A terminal without a shell, which commands may be told to write to."""
        reply, (master, slave) = self._channel.ask_descriptors("side", rows=rows, columns=columns)
        return SideTerminal(master=master, slave=slave, path=reply["path"])

    def read_file(self, path: str, *, user: str | None = None) -> bytes | None:  # noqa: ARG002 - one account
        """Content of a file (`~/` is the temporary home); None if there is none.

        Raises:
            OSError: it cannot be read, or is no regular file.
        """
        try:
            _, descriptor = self._channel.ask_descriptor("read", path=self._absolute(path), account=None)
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
        user: str | None = None,  # noqa: ARG002 - one account
        permissions: int | None = None,
    ) -> None:
        """Write a file; parents are created in the temporary home only.

        Raises:
            OSError: it cannot be written, or is no regular file.
        """
        _, descriptor = self._channel.ask_descriptor(
            "write",
            path=self._absolute(path),
            append=append,
            make_parents_below=str(self._home),
            account=None,
            permissions=permissions,
        )
        with os.fdopen(descriptor, "ab" if append else "wb") as file:
            regular(file).write(content)

    def services(self) -> tuple[ServiceState, ...]:
        """None: an environment with services is refused."""
        return ()

    def exceeded(self, exit_status: int | None) -> tuple[str, ...]:  # noqa: ARG002 - as backends with limits
        """Nothing: there are no limits here but the machine's own."""
        return ()

    def close(self) -> None:
        """End what the sessions started, remove the home."""
        for pid in _members(self._leaders):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        self._channel.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _absolute(self, path: str) -> str:
        if path == "~" or path.startswith("~/"):
            path = f"{self._home}{path[1:]}"
        return posixpath.join(self._home, path)


def _members(leaders: list[int]) -> Iterator[int]:
    """Processes whose session one of `leaders` leads."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_bytes().rpartition(b")")[2].split()
            if int(fields[3]) in leaders:
                yield int(path.parent.name)
