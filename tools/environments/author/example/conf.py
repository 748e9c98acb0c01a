"""The site: pages, rendered from the records of the last walks."""

project = "Our docs"
extensions = ["myst_parser", "docwalk.sphinx_ext"]
html_theme = "furo"
exclude_patterns = ["build"]
