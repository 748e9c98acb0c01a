"""The driver: types into terminals of any shell and says what came out, and how it ended."""
