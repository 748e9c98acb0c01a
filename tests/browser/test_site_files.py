"""The files of this project's own site: every link leads somewhere, and every page is valid HTML."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.browser

RULES = {
    "extends": ["html-validate:recommended"],
    "rules": {
        # Style: Sphinx writes void elements, doctype and booleans as XHTML did; both are valid.
        "void-style": "off",
        "doctype-style": "off",
        "attribute-boolean-style": "off",
        "no-trailing-whitespace": "off",
        # Sphinx's search finds what it shows of a page by [role=main]; its captions are headings by role.
        "prefer-native-element": ["error", {"exclude": ["main", "heading"]}],
        # HTML allows every id without spaces.
        "valid-id": ["error", {"relaxed": True}],
        # A filter acts while it is written, and submits nothing.
        "wcag/h32": "off",
        # Colours that a program printed, beyond the sixteen that have names.
        "no-inline-style": "off",
        # Its length is for search engines; ours are titles of pages.
        "long-title": "off",
    },
}
_CSS_URL = re.compile(r"url\(\s*[\"']?([^)\"']+)")


def links(page: Path) -> Iterator[str]:
    """Every address that a page links to or loads."""
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    for element in soup.select("[href], [src]"):
        for attribute in ("href", "src"):
            if attribute in element.attrs:
                yield str(element[attribute])


def broken_links(site: Path) -> list[str]:
    """What no page of the folder should say: links to files or anchors that are not there."""
    found = []
    for page in sorted(site.rglob("*.html")):
        name = page.relative_to(site).as_posix()
        found += [f"{name}: {link}: {why}" for link in links(page) if (why := fault(site, page, link))]
    for style in sorted(site.rglob("*.css")):
        name = style.relative_to(site).as_posix()
        found += [
            f"{name}: {link}: no such file"
            for link in _CSS_URL.findall(style.read_text("utf-8"))
            if not link.startswith(("data:", "#")) and not (style.parent / link).is_file()
        ]
    return found


def fault(site: Path, page: Path, link: str) -> str:
    """What is wrong with a link of a page; empty where nothing is, or where it leads outside."""
    parts = urlsplit(link)
    if parts.scheme or link.startswith("//"):
        return ""
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
    if not target.is_file() or not target.is_relative_to(site.resolve()):
        return "no such file"
    if parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in anchors(target):
        return "no such place on the page"
    return ""


@functools.cache
def anchors(page: Path) -> frozenset[str]:
    """Ids on a page."""
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    return frozenset(str(element["id"]) for element in soup.select("[id]"))


def test_every_link_leads_somewhere(whole_site: Path) -> None:
    assert "\n".join(broken_links(whole_site)) == ""


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html">1</a><a href="#x">2</a><a href="#y" id="x">3</a><a href="../o.html">4</a>'
        '<a href="mailto:a@b">5</a><img src="c.png"><a href="a.html#%C3%A9">6</a><p id="é"></p>',
        "utf-8",
    )
    (tmp_path / "s.css").write_text("a { background: url(d.png); } b { background: url('data:,'); }", "utf-8")
    assert broken_links(tmp_path) == [
        "a.html: b.html: no such file",
        "a.html: #y: no such place on the page",
        "a.html: ../o.html: no such file",
        "a.html: c.png: no such file",
        "s.css: d.png: no such file",
    ]


def test_lychee_agrees(whole_site: Path) -> None:
    if shutil.which("lychee") is None:
        pytest.skip("there is no lychee on PATH; the links of the site are checked without it")
    ran = subprocess.run(
        ["lychee", "--offline", "--include-fragments", "--no-progress", str(whole_site)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


@pytest.fixture(scope="module")
def html_validate(npm_package: Callable[[str], Path]) -> Path:
    """html-validate's program; the last version that Node 18 runs, which is what Debian has."""
    return npm_package("html-validate@9.7.1") / ".bin" / "html-validate"


def invalid(html_validate: Path, site: Path, folder: Path) -> list[str]:
    """What html-validate says of the pages of a site; configuration and report go to a folder."""
    config, report = folder / ".htmlvalidate.json", folder / "report.json"
    config.write_text(json.dumps({"root": True, **RULES}), "utf-8")
    pages = sorted(str(path) for path in site.rglob("*.html"))
    with report.open("w", encoding="utf-8") as out:
        ran = subprocess.run(
            [
                *(str(html_validate), "--config", str(config), "--formatter", "json", *pages),
            ],
            cwd=folder,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode in {0, 1}, ran.stderr
    return [
        f"{Path(page['filePath']).relative_to(site)}:{message['line']}: {message['ruleId']}: "
        f"{message['message']}"
        for page in json.loads(report.read_text("utf-8"))
        for message in page["messages"]
    ]


def test_every_page_is_valid_html(html_validate: Path, whole_site: Path, tmp_path: Path) -> None:
    assert "\n".join(invalid(html_validate, whole_site, tmp_path)) == ""


def test_what_is_not_valid_is_found(html_validate: Path, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<!doctype html>\n<html lang="en"><head><title>t</title></head>\n'
        '<body><p id="a">1<p id="a">2</body></html>\n',
        "utf-8",
    )
    assert [each.split(":")[2].strip() for each in invalid(html_validate, tmp_path, tmp_path)] == [
        "no-implicit-close",
        "no-implicit-close",
        "no-dup-id",
    ]
