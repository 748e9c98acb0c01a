"""Tabs in a real Chromium: chosen, remembered, linked to, searched, printed, and read without JavaScript."""

from __future__ import annotations

import functools
import http.server
import json
import re
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    # What `open_page` gives: opens a page of the site, returns playwright's page.
    Open = Callable[..., Any]

pytestmark = pytest.mark.browser

CHOICES = "tutorials/1-choices"
MORE = "tutorials/2-more"
FIRST = ["Bash", "Bash", "Environment Modules", "With an editor", "With an editor"]
UNPAIRED = """() => Array.from(document.querySelectorAll('[role="tab"]')).filter((tab) => {
  const panel = document.getElementById(tab.getAttribute("aria-controls"));
  return panel.getAttribute("aria-labelledby") !== tab.id || panel.dataset.dwLabel !== tab.dataset.dwLabel;
}).length"""
OUTER = """() => Array.from(document.querySelectorAll("article .dw-tabs, .dw-choices"))
  .filter((each) => !each.parentElement.closest(".dw-tabs")).map((each) => each.outerHTML).join("")"""


@pytest.fixture
def open_page(read_in: Callable[..., Any], tabs_site: Path) -> Open:
    def open_page(name: str = CHOICES, **options: Any) -> Any:
        return read_in(tabs_site, name, **options).page

    return open_page


@pytest.fixture(scope="module")
def served(tabs_site: Path) -> Iterator[str]:
    """Address of the site on a server of its own: from the disk, the search gets no excerpts of pages."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tabs_site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def selected(page: Any) -> list[str]:
    """The chosen tab of each set whose tabs can be seen."""
    chosen: list[str] = page.locator('[role="tab"][aria-selected="true"]:visible').all_inner_texts()
    return chosen


def shown(page: Any) -> list[str]:
    """Labels of the panels that can be seen."""
    labels: list[str] = page.locator(".dw-panel:visible").evaluate_all(
        "(all) => all.map((panel) => panel.dataset.dwLabel)"
    )
    return labels


def tab(page: Any, name: str, nth: int = 0) -> Any:
    return page.get_by_role("tab", name=name, exact=True).nth(nth)


def for_site(page: Any, name: str) -> Any:
    return page.locator(".dw-choices").get_by_label(name)


# Choosing


def test_at_first_each_set_shows_its_first_tab(open_page: Open) -> None:
    page = open_page()
    assert selected(page) == FIRST
    assert shown(page) == ["Bash", "Bash", "Environment Modules", "With an *editor*", "With an *editor*"]


def test_a_click_chooses_in_all_sets_of_the_axis(open_page: Open) -> None:
    page = open_page()
    tab(page, "Zsh").click()
    assert selected(page) == ["Zsh", "Zsh", *FIRST[2:]]
    assert page.get_by_text("so says the word quokka").is_visible()
    assert not page.get_by_text("so says the word numbat").is_visible()


def test_a_second_click_closes_nothing(open_page: Open) -> None:
    page = open_page()
    tab(page, "Zsh").click()
    tab(page, "Zsh").click()
    assert selected(page) == ["Zsh", "Zsh", *FIRST[2:]]
    assert shown(page)[:2] == ["Zsh", "Zsh"]


def test_a_set_without_the_chosen_label_keeps_its_first_and_says_so(open_page: Open) -> None:
    page = open_page()
    tab(page, "fish").click()
    assert selected(page) == ["fish", "Bash", *FIRST[2:]]
    assert page.locator(".dw-tab-note:visible").all_inner_texts() == [
        "Nothing here for fish: this is for Bash."
    ]


def test_sets_of_equal_labels_that_are_no_group_are_choices_of_their_own(open_page: Open) -> None:
    page = open_page()
    tab(page, "With printf").click()
    assert selected(page)[3:] == ["With printf", "With an editor"]


def test_what_is_clicked_stays_under_the_pointer(open_page: Open) -> None:
    page = open_page(viewport={"width": 800, "height": 300})
    second = tab(page, "Zsh", 1)
    second.scroll_into_view_if_needed()
    before = second.bounding_box()["y"]
    second.click()
    assert second.bounding_box()["y"] == pytest.approx(before, abs=1)


def test_arrows_home_and_end_choose_and_only_the_chosen_tab_takes_the_focus(open_page: Open) -> None:
    page = open_page()
    tab(page, "Bash").focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"):
        page.keyboard.press(key)
        seen.append((page.evaluate("document.activeElement.textContent"), selected(page)[0]))
    assert seen == [(each, each) for each in ("Zsh", "fish", "Bash", "fish", "Bash", "fish")]
    roving = page.locator(".dw-tabs").first.get_by_role("tab")
    assert [each.get_attribute("tabindex") for each in roving.all()] == ["-1", "-1", "0"]


def test_tab_leads_from_the_chosen_tab_to_its_link_and_panel(open_page: Open) -> None:
    page = open_page()
    tab(page, "Zsh").click()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Link to the tab Zsh"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "start-shell-zsh"


def test_tabs_panels_and_lists_name_each_other(open_page: Open) -> None:
    page = open_page()
    assert page.get_by_role("tablist").evaluate_all(
        "(all) => all.map((list) => list.getAttribute('aria-label'))"
    ) == [
        "Shell",
        "Shell",
        "Module system",
        "Choice: With an editor or With printf",
        "Choice: With an editor or With printf",
    ]
    assert page.get_by_role("tabpanel", name="Environment Modules").is_visible()
    assert page.evaluate(UNPAIRED) == 0


# Remembering


def test_a_choice_lasts_over_a_reload_and_on_other_pages(open_page: Open, tabs_site: Path) -> None:
    page = open_page()
    tab(page, "Zsh").click()
    tab(page, "Lmod").click()
    page.reload()
    assert selected(page)[:3] == ["Zsh", "Zsh", "Lmod"]
    page.goto((tabs_site / f"{MORE}.html").as_uri())
    assert selected(page) == ["Zsh", "With an editor"]


def test_a_choice_lasts_in_other_windows(open_page: Open, tabs_site: Path) -> None:
    page = open_page()
    tab(page, "Zsh").click()
    other = page.context.new_page()
    other.goto((tabs_site / f"{MORE}.html").as_uri())
    assert selected(other) == ["Zsh", "With an editor"]


def test_a_choice_of_one_page_only_is_remembered_there(open_page: Open, tabs_site: Path) -> None:
    page = open_page()
    tab(page, "With printf").click()
    page.goto((tabs_site / f"{MORE}.html").as_uri())
    assert selected(page) == ["Bash", "With an editor"]
    page.go_back()
    assert selected(page)[3:] == ["With printf", "With an editor"]


def test_a_remembered_label_that_a_page_has_not_shows_the_first(open_page: Open, tabs_site: Path) -> None:
    page = open_page()
    tab(page, "fish").click()
    page.goto((tabs_site / f"{MORE}.html").as_uri())
    assert selected(page) == ["Bash", "With an editor"]


def test_a_page_that_the_browser_had_kept_shows_what_was_chosen_since(open_page: Open) -> None:
    page = open_page()
    page.evaluate(
        """() => {
          localStorage.setItem("docwalk-choices", '{"shell": "Zsh"}');
          dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
        }"""
    )
    assert selected(page) == ["Zsh", "Zsh", *FIRST[2:]]


@pytest.mark.parametrize("stored", ["not JSON", "null", "[1]", '{"shell": 7}', '{"shell": "csh"}'])
def test_a_memory_of_something_else_is_no_choice(open_page: Open, stored: str) -> None:
    page = open_page()
    page.evaluate("(text) => localStorage.setItem('docwalk-choices', text)", stored)
    page.reload()
    assert selected(page) == FIRST
    assert page.locator(".dw-tab-note:visible").count() == 0
    assert page.evaluate("docwalk.choices()")["shell"] == "Bash"


def test_without_storage_tabs_are_chosen_all_the_same(open_page: Open) -> None:
    page = open_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('off'); } })"
    )
    page.reload()
    tab(page, "Zsh").click()
    assert selected(page)[:2] == ["Zsh", "Zsh"]


# For the whole site


def test_the_choice_for_the_site_is_on_every_page_and_is_the_same_memory(
    open_page: Open, tabs_site: Path
) -> None:
    page = open_page("index")
    for_site(page, "Shell").select_option("Zsh")
    for_site(page, "Module system").select_option("Lmod")
    page.goto((tabs_site / f"{CHOICES}.html").as_uri())
    assert selected(page)[:3] == ["Zsh", "Zsh", "Lmod"]
    tab(page, "fish").click()
    assert for_site(page, "Shell").input_value() == "fish"
    page.goto((tabs_site / "index.html").as_uri())
    assert for_site(page, "Shell").input_value() == "fish"


def test_other_scripts_are_told_of_choices_and_once_at_the_start(open_page: Open) -> None:
    page = open_page()
    page.add_init_script(
        "window.heard = []; document.addEventListener('dw:choice', (event) => heard.push(event.detail));"
    )
    page.reload()
    tab(page, "Lmod").click()
    tab(page, "Lmod").click()
    now = {
        "shell": "Bash",
        "modules": "Lmod",
        "page:1": "By name",
        "page:2": "With an *editor*",
        "page:3": "With an *editor*",
    }
    assert page.evaluate("heard") == [
        {"axis": None, "label": None, "choices": {**now, "modules": "Environment Modules"}},
        {"axis": "modules", "label": "Lmod", "choices": now},
    ]
    assert page.evaluate("docwalk.choices()") == now


def test_a_page_without_tabs_knows_what_was_chosen_elsewhere(open_page: Open) -> None:
    page = open_page("index")
    assert page.evaluate("docwalk.choices()") == {}
    for_site(page, "Shell").select_option("Zsh")
    assert page.evaluate("docwalk.choices()") == {"shell": "Zsh"}


# Links


@pytest.mark.parametrize(
    ("anchor", "labels"),
    [
        ("shell-zsh", ["Zsh", "Zsh", "Environment Modules"]),
        ("again-shell-zsh", ["Zsh", "Zsh", "Environment Modules"]),
        ("in-zsh", ["Zsh", "Zsh", "Environment Modules"]),
        ("in-key-word", ["Bash", "Bash", "Lmod", "By key word"]),
        ("only-here-with-printf-2", [*FIRST[:4], "With printf"]),
        ("modules", FIRST),
        ("nowhere", FIRST),
        ("%", FIRST),
    ],
)
def test_a_link_opens_all_tabs_around_its_target(open_page: Open, anchor: str, labels: list[str]) -> None:
    page = open_page()
    page.goto(f"{page.url}#{anchor}")
    page.wait_for_function("(n) => location.hash === n", arg=f"#{anchor}")
    page.reload()  # as if it came from another page
    assert selected(page)[: len(labels)] == labels


@pytest.mark.parametrize(("link", "target"), [("for Zsh", "in-zsh"), ("about keywords", "in-key-word")])
def test_a_link_on_the_page_opens_and_scrolls_to_its_target(open_page: Open, link: str, target: str) -> None:
    page = open_page(viewport={"width": 1000, "height": 260})
    page.get_by_role("link", name=link).click()
    page.wait_for_function(
        """(id) => { const { top } = document.getElementById(id).getBoundingClientRect();
                     return top >= 0 && top < innerHeight; }""",
        arg=target,
        timeout=3000,
    )


def test_the_same_link_opens_the_tab_again(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("link", name="for Zsh").click()
    tab(page, "Bash").click()
    page.get_by_role("link", name="for Zsh").click()
    assert selected(page)[:2] == ["Zsh", "Zsh"]


def test_what_a_link_opens_is_not_remembered(open_page: Open, tabs_site: Path) -> None:
    page = open_page()
    tab(page, "fish").click()
    page.goto(f"{page.url}#in-zsh")
    assert selected(page)[:2] == ["Zsh", "Zsh"]
    page.goto((tabs_site / f"{CHOICES}.html").as_uri())
    assert selected(page)[:2] == ["fish", "Bash"]


def test_links_are_named_without_markup(open_page: Open) -> None:
    page = open_page()
    tab(page, "With printf").click()
    assert page.get_by_role("link", name="Link to the tab With printf", exact=True).is_visible()


def test_the_link_of_a_set_leads_to_its_chosen_tab(open_page: Open) -> None:
    page = open_page()
    tab(page, "Lmod").click()
    page.get_by_role("link", name="Link to the tab Lmod").click()
    assert page.url.endswith("#modules-modules-lmod")
    assert page.locator(":target").get_attribute("data-dw-label") == "Lmod"


def test_find_in_page_opens_the_tab_of_what_it_found(open_page: Open) -> None:
    page = open_page()
    # What Chromium sends a panel whose text is found; the search itself has no interface for tests.
    page.locator('[id="start-shell-zsh"]').evaluate(
        "(panel) => panel.dispatchEvent(new Event('beforematch'))"
    )
    assert selected(page)[:2] == ["Zsh", "Zsh"]
    assert page.locator('[id="start-shell-bash"]').get_attribute("hidden") == "until-found"


def test_browsers_that_cannot_look_into_hidden_panels_follow_links_too(open_page: Open) -> None:
    page = open_page()
    page.add_init_script("delete HTMLElement.prototype.onbeforematch")
    page.reload()
    assert page.locator('[id="start-shell-zsh"]').get_attribute("hidden") == ""
    page.get_by_role("link", name="about keywords").click()
    assert selected(page)[2:4] == ["Lmod", "By key word"]
    assert page.get_by_text("says the bilby").is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("so says the word quokka").is_visible()


# Search


@pytest.mark.parametrize(
    ("query", "found", "labels"),
    [
        ("quokka", "so says the word quokka", ["Zsh", "Zsh", *FIRST[2:]]),
        ("wombat", "echo wombat", ["fish", "Bash", *FIRST[2:]]),
        ("bilby", "says the bilby", ["Bash", "Bash", "Lmod", "By key word", *FIRST[3:]]),
        ("potoroo", "says potoroo", [*FIRST[:3], "With printf", "With an editor"]),
        ("quokka bilby", "says the bilby", ["Zsh", "Zsh", "Lmod", "By key word", *FIRST[3:]]),
        ("numbat", "so says the word numbat", FIRST),
        ("loading", "and loads nothing else", ["fish", "Bash", *FIRST[2:]]),
    ],
)
def test_a_search_opens_the_tab_that_has_the_words(
    open_page: Open, served: str, query: str, found: str, labels: list[str]
) -> None:
    page = open_page("index")
    page.goto(f"{served}/search.html?q={query}")
    page.locator("ul.search a", has_text="Choices").first.click()
    page.wait_for_url(re.compile("1-choices"))
    assert selected(page) == labels
    assert page.locator("article").get_by_text(found).first.is_visible()


def test_a_search_chooses_the_walk_that_printed_the_words(open_page: Open, served: str) -> None:
    page = open_page("index")
    page.goto(f"{served}/search.html?q=echidna")
    page.locator("ul.search a", has_text="What differs").first.click()
    page.wait_for_url(re.compile("4-differing"))
    assert selected(page) == ["Lmod"]
    assert page.locator(".dw-out", has_text="echidna").is_visible()


def test_a_search_scrolls_to_the_tab_it_opened(open_page: Open, served: str) -> None:
    page = open_page("index", viewport={"width": 1000, "height": 260})
    page.goto(f"{served}/search.html?q=potoroo")
    page.locator("ul.search a", has_text="Choices").first.click()
    page.wait_for_url(re.compile("1-choices"))
    page.wait_for_function("scrollY > 200", timeout=3000)


def test_words_that_are_seen_anyway_open_nothing(open_page: Open, served: str) -> None:
    page = open_page("index")
    page.goto(f"{served}/search.html?q=again")
    page.locator("ul.search a", has_text="Choices").first.click()
    page.wait_for_url(re.compile("1-choices"))
    assert selected(page) == FIRST


# What its blocks came to


def test_a_tab_says_that_a_block_in_it_fails_or_that_only_it_was_not_run(open_page: Open) -> None:
    tabs = open_page("tutorials/3-failing").get_by_role("tab")
    assert [re.sub(r"\s+", " ", each) for each in tabs.all_inner_texts()] == [
        "Bash",
        "Zsh✗ (a block here fails)",
        "fish○ (not run)",
        "Bash",
        "Zsh",
    ]


# Without JavaScript, in print, and for everybody


@pytest.mark.parametrize("name", [CHOICES, MORE])
def test_without_javascript_every_panel_stands_below_its_label(open_page: Open, name: str) -> None:
    page = open_page(name, java_script_enabled=False)
    assert page.locator(".dw-panel:visible").count() == page.locator(".dw-panel").count() > 0
    assert page.locator(".dw-panel-label:visible").count() == page.locator(".dw-panel").count()
    assert page.get_by_role("tab").count() == 0
    assert page.locator(".dw-choices:visible").count() == 0


def test_in_print_every_panel_stands_below_its_label(open_page: Open) -> None:
    page = open_page()
    tab(page, "Zsh").click()
    page.emulate_media(media="print")
    assert page.locator(".dw-panel:visible").count() == page.locator(".dw-panel").count()
    assert page.locator(".dw-panel-label:visible").count() == page.locator(".dw-panel").count()
    assert page.get_by_text("so says the word numbat").bounding_box()["height"] > 0
    assert page.locator(".dw-tabbar:visible").count() == 0


@pytest.mark.parametrize("name", ["index", CHOICES, MORE, "tutorials/3-failing"])
def test_nothing_of_sphinx_tabs_is_loaded(tabs_site: Path, name: str) -> None:
    html = (tabs_site / f"{name}.html").read_text("utf-8")
    assert re.findall(r'(?:src|href)="[^"]*/tabs\.(?:js|css)', html) == []
    assert "sphinx-tabs" not in html
    assert "docwalk-tabs.js" in html


def test_nothing_of_sphinx_tabs_is_shipped(tabs_site: Path) -> None:
    assert sorted(path.name for path in tabs_site.rglob("*tabs.*s")) == [
        "docwalk-tabs.css",
        "docwalk-tabs.js",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [CHOICES, "tutorials/3-failing"])
def test_axe_finds_nothing_in_the_article(open_page: Open, axe: Path, name: str, scheme: str) -> None:
    page = open_page(name, color_scheme=scheme)
    page.add_script_tag(path=axe)
    for where in ("article", ".dw-choices"):
        found = page.evaluate("(where) => axe.run(where).then((found) => found.violations)", where)
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_a_phone_needs_no_sideways_scrolling(open_page: Open) -> None:
    page = open_page(viewport={"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.fixture(scope="module")
def html_validate(npm_package: Callable[[str], Path]) -> Path:
    """html-validate's program; one that knows `hidden=until-found`."""
    return npm_package("html-validate@10.17.0") / ".bin" / "html-validate"


def complaints(html_validate: Path, folder: Path, html: str) -> list[str]:
    """What html-validate says of a page, of what the standard says and not of taste."""
    config = folder / ".htmlvalidate.json"
    config.write_text(json.dumps({"root": True, "extends": ["html-validate:standard"]}), "utf-8")
    page = folder / "page.html"
    page.write_text(
        f"<!DOCTYPE html>\n<html lang=en><head><title>Page</title></head><body>{html}</body></html>", "utf-8"
    )
    done = subprocess.run(
        [str(html_validate), "--formatter", "json", "--config", str(config), str(page)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [
        f"{message['ruleId']}: {message['message']}"
        for file in json.loads(done.stdout)
        for message in file["messages"]
    ]


@pytest.mark.parametrize("has_scripts", [True, False])
def test_the_html_of_tabs_is_valid(
    open_page: Open, html_validate: Path, tmp_path: Path, *, has_scripts: bool
) -> None:
    page = open_page(java_script_enabled=has_scripts)
    assert complaints(html_validate, tmp_path, page.evaluate(OUTER)) == []


def test_html_that_is_not_valid_is_found(html_validate: Path, tmp_path: Path) -> None:
    assert complaints(html_validate, tmp_path, "<button type=button><div>Zsh</div></button>") == [
        "element-permitted-content: <div> element is not permitted as content under <button>"
    ]
