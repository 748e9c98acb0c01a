"""The site: its pages, and what docwalk knows of them. Title and logo come from `[tool.docwalk.site]`."""

extensions = ["myst_parser", "sphinx_tabs.tabs", "docwalk.sphinx_ext"]
include_patterns = ["index.md", "tutorials/**", "docs/**"]

docwalk_verification_page = "docs/verification"

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

html_theme = "docwalk"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
