"""The site's frame in a real Chromium: drawers, colours, print, search, and the page for lost readers."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    # What the fixture `read` of conftest.py gives: opens a page, returns its `Read`.
    Open = Callable[..., Any]

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}


class Server(SimpleHTTPRequestHandler):
    """Serves a folder below `/project/`, and its 404.html for what is not there, as forges do."""

    def do_HEAD(self) -> None:
        """Headers only."""
        if self._is_there():
            super().do_HEAD()
        else:
            self.send_response(404)
            self.end_headers()

    def do_GET(self) -> None:
        """The file, or the error page."""
        if self._is_there():
            super().do_GET()
            return
        body = self._file("404.html").read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def translate_path(self, path: str) -> str:
        """Its file."""
        return str(self._file(path.split("?", 1)[0].removeprefix("/project/")))

    def log_message(self, *_args: object) -> None:
        """Nothing: requests are no news."""

    def _file(self, name: str) -> Path:
        return Path(self.directory) / name

    def _is_there(self) -> bool:
        path = self.path.split("?", 1)[0]
        return path.startswith("/project/") and self._file(path.removeprefix("/project/")).is_file()


@pytest.fixture(scope="module")
def served(small_site: Path) -> Iterator[str]:
    """Address of the small site, in a folder of a web server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=str(small_site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/project/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web(chromium: Browser) -> Iterator[Page]:
    """An empty page of a new visitor."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_the_title_names_page_and_site(read: Open) -> None:
    assert read().page.title() == "Every kind of block · Small site"
    assert read("index").page.title() == "Small site"


def test_a_page_describes_itself_to_search_engines(read: Open) -> None:
    description = read().page.locator('meta[name="description"]')
    assert description.get_attribute("content") == (
        "A page with one block of each kind, in places where Markdown makes it hard."
    )


def test_on_a_phone_the_list_of_pages_is_away_until_it_is_asked_for(read: Open) -> None:
    page = read(viewport=PHONE).page
    drawer = page.get_by_role("navigation", name="All pages")
    assert not drawer.is_visible()
    page.get_by_role("link", name="All pages").click()
    assert drawer.is_visible()
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.hash") == "#dw-navigation"


def test_a_drawer_opens_and_closes_without_javascript_and_the_page_stays_where_it_was(read: Open) -> None:
    page = read(viewport=PHONE, java_script_enabled=False).page
    page.get_by_role("link", name="On this page").click()
    drawer = page.get_by_role("navigation", name="On this page")
    drawer.wait_for(state="visible")
    drawer.get_by_role("link", name="Close").click()
    drawer.wait_for(state="hidden")


def test_a_keyboard_reaches_nothing_that_is_out_of_sight(read: Open) -> None:
    page = read(viewport=PHONE).page
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.sidebar-drawer, .toc-drawer') === null")


def test_the_first_key_offers_to_skip_to_the_content(read: Open) -> None:
    page = read().page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#dw-main"


def test_colours_are_chosen_by_button_and_kept(read: Open) -> None:
    page = read().page
    button = page.locator(".dw-theme:visible")
    assert button.inner_text() == "Colours: as the system"
    button.click()
    assert button.inner_text() == "Colours: dark"
    page.reload()
    assert page.locator("body").get_attribute("data-theme") == "dark"


def test_without_javascript_there_is_no_dead_button(read: Open) -> None:
    assert read(java_script_enabled=False).page.locator("button:visible").all_inner_texts() == ["Search"]


def test_print_leaves_the_frame_out_and_says_where_links_lead(read: Open) -> None:
    page = read().page
    page.emulate_media(media="print")
    frame = page.locator(".sidebar-drawer, .toc-drawer, .mobile-header, .dw-tools, .dw-related, .headerlink")
    assert frame.count() > 0
    assert [each.is_visible() for each in frame.all()] == [False] * frame.count()
    link = page.locator("article a[href^='mailto:']").first
    printed = link.evaluate("(a) => getComputedStyle(a, '::after').content")
    assert "mailto:" in printed


def test_print_opens_what_is_folded(read: Open) -> None:
    page = read("tutorials/3-exercises").page
    command = page.locator(".dw-solution .dw-command")
    assert not command.is_visible()
    page.emulate_media(media="print")
    assert command.is_visible()


def test_paper_is_white_whatever_the_screen_was(read: Open) -> None:
    page = read(color_scheme="dark").page
    colours = (
        "() => [document.body, document.querySelector('.dw-screen')].map((e) => getComputedStyle(e).color)"
    )
    dark = page.evaluate(colours)
    page.emulate_media(media="print")
    assert page.evaluate(colours) == ["rgb(29, 37, 45)", "rgb(0, 0, 0)"]
    assert dark == ["rgb(217, 224, 230)", "rgb(216, 222, 230)"]


@pytest.mark.parametrize("address", ["tutorials/1-blocs.html", "1-blocks.html", "a/b/c/blocks"])
def test_a_lost_reader_is_shown_the_page_that_was_meant(served: str, web: Page, address: str) -> None:
    web.goto(served + address)
    meant = web.locator("#near a").first
    meant.wait_for(state="visible")
    web.wait_for_function("document.querySelector('base') !== null")
    meant.click()
    web.wait_for_url("**/tutorials/1-blocks.html")
    assert web.title() == "Every kind of block · Small site"


def test_a_lost_reader_can_search(served: str, web: Page) -> None:
    web.goto(served + "no/such/page")
    web.wait_for_function("document.querySelector('base') !== null")
    web.get_by_label("Search the site").fill("record")
    web.get_by_role("button", name="Search").click()
    web.locator("#search-results").get_by_role("link", name="Nothing recorded").first.wait_for()
    assert web.locator("#dw-search-words").input_value() == "record"


def test_a_lost_reader_whom_nothing_resembles_is_shown_all_pages(served: str, web: Page) -> None:
    web.goto(served + "zzz")
    assert not web.locator("#near").is_visible()
    assert "Every kind of block" in web.get_by_role("navigation", name="All pages").inner_text()


def test_what_the_themes_below_bring_along_and_nobody_loads_is_not_shipped(small_site: Path) -> None:
    names = {
        path.relative_to(small_site / "_static").as_posix() for path in (small_site / "_static").rglob("*")
    }
    assert {name for name in names if name.endswith(".map") or "furo.js" in name or "debug" in name} == set()
    assert not (small_site / "_sources").exists()
