"""How old a base is, and what is built anew."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.age import base_age_days, discard, is_old
from docwalk.environment.definition import load_environment
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.store import Store
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.environment.store import BuiltEnvironment

NOW_S = 1_800_000_000
DAY_S = 86400


def build(folder: Path, name: str, *, built_at: int | None) -> tuple[Store, BuiltEnvironment]:
    """An environment of one layer, as a build leaves it."""
    definition = folder / "environments" / name
    definition.mkdir(parents=True)
    (definition / "environment.toml").write_text(
        f'title = "S"\n[base]\nsuite = "bookworm"\npackages = ["{name}"]\n', encoding="utf-8"
    )
    environment = load_environment(definition)
    store = Store(folder=folder / "store", fallback=None)
    layer = store.layer_dir(layer_digests(environment)[0])
    (layer / "fs").mkdir(parents=True)
    facts = {} if built_at is None else {"built_at": built_at}
    (layer / "layer.json").write_text(json.dumps(facts), encoding="utf-8")
    manifest = store.manifest_path(environment_digest(environment))
    manifest.parent.mkdir(exist_ok=True)
    manifest.write_text("{}", encoding="utf-8")
    built = store.find(environment)
    assert built is not None
    return store, built


@pytest.mark.parametrize(("days", "old"), [(0, False), (30, False), (31, True)])
def test_a_base_of_more_than_thirty_days_is_old(tmp_path: Path, days: int, *, old: bool) -> None:
    _, built = build(tmp_path, "one", built_at=NOW_S - days * DAY_S)
    assert base_age_days(built, now_s=NOW_S) == days
    assert is_old(built, now_s=NOW_S) is old


def test_a_layer_that_does_not_say_when_it_was_made_is_as_old_as_its_file(tmp_path: Path) -> None:
    _, built = build(tmp_path, "one", built_at=None)
    os.utime(built.layers[0].parent / "layer.json", (NOW_S - 3 * DAY_S,) * 2)
    assert base_age_days(built, now_s=NOW_S) == 3


def test_what_is_discarded_is_not_built_and_the_rest_stays(tmp_path: Path) -> None:
    store, one = build(tmp_path, "one", built_at=1)
    _, two = build(tmp_path, "two", built_at=1)
    discard([one], store, held=(), on_wait=lambda: None)
    assert store.find(one.environment) is None
    assert store.find(two.environment) is not None


def test_nothing_to_discard_needs_no_store(tmp_path: Path) -> None:
    store = Store(folder=tmp_path / "none", fallback=None)
    discard((), store, held=[tmp_path], on_wait=lambda: None)
    assert not store.folder.exists()


def test_nothing_is_discarded_below_an_open_instance(tmp_path: Path) -> None:
    store, one = build(tmp_path, "one", built_at=1)
    with pytest.raises(BackendError, match="instances are open, which may stand on any layer"):
        discard([one], store, held=[tmp_path], on_wait=lambda: None)
    assert store.find(one.environment) is not None


def test_another_store_s_environment_is_left_to_its_owner(tmp_path: Path) -> None:
    store, one = build(tmp_path, "one", built_at=1)
    own = Store(folder=tmp_path / "own", fallback=store.folder)
    with pytest.raises(BackendError, match=f"`one` lies in {store.folder}, which is another's"):
        discard([one], own, held=(), on_wait=lambda: None)
    assert store.find(one.environment) is not None
