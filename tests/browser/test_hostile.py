"""Markup in whatever a record, a title, a label or a value of the site holds is text to a browser."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import TypeCommand, load_plan
from docwalk.record import make_record, save_record
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from docwalk.plan import Walk
    from docwalk.results import WalkResult

pytestmark = pytest.mark.browser

SITE = Path(__file__).parent / "site"
NAME = '"R&D" <b class=evil>site</b>'
EVIL = '</pre></script><script class=evil>evil = 1</script><img class=evil src=x onerror="evil = 1">\'"'
ESCAPED = r"\<b class=evil\>"
FILES = {
    "conf.py": f"""project = html_title = {NAME!r}
extensions = ["myst_parser", "sphinx_tabs.tabs", "docwalk.sphinx_ext"]
html_theme = "docwalk"
docwalk_verification_page = "verification"
docwalk_now = "2026-11-22T12:00:00+00:00"
""",
    "pyproject.toml": f"""[tool.docwalk]
tutorials = ["page.md"]
environments = "environments"

[tool.docwalk.site]
issues = "https://forge.example/new?a='\\"><b class=evil>"
support = "<b class=evil>@example.org"
evil = '''{EVIL}'''
""",
    "index.md": """# Index

```{docwalk-summary}
```

```{docwalk-series} page
```

```{docwalk-sample} page
:command: submit
```

```{toctree}
page
verification
recipes
```
""",
    "verification.md": "# Verification\n\n```{docwalk-verification}\n```\n",
    "recipes.md": "# Recipes\n\n```{docwalk-recipes}\n```\n",
    "page.md": f"""---
docwalk:
  recipes:
    'do <b class=evil>': 'a < b <b class=evil>'
---
# `a < b` & {ESCAPED}

It is {ESCAPED} "quoted". Time: ten {ESCAPED} minutes.

## `a < b` {ESCAPED}

```console
$ submit
job [[job=text]]
$ cancel [[job]]
...
```

```console
$ echo '[[site:evil]]'
[[...]]
```

```{{file}} ~/<b class=evil>
{EVIL}
```

```{{bash}}
:skip: no `<b class=evil>` here, <b class=evil>
ls
```

`````{{tabs}}
````{{group-tab}} One {ESCAPED}
```bash
echo one
```
````
````{{group-tab}} Two
```bash
echo two
```
````
`````

```console
$ seq 99
...
```

```console
$ false
```
""",
}


def made_up(walk: Walk) -> WalkResult:
    """What a walk printed, in other words in each; its last command failed."""
    printed = {
        "submit": Printed(lines=(f"job {EVIL}",)),
        "seq 99": Printed(lines=tuple(f"{walk.choices[0].label} {EVIL} {n}" for n in range(99))),
        "false": Printed(exit_status=1),
    }
    actions = [step.action for step in walk.steps if isinstance(step.action, TypeCommand)]
    evil = Printed(lines=(EVIL,))
    result = result_of(
        walk,
        [printed.get(each.command, Printed() if each.expected is None else evil) for each in actions],
    )
    steps = [replace(step, detail=step.detail and f"{step.detail} `{EVIL}` {EVIL}") for step in result.steps]
    inside = {EVIL: {"version": EVIL, "packages": {"pip": EVIL}}}
    gpu = {"kind": EVIL, "model": EVIL, "count": EVIL, "driver": EVIL}
    manifest = {"os": EVIL, "module_system": EVIL, "modules": [EVIL], "pythons": inside, "gpu": gpu}
    return replace(result, steps=tuple(steps), manifest=manifest, mode=EVIL)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, build_site: Callable[[Path, Path], Path]) -> Path:
    root = tmp_path_factory.mktemp("hostile")
    source = root / "source"
    shutil.copytree(SITE / "environments", source / "environments")
    for name, text in FILES.items():
        (source / name).write_text(text)
    project = load_project(source)
    digest = environment_digest(load_environments(project.environments_dir)["login"])
    for walk in load_plan(page_paths(project), project)[1].walks:
        result = replace(made_up(walk), environment_digest=digest)
        save_record(make_record(walk, result), root / "records", raw=False)
    return build_site(source, root)


TITLES = {
    "index": NAME,
    "page": f"a < b & <b class=evil> · {NAME}",
    "verification": f"Verification · {NAME}",
    "recipes": f"Recipes · {NAME}",
    "404": f"No page here · {NAME}",
}


@pytest.mark.parametrize("name", TITLES)
def test_nothing_is_markup_but_what_is_ours(chromium: Browser, hostile: Path, name: str) -> None:
    page = chromium.new_page()
    page.goto((hostile / f"{name}.html").as_uri())
    page.wait_for_load_state("load")
    assert page.title() == TITLES[name]
    assert page.locator(".evil").count() == 0
    assert page.evaluate("typeof evil") == "undefined"
    page.close()


def test_all_of_it_is_there_to_be_read(chromium: Browser, hostile: Path) -> None:
    page = chromium.new_page()
    page.goto((hostile / "page.html").as_uri())
    assert page.locator(".dw-out").first.inner_text() == f"job {EVIL}"
    assert page.locator(".dw-copy[data-dw-copy^='echo']").first.get_attribute("data-dw-copy") == (
        f"echo '{EVIL}'"
    )
    assert EVIL in page.locator(".dw-is-failing .dw-reason").first.inner_text()
    page.close()
