"""Every tab of this project's own site in a real Chromium: links open it, a choice holds on every page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix()
    for folder in ("tutorials", "docs")
    for path in (ROOT / folder).rglob("*.md")
    if re.search(r"^`+\{tabs\}", path.read_text("utf-8"), re.MULTILINE)
)

CLOSED = """async (selector) => {
  const closed = [];
  for (const target of document.querySelectorAll(selector)) {
    const heard = new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
    location.hash = `#${target.id}`;
    await heard;
    if (target.closest(".dw-panel[hidden]")) closed.push(target.id);
  }
  return closed;
}"""
"""Ids of targets whose link does not open every tab around them."""

NOT_SHOWN = """([axis, label]) => Array.from(document.querySelectorAll(`.dw-panel[data-dw-axis="${axis}"]`))
  .filter((panel) => panel.dataset.dwLabel === label && panel.hidden)
  .map((panel) => panel.id)"""
"""Ids of panels for a label that are hidden all the same."""


@pytest.mark.parametrize("name", PAGES)
def test_a_link_opens_every_tab(read_in: Callable[..., Any], whole_site: Path, name: str) -> None:
    page = read_in(whole_site, name, now=None).page
    assert page.locator(".dw-panel").count() > 0
    assert page.evaluate(CLOSED, ".dw-panel[id]") == []


@pytest.mark.parametrize("name", PAGES)
def test_a_link_to_a_block_opens_every_tab_around_it(
    read_in: Callable[..., Any], whole_site: Path, name: str
) -> None:
    page = read_in(whole_site, name, now=None).page
    assert page.evaluate(CLOSED, ".dw-panel .dw[id]") == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("axis", "label"), [("shell", "Zsh"), ("shell", "fish"), ("modules", "Lmod"), ("shell", "Bash")]
)
def test_a_choice_for_the_site_holds_on_the_page(
    read_in: Callable[..., Any], whole_site: Path, name: str, axis: str, label: str
) -> None:
    page = read_in(whole_site, "index", now=None).page
    page.locator(f'.dw-choices select[data-dw-axis="{axis}"]').select_option(label)
    page.goto((whole_site / f"{name}.html").as_uri())
    assert page.evaluate("docwalk.choices()")[axis] == label
    assert page.evaluate(NOT_SHOWN, [axis, label]) == []


def test_tabs_that_stay_closed_are_found(read_in: Callable[..., Any], tabs_site: Path) -> None:
    page = read_in(tabs_site, "tutorials/2-more").page
    # Neither the browser opens them, nor does our script find what a link leads to.
    page.add_init_script("delete HTMLElement.prototype.onbeforematch; document.getElementById = () => null;")
    page.reload()
    assert page.evaluate(CLOSED, ".dw-panel[id]") == ["shell-zsh", "its-own-with-printf"]


def test_panels_that_are_not_shown_are_found(read_in: Callable[..., Any], tabs_site: Path) -> None:
    page = read_in(tabs_site, "tutorials/1-choices").page
    assert page.evaluate(NOT_SHOWN, ["shell", "Zsh"]) == ["start-shell-zsh", "again-shell-zsh"]
