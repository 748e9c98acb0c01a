"""What the first page says of the others: their order, the time they take."""

from __future__ import annotations

import pytest

from docwalk.sphinx_ext.landing import SeriesEntry, pages_of_series, series_html, time_of


def test_pages_are_in_the_order_of_their_numbers() -> None:
    names = ["t/10-last", "t/2-next", "t/0-first", "t/no-number", "docs/1-other"]
    assert pages_of_series(names, "t/*") == ["t/0-first", "t/2-next", "t/10-last", "t/no-number"]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Time: ten minutes. You need: an account.", "ten minutes"),
        ("Time: half an\nhour, a few minutes of which are downloads.", "half an hour"),
        ("There is no Time to lose.", ""),
    ],
)
def test_a_page_says_how_long_it_takes(text: str, time: str) -> None:
    assert time_of(text) == time


def test_a_page_without_number_line_and_blocks_is_its_title() -> None:
    entry = SeriesEntry(url="a.html", title="A < B", line="", time="", facts=None)
    assert series_html([entry]) == (
        '<ol class="dw-series">\n<li>\n<p><a href="a.html">A &lt; B</a></p>\n\n</li>\n</ol>'
    )
