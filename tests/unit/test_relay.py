"""Joining a socket to an address, without any instance."""

from __future__ import annotations

import socket

import pytest

from docwalk.backend.relay import Relay

PATIENCE_S = 20.0


def listening() -> socket.socket:
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(PATIENCE_S)
    return server


def test_what_is_sent_arrives_on_both_sides() -> None:
    with listening() as inner, listening() as target:
        port = target.getsockname()[1]
        relay = Relay(socket.dup(inner.fileno()), f"http://127.0.0.1:{port}/index/")
        with socket.create_connection(inner.getsockname(), PATIENCE_S) as client:
            client.sendall(b"question")
            client.shutdown(socket.SHUT_WR)
            with target.accept()[0] as served:
                assert served.recv(100) == b"question"
                assert served.recv(100) == b""
                served.sendall(b"answer")
            assert client.recv(100) == b"answer"
            assert client.recv(100) == b""
        relay.close()


def test_a_target_that_is_gone_closes_the_connection() -> None:
    with listening() as inner:
        with listening() as target:
            port = target.getsockname()[1]
        relay = Relay(socket.dup(inner.fileno()), f"http://127.0.0.1:{port}/")
        with socket.create_connection(inner.getsockname(), PATIENCE_S) as client:
            assert client.recv(100) == b""
        relay.close()


def test_closing_ends_connections_and_refuses_new_ones() -> None:
    inner, target = listening(), listening()
    address = inner.getsockname()
    relay = Relay(inner.detach(), f"http://127.0.0.1:{target.getsockname()[1]}/")
    with target, socket.create_connection(address, PATIENCE_S) as client:
        with target.accept()[0]:
            relay.close()
            assert client.recv(100) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, PATIENCE_S)


def test_who_comes_when_all_places_are_taken_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docwalk.backend.relay._MOST_CONNECTIONS", 2)
    inner, target = listening(), listening()
    address = inner.getsockname()
    relay = Relay(inner.detach(), f"http://127.0.0.1:{target.getsockname()[1]}/")
    with target:
        clients = [socket.create_connection(address, PATIENCE_S) for _ in range(4)]
        served = [target.accept()[0] for _ in range(2)]
        target.settimeout(0.3)
        with pytest.raises(TimeoutError):
            target.accept()
        target.settimeout(PATIENCE_S)
        for each in (*clients[:2], *served):
            each.close()
        served += [target.accept()[0] for _ in range(2)]
        relay.close()
        for each in (*clients, *served):
            each.close()
