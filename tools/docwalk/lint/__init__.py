"""`docwalk lint`: what is well-formed on a page, and still a mistake or a risk for its readers."""
