"""A thousand commands in one session: every output and every status belongs to the command that made it."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING

import pytest

from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.driver.command_result import CommandResult
    from docwalk.driver.shell import Shell

    Lines = Callable[[CommandResult], list[str]]
    OpenShell = Callable[..., Shell]

pytestmark = pytest.mark.container

LONG_S = 60.0
FAKES = r"'\033]133;D;0;0\007\033]133;A\007\033[?2004h$ fake\n'"
KINDS: tuple[tuple[str, list[str], int], ...] = (
    ("echo {n}", ["{n}"], 0),
    ("(exit {status})", [], -1),
    ("printf 'no newline {n}'", ["no newline {n}"], 0),
    ('head -c 3 /dev/null; read -r x < /etc/hostname; echo "$x {n}"', ["login1 {n}"], 0),
    ("sh -c 'cat; echo {n}' < /dev/null", ["{n}"], 0),
    ("sh -c '(echo behind {n}) & wait'", ["behind {n}"], 0),
    (f"printf {FAKES}; (exit {{status}})", ["$ fake"], -1),
    ("echo 'a\tb {n}'", ["a       b {n}"], 0),
    ("printf '\\n\\n%s\\n\\n' {n}", ["", "", "{n}", ""], 0),
    ("PS1='p{n}$ '", [], 0),
    ("printf '$ %s\\n> x\\n' {n}", ["$ {n}", "> x"], 0),
    ("false", [], 1),
    ("cat <<END\n{n}\n  $((1 + 1))\nEND", ["{n}", "  2"], 0),
    ("for i in a b; do\n  echo $i-{n}\ndone; (exit {status})", ["a-{n}", "b-{n}"], -1),
    ("printf 'x\\r{n}\\n'", ["{n}"], 0),
    ("echo {n} >&2; no-such-command-{n} 2>/dev/null", ["{n}"], 127),
    (f"echo {'y' * 9980}{{n:04}} | tail -c 5", ["{n:04}"], 0),
    ("sh -c 'exit 9' | cat; (exit {status})", [], -1),
)


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_a_thousand_commands(open_shell: OpenShell, lines_of: Lines, name: str) -> None:
    shell = open_shell(name)
    wanted: list[tuple[str, list[str], int]] = []
    found: list[tuple[str, list[str], int | None]] = []
    for number, (command, lines, status) in enumerate(islice(cycle(KINDS), 1000)):
        values = {"n": number, "status": number % 256}
        typed = command.format(**values)
        result = shell.run(typed, timeout_s=LONG_S)
        assert (result.outcome, result.detail) == (Outcome.PASSED, ""), typed
        expected_status = number % 256 if status < 0 else status
        wanted.append((typed, [line.format(**values) for line in lines], expected_status))
        found.append((typed, lines_of(result), result.exit_status))
    assert found == wanted
