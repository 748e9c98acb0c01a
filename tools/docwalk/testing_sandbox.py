"""Testing in sandboxes: pages and environments for tests that really walk; docwalk itself does not use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.backend.apptainer_program import find_apptainer
from docwalk.backend.container import WhyNot
from docwalk.backend.docker_daemon import find_docker
from docwalk.backend.podman import why_no_podman
from docwalk.config import load_project
from docwalk.environment.definition import load_environment
from docwalk.environment.store import Store
from docwalk.plan import load_plan

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.environment.store import BuiltEnvironment
    from docwalk.plan import Walk


def find_built(folder: Path) -> BuiltEnvironment | None:
    """The environment defined in `folder` as it is built on this machine; None where it is not."""
    return Store.default().find(load_environment(folder))


def require_built(folder: Path) -> BuiltEnvironment:
    """The environment defined in `folder` as it is built on this machine; else the test is skipped."""
    built = find_built(folder)
    if built is None:
        pytest.skip(f"environment `{folder.name}` is not built: docwalk env build {folder.name}")
    return built


def require_podman() -> None:
    """Skip the test where podman cannot be used, with the reason and what mends it."""
    reason, hint = why_no_podman()
    if reason is not None:
        pytest.skip(f"podman cannot be used: {reason} ({hint})")


def require_docker() -> None:
    """Skip the test where docker cannot be used, with the reason and what mends it."""
    found = find_docker()
    if isinstance(found, WhyNot):
        pytest.skip(f"docker cannot be used: {found.reason} ({found.hint})")


def require_apptainer() -> None:
    """Skip the test where apptainer cannot be used, with the reason and what mends it."""
    found = find_apptainer()
    if isinstance(found, WhyNot):
        pytest.skip(f"apptainer cannot be used: {found.reason} ({found.hint})")


def plan_page(markdown: str, *, folder: Path, environments_dir: Path, options: str = "") -> Walk:
    """The default walk of a project in `folder` that has this one page.

    Args:
        markdown: text of the page.
        folder: a folder for the project, with at most files beside the page in `tutorials`.
        environments_dir: where its environments are defined.
        options: more lines for `[tool.docwalk]`.
    """
    page = folder / "tutorials" / "page.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text(markdown, "utf-8")
    lines = ("[tool.docwalk]", 'tutorials = ["tutorials"]', f'environments = "{environments_dir}"', options)
    (folder / "pyproject.toml").write_text("\n".join(lines) + "\n", "utf-8")
    _, plan = load_plan((page,), load_project(folder))
    return next(walk for walk in plan.walks if walk.is_default)
