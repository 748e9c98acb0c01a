"""podman: instances as containers over the same layers, no image made of them.

Input is a built environment, output an `Instance`. The layers are mounted as an overlay in a mount namespace
of its own, and podman takes that as the container's root; inside, ids are subordinate ones, so that root
inside is nobody outside. podman is used as it is configured on this machine.
"""

from __future__ import annotations

import functools
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.backend.accounts import require_accounts
from docwalk.backend.channel import Channel
from docwalk.backend.container import (
    begin,
    choose_stage,
    container_contents,
    link_layers,
    mode_of,
    refuse_nested,
    rights,
    tmpfs_sizes,
    ulimits,
    write_files,
)
from docwalk.backend.instance import init_command
from docwalk.backend.janitor import instance_folder
from docwalk.backend.opening import Opening, serve
from docwalk.bubblewrap import Bind, Network, remove_tree
from docwalk.environment.devices import podman_arguments
from docwalk.environment.owner import cannot_own, owner_fix, root_first_id
from docwalk.environment.store import Store
from docwalk.errors import BackendError, last_line
from docwalk.marks import Marks
from docwalk.seccomp import profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docwalk.backend.contents import Contents
    from docwalk.backend.instance import InitInstance
    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment

_IDS: Final = 65536
_END_S: Final = 10.0
_CHANNEL_FD: Final = 3
_LOCK_FD: Final = 4
_INSTALL_HINT: Final = "sudo apt-get install podman; or use another one: docwalk run --backend sandbox"

_LAUNCH: Final = r"""
set -e
folder=$1 lower=$2 first=$3 user=$4 uid=$5 gid=$6 stage=$7 channel=$8 lock=$9
shift 9
# Low numbers, which podman hands on; by way of high ones, for they may be each other's.
exec 40<&"$channel" 41<&"$lock"
exec 3<&40 4<&41 40<&- 41<&-
cd "$folder"
mkdir -m 755 upper work upper/etc upper/home "upper/home/$user"
# podman wants this link, and could not make it where the layers belong to others.
ln -s /proc/mounts upper/etc/mtab
chown -h "$first:$first" upper work upper/etc upper/etc/mtab upper/home
chown "$((first + uid)):$((first + gid))" "upper/home/$user"
mount -t tmpfs -o mode=755 docwalk "$stage"
mkdir "$stage/root"
cp -r files "$stage/files"
cd lower
mount -t overlay docwalk -o "lowerdir=$lower,upperdir=../upper,workdir=../work,userxattr" "$stage/root"
cd /
exec "$@"
"""
"""Makes the upper directory, mounts the overlay (by relative names: the inside sees them), starts podman."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What a container is started with."""

    name: str
    """Its name."""
    stage: Path
    """Where, for podman alone, the overlay is mounted and generated files lie."""
    first_id: int
    """What uid 0 inside is, as podman's caller counts ids."""
    profile: Path
    """File with the system calls it refuses."""
    files: tuple[Bind, ...]
    """Generated files."""
    contents: Contents
    """What else is put over the layers."""


class PodmanBackend:
    """Opens instances by podman."""

    name = "podman"

    def __init__(self, store: Store | None = None) -> None:
        """Keep instances in `store`; None is the default one."""
        self._store = Store.default() if store is None else store

    def open(self, environment: BuiltEnvironment) -> InitInstance:
        """A fresh instance.

        Raises:
            BackendError: with what is missing here, and a hint.
        """
        refuse_nested(environment.environment, "podman")
        reason, hint = why_no_podman()
        if reason is not None:
            raise BackendError(f"podman cannot be used: {reason}", hint=hint)
        require_accounts(environment)
        with instance_folder(self._store.folder / "instances", remove=_remove) as (folder, lock):
            return _open_in(folder, environment, lock)


def why_no_podman() -> tuple[str | None, str | None]:
    """Why this account cannot use podman, and what mends it; None, None where it can."""
    return _why_no_podman(os.environ.get("PATH", os.defpath))


@functools.cache
def _why_no_podman(search_path: str) -> tuple[str | None, str | None]:
    podman = shutil.which("podman", path=search_path)
    if podman is None:
        return "it is not on PATH", _INSTALL_HINT
    reason = cannot_own()
    if reason is not None:
        return reason, owner_fix()
    done = subprocess.run(
        [podman, "info"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        said = last_line(done.stderr) or "nothing"
        return f"`podman info` fails: {said}", "podman info"
    return None, None


def podman_argv(definition: Environment, container: Container) -> tuple[str, ...]:
    """The command line of podman; pure."""
    return (
        *("podman", "run", "--rm", "--name", container.name, "--pull", "never", "--log-driver", "none"),
        *("--uidmap", f"0:{container.first_id}:{_IDS}", "--gidmap", f"0:{container.first_id}:{_IDS}"),
        *rights(definition),
        *("--security-opt", "label=disable", "--security-opt", f"seccomp={container.profile}"),
        *("--network", "host" if definition.network is Network.HOST else "none"),
        *("--hostname", definition.hostname, "--no-hosts", "--http-proxy=false"),
        *ulimits(),
        *("--workdir", "/", "--preserve-fds", "2"),
        *podman_arguments(container.contents.devices),
        *_mounts(container),
        *("--rootfs", str(container.stage / "root")),
        *init_command(_CHANNEL_FD),
    )


def _mounts(container: Container) -> Iterator[str]:
    for path, size_bytes in tmpfs_sizes(container.contents):
        yield from ("--tmpfs", f"{path}:mode=1777,size={size_bytes}")
    yield from ("--shm-size", str(container.contents.tmpfs_bytes))
    for bind in (*container.contents.binds, *container.files):
        yield from ("--volume", f"{bind.source}:{bind.target}:{'rw' if bind.writable else 'ro'}")


def _open_in(folder: Path, environment: BuiltEnvironment, lock: int) -> InitInstance:
    """Mount the overlay below `folder`, start podman, let init begin."""
    definition = environment.environment
    marks = Marks(nonce=secrets.token_hex(8))
    contents = container_contents(environment, marks, folder)
    is_root = os.geteuid() == 0
    stage = choose_stage([folder, *environment.layers, *(bind.source for bind in contents.binds)])
    container = Container(
        name=f"docwalk-{secrets.token_hex(6)}",
        stage=stage,
        first_id=root_first_id() if is_root else 1,
        profile=folder / "seccomp.json",
        files=write_files(folder, contents, seen_in=stage / "files"),
        contents=contents,
    )
    container.profile.write_text(profile(), "ascii")
    lower = link_layers(folder, environment)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    messages = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the container
    # An ordinary account mounts in podman's own namespace of subordinate ids.
    enter = () if is_root else ("podman", "unshare")
    arguments = (folder, lower, container.first_id, definition.user, definition.uid, definition.gid, stage)
    with theirs:
        process = subprocess.Popen(
            (
                *(*enter, "unshare", "--mount", "--propagation", "private"),
                *("bash", "-c", _LAUNCH, "docwalk-podman"),
                *(*map(str, arguments), str(theirs.fileno()), str(lock)),
                *podman_argv(definition, container),
            ),
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
            pass_fds=(theirs.fileno(), lock),
            cwd="/",
            start_new_session=True,
        )
    return serve(
        Opening(
            definition=definition,
            folder=folder,
            mode=f"podman/{mode_of(definition)}",
            marks=marks,
            index_url=contents.index_url,
            connect=functools.partial(Channel, ours),
            begin=functools.partial(begin, definition, keep=_LOCK_FD),
            changes=folder / "upper",
            messages=messages,
            refusal=f"podman does not start `{definition.name}`",
            wait=functools.partial(_wait, process, container.name),
            remove=_remove,
        )
    )


def _wait(process: subprocess.Popen[bytes], name: str) -> None:
    """Wait for the end of a container whose channel was closed; it is killed if it takes too long."""
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        subprocess.run(
            ["podman", "rm", "--force", "--time", "0", name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        process.kill()
        process.wait()


def _remove(folder: Path) -> None:
    """Remove what an instance left, files of subordinate ids included."""
    if os.geteuid() != 0:
        made = [str(folder / name) for name in ("upper", "work")]
        subprocess.run(["podman", "unshare", "rm", "-rf", "--", *made], check=False, capture_output=True)
    remove_tree(folder)
