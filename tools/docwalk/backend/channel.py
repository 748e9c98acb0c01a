"""Channel: the outer end of the socket to an instance's init; one request, one reply, maybe a descriptor."""

from __future__ import annotations

import array
import json
import marshal
import os
import socket
import threading
from typing import Any

from docwalk.errors import BackendError

_MESSAGE_BYTES = 1 << 17
_REPLY_S = 20.0
_MARSHAL_VERSION = 2
"""Read by every Python 3."""
_INT = array.array("i").itemsize


class Channel:
    """A connection to init."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over one end of a SOCK_SEQPACKET pair."""
        connection.settimeout(_REPLY_S)
        self._connection = connection
        self._lock = threading.Lock()

    def ask(self, op: str, **arguments: object) -> dict[str, Any]:
        """The reply to a request that hands out no descriptor."""
        return self._exchange(op, arguments)[0]

    def ask_descriptor(self, op: str, **arguments: object) -> tuple[dict[str, Any], int]:
        """The reply to a request, and the descriptor that comes with it; the caller closes it."""
        reply, descriptors = self._exchange(op, arguments)
        return reply, descriptors[0]

    def ask_descriptors(self, op: str, **arguments: object) -> tuple[dict[str, Any], list[int]]:
        """The reply to a request, and all descriptors that come with it; the caller closes them."""
        return self._exchange(op, arguments)

    def close(self) -> None:
        """Hang up: init ends, and with it everything inside."""
        self._connection.close()

    def _exchange(self, op: str, arguments: dict[str, object]) -> tuple[dict[str, Any], list[int]]:
        # Init reads marshal faster than it would import json; what comes from inside is never unmarshalled.
        message = marshal.dumps({"op": op, **arguments}, _MARSHAL_VERSION)
        with self._lock:
            try:
                self._connection.send(message)
                answer, ancillary, _, _ = self._connection.recvmsg(
                    _MESSAGE_BYTES, socket.CMSG_SPACE(4 * _INT), socket.MSG_CMSG_CLOEXEC
                )
            except OSError as error:
                raise BackendError(f"the instance does not answer `{op}`: {error}") from error
        descriptors = _descriptors(ancillary)
        if not answer:
            raise BackendError(f"the instance ended before it answered `{op}`")
        reply = json.loads(answer)
        if "errno" in reply:
            for descriptor in descriptors:
                os.close(descriptor)
            raise OSError(reply["errno"], reply["message"])
        return reply, descriptors


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % _INT])
    return list(found)
