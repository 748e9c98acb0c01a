"""How long it takes to say that a step cannot go on: it waits for input, or its shell has no marks any more.

Nothing is typed for it, and its time is a minute. Prints medians in milliseconds; the exit status is 1 above
half a second.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from docwalk.backend.sandbox import SandboxBackend
from docwalk.driver.shell import Shell
from docwalk.results import Outcome
from docwalk.run import TERMINAL
from docwalk.testing_sandbox import find_built

ENVIRONMENT = Path(__file__).parents[2] / "tools" / "environments" / "login"
TRAPPED = {
    "read answer": Outcome.WAITS_FOR_INPUT,
    "python3 -c 'input(\"Proceed? \")'": Outcome.WAITS_FOR_INPUT,
    "less /etc/passwd": Outcome.WAITS_FOR_INPUT,
    "sh": Outcome.SHELL_LOST,
    "python3 -q": Outcome.SHELL_LOST,
}
TURNS = 5
LIMIT_S = 0.5


def main() -> int:
    """Measure, print, and say whether the limit holds."""
    environment = find_built(ENVIRONMENT)
    if environment is None:
        sys.stderr.write("environment `login` is not built: docwalk env build login\n")
        return 3
    instance = SandboxBackend().open(environment)
    slowest_s = 0.0
    try:
        terminal = instance.open_terminal(shell="bash", user=None, rows=24, columns=100, environ=TERMINAL)  # noqa: S604 - a name
        shell = Shell(terminal, instance.marks, spill=bytes.decode)
        shell.wait_until_ready(20)
        for command, outcome in TRAPPED.items():
            median_s = statistics.median(measure(shell, command, outcome) for _ in range(TURNS))
            print(f"{1000 * median_s:6.0f} ms  {command}")
            slowest_s = max(slowest_s, median_s)
    finally:
        instance.close()
    print(f"limit {1000 * LIMIT_S:.0f} ms")
    return 0 if slowest_s <= LIMIT_S else 1


def measure(shell: Shell, command: str, outcome: Outcome) -> float:
    """Seconds until the command is said to be trapped."""
    result = shell.run(command, timeout_s=60)
    if result.outcome is not outcome:
        raise SystemExit(f"`{command}` was {result.outcome.value}, expected {outcome.value}")
    return result.elapsed_s


if __name__ == "__main__":
    sys.exit(main())
