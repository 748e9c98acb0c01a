"""What a store holds that nobody needs: found, shown, and removed."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.janitor import is_held
from docwalk.environment.definition import load_environment
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.prune import find_removable, remove
from docwalk.environment.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.environment.definition import Environment

YEAR_S = 365 * 86400


@pytest.fixture
def small(tmp_path: Path) -> Environment:
    """A definition of one layer."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "environment.toml").write_text('title = "S"\n[base]\nsuite = "bookworm"\n', encoding="utf-8")
    return load_environment(folder)


@pytest.fixture
def store(tmp_path: Path, small: Environment) -> Store:
    """A store with that layer and its manifest, one of each that nobody needs, and two downloads."""
    made = Store(folder=tmp_path / "store", fallback=None)
    (made.folder / "environments").mkdir(parents=True)
    for digest in (layer_digests(small)[0], "f" * 64):
        (made.layer_dir(digest) / "fs" / "etc").mkdir(parents=True)
        (made.layer_dir(digest) / "layer.json").write_text("{}", encoding="utf-8")
    for digest in (environment_digest(small), "sha256:" + "f" * 64):
        made.manifest_path(digest).write_text("{}", encoding="utf-8")
    (made.folder / "layers" / ".building-1").mkdir()
    (made.folder / "downloads").mkdir()
    for name, age_s in (("old.whl", YEAR_S), ("new.whl", 0)):
        path = made.folder / "downloads" / name
        path.write_text("x", encoding="utf-8")
        os.utime(path, (time.time() - age_s,) * 2)
    (made.folder / "instances" / "i-left").mkdir(parents=True)
    (made.folder / "instances" / "i-held").mkdir()
    (made.folder / "instances" / "i-held" / "lock").touch()
    return made


def names(store: Store, *environments: Environment) -> list[str]:
    found = find_removable(store, environments, older_than_days=30, is_open=is_held)
    return [str(each.path.relative_to(store.folder)) for each in found]


def test_what_a_definition_needs_stays(store: Store, small: Environment) -> None:
    with (store.folder / "instances" / "i-held" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert names(store, small) == [
            "layers/.building-1",
            "layers/ffffffffffffffff",
            "environments/ffffffffffffffff.json",
            "downloads/old.whl",
            "instances/i-left",
        ]


def test_without_definitions_nothing_is_needed(store: Store, small: Environment) -> None:
    assert store.layer_dir(layer_digests(small)[0]).relative_to(store.folder).as_posix() in names(store)


def test_looking_removes_nothing_and_removing_only_what_was_found(store: Store, small: Environment) -> None:
    found = find_removable(store, [small], older_than_days=30, is_open=is_held)
    assert all(each.path.exists() for each in found)
    remove(store, found, on_wait=lambda: None)
    assert names(store, small) == []
    assert store.find(small) is not None
    assert (store.folder / "downloads" / "new.whl").exists()
    assert sorted(path.name for path in (store.folder / "layers").iterdir()) == [
        store.layer_dir(layer_digests(small)[0]).name
    ]
