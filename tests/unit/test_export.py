"""Pages as plain Markdown: what a forge cannot show is said otherwise, the commands are the page's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from docwalk.cli import call
from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import TypeCommand, load_plan
from docwalk.record import make_record, save_record
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from collections.abc import Callable

CASE = Path(__file__).parents[1] / "cases" / "export" / "page.md"
CONFIGURATION = """\
[tool.docwalk]
tutorials = ["tutorials"]
environments = "environments"

[tool.docwalk.site]
cluster = "Nemo"
support = "help@nemo.example"
"""
ENVIRONMENT = 'title = "t"\n[base]\nsuite = "bookworm"\npackages = ["bash"]\n'
OTHER = "# Other\n\n## Part\n\nBack to [the page](page.md).\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "pyproject.toml": CONFIGURATION,
        "environments/login/environment.toml": ENVIRONMENT,
        "tutorials/page.md": CASE.read_text("utf-8"),
        "tutorials/other.md": OTHER,
        "data.txt": "data\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(project: Path, name: str, before: str, after: str) -> None:
    text = (project / name).read_text("utf-8")
    assert before in text
    (project / name).write_text(text.replace(before, after), "utf-8")


def record(project: Path) -> None:
    """Record every walk: each command printed what its page says, but for one line that was longer."""
    loaded = load_project(project)
    _, plan = load_plan(page_paths(loaded), loaded)
    digest = environment_digest(load_environments(loaded.environments_dir)["login"])
    for walk in plan.walks:
        printed = [
            Printed(lines=tuple(str(line).replace("[[word]]", "sea") for line in step.action.expected or ()))
            for step in walk.steps
            if isinstance(step.action, TypeCommand)
        ]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        result = replace(result_of(walk, printed), environment_digest=digest, started_at=now)
        save_record(make_record(walk, result), loaded.records_dir, raw=False)


def commands_in(text: str) -> list[str]:
    """What a reader of plain Markdown types: the commands of its fences of shells."""
    found: list[str] = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.info == "bash":
            found += token.content.splitlines()
        elif token.type == "fence" and token.info == "console":
            found += re.findall(r"^\$ (.*)$", token.content, re.MULTILINE)
    return found


def test_a_page_becomes_plain_markdown(
    project: Path, matches_file: Callable[[str, Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    record(project)
    assert call(["export", "tutorials/page.md", "out"]) == 0
    assert capsys.readouterr().out == (
        "wrote out/tutorials/page.md\n"
        "  line 122: `{csv-table}` is left as it is: no plain Markdown says it\n"
        "1 page\n"
    )
    text = (project / "out" / "tutorials" / "page.md").read_text("utf-8")
    text = re.sub(r"Last run \d+ \w+ \d{4}", "Last run DAY", text)
    matches_file(text, CASE.with_suffix(".expected"))


def test_the_commands_are_those_that_are_planned(project: Path) -> None:
    record(project)
    assert call(["export", "--all", "out"]) == 0
    loaded = load_project(project)
    _, plan = load_plan(page_paths(loaded), loaded)
    planned = {
        step.action.command
        for walk in plan.walks
        for step in walk.steps
        if isinstance(step.action, TypeCommand)
    }
    exported = commands_in((project / "out" / "tutorials" / "page.md").read_text("utf-8"))
    assert [command for command in exported if command not in planned] == ["nvidia-smi"]
    assert planned <= set(exported)


def test_links_lead_from_the_exported_page_to_what_they_meant(project: Path) -> None:
    assert call(["export", "--all", "out"]) == 0
    both = (project / "out" / "tutorials" / "page.md").read_text("utf-8")
    assert "[it](other.md#part)" in both
    assert "[a file](../../data.txt)" in both
    change(
        project, "pyproject.toml", "[tool.docwalk.site]", '[tool.docwalk.site]\nurl = "https://t.example/"'
    )
    assert call(["export", "tutorials/page.md", "alone"]) == 0
    alone = (project / "alone" / "tutorials" / "page.md").read_text("utf-8")
    assert "[it](https://t.example/tutorials/other.html#part)" in alone
    assert "[The page with its proof](https://t.example/tutorials/page.html)." in alone


def test_what_was_not_run_says_so_and_shows_what_the_page_expects(project: Path) -> None:
    assert call(["export", "tutorials/page.md", "out"]) == 0
    text = (project / "out" / "tutorials" / "page.md").read_text("utf-8")
    assert "> Blocks of `tutorials/page.md`: 10 not run. Never run.\n" in text
    assert "Nemo at [[word]]\n```\n\n*Not run: not walked yet: there is no record*\n" in text


def test_what_follows_the_page_follows_a_changed_value(project: Path) -> None:
    change(project, "pyproject.toml", '"Nemo"', '"Kraken_2"')
    assert call(["export", "tutorials/page.md", "out"]) == 0
    text = (project / "out" / "tutorials" / "page.md").read_text("utf-8")
    assert "\n# 1. A page of Kraken\\_2\n" in text
    assert "\n$ echo Kraken_2 at [[word]]\n" in text


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["out"], 2, "name pages, or say --all, and the folder last"),
        (["--all", "tutorials/page.md", "out"], 2, "name pages, or say --all, and the folder last"),
        (["--all", "."], 3, "other.md would be written over"),
        (["data.md", "out"], 3, "data.md is no page of the project"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, said: str
) -> None:
    (project / "data.md").write_text("# Data\n", "utf-8")
    before = sorted(project.rglob("*"))
    assert call(["export", *arguments]) == status
    assert said in capsys.readouterr().err
    assert sorted(project.rglob("*")) == before


def test_a_page_with_a_mistake_is_located_and_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(project, "tutorials/page.md", "$ echo bash", "echo bash")
    assert call(["export", "--all", "out"]) == 2
    assert "tutorials/page.md:37:1: error[no-prompt]" in capsys.readouterr().err
    assert not (project / "out").exists()


def test_a_block_that_plain_markdown_would_lose_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "tutorials" / "page.md").write_text(
        "# Page\n\nTerm\n:   ```bash\n    true\n    ```\n", "utf-8"
    )
    assert call(["export", "tutorials/page.md", "out"]) == 3
    assert capsys.readouterr().err == (
        "error: tutorials/page.md:4: this block has no place in plain Markdown\n"
        "hint: write it outside of definition lists and field lists\n"
    )
    assert not (project / "out").exists()
