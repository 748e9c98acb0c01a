"""The files of this project's own site: every link leads somewhere, and every page is valid HTML."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

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


def broken_links(site: Path, folder: Path) -> list[str]:
    """What lychee says of links to files or places that are not there; the site is copied to a folder first.

    A link that leaves the site finds nothing there, whatever lies beside the folder it was built in.
    """
    copy = shutil.copytree(site, folder / "site")
    ran = subprocess.run(
        ["lychee", "--offline", "--include-fragments", "--no-progress", "--format", "json", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in {0, 2}, ran.stderr
    return sorted(
        f"{Path(page).relative_to(copy)}:{found['span']['line']}: "
        f"{found['url'].removeprefix(folder.as_uri() + '/')}: {found['status']['text'].partition('.')[0]}"
        for page, all_found in json.loads(ran.stdout)["error_map"].items()
        for found in all_found
    )


def test_every_link_leads_somewhere(whole_site: Path, tmp_path: Path) -> None:
    assert "\n".join(broken_links(whole_site, tmp_path)) == ""


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    site = tmp_path / "built"
    site.mkdir()
    (site / "a.html").write_text(
        '<a href="b.html">1</a>\n<a href="#x">2</a>\n<a href="#y" id="x">3</a>\n<a href="../o.html">4</a>\n'
        '<a href="mailto:a@b">5</a>\n<img src="c.png">\n<a href="a.html#%C3%A9">6</a>\n<p id="é"></p>\n',
        "utf-8",
    )
    (tmp_path / "o.html").write_text("no page of the site", "utf-8")
    (site / "s.css").write_text("a { background: url(d.png); } b { background: url('data:,'); }", "utf-8")
    assert broken_links(site, tmp_path / "copy") == [
        "a.html:1: site/b.html: File not found",
        "a.html:3: site/a.html#y: Cannot find fragment",
        "a.html:4: o.html: File not found",
        "a.html:6: site/c.png: File not found",
        "s.css:1: site/d.png: File not found",
    ]


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
