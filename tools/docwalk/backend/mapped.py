"""Mapped: sandboxes of many user ids, in a namespace whose root is nobody outside.

Ids 0 to 65,535 inside are the subordinate ids that own the layers, so files have their true owners, services
run as their accounts, and sessions as the reader's or another's. Where an environment declares `setuid`, init
enters the sandbox from outside, since bubblewrap forbids all it starts to gain privileges.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from docwalk.backend.accounts import INIT_CAPABILITIES, account_files, begin_many, require_many
from docwalk.backend.ids import Started
from docwalk.backend.instance import init_command
from docwalk.bubblewrap import Identity, start
from docwalk.environment.owner import layer_owner, remove_owned_tree
from docwalk.errors import BackendError
from docwalk.seccomp import filter_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docwalk.backend.channel import Channel
    from docwalk.bubblewrap import SandboxSpec
    from docwalk.environment.store import BuiltEnvironment

_NAMESPACES: Final = ("mnt", "pid", "ipc", "uts", "net", "cgroup")
_OPTIONS: Final = {"mnt": "mount"}
_FOR_FILTER: Final = "CAP_SYS_ADMIN"
"""What init needs to take its filter of system calls, and gives up then."""
_IDLE: Final = ("/bin/bash", "-c", "echo up; exec -a /sbin/init /bin/cat")
"""Process 1 where init enters from outside; ends when the pipe it reads closes."""


class ManyIds:
    """Subordinate ids: root's, or the caller's."""

    mode = "mapped"

    def __init__(self, environment: BuiltEnvironment) -> None:
        """Make the namespace.

        Raises:
            BackendError: this account cannot have several ids, or the layers belong to others.
        """
        self._definition = environment.environment
        require_many(environment)
        self._stack = contextlib.ExitStack()
        self._owner = self._stack.enter_context(layer_owner())

    def make_upper(self, folder: Path) -> tuple[Path, Path]:
        """The upper and the work directory; they belong to root inside."""
        self._owner.give(folder)
        made = (folder / "upper", folder / "work")
        subprocess.run([*self._owner.prefix, "mkdir", "--mode=755", *made], check=True)
        return made

    def fit(self, spec: SandboxSpec) -> SandboxSpec:
        """`spec` in the namespace of many ids, as its root."""
        return replace(
            spec,
            uid=0,
            gid=0,
            joins_user_namespace=True,
            capabilities=INIT_CAPABILITIES,
            files={**spec.files, **account_files()},
        )

    def start(self, spec: SandboxSpec, descriptor: int, *, lock: int, messages: IO[bytes]) -> Started:
        """Start init as process 1; where programs may change the account, beside an idle process 1."""
        myself = Identity(uid=os.geteuid(), gid=os.getegid(), is_switched=False)
        if not self._definition.setuid:
            process = start(
                spec,
                init_command(descriptor, spec.files),
                pass_fds=(descriptor, lock),
                stdout=messages,
                stderr=messages,
                identity=myself,
                prefix=self._owner.prefix,
            )
            return Started(processes=(process,))
        reader, writer = os.pipe2(os.O_CLOEXEC)
        info, info_end = os.pipe2(os.O_CLOEXEC)
        process = start(
            spec,
            _IDLE,
            pass_fds=(lock, info_end),
            stdin=reader,
            stdout=subprocess.PIPE,
            stderr=messages,
            identity=myself,
            prefix=self._owner.prefix,
            info_fd=info_end,
        )
        os.close(reader)
        os.close(info_end)
        try:
            entered = _enter(
                process,
                info,
                init_command(descriptor, spec.files),
                pass_fds=(descriptor, lock),
                messages=messages,
            )
        except BaseException:
            os.close(writer)
            process.kill()
            process.wait()
            raise
        return Started(processes=(entered, process), held=(writer,))

    def begin(self, channel: Channel, *, keep: int) -> None:
        """Let init make accounts and homes."""
        # An init that entered from outside has not what bubblewrap gave to process 1.
        system_calls = filter_program() if self._definition.setuid else None
        begin_many(self._definition, channel, keep=keep, system_calls=system_calls)

    def remove(self, folder: Path) -> None:
        """Remove the folder of an instance that ended, whoever owns what is in it."""
        remove_owned_tree(folder)

    def close(self) -> None:
        """Let the namespace go."""
        self._stack.close()


def _enter(
    sandbox: subprocess.Popen[bytes],
    info: int,
    command: Sequence[str],
    *,
    pass_fds: Sequence[int],
    messages: IO[bytes],
) -> subprocess.Popen[bytes]:
    """Start `command` in a sandbox from outside, free to start programs that gain privileges in there."""
    with os.fdopen(info, "rb") as file:
        said = file.read()
    if sandbox.stdout is None:
        raise TypeError("the sandbox's output is read")
    with sandbox.stdout as output:
        # The line comes from process 1, after bubblewrap has mounted everything.
        is_up = output.readline() == b"up\n"
    if not is_up or not said:
        raise BackendError("the sandbox ended before its first process ran")
    pid = json.loads(said)["child-pid"]
    kept = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in (*INIT_CAPABILITIES, _FOR_FILTER))
    return subprocess.Popen(
        (
            *("nsenter", f"--user=/proc/{pid}/ns/user", *_namespace_options(pid)),
            *("--setuid", "0", "--setgid", "0", "--"),
            *("/usr/bin/setpriv", f"--bounding-set=-all,{kept}", *command),
        ),
        stdin=subprocess.DEVNULL,
        stdout=messages,
        stderr=messages,
        pass_fds=pass_fds,
        env={"PATH": os.environ.get("PATH", os.defpath) + ":/usr/bin:/bin"},
        cwd="/",
        start_new_session=True,
    )


def _namespace_options(pid: int) -> Iterator[str]:
    """Options of nsenter for the namespaces that a sandbox does not share with us."""
    for name in _NAMESPACES:
        path = Path(f"/proc/{pid}/ns/{name}")
        if path.readlink() != Path(f"/proc/self/ns/{name}").readlink():
            yield f"--{_OPTIONS.get(name, name)}={path}"
