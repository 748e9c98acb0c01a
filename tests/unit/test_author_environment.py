"""The environment `author` has what docwalk of this project depends on."""

from __future__ import annotations

import tomllib
from pathlib import Path

from docwalk.environment.definition import load_environment
from docwalk.environment.digest import environment_digest

ROOT = Path(__file__).parents[2]
AUTHOR = ROOT / "tools" / "environments" / "author"


def test_the_example_s_environment_is_the_one_that_is_built() -> None:
    example = load_environment(AUTHOR / "example" / "environments" / "small")
    assert environment_digest(example) == environment_digest(load_environment(AUTHOR).nested[0])


def test_its_requirements_are_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {*project["dependencies"], *project["optional-dependencies"]["sphinx"]}
    lines = (AUTHOR / "requirements.txt").read_text("utf-8").splitlines()
    assert {line for line in lines if not line.startswith("#")} == {*wanted, "nox"}
