"""Services: what init is asked for, in which order, when they start, are looked at and stop."""

from __future__ import annotations

import os
from typing import Any

from docwalk.backend.services import Services
from docwalk.environment.parts import Service


class FakeInit:
    """The other end of the channel: every command starts at once, ends when it is told to."""

    def __init__(self, *, stops_at_term: bool = True) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.stops_at_term = stops_at_term
        self.statuses: dict[int, int | None] = {}

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        if op == "spawn":
            command = arguments["argv"][-1]
            pid = len(self.statuses) + 1
            self.statuses[pid] = None if command.startswith("exec") else 0
            self.asked.append((op, command, str(arguments["account"])))
            return {"pid": pid}
        if op == "kill":
            self.asked.append((op, str(arguments["pid"]), str(arguments["number"])))
            if self.stops_at_term or arguments["number"] == 9:
                self.statuses[arguments["pid"]] = -arguments["number"]
            return {}
        return {"status": self.statuses[arguments["pid"]]}

    def ask_descriptor(self, op: str, *, path: str, account: str | None) -> tuple[dict[str, Any], int]:
        assert (op, account) == ("read", None)
        descriptor = os.memfd_create("log")
        os.write(descriptor, "".join(f"{path} {number}\n" for number in range(30)).encode())
        return {}, descriptor


def service(name: str, **keys: Any) -> Service:
    given = {"ready": None, "stop": None, "log": None, "user": "root", "after": (), "timeout_s": 1.0, **keys}
    return Service(name=name, start=f"exec {name}", **given)


def test_they_start_one_after_the_other_and_stop_in_reverse() -> None:
    init = FakeInit()
    both = (service("first", ready="is first up"), service("second", user="slurm"))
    services = Services(both, init, has_accounts=True)  # type: ignore[arg-type]
    services.start()
    services.stop()
    services.stop()
    assert init.asked == [
        ("spawn", "exec first", "root"),
        ("spawn", "is first up", "root"),
        ("spawn", "exec second", "slurm"),
        ("kill", "3", "15"),
        ("kill", "1", "15"),
    ]


def test_in_the_plain_sandbox_nobody_is_named() -> None:
    init = FakeInit()
    services = Services((service("clock"),), init, has_accounts=False)  # type: ignore[arg-type]
    services.start()
    assert init.asked == [("spawn", "exec clock", "None")]


def test_one_with_a_stop_command_gets_that_instead_of_a_signal() -> None:
    init = FakeInit()
    services = Services((service("first", stop="tell it"),), init, has_accounts=True)  # type: ignore[arg-type]
    services.start()
    init.statuses[1] = 0
    services.stop()
    assert init.asked == [("spawn", "exec first", "root")]
    again = FakeInit()
    services = Services((service("first", stop="tell it"),), again, has_accounts=True)  # type: ignore[arg-type]
    services.start()
    services.stop()
    assert again.asked[1:] == [("spawn", "tell it", "root"), ("kill", "1", "9")]


def test_one_that_ignores_term_is_killed() -> None:
    init = FakeInit(stops_at_term=False)
    services = Services((service("first"),), init, has_accounts=True)  # type: ignore[arg-type]
    services.start()
    services.stop()
    assert init.asked[1:] == [("kill", "1", "15"), ("kill", "1", "9")]


def test_a_state_has_the_end_of_the_log_only() -> None:
    init = FakeInit()
    services = Services((service("first"),), init, has_accounts=True)  # type: ignore[arg-type]
    services.start()
    (state,) = services.states()
    assert (state.name, state.ended) == ("first", "")
    assert state.log_lines == tuple(f"/run/docwalk/services/first.log {number}" for number in range(10, 30))
