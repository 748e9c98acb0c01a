"""Make attempts in instances of one backend: JSON of attempts on standard input, JSON of what came on output.

A program of its own, so that root's tests can run it as an ordinary account.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docwalk.backend.registry import make_backend
from docwalk.bubblewrap import Network
from docwalk.driver.shell import Shell
from docwalk.environment.definition import Users, load_environment
from docwalk.environment.parts import Limits
from docwalk.environment.store import BuiltEnvironment, Store
from docwalk.terminal import render_terminal

if TYPE_CHECKING:
    from docwalk.backend import Backend, Instance

LOGIN = Path(__file__).parents[2] / "tools" / "environments" / "login"
LIMITS = Limits(memory_bytes=256 << 20, processes=100, cpu_s=2.0, disk_bytes=64 << 20, files=1000)
LONG_S = 90.0


def limited(environment: BuiltEnvironment, *, has_accounts: bool) -> BuiltEnvironment:
    """The environment with small limits and nothing but the package index; with accounts, `su` as well."""
    definition = replace(environment.environment, limits=LIMITS, network=Network.PACKAGES)
    if has_accounts:
        definition = replace(definition, users=Users.MANY, setuid=True)
    return replace(environment, environment=definition)


def attempt(instance: Instance, command: str) -> dict[str, object]:
    """What comes of one command in a shell of its own."""
    size = {"rows": 24, "columns": 200}
    terminal = instance.open_terminal(shell="bash", user=None, environ={"TERM": "dumb"}, **size)  # noqa: S604 - the name of a shell
    shell = Shell(terminal, instance.marks, spill=bytes.decode)
    shell.wait_until_ready(LONG_S)
    result = shell.run(command, timeout_s=LONG_S)
    shell.close()
    return {
        "text": "\n".join(line.text for line in render_terminal(result.raw[-100_000:])),
        "detail": result.detail,
        "exceeded": instance.exceeded(result.exit_status),
    }


def make_attempts(
    backend: Backend, environment: BuiltEnvironment, attempts: list[dict[str, Any]]
) -> dict[str, object]:
    """What comes of each attempt, by name."""
    found: dict[str, object] = {}
    shared = backend.open(environment)
    try:
        for each in attempts:
            instance = backend.open(environment) if each.get("alone") else shared
            found[each["name"]] = attempt(instance, each["command"])
            if instance is not shared:
                instance.close()
    finally:
        shared.close()
    return found


def main() -> None:
    """Read, try, write."""
    built = Store.default().find(load_environment(LOGIN))
    if built is None:
        sys.exit("environment `login` is not built: docwalk env build login")
    name, _, mode = sys.argv[1].partition("/")
    environment = limited(built, has_accounts=mode == "mapped")
    made = make_attempts(make_backend(name), environment, json.load(sys.stdin))
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
