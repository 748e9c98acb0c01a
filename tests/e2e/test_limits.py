"""What a walk's failure says when a limit of the environment is exceeded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.environment.parts import Limits
from docwalk.run import run_walk
from docwalk.testing_sandbox import plan_page

if TYPE_CHECKING:
    from docwalk.environment.store import BuiltEnvironment

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
BOMB = "python3 -c 'x = bytearray(300 << 20); import time; time.sleep(60)'"
BOMBED = f"killed: memory limit 200 MiB (`{BOMB.replace(chr(39), '')}`); exit status 137, expected 0"
MEMORY = Limits(memory_bytes=200 << 20)


@pytest.mark.parametrize(
    ("limits", "command", "found"),
    [
        (
            MEMORY,
            BOMB,
            (
                "wrong-status",
                BOMBED,
            ),
        ),
        (MEMORY, "python3 -c 'x = bytearray(100 << 20)'", ("passed", "")),
        (MEMORY, "sh -c 'kill -9 $$'", ("wrong-status", "exit status 137, expected 0")),
        (
            Limits(cpu_s=1.0),
            "python3 -c 'while True: pass'",
            ("wrong-status", "killed: CPU time limit 1 s; exit status 152, expected 0"),
        ),
        (
            Limits(disk_bytes=1 << 20),
            "sh -c 'exec cat /dev/zero > zeros'",
            ("wrong-status", "killed: disk limit 1 MiB; exit status 153, expected 0"),
        ),
        (Limits(output_bytes=1 << 20), "cat /dev/zero", ("timed-out", "stopped after ")),
        (Limits(wall_s=1.0), "sleep 30", ("timed-out", "not done after")),
    ],
)
def test_the_limit_is_named(
    tmp_path: Path, environment: BuiltEnvironment, limits: Limits, command: str, found: tuple[str, str]
) -> None:
    walk = plan_page(
        f"# T\n\n```console\n$ {command}\n...\n```\n", folder=tmp_path, environments_dir=ENVIRONMENTS
    )
    limited = replace(environment, environment=replace(environment.environment, limits=limits))
    step = run_walk(walk, backend=SandboxBackend(), environment=limited).steps[0]
    assert (step.outcome.value, step.detail[: len(found[1])]) == found


def test_the_limit_of_output_holds_at_a_prompt_without_marks(
    tmp_path: Path, environment: BuiltEnvironment
) -> None:
    repl = '```{console}\n:prompt: ">>>"\n\n>>> print(("x" * 63 + "\\n") * 30000)\n...\n```\n'
    page = f"# T\n\n```console\n$ python3 -q\n```\n\n{repl}"
    walk = plan_page(page, folder=tmp_path, environments_dir=ENVIRONMENTS)
    limits = Limits(output_bytes=1 << 20)
    limited = replace(environment, environment=replace(environment.environment, limits=limits))
    step = run_walk(walk, backend=SandboxBackend(), environment=limited).steps[1]
    assert (step.outcome.value, step.detail[: len("stopped after 1")]) == ("timed-out", "stopped after 1")
