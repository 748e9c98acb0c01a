"""Every copy button of this project's tutorials: the clipboard holds what the records say was sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.config import load_project
from docwalk.plan import load_plan
from docwalk.record import load_records
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "tutorials").glob("[0-9]*.md"))
PRESS_ALL = """async () => {
  const found = {};
  for (const block of document.querySelectorAll(".dw[data-dw-block]:not(.dw-file)")) {
    const copied = [];
    for (const button of block.querySelectorAll(".dw-bar .dw-copy")) {
      button.click();
      await new Promise((done) => setTimeout(done, 15));
      copied.push(await navigator.clipboard.readText());
    }
    if (copied.length) found[block.dataset.dwBlock] = copied.join("\\n");
  }
  return found;
}"""


def sent(page: Path, site: Path) -> Mapping[str, set[str]]:
    """What was sent for each block of a page, in any of its walks that the site has as they are now."""
    project = load_project(ROOT)
    records = load_records(site / "records")
    found: dict[str, set[str]] = {}
    for walk in load_plan([page], project)[1].walks:
        record = records.get(walk.name)
        if record is None or record.walk_digest != walk.digest or record.failing_step is not None:
            continue
        commands: dict[str, list[str]] = {}
        for step in (each for each in record.result.steps if each.outcome is not Outcome.NOT_RUN):
            commands.setdefault(step.block_id, []).append(step.command_sent)
        for block_id, texts in commands.items():
            found.setdefault(block_id, set()).add("\n".join(texts))
    return found


def wrong_buttons(window: Page, expected: Mapping[str, set[str]]) -> dict[str, str]:
    """What the clipboard holds otherwise than any record, by block."""
    copied = window.evaluate(PRESS_ALL)
    checked = {block_id: text for block_id, text in copied.items() if block_id in expected}
    assert checked
    return {block_id: text for block_id, text in checked.items() if text not in expected[block_id]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_clipboard_holds_what_was_sent(chromium: Browser, whole_site: Path, page: Path) -> None:
    expected = sent(page, whole_site)
    if not expected:
        pytest.skip(f"there is no passing record of this page as it is now: docwalk run {page}")
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    window = context.new_page()
    window.goto((whole_site / "tutorials" / f"{page.stem}.html").as_uri())
    assert wrong_buttons(window, expected) == {}
    first = window.locator(".dw:not(.dw-file) .dw-bar .dw-copy").first
    first.evaluate("(button) => { button.dataset.dwCopy += ' '; }")
    assert len(wrong_buttons(window, expected)) == 1
    context.close()
