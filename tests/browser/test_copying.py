"""What a reader copies in a real Chromium: own values, pieces, a page at once, and scripts to take along."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import TypeCommand, load_plan
from docwalk.record import make_record, save_record
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    Open = Callable[..., Page]

pytestmark = pytest.mark.browser

SITE = Path(__file__).parent / "site"
CONF = """project = "Small"
extensions = ["myst_parser", "sphinx_tabs.tabs", "docwalk.sphinx_ext"]
html_theme = "docwalk"
docwalk_now = "2026-11-23T12:00:00+00:00"
"""
PAGE = """# Page

```console
$ sbatch job.sh
Submitted batch job [[job-id=int]]
```

```console
$ squeue -j [[job-id]]
$ for i in 1 2; do
>   echo "$i"
> done
1
2
```

`````{tabs}
````{group-tab} Here
```bash
echo here
```
````
````{group-tab} There
```bash
echo there
```
````
`````

```{file} ~/notes/[[job-id]]
<job> & [[job-id]]
```
"""
NESTED = "# Nested\n\n```console\n$ one\n$ bash\n$ two\n```\n\n```bash\nthree\n```\n"
AGAIN = """# Again

```console
$ sbatch first.sh
Submitted batch job [[job-id=int]]
$ squeue -j [[job-id]]
$ sbatch second.sh
Submitted batch job [[job-id=int]]
$ scancel [[job-id]]
```

```{bash}
:skip: it removes everything
rm -r ~/all
```

```console
$ scontrol [[job-id]]
```
"""
UNRUN = "# Unrun\n\n```bash\nls\n```\n"
FILES = {
    "pyproject.toml": (
        '[tool.docwalk]\ntutorials = ["page.md", "nested.md", "again.md", "unrun.md"]\n'
        'environments = "environments"\n'
    ),
    "conf.py": CONF,
    "index.md": "# Index\n\n```{toctree}\npage\nnested\nagain\nunrun\n```\n",
    "page.md": PAGE,
    "nested.md": NESTED,
    "again.md": AGAIN,
    "unrun.md": UNRUN,
}
OUTPUT = {
    "sbatch job.sh": ("Submitted batch job 17",),
    "sbatch first.sh": ("Submitted batch job 17",),
    "sbatch second.sh": ("Submitted batch job 18",),
    'for i in 1 2; do\n  echo "$i"\ndone': ("1", "2"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two pages, with made-up records."""
    root = tmp_path_factory.mktemp("copying")
    shutil.copytree(SITE / "environments", root / "environments")
    for name, text in FILES.items():
        (root / name).write_text(text)
    project = load_project(root)
    digest = environment_digest(load_environments(project.environments_dir)["login"])
    for walk in load_plan(page_paths(project), project)[1].walks:
        if walk.page == "unrun":
            continue
        actions = [step.action for step in walk.steps if isinstance(step.action, TypeCommand)]
        result = result_of(walk, [Printed(lines=OUTPUT.get(each.command, ())) for each in actions])
        steps, job = [], ""
        for step, ran in zip(walk.steps, result.steps, strict=True):
            sent = step.action.command if isinstance(step.action, TypeCommand) else step.action.path
            status = None if sent == "bash" else ran.exit_status
            steps.append(replace(ran, command_sent=sent.replace("[[job-id]]", job), exit_status=status))
            job = ran.captures.get("job-id", job)
        kept = replace(result, steps=tuple(steps), environment_digest=digest)
        save_record(make_record(walk, kept), project.records_dir, raw=False)
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(root), str(root / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return root / "html"


@pytest.fixture
def open_page(chromium: Browser, built: Path) -> Iterator[Open]:
    contexts = []
    complaints: list[str] = []

    def opened(name: str = "page", **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((built / f"{name}.html").as_uri())
        page.locator(".dw-take > summary").click()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def copied(page: Page, selector: str, *, nth: int = 0) -> str:
    page.locator(selector).nth(nth).click()
    return str(page.evaluate("navigator.clipboard.readText()"))


COMMANDS = 'squeue -j {}\nfor i in 1 2; do\n  echo "$i"\ndone'
WHOLE = (
    "sbatch job.sh\n" + COMMANDS + "\necho {}\nmkdir -p ~/notes\n"
    "cat >~/{} <<'END_OF_FILE'\n<job> & {}\nEND_OF_FILE"
)


def test_the_recorded_value_is_copied_until_a_reader_puts_in_another(open_page: Open) -> None:
    page = open_page()
    assert copied(page, ".dw .dw-copy", nth=1) == COMMANDS.format(17)
    page.locator(".dw-values input").first.fill("4711")
    assert copied(page, ".dw .dw-copy", nth=1) == COMMANDS.format(4711)
    assert page.locator(".dw-values input").last.input_value() == "4711"
    page.locator(".dw-values input").last.fill("")
    assert copied(page, ".dw .dw-copy", nth=1) == COMMANDS.format(17)


def test_a_page_is_copied_at_once_with_the_chosen_tabs_and_own_values(open_page: Open) -> None:
    page = open_page()
    assert copied(page, ".dw-copy-page") == WHOLE.format(17, "here", "notes/17", 17)
    page.get_by_role("tab", name="There").click()
    page.locator(".dw-values input").first.fill("4711")
    assert copied(page, ".dw-copy-page") == WHOLE.format(4711, "there", "'notes/4711'", 4711)


def test_a_name_that_is_caught_twice_is_copied_as_it_was_sent_each_time(open_page: Open) -> None:
    page = open_page("again")
    sent = "sbatch first.sh\nsqueue -j {}\nsbatch second.sh\nscancel {}"
    assert copied(page, ".dw .dw-copy", nth=0) == sent.format(17, 18)
    assert copied(page, ".dw .dw-copy", nth=2) == "scontrol 18"
    said = [note.inner_text() for note in page.locator(".dw-values").all()]
    assert [text.split(" is the job id of our run")[0] for text in said] == ["17", "18"]
    page.locator(".dw-values input").first.fill("4711")
    assert copied(page, ".dw .dw-copy", nth=0) == sent.format(4711, 4711)


def test_a_page_is_copied_at_once_without_what_was_not_run(open_page: Open) -> None:
    page = open_page("again")
    assert copied(page, ".dw-copy-page") == (
        "sbatch first.sh\nsqueue -j 17\nsbatch second.sh\nscancel 18\nscontrol 18"
    )
    assert page.locator(".dw-said").inner_text() == "2 blocks; one that was not run is left out"


def test_a_page_of_which_nothing_was_run_is_not_copied_at_once(open_page: Open) -> None:
    page = open_page("unrun")
    assert not page.locator(".dw-copy-page").is_visible()
    assert page.locator(".dw-said").inner_text() == (
        "Nothing on this page has been run: there is nothing to copy in one piece."
    )


def test_a_page_that_cannot_be_pasted_at_once_says_why(open_page: Open) -> None:
    page = open_page("nested")
    assert not page.locator(".dw-copy-page").is_visible()
    said = page.locator(".dw-all").inner_text()
    assert said.strip() == (
        "This page cannot be pasted in one piece: one of its blocks starts a shell within the shell."
    )
    assert page.locator(".dw-all a").get_attribute("href") == "#" + str(
        page.locator(".dw").first.get_attribute("id")
    )


def test_pieces_are_copied_one_by_one(open_page: Open) -> None:
    page = open_page("nested")
    assert copied(page, ".dw .dw-copy", nth=0) == "one\nbash"
    assert copied(page, ".dw .dw-copy", nth=1) == "two"


def test_without_javascript_the_recorded_value_is_explained(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    assert page.locator(".dw-values").first.inner_text() == "17 is the job id of our run: put in your own."
    assert page.locator(".dw-copy:visible").count() == 0
    assert page.locator(".dw-values input").count() == 0


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["page", "nested"])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(
    open_page: Open, axe: Path, name: str, scheme: str, width: int
) -> None:
    page = open_page(name, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_script_tag(path=axe)
    found = page.evaluate("axe.run().then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))")
    assert found == []
