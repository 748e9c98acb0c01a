"""One table for a centre's values: prose, commands, output, files and the clipboard say what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError

from docwalk.config import load_project, page_paths
from docwalk.errors import SourceError
from docwalk.plan import EditFile, TypeCommand, load_plan
from docwalk.testing_site import build_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIGURATION = """\
[tool.docwalk]
tutorials = ["page.md"]
environments = "environments"

[tool.docwalk.site]
name = "Tutorials of *Nemo*"
logo = "logo.svg"
cluster = "Nemo"
module-prefix = "libs/py_3"
support = "help@nemo.example"
issues = "mailto:help@nemo.example"
forum = "https://forum.nemo.example/c?a=1&b=2"
"""

PAGE = """\
# On {{ cluster }}: `[[site:module-prefix]]`

Load {{ module-prefix }} and ask {{ support }}, or {{ issues }}; or go to {{ forum }}.
Braces stay in code: `{{ cluster }}`; `module load [[site:module-prefix]]/numpy`, [[site:cluster]].

`````{tabs}
````{group-tab} One
Of {{cluster}}, in a tab.
````
````{group-tab} Two
Two.
````
`````

```console
$ module load [[site:module-prefix]]/numpy
Loading [[site:module-prefix]]/numpy
```

```{file} ~/[[site:cluster]].txt
on [[site:cluster]]
```
"""

ENVIRONMENT = 'title = "t"\n[base]\nsuite = "bookworm"\npackages = ["bash"]\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "pyproject.toml": CONFIGURATION,
        "environments/login/environment.toml": ENVIRONMENT,
        "index.md": "# {{ name }}\n\n```{toctree}\npage\n```\n",
        "page.md": PAGE,
        "logo.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def build(project: Path) -> Callable[..., str]:
    def run(**said: Any) -> str:
        """Build the site, and return what Sphinx warned of."""
        return build_site(project, **said)

    return run


def shown(project: Path, name: str = "page") -> BeautifulSoup:
    return BeautifulSoup((project / "html" / f"{name}.html").read_text("utf-8"), "html.parser")


def change(project: Path, before: str, after: str) -> None:
    path = project / "pyproject.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def planned(project: Path) -> list[str]:
    loaded = load_project(project)
    _, plan = load_plan(page_paths(loaded), loaded)
    lines: list[str] = []
    for step in plan.walks[0].steps:
        match step.action:
            case TypeCommand() as typed:
                lines += [typed.command, *(str(line) for line in typed.expected or ())]
            case EditFile() as edit:
                lines += [edit.path, edit.content]
    return lines


def copied(page: BeautifulSoup) -> list[str]:
    return [str(button["data-dw-copy"]) for button in page.select("[data-dw-copy]:not(.dw-copy-page)")]


def test_prose_shows_the_values_in_text_and_in_code(project: Path, build: Callable[..., str]) -> None:
    assert build() == ""
    page = shown(project)
    text = " ".join(page.get_text().split())
    assert "On Nemo" in text
    assert "Load libs/py_3 and ask help@nemo.example, or help@nemo.example;" in text
    assert "Of Nemo, in a tab." in text
    assert "Braces stay in code: {{ cluster }}; module load libs/py_3/numpy, [[site:cluster]]." in text
    entry = shown(project, "index").select_one(".toctree-wrapper a")
    assert entry is not None
    assert entry.get_text() == "On Nemo: libs/py_3"
    links = [link["href"] for link in page.select("p a.reference.external")]
    assert links == ["mailto:help%40nemo.example"] * 2 + ["https://forum.nemo.example/c?a=1&b=2"]


def test_the_site_takes_its_name_and_logo_from_the_table(project: Path, build: Callable[..., str]) -> None:
    assert build() == ""
    index = shown(project, "index")
    title = index.select_one("title")
    assert title is not None
    assert title.get_text(strip=True) == "Tutorials of *Nemo* — Tutorials of *Nemo*"
    assert [image["src"] for image in index.select("img.logo")] == ["_static/logo.svg"]


def test_conf_py_wins_where_it_says_something(project: Path, build: Callable[..., str]) -> None:
    assert build(html_title="Said", myst_substitutions={"cluster": "Said too"}) == ""
    page = shown(project)
    assert page.title is not None
    assert page.title.get_text().endswith("Said")
    assert "On Said too" in page.get_text()


def test_walk_page_and_clipboard_follow_a_changed_value(project: Path, build: Callable[..., str]) -> None:
    assert build() == ""
    assert planned(project) == [
        *("module load libs/py_3/numpy", "Loading libs/py_3/numpy", "~/Nemo.txt", "on Nemo\n"),
    ]
    change(project, '"Nemo"', '"Kraken"')
    change(project, "libs/py_3", "apps/python")
    assert build() == ""
    assert planned(project) == [
        *("module load apps/python/numpy", "Loading apps/python/numpy", "~/Kraken.txt", "on Kraken\n"),
    ]
    page = shown(project)
    text = " ".join(page.get_text().split())
    assert "On Kraken" in text
    assert "Load apps/python and ask" in text
    assert "Loading apps/python/numpy" in text
    assert "Kraken.txt" in text
    assert "module load apps/python/numpy, [[site:cluster]]." in text
    assert "Nemo" not in text.replace("Tutorials of *Nemo*", "")
    assert [text.rstrip("\n") for text in copied(page)] == ["module load apps/python/numpy", "on Kraken"]


@pytest.mark.parametrize(
    ("written", "place", "hint"),
    [
        ("Ask {{ suport }}.", "2:5", "did you mean `{{ support }}`?"),
        ("- a\n\n  Load `x/[[site:suport]]`.", "4:11", "did you mean `[[site:support]]`?"),
        ("Load `[[site:suport]]` and `{{ suport }}`.", "2:7", "did you mean `[[site:support]]`?"),
        ("```bash\necho [[site:suport]]\n```", "3:6", "did you mean `[[site:support]]`?"),
    ],
)
def test_an_unknown_name_is_located_in_prose_and_in_blocks(
    project: Path, build: Callable[..., str], written: str, place: str, hint: str
) -> None:
    (project / "page.md").write_text(f"# Page\n{written}\n", "utf-8")
    with pytest.raises(SourceError) as caught:
        planned(project)
    assert f"page.md:{place}: error[bad-placeholder]: `suport` is no value of the site" in str(caught.value)
    assert f"hint: {hint}" in str(caught.value)
    with pytest.raises(ExtensionError, match=rf"page\.md:{place}: error"):
        build()


def test_on_a_page_that_is_no_tutorial_an_unknown_name_is_a_warning(
    project: Path, build: Callable[..., str]
) -> None:
    (project / "index.md").write_text("# {{ unknown }}\n\n```{toctree}\npage\n```\n", "utf-8")
    assert "index.md:1: WARNING: Substitution error:UndefinedError: 'unknown' is undefined" in build()


def test_a_wrong_table_stops_the_build_with_its_place(project: Path, build: Callable[..., str]) -> None:
    change(project, 'cluster = "Nemo"', "cluster = 3")
    with pytest.raises(ExtensionError, match=r"pyproject\.toml:8:1: error\[bad-configuration\]"):
        build()


def test_a_site_without_values_leaves_braces_alone(project: Path, build: Callable[..., str]) -> None:
    (project / "pyproject.toml").write_text(CONFIGURATION.partition("[tool.docwalk.site]")[0], "utf-8")
    (project / "page.md").write_text("# Page\n\nWrite {{ anything }}.\n", "utf-8")
    (project / "index.md").write_text("# Index\n\n```{toctree}\npage\n```\n", "utf-8")
    assert build() == ""
    assert "Write {{ anything }}." in shown(project).get_text()
