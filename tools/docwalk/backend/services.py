"""Services: the programs of an environment that run as long as an instance does.

Input: their definitions in the order of their start, and the channel to init, which starts and reaps them;
output: readiness, their logs, and which of them ended before its time.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.errors import BackendError
from docwalk.results import ServiceState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.backend.channel import Channel
    from docwalk.environment.parts import Service

_LOGS: Final = "/run/docwalk/services"
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_POLL_S: Final = (0.005, 0.01, 0.02, 0.05)
"""How long to wait between looks, the last one again and again: nobody tells that a service became ready."""
_GRACE_S: Final = 0.05
"""How long one that cannot be asked has to show that it does not end at once."""
_STOP_S: Final = 3.0
_KEPT_LINES: Final = 20
_LOOKED_AT: Final = 1 << 16
_TERM: Final = 15
_KILL: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """A service that was started."""

    service: Service
    """Its definition."""
    pid: int
    """Its process inside, which leads a group of its own."""


class Services:
    """The services of one instance."""

    def __init__(self, services: tuple[Service, ...], channel: Channel, *, has_accounts: bool) -> None:
        """Start nothing yet.

        Args:
            services: in the order of their start.
            channel: to init.
            has_accounts: whether each runs as its own account; else all are the reader.
        """
        self._services = services
        self._channel = channel
        self._has_accounts = has_accounts
        self._running: list[_Running] = []

    @property
    def is_begun(self) -> bool:
        """Whether one was started."""
        return bool(self._running)

    def start(self) -> None:
        """Start all, each once those before it are ready.

        Raises:
            BackendError: one ended, be it after it was ready, or did not get ready in time; with the last
                lines of its log.
        """
        for service in self._services:
            pid = self._spawn(service, service.start, log=f"{_LOGS}/{service.name}.log")
            running = _Running(service=service, pid=pid)
            self._running.append(running)
            self._wait_until_ready(running)
        if any(service.ready is None for service in self._services):
            time.sleep(_GRACE_S)
        for running in self._running:
            ended = self._status(running.pid)
            if ended is not None:
                raise self._failure(running, f"ended {_ending(ended)} before the walk began")

    def states(self) -> tuple[ServiceState, ...]:
        """How each is, with the end of its log."""
        return tuple(self._state(each) for each in self._running)

    def stop(self) -> None:
        """Stop all, the last first; what does not end in time is killed with the instance."""
        with contextlib.suppress(BackendError, OSError):
            while self._running:
                self._stop(self._running.pop())

    def _stop(self, running: _Running) -> None:
        if self._status(running.pid) is not None:
            return
        if running.service.stop is None:
            self._channel.ask("kill", pid=running.pid, number=_TERM)
        else:
            self._spawn(running.service, running.service.stop, log=f"{_LOGS}/{running.service.name}.log")
        end_s = time.monotonic() + _STOP_S
        for pause_s in _pauses():
            if self._status(running.pid) is not None:
                return
            if time.monotonic() >= end_s:
                self._channel.ask("kill", pid=running.pid, number=_KILL)
                return
            time.sleep(pause_s)

    def _spawn(self, service: Service, command: str, *, log: str) -> int:
        reply = self._channel.ask(
            "spawn",
            argv=["/bin/sh", "-c", command],
            environ={"PATH": _PATH, "LANG": "C.UTF-8", "TZ": "UTC"},
            log=log,
            account=service.user if self._has_accounts else None,
        )
        return int(reply["pid"])

    def _wait_until_ready(self, running: _Running) -> None:
        service = running.service
        if service.ready is None:
            return
        end_s = time.monotonic() + service.timeout_s
        asking: int | None = None
        for pause_s in _pauses():
            if asking is None:
                asking = self._spawn(service, service.ready, log=f"{_LOGS}/{service.name}.ready")
            ended = self._status(running.pid)
            if ended is not None:
                raise self._failure(running, f"ended {_ending(ended)} before it was ready")
            answer = self._status(asking)
            if answer == 0:
                return
            if answer is not None:
                asking = None
            if time.monotonic() >= end_s:
                raise self._failure(running, f"is not ready after {service.timeout_s:g} s")
            time.sleep(pause_s)

    def _status(self, pid: int) -> int | None:
        status = self._channel.ask("status", pid=pid)["status"]
        return None if status is None else int(status)

    def _failure(self, running: _Running, what: str) -> BackendError:
        lines = self._state(running).log_lines
        said = " / ".join(line.strip() for line in lines[-3:]) or "nothing"
        return BackendError(
            f"service `{running.service.name}` {what}; the last its log says: {said}",
            hint=f"mend `start` or `ready` of `{running.service.name}` in environment.toml",
        )

    def _state(self, running: _Running) -> ServiceState:
        ended = self._status(running.pid)
        return ServiceState(
            name=running.service.name,
            ended="" if ended is None else f"ended {_ending(ended)}",
            log_lines=self._log_lines(running.service),
        )

    def _log_lines(self, service: Service) -> tuple[str, ...]:
        path = str(service.log) if service.log is not None else f"{_LOGS}/{service.name}.log"
        try:
            _, descriptor = self._channel.ask_descriptor("read", path=path, account=None)
        except OSError:
            return ()
        with os.fdopen(descriptor, "rb") as file:
            file.seek(max(0, os.fstat(descriptor).st_size - _LOOKED_AT))
            lines = file.read(_LOOKED_AT).decode("utf-8", "replace").splitlines()
        return tuple(lines[-_KEPT_LINES:])


def _pauses() -> Iterator[float]:
    yield from _POLL_S
    while True:
        yield _POLL_S[-1]


def _ending(status: int) -> str:
    return f"with exit status {status}" if status >= 0 else f"by signal {-status}"
