"""What a reader takes along from a page: all of its commands at once, and scripts that were run."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from docwalk.sphinx_ext.badges import prose_html
from docwalk.sphinx_ext.dates import time_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.sphinx_ext.scripts import PageScript


def take_away_html(scripts: Sequence[PageScript], *, root_url: str) -> str:
    """What stands below the banner of a page; empty where nothing is walked.

    Args:
        scripts: those of the page's walks.
        root_url: the site's root as the page links to it, empty or with a final slash.
    """
    if not scripts:
        return ""
    offered = sum(bool(script.path) for script in scripts)
    title = (
        "Copy all of it, or take it along as a script"
        if offered
        else "All commands at once; why there is no script"
    )
    items = "\n".join(_item(script, root_url, is_only=len(scripts) == 1) for script in scripts)
    return (
        f'<details class="dw-take"><summary>{title}</summary>\n'
        '<p class="dw-all" hidden><button type="button" class="dw-copy dw-copy-page" data-dw-copy="" hidden>'
        'Copy all commands of this page</button> <span class="dw-said"></span></p>\n'
        f"<ul>\n{items}\n</ul>\n</details>"
    )


def _item(script: PageScript, root_url: str, *, is_only: bool) -> str:
    choices = {choice.group: choice.label for choice in script.choices}
    data = escape(json.dumps(choices, ensure_ascii=False))
    whose = ", ".join(choice.label for choice in script.choices)
    lead = "" if is_only or not whose else f"{escape(whose, quote=False)}: "
    start = f'<li data-dw-choices="{data}" data-dw-shell="{escape(script.shell)}">'
    if not script.path:
        reason = prose_html(script.reason)
        said = f"{lead}no script: {reason}." if lead else f"No script: {reason}."
        return f"{start}{said}</li>"
    name = script.path.rpartition("/")[2]
    href = escape(root_url + quote(script.path))
    link = f'<a href="{href}" download><code>{escape(name, quote=False)}</code></a>'
    return (
        f"{start}{lead}{link}, for {script.shell}. It was run on {time_html(script.tested_at)} in a fresh "
        f"<code>{escape(script.environment, quote=False)}</code>: "
        f"{_counted(script.status_count, 'status', 'statuses')} and "
        f"{_counted(script.output_count, 'output', 'outputs')} as on this page.</li>"
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
