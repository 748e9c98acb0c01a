"""A project for the pure stages: two environments, one declared axis, one site value."""

from __future__ import annotations

from pathlib import Path

import pytest

from docwalk.config import Axis, AxisValue, Project
from docwalk.redaction import BUILTIN


@pytest.fixture(scope="session")
def project() -> Project:
    """A project without files: pages are given as text."""
    modules = Axis(
        name="modules",
        values={
            "Environment Modules": AxisValue(environment="login"),
            "Lmod": AxisValue(environment="lmod", variables=(("LMOD_PAGER", "none"),)),
        },
    )
    shells = {name: AxisValue(shell=name) for name in ("bash", "zsh")}  # nothing is started
    shell = Axis(name="shell", values=shells)
    return Project(
        root=Path("/project"),
        tutorials=(Path("/project/tutorials"),),
        environments_dir=Path("/project/environments"),
        environments=("lmod", "login"),
        axes={"modules": modules, "shell": shell},
        redactions={**BUILTIN, "job": r"job-\d+"},
        site_values={"prefix": "libs"},
        records_dir=Path("/project/build/records"),
    )
