"""Each tutorial, followed by copy and paste only, in a fresh copy of the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.container

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "tutorials").glob("[0-9]*.md"))


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_reader_reaches_the_end(page: Path, site: Path, follow: Callable[..., tuple[str, ...]]) -> None:
    assert follow(ROOT, page, site) == ()
