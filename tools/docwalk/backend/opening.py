"""Opening: what follows once a backend has started init, the same for all of them, and the end of it.

Input is how to reach init, and how what runs it ends; output an `InitInstance` that has begun: homes are
filled, limits kept, the package index is led to, services run.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from docwalk.backend.instance import InitInstance
from docwalk.backend.janitor import janitor_of
from docwalk.backend.limits import LimitKeeper
from docwalk.backend.relay import relay_index
from docwalk.backend.services import Services
from docwalk.environment.definition import Users
from docwalk.errors import BackendError, last_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docwalk.backend.channel import Channel
    from docwalk.environment.definition import Environment
    from docwalk.marks import Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An instance whose init was started, and has not begun."""

    definition: Environment
    """Its environment's definition."""
    folder: Path
    """Its folder in the store."""
    mode: str
    """Backend and mode, such as `sandbox/plain`."""
    marks: Marks
    """What its shells print."""
    index_url: str | None
    """The mirror that a relay leads to; None without relay."""
    connect: Callable[[], Channel]
    """Gives the channel to init; may fail as init does."""
    begin: Callable[[Channel], None]
    """Lets init make homes and accounts."""
    changes: Path
    """Where changes lie, or a folder on the same file system."""
    measure: Callable[[], int] | None = None
    """Bytes of those changes; None sums up `changes`."""
    messages: IO[bytes]
    """What is said by what runs init; closed in the end."""
    refusal: str
    """What is said first where it does not begin, such as `the sandbox does not start`."""
    wait: Callable[[], None]
    """Waits for the end of what runs init, once the channel was closed."""
    remove: Callable[[Path], None]
    """Removes the folder."""


def serve(opening: Opening) -> InitInstance:
    """Let init begin, start the services.

    Raises:
        BackendError: init does not begin, or a service does not start.
    """
    definition = opening.definition
    channel, services = None, None
    keepers = contextlib.ExitStack()
    try:
        channel = opening.connect()
        services = Services(definition.services, channel, has_accounts=definition.users is Users.MANY)
        opening.begin(channel)
        limits = LimitKeeper(definition.limits, channel, opening.changes, measure=opening.measure)
        keepers.callback(limits.close)
        keepers.enter_context(relay_index(channel, opening.index_url))
        services.start()
    except BaseException as error:
        if channel is not None:
            channel.close()
        keepers.close()
        opening.wait()
        with opening.messages as messages:
            messages.seek(0)
            said = last_line(messages.read())
        if (services is not None and services.is_begun) or not isinstance(error, BackendError | OSError):
            raise
        raise BackendError(f"{opening.refusal}: {said or error}", hint="docwalk doctor") from error

    def end() -> None:
        folder = opening.folder
        if folder.exists():
            keepers.close()
            opening.wait()
            opening.messages.close()
            opening.remove(folder)
            janitor_of(folder.parent, owner_pid=os.getpid()).forget(folder)

    return InitInstance(
        definition,
        channel,
        mode=opening.mode,
        marks=opening.marks,
        services=services,
        limits=limits,
        end=end,
    )
