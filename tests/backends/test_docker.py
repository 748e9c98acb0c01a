"""docker: images are imported once, and nothing stays behind, whatever ends a run."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.docker import DockerBackend
from docwalk.backend.docker_image import image_name
from docwalk.errors import BackendError
from docwalk.testing_sandbox import require_built, require_docker

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.environment.store import BuiltEnvironment, Store

    HoldOpen = Callable[[str], subprocess.Popen[str]]

pytestmark = pytest.mark.container

SMALL = Path(__file__).parents[2] / "tools" / "environments" / "small"
WAIT_S = 60.0


@pytest.fixture(scope="module")
def small() -> BuiltEnvironment:
    require_docker()
    return require_built(SMALL)


def docker(*arguments: str) -> str:
    return subprocess.run(("docker", *arguments), capture_output=True, text=True, check=True).stdout.strip()


def containers_of(store: Store) -> list[str]:
    """Folders that containers are labelled with, of those below `store`."""
    label = '{{.Label "docwalk.instance"}}'
    found = docker("ps", "--all", "--filter", "label=docwalk.instance", "--format", label).splitlines()
    return [each for each in found if Path(each).is_relative_to(store.folder)]


def wait_until_none(store: Store) -> list[str]:
    """What is left of them, once nothing is or it takes too long."""
    end = time.monotonic() + WAIT_S
    while (left := containers_of(store)) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def test_a_second_instance_takes_the_same_image(small: BuiltEnvironment, store: Store) -> None:
    made = []
    for _ in range(2):
        DockerBackend(store).open(small).close()
        made.append(docker("image", "inspect", "--format", "{{.Id}} {{.Config.Labels}}", image_name(small)))
    assert made[0] == made[1]
    assert made[0].endswith("map[docwalk.environment:small]")
    assert containers_of(store) == []
    assert sorted(each.name for each in (store.folder / "instances").iterdir()) == ["docker.lock"]


def test_layers_that_cannot_be_read_make_no_image(small: BuiltEnvironment, store: Store) -> None:
    file = small.layers[0] / "etc" / "passwd"
    images = docker("image", "ls", "--all", "--quiet")
    with pytest.raises(BackendError, match="docker takes no image of `small`: ") as caught:
        DockerBackend(store).open(replace(small, layers=(*small.layers, file)))
    assert "mount" in str(caught.value)
    assert docker("image", "ls", "--all", "--quiet") == images


def test_layers_of_others_are_roots_inside(small: BuiltEnvironment, store: Store) -> None:
    folder = store.folder / "layers" / "others" / "fs" / "srv"
    folder.mkdir(parents=True)
    for name, mode in (("open", 0o644), ("closed", 0o600)):
        (folder / name).write_text(name)
        (folder / name).chmod(mode)
    others = replace(small, layers=(*small.layers, folder.parent))
    instance = DockerBackend(store).open(others)
    try:
        assert instance.read_file("/srv/open") == b"open"
        if os.geteuid() == 0:  # root's layers are read as an account that owns nothing of these
            assert instance.read_file("/srv/closed") is None
        else:
            with pytest.raises(PermissionError):
                instance.read_file("/srv/closed")
        with pytest.raises(PermissionError):
            instance.write_file("/srv/open", b"", append=False)
    finally:
        instance.close()
        docker("image", "rm", image_name(others, is_whole=False))


@pytest.mark.usefixtures("small")
def test_a_killed_run_leaves_no_container(store: Store, hold_open: HoldOpen) -> None:
    with hold_open("docker") as process:
        assert len(containers_of(store)) == 1
        process.send_signal(signal.SIGKILL)
    assert wait_until_none(store) == []


def test_what_was_made_and_never_started_is_removed_by_the_next_run(
    small: BuiltEnvironment, store: Store, hold_open: HoldOpen
) -> None:
    DockerBackend(store).open(small).close()
    left = store.folder / "instances" / "i-left"
    docker("create", "--rm", "--label", f"docwalk.instance={left}", image_name(small), "/bin/true")
    assert containers_of(store) == [str(left)]
    # A process of its own: each looks once.
    with hold_open("docker") as process:
        assert str(left) not in containers_of(store)
        assert len(containers_of(store)) == 1
        process.kill()
    assert wait_until_none(store) == []


def test_what_init_cannot_start_with_is_said(small: BuiltEnvironment, store: Store) -> None:
    no_such = replace(small.environment, hostname="x" * 300)
    with pytest.raises(BackendError, match=r"docker does not start `small`: .*hostname"):
        DockerBackend(store).open(replace(small, environment=no_such))
    assert wait_until_none(store) == []
