"""The command line, as far as it goes without a sandbox: what it prints, and its exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from docwalk import __version__
from docwalk.cli import COMMANDS, call
from docwalk.config import load_project
from docwalk.environment.definition import load_environment
from docwalk.environment.digest import environment_digest
from docwalk.plan import load_plan
from docwalk.record import make_record, save_record
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from pathlib import Path

DEFINITION = """\
title = "Login node"
description = "A login node."

[base]
suite = "bookworm"
packages = ["bash"]
"""
PAGE = """# One

```console
$ echo hello
hello
```

```bash
mkdir x
```

```{bash}
:skip: needs a GPU
nvidia-smi
```
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two pages and one environment that is not built, and no means to build it."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "environments" / "login").mkdir(parents=True)
    (tmp_path / "environments" / "login" / "environment.toml").write_text(DEFINITION)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.docwalk]\ntutorials = ["pages"]\nenvironments = "environments"\n'
    )
    (tmp_path / "pages" / "one.md").write_text(PAGE)
    (tmp_path / "pages" / "two.md").write_text("# Two\n\n```bash\nls\n```\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCWALK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return tmp_path


def record(site: Path, page: str, *printed: Printed) -> None:
    """Keep a record of a made-up run of a page, today, in today's environment."""
    project = load_project(site)
    _, plan = load_plan([site / "pages" / f"{page}.md"], project)
    result = result_of(plan.walks[0], printed)
    digest = environment_digest(load_environment(site / "environments" / "login"))
    started_at = datetime.now(UTC).isoformat()
    result = replace(result, started_at=started_at, environment_digest=digest)
    save_record(make_record(plan.walks[0], result), project.records_dir)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " not in shown] == []


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: docwalk {name} ")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["--version"]) == 0
    assert capsys.readouterr().out == f"docwalk, version {__version__}\n"


def test_help_imports_no_engine() -> None:
    code = (
        "import sys; from docwalk.cli import call; call(['--help']);"
        "print([m for m in sys.modules if m.split('.')[0] in ('pexpect', 'tree_sitter', 'rich', 'pyte')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_is_a_wrong_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["walk"]) == 2
    assert "No such command 'walk'." in capsys.readouterr().err


@pytest.mark.usefixtures("site")
def test_a_plan_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["plan"]) == 0
    walks = json.loads(capsys.readouterr().out)["walks"]
    assert [walk["name"] for walk in walks] == ["pages/one", "pages/two"]


@pytest.mark.usefixtures("site")
def test_a_plan_of_one_page_has_its_walks_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["plan", "pages/two.md"]) == 0
    assert [walk["name"] for walk in json.loads(capsys.readouterr().out)["walks"]] == ["pages/two"]


@pytest.mark.usefixtures("site")
def test_a_plan_of_a_folder_has_the_walks_of_its_pages(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["plan", "pages", "--walk", "pages/one"]) == 0
    assert [walk["name"] for walk in json.loads(capsys.readouterr().out)["walks"]] == ["pages/one"]


def test_a_folder_outside_the_tutorials_may_be_named(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "docs").mkdir()
    (site / "docs" / "x.md").write_text("```bash\nls\n```\n")
    assert call(["plan", "docs"]) == 0
    assert [walk["name"] for walk in json.loads(capsys.readouterr().out)["walks"]] == ["docs/x"]


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "--walk", "pages/tow"], "no walk is called `pages/tow`; did you mean `pages/two`?"),
        (["plan", "--walk", "zz"], "no walk is called `zz`; there are pages/one, pages/two"),
        (["run", "-k", "zz"], "no walk's name contains `zz`"),
        (["plan", "environments"], "there is no page in environments"),
        (["plan", "none.md"], "Invalid value for '[PATHS]...': Path 'none.md' does not exist."),
        (["update"], "Missing argument 'PATHS...'."),
    ],
)
def test_what_cannot_be_found_is_a_wrong_argument(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(arguments) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {message}"


BROKEN = "```{console}\n:timout: 3\n$ ls\n```\n"
PROBLEM = """\
pages/one.md:2:2: error[unknown-option]: `timout` is no option of `{console}`
    2 | :timout: 3
      |  ^^^^^^
hint: did you mean `timeout`?

1 problem in the source; nothing was run
"""


@pytest.mark.parametrize("command", ["run", "update", "status", "plan", "publish-check"])
def test_mistakes_in_a_page_are_shown_and_nothing_is_run(
    command: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "pages" / "one.md").write_text(BROKEN)
    assert call([command, "pages"]) == 2
    assert capsys.readouterr() == ("", PROBLEM)


def test_mistakes_in_a_page_are_annotated_in_ci(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (site / "pages" / "one.md").write_text(BROKEN)
    assert call(["plan"]) == 2
    assert capsys.readouterr().out == (
        "::error file=pages/one.md,line=2,title=unknown-option::"
        "`timout` is no option of `{console}`%0Adid you mean `timeout`?\n"
    )


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("command", ["run", "update"])
def test_a_machine_that_cannot_walk_says_what_mends_it(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call([command, "pages"]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert [lines[0][:7], lines[-1][:6]] == ["error: ", "hint: "]


def test_a_page_of_skipped_blocks_needs_no_environment(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "pages" / "two.md").write_text("```{bash}\n:skip: needs a GPU\nnvidia-smi\n```\n")
    assert call(["run", "pages/two.md"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "pages/two: nothing to run"
    assert shown[2].startswith("0 of 0 walks passed, 0 steps in ")
    assert shown[3:] == ["  blocks       1 not run", "  not run      needs a GPU (1 block)"]
    assert call(["update", "pages/two.md"]) == 0
    assert capsys.readouterr().out == "nothing to update\n"


def test_status_shows_pages_and_what_cannot_be_relied_on(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(site, "one", Printed(lines=("hullo",)), Printed())
    assert call(["status"]) == 0
    today = datetime.now(UTC).date().isoformat()
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "page       verified  ran  stale  failing  not run  walked",
        f"pages/one                              1        2  {today}",
        "pages/two                                       1  never",
        "pages/one.md:3: failing: line 4: differs from column 2",
        "pages/one.md:8: not run: an earlier step of the walk failed",
        "pages/one.md:12: not run: needs a GPU",
        "pages/two.md:3: not run: not walked yet: there is no record",
    ]


def test_blocks_with_the_same_reason_are_told_together(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "pages" / "two.md").write_text("# Two\n\n" + "```bash\nls\n```\n\n" * 8)
    assert call(["status", "pages/two.md"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].removeprefix("pages/two.md:3: not run: ") == (
        "not walked yet: there is no record (8 blocks; also lines 7, 11, 15, 19, 23, …)"
    )


def test_status_of_broken_records_names_them(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "build" / "records").mkdir(parents=True)
    (site / "build" / "records" / "x.json").write_text("{}")
    assert call(["status"]) == 3
    assert capsys.readouterr().err == (
        "error: 1 record cannot be read\n"
        f"{site}/build/records/x.json: `schema` is missing\n"
        "hint: delete what is named above and run the walks again\n"
    )


def test_publishing_is_refused_with_a_list(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(site, "one", Printed(lines=("hello",)), Printed())
    assert call(["publish-check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pages/two.md:4: not run: not walked yet: there is no record"
    assert lines[-1] == "4 blocks on 2 pages: 1 refusal"


def test_publishing_is_allowed_where_all_is_known(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(site, "one", Printed(lines=("hello",)), Printed())
    record(site, "two", Printed())
    assert call(["publish-check"]) == 0
    assert capsys.readouterr().out == "4 blocks on 2 pages: all may be published\n"


def test_failing_blocks_are_let_pass_where_they_are_marked(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(site, "two", Printed(exit_status=1))
    assert call(["publish-check", "pages/two.md"]) == 1
    assert call(["publish-check", "pages/two.md", "--mark-failing"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 block on 1 page: all may be published"


def test_a_bug_shows_a_traceback_and_versions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "broken", ("docwalk.cli:no_such_command", "Never there."))
    assert call(["broken"]) == 4
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):")
    assert (
        f"This is a bug in docwalk. Please report it with the lines above and: docwalk {__version__}" in shown
    )
