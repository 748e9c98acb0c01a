"""A page about modules and one about GPUs, in each backend; and lies that neither would pass."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.plan import TypeCommand
from docwalk.results import Outcome
from docwalk.run import AfterMismatch, run_walk
from docwalk.testing_sandbox import plan_page, require_built

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.backend import Backend
    from docwalk.plan import Walk
    from docwalk.results import WalkResult

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
ENVIRONMENT_OF: Mapping[str, str] = {"modules": "login", "gpu": "gpu"}
"""Name of a page to the environment it is walked in."""
LIES: Mapping[str, Mapping[str, str]] = {
    "modules": {
        "python/3.9  python/3.11": "python/3.9  python/3.12",
        "$ which python\n[exit 1]": "$ which python\n/usr/bin/python",
        "requirement: libs/python3.11/numpy/1.26.4": "requirement: libs/python3.11/numpy/2",
        "\n2.2.3\n": "\n2.2.2\n",
        "'nonsense'\n[exit 1]": "'nonsense'",
        "Python 3.9.2": "Python 3.9.3",
        "No Modulefiles": "Two Modulefiles",
    },
    "gpu": {
        "/dev/nvidia0  /dev/nvidia1": "/dev/nvidia0",
        "6148 / 40960 MB | reader:python3": "6148 / 40960 MB | root:python3",
        "2.13.0+cpu False": "2.13.0+cpu True",
    },
}
"""What is true on each page, and what is not."""
FOUND_OUT: Mapping[str, list[tuple[str, str, str]]] = {
    "modules": [
        ("module avail python", "mismatch", "differs from column 23"),
        ("which python", "wrong-status", "exit status 1, expected 0"),
        ("module load libs/python3.11/pandas", "mismatch", "differs from column 46"),
        ("python -c 'import pandas; print(pandas.__version__)'", "mismatch", "differs from column 5"),
        ("module load nonsense", "wrong-status", "exit status 1, expected 0"),
        ("python --version", "mismatch", "differs from column 12"),
        ("module list", "mismatch", "differs from column 1"),
    ],
    "gpu": [
        ("ls /dev/nvidia[0-9]*", "mismatch", "differs from column 13"),
        (
            "~/.local/bin/gpustat --no-header -cpu",
            "mismatch",
            "`root:python3/` was expected at column 59, found `reader:python3/PID(6144M)`",
        ),
        (
            "python -c 'import torch; print(torch.__version__, torch.cuda.is_available())'",
            "mismatch",
            "differs from column 12",
        ),
    ],
}


def walk_page(name: str, text: str, backend: Backend, folder: Path) -> tuple[Walk, WalkResult]:
    environment = ENVIRONMENT_OF[name]
    built = require_built(ENVIRONMENTS / environment)
    walk = plan_page(text, folder=folder, environments_dir=ENVIRONMENTS)
    return walk, run_walk(walk, backend=backend, environment=built, after_mismatch=AfterMismatch.GO_ON)


def page(name: str) -> str:
    return (Path(__file__).parent / "pages" / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize(("name", "steps"), [("modules", 16), ("gpu", 10)])
def test_the_page_holds(name: str, steps: int, backend: Backend, tmp_path: Path) -> None:
    _, result = walk_page(name, page(name), backend, tmp_path)
    assert [each.detail for each in result.steps if each.outcome is not Outcome.PASSED] == []
    assert (result.mode, len(result.steps)) == (f"{backend.name}/plain", steps)


@pytest.mark.parametrize("name", sorted(LIES))
def test_each_lie_is_found_out_and_nothing_else(name: str, backend: Backend, tmp_path: Path) -> None:
    text = page(name)
    for truth, lie in LIES[name].items():
        assert truth in text, truth
        text = text.replace(truth, lie, 1)
    walk, result = walk_page(name, text, backend, tmp_path)
    found = [
        (step.action.command, each.outcome.value, re.sub(r"python3/\d+", "python3/PID", each.detail))
        for step, each in zip(walk.steps, result.steps, strict=True)
        if each.outcome is not Outcome.PASSED and isinstance(step.action, TypeCommand)
    ]
    assert found == FOUND_OUT[name]
