"""Locks: an environment built twice from one is the same, and what differs from it is refused."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.build import build_environment, update_environment
from docwalk.environment.definition import load_environment, load_without_lock
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.owner import cannot_own
from docwalk.environment.store import BUILDING_PREFIX, Store
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docwalk.environment.store import BuiltEnvironment

pytestmark = [
    pytest.mark.container,
    pytest.mark.skipif(cannot_own() is not None, reason=f"this account cannot build: {cannot_own()}"),
]

SCRIPT = """\
dpkg-deb --extract /srv/build/debs/lua5.3_*.deb /
python3 -m venv /opt/tool
/opt/tool/bin/pip install -q 'tabulate<0.10' six
mkdir /opt/wheels
/opt/tool/bin/pip download -q --no-deps -d /opt/wheels six==1.16.0
"""


class Locked:
    """An environment of one layer over the base of `login`, which every store has."""

    def __init__(self, folder: Path, login: BuiltEnvironment) -> None:
        self._folder = folder
        self._login = login
        self.child = folder / "environments" / "child"
        parent = folder / "environments" / "parent"
        (self.child / "layers").mkdir(parents=True)
        parent.mkdir()
        base = login.environment.base
        packages = ", ".join(f'"{name}"' for name in base.packages)
        (parent / "environment.toml").write_text(
            f'title = "Parent"\n[base]\nsuite = "{base.suite}"\npackages = [{packages}]\n', encoding="utf-8"
        )
        (self.child / "environment.toml").write_text(
            'title = "Child"\nextends = "parent"\n[[layers]]\nname = "tool"\n'
            '[layers.debian]\nsuite = "bookworm"\npackages = ["lua5.3"]\n',
            encoding="utf-8",
        )
        (self.child / "layers" / "tool.sh").write_text(SCRIPT, encoding="utf-8")
        self.lock = self.child / "environment.lock"

    def store(self, name: str) -> Store:
        """A store with the base, and nothing else."""
        made = Store(folder=self._folder / name, fallback=None)
        base = made.layer_dir(layer_digests(load_without_lock(self.child))[0])
        base.parent.mkdir(parents=True, exist_ok=True)
        if not base.exists():
            base.symlink_to(self._login.layers[0].parent)
        return made

    def update(self) -> BuiltEnvironment:
        """Write the lock."""
        built, _ = update_environment(load_without_lock(self.child), self.store("first"), lambda _: None)
        return built

    def build(self, name: str) -> BuiltEnvironment:
        """Build from the lock, in a store of that name."""
        return build_environment(load_environment(self.child), self.store(name), lambda _: None)

    def change(self, old: str, new: str) -> None:
        """Change the lock."""
        text = self.lock.read_text(encoding="utf-8")
        assert old in text
        self.lock.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def updated(login: BuiltEnvironment) -> Iterator[tuple[Locked, BuiltEnvironment, str]]:
    folder = Path(tempfile.mkdtemp(prefix="docwalk-test-"))
    folder.chmod(0o755)
    locked = Locked(folder, login)
    built = locked.update()
    yield locked, built, locked.lock.read_text(encoding="utf-8")
    shutil.rmtree(folder)


@pytest.fixture
def locked(updated: tuple[Locked, BuiltEnvironment, str]) -> Iterator[Locked]:
    """With the lock as it was written."""
    made, _, text = updated
    made.lock.write_text(text, encoding="utf-8")
    yield made
    made.lock.write_text(text, encoding="utf-8")


def without_sizes(manifest: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in manifest.items() if name != "bytes"}


def test_a_lock_has_each_package_with_its_version_and_hash(locked: Locked) -> None:
    layer = load_environment(locked.child).layers[0].locked
    assert layer is not None
    assert [(each.kind, each.name, len(each.sha256)) for each in layer.debs] == [("amd64", "lua5.3", 64)]
    assert [(each.kind, each.name, len(each.sha256)) for each in layer.wheels] == [
        ("-", "six", 64),
        ("3.11", "six", 64),
        ("3.11", "tabulate", 64),
    ]
    assert layer.wheels[0].version == "1.16.0"
    assert layer.wheels[2].version.startswith("0.9.")


def test_what_update_built_is_what_the_lock_names(
    updated: tuple[Locked, BuiltEnvironment, str], locked: Locked
) -> None:
    environment = load_environment(locked.child)
    assert updated[1].digest == environment_digest(environment)
    assert locked.store("first").find(environment) is not None
    assert not list((locked.store("first").folder / "layers").glob(f"{BUILDING_PREFIX}*"))


def test_two_builds_from_one_lock_have_the_same_inside(
    updated: tuple[Locked, BuiltEnvironment, str], locked: Locked
) -> None:
    again = locked.build("second")
    assert again.layers[1] != updated[1].layers[1]
    assert without_sizes(again.manifest) == without_sizes(updated[1].manifest)
    assert again.digest == updated[1].digest


def test_another_lock_is_another_layer(locked: Locked) -> None:
    before = layer_digests(load_environment(locked.child))
    locked.change("six 1.16.0", "six 1.15.0")
    after = layer_digests(load_environment(locked.child))
    assert (after[0], after[1] != before[1]) == (before[0], True)
    locked.lock.unlink()
    assert layer_digests(load_environment(locked.child))[1] not in {before[1], after[1]}


def test_a_wheel_of_another_version_is_refused(locked: Locked) -> None:
    locked.change("- six 1.16.0", "- six 1.15.0")
    with pytest.raises(BackendError) as caught:
        locked.build("third")
    assert str(caught.value) == (
        "layer `tool` of `child` is not what its lock says: ~ - six 1.15.0 -> 1.16.0"
    )
    assert caught.value.hint == "accept what there is now: docwalk env update child"
    assert locked.store("third").find(load_environment(locked.child)) is None


def test_a_wheel_with_another_hash_is_refused(locked: Locked) -> None:
    layer = load_environment(locked.child).layers[0].locked
    assert layer is not None
    wheel = layer.wheels[2]
    locked.change(wheel.sha256, "0" * 64)
    with pytest.raises(BackendError) as caught:
        locked.build("third")
    assert str(caught.value) == (
        "layer `tool` of `child` is not what its lock says: "
        f"~ 3.11 tabulate {wheel.version} (000000000000) -> {wheel.version} ({wheel.sha256[:12]})"
    )


def test_pip_takes_the_locked_version_of_what_a_script_leaves_open(locked: Locked) -> None:
    layer = load_environment(locked.child).layers[0].locked
    assert layer is not None
    wheel = layer.wheels[2]
    locked.change(f"tabulate {wheel.version}", "tabulate 0.8.10")
    with pytest.raises(BackendError, match=r"~ 3\.11 tabulate 0\.8\.10 \(\w{12}\) -> 0\.8\.10 \(\w{12}\)"):
        locked.build("third")


@pytest.mark.parametrize("old", ["lua5.3 5.3.6-2 ", "lua5.3 5.3.6-2 sha256:ffc"])
def test_a_deb_that_the_archive_has_not_is_refused(locked: Locked, old: str) -> None:
    locked.change(old, old.replace("5.3.6-2", "5.3.5-1") if old.endswith(" ") else old.replace("ffc", "000"))
    with pytest.raises(BackendError) as caught:
        locked.build("third")
    version = "5.3.5-1" if old.endswith(" ") else "5.3.6-2"
    assert str(caught.value) == (
        f"the lock of `child` names packages that the archives of bookworm have no more: lua5.3 {version}"
    )
    assert caught.value.hint == "docwalk env update child; or point apt at a mirror that keeps old versions"
