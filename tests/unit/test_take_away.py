"""Whole builds: what buttons copy, which scripts are offered, and the index of recipes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup, Tag

from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import TypeCommand, load_plan
from docwalk.record import make_record, save_record
from docwalk.results import Outcome
from docwalk.script.make import Script, make_script
from docwalk.script.outcome import ScriptOutcome, save_outcome
from docwalk.sphinx_ext.recipes import recipes_html
from docwalk.sphinx_ext.take_away import take_away_html
from docwalk.testing import Printed, result_of
from docwalk.testing_site import build_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docwalk.plan import Walk
    from docwalk.results import WalkResult

INDEX = "# Index\n\n```{toctree}\npage\n```\n\n```{docwalk-recipes}\n```\n"
PAGE = """---
docwalk:
  recipes:
    Submit a job: Go & go
    Read: Nothing here
---

# Page

## Go & go

```console
$ sbatch "a job.sh"
Submitted batch job [[job-id=int]]
$ scancel [[job-id]]
```

### Deeper

```{file} ~/logs/[[job-id]]
job [[job-id]]
```

```{console}
:skip: it takes a week

$ wait
```

## Nothing here

Prose.
"""
PRINTED = (Printed(lines=("Submitted batch job 17",)), Printed())
NESTED = "# Page\n\n```console\n$ one\n$ bash\n$ two\n$ exit\n[exit 1]\n$ three\n```\n"
TYPED = """# Page

```{console}
:answers: {"name? ": "me"}

$ ask
...
```

```{console}
:keys: "q<C-c><Down>"

$ less x
...
```
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "pyproject.toml": '[tool.docwalk]\ntutorials = ["page.md"]\nenvironments = "environments"\n',
        "environments/login/environment.toml": (
            'title = "t"\n[base]\nsuite = "bookworm"\npackages = ["bash"]\n'
        ),
        "index.md": INDEX,
        "page.md": PAGE,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def walk_of(root: Path) -> Walk:
    project = load_project(root)
    return load_plan(page_paths(project), project)[1].walks[0]


def recorded(root: Path, printed: tuple[Printed, ...] = PRINTED) -> WalkResult:
    """The result of the page's walk, kept; captures are put in as a run puts them in."""
    project = load_project(root)
    environment = load_environments(project.environments_dir)["login"]
    walk = walk_of(root)
    result = result_of(walk, printed)
    caught = {name: value for step in result.steps for name, value in step.captures.items()}
    steps = []
    for step, ran in zip(walk.steps, result.steps, strict=True):
        sent = step.action.command if isinstance(step.action, TypeCommand) else step.action.path
        for name, value in caught.items():
            sent = sent.replace(f"[[{name}]]", value)
        status = None if sent == "bash" else ran.exit_status
        steps.append(replace(ran, command_sent=sent, exit_status=status))
    result = replace(result, steps=tuple(steps), environment_digest=environment_digest(environment))
    save_record(make_record(walk, result), project.records_dir, raw=False)
    return result


def kept_script(
    root: Path,
    result: WalkResult,
    *,
    detail: str = "",
    started_at: str = "2026-11-22T11:00:00+00:00",
    environment: str = "",
) -> Script:
    """The script of the page's walk, and what came of it, kept."""
    project = load_project(root)
    (document, *_), plan = load_plan(page_paths(project), project)
    script = make_script(plan.walks[0], result, document=document, shell="bash")  # noqa: S604 - names one
    assert isinstance(script, Script)
    outcome = ScriptOutcome(
        walk_name=plan.walks[0].name,
        script_digest=script.digest,
        environment_digest=environment or result.environment_digest,
        mode="sandbox/plain",
        started_at=started_at,
        elapsed_s=1.0,
        detail=detail,
        status_count=3,
        output_count=1,
    )
    save_outcome(outcome, project.records_dir)
    return script


@pytest.fixture
def build(project: Path) -> Callable[..., BeautifulSoup]:
    def run(name: str = "page", *, builder: str = "html", warns: str = "") -> BeautifulSoup:
        assert warns in build_site(project, builder=builder)
        suffix = "html" if builder == "html" else "txt"
        return BeautifulSoup((project / builder / f"{name}.{suffix}").read_text("utf-8"), "html.parser")

    return run


def buttons(page: BeautifulSoup) -> list[tuple[str, str]]:
    found = page.select(".dw .dw-copy")
    return [(str(button["data-dw-copy"]), str(button.get("data-dw-template", ""))) for button in found]


def said(page: Tag, selector: str) -> list[str]:
    return [" ".join(each.get_text().split()) for each in page.select(selector)]


def test_buttons_hold_what_was_sent_and_where_own_values_go(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    recorded(project)
    page = build()
    assert buttons(page)[0] == ('sbatch "a job.sh"\nscancel 17', 'sbatch "a job.sh"\nscancel [[job-id]]')
    assert said(page, ".dw-values")[0] == "17 is the job id of our run: put in your own."
    assert page.select(".dw-values")[0]["data-dw-values"] == '{"job-id": "17"}'


def test_a_file_is_pasted_among_others_as_a_here_document(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    recorded(project)
    button = build().select(".dw-file .dw-copy")[0]
    assert button["data-dw-paste"] == ("mkdir -p ~/logs\ncat >~/logs/17 <<'END_OF_FILE'\njob 17\nEND_OF_FILE")
    assert button["data-dw-template"] == "job [[job-id]]\n"
    assert str(button["data-dw-paste-template"]).endswith("\njob [[job-id]]\nEND_OF_FILE")


def test_without_a_record_readers_are_told_what_to_put_in(build: Callable[..., BeautifulSoup]) -> None:
    page = build()
    assert buttons(page)[0][0] == 'sbatch "a job.sh"\nscancel [[job-id]]'
    assert said(page, ".dw-values")[0] == "Put your own job id in place of [[job-id]]."
    assert said(page, ".dw-take li") == ["No script: nobody has walked it yet."]


def test_a_paste_ends_where_another_shell_takes_over(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    (project / "page.md").write_text(NESTED)
    recorded(project, (Printed(), Printed(), Printed(), Printed(exit_status=1), Printed()))
    page = build()
    assert [text for text, _ in buttons(page)] == ["one\nbash", "two\nexit", "three"]
    assert said(page, ".dw .dw-copy") == ["Copy 1 of 3", "Copy 2 of 3", "Copy 3 of 3"]
    assert page.select(".dw .dw-copy")[0]["data-dw-alone"] == "starts a shell within the shell"
    assert said(page, ".dw-note") == [
        (
            "Paste this in pieces, one after the other: a shell that starts, or one that is left, "
            "does not get what was pasted with the command that did it."
        )
    ]
    assert said(page, ".dw-take li") == ["No script: line 5 starts a shell within the shell."]


def test_what_is_typed_while_a_command_runs_is_told(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    (project / "page.md").write_text(TYPED)
    recorded(project, (Printed(lines=("name? me",)), Printed()))
    page = build()
    assert said(page, ".dw-typing") == ["When it shows name?, type me.", "Then press q, Ctrl-C, Down."]
    assert [text for text, _ in buttons(page)] == ["ask", "less x"]


def test_a_script_that_passed_is_offered_with_its_dates(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    script = kept_script(project, recorded(project))
    page = build()
    link = page.select_one(".dw-take a")
    assert link is not None
    assert link["href"] == "./scripts/page.sh"
    text = (project / "html" / "scripts" / "page.sh").read_text()
    assert text.startswith("#!/bin/bash -l\n# Page\n#\n# The commands of page.md, in the order of the page\n")
    assert "# Left out:\n#   line 24: it takes a week\n" in text
    assert text.endswith(script.text().partition("\n")[2])
    assert said(page, ".dw-take li") == [
        (
            "page.sh, for bash. It was run on 22 Nov 2026 in a fresh login: "
            "3 statuses and 1 output as on this page."
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"a job.sh"', "other", "the page changed since: what is run, expected, or where"),
        ("## Go & go\n", "## Go & go\n\nProse.\n", ""),
    ],
)
def test_prose_keeps_a_script_and_commands_do_not(
    project: Path, build: Callable[..., BeautifulSoup], old: str, new: str, reason: str
) -> None:
    kept_script(project, recorded(project))
    (project / "page.md").write_text(PAGE.replace(old, new, 1))
    page = build()
    assert (project / "html" / "scripts" / "page.sh").exists() is not bool(reason)
    assert reason in said(page, ".dw-take li")[0]


def test_a_script_that_failed_changed_or_was_not_run_is_not_offered(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    result = recorded(project)
    assert said(build(), ".dw-take li") == ["No script: it has not been run."]
    kept_script(project, result, detail="line 13: `x` differs")
    assert said(build(), ".dw-take li") == ["No script: it did not pass: line 13: x differs."]
    caught = replace(result.steps[0], captures={"job-id": "99"})
    kept_script(project, replace(result, steps=(caught, *result.steps[1:])))
    assert said(build(), ".dw-take li") == ["No script: it has changed since it was run."]
    assert not (project / "html" / "scripts").exists()


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        ({"environment": "sha256:0"}, "its environment changed since it was run"),
        (
            {"started_at": "2026-10-01T11:00:00+00:00"},
            "it was run 52 days ago, and has to be run again",
        ),
        (
            {"started_at": "2026-12-01T11:00:00+00:00"},
            "its run is dated 2026-12-01, which is still to come",
        ),
    ],
)
def test_a_script_counts_no_longer_than_a_record(
    project: Path, build: Callable[..., BeautifulSoup], kept: dict[str, str], reason: str
) -> None:
    kept_script(project, recorded(project), **kept)
    assert said(build(), ".dw-take li") == [f"No script: {reason}."]
    assert not (project / "html" / "scripts").exists()


def test_steps_that_were_not_run_are_left_out_of_a_script(project: Path) -> None:
    result = recorded(project)
    lacking = replace(result.steps[2], outcome=Outcome.NOT_RUN, detail="no disk")
    (document, *_), plan = load_plan(page_paths(load_project(project)), load_project(project))
    script = make_script(  # noqa: S604 - names one
        plan.walks[0],
        replace(result, steps=(*result.steps[:2], lacking)),
        document=document,
        shell="bash",
    )
    assert isinstance(script, Script)
    assert [part.line for part in script.parts] == [13, 15]


def test_outcomes_that_cannot_be_read_are_a_warning(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    recorded(project)
    folder = load_project(project).records_dir / "scripts"
    folder.mkdir()
    (folder / "x.json").write_text("{")
    build(warns="what is kept of scripts cannot be read")


def test_the_index_leads_to_sections_with_their_status_and_script(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    kept_script(project, recorded(project))
    index = build("index")
    rows = [said(row, "th, td") for row in index.select(".dw-recipes tbody tr")]
    assert rows == [
        ["Submit a job", "Go & goPage", "○Not run", "page.sh"],
        ["Read", "Nothing herePage", "no commands", "page.sh"],
    ]
    assert [link["href"] for link in index.select(".dw-recipes td:nth-of-type(1) a")] == [
        "page.html#go-go",
        "page.html#nothing-here",
    ]


def test_the_index_says_the_worst_status_and_the_earliest_date(
    project: Path, build: Callable[..., BeautifulSoup]
) -> None:
    (project / "page.md").write_text(PAGE.replace(":skip: it takes a week\n\n$ wait", "\n$ wait"))
    recorded(project, (*PRINTED, Printed()))
    row = build("index").select(".dw-recipes tbody tr")[0]
    assert said(row, "td")[1:] == ["▸Ran 22 Nov 2026", "none"]


def test_other_builders_leave_the_index_out(project: Path, build: Callable[..., BeautifulSoup]) -> None:
    recorded(project)
    assert "Submit a job" not in build("index", builder="text").get_text()
    assert not (project / "text" / "scripts").exists()


def test_nothing_is_said_where_there_is_nothing() -> None:
    assert take_away_html((), root_url="") == ""
    assert recipes_html((), root_url="") == '<p class="dw-recipes">No page names a task yet.</p>'


ALONE = {
    "window": (
        "```console\n$ one\n```\n\n```{console}\n:session: other\n\n$ two\n```\n",
        [None, "is typed in another terminal window, “other”"],
    ),
    "account": ("```{console}\n:user: bob\n\n$ one\n```\n", ["is typed by another account, bob"]),
    "windows": (
        "```{console}\n:sessions: a, b\n\na$ one\nb$ two\n```\n",
        ["is typed in another terminal window, “b”"],
    ),
    "download": ("```{file} ~/x\n:source: x.bin\n```\n", [None]),
    "folder": ("```console\n$ one\n[[x=word]]\n```\n\n```{file} ~/[[x]]/b\ny\n```\n", [None, None]),
}


@pytest.mark.parametrize("name", ALONE)
def test_what_cannot_be_pasted_with_other_blocks_says_why(
    project: Path, build: Callable[..., BeautifulSoup], name: str
) -> None:
    text, reasons = ALONE[name]
    (project / "x.bin").write_bytes(b"\0")
    (project / "page.md").write_text(f"# Page\n\n{text}")
    recorded(project, (Printed(lines=("a",) if name == "folder" else ()), Printed()))
    firsts = [block.select_one(".dw-copy") for block in build().select(".dw[data-dw-block]")]
    assert [first.get("data-dw-alone") if first is not None else None for first in firsts] == reasons
    assert not any(first is not None and first.get("data-dw-paste") for first in firsts)
