"""Ids: who the processes of a sandbox are; one user id here, many in `mapped`.

A sandbox asks its `Ids` for the upper directory, for what is particular in its spec, and for its start.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from docwalk.backend.accounts import begin_one, require_one
from docwalk.backend.instance import init_command
from docwalk.bubblewrap import give, make_upper, remove_tree, sandbox_identity, start

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from docwalk.backend.channel import Channel
    from docwalk.bubblewrap import SandboxSpec
    from docwalk.environment.definition import Environment

_END_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The processes outside that a sandbox consists of."""

    processes: tuple[subprocess.Popen[bytes], ...]
    """The one whose child is process 1 inside comes last."""
    held: tuple[int, ...] = ()
    """Descriptors of ours whose closing ends it."""

    def wait(self) -> None:
        """Wait for the end, once the channel was closed; what takes too long is killed."""
        for descriptor in self.held:
            with contextlib.suppress(OSError):  # closed before
                os.close(descriptor)
        for process in self.processes:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Ids(Protocol):
    """User ids of one sandbox."""

    mode: str
    """`plain` or `mapped`."""

    def make_upper(self, folder: Path) -> tuple[Path, Path]:
        """The upper and the work directory, made in `folder`."""
        ...

    def fit(self, spec: SandboxSpec) -> SandboxSpec:
        """`spec` with what concerns ids."""
        ...

    def start(self, spec: SandboxSpec, descriptor: int, *, lock: int, messages: IO[bytes]) -> Started:
        """Start init.

        Args:
            spec: what is mounted and set.
            descriptor: its end of the channel.
            lock: the lock of the instance's folder, to be held as long as the sandbox lives.
            messages: where bubblewrap and init say what is wrong.
        """
        ...

    def begin(self, channel: Channel, *, keep: int) -> None:
        """Let init make homes and accounts, and keep the lock `keep` from the shells."""
        ...

    def remove(self, folder: Path) -> None:
        """Remove the folder of an instance that ended."""
        ...

    def close(self) -> None:
        """Give up what the ids rest on."""
        ...


class OneId:
    """The reader only: a single user id, that of the caller, or of the account root becomes."""

    mode = "plain"

    def __init__(self, definition: Environment) -> None:
        """Refuse what needs other accounts.

        Raises:
            BackendError: a service runs as another account.
        """
        require_one(definition)
        self._definition = definition
        self._identity = sandbox_identity()

    def make_upper(self, folder: Path) -> tuple[Path, Path]:
        """The upper and the work directory, with an empty home; what is above it stays closed."""
        upper, work = make_upper(folder, identity=self._identity)
        home = upper / "home" / self._definition.user
        upper.chmod(0o755)  # an ordinary account is held to the mode that `make_upper` gives it
        home.mkdir(parents=True)
        for each, mode in ((home, 0o755), (home.parent, 0o555), (upper, 0o555)):
            # The folder above cannot stay root's: overlayfs would refuse to merge it (sets attributes there).
            each.chmod(mode)
            give(each, self._identity)
        return upper, work

    def fit(self, spec: SandboxSpec) -> SandboxSpec:
        """`spec` with the reader's ids."""
        return replace(spec, uid=self._definition.uid, gid=self._definition.gid)

    def start(self, spec: SandboxSpec, descriptor: int, *, lock: int, messages: IO[bytes]) -> Started:
        """Start init as process 1."""
        process = start(
            spec,
            init_command(descriptor, spec.files),
            pass_fds=(descriptor, lock),
            stdout=messages,
            stderr=messages,
            identity=self._identity,
        )
        return Started(processes=(process,))

    def begin(self, channel: Channel, *, keep: int) -> None:
        """Let init fill the home."""
        begin_one(self._definition, channel, keep=keep)

    def remove(self, folder: Path) -> None:
        """Remove the folder of an instance that ended."""
        remove_tree(folder)

    def close(self) -> None:
        """Nothing to give up."""
