"""Whole builds of pages with tabs: their axes, ids and names in the HTML, and their text in other formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from docwalk.testing_site import build_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bs4 import Tag

    Build = Callable[..., BeautifulSoup]

PYPROJECT = """\
[tool.docwalk]
tutorials = ["page.md"]
environments = "environments"

[tool.docwalk.axes.shell]
Bash = { shell = "bash" }
Zsh = { shell = "zsh" }

[tool.docwalk.axes.module-system]
Lmod = { environment = "login" }
"""
ENVIRONMENT = 'title = "t"\n[base]\nsuite = "bookworm"\npackages = ["bash"]\n'


@pytest.fixture
def build(tmp_path: Path) -> Build:
    files = {
        "pyproject.toml": PYPROJECT,
        "environments/login/environment.toml": ENVIRONMENT,
        "index.md": "# Index\n\n```{toctree}\npage\n```\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")

    def run(page: str, *, builder: str = "html", **config: object) -> BeautifulSoup:
        """The page as built, without a warning."""
        (tmp_path / "page.md").write_text(page, "utf-8")
        assert build_site(tmp_path, builder=builder, **config) == ""
        suffix = ".html" if builder == "html" else ".txt"
        return BeautifulSoup((tmp_path / builder / f"page{suffix}").read_text("utf-8"), "html.parser")

    return run


def tabs(*labels: str, kind: str = "group-tab") -> str:
    inner = "".join(f"````{{{kind}}} {label}\nText of {label}.\n````\n" for label in labels)
    return f"`````{{tabs}}\n{inner}`````\n\n"


def attributes(tags: list[Tag], name: str) -> list[object]:
    return [tag[name] for tag in tags]


def test_sets_say_their_axes_and_what_they_are_remembered_under(build: Build) -> None:
    page = build(
        "# Page\n\n"
        + tabs("Bash", "Zsh")
        + tabs("uv", "pip")
        + tabs("pip", "conda")
        + tabs("A", "B", kind="tab")
        + tabs("A", "B", kind="tab")
    )
    sets = page.select(".dw-tabs")
    assert attributes(sets, "data-dw-axis") == ["shell", "page:1", "page:1", "page:2", "page:3"]
    assert attributes(sets, "data-dw-key") == [
        "shell",
        "page|conda|pip|uv",
        "page|conda|pip|uv",
        "page|A|B",
        "page|A|B|2",
    ]
    assert attributes(sets, "data-dw-title") == [
        "Shell",
        "Choice: uv, pip or conda",
        "Choice: uv, pip or conda",
        "Choice: A or B",
        "Choice: A or B",
    ]


def test_tabs_that_are_alone_are_named_too(build: Build) -> None:
    page = build("# Page\n\n" + tabs("Lmod") + tabs("Only"), docwalk_axis_titles={"shell": "Your shell"})
    assert attributes(page.select(".dw-tabs"), "data-dw-title") == ["Module system", "Choice: Only"]


def test_ids_are_made_of_section_axis_and_label_and_never_given_twice(build: Build) -> None:
    page = build(
        "# Page\n\n"
        + tabs("Bash", "Zsh")
        + "## Set up\n\n"
        + tabs("Bash", "Zsh")
        + tabs("Old", "日本")
        + tabs("Old", "日本", kind="tab")
        + "## Shell Bash\n\n"
        + "## Set up old\n"
    )
    assert attributes(page.select(".dw-panel"), "id") == [
        "shell-bash-2",
        "shell-zsh",
        "set-up-shell-bash",
        "set-up-shell-zsh",
        "set-up-old-2",
        "set-up-tab-2",
        "set-up-old-3",
        "set-up-tab-2-2",
    ]
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))


def test_each_panel_is_named_by_its_label(build: Build) -> None:
    page = build("# Page\n\n## Part\n\n" + tabs("Bash", "Zsh"))
    panels = page.select(".dw-panel")
    assert [page.select_one(f"#{panel['aria-labelledby']}").text for panel in panels] == ["Bash", "Zsh"]  # type: ignore[union-attr]
    assert attributes(panels, "aria-labelledby") == ["shell-bash", "shell-zsh"]


def test_a_label_keeps_its_markup_and_is_matched_as_written(build: Build) -> None:
    page = build("# Page\n\n" + tabs("With *care*", "Without"))
    assert str(page.select_one(".dw-panel-label em")) == "<em>care</em>"
    assert page.select_one(".dw-panel")["data-dw-label"] == "With *care*"  # type: ignore[index]


def test_code_tabs_are_tabs_whether_they_are_run_or_not(build: Build) -> None:
    page = build(
        "# Page\n\n````{tabs}\n```{code-tab} bash Typed\ntrue\n```\n"
        "```{code-tab} python\nprint()\n```\n````\n"
    )
    assert attributes(page.select(".dw-panel"), "data-dw-label") == ["Typed", "Python"]
    assert page.select_one(".dw-panel .dw-command").text == "true"  # type: ignore[union-attr]
    assert page.select_one(".dw-panel .highlight-python").text.strip() == "print()"  # type: ignore[union-attr]


def test_axes_in_an_example_are_its_own(build: Build) -> None:
    example = "``````{example} first\n" + tabs("A", "B") + "``````\n\n"
    page = build("# Page\n\n" + tabs("A", "B") + example)
    assert attributes(page.select(".dw-tabs"), "data-dw-axis") == ["page:1", "first/page:1"]
    assert attributes(page.select(".dw-tabs"), "data-dw-key") == ["page|A|B", "page|A|B|2"]


def test_other_formats_have_every_panel_below_its_label(build: Build) -> None:
    page = "# Page\n\n" + tabs("Bash", "Zsh") + tabs("A", "B", kind="tab")
    build(page)  # the same doctrees serve both
    text = build(page, builder="text").text
    assert [line for line in text.splitlines() if line][2:] == [
        line for label in ("Bash", "Zsh", "A", "B") for line in (f"**{label}**", f"Text of {label}.")
    ]


def test_pages_without_tabs_get_the_choice_for_the_site_and_nothing_else(build: Build) -> None:
    page = build("# Page\n\nText.\n", html_sidebars={"**": ["searchbox.html"]})
    assert [option.text for option in page.select(".dw-choices select option")] == ["Bash", "Zsh"]
    assert page.select("head script:not([src])") == []
    assert "dw-js" in build("# Page\n\n" + tabs("A", "B")).select("head script:not([src])")[0].text


def test_nothing_of_sphinx_tabs_is_in_the_site(build: Build, tmp_path: Path) -> None:
    page = build("# Page\n\n" + tabs("A", "B"))
    assert [tag["src"] for tag in page.select("script[src*='/tabs.']")] == []
    assert not (tmp_path / "html" / "_static" / "tabs.js").exists()
    assert (tmp_path / "html" / "_static" / "docwalk-tabs.js").exists()


def test_words_of_blocks_are_in_the_index_of_the_search(build: Build, tmp_path: Path) -> None:
    build("# Page\n\n```console\n$ echo quokka\n[[...]]\n```\n")
    index = (tmp_path / "html" / "searchindex.js").read_text("utf-8")
    assert "quokka" in index
    assert "wombat" not in index
