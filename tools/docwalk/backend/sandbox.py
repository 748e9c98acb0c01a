"""Sandbox: instances by bubblewrap, one overlay mount and one init each; the default backend.

Input is a built environment, output an `Instance`. Its folder in the store holds the upper directory and
goes away with it. What is typed into its terminals, and what that means, is the driver's business.
"""

from __future__ import annotations

import os
import posixpath
import secrets
import socket
import stat
import subprocess
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from docwalk.backend import ForegroundProcess
from docwalk.backend.channel import Channel
from docwalk.backend.janitor import janitor_of, make_folder
from docwalk.bubblewrap import Network, SandboxSpec, give, make_upper, remove_tree, sandbox_identity, start
from docwalk.environment.definition import Users
from docwalk.environment.package_proxy import shared_package_proxy
from docwalk.environment.store import Store
from docwalk.environment.transport import detect_transport
from docwalk.errors import BackendError
from docwalk.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.bubblewrap import Identity
    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment

_RUN: Final = PurePosixPath("/run/docwalk")
_INIT_SOURCE: Final = Path(__file__).with_name("init.py")
_SHELLS: Final = {"bash": "/bin/bash"}
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
_END_S: Final = 5.0


class SandboxBackend:
    """Opens instances by bubblewrap."""

    name = "sandbox"

    def __init__(self, store: Store | None = None) -> None:
        """Keep instances in `store`; None is the default one."""
        self._store = Store.default() if store is None else store

    def open(self, environment: BuiltEnvironment) -> SandboxInstance:
        """A fresh instance.

        Raises:
            BackendError: with what is missing here, and a hint.
        """
        definition = environment.environment
        if definition.users is not Users.ONE:
            raise BackendError(
                f"environment `{definition.name}` needs several accounts, which the plain sandbox has not",
                hint='set `users = "one"` in its environment.toml, or choose another environment',
            )
        identity = sandbox_identity()
        instances_dir = self._store.folder / "instances"
        instances_dir.mkdir(parents=True, exist_ok=True)
        janitor = janitor_of(instances_dir, owner_pid=os.getpid())
        folder, lock = make_folder(instances_dir)
        janitor.watch(folder)
        try:
            return SandboxInstance(environment, folder, identity, lock)
        except BaseException:
            remove_tree(folder)
            janitor.forget(folder)
            raise
        finally:
            # The sandbox holds the lock from here on: free means that it is gone, too.
            os.close(lock)


class SandboxInstance:
    """One environment opened for one walk, by bubblewrap."""

    mode = "sandbox/plain"
    shells = frozenset(_SHELLS)

    def __init__(self, environment: BuiltEnvironment, folder: Path, identity: Identity, lock: int) -> None:
        """Make the upper directory below `folder`, start bubblewrap, fill the reader's home."""
        definition = environment.environment
        self.marks = Marks(nonce=secrets.token_hex(8))
        self._definition = definition
        self._folder = folder
        self._home = f"/home/{definition.user}"
        upper, work = make_upper(folder, identity=identity)
        _make_home(upper, definition.user, identity)
        transport = detect_transport()
        package_proxy = (
            shared_package_proxy(folder.parent.parent / "downloads", transport)
            if definition.network is Network.HOST
            else None
        )
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        spec = SandboxSpec(
            layers=environment.layers,
            upper=upper,
            work=work,
            binds=transport.binds(),
            files={
                **transport.files(hostname=definition.hostname, package_proxy=package_proxy),
                **_files(self.marks),
            },
            uid=definition.uid,
            gid=definition.gid,
            hostname=definition.hostname,
            network=definition.network,
            cwd=PurePosixPath("/"),
            is_init=True,
        )
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the sandbox
        self._channel = Channel(ours)
        with theirs:
            command = ["/usr/bin/python3", "-I", "-S", "-X", "utf8", f"{_RUN}/init.py", str(theirs.fileno())]
            self._process = start(
                spec,
                command,
                pass_fds=(theirs.fileno(), lock),
                stdout=self._messages,
                stderr=self._messages,
                identity=identity,
            )
        try:
            self._channel.ask("begin", skel="/etc/skel", home=self._home, keep=lock)
        except BaseException as error:
            said = self._end()
            if not isinstance(error, BackendError | OSError):
                raise
            raise BackendError(
                f"the sandbox of `{definition.name}` does not start: {said or error}", hint="docwalk doctor"
            ) from error

    def open_terminal(
        self, *, shell: str, user: str | None, rows: int, columns: int, environ: Mapping[str, str]
    ) -> SandboxTerminal:
        """A login, interactive shell on a new pty.

        Raises:
            BackendError: the instance has no such shell or account, or its init is gone.
        """
        if shell not in _SHELLS:
            raise BackendError(
                f"shell `{shell}` has no marks in `{self._definition.name}`", hint=f"use {', '.join(_SHELLS)}"
            )
        if user not in {None, self._definition.user}:
            only = self._definition.user
            raise BackendError(
                f"environment `{self._definition.name}` has the account `{only}`, not `{user}`"
            )
        reply, descriptor = self._channel.ask_descriptor(
            "open",
            path=_SHELLS[shell],
            argv=[f"-{shell}"],
            environ={**_account(self._definition, _SHELLS[shell]), **environ},
            cwd=self._home,
            rows=rows,
            columns=columns,
        )
        return SandboxTerminal(channel=self._channel, fd=descriptor, pid=reply["pid"])

    def read_file(self, path: str) -> bytes | None:
        """Content of a file as the reader sees it (`~/` is the reader's home); None if there is none.

        Raises:
            OSError: where the reader may not read it, or it is no regular file.
        """
        try:
            _, descriptor = self._channel.ask_descriptor("read", path=self._absolute(path))
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return _regular(file).read()

    def write_file(self, path: str, content: bytes, *, append: bool) -> None:
        """Write a file with the rights of the reader; parents are created in the home only.

        Raises:
            OSError: where the reader may not write, or it is no regular file.
        """
        _, descriptor = self._channel.ask_descriptor(
            "write", path=self._absolute(path), append=append, make_parents_below=self._home
        )
        with os.fdopen(descriptor, "ab" if append else "wb") as file:
            _regular(file).write(content)

    def close(self) -> None:
        """End every process, remove the upper directory."""
        if self._folder.exists():
            self._end()
            remove_tree(self._folder)
            janitor_of(self._folder.parent, owner_pid=os.getpid()).forget(self._folder)

    def _absolute(self, path: str) -> str:
        if path == "~" or path.startswith("~/"):
            path = self._home + path[1:]
        return posixpath.join(self._home, path)

    def _end(self) -> str:
        """End every process; gives the last thing bubblewrap or init said."""
        self._channel.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with self._messages as messages:
            messages.seek(0)
            return (messages.read().decode("utf-8", "replace").strip().splitlines() or [""])[-1]


class SandboxTerminal:
    """One terminal window in a sandbox."""

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


def _make_home(upper: Path, user: str, identity: Identity) -> None:
    """Make an empty home in the upper directory; what is above it stays closed to the reader."""
    home = upper / "home" / user
    upper.chmod(0o755)  # an ordinary account is held to the mode that `make_upper` gives it
    home.mkdir(parents=True)
    for folder, mode in ((home, 0o755), (home.parent, 0o555), (upper, 0o555)):
        # The folder above cannot stay root's: overlayfs would refuse to merge it (it sets attributes there).
        folder.chmod(mode)
        give(folder, identity)


def _files(marks: Marks) -> Mapping[PurePosixPath, bytes]:
    # The environments' /etc/bash.bashrc reads the second one, so that login shells and nested ones have it.
    return {_RUN / "init.py": _INIT_SOURCE.read_bytes(), _RUN / "bashrc": marks.bash().encode()}


def _account(definition: Environment, shell_path: str) -> dict[str, str]:
    return {
        "HOME": f"/home/{definition.user}",
        "USER": definition.user,
        "LOGNAME": definition.user,
        "SHELL": shell_path,
        "PATH": _PATH,
    }


def _regular(file: IO[bytes]) -> IO[bytes]:
    # Opened by a process of the other side: trust what the kernel says of it, not the reply.
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError("the instance handed out something that is no regular file")
    return file
