"""Reports: results as text for people; nothing is decided here."""
