"""Markdown that nobody wrote for docwalk: what in it can be tried, tried, and said of each block."""
