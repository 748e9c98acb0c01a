"""The site: landing page, tutorials and documentation, rendered from the records of the last walks.

Its name is in `[tool.docwalk.site]` of pyproject.toml, with everything else that a centre calls its own.
"""

from __future__ import annotations

author = "the docwalk authors"
extensions = ["myst_parser", "sphinx_tabs.tabs", "docwalk.sphinx_ext"]
root_doc = "index"
include_patterns = ["index.md", "tutorials/**", "docs/**"]

# Ours: one page holds the status of everything.
docwalk_verification_page = "docs/verification"

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
smartquotes_action = "qe"  # no dashes: `--user` in a heading is an option

# What readers see as the name of a choice, where it is not the axis' own name.
docwalk_axis_titles = {"modules": "Module system"}

html_theme = "docwalk"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False
