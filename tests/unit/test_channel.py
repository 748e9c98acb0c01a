"""Channel: replies, refusals and silence of an instance's init."""

from __future__ import annotations

import array
import json
import os
import socket
import threading

import pytest

from docwalk.backend.channel import Channel
from docwalk.backend.init import to_json
from docwalk.errors import BackendError


def channel_to(reply: bytes | None, *descriptors: int) -> Channel:
    """A channel whose other end answers one request with `reply`, or hangs up."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def answer() -> None:
        with theirs:
            theirs.recv(65536)
            if reply is not None:
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
                theirs.sendmsg([reply], [rights] if descriptors else [])

    threading.Thread(target=answer).start()
    return Channel(ours)


def test_a_reply_comes_back() -> None:
    channel = channel_to(b'{"cwd": "/tmp"}')
    assert channel.ask("cwd", pid=7) == {"cwd": "/tmp"}
    channel.close()


def test_a_descriptor_comes_beside_the_reply() -> None:
    sent = os.memfd_create("file")
    os.write(sent, b"content")
    channel = channel_to(b'{"pid": 7}', sent)
    reply, descriptor = channel.ask_descriptor("open")
    assert (reply, os.pread(descriptor, 100, 0)) == ({"pid": 7}, b"content")
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)
    os.close(sent)
    channel.close()


def test_a_refused_request_is_the_error_of_the_inside() -> None:
    channel = channel_to(json.dumps({"errno": 13, "message": "Permission denied"}).encode())
    with pytest.raises(PermissionError, match="Permission denied"):
        channel.ask("write")
    channel.close()


def test_an_init_that_hangs_up_is_a_backend_error() -> None:
    channel = channel_to(None)
    with pytest.raises(BackendError, match="ended before it answered `cwd`"):
        channel.ask("cwd")
    with pytest.raises(BackendError, match="the instance does not answer `cwd`"):
        channel.ask("cwd")
    channel.close()


@pytest.mark.parametrize(
    "value",
    [
        {"pid": 7, "status": None, "is_shell": True, "reads_terminal": False},
        {"found": ["/bin/bash", "/bin/zsh"], "exceeded": []},
        {"processes": [{"command": 'a "quoted" \\ line\n', "pid": -1}]},
        {"cwd": "/home/\u00fc/\u2028/\U0001f600/\udcff"},
        {},
    ],
)
def test_what_init_writes_is_json(value: dict[str, object]) -> None:
    assert json.loads(to_json(value)) == value
