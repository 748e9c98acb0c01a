"""One rule a file: its name, what it says of itself, and `check`, from a page to what it found."""
