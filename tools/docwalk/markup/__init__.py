"""What a page's Markdown says, before it is blocks: fences, directives, options, front matter."""
