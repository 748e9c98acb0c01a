"""The frame around the pages: the list of all pages, and what a page says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docutils.core import publish_doctree

from docwalk.sphinx_ext.look import DESCRIPTION_CHARACTERS, first_sentences
from docwalk.sphinx_ext.navigation import navigation_html

if TYPE_CHECKING:
    from docutils import nodes

LEAF = '<li class="toctree-l1"><a class="reference internal" href="a.html">A</a></li>'
BRANCH = (
    '<li class="toctree-l1{current} has-children"><a class="reference internal" href="b.html">B</a>'
    '<input aria-label="Toggle navigation of B" class="toctree-checkbox" id="t" type="checkbox"/>'
    '<label for="t"><span class="icon"></span></label>'
    '<ul><li class="toctree-l2"><a class="reference internal" href="c.html">C</a></li></ul></li>'
)


def test_a_page_without_pages_below_it_is_a_plain_link() -> None:
    assert navigation_html(f"<ul>{LEAF}</ul>") == f"<ul>{LEAF}</ul>"


@pytest.mark.parametrize(("current", "opened"), [("", ""), (" current", ' open=""')])
def test_a_branch_is_a_fold_that_is_open_around_the_page_being_read(current: str, opened: str) -> None:
    assert navigation_html("<ul>" + BRANCH.replace("{current}", current) + "</ul>") == (
        f'<ul><li class="toctree-l1{current} has-children"><a class="reference internal" href="b.html">B</a>'
        f'<details{opened}><summary aria-label="Pages below B"></summary>'
        '<ul><li class="toctree-l2"><a class="reference internal" href="c.html">C</a></li></ul>'
        "</details></li></ul>"
    )


def test_the_page_being_read_is_said_to_be_it() -> None:
    tree = (
        '<ul><li class="toctree-l1 current current-page">'
        '<a class="current reference" href="#">A</a></li></ul>'
    )
    assert navigation_html(tree) == (
        '<ul><li class="toctree-l1 current current-page">'
        '<a aria-current="page" class="current reference" href="#dw-main">A</a></li></ul>'
    )


def test_a_caption_is_no_heading_without_a_level() -> None:
    caption = '<p class="caption" role="heading"><span class="caption-text">Tutorials</span></p>'
    assert navigation_html(caption) == caption.replace(' role="heading"', "")


def page(text: str) -> nodes.document:
    """A page as Sphinx gives it: the title heads a section."""
    return publish_doctree(text, settings_overrides={"doctitle_xform": False})


def test_a_page_is_described_by_its_first_paragraph() -> None:
    assert first_sentences(page("Title\n=====\n\nShort, with ``code``\nand a line.\n\nMore.\n")) == (
        "Short, with code and a line."
    )


def test_a_long_first_paragraph_is_cut_at_a_word() -> None:
    description = first_sentences(page("Title\n=====\n\n" + "eleven, and " * 30 + "\n"))
    assert description.endswith("eleven, and…")
    assert len(description) <= DESCRIPTION_CHARACTERS


def test_a_page_without_a_paragraph_has_no_description() -> None:
    assert first_sentences(page("Title\n=====\n\n- a list\n")) == ""
