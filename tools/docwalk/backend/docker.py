"""docker: instances as containers of an image that is imported from the layers.

Input is a built environment, output an `Instance`. The daemon must keep ids inside apart from those outside.
Since docker hands on no descriptors, init connects to a socket that is bound into the container, and nobody
is accepted after it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import select
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docwalk.backend.accounts import require_accounts
from docwalk.backend.channel import Channel
from docwalk.backend.container import (
    WhyNot,
    begin,
    container_contents,
    mode_of,
    mount_option,
    refuse_nested,
    rights,
    tmpfs_sizes,
    ulimits,
    write_files,
)
from docwalk.backend.docker_daemon import PODMAN_HINT, Daemon, find_docker
from docwalk.backend.docker_image import image_of
from docwalk.backend.instance import RUN, init_command
from docwalk.backend.janitor import instance_folder, is_held
from docwalk.backend.opening import Opening, serve
from docwalk.bubblewrap import Bind, Network
from docwalk.environment.definition import Users
from docwalk.environment.owner import remove_owned_tree
from docwalk.environment.store import Store
from docwalk.errors import BackendError
from docwalk.marks import Marks
from docwalk.seccomp import profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.backend.contents import Contents
    from docwalk.backend.instance import InitInstance
    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment

_START_S: Final = 60.0
_STEP_MS: Final = 100
_END_S: Final = 15.0
_LABEL: Final = "docwalk.instance"
_SOCKET: Final = RUN / "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerContainer:
    """What a container is started with."""

    name: str
    """Its name."""
    image: str
    """Its image."""
    folder: Path
    """The instance's folder, its label: a container whose folder nobody holds is left over."""
    profile: Path
    """File with the system calls it refuses."""
    binds: tuple[Bind, ...]
    """Generated files and the socket."""
    contents: Contents
    """What else is put over the layers."""


class DockerBackend:
    """Opens instances by docker."""

    name = "docker"

    def __init__(self, store: Store | None = None) -> None:
        """Keep instances in `store`; None is the default one."""
        self._store = Store.default() if store is None else store

    def open(self, environment: BuiltEnvironment) -> InitInstance:
        """A fresh instance.

        Raises:
            BackendError: with what is missing here, and a hint.
        """
        found = find_docker()
        if isinstance(found, WhyNot):
            raise BackendError(f"docker cannot be used: {found.reason}", hint=found.hint)
        require_fit(environment.environment, is_rootless=found.is_rootless)
        require_accounts(environment)
        _sweep(os.getpid())
        with instance_folder(self._store.folder / "instances", remove=remove_owned_tree) as (folder, lock):
            return _open_in(folder, environment, lock, found)


def require_fit(definition: Environment, *, is_rootless: bool) -> None:
    """Refuse what docker's containers cannot give.

    Raises:
        BackendError: with what that is.
    """
    refuse_nested(definition, "docker")
    problem = None
    hint = PODMAN_HINT
    if definition.network is Network.HOST:
        problem = 'has `network = "host"`, which docker gives no container whose user ids are its own'
        hint = f'write `network = "packages"`; or {PODMAN_HINT}'
    elif definition.devices:
        problem = "has devices, which docwalk hands to the sandbox, podman and apptainer only"
    elif is_rootless and (definition.users is Users.MANY or definition.setuid):
        problem = "has a root inside, which would be you outside, as your docker is rootless"
    if problem is not None:
        raise BackendError(f"environment `{definition.name}` {problem}", hint=hint)


def docker_argv(definition: Environment, container: DockerContainer) -> tuple[str, ...]:
    """The command line of docker; pure."""
    return (
        *("docker", "run", "--rm", "--name", container.name, "--pull", "never", "--log-driver", "none"),
        *("--label", f"{_LABEL}={container.folder}"),
        *rights(definition),
        *("--security-opt", f"seccomp={container.profile}"),
        *("--network", "none", "--ipc", "private", "--hostname", definition.hostname),
        *ulimits(),
        *("--workdir", "/"),
        *_mounts(container),
        container.image,
        *init_command(_SOCKET),
    )


def _mounts(container: DockerContainer) -> Iterator[str]:
    for path, size_bytes in tmpfs_sizes(container.contents):
        # docker's own default is noexec.
        yield from ("--tmpfs", f"{path}:exec,mode=1777,size={size_bytes}")
    yield from ("--shm-size", str(container.contents.tmpfs_bytes))
    for bind in (*container.contents.binds, *container.binds):
        yield from ("--mount", mount_option(bind))


def _open_in(folder: Path, environment: BuiltEnvironment, lock: int, daemon: Daemon) -> InitInstance:
    """Start docker, wait for init, let it begin."""
    definition = environment.environment
    marks = Marks(nonce=secrets.token_hex(8))
    contents = container_contents(environment, marks, folder)
    image = image_of(environment, folder)
    listening, path = _listen(folder)
    container = DockerContainer(
        name=f"docwalk-{secrets.token_hex(6)}",
        image=image,
        folder=folder,
        profile=folder / "seccomp.json",
        binds=(
            *write_files(folder, contents, seen_in=folder / "files"),
            Bind(source=path, target=_SOCKET),
        ),
        contents=contents,
    )
    container.profile.write_text(profile(), "ascii")
    messages = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the container
    # Docker hands on no descriptors: the lock is ours, and free once we are gone, as the channel is.
    held = contextlib.ExitStack()
    held.callback(os.close, os.dup(lock))
    process = subprocess.Popen(
        docker_argv(definition, container),
        stdin=subprocess.DEVNULL,
        stdout=messages,
        stderr=messages,
        cwd="/",
        start_new_session=True,
    )

    def connect() -> Channel:
        with listening:
            return Channel(_accept(listening, process))

    def wait() -> None:
        _wait(process, container.name)
        held.close()

    return serve(
        Opening(
            definition=definition,
            folder=folder,
            mode=f"docker/{mode_of(definition)}",
            marks=marks,
            index_url=contents.index_url,
            connect=connect,
            begin=functools.partial(begin, definition, keep=None),
            changes=daemon.root,
            measure=functools.partial(_changed_bytes, container.name),
            messages=messages,
            refusal=f"docker does not start `{definition.name}`",
            wait=wait,
            remove=remove_owned_tree,
        )
    )


def _listen(folder: Path) -> tuple[socket.socket, Path]:
    """A socket for init alone: other accounts of this machine cannot reach its folder."""
    private = folder / "private"
    private.mkdir(mode=0o700)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    descriptor = os.open(private, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # A socket's address has room for 107 bytes, and a folder's name may be longer.
        listening.bind(f"/proc/self/fd/{descriptor}/channel")
    except BaseException:
        listening.close()
        raise
    finally:
        os.close(descriptor)
    (private / "channel").chmod(0o666)  # init is another account's process, as seen from here
    listening.listen(1)
    return listening, private / "channel"


def _accept(listening: socket.socket, process: subprocess.Popen[bytes]) -> socket.socket:
    """The connection of init.

    Raises:
        BackendError: it does not come.
    """
    end = time.monotonic() + _START_S
    poll = select.poll()
    poll.register(listening, select.POLLIN)
    while time.monotonic() < end:
        if poll.poll(_STEP_MS):
            return listening.accept()[0]
        if process.poll() is not None:
            raise BackendError("the container ended")
    raise BackendError(f"nothing of it answers within {_START_S:g} s")


def _changed_bytes(name: str) -> int:
    """How much a container has written, as docker counts it; its files are closed to ordinary accounts."""
    done = subprocess.run(
        ("docker", "inspect", "--size", "--format", "{{.SizeRw}}", name),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    size = done.stdout.strip()
    return int(size) if size.isdecimal() else 0


def _wait(process: subprocess.Popen[bytes], name: str) -> None:
    """Wait for the end of a container whose channel was closed; it is killed if it takes too long."""
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        _remove_container(name)
        process.kill()
        process.wait()


def _remove_container(name: str) -> None:
    subprocess.run(
        ("docker", "rm", "--force", name), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )


@functools.lru_cache(maxsize=1)
def _sweep(owner_pid: int) -> None:
    """Remove containers of ours that a killed run left before they began: whose folder nobody holds."""
    del owner_pid
    line = f'{{{{.ID}}}} {{{{.Label "{_LABEL}"}}}}'
    done = subprocess.run(
        ("docker", "ps", "--all", "--no-trunc", "--filter", f"label={_LABEL}", "--format", line),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    for each in done.stdout.splitlines():
        name, _, folder = each.partition(" ")
        if not is_held(Path(folder)):
            _remove_container(name)
