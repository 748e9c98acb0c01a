"""The environment `gpu`: what its library tells programs that watch GPUs, and the lies that must not pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.results import Outcome
from docwalk.run import run_walk
from docwalk.testing_sandbox import plan_page, require_built

if TYPE_CHECKING:
    from docwalk.environment.store import BuiltEnvironment

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"

WATCH = """\
import ctypes as c, sys

class Memory(c.Structure):
    _fields_ = [(name, c.c_ulonglong) for name in ("total", "free", "used")]

class Rates(c.Structure):
    _fields_ = [(name, c.c_uint) for name in ("gpu", "memory")]

class Process(c.Structure):
    _fields_ = [("pid", c.c_uint), ("used", c.c_ulonglong), ("instance", c.c_uint), ("compute", c.c_uint)]

nvml = c.CDLL("libnvidia-ml.so.1")
text, count, gpu, memory, rates = c.create_string_buffer(96), c.c_uint(), c.c_void_p(), Memory(), Rates()
if nvml.nvmlInit_v2():
    sys.exit("no driver")
nvml.nvmlSystemGetDriverVersion(text, 96)
print("driver", text.value.decode())
nvml.nvmlDeviceGetCount_v2(c.byref(count))
for index in range(count.value):
    nvml.nvmlDeviceGetHandleByIndex_v2(index, c.byref(gpu))
    nvml.nvmlDeviceGetName(gpu, text, 96)
    nvml.nvmlDeviceGetMemoryInfo(gpu, c.byref(memory))
    nvml.nvmlDeviceGetUtilizationRates(gpu, c.byref(rates))
    room, processes = c.c_uint(8), (Process * 8)()
    nvml.nvmlDeviceGetComputeRunningProcesses_v3(gpu, c.byref(room), processes)
    pids = [processes[number].pid for number in range(room.value)]
    print(index, text.value.decode(), memory.used >> 20, rates.gpu, len(pids), *pids)
print(nvml.nvmlDeviceGetHandleByIndex_v2(count.value, c.byref(gpu)), "for one more")
"""

PAGE = """\
---
docwalk:
  environment: gpu
---
# Watching

```{{file}} watch.py
{watch}```

{block}
"""

IDLE = """\
```console
$ python3 watch.py
driver 0.0 (simulated)
0 Simulated GPU 40GB 4 0 0
1 Simulated GPU 40GB 4 0 0
2 for one more
```
"""

BUSY = """\
```console
$ (CUDA_VISIBLE_DEVICES=1 simulate-gpu-work 60 & echo $!)
[[worker=int]]
$ until readlink /proc/[[worker]]/fd/3 | grep -q nvidia1; do :; done
$ python3 watch.py
driver 0.0 (simulated)
0 Simulated GPU 40GB 4 0 0
1 Simulated GPU 40GB 6148 [[77±18]] 1 [[worker]]
2 for one more
$ kill [[worker]]; while [ -e /proc/[[worker]] ]; do :; done
$ python3 watch.py | grep GPU
0 Simulated GPU 40GB 4 0 0
1 Simulated GPU 40GB 4 0 0
```
"""

SILICON = """\
```{console}
:requires: gpu

$ true
```
"""


@pytest.fixture(scope="module")
def gpu() -> BuiltEnvironment:
    return require_built(ENVIRONMENTS / "gpu")


def walk(block: str, gpu: BuiltEnvironment, folder: Path) -> list[tuple[Outcome, str]]:
    page = PAGE.format(watch=WATCH, block=block)
    planned = plan_page(page, folder=folder, environments_dir=ENVIRONMENTS)
    result = run_walk(planned, backend=SandboxBackend(), environment=gpu)
    return [(step.outcome, step.detail) for step in result.steps]


@pytest.mark.parametrize("block", [IDLE, BUSY])
def test_programs_see_cards_that_say_what_they_are(block: str, gpu: BuiltEnvironment, tmp_path: Path) -> None:
    assert {outcome for outcome, _ in walk(block, gpu, tmp_path)} == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("block", "truth", "lie"),
    [
        (IDLE, "driver 0.0 (simulated)", "driver 550.54.15"),
        (IDLE, "1 Simulated GPU 40GB 4 0 0", "1 NVIDIA A100 4 0 0"),
        (IDLE, "2 for one more", "0 for one more"),
        (
            BUSY,
            "0 Simulated GPU 40GB 4 0 0\n1 Simulated GPU 40GB 6148",
            "0 Simulated GPU 40GB 6148 0 1\n1 Sim",
        ),
        (BUSY, "[[77±18]] 1 [[worker]]", "[[30±20]] 1 [[worker]]"),
        (BUSY, "[[77±18]] 1 [[worker]]", "[[77±18]] 1 1"),
    ],
)
def test_a_lie_about_a_card_fails(
    block: str, truth: str, lie: str, gpu: BuiltEnvironment, tmp_path: Path
) -> None:
    assert truth in block
    outcomes = [outcome for outcome, _ in walk(block.replace(truth, lie, 1), gpu, tmp_path)]
    assert Outcome.MISMATCH in outcomes


def test_env_info_says_that_the_cards_are_simulated(gpu: BuiltEnvironment) -> None:
    argv = [sys.executable, "-m", "docwalk", "env", "info", gpu.environment.name]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ENVIRONMENTS)
    assert "gpu        2 simulated: Simulated GPU 40GB, driver 0.0 (simulated)\n" in done.stdout


def test_what_needs_silicon_is_not_run(gpu: BuiltEnvironment, tmp_path: Path) -> None:
    assert walk(SILICON, gpu, tmp_path)[-1] == (
        Outcome.NOT_RUN,
        "environment `gpu` has a simulated GPU only, and this needs a real one",
    )
