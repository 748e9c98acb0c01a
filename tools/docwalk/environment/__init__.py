"""Environments: what they are made of, how their layers are built, and where they are kept."""
