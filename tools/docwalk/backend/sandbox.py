"""Sandbox: instances by bubblewrap, one overlay mount and one init each; the default backend.

Input is a built environment, output an `Instance`. Its folder in the store holds the upper directory and
goes away with it. What is typed into its terminals, and what that means, is the driver's business.
"""

from __future__ import annotations

import functools
import secrets
import socket
import tempfile
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from docwalk.backend.bytecode import Bytecode
from docwalk.backend.channel import Channel
from docwalk.backend.contents import contents_of
from docwalk.backend.ids import OneId
from docwalk.backend.janitor import instance_folder
from docwalk.backend.mapped import ManyIds
from docwalk.backend.opening import Opening, serve
from docwalk.bubblewrap import SandboxSpec
from docwalk.environment.definition import Users
from docwalk.environment.devices import device_binds
from docwalk.environment.store import Store
from docwalk.marks import Marks
from docwalk.seccomp import filter_program

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.backend.ids import Ids
    from docwalk.backend.instance import InitInstance
    from docwalk.environment.store import BuiltEnvironment


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
        has_many = environment.environment.users is Users.MANY
        ids: Ids = ManyIds(environment) if has_many else OneId(environment.environment)
        try:
            with instance_folder(self._store.folder / "instances", remove=ids.remove) as (folder, lock):
                return _open_in(folder, environment, ids, lock)
        except BaseException:
            ids.close()
            raise


def _open_in(folder: Path, environment: BuiltEnvironment, ids: Ids, lock: int) -> InitInstance:
    """Make the upper directory below `folder`, start bubblewrap, let init begin, start the services."""
    definition = environment.environment
    marks = Marks(nonce=secrets.token_hex(8))
    upper, work = ids.make_upper(folder)
    contents = contents_of(
        environment, marks, downloads_dir=folder.parent.parent / "downloads", scratch_dir=folder
    )
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    spec = ids.fit(
        SandboxSpec(
            layers=environment.layers,
            upper=upper,
            work=work,
            binds=(*contents.binds, *device_binds(contents.devices)),
            tmpfs=contents.tmpfs,
            tmpfs_bytes=contents.tmpfs_bytes,
            tmpfs_sizes=contents.tmpfs_sizes,
            system_calls=filter_program(nests=bool(definition.nested)),
            files=contents.files,
            hostname=definition.hostname,
            network=definition.network,
            cwd=PurePosixPath("/"),
            is_init=True,
        )
    )
    bytecode = Bytecode.of(environment, spec.files, store_dir=folder.parent.parent)
    spec = replace(spec, files=bytecode.replace_in(spec.files))
    messages = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the sandbox
    try:
        with theirs:
            started = ids.start(spec, theirs.fileno(), lock=lock, messages=messages)
    except BaseException:
        ours.close()
        raise

    def begin(channel: Channel) -> None:
        ids.begin(channel, keep=lock)
        bytecode.keep(channel)

    def remove(folder: Path) -> None:
        ids.remove(folder)
        ids.close()

    return serve(
        Opening(
            definition=definition,
            folder=folder,
            mode=f"sandbox/{ids.mode}",
            marks=marks,
            index_url=contents.index_url,
            connect=functools.partial(Channel, ours),
            begin=begin,
            changes=upper,
            messages=messages,
            refusal=f"the sandbox of `{definition.name}` does not start",
            wait=started.wait,
            remove=remove,
        )
    )
