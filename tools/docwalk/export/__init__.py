"""Pages as plain Markdown for forges, with what was recorded in the place of what was expected."""
