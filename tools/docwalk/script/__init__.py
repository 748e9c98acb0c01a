"""A walk as a shell script for readers to download: made, run in a fresh copy, and judged."""
