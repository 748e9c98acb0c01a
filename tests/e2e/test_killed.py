"""A run that is killed leaves no process, no mount and no folder."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.store import Store
from docwalk.testing_sandbox import plan_page

if TYPE_CHECKING:
    from docwalk.environment.store import BuiltEnvironment

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
GONE_S = 20.0
MARK = "31415926.5"
PAGE = f"# T\n\n```bash\nchmod 000 /tmp; mkdir -p ~/a/b; chmod 500 ~/a; echo started; sleep {MARK}\n```\n"
RUNNER = """\
import signal
import sys
from pathlib import Path
from docwalk.backend.sandbox import SandboxBackend
from docwalk.config import load_project
from docwalk.plan import load_plan
from docwalk.run import run_walk
from docwalk.testing_sandbox import find_built
signal.signal(signal.SIGINT, signal.default_int_handler)  # who starts tests in the background has it ignored
folder, environments = Path(sys.argv[1]), Path(sys.argv[2])
_, plan = load_plan((folder / "tutorials" / "page.md",), load_project(folder))
run_walk(plan.walks[0], backend=SandboxBackend(), environment=find_built(environments / "login"))
"""


def instances() -> set[Path]:
    return set((Store.default().folder / "instances").glob("i-*"))


def sleepers() -> list[int]:
    """Processes on this machine, sandboxes included, that sleep as the page does."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == f"sleep\0{MARK}\0".encode():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def helpers() -> set[int]:
    """Processes of docwalk on this machine: sandboxes, janitors, whatever a run starts beside them."""
    words = (b"bwrap", b"docwalk.backend", b"docwalk.environment", b"proxpi", b"/run/docwalk/init.py")
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_bytes()
            if any(word in command for word in words):
                found.add(int(path.parent.name))
    return found


def wait_for(condition: object, *, seconds: float) -> bool:
    """Whether `condition()` came true within `seconds`."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_nothing(
    tmp_path: Path, environment: BuiltEnvironment, number: signal.Signals
) -> None:
    assert environment.layers
    plan_page(PAGE, folder=tmp_path, environments_dir=ENVIRONMENTS)
    before, helpers_before = instances(), helpers()
    argv = [sys.executable, "-c", RUNNER, str(tmp_path), str(ENVIRONMENTS)]
    with subprocess.Popen(argv, start_new_session=True, stderr=subprocess.DEVNULL) as runner:
        assert wait_for(sleepers, seconds=20)
        assert instances() - before
        started = helpers() - helpers_before
        assert started
        os.kill(runner.pid, number)
        runner.wait(GONE_S)
    assert wait_for(lambda: not sleepers(), seconds=GONE_S)
    assert wait_for(lambda: not instances() - before, seconds=GONE_S)
    assert wait_for(lambda: not helpers() & started, seconds=GONE_S)
    assert str(Store.default().folder / "instances") not in Path("/proc/self/mounts").read_text()


def test_what_a_killed_janitor_left_is_swept_by_the_next_run(
    tmp_path: Path, environment: BuiltEnvironment
) -> None:
    left = Store.default().folder / "instances" / f"i-left{os.getpid()}"
    (left / "work" / "work").mkdir(parents=True)
    (left / "work" / "work").chmod(0)
    plan_page("# T\n\n```bash\ntrue\n```\n", folder=tmp_path, environments_dir=ENVIRONMENTS)
    assert environment.layers
    subprocess.run([sys.executable, "-c", RUNNER, str(tmp_path), str(ENVIRONMENTS)], check=True)
    assert wait_for(lambda: not left.exists(), seconds=GONE_S)


def test_the_workers_of_a_killed_pytest_leave_nothing(tmp_path: Path, environment: BuiltEnvironment) -> None:
    assert environment.layers
    plan_page(PAGE, folder=tmp_path, environments_dir=ENVIRONMENTS)
    argv = [sys.executable, "-m", "pytest", "tutorials", "-m", "container", "-n", "2", "-q"]
    with tempfile.TemporaryDirectory() as name:
        cache = Path(name)
        cache.chmod(0o755)
        controller = subprocess.Popen(
            argv,
            cwd=tmp_path,
            env={**os.environ, "DOCWALK_CACHE_DIR": name},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert wait_for(sleepers, seconds=40)
        assert list((cache / "instances").glob("i-*"))
        controller.kill()
        controller.wait(GONE_S)
        assert wait_for(lambda: not sleepers(), seconds=3)
        assert wait_for(lambda: not list((cache / "instances").glob("i-*")), seconds=GONE_S)
