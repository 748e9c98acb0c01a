"""docwalk: documentation whose every shell block is run in a disposable copy of a cluster."""

__version__ = "0.1.0"
