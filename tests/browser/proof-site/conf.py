"""A site for tests of what is known of blocks; all but its pages is as in the project's own conf.py."""

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
project = "Site with proof"
include_patterns = ["*.md", "tutorials/**"]
docwalk_now = "2026-11-22T12:00:00+00:00"
docwalk_axis_titles = {"modules": "Module system"}
docwalk_verification_page = "verification"
