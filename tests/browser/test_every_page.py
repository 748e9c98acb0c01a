"""Every page of this project's own site in a real Chromium: light, dark, on a phone, on paper.

A failure names page and view. `DOCWALK_SITE=FOLDER` looks at a site that is built already.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin

from docwalk.config import load_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix()
    for path in (ROOT / "index.md", *(ROOT / "tutorials").rglob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
MADE = ["404", "search"]
VIEWS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}, "color_scheme": "light"},
    "print": {"viewport": {"width": 720, "height": 1000}, "color_scheme": "dark"},
}
KB = 1000
HOME_KB = 60
PAGE_KB = 120
"""What a page may weigh with everything it loads, packed by gzip as servers do."""

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OPEN_ALL = "document.querySelectorAll('article details').forEach((each) => { each.open = true; })"
AXE = "axe.run(document, {preload: false, resultTypes: ['violations']}).then((found) => found.violations)"
HEADINGS = """() => Array.from(document.querySelectorAll("article :is(h1,h2,h3,h4,h5,h6)"), (heading) => {
  const copy = heading.cloneNode(true);
  copy.querySelectorAll(".headerlink").forEach((each) => each.remove());
  return `${heading.tagName.toLowerCase()} ${copy.textContent.trim()}`;
})"""


@dataclass(kw_only=True)
class Reader:
    """One window that stays open; what the page in it asked for and complained of."""

    page: Page
    """The window."""
    site: Path
    """Folder of the site."""
    requests: list[str]
    """Addresses asked for."""
    complaints: list[str]
    """Errors and warnings of the console."""

    def open(self, name: str) -> Page:
        """Go to a page of the site."""
        self.requests.clear()
        self.complaints.clear()
        self.page.goto((self.site / f"{name}.html").as_uri())
        return self.page


def reader_of(page: Page, site: Path) -> Reader:
    reader = Reader(page=page, site=site, requests=[], complaints=[])

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            reader.complaints.append(message.text)

    page.on("request", lambda request: reader.requests.append(request.url))
    page.on("console", hear)
    page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    return reader


@pytest.fixture(scope="module", params=list(VIEWS))
def view(request: pytest.FixtureRequest, chromium: Browser, whole_site: Path) -> Iterator[Reader]:
    """A window for each view."""
    context = chromium.new_context(**VIEWS[request.param])
    page = context.new_page()
    if request.param == "print":
        page.emulate_media(media="print")
    yield reader_of(page, whole_site)
    context.close()


@pytest.fixture(scope="module")
def light(chromium: Browser, whole_site: Path) -> Iterator[Reader]:
    """One window for what does not depend on the view."""
    context = chromium.new_context(**VIEWS["light"])
    yield reader_of(context.new_page(), whole_site)
    context.close()


def violations(page: Page, axe: Path) -> list[str]:
    """What axe finds on the whole page, folds opened."""
    page.evaluate(OPEN_ALL)
    page.add_script_tag(path=axe)
    return [f"{each['id']}: {node['html'][:200]}" for each in page.evaluate(AXE) for node in each["nodes"]]


def test_every_page_is_looked_at(whole_site: Path) -> None:
    built = {path.relative_to(whole_site).with_suffix("").as_posix() for path in whole_site.rglob("*.html")}
    assert built == {*SOURCES, *MADE}


@pytest.mark.parametrize("name", [*SOURCES, *MADE])
def test_a_page_is_accessible_fits_asks_for_nothing_outside_and_does_not_complain(
    view: Reader, axe: Path, name: str
) -> None:
    page = view.open(name)
    problems = [f"asks for {url}" for url in view.requests if not url.startswith(("file:", "data:"))]
    problems += [f"complains: {each}" for each in view.complaints]
    problems += [f"axe: {each}" for each in violations(page, axe)]
    problems += [f"is {too_wide} pixels too wide" for too_wide in [page.evaluate(OVERFLOW)] if too_wide]
    assert "\n".join(problems) == ""


def test_what_is_wrong_would_be_found(light: Reader, axe: Path) -> None:
    page = light.open("search")
    page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend', "
        '\'<img src="data:,"><p style="width: 3000px">wide</p><script src="no.js"></script>\')'
    )
    page.evaluate("console.error('loud')")
    assert [each.split(":")[0] for each in violations(page, axe)] == ["image-alt"]
    assert page.evaluate(OVERFLOW) > 0
    assert light.complaints == ["loud"]


@pytest.mark.parametrize("name", SOURCES)
def test_headings_are_those_of_the_source(light: Reader, name: str) -> None:
    values = load_project(ROOT).site_values
    source = headings((ROOT / f"{name}.md").read_text("utf-8"), values)
    shown = [plain(each) for each in light.open(name).evaluate(HEADINGS)]
    # Directives may bring headings of their own, those of tabs and of the verification page.
    assert [each for each in shown if each in source] == source
    assert [each for each in shown if each not in source and each.startswith("h1")] == []


def headings(text: str, values: dict[str, str] | Any) -> list[str]:
    """Level and text of each heading of a page's source, in order."""
    tokens = MarkdownIt("commonmark").use(front_matter_plugin).parse(text)
    found = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(each.content for each in inline.children or ())
            for key, value in values.items():
                words = words.replace(f"{{{{ {key} }}}}", value)
            found.append(f"{opening.tag} {plain(words)}")
    return found


TYPEWRITER = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")


def plain(text: str) -> str:
    """The text with typewriter quotes."""
    return " ".join(text.translate(TYPEWRITER).split())


def test_a_heading_that_differs_would_be_found() -> None:
    assert headings(
        "# Use `pip` *now*\n\n```\n# not this\n```\n\n## It\u2019s {{ name }}\n", {"name": "X"}
    ) == [
        "h1 Use pip now",
        "h2 It's X",
    ]


@pytest.mark.parametrize(
    "name", [name for name in SOURCES if name == "index" or name.startswith("tutorials/")]
)
def test_a_page_is_light(light: Reader, name: str) -> None:
    light.open(name)
    light.page.wait_for_load_state("load")
    files = {Path(unquote(urlsplit(url).path)) for url in light.requests if url.startswith("file:")}
    weights = {path.name: len(gzip.compress(path.read_bytes())) for path in files}
    limit = (HOME_KB if name == "index" else PAGE_KB) * KB
    assert weights[f"{name.rsplit('/', 1)[-1]}.html"] > 0
    assert sum(weights.values()) <= limit, sorted(weights.items(), key=lambda each: -each[1])


@pytest.fixture(scope="module")
def scriptless(chromium: Browser, whole_site: Path) -> Iterator[Reader]:
    """One window without JavaScript."""
    context = chromium.new_context(**VIEWS["light"], java_script_enabled=False)
    yield reader_of(context.new_page(), whole_site)
    context.close()


@pytest.mark.parametrize("name", [name for name in SOURCES if name.startswith("tutorials/")])
def test_without_javascript_a_tutorial_can_be_read_and_followed(scriptless: Reader, name: str) -> None:
    page = scriptless.open(name)
    hidden = page.evaluate(
        """() => Array.from(document.querySelectorAll("article .dw-command, article p"))
        .filter((each) => each.textContent.trim() && !each.hidden && !each.closest("details:not([open])"))
        .filter((each) => !each.checkVisibility({contentVisibilityAuto: true}))
        .map((each) => each.textContent.slice(0, 60))"""
    )
    assert hidden == []
    assert page.locator("article button:visible").all_inner_texts() == []
    assert page.locator("article .dw-panel[hidden]").count() == 0
