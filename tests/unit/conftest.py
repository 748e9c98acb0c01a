"""A project for the pure stages: two environments, one declared axis, one site value; a bare environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.config import Axis, AxisValue, Project
from docwalk.environment.definition import load_environment
from docwalk.redaction import BUILTIN

if TYPE_CHECKING:
    from docwalk.environment.definition import Environment

DEFINITION = """\
title = "Small"
network = "none"

[base]
suite = "bookworm"
packages = ["bash"]
"""


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


@pytest.fixture
def small(tmp_path: Path) -> Environment:
    """A bare Debian without network."""
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "environment.toml").write_text(DEFINITION)
    return load_environment(tmp_path / "small")
