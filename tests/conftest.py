"""What all tests share: expected text in files beside their input, rewritten by `--regen`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# The same examples each time: what CI says depends on the change alone;
# HYPOTHESIS_PROFILE=explore finds others.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("explore")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--regen`."""
    parser.addoption("--regen", action="store_true", help="rewrite the expected files of tests/cases")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse `--regen` where nobody would look at what it wrote."""
    if config.getoption("--regen") and os.environ.get("CI"):
        raise pytest.UsageError("--regen is for people who read the difference, not for CI")


@pytest.fixture
def matches_file(request: pytest.FixtureRequest) -> Callable[[str, Path], None]:
    """Compare text with a file, or write it there under `--regen`."""

    def compare(actual: str, expected_path: Path) -> None:
        if request.config.getoption("--regen"):
            expected_path.write_text(actual, encoding="utf-8")
        assert actual == expected_path.read_text(encoding="utf-8")

    return compare
