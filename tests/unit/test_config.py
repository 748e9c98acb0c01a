"""The project's configuration: defaults, values, and where mistakes lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.config import AxisValue, load_project, page_paths
from docwalk.errors import SourceError
from docwalk.redaction import BUILTIN

if TYPE_CHECKING:
    from pathlib import Path


def configure(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_everything_has_a_default(tmp_path: Path) -> None:
    project = load_project(tmp_path)
    assert project.root == tmp_path.resolve()
    assert project.tutorials == (project.root,)
    assert project.environments_dir == project.root / "tools" / "environments"
    assert (project.default_environment, project.default_shell, project.environments) == ("login", None, ())
    assert (project.step_timeout_s, project.walk_timeout_s, project.coverage) == (60.0, 900.0, "each")
    assert (project.fresh_network_days, project.fresh_days) == (7.0, 30.0)
    assert project.records_dir == project.root / "build" / "records"
    assert project.redactions == BUILTIN


def test_a_project_may_configure_other_tools_only(tmp_path: Path) -> None:
    assert load_project(configure(tmp_path, "[tool.other]\nx = 1\n")).axes == {}


def test_every_value_is_read(tmp_path: Path) -> None:
    for name in ("tutorials", "clusters/login", "clusters/lmod", "clusters/empty"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("login", "lmod"):
        (tmp_path / "clusters" / name / "environment.toml").touch()
    configure(
        tmp_path,
        """
[tool.docwalk]
tutorials = "tutorials"
environments = "clusters"
environment = "lmod"
shell = "zsh"
records = "records"
timeout = "2m"
walk-timeout = 5
coverage = "all"
fresh-days = 3
fresh-network-days = 0.5
match = "contains"

[tool.docwalk.axes.modules]
"Environment Modules" = {environment = "login"}
Lmod = {environment = "lmod", shell = "bash", variables = {A = "b"}}

[tool.docwalk.redactions]
job = 'job-\\d+'

[tool.docwalk.site]
prefix = "libs"
""",
    )
    project = load_project(tmp_path / "tutorials")
    assert project.tutorials == (project.root / "tutorials",)
    assert project.environments == ("lmod", "login")
    assert (project.default_environment, project.default_shell) == ("lmod", "zsh")
    assert project.records_dir == project.root / "records"
    assert (project.step_timeout_s, project.walk_timeout_s, project.coverage) == (120.0, 5.0, "all")
    assert (project.fresh_days, project.fresh_network_days) == (3.0, 0.5)
    assert set(project.option_defaults) == {"timeout_s", "match"}
    assert project.axes["modules"].labels == ("Environment Modules", "Lmod")
    lmod = AxisValue(environment="lmod", shell="bash", variables=(("A", "b"),))  # noqa: S604  # nothing is started
    assert project.axes["modules"].values["Lmod"] == lmod
    assert project.redactions["job"] == r"job-\d+"
    assert project.redactions["int"] == BUILTIN["int"]
    assert project.site_values == {"prefix": "libs"}


def test_a_nearer_project_without_docwalk_is_passed_over(tmp_path: Path) -> None:
    configure(tmp_path, '[tool.docwalk.site]\nx = "y"\n')
    below = tmp_path / "package"
    below.mkdir()
    configure(below, "[project]\nname = 'x'\n")
    page = below / "page.md"
    page.touch()
    assert load_project(page).site_values == {"x": "y"}


def test_a_key_is_found_in_its_own_table(tmp_path: Path) -> None:
    text = "[tool.other]\nsite = 1\nshell = 2\n\n[tool.docwalk]\n# shell is checked\nshell = 'x'\n"
    with pytest.raises(SourceError) as caught:
        load_project(configure(tmp_path, text))
    assert [(p.line, p.column, p.width) for p in caught.value.problems] == [(7, 1, 5)]


def test_the_table_may_be_inline(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        load_project(configure(tmp_path, "[tool]\ndocwalk = {shell = 'x'}\n"))
    assert [p.message for p in caught.value.problems] == ["`x` is no shell"]


def test_pages_are_markdown_files_in_order(tmp_path: Path) -> None:
    for name in ("b/c.md", "a.md", "b/.hidden/d.md", "b/e.txt", "f/g.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "b" / "folder.md").mkdir()
    (tmp_path / "b" / "gone.md").symlink_to("nowhere")
    configure(tmp_path, '[tool.docwalk]\ntutorials = ["b", "a.md"]\n')
    project = load_project(tmp_path)
    assert [path.relative_to(project.root).as_posix() for path in page_paths(project)] == ["a.md", "b/c.md"]
