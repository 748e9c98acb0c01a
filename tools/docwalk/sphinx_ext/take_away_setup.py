"""Registers what readers take along with Sphinx: scripts beside the pages, and what the buttons need."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.sphinx_ext.recipes import add_recipes
from docwalk.sphinx_ext.scripts import FOLDER

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from docwalk.sphinx_ext.extension import Extension


def add_take_away(app: Sphinx, extension: Extension) -> None:
    """Register handlers, styles and script."""

    def write_scripts(app: Sphinx, exception: Exception | None) -> None:
        if exception is not None or app.builder.format != "html":
            return
        folder = Path(app.outdir)
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
        for scripts in extension.site.scripts.values():
            for script in (each for each in scripts if each.path):
                path = folder / script.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(script.text, encoding="utf-8")

    app.connect("build-finished", write_scripts)
    add_recipes(app, extension)
    app.add_css_file("docwalk-copy.css")
    # After docwalk.js, which shows every button: this hides the page's own where it cannot be used.
    app.add_js_file("docwalk-copy.js", priority=600, loading_method="defer")
