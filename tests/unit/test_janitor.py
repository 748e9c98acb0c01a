"""Janitor: folders of instances, their locks, and who removes them."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from typing import TYPE_CHECKING

from docwalk.backend.janitor import Janitor, make_folder, remove_if_unused

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

GONE_S = 10.0


def is_gone(folder: Path) -> bool:
    end = time.monotonic() + GONE_S
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return not folder.exists()


def test_a_folder_in_use_is_left_alone_and_removed_afterwards(tmp_path: Path) -> None:
    folder, lock = make_folder(tmp_path)
    remove_if_unused(folder, wait_s=0)
    assert folder.exists()
    os.close(lock)
    remove_if_unused(folder, wait_s=0)
    assert not folder.exists()


def test_folders_without_permissions_are_removed(tmp_path: Path) -> None:
    (tmp_path / "i-old" / "work" / "work").mkdir(parents=True)
    (tmp_path / "i-old" / "work" / "work").chmod(0)
    (tmp_path / "i-old" / "upper").mkdir(mode=0o500)
    remove_if_unused(tmp_path / "i-old", wait_s=0)
    assert not (tmp_path / "i-old").exists()


def test_a_link_out_of_the_folder_is_removed_and_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (tmp_path / "i-old").mkdir()
    (tmp_path / "i-old" / "link").symlink_to(kept)
    remove_if_unused(tmp_path / "i-old", wait_s=0)
    assert (kept / "file").exists()
    assert not (tmp_path / "i-old").exists()


def test_a_folder_that_another_run_swept_away_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made = tempfile.mkdtemp, []

    def swept_once(*, dir: Path, prefix: str) -> str:  # noqa: A002 - mkdtemp's own name
        made.append(real(dir=dir, prefix=prefix))
        if len(made) == 1:
            shutil.rmtree(made[0])
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept_once)
    folder, lock = make_folder(tmp_path)
    os.close(lock)
    assert (len(made), str(folder)) == (2, made[1])


def test_when_the_run_is_gone_its_watched_folders_go(tmp_path: Path) -> None:
    (tmp_path / "i-left").mkdir()
    janitor = Janitor(tmp_path)
    # Before the folders are made: the sweep of what earlier runs left takes whatever nobody holds.
    assert is_gone(tmp_path / "i-left")
    watched, watched_lock = make_folder(tmp_path)
    forgotten, forgotten_lock = make_folder(tmp_path)
    for each in (watched, forgotten):
        janitor.watch(each)
    janitor.forget(forgotten)
    os.close(watched_lock)
    os.close(forgotten_lock)
    janitor.close()
    assert is_gone(watched)
    assert forgotten.exists()
