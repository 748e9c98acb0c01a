"""Contents: what docwalk brings into an instance besides the layers, the same for every backend.

Input is a definition and the marks; output are binds, generated files, empty folders, and where packages
come from under its network policy.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.backend.instance import init_files
from docwalk.backend.limits import MEMORY_BYTES
from docwalk.backend.nested import NESTED_STORE, nested_binds
from docwalk.backend.relay import INDEX_PORT
from docwalk.bubblewrap import FRESH_FOLDERS, Bind, Network, is_reachable
from docwalk.environment.package_proxy import shared_package_proxy
from docwalk.environment.transport import detect_transport
from docwalk.environment.uv_settings import UV_SETTINGS, uv_settings
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath

    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.environment.transport import Transport
    from docwalk.marks import Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is put over the layers of one instance."""

    binds: tuple[Bind, ...]
    """Files and folders of the host."""
    devices: tuple[str, ...]
    """Devices by their CDI names."""
    files: Mapping[PurePosixPath, bytes]
    """Read-only files: path inside to content."""
    tmpfs: tuple[PurePosixPath, ...]
    """Fresh, empty, writable folders."""
    tmpfs_bytes: int
    """How large each of those may become."""
    tmpfs_sizes: Mapping[PurePosixPath, int]
    """How large some of them may become instead."""
    index_url: str | None
    """The mirror that a relay from `INDEX_PORT` leads to; None without relay."""


def contents_of(
    environment: BuiltEnvironment, marks: Marks, *, downloads_dir: Path, scratch_dir: Path
) -> Contents:
    """What to bring into an instance of `environment`.

    Args:
        environment: its definition and layers.
        marks: what its shells print.
        downloads_dir: where the package mirror keeps its files.
        scratch_dir: the instance's folder, for copies of what the account of a sandbox cannot reach.

    Raises:
        BackendError: its network policy cannot be kept with this machine's package index.
    """
    definition = environment.environment
    transport = detect_transport()
    mirror = _mirror(definition, transport, downloads_dir)
    is_relayed = mirror is not None and definition.network is Network.PACKAGES
    index_url = f"http://127.0.0.1:{INDEX_PORT}/index/" if is_relayed else mirror
    generated = transport.files(
        hostname=definition.hostname,
        package_proxy=index_url,
        aliases=definition.hosts,
        resolves_names=definition.network is Network.HOST,
    )
    mounted = [
        Bind(source=reachable_source(each.source, scratch_dir), target=each.target)
        for each in definition.mounts
        if each.source
    ]
    # Only files that a layer has can be replaced.
    has_settings = environment.find(str(UV_SETTINGS)) is not None
    settings = uv_settings(transport, package_proxy=index_url) if has_settings else {}
    return Contents(
        binds=(*transport.binds(), *mounted, *nested_binds(environment.nested)),
        devices=definition.devices,
        files={**generated, **settings, **init_files(marks)},
        tmpfs=(
            *FRESH_FOLDERS,
            *(each.target for each in definition.mounts if each.source is None),
            *((NESTED_STORE,) if environment.nested else ()),
        ),
        tmpfs_bytes=definition.limits.memory_bytes or MEMORY_BYTES,
        tmpfs_sizes={each.target: each.size_bytes for each in definition.mounts if each.size_bytes},
        index_url=mirror if is_relayed else None,
    )


def reachable_source(source: Path, scratch_dir: Path) -> Path:
    """`source`, or a copy of it where it lies in a folder that is closed to the account root becomes."""
    if os.geteuid() != 0 or is_reachable(source):
        return source
    copied = scratch_dir / f"mount-{hashlib.sha256(bytes(source)).hexdigest()[:16]}"
    shutil.copytree(source, copied)
    for path in (copied, *copied.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return copied


def _mirror(definition: Environment, transport: Transport, downloads_dir: Path) -> str | None:
    """URL of the package mirror; None where pip inside uses the host's settings as they are."""
    match definition.network:
        case Network.NONE:
            return None
        case Network.HOST:
            return shared_package_proxy(downloads_dir, transport)
        case Network.PACKAGES:
            if not transport.has_remote_index:
                return None  # folders only: they are bound, and need no network
            url = shared_package_proxy(downloads_dir, transport)
            if url is None:
                raise BackendError(
                    f'environment `{definition.name}` has `network = "packages"`, and nothing can stand in '
                    "for the index of this machine's pip",
                    hint="configure pip with an index whose certificate it checks, without `trusted-host`",
                )
            return url
        case _:
            assert_never(definition.network)
