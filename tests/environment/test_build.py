"""Building, on a base that is there: what a layer script may do, and what a failing one leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.build import BuildPhase, build_environment
from docwalk.environment.definition import load_environment
from docwalk.environment.digest import layer_digests
from docwalk.environment.owner import cannot_own
from docwalk.environment.store import BUILDING_PREFIX, Store
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.environment.build import BuildEvent
    from docwalk.environment.store import BuiltEnvironment

pytestmark = [
    pytest.mark.container,
    pytest.mark.skipif(cannot_own() is not None, reason=f"this account cannot build: {cannot_own()}"),
]

BUILDER = """
import sys
from pathlib import Path
from docwalk.environment.build import build_environment
from docwalk.environment.definition import load_environment
from docwalk.environment.store import Store
build_environment(load_environment(Path(sys.argv[1])), Store(folder=Path(sys.argv[2]), fallback=None), print)
"""


class Site:
    """A definition over the base of `login`, and a store that has this base already."""

    def __init__(self, folder: Path, login: BuiltEnvironment) -> None:
        self.folder = folder / "small"
        self.store = Store(folder=folder / "store", fallback=None)
        (self.folder / "layers").mkdir(parents=True)
        (self.folder / "modulefiles").mkdir()
        (self.folder / "modulefiles" / "tool").write_text("#%Module\n", encoding="utf-8")
        self._base = login.environment.base
        self._root = login.layers[0].parent

    def define(self, script: str, *, modules: str = "[]") -> None:
        """Write the definition, with one site layer."""
        self.script = self.folder / "layers" / "site.sh"
        self.script.write_text(script, encoding="utf-8")
        packages = ", ".join(f'"{name}"' for name in self._base.packages)
        (self.folder / "environment.toml").write_text(
            f'title = "Small"\n[base]\nsuite = "{self._base.suite}"\npackages = [{packages}]\n'
            '[[layers]]\nname = "site"\nfiles = ["modulefiles/tool"]\n'
            f"[expected]\nmodules = {modules}\n",
            encoding="utf-8",
        )
        base = self.store.layer_dir(layer_digests(load_environment(self.folder))[0])
        base.parent.mkdir(parents=True, exist_ok=True)
        if not base.exists():
            base.symlink_to(self._root)

    def build(self) -> tuple[BuiltEnvironment, list[BuildEvent]]:
        """Build it, and what was said meanwhile."""
        events: list[BuildEvent] = []
        return build_environment(load_environment(self.folder), self.store, events.append), events

    def left(self) -> list[str]:
        """Layers under temporary names."""
        return [path.name for path in (self.store.folder / "layers").glob(f"{BUILDING_PREFIX}*")]


@pytest.fixture
def site(login: BuiltEnvironment) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="docwalk-test-"))
    folder.chmod(0o755)
    yield Site(folder, login)
    shutil.rmtree(folder)


def test_a_layer_is_what_its_script_changed(site: Site) -> None:
    site.define(
        "mkdir -p /opt/apps/bin /opt/apps/modulefiles\n"
        "cp /srv/build/modulefiles/tool /opt/apps/bin/\n"
        "rm -r /usr/share/nano\n"
        "echo said; id -u\n"
    )
    built, events = site.build()
    layer = built.layers[1]
    assert (layer / "opt" / "apps" / "bin" / "tool").read_text(encoding="utf-8") == "#%Module\n"
    assert not (layer / "usr" / "share" / "nano").is_dir()
    assert not (layer / "srv" / "build").exists()
    assert [event.detail for event in events if event.layer == "site" and event.detail] == ["said", "0"]
    assert events[0].phase is BuildPhase.PRESENT
    assert events[-1].phase is BuildPhase.LISTING
    assert site.left() == []


def test_what_is_built_is_not_built_again(site: Site) -> None:
    site.define("date +%N > /opt/when\n")
    first, _ = site.build()
    again, events = site.build()
    assert again.layers == first.layers
    assert events == []


def test_a_script_sees_nothing_of_the_host_s_home(site: Site) -> None:
    site.define("ls -A /root /home > /opt/homes; touch /srv/build/x && exit 9; true\n")
    built, _ = site.build()
    assert (built.layers[1] / "opt" / "homes").read_text(encoding="utf-8").splitlines() == [
        "/home:",
        "",
        "/root:",
        ".bashrc",
        ".profile",
    ]


def test_a_failing_script_names_its_last_words_and_leaves_nothing(site: Site) -> None:
    site.define("echo one; echo two >&2; exit 7\n")
    with pytest.raises(BackendError) as caught:
        site.build()
    assert str(caught.value) == "layer `site` failed with status 7; the last its script said: one / two"
    assert caught.value.hint == f"read the log: less {site.store.folder}/logs/small-site.log"
    assert site.store.find(load_environment(site.folder)) is None
    site.define("true\n")
    site.build()
    assert site.left() == []


def test_an_unset_variable_or_a_failing_command_ends_a_script(site: Site) -> None:
    site.define('false\necho "reached"\n')
    with pytest.raises(BackendError, match="failed with status 1; the last its script said: nothing"):
        site.build()
    site.define('echo "$NOWHERE"\n')
    with pytest.raises(BackendError, match="NOWHERE: unbound variable"):
        site.build()


def test_a_promised_module_that_is_missing_fails(site: Site) -> None:
    site.define("true\n", modules='["tool/1.0"]')
    with pytest.raises(BackendError) as caught:
        site.build()
    assert str(caught.value) == "environment `small` lacks modules that it promises: tool/1.0"


def test_a_killed_build_leaves_no_process_and_nothing_under_a_final_name(site: Site) -> None:
    site.define("echo begun; sleep 987\n")
    argv = [sys.executable, "-c", BUILDER, str(site.folder), str(site.store.folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("begun" in line for line in iter(process.stdout.readline, ""))
        os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _is_running("sleep\0987") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running("sleep\0987")
    assert len(site.left()) == 1
    assert not site.store.has_layer(layer_digests(load_environment(site.folder))[1])
    site.define("true\n")
    site.build()
    assert site.left() == []


def _is_running(argv: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().rstrip(b"\0") == argv.encode():
                return True
        except OSError:  # it ended while we looked
            continue
    return False


def test_layers_belong_to_nobody_of_this_machine(login: BuiltEnvironment) -> None:
    owners = {path.lstat().st_uid for layer in login.layers for path in layer.iterdir()}
    assert owners.isdisjoint({os.geteuid(), 0})
