"""Environments that nest others: how they are defined, found built, and brought inside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.nested import nested_binds
from docwalk.environment.definition import Environment, load_environment
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.store import Store
from docwalk.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

BASE = '\n[base]\nsuite = "bookworm"\npackages = []\n'


def define(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "environment.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def desk(tmp_path: Path) -> Environment:
    """An environment `desk` that nests `small`."""
    define(tmp_path / "small", f'title = "Small"{BASE}')
    return load_environment(define(tmp_path / "desk", f'title = "Desk"\nnested = ["small"]{BASE}'))


def fill(store: Store, environment: Environment) -> None:
    """Make an empty bottom layer and a manifest, as a build leaves them."""
    (store.folder / "environments").mkdir(parents=True, exist_ok=True)
    layer = store.layer_dir(layer_digests(environment)[0])
    (layer / "fs").mkdir(parents=True, exist_ok=True)
    (layer / "layer.json").write_text("{}", encoding="utf-8")
    store.manifest_path(environment_digest(environment)).write_text(json.dumps({}), encoding="utf-8")


def test_what_is_nested_is_loaded(desk: Environment) -> None:
    assert [each.name for each in desk.nested] == ["small"]


def test_what_extends_it_nests_the_same(desk: Environment) -> None:
    child = define(desk.folder.parent / "child", 'title = "Child"\nextends = "desk"\n')
    assert [each.name for each in load_environment(child).nested] == ["small"]


def test_a_change_of_what_is_nested_changes_the_digest(desk: Environment) -> None:
    before = environment_digest(desk)
    define(desk.folder.parent / "small", f'title = "Small"\nhostname = "other"{BASE}')
    assert environment_digest(load_environment(desk.folder)) != before


def test_it_is_built_once_all_of_them_are(desk: Environment, tmp_path: Path) -> None:
    store = Store(folder=tmp_path / "store", fallback=None)
    fill(store, desk)
    assert store.find(desk) is None
    fill(store, desk.nested[0])
    built = store.find(desk)
    assert built is not None
    assert [each.digest for each in built.nested] == [environment_digest(desk.nested[0])]


def test_layers_and_manifests_lie_in_a_store_inside(desk: Environment, tmp_path: Path) -> None:
    store = Store(folder=tmp_path / "store", fallback=None)
    fill(store, desk)
    fill(store, desk.nested[0])
    built = store.find(desk)
    assert built is not None
    inside = Store(folder=tmp_path / "inside", fallback=None)
    found = {str(bind.source): str(bind.target) for bind in nested_binds(built.nested)}
    small = desk.nested[0]
    layer = layer_digests(small)[0]
    outer = {store.layer_dir(layer): inside.layer_dir(layer)}
    outer[store.manifest_path(environment_digest(small))] = inside.manifest_path(environment_digest(small))
    place = str(tmp_path / "inside")
    assert found == {str(a): str(b).replace(place, "/var/cache/docwalk") for a, b in outer.items()}


def test_nesting_in_a_circle_is_an_error(desk: Environment) -> None:
    define(desk.folder.parent / "small", f'title = "Small"\nnested = ["desk"]{BASE}')
    with pytest.raises(SourceError, match="`desk`, which nests `small`, which nests `desk`: a circle"):
        load_environment(desk.folder)


def test_nesting_and_several_accounts_exclude_each_other(desk: Environment) -> None:
    define(desk.folder, f'title = "Desk"\nusers = "many"\nnested = ["small"]{BASE}')
    with pytest.raises(SourceError, match="`nested` and several accounts exclude each other"):
        load_environment(desk.folder)
