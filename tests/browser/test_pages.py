"""Built pages in a real Chromium, opened from the disk: what a reader sees, copies and unfolds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    # What the fixture `read` of conftest.py gives: opens a page, returns its `Read`.
    Open = Callable[..., Any]

pytestmark = pytest.mark.browser

PAGES = (
    "index",
    "verification",
    "tutorials/1-blocks",
    "tutorials/2-nothing-recorded",
    "tutorials/3-exercises",
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CONTRASTS = """() => {
  const channels = (c) => c.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = (e) => {
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
      if (c[3] > 0) return null;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const e = node.parentElement;
    if (!node.data.trim() || !e.checkVisibility()) continue;
    const below = paper(e);
    if (!below) continue;
    const [a, b] = [luminance(channels(getComputedStyle(e).color)), luminance(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${node.data.trim().slice(0, 30)} (${e.className}) ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""


def test_a_block_says_its_status_in_words(read: Open) -> None:
    block = read().block("echo one")
    assert "Verified" in block.locator("summary .dw-badge").inner_text()
    assert block.locator("summary time").get_attribute("datetime") == "2026-11-22T10:00:00+00:00"


def test_recorded_output_stands_in_place_of_the_pattern(read: Open) -> None:
    block = read().block("module --version")
    assert block.locator(".dw-out").inner_text() == "Modules Release 5.2.0"


def test_a_failing_block_shows_reason_the_pages_text_and_what_happened(read: Open) -> None:
    block = read().block("echo last")
    assert block.locator(".dw-reason").inner_text().startswith("This fails: line")
    assert block.locator(".dw-out:visible").all_inner_texts() == ["first", "last"]


def test_a_skipped_block_shows_its_reason(read: Open) -> None:
    block = read().block("nvidia-smi")
    assert block.locator(".dw-reason").inner_text() == "Not run: it needs a GPU, and there is none here."


def test_a_block_without_record_is_never_called_verified(read: Open) -> None:
    page = read("tutorials/2-nothing-recorded").page
    assert page.locator(".dw .dw-badge:visible").all_inner_texts() == ["○Not run"]
    assert "No block of this page has a passing record" in page.locator(".dw-banner").inner_text()


@pytest.mark.parametrize(
    ("command", "copied"),
    [
        ("echo one", "echo one\ncat <<END\ntwo\nEND"),
        ("python3 --version", "python3 --version\nwhich python3"),
        ("printf", "printf '\\033[31mred\\033[0m and a very long line: %0120d\\n' 1"),
        ("nvidia-smi", "nvidia-smi"),
    ],
)
def test_the_copy_button_gives_exactly_the_commands(read: Open, command: str, copied: str) -> None:
    reader = read()
    reader.block(command).locator(".dw-copy").click()
    assert reader.page.evaluate("navigator.clipboard.readText()") == copied
    assert reader.block(command).locator(".dw-copy").inner_text() == "Copied"


def test_a_files_copy_button_gives_its_text(read: Open) -> None:
    reader = read()
    reader.page.locator(".dw-file .dw-copy").click()
    assert reader.page.evaluate("navigator.clipboard.readText()") == "[install]\nuser = true\n"


def test_prompts_are_not_selected(read: Open) -> None:
    reader = read()
    typed = reader.block("echo one").locator(".dw-typed").first
    selected = typed.evaluate(
        "(e) => { getSelection().selectAllChildren(e); return getSelection().toString(); }"
    )
    assert selected == "echo one"


def test_long_output_unfolds_by_keyboard(read: Open) -> None:
    reader = read()
    fold = reader.block("seq 60").locator(".dw-more")
    fold.locator("summary").focus()
    reader.page.keyboard.press("Enter")
    assert fold.get_attribute("open") is not None
    assert fold.locator(".dw-out").inner_text().split("\n")[-1] == "57"


def test_the_end_of_long_output_is_seen_without_unfolding(read: Open) -> None:
    last = read().block("seq 60").locator(".dw-more + .dw-out")
    assert last.is_visible()
    assert last.inner_text() == "58\n59\n60"


def test_a_long_line_scrolls_by_keyboard(read: Open) -> None:
    reader = read()
    screen = reader.block("printf").locator(".dw-screen")
    screen.focus()
    reader.page.keyboard.press("ArrowRight")
    reader.page.wait_for_function("(e) => e.scrollLeft > 0", arg=screen.element_handle(), timeout=2000)


def test_tabs_are_chosen_by_keyboard_everywhere_and_remembered(read: Open) -> None:
    reader = read()
    tabs = reader.page.get_by_role("tab")
    tabs.first.focus()
    reader.page.keyboard.press("End")
    assert reader.page.locator('[aria-selected="true"]').all_inner_texts() == ["Lmod", "Lmod"]
    assert [tab.get_attribute("tabindex") for tab in tabs.all()] == ["-1", "0", "-1", "0"]
    assert reader.page.locator(".dw-panel:visible .dw-out").first.inner_text().endswith("8.6.19")
    reader.page.reload()
    assert reader.page.locator('[aria-selected="true"]').all_inner_texts() == ["Lmod", "Lmod"]


def test_another_walks_output_follows_the_tab(read: Open) -> None:
    reader = read()
    variant = reader.block("echo hello").locator(".dw-variant")
    assert variant.get_attribute("open") is None
    reader.page.get_by_role("tab", name="Lmod").first.click()
    assert variant.locator(".dw-out:visible").inner_text() == "hello from Lmod"


@pytest.mark.parametrize("name", PAGES)
def test_no_request_leaves_the_machine_and_nothing_complains(read: Open, name: str) -> None:
    reader = read(name)
    assert [url for url in reader.requests if not url.startswith(("file:", "data:"))] == []
    assert reader.complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_sideways_scrolling(read: Open, name: str) -> None:
    assert read(name, viewport={"width": 320, "height": 640}).page.evaluate(OVERFLOW) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_text_has_aa_contrast(read: Open, name: str, scheme: str) -> None:
    page = read(name, color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('article details').forEach((each) => { each.open = true; })")
    assert page.evaluate(CONTRASTS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_the_article(read: Open, axe: Path, name: str, scheme: str) -> None:
    page = read(name, color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('article details').forEach((each) => { each.open = true; })")
    page.add_script_tag(path=axe)
    found = page.evaluate("axe.run('article').then((found) => found.violations)")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_without_javascript_everything_is_there_but_the_buttons(read: Open) -> None:
    page = read(java_script_enabled=False).page
    assert page.locator(".dw-copy:visible").count() == 0
    assert page.locator(".dw-out").first.inner_text() == "one"


def test_old_pages_say_so_to_whoever_reads_them_late(read: Open) -> None:
    reader = read("index")
    reader.page.clock.set_fixed_time("2026-12-22T12:00:00Z")
    reader.page.goto(reader.page.url.replace("index", "tutorials/1-blocks"))
    note = reader.page.locator(".dw-old")
    assert note.inner_text() == (
        "12 of the 14 blocks of this page are stale now: recorded up to 30 days ago, and this site calls a "
        "recording stale after 7 days. They may still hold; nobody has looked since."
    )


def test_the_verification_page_links_every_block(read: Open) -> None:
    page = read("verification").page
    targets = page.locator("tbody a[href*='#block-']").evaluate_all("(all) => all.map((a) => a.href)")
    assert len(targets) == 17
    page.goto(targets[0])
    assert page.locator(".dw:target .dw-command").first.inner_text() == "echo one"


def test_programs_find_the_same_in_json(small_site: Path) -> None:
    values = json.loads((small_site / "verification.json").read_text("utf-8"))
    assert values["counts"] == {"verified": 6, "ran": 6, "failing": 1, "not run": 4}


EXERCISES = "tutorials/3-exercises"


def test_a_solution_is_folded_and_unfolds_by_keyboard(read: Open) -> None:
    page = read(EXERCISES).page
    command = page.locator(".dw-solution .dw-command")
    assert not command.is_visible()
    page.locator(".dw-solution > summary").focus()
    page.keyboard.press("Enter")
    assert command.is_visible()


def test_a_link_to_a_block_in_a_solution_unfolds_it(read: Open) -> None:
    page = read(EXERCISES).page
    block = page.locator(".dw-solution .dw")
    page.evaluate("(id) => { location.hash = id; }", block.get_attribute("id"))
    block.wait_for(state="visible")


def test_solutions_are_open_in_print_and_folded_again_after_it(read: Open) -> None:
    page = read(EXERCISES).page
    solution = page.locator("details.dw-solution")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert solution.get_attribute("open") is not None
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert solution.get_attribute("open") is None


def test_without_javascript_solutions_are_open(read: Open) -> None:
    assert read(EXERCISES, java_script_enabled=False).page.locator(".dw-solution .dw-command").is_visible()


def test_a_link_leads_to_its_exercise(read: Open) -> None:
    page = read(EXERCISES).page
    page.get_by_role("link", name="the exercise").click()
    assert page.locator(":target").inner_text().startswith("Exercise 1: Print one")
