"""Bottom layers of several environments are made at the same time; mmdebstrap is a stand-in that tells."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.build import build_bases
from docwalk.environment.build_events import BuildPhase
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import layer_digests
from docwalk.environment.owner import cannot_own
from docwalk.environment.store import BUILDING_PREFIX, Store
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.environment.build import BuildEvent

pytestmark = [
    pytest.mark.container,
    pytest.mark.skipif(cannot_own() is not None, reason=f"this account cannot build: {cannot_own()}"),
]

MMDEBSTRAP = """\
#!/bin/sh
# Prints a small tree, once as many of us run as {count} says.
case "$*" in *--include=broken*) echo 'E: broken' >&2; exit 1;; esac
mktemp {folder}/started-XXXXXX > /dev/null
tries=0
while [ "$(ls {folder} | grep -c started)" -lt {count} ]; do
    tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1
    sleep 0.05
done
cat {folder}/tree.tar
"""


class Site:
    """A project with environments `one` and `two` and a stand-in for mmdebstrap."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.store = Store(folder=folder / "store", fallback=None)
        tree = folder / "tree"
        for name in ("usr/bin/python3", "etc/ssl/certs/ca-certificates.crt"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).touch()
        self._shared = folder / "shared"
        self._shared.mkdir()
        self._shared.chmod(0o777)
        shutil.make_archive(str(self._shared / "tree"), "tar", tree)
        (folder / "bin").mkdir()
        monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")

    def stand_in(self, *, count: int) -> None:
        """Programs that print their tree once `count` of them run."""
        program = self.folder / "bin" / "mmdebstrap"
        program.write_text(MMDEBSTRAP.format(folder=self._shared, count=count), encoding="utf-8")
        program.chmod(0o755)

    def define(self, name: str, package: str) -> None:
        folder = self.folder / "environments" / name
        folder.mkdir(parents=True)
        (folder / "environment.toml").write_text(
            f'title = "{name}"\n[base]\nsuite = "bookworm"\npackages = ["{package}"]\n', encoding="utf-8"
        )

    def build(self) -> list[BuildEvent]:
        events: list[BuildEvent] = []
        build_bases(load_environments(self.folder / "environments").values(), self.store, events.append)
        return events

    def has(self, name: str) -> bool:
        environment = load_environments(self.folder / "environments")[name]
        return self.store.has_layer(layer_digests(environment)[0])


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="docwalk-test-"))
    folder.chmod(0o755)
    yield Site(folder, monkeypatch)
    shutil.rmtree(folder)


def test_two_bases_are_made_at_the_same_time(site: Site) -> None:
    site.stand_in(count=2)  # alone, each would wait for ever
    site.define("one", "less")
    site.define("two", "nano")
    events = site.build()
    assert (site.has("one"), site.has("two")) == (True, True)
    assert {event.environment for event in events} == {"one", "two"}


def test_a_base_has_the_mount_points_that_its_archive_lacks(site: Site) -> None:
    site.stand_in(count=1)
    site.define("one", "less")
    site.build()
    environment = load_environments(site.folder / "environments")["one"]
    assert (site.store.layer_dir(layer_digests(environment)[0]) / "fs" / "dev").is_dir()


def test_a_base_that_several_need_is_made_once(site: Site) -> None:
    site.stand_in(count=1)
    site.define("one", "less")
    site.define("two", "less")
    assert {event.environment for event in site.build()} == {"one"}
    assert (site.has("one"), site.has("two")) == (True, True)
    assert site.build() == []


def test_a_base_that_another_build_made_meanwhile_is_not_made_again(site: Site) -> None:
    site.stand_in(count=1)
    site.define("one", "less")
    site.build()
    environments = load_environments(site.folder / "environments")
    layer = site.store.layer_dir(layer_digests(environments["one"])[0])
    aside = layer.rename(layer.with_name("aside"))
    phases: list[BuildPhase] = []
    other = contextlib.ExitStack()
    other.enter_context(site.store.locked(on_wait=lambda: None))

    def on_event(event: BuildEvent) -> None:
        phases.append(event.phase)
        if event.phase is BuildPhase.WAITING:
            aside.rename(layer)
            other.close()

    build_bases(environments.values(), site.store, on_event)
    assert phases == [BuildPhase.WAITING]


def test_one_that_fails_leaves_the_other_complete(site: Site) -> None:
    site.stand_in(count=1)
    site.define("one", "broken")
    site.define("two", "less")
    with pytest.raises(BackendError, match="mmdebstrap failed; the last it said: E: broken"):
        site.build()
    assert (site.has("one"), site.has("two")) == (False, True)
    assert [path.name for path in (site.store.folder / "layers").glob(f"{BUILDING_PREFIX}*")] != []
    site.define("three", "nano")
    (site.folder / "environments" / "one" / "environment.toml").unlink()
    site.build()
    assert not list((site.store.folder / "layers").glob(f"{BUILDING_PREFIX}*"))
