"""New sites and pages: they are sound as they are written, and overwrite nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from docwalk.cli import call
from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.plan import load_plan
from docwalk.starter import NewFile, StarterError, own_requirement, slug_of, write_new

if TYPE_CHECKING:
    from pathlib import Path

CI_PROGRAMS = ["ci/cron", "ci/environments", "ci/nightly"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    everything = ["--ci", "github", "--ci", "gitlab", "--ci", "cron"]
    assert call(["init", "site", "--name", 'Nemo "tutorials"', *everything]) == 0
    monkeypatch.chdir(tmp_path / "site")
    return tmp_path / "site"


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_new_site_has_everything_and_says_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(["init", "my site"]) == 0
    assert names(tmp_path / "my site") == [
        *(".gitignore", "conf.py", "docs/verification.md", "environments/login/environment.toml"),
        *("environments/login/layers/reader.sh", "index.md", "noxfile.py", "pyproject.toml"),
        "tutorials/1-first.md",
    ]
    said = capsys.readouterr().out
    assert "wrote my site/pyproject.toml\n" in said
    commands = [line.partition("#")[0].strip() for line in said.partition("Go on with:\n")[2].splitlines()]
    assert commands == [
        *("", "cd 'my site'", "docwalk run", "sphinx-build -W -b html . build/site"),
        'docwalk new tutorial "Find and load software"',
    ]


def test_its_configuration_environment_and_page_are_read_without_a_problem(site: Path) -> None:
    project = load_project(site)
    assert project.site_values["name"] == 'Nemo "tutorials"'
    assert list(load_environments(project.environments_dir)) == ["login"]
    _, plan = load_plan(page_paths(project), project)
    assert [(walk.name, len(walk.steps)) for walk in plan.walks] == [("tutorials/1-first", 7)]


def test_lint_finds_nothing_in_its_page_nor_in_a_new_one(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["new", "tutorial", "Find & load software: it's easy"]) == 0
    assert call(["lint"]) == 0
    assert capsys.readouterr().err == "nothing found on 2 pages\n"
    text = (site / "tutorials" / "2-find-load-software-its-easy.md").read_text("utf-8")
    assert text.startswith("# 2. Find & load software: it's easy\n")


def test_what_ci_runs_may_be_executed(site: Path) -> None:
    assert [name for name in names(site) if os.access(site / name, os.X_OK)] == CI_PROGRAMS


@pytest.mark.usefixtures("site")
def test_shellcheck_finds_nothing_in_what_ci_runs() -> None:
    done = subprocess.run(["shellcheck", *CI_PROGRAMS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (".github/workflows/tutorials.yml", ["--builtin-schema", "vendor.github-workflows"]),
        (".gitlab-ci.yml", ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
    ],
)
def test_what_forges_read_is_as_their_schemas_say(site: Path, path: str, schema: list[str]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", *schema]
    done = subprocess.run([*command, str(site / path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (site / path).write_text((site / path).read_text("utf-8").replace("pages", "pagse").replace("on:", "no:"))
    done = subprocess.run([*command, str(site / path)], capture_output=True, text=True, check=False)
    assert done.returncode == (1 if path.startswith(".github") else 0)


def test_nothing_is_overwritten_and_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf.py").write_text("mine\n")
    (tmp_path / "index.md").symlink_to("nowhere")
    assert call(["init"]) == 2
    assert capsys.readouterr().err == (
        "Error: nothing was written, for these are there already:\n  conf.py\n  index.md\n"
    )
    assert names(tmp_path) == ["conf.py"]


def test_a_file_that_cannot_be_written_takes_the_others_along(tmp_path: Path) -> None:
    new = [NewFile(path="a/b/c.md", content=b"c"), NewFile(path="a/" + "d" * 300, content=b"d")]
    with pytest.raises(StarterError, match=r"/a/d+ cannot be written: File name too long"):
        write_new(new, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_tutorial_refuses_the_name_of_another(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["new", "tutorial", "First"]) == 2
    assert "nothing was written, for there is `1-first.md` already" in capsys.readouterr().err
    assert names(site / "tutorials") == ["1-first.md"]


def test_a_new_tutorial_comes_after_the_last_in_its_folder(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "tutorials" / "more").mkdir()
    for name in ("9-nine.md", "10-ten.md", "appendix.md"):
        (site / "tutorials" / "more" / name).write_text("# Page\n")
    capsys.readouterr()
    assert call(["new", "tutorial", "Again", "--in", "tutorials/more"]) == 0
    assert "wrote tutorials/more/11-again.md\n" in capsys.readouterr().out
    assert call(["new", "tutorial", "Again"]) == 0
    assert "wrote tutorials/2-again.md\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("title", "said"),
    [("!?", "`!?` has no letters or digits to name a file after"), ("a\nb", "a title is one line of text")],
)
@pytest.mark.usefixtures("site")
def test_a_title_that_names_no_file_is_refused(
    capsys: pytest.CaptureFixture[str], title: str, said: str
) -> None:
    assert call(["new", "tutorial", title]) == 2
    assert said in capsys.readouterr().err


def test_a_site_without_support_gets_a_page_that_names_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.docwalk]\ntutorials = ["."]\n')
    monkeypatch.chdir(tmp_path)
    assert call(["new", "tutorial", "Erste Schritte für Größere"]) == 0
    text = (tmp_path / "1-erste-schritte-fur-grossere.md").read_text("utf-8")
    assert text.startswith("# 1. Erste Schritte für Größere\n")
    assert "{{" not in text


def test_what_a_nightly_run_needs_can_be_added_later(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in CI_PROGRAMS:
        (site / name).unlink()
    assert call(["new", "ci", "cron"]) == 0
    assert [name for name in names(site) if name.startswith("ci/")] == CI_PROGRAMS
    capsys.readouterr()
    assert call(["new", "ci", "cron"]) == 2
    assert capsys.readouterr().err == "Error: nothing was written, for these are there already:\n  ci/cron\n"


def test_another_kind_of_nightly_run_keeps_the_scripts_that_it_shares(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / ".gitlab-ci.yml").unlink()
    (site / "ci" / "environments").unlink()
    (site / "ci" / "nightly").write_text("mine\n")
    capsys.readouterr()
    assert call(["new", "ci", "gitlab"]) == 0
    assert capsys.readouterr().out == "wrote .gitlab-ci.yml\nwrote ci/environments\nkept ci/nightly\n"
    assert (site / "ci" / "nightly").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["a\nb", "[[x]]"])
def test_a_name_is_plain_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["init", "--name", name]) == 2
    assert "a name is plain text on one line" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Find and load software", "find-and-load-software"),
        ("  Größe: 3 * 4!", "grosse-3-4"),
        ("word " * 30, "word" + "-word" * 11),
        ("x" * 80, "x" * 60),
    ],
)
def test_slugs_are_lower_case_words(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "docwalk[lint,pytest,sphinx]"),
        ({"url": "file:///here", "dir_info": {}}, "docwalk[lint,pytest,sphinx] @ file:///here"),
        (
            {"url": "https://forge.example/docwalk", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "docwalk[lint,pytest,sphinx] @ git+https://forge.example/docwalk@abc",
        ),
    ],
)
def test_the_requirement_is_the_docwalk_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: object, requirement: str
) -> None:
    folder = tmp_path / "docwalk-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: docwalk\nVersion: 1\n")
    if origin is not None:
        (folder / "direct_url.json").write_text(json.dumps(origin))
    monkeypatch.syspath_prepend(tmp_path)
    assert own_requirement() == requirement


def test_the_project_asks_for_it(site: Path) -> None:
    configuration = tomllib.loads((site / "pyproject.toml").read_text("utf-8"))
    assert configuration["dependency-groups"]["docs"] == [own_requirement()]
