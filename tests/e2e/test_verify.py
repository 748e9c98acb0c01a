"""A project of its own, verified through pytest and the command line, in the real sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from docwalk.record import load_records

if TYPE_CHECKING:
    from docwalk.environment.store import BuiltEnvironment

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
GOOD = """# Good

```console
$ echo hello
hello
$ uname
Linux
```

```bash
mkdir x
```
"""
BAD = """# Bad

```console
$ echo one
one
$ printf 'alpha\\nbeta 1.3\\n'
alpha
beta 1.2
$ echo three
three
```
"""
UPDATED = BAD.replace("beta 1.2", "beta 1.3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A project in a folder of its own."""

    root: Path
    """Its folder."""

    def page(self, name: str, text: str) -> Path:
        path = self.root / "pages" / f"{name}.md"
        path.write_text(text)
        return path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m pytest …` or `python -m docwalk …` in the project's folder."""
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path, environment: BuiltEnvironment, monkeypatch: pytest.MonkeyPatch) -> Site:
    assert environment.environment.name == "login"
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "pages").mkdir()
    # The table of pytest makes this folder its root, wherever temporary folders lie.
    table = f'[tool.docwalk]\ntutorials = ["pages"]\nenvironments = "{ENVIRONMENTS}"\n[tool.pytest]\n'
    (tmp_path / "pyproject.toml").write_text(table)
    return Site(root=tmp_path)


def outcomes(site: Site) -> dict[str, list[str]]:
    """Outcomes of steps by walk, as the records have them."""
    records = load_records(site.root / "build" / "records")
    return {name: [step.outcome.value for step in record.result.steps] for name, record in records.items()}


def test_pages_that_hold_are_verified_and_recorded(site: Site) -> None:
    site.page("good", GOOD)
    done = site.run("pytest", "pages", "--junitxml=junit.xml")
    assert done.returncode == 0, done.stdout
    assert "\n  pages/good: passed, 3 steps, " in done.stdout
    assert "\n1 of 1 walk passed, 3 steps in " in done.stdout
    assert "\n  blocks       1 verified, 1 ran\n" in done.stdout
    assert outcomes(site) == {"pages/good": ["passed", "passed", "passed"]}
    assert '<testcase classname="pages.good.md" name="good"' in (site.root / "junit.xml").read_text()


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_page_that_does_not_hold_fails_at_its_line(site: Site, workers: list[str]) -> None:
    site.page("good", GOOD)
    site.page("bad", BAD)
    done = site.run("pytest", "pages", *workers)
    assert done.returncode == 1
    assert "\npages/bad.md:8: mismatch: differs from column 8 (command in line 6)\n" in done.stdout
    assert "\n ~ 8 │ beta 1.2 " in done.stdout
    assert "\n  try: if it differs from run to run, write `[[version]]` for `1.2`" in done.stdout
    assert "\n  run this walk again: docwalk run pages/bad.md --walk pages/bad\n" in done.stdout
    assert "\n1 of 2 walks passed, " in done.stdout
    assert "Traceback" not in done.stdout
    assert outcomes(site) == {
        "pages/bad": ["passed", "mismatch", "not-run"],
        "pages/good": ["passed", "passed", "passed"],
    }


def test_a_walk_that_cannot_be_started_keeps_no_other_from_being_named(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:secret@index.example/simple")
    site.page("good", GOOD)
    site.page("other", GOOD)
    done = site.run("docwalk", "run")
    assert done.returncode == 3
    said = "not walked: pip's `index-url` carries credentials, which never enter a sandbox\nhint: "
    assert f"pages/good.md: pages/good: {said}" in done.stdout
    assert f"pages/other.md: pages/other: {said}" in done.stdout
    assert "secret" not in done.stdout + done.stderr


def test_the_command_line_runs_one_walk_and_says_the_same(site: Site) -> None:
    site.page("good", GOOD)
    site.page("bad", BAD)
    done = site.run("docwalk", "run", "--walk", "pages/bad")
    assert done.returncode == 1
    assert "\npages/bad.md:8: mismatch: differs from column 8 (command in line 6)\n" in done.stdout
    assert "\n0 of 1 walk passed, 2 steps in " in done.stdout
    assert outcomes(site) == {"pages/bad": ["passed", "mismatch", "not-run"]}


def test_update_rewrites_what_differs_and_then_the_page_holds(site: Site) -> None:
    page = site.page("bad", BAD)
    done = site.run("docwalk", "update", "pages/bad.md")
    assert done.returncode == 0, done.stderr
    assert "\n-beta 1.2\n+beta 1.3\n" in done.stdout
    assert page.read_text() == UPDATED
    assert site.run("docwalk", "run", "pages/bad.md").returncode == 0


def test_update_writes_a_page_and_the_examples_on_it_as_one_file(site: Site) -> None:
    example = "````{example} NAME\n```console\n$ echo 3\n4\n```\n````\n"
    text = f"{BAD}\n{example.replace('NAME', 'a')}\n{example.replace('NAME', 'b')}"
    path = site.page("bad", text)
    assert site.run("docwalk", "update", "pages/bad.md").returncode == 0
    assert path.read_text() == text.replace("beta 1.2", "beta 1.3").replace("\n4\n", "\n3\n")


def test_update_check_writes_nothing_and_fails_where_it_would(site: Site) -> None:
    page = site.page("bad", BAD)
    assert site.run("docwalk", "update", "--check", "pages").returncode == 1
    assert page.read_text() == BAD
    site.page("bad", UPDATED)
    done = site.run("docwalk", "update", "--check", "pages")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing to update")


def test_update_leaves_a_step_that_did_not_end_and_says_so(site: Site) -> None:
    text = "```{console}\n:timeout: 1\n\n$ sleep 60\nx\n```\n"
    page = site.page("slow", text)
    done = site.run("docwalk", "update", "pages")
    assert (done.returncode, page.read_text()) == (1, text)
    assert "pages/slow.md:4: timed-out: " in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```bash\nfalse\n```\n", "2: not updated: exit status 1, expected 0"),
        ("```{file} /etc/new\nx\n```\n", "1: not updated: `/etc/new` cannot be used: Permission denied"),
    ],
)
def test_update_names_failures_that_no_expectation_mends(site: Site, text: str, said: str) -> None:
    page = site.page("wrong", text)
    done = site.run("docwalk", "update", "pages")
    assert (done.returncode, page.read_text()) == (1, text)
    assert f"pages/wrong.md:{said}\n" in done.stdout


def test_update_refuses_a_text_that_would_not_be_read(site: Site) -> None:
    text = "```console\n$ echo job x\njob [[id=int]]\n$ echo [[id]]\n[[id]]\n```\n"
    page = site.page("capture", text)
    done = site.run("docwalk", "update", "pages")
    assert done.returncode == 2
    assert "pages/capture.md:5:1: error[bad-placeholder]: `[[id]]` is no redaction" in done.stderr
    assert page.read_text() == text


def test_walks_that_print_different_things_are_not_updated(site: Site) -> None:
    tab = "````{{tab-item}} {0}\n```console\n$ X={0}\n```\n````\n"
    text = (
        "# T\n\n`````{tab-set}\n"
        + tab.format("a")
        + tab.format("b")
        + "`````\n\n```console\n$ echo $X\n?\n```\n"
    )
    page = site.page("tabs", text)
    done = site.run("docwalk", "update", "pages")
    assert (done.returncode, page.read_text()) == (1, text)
    assert (
        "pages/tabs.md:17: not updated: `pages/tabs[a]` and `pages/tabs[b]` print different output"
        in done.stdout
    )


def test_steps_are_annotated_in_ci(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    site.page("bad", BAD)
    wanted = "::error file=pages/bad.md,line=6,title=mismatch in pages/bad::differs from column 8"
    assert wanted in site.run("docwalk", "run").stdout.splitlines()
    assert wanted in site.run("pytest", "pages").stdout.splitlines()


def test_records_can_be_kept_elsewhere(site: Site) -> None:
    site.page("good", GOOD)
    assert site.run("pytest", "pages", "--docwalk-records=elsewhere").returncode == 0
    (record,) = (site.root / "elsewhere").glob("*.json")
    assert json.loads(record.read_text())["walk"]["name"] == "pages/good"
    assert not (site.root / "build").exists()


@pytest.mark.parametrize("program", [["pytest", "pages"], ["docwalk", "run"]], ids=["pytest", "docwalk"])
def test_who_watches_sees_which_step_is_running(site: Site, program: list[str]) -> None:
    site.page("slow", "```console\n$ sleep 0.5\n$ sleep 0.6\n```\n")
    child = pexpect.spawn(
        sys.executable,
        ["-m", *program],
        cwd=str(site.root),
        dimensions=(24, 100),
        encoding="utf-8",
        timeout=30,
    )
    child.expect_exact("$ sleep 0.5")
    child.expect_exact("$ sleep 0.6")
    child.expect("1 of 1 walk passed")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
