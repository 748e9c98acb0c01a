"""Cost of the driver: 1,000 commands through it, beside a bare pty loop that types the same way.

Both type `echo N` in brackets into the line editor of a login shell in one instance and wait for the prompt's
mark and the editor; they take turns, so that a busy machine slows both. Prints milliseconds a command and the
ratio; the exit status is 1 above the limit.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.backend.sandbox import SandboxBackend
from docwalk.driver.shell import Shell
from docwalk.marks import EDITOR_READY, MarkKind
from docwalk.results import Outcome
from docwalk.run import TERMINAL
from docwalk.testing_sandbox import find_built

if TYPE_CHECKING:
    from docwalk.backend import Instance, Terminal

ENVIRONMENT = Path(__file__).parents[2] / "tools" / "environments" / "login"
COMMANDS = 1000
TURNS = 50
LIMIT = 1.5


def open_terminal(instance: Instance) -> Terminal:
    """One more terminal window."""
    size = {"rows": 24, "columns": 100}
    return instance.open_terminal(shell="bash", user=None, environ=TERMINAL, **size)  # noqa: S604 - a name


class BareLoop:
    """The least that types a command and sees it end: write, read until prompt and editor are there."""

    def __init__(self, terminal: Terminal, prompt: bytes) -> None:
        self._fd = terminal.fd
        self._prompt = prompt
        self._read_to_prompt()

    def run(self, command: str) -> bytes:
        """Everything up to the next prompt."""
        os.write(self._fd, b"\x1b[200~" + command.encode() + b"\x1b[201~\r")
        return self._read_to_prompt()

    def _read_to_prompt(self) -> bytes:
        got = b""
        while EDITOR_READY not in got[max(0, got.find(self._prompt)) :] or self._prompt not in got:
            got += os.read(self._fd, 65536)
        return got


def main() -> int:
    """Measure, print, and say whether the limit holds."""
    environment = find_built(ENVIRONMENT)
    if environment is None:
        sys.stderr.write("environment `login` is not built: docwalk env build login\n")
        return 3
    instance = SandboxBackend().open(environment)
    try:
        bare = BareLoop(open_terminal(instance), instance.marks.begin(MarkKind.PROMPT))
        shell = Shell(open_terminal(instance), instance.marks, spill=bytes.decode)
        shell.wait_until_ready(20)
        bare_s, driver_s = measure(bare, shell)
    finally:
        instance.close()
    # Medians of turns: what else the machine does hits single turns, of either.
    bare_ms, driver_ms = (1000 * TURNS / COMMANDS * statistics.median(turns) for turns in (bare_s, driver_s))
    ratio = driver_ms / bare_ms
    sys.stdout.write(
        f"{COMMANDS} commands each, in {TURNS} turns; milliseconds a command, median of turns\n"
        f"  bare loop  {bare_ms:.3f}\n"
        f"  driver     {driver_ms:.3f}\n"
        f"  ratio      {ratio:.2f}, limit {LIMIT}\n"
    )
    return 0 if ratio <= LIMIT else 1


def measure(bare: BareLoop, shell: Shell) -> tuple[list[float], list[float]]:
    """Seconds of each turn, bare loop and driver, which alternate."""
    bare_s: list[float] = []
    driver_s: list[float] = []
    for turn in range(TURNS):
        numbers = range(turn * COMMANDS // TURNS, (turn + 1) * COMMANDS // TURNS)
        start = time.perf_counter()
        shown = [bare.run(f"echo {number}") for number in numbers]
        bare_s.append(time.perf_counter() - start)
        start = time.perf_counter()
        results = [shell.run(f"echo {number}", timeout_s=10) for number in numbers]
        driver_s.append(time.perf_counter() - start)
        if any(str(number).encode() not in text for number, text in zip(numbers, shown, strict=True)):
            raise AssertionError("the bare loop lost a command")
        expected = [(Outcome.PASSED, 0, f"{number}\r\n".encode()) for number in numbers]
        if [(each.outcome, each.exit_status, each.raw) for each in results] != expected:
            raise AssertionError("the driver lost a command")
    return bare_s, driver_s


if __name__ == "__main__":
    sys.exit(main())
