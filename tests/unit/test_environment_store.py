"""The store: when an environment counts as built, where it is looked for, who waits for whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.definition import Environment, load_environment
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.store import Store
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder = tmp_path / "small"
    (folder / "layers").mkdir(parents=True)
    (folder / "layers" / "only.sh").write_text("true\n", encoding="utf-8")
    text = 'title = "Small"\n[base]\nsuite = "bookworm"\npackages = []\n[[layers]]\nname = "only"\n'
    (folder / "environment.toml").write_text(text, encoding="utf-8")
    return load_environment(folder)


def fill(store: Store, environment: Environment) -> None:
    """Make empty layers and a manifest, as a build leaves them."""
    (store.folder / "environments").mkdir(parents=True)
    for digest in layer_digests(environment):
        (store.layer_dir(digest) / "fs").mkdir(parents=True)
        (store.layer_dir(digest) / "layer.json").write_text("{}", encoding="utf-8")
    store.manifest_path(environment_digest(environment)).write_text(
        json.dumps({"os": "made up"}), encoding="utf-8"
    )


def test_what_is_complete_is_found(tmp_path: Path, environment: Environment) -> None:
    store = Store(folder=tmp_path / "store", fallback=None)
    assert store.find(environment) is None
    fill(store, environment)
    built = store.find(environment)
    assert built is not None
    assert built.digest == environment_digest(environment)
    assert built.layers == tuple(store.layer_dir(each) / "fs" for each in layer_digests(environment))
    assert built.manifest == {"os": "made up"}


@pytest.mark.parametrize("number", [0, 1])
def test_a_layer_without_its_facts_is_not_built(
    tmp_path: Path, environment: Environment, number: int
) -> None:
    store = Store(folder=tmp_path / "store", fallback=None)
    fill(store, environment)
    (store.layer_dir(layer_digests(environment)[number]) / "layer.json").unlink()
    assert store.find(environment) is None


def test_without_its_manifest_an_environment_is_not_built(tmp_path: Path, environment: Environment) -> None:
    store = Store(folder=tmp_path / "store", fallback=None)
    fill(store, environment)
    store.manifest_path(environment_digest(environment)).unlink()
    assert store.find(environment) is None


def test_the_fallback_is_used_when_ours_lacks_it(tmp_path: Path, environment: Environment) -> None:
    fill(Store(folder=tmp_path / "machine", fallback=None), environment)
    built = Store(folder=tmp_path / "mine", fallback=tmp_path / "machine").find(environment)
    assert built is not None
    assert built.layers[0].is_relative_to(tmp_path / "machine")
    assert not (tmp_path / "mine").exists()


def test_the_highest_layer_that_has_a_file_gives_it(tmp_path: Path, environment: Environment) -> None:
    store = Store(folder=tmp_path / "store", fallback=None)
    fill(store, environment)
    built = store.find(environment)
    assert built is not None
    for layer in built.layers:
        (layer / "both").touch()
    (built.layers[0] / "below").touch()
    assert built.find("/both") == built.layers[1] / "both"
    assert built.find("/below") == built.layers[0] / "below"
    assert built.find("/nowhere") is None


def test_the_variable_names_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCWALK_CACHE_DIR", str(tmp_path / "named"))
    assert Store.default().folder == tmp_path / "named"


def test_a_store_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackendError, match=r"file/store` cannot be made: Not a directory") as caught:
        Store(folder=tmp_path / "file" / "store", fallback=None).make_folders()
    assert caught.value.hint == "name another folder: export DOCWALK_CACHE_DIR=FOLDER"


def test_the_second_builder_is_told_that_it_waits(tmp_path: Path) -> None:
    store = Store(folder=tmp_path, fallback=None)

    class Waited(Exception):  # noqa: N818 - ends the wait, which would last for ever
        pass

    def on_wait() -> None:
        raise Waited

    with store.locked(on_wait=on_wait), pytest.raises(Waited), store.locked(on_wait=on_wait):
        pass
    with store.locked(on_wait=on_wait):
        pass
