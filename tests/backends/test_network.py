"""What an instance reaches under each network policy."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from docwalk.bubblewrap import Network
from docwalk.driver.shell import Shell
from docwalk.errors import BackendError
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.backend import Backend
    from docwalk.driver.command_result import CommandResult
    from docwalk.environment.store import BuiltEnvironment

    Lines = Callable[[CommandResult], list[str]]
    OpenWith = Callable[[Network], Shell]

pytestmark = pytest.mark.container

LONG_S = 60.0
INDEX = "http://127.0.0.1:61080/index/"


@pytest.fixture
def open_with(backend: Backend, environment: BuiltEnvironment) -> Iterator[OpenWith]:
    opened = []

    def open_one(network: Network) -> Shell:
        instance = backend.open(
            replace(environment, environment=replace(environment.environment, network=network))
        )
        opened.append(instance)
        size = {"rows": 24, "columns": 100}
        terminal = instance.open_terminal(shell="bash", user=None, environ={"TERM": "dumb"}, **size)  # noqa: S604 - the name of a shell
        shell = Shell(terminal, instance.marks, spill=bytes.decode)
        assert shell.wait_until_ready(LONG_S).outcome is Outcome.PASSED
        return shell

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def service() -> Iterator[str]:
    """A port on the host's loopback where somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def connects(port: str) -> str:
    return f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo reached || echo refused"


@pytest.mark.parametrize("network", list(Network))
def test_the_hosts_loopback(
    backend: Backend, open_with: OpenWith, lines_of: Lines, service: str, network: Network
) -> None:
    if (backend.name, network) == ("docker", Network.HOST):
        with pytest.raises(BackendError, match='has `network = "host"`, which docker gives no container'):
            open_with(network)
        return
    found = "reached" if network is Network.HOST else "refused"
    assert lines_of(open_with(network).run(connects(service), timeout_s=LONG_S)) == [found]


@pytest.mark.parametrize("network", [Network.PACKAGES, Network.NONE])
def test_other_addresses_and_names(open_with: OpenWith, lines_of: Lines, network: Network) -> None:
    shell = open_with(network)
    away = shell.run("curl -sS -m 20 http://192.0.2.1/; echo $?", timeout_s=LONG_S)
    assert lines_of(away)[-1] == "7"  # could not connect
    named = shell.run("curl -sS -m 20 http://pypi.org/; echo $?", timeout_s=LONG_S)
    assert lines_of(named)[-1] == "6"  # could not resolve
    interfaces = shell.run(
        "ls /sys/class/net 2>/dev/null; cut -d: -f1 -s /proc/net/dev | tr -d ' '", timeout_s=LONG_S
    )
    assert lines_of(interfaces)[-1] == "lo"


def test_the_index_is_all_that_packages_reaches(open_with: OpenWith, lines_of: Lines) -> None:
    shell = open_with(Network.PACKAGES)
    asked = shell.run(f"curl -sS -o /dev/null -w '%{{http_code}}\\n' {INDEX}pip/", timeout_s=LONG_S)
    assert lines_of(asked) == ["200"]
    changed = shell.run(f"curl -sS -X DELETE {INDEX.replace('index', 'cache')}list", timeout_s=LONG_S)
    assert lines_of(changed) == ["this index can only be read"]
    settings = shell.run("grep index-url /etc/pip.conf | head -1; cat /etc/resolv.conf", timeout_s=LONG_S)
    assert lines_of(settings) == [f"index-url = {INDEX}"]


def test_without_network_there_is_no_index(open_with: OpenWith, lines_of: Lines) -> None:
    result = open_with(Network.NONE).run(f"curl -sS {INDEX}pip/; echo $?", timeout_s=LONG_S)
    assert lines_of(result)[-1] == "7"
