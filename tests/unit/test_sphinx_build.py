"""Whole builds of a page with the extension: statuses follow the records, errors stop a build."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError

from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import load_plan
from docwalk.record import make_record, save_record
from docwalk.testing import Printed, result_of
from docwalk.testing_site import build_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = "# Page\n\n```console\n$ echo one\n[[...]]\n```\n\n- item\n\n  ```bash\n  true\n  ```\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "pyproject.toml": '[tool.docwalk]\ntutorials = ["page.md"]\nenvironments = "environments"\n',
        "environments/login/environment.toml": (
            'title = "t"\n[base]\nsuite = "bookworm"\npackages = ["bash"]\n'
        ),
        "index.md": "# Index\n\n```{toctree}\npage\n```\n\n```{docwalk-summary}\n```\n",
        "page.md": PAGE,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def build(project: Path) -> Callable[..., str]:
    def run(builder: str = "html", *, myst: tuple[str, ...] = ()) -> str:
        """Build, and return what Sphinx warned of."""
        return build_site(project, builder=builder, myst_enable_extensions=list(myst))

    return run


def test_readers_download_the_file_that_a_block_puts_on_the_cluster(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "data").mkdir()
    (project / "data" / "a b.bin").write_bytes(bytes(1234))
    page = "# Page\n\n```{file} ~/a.bin\n:source: data/a b.bin\n```\n"
    (project / "page.md").write_text(page, "utf-8")
    assert build() == ""
    html = BeautifulSoup((project / "html" / "page.html").read_text("utf-8"), "html.parser")
    (note,) = html.select(".dw-note")
    assert note.get_text() == "Download a b.bin (1.2 kB) and put it on the cluster as ~/a.bin."
    (link,) = note.select("a")
    assert link["href"] == "./downloads/page/data/a%20b.bin"
    assert (project / "html" / "downloads" / "page" / "data" / "a b.bin").read_bytes() == bytes(1234)


def record(project: Path, *outputs: Printed) -> None:
    loaded = load_project(project)
    _, plan = load_plan(page_paths(loaded), loaded)
    digest = environment_digest(load_environments(loaded.environments_dir)["login"])
    (walk,) = plan.walks
    result = replace(result_of(walk, outputs), environment_digest=digest)
    save_record(make_record(walk, result), loaded.records_dir, raw=False)


def page(project: Path) -> str:
    return (project / "html" / "page.html").read_text("utf-8")


def test_a_new_record_rewrites_the_page_though_its_source_is_the_same(
    project: Path, build: Callable[..., str]
) -> None:
    assert build() == ""
    assert "not walked yet: there is no record" in page(project)
    record(project, Printed(lines=("one",)), Printed())
    assert build() == ""
    assert '<span class="dw-varies" title="may differ">one</span></pre>' in page(project)
    assert len(list((project / "html" / "records").iterdir())) == 1
    assert "2 blocks on 1 page, 2 steps" in (project / "html" / "index.html").read_text("utf-8")


def test_a_record_cannot_make_a_gpu_real_that_its_environment_has_not(
    project: Path, build: Callable[..., str]
) -> None:
    loaded = load_project(project)
    (walk,) = load_plan(page_paths(loaded), loaded)[1].walks
    digest = environment_digest(load_environments(loaded.environments_dir)["login"])
    result = replace(
        result_of(walk, [Printed(lines=("one",)), Printed()]),
        environment_digest=digest,
        manifest={"gpu": {"kind": "real", "model": "H100"}},
    )
    save_record(make_record(walk, result), loaded.records_dir)
    assert build() == ""
    html = BeautifulSoup((project / "html" / "page.html").read_text("utf-8"), "html.parser")
    (headline,) = html.select(".dw-headline")
    assert "The GPUs it shows are simulated." in headline.get_text()


def test_other_builders_get_text_and_status(project: Path, build: Callable[..., str]) -> None:
    record(project, Printed(lines=("one",)), Printed())
    assert build("text") == ""
    text = (project / "text" / "page.txt").read_text("utf-8")
    assert "   $ echo one\n   one\n\n*Verified, 22 Nov 2026, in login*\n" in text
    assert "     true\n\n  *Ran, 22 Nov 2026, in login*\n" in text


def test_a_page_that_does_not_parse_stops_the_build_with_its_place(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "page.md").write_text("# Page\n\n```console\necho\n```\n", "utf-8")
    with pytest.raises(ExtensionError, match=r"page\.md:4:1: error\[no-prompt\]"):
        build()


def test_a_record_that_cannot_be_read_is_a_warning_not_a_silence(
    project: Path, build: Callable[..., str]
) -> None:
    record(project, Printed(lines=("one",)), Printed())
    (path,) = (project / "build" / "records").glob("*.json")
    path.write_text("{", "utf-8")
    assert "1 record cannot be read" in build()
    assert "there is no record" in page(project)


EXAMPLE = """\
# Page

````{example} one
---
docwalk:
  timeout: 5
---
```console
$ echo one
one
```
````

````{fails}
-one
+two

it says: no
````

````{example} again
```console
$ echo one
one
```
````
"""


def test_an_example_shows_its_source_its_recording_and_how_it_fails(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "page.md").write_text(EXAMPLE, "utf-8")
    loaded = load_project(project)
    _, plan = load_plan(page_paths(loaded), loaded)
    digest = environment_digest(load_environments(loaded.environments_dir)["login"])
    assert [walk.name for walk in plan.walks] == ["page:one", "page:again"]
    for walk in plan.walks:
        result = replace(result_of(walk, [Printed(lines=("one",))]), environment_digest=digest)
        save_record(make_record(walk, result), loaded.records_dir, raw=False)
    assert build() == ""
    page = BeautifulSoup((project / "html" / "page.html").read_text("utf-8"), "html.parser")
    one, again = page.select(".dw-example")
    assert one.select("pre")[0].get_text().startswith("---\ndocwalk:\n  timeout: 5\n---\n```console\n$ echo")
    assert [each.get_text() for each in page.select(".dw-example-result .dw-badge")] == ["✓Verified"] * 2
    assert [each["id"] for each in (one, again)] == ["example-one", "example-again"]
    ids = [each["id"] for each in page.select(".dw")]
    assert len(set(ids)) == len(ids) == 2
    change, message = page.select(".dw-fails pre")
    assert (change.get_text(), message.get_text()) == ("-one\n+two\n", "it says: no\n")
    banner = page.select(".dw-banner")[0].get_text()
    assert "All 2 blocks of this page were run" in banner
    assert "one, in login" in banner


def test_a_reference_is_no_tutorial_of_the_numbers_and_short_on_the_verification_page(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "page.md").write_text(f"{EXAMPLE}\n```{{docwalk-verification}}\n```\n", "utf-8")
    loaded = load_project(project)
    _, plan = load_plan(page_paths(loaded), loaded)
    digest = environment_digest(load_environments(loaded.environments_dir)["login"])
    for walk, line in zip(plan.walks, ("one", "two"), strict=True):
        result = replace(result_of(walk, [Printed(lines=(line,))]), environment_digest=digest)
        save_record(make_record(walk, result), loaded.records_dir, raw=False)
    assert build() == ""
    index = (project / "html" / "index.html").read_text("utf-8")
    assert "Nothing here has been run yet" in index
    page = BeautifulSoup((project / "html" / "page.html").read_text("utf-8"), "html.parser")
    cells = [cell.get_text() for cell in page.select('[aria-label="Pages and environments"] td')]
    assert cells[-1] == "✓Passed one 22 Nov 2026✗Failing again 22 Nov 2026"


EXERCISES = """\
# Page

````{exercise} Say *one*
:name: say-one

Print it. Then [go on](#say-two).
````

````{solution}
```console
$ echo one
one
```
````

```{exercise}
:name: say-two
Print two.
```
"""


def test_exercises_are_numbered_and_linked_and_their_solutions_are_blocks(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "page.md").write_text(EXERCISES, "utf-8")
    record(project, Printed(lines=("one",)))
    assert build() == ""
    page = BeautifulSoup((project / "html" / "page.html").read_text("utf-8"), "html.parser")
    first, second = page.select(".dw-exercise")
    assert [each.select(".admonition-title")[0].get_text() for each in (first, second)] == [
        "Exercise 1: Say one",
        "Exercise 2",
    ]
    link = first.select("a.reference")[0]
    assert link["href"] == f"#{second['id']}"
    (solution,) = page.select("details.dw-solution[open]")
    assert solution.select("summary")[0].get_text() == "Solution of exercise 1"
    assert solution.select(".dw-status .dw-badge")[0].get_text() == "✓Verified"


def test_other_builders_show_solutions_below_their_exercises(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "page.md").write_text(EXERCISES, "utf-8")
    record(project, Printed(lines=("one",)))
    assert build("text") == ""
    text = (project / "text" / "page.txt").read_text("utf-8")
    assert "Exercise 1: Say one" in text
    assert "Solution of exercise 1" in text
    assert "$ echo one" in text


def test_a_solution_answers_an_exercise(project: Path, build: Callable[..., str]) -> None:
    (project / "page.md").write_text("# Page\n\n```{solution}\nNo.\n```\n", "utf-8")
    assert "page.md:3: ERROR: `{solution}` answers the exercise before it, and there is none" in build()


NESTED = """\
# Page

Term
: Definition with a block

  ```console
  $ echo in a definition
  in a definition
  ```

Other
: ```console
  $ echo at once
  at once
  ```

:field: text

  ```console
  $ echo in a field
  in a field
  ```

:other:
  ```bash
  true
  ```

:::{note}
```console
$ echo colon
colon
```
:::

:::::{admonition} Title
::::{tip}
```console
$ echo a
a
```
::::
:::::

- one
  1. two
     > quoted
     >
     > - deep
     >   ```console
     >   $ echo deep
     >   deep
     >   ```

Text[^1].

[^1]: A footnote

    ```console
    $ echo footnote
    footnote
    ```

- [ ] task

  ```console
  $ echo task
  task
  ```

<div class="admonition note">

```console
$ echo html
html
```

</div>
"""


def test_blocks_are_shown_in_whatever_myst_nests_them(project: Path, build: Callable[..., str]) -> None:
    (project / "page.md").write_text(NESTED, "utf-8")
    assert build(myst=("colon_fence", "deflist", "fieldlist", "tasklist")) == ""
    page = BeautifulSoup((project / "html" / "page.html").read_text("utf-8"), "html.parser")
    assert len(page.select(".dw")) == 10


def test_a_block_that_sphinx_does_not_read_is_a_warning(project: Path, build: Callable[..., str]) -> None:
    (project / "page.md").write_text("# Page\n\nTerm\n: ```bash\n  true\n  ```\n", "utf-8")
    assert "page.md:4: WARNING: docwalk: Sphinx does not read this as a block" in build()
    assert build(myst=("deflist",)) == ""


@pytest.mark.parametrize("body", ["", "text only\n"])
def test_an_example_may_be_any_text(project: Path, build: Callable[..., str], body: str) -> None:
    (project / "page.md").write_text(f"# Page\n\n````{{example}} odd\n{body}````\n", "utf-8")
    assert build() == ""
    page = BeautifulSoup((project / "html" / "page.html").read_text("utf-8"), "html.parser")
    assert page.select(".dw-example pre")[0].get_text().strip() == body.strip()


FIRST_PAGE = """# Index

```{toctree}
page
```

```{docwalk-series} p*
```

```{docwalk-sample} page
:command: echo one
```
"""


def test_the_first_page_lists_pages_and_shows_a_block_of_one(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "index.md").write_text(FIRST_PAGE, "utf-8")
    (project / "page.md").write_text(
        PAGE.replace("# Page", "---\ndescription: What it is.\n---\n# 7. Page\n\n**Time:** an hour, or two."),
        "utf-8",
    )
    assert build() == ""
    html = BeautifulSoup((project / "html" / "index.html").read_text("utf-8"), "html.parser")
    (entry,) = html.select(".dw-series li")
    assert [each.get_text() for each in entry.select("p")] == [
        "7 Page",
        "What it is.",
        "an hour · 2 ○Not run",
    ]
    assert [each.get_text() for each in html.select(".dw-command")] == ["echo one"]
    record(project, Printed(lines=("one",)), Printed())
    assert build() == ""
    html = BeautifulSoup((project / "html" / "index.html").read_text("utf-8"), "html.parser")
    assert html.select_one(".dw-facts").get_text().startswith("an hour · 1 ✓Verified · 1 ▸Ran · ")  # type: ignore[union-attr]
    assert [each.get_text() for each in html.select(".dw-out")] == ["one"]


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("-series} p*", "-series} x*", "no page of the project is named like `x*`"),
        ("-sample} page", "-sample} pages", "`pages` is no page of the project with blocks"),
        (": echo one", ": echo two", "no block of `page` types `echo two`"),
        (":command: echo one\n", "", "`docwalk-sample` needs `:command:`, a command of the block to show"),
    ],
)
def test_what_the_first_page_asks_for_in_vain_is_a_located_warning(
    project: Path, build: Callable[..., str], written: str, instead: str, said: str
) -> None:
    (project / "index.md").write_text(FIRST_PAGE.replace(written, instead), "utf-8")
    warnings = build()
    assert said in warnings
    assert "index.md:" in warnings


def test_what_the_first_page_says_of_others_is_left_out_of_plain_text(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "index.md").write_text(FIRST_PAGE, "utf-8")
    assert build("text") == ""
    assert (project / "text" / "index.txt").read_text("utf-8") == "Index\n*****\n\n* Page\n"
