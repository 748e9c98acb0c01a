"""The list of all pages: furo's tree with folds that a keyboard opens and that need no script.

furo folds by hidden checkboxes with labels, which no keyboard reaches. Here each branch is a `<details>`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from bs4 import Tag


@functools.lru_cache(maxsize=256)
def navigation_html(tree: str) -> str:
    """The tree with each branch as `<details>`, that of the page being read open.

    Args:
        tree: furo's `furo_navigation_tree`; may be empty.
    """
    soup = BeautifulSoup(tree, "html.parser")
    for caption in soup.select("p.caption"):
        caption.attrs.pop("role", None)
    for item in soup.select("li.has-children"):
        _fold(soup, item)
    for link in soup.select("li.current-page > a"):
        link["href"] = "#dw-main"
        link["aria-current"] = "page"
    return str(soup)


def _fold(soup: BeautifulSoup, item: Tag) -> None:
    for each in item.find_all(["input", "label"], recursive=False):
        each.decompose()
    link, children = item.find("a", recursive=False), item.find("ul", recursive=False)
    if link is None or children is None:
        return
    details = soup.new_tag("details")
    if "current" in (item.get("class") or ()):
        details["open"] = ""
    summary = soup.new_tag("summary", attrs={"aria-label": f"Pages below {link.get_text()}"})
    children.wrap(details)
    details.insert(0, summary)
