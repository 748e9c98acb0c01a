"""For tests: a small site built in this process.

Input: a folder of pages with a pyproject.toml; output: what Sphinx warned of. The build goes to a folder that
is named as its builder.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-11-22T12:00:00+00:00"
"""The time at which ages are computed."""


def build_site(project: Path, *, builder: str = "html", **settings: object) -> str:
    """Build every Markdown file of `project` anew, and return what Sphinx warned of.

    Args:
        project: the folder; the site goes to its folder `builder`.
        builder: name of Sphinx's builder.
        settings: further ones, as in conf.py.
    """
    warnings = StringIO()
    with docutils_namespace():
        app = Sphinx(
            srcdir=project,
            confdir=None,
            outdir=project / builder,
            doctreedir=project / f"{builder}-doctrees",
            buildername=builder,
            confoverrides={
                "extensions": ["myst_parser", "sphinx_tabs.tabs", "docwalk.sphinx_ext"],
                "include_patterns": ["*.md"],
                "html_theme": "basic",
                "docwalk_project": str(project),
                "docwalk_now": NOW,
                **settings,
            },
            status=None,
            warning=warnings,
        )
        app.build(force_all=True)
    return warnings.getvalue()
