"""The small site of the browser tests; everything but the pages is as in the project's own conf.py."""

from __future__ import annotations

import runpy
from pathlib import Path

globals().update(
    {
        name: value
        for name, value in runpy.run_path(str(Path(__file__).parents[3] / "conf.py")).items()
        if name.startswith(("html_", "myst_", "sphinx_", "extensions"))
    }
)
project = html_title = "Small site"
include_patterns = ["*.md", "tutorials/**"]
docwalk_verification_page = "verification"
docwalk_now = "2026-11-22T12:00:00+00:00"
