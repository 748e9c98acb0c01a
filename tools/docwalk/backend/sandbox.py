"""Sandbox: instances by bubblewrap, one overlay mount and one init each; the default backend.

Input is a built environment, output an `Instance`. Its folder in the store holds the upper directory and
goes away with it. What is typed into its terminals, and what that means, is the driver's business.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import tempfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from docwalk.backend.channel import Channel
from docwalk.backend.instance import SKELETON, InitInstance, init_command, init_files
from docwalk.backend.janitor import janitor_of, make_folder
from docwalk.bubblewrap import Network, SandboxSpec, give, make_upper, remove_tree, sandbox_identity, start
from docwalk.environment.definition import Users
from docwalk.environment.package_proxy import shared_package_proxy
from docwalk.environment.store import Store
from docwalk.environment.transport import detect_transport
from docwalk.errors import BackendError
from docwalk.marks import Marks

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.bubblewrap import Identity
    from docwalk.environment.store import BuiltEnvironment

_END_S: Final = 5.0


class SandboxBackend:
    """Opens instances by bubblewrap."""

    name = "sandbox"

    def __init__(self, store: Store | None = None) -> None:
        """Keep instances in `store`; None is the default one."""
        self._store = Store.default() if store is None else store

    def open(self, environment: BuiltEnvironment) -> InitInstance:
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
            return _open_plain(environment, folder, identity, lock)
        except BaseException:
            remove_tree(folder)
            janitor.forget(folder)
            raise
        finally:
            # The sandbox holds the lock from here on: free means that it is gone, too.
            os.close(lock)


def _open_plain(environment: BuiltEnvironment, folder: Path, identity: Identity, lock: int) -> InitInstance:
    """Make the upper directory below `folder`, start bubblewrap, fill the reader's home."""
    definition = environment.environment
    marks = Marks(nonce=secrets.token_hex(8))
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
            **init_files(marks),
        },
        uid=definition.uid,
        gid=definition.gid,
        hostname=definition.hostname,
        network=definition.network,
        cwd=PurePosixPath("/"),
        is_init=True,
    )
    messages = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the sandbox
    channel = Channel(ours)
    with theirs:
        process = start(
            spec,
            init_command(theirs.fileno()),
            pass_fds=(theirs.fileno(), lock),
            stdout=messages,
            stderr=messages,
            identity=identity,
        )

    def end() -> None:
        if folder.exists():
            _wait(process)
            messages.close()
            remove_tree(folder)
            janitor_of(folder.parent, owner_pid=os.getpid()).forget(folder)

    try:
        channel.ask("begin", skel=SKELETON, home=f"/home/{definition.user}", keep=lock)
    except BaseException as error:
        channel.close()
        _wait(process)
        with messages:
            messages.seek(0)
            said = (messages.read().decode("utf-8", "replace").strip().splitlines() or [""])[-1]
        if not isinstance(error, BackendError | OSError):
            raise
        raise BackendError(
            f"the sandbox of `{definition.name}` does not start: {said or error}", hint="docwalk doctor"
        ) from error
    return InitInstance(definition, channel, mode="sandbox/plain", marks=marks, end=end)


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a sandbox whose channel was closed; it is killed if it takes too long."""
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _make_home(upper: Path, user: str, identity: Identity) -> None:
    """Make an empty home in the upper directory; what is above it stays closed to the reader."""
    home = upper / "home" / user
    upper.chmod(0o755)  # an ordinary account is held to the mode that `make_upper` gives it
    home.mkdir(parents=True)
    for folder, mode in ((home, 0o755), (home.parent, 0o555), (upper, 0o555)):
        # The folder above cannot stay root's: overlayfs would refuse to merge it (it sets attributes there).
        folder.chmod(mode)
        give(folder, identity)
