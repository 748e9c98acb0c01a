"""Expected lines held against those that came: rules, alignment, and how update writes them anew."""
