"""Tabs are walks: each choice is run, recorded and named in its failure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.config import load_project
from docwalk.plan import load_plan
from docwalk.record import load_records, make_record, save_record
from docwalk.report.text import failure_lines
from docwalk.run import run_walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.environment.store import BuiltEnvironment
    from docwalk.record import Record

    Verify = Callable[[str], dict[str, Record]]

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
CONFIGURATION = f"""
[tool.docwalk]
tutorials = ["page.md"]
environments = "{ENVIRONMENTS}"
records = "records"

[tool.docwalk.axes.shell]
Bash = {{shell = "bash"}}
Dash = {{shell = "dash"}}

[tool.docwalk.axes.colour]
Green = {{variables = {{COLOUR = "green"}}}}
Blue = {{variables = {{COLOUR = "blue"}}}}
"""
PAGE = """\
---
docwalk:
  coverage: all
  exclude:
    - {shell: Dash, colour: Blue}
---

# Page

`````{tabs}
````{group-tab} Bash
```console
$ echo "${BASH_VERSION:+bash}"
bash
```
````
````{group-tab} Dash
```console
$ echo "${BASH_VERSION:-no bash}"
no bash
```
````
`````

```sh
echo "$COLOUR" > colour
```

`````{tabs}
````{group-tab} Green
```console
$ cat colour
green
```
````
````{group-tab} Blue
```console
$ cat colour
blue
```
````
`````
"""


@pytest.fixture
def verify(tmp_path: Path, environment: BuiltEnvironment) -> Verify:
    def run(text: str) -> dict[str, Record]:
        """Records of all walks of a page, by name, read back from their files."""
        (tmp_path / "pyproject.toml").write_text(CONFIGURATION, "utf-8")
        (tmp_path / "page.md").write_text(text, "utf-8")
        project = load_project(tmp_path)
        _, plan = load_plan([tmp_path / "page.md"], project)
        for walk in plan.walks:
            result = run_walk(walk, backend=SandboxBackend(), environment=environment)
            save_record(make_record(walk, result), project.records_dir)
        return dict(load_records(project.records_dir))

    return run


def test_each_combination_that_is_not_excluded_is_walked_and_recorded(verify: Verify) -> None:
    records = verify(PAGE)
    assert set(records) == {"page[Bash,Green]", "page[Bash,Blue]", "page[Dash,Green]"}
    assert [record.result.passed for record in records.values()] == [True] * 3
    assert {record.shell for record in records.values()} == {"bash", "dash"}
    assert {tuple(choice.label for choice in record.choices) for record in records.values()} == {
        ("Bash", "Green"),
        ("Bash", "Blue"),
        ("Dash", "Green"),
    }


def test_a_lie_in_a_tab_fails_in_the_walks_of_that_tab_alone(verify: Verify) -> None:
    records = verify(PAGE.replace("$ cat colour\nblue", "$ cat colour\nred"))
    assert {name for name, record in records.items() if record.failing_step is not None} == {
        "page[Bash,Blue]"
    }


def test_a_failure_names_the_tabs_it_is_about(tmp_path: Path, environment: BuiltEnvironment) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION, "utf-8")
    (tmp_path / "page.md").write_text(PAGE.replace("no bash\n", "not bash\n"), "utf-8")
    _, plan = load_plan([tmp_path / "page.md"], load_project(tmp_path))
    walk = next(walk for walk in plan.walks if walk.name == "page[Dash,Green]")
    result = run_walk(walk, backend=SandboxBackend(), environment=environment)
    first, *_, last = (line.plain for line in failure_lines(walk, result))
    assert first.startswith("page.md:20: ")
    assert "Dash · Green" in first
    assert last.endswith("docwalk run page.md --walk 'page[Dash,Green]'")
