"""apptainer: instances as containers over the same layers; no image is made, and nothing is setuid.

Input is a built environment, output an `Instance`. In a user namespace whose one id is the reader's, the
layers are mounted as an overlay and apptainer takes that as its image; folders in memory, devices and
generated files lie ready there, and apptainer binds them.
"""

from __future__ import annotations

import functools
import secrets
import socket
import tempfile
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from docwalk.backend.apptainer_program import (
    Apptainer,
    find_apptainer,
    host_view,
    namespaced,
    refuse_warnings,
    start,
    write_host_files,
)
from docwalk.backend.channel import Channel
from docwalk.backend.container import (
    WhyNot,
    container_contents,
    link_layers,
    mount_option,
    refuse_nested,
    tmpfs_sizes,
    write_files,
)
from docwalk.backend.ids import OneId, Started
from docwalk.backend.instance import RUN, init_command
from docwalk.backend.janitor import instance_folder
from docwalk.backend.opening import Opening, serve
from docwalk.bubblewrap import Bind, Network
from docwalk.environment.definition import Users
from docwalk.environment.devices import DRIVER_FOLDER, GpuKind, device_nodes, gpu_kind
from docwalk.environment.store import Store
from docwalk.errors import BackendError
from docwalk.marks import Marks
from docwalk.seccomp import profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docwalk.backend.contents import Contents
    from docwalk.backend.instance import InitInstance
    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment

_DEV: Final = PurePosixPath("/dev")
_NODES: Final = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS: Final = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
_LIBRARIES: Final = PurePosixPath("/.singularity.d/libs")
"""Where `--nv` puts the driver's libraries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApptainerContainer:
    """What a container is started with."""

    folder: Path
    """The instance's folder."""
    lower: str
    """Names of the layers, uppermost first, as a mount in `folder/lower` takes them."""
    nodes: tuple[Bind, ...]
    """Devices beyond those that any instance has."""
    address: int
    """Init's end of the channel, which it inherits."""
    files: tuple[Bind, ...]
    """Generated files, in `folder/stage/files`."""
    folders: frozenset[PurePosixPath]
    """Targets among the binds of `contents` that are folders."""
    contents: Contents
    """What else is put over the layers."""

    @property
    def stage(self) -> Path:
        """Where all that apptainer takes is put together, seen by it alone."""
        return self.folder / "stage"


class ApptainerBackend:
    """Opens instances by apptainer."""

    name = "apptainer"

    def __init__(self, store: Store | None = None) -> None:
        """Keep instances in `store`; None is the default one."""
        self._store = Store.default() if store is None else store

    def open(self, environment: BuiltEnvironment) -> InitInstance:
        """A fresh instance.

        Raises:
            BackendError: with what is missing here, and a hint.
        """
        require_fit(environment.environment)
        found = find_apptainer()
        if isinstance(found, WhyNot):
            raise BackendError(f"apptainer cannot be used: {found.reason}", hint=found.hint)
        ids = OneId(environment.environment)
        with instance_folder(self._store.folder / "instances", remove=ids.remove) as (folder, lock):
            return _open_in(folder, environment, ids, lock, found)


def require_fit(definition: Environment) -> None:
    """Refuse what apptainer's containers cannot give.

    Raises:
        BackendError: with what that is.
    """
    refuse_nested(definition, "apptainer")
    problem = None
    if definition.users is Users.MANY:
        problem = "needs several accounts, and apptainer's containers have one"
    elif definition.setuid:
        problem = "has `setuid`, and no program gains privileges in apptainer's containers"
    elif len({name.partition("=")[0] for name in definition.devices}) > 1:
        problem = "has devices of several kinds, and apptainer's containers get one kind"
    if problem is not None:
        raise BackendError(f"environment `{definition.name}` {problem}", hint="docwalk run --backend sandbox")


def apptainer_argv(definition: Environment, container: ApptainerContainer) -> tuple[str, ...]:
    """The command line of apptainer; pure."""
    has_driver = gpu_kind(container.contents.devices) is GpuKind.REAL
    return (
        *("apptainer", "--nocolor", "exec", "--userns", "--containall", "--no-init"),
        *("--no-umask", "--writable"),
        *("--no-mount", "bind-paths", "--hostname", definition.hostname),
        *(() if definition.network is Network.HOST else ("--net", "--network", "none")),
        *("--security", f"seccomp:{container.folder / 'seccomp.json'}", "--pwd", "/"),
        *(("--nv",) if has_driver else ()),
        *("--bind", str(_DEV)),
        *_mounts(container),
        str(container.stage / "root"),
        *_inside(definition),
        *init_command(container.address),
    )


def _inside(definition: Environment) -> tuple[str, ...]:
    """What starts init, and is init then: without variables of apptainer, in a namespace of its own.

    The kernel counts processes by account and user namespace. apptainer, which waits outside for the end of
    init with six or seven threads (1.4.5), is in the one that it makes: a limit of 60 would leave 53.
    """
    return (
        *("/usr/bin/env", "-i", "/usr/bin/unshare", "--user", "--keep-caps"),
        *(f"--map-user={definition.uid}", f"--map-group={definition.gid}"),
        *("/usr/bin/setpriv", "--bounding-set=-all", "--ambient-caps=-all", "--inh-caps=-all"),
    )


def _mounts(container: ApptainerContainer) -> Iterator[str]:
    for number, (path, _) in enumerate(tmpfs_sizes(container.contents)):
        bind = Bind(source=container.stage / "tmpfs" / str(number), target=path, writable=True)
        yield from ("--mount", mount_option(bind))
    for number, bind in enumerate(container.contents.binds):
        source = bind.source if bind.writable else container.stage / "binds" / str(number)
        yield from ("--mount", mount_option(replace(bind, source=source)))
    for bind in container.files:
        yield from ("--mount", mount_option(bind))


def preparation(container: ApptainerContainer) -> Iterator[tuple[str, ...]]:
    """Commands that put together what apptainer is given, in namespaces of their own; pure."""
    stage = container.stage
    yield ("cd", str(container.folder / "lower"))
    yield ("mount", "-t", "tmpfs", "-o", "mode=755", "docwalk", str(stage))
    yield ("cp", "-r", str(container.folder / "files"), str(stage / "files"))
    yield from _bind_read_only(str(stage / "files"), stage / "files")
    yield ("mkdir", *(str(stage / name) for name in ("root", "tmpfs", "dev", "binds")))
    yield from _prepare_binds(container)
    # By relative names: the inside sees them.
    options = f"lowerdir={container.lower},upperdir=../upper,workdir=../work,userxattr"
    yield ("mount", "-t", "overlay", "docwalk", "-o", options, str(stage / "root"))
    yield from _prepare_tmpfs(container)
    yield from _prepare_devices(container)


def _prepare_binds(container: ApptainerContainer) -> Iterator[tuple[str, ...]]:
    """What is only read, bound so that it can only be read.

    Of a bind that apptainer (1.4.5) cannot make read-only it says so in a warning, and goes on.
    """
    for number, bind in enumerate(container.contents.binds):
        if bind.writable:
            continue
        point = container.stage / "binds" / str(number)
        yield ("mkdir" if bind.target in container.folders else "touch", str(point))
        yield from _bind_read_only(str(bind.source), point)


def _bind_read_only(source: str, point: Path) -> Iterator[tuple[str, ...]]:
    yield ("mount", "--bind", source, str(point))
    yield ("mount", "-o", "remount,bind,ro", str(point))


def _prepare_tmpfs(container: ApptainerContainer) -> Iterator[tuple[str, ...]]:
    """Folders in memory, and in them the points of what is mounted below."""
    sizes = dict(tmpfs_sizes(container.contents))
    made = {path: container.stage / "tmpfs" / str(number) for number, path in enumerate(sizes)}
    yield ("mkdir", *map(str, made.values()))
    for path, folder in made.items():
        yield ("mount", "-t", "tmpfs", "-o", f"mode=1777,size={sizes[path]}", "tmpfs", str(folder))
    targets = (*made, *(bind.target for bind in (*container.contents.binds, *container.files)))
    for target in targets:
        above = next((parent for parent in target.parents if parent in made), None)
        if above is None:
            continue  # a layer has it
        point = made[above] / target.relative_to(above)
        if target in made or target in container.folders:
            yield ("mkdir", "-p", str(point))
        else:
            yield ("install", "-D", "/dev/null", str(point))
    if gpu_kind(container.contents.devices) is GpuKind.REAL:
        # apptainer makes no point in an image that is written to, and sets a variable that init drops.
        yield ("mkdir", "-p", f"{container.stage / 'root'}{_LIBRARIES}")
        yield ("ln", "-s", str(_LIBRARIES), str(made[RUN] / DRIVER_FOLDER.relative_to(RUN)))


def _prepare_devices(container: ApptainerContainer) -> Iterator[tuple[str, ...]]:
    """A `/dev` of our own over the machine's: apptainer hands on that, and `--nv` looks for cards in it."""
    dev = container.stage / "dev"
    yield ("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(dev))
    nodes = {dev / name: f"/dev/{name}" for name in _NODES}
    nodes |= {dev / bind.target.name: str(bind.source) for bind in container.nodes}
    yield ("touch", *map(str, nodes))
    for point, source in nodes.items():
        yield ("mount", "--bind", source, str(point))
    for name, target in _LINKS.items():
        yield ("ln", "-s", target, str(dev / name))
    yield ("mkdir", str(dev / "pts"), str(dev / "shm"))
    yield ("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620", "devpts", str(dev / "pts"))
    size = f"mode=1777,size={container.contents.tmpfs_bytes}"
    yield ("mount", "-t", "tmpfs", "-o", size, "tmpfs", str(dev / "shm"))
    yield ("mount", "-o", "remount,bind,ro", str(dev))
    yield ("mount", "--rbind", str(dev), str(_DEV))


def _open_in(
    folder: Path, environment: BuiltEnvironment, ids: OneId, lock: int, apptainer: Apptainer
) -> InitInstance:
    """Make the upper directory below `folder`, start apptainer, let init begin."""
    definition = environment.environment
    marks = Marks(nonce=secrets.token_hex(8))
    contents = container_contents(environment, marks, folder)
    nodes = device_nodes(definition.devices, backend="apptainer")
    ids.make_upper(folder)
    write_host_files(folder, user=definition.user, uid=definition.uid, gid=definition.gid)
    (folder / "seccomp.json").write_text(profile(), "ascii")
    (folder / "seccomp.json").chmod(0o644)
    (folder / "stage").mkdir(mode=0o755)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    container = ApptainerContainer(
        folder=folder,
        lower=link_layers(folder, environment),
        nodes=nodes,
        address=theirs.fileno(),
        files=write_files(folder, contents, seen_in=folder / "stage" / "files"),
        folders=frozenset(bind.target for bind in contents.binds if bind.source.is_dir()),
        contents=contents,
    )
    messages = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the container
    with theirs:
        process = start(
            namespaced(
                (*host_view(folder, apptainer), *preparation(container)),
                apptainer_argv(definition, container),
                uid=definition.uid,
                gid=definition.gid,
            ),
            messages=messages,
            pass_fds=(theirs.fileno(), lock),
        )

    def begin(channel: Channel) -> None:
        ids.begin(channel, keep=lock)
        refuse_warnings(messages)

    return serve(
        Opening(
            definition=definition,
            folder=folder,
            mode=f"apptainer/{ids.mode}",
            marks=marks,
            index_url=contents.index_url,
            connect=functools.partial(Channel, ours),
            begin=begin,
            changes=folder / "upper",
            messages=messages,
            refusal=f"apptainer does not start `{definition.name}`",
            wait=Started(processes=(process,)).wait,
            remove=ids.remove,
        )
    )
