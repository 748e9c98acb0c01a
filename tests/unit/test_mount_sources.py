"""Folders of the machine that are mounted, where the account of root's sandboxes could not reach them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.contents import reachable_source

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="other accounts mount what they can read themselves"
)


@pytest.fixture
def source() -> Iterator[Path]:
    """A folder with a file, in a folder that everybody may pass through."""
    with TemporaryDirectory() as name:
        above = Path(name)
        above.chmod(0o755)
        (above / "source" / "below").mkdir(parents=True)
        (above / "source" / "below" / "file").write_text("content", encoding="utf-8")
        yield above / "source"


def test_a_folder_that_everybody_reaches_is_mounted_as_it_is(source: Path, tmp_path: Path) -> None:
    assert reachable_source(source, tmp_path) == source


def test_a_folder_below_a_closed_one_is_copied_for_everybody_to_read(source: Path, tmp_path: Path) -> None:
    (source / "below" / "file").chmod(0o600)
    source.parent.chmod(0o700)
    copied = reachable_source(source, tmp_path)
    assert copied.is_relative_to(tmp_path)
    assert (copied / "below" / "file").read_text("utf-8") == "content"
    modes = [stat.S_IMODE(path.stat().st_mode) & 0o5 for path in (copied, copied / "below")]
    assert (modes, (copied / "below" / "file").stat().st_mode & 0o4) == ([0o5, 0o5], 0o4)
