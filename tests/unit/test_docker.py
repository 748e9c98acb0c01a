"""The command line of docker, and what is made of its daemon's answers; nothing is started."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from docwalk.backend.container import WhyNot
from docwalk.backend.contents import Contents
from docwalk.backend.docker import DockerContainer, docker_argv, require_fit
from docwalk.backend.docker_daemon import Daemon, find_docker, read_info
from docwalk.backend.docker_image import image_name
from docwalk.bubblewrap import Bind, Network
from docwalk.environment.definition import Users
from docwalk.environment.store import BuiltEnvironment
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from docwalk.environment.definition import Environment


def argv(environment: Environment) -> str:
    """The whole command line, on one line, without the numbers of this machine."""
    contents = Contents(
        binds=(
            Bind(source=Path("/host/wheels, all"), target=PurePosixPath("/srv/packages/0")),
            Bind(source=Path("/host/data"), target=PurePosixPath("/data"), writable=True),
        ),
        files={},
        devices=(),
        tmpfs=(PurePosixPath("/tmp"), PurePosixPath("/tmp/small")),
        tmpfs_bytes=1 << 20,
        tmpfs_sizes={PurePosixPath("/tmp/small"): 4096},
        index_url=None,
    )
    container = DockerContainer(
        name="docwalk-1",
        image="docwalk:0123456789abcdef",
        folder=Path("/i"),
        profile=Path("/i/seccomp.json"),
        binds=(Bind(source=Path("/i/private/channel"), target=PurePosixPath("/run/docwalk/channel")),),
        contents=contents,
    )
    words = docker_argv(environment, container)
    return " ".join(
        word for word in words if word != "--ulimit" and not word.startswith(("nofile=", "nproc="))
    )


def test_a_whole_container(small: Environment) -> None:
    assert argv(small) == (
        "docker run --rm --name docwalk-1 --pull never --log-driver none --label docwalk.instance=/i "
        "--user 1000:1000 --cap-drop ALL --security-opt no-new-privileges "
        "--security-opt seccomp=/i/seccomp.json --network none --ipc private --hostname login1 --workdir / "
        "--tmpfs /tmp:exec,mode=1777,size=1048576 --tmpfs /tmp/small:exec,mode=1777,size=4096 "
        "--tmpfs /run/docwalk:exec,mode=1777,size=1048576 --shm-size 1048576 "
        '--mount type=bind,"source=/host/wheels, all",target=/srv/packages/0,readonly '
        "--mount type=bind,source=/host/data,target=/data "
        "--mount type=bind,source=/i/private/channel,target=/run/docwalk/channel,readonly "
        "docwalk:0123456789abcdef /usr/bin/python3 -I -S -X utf8 /run/docwalk/init.py /run/docwalk/channel"
    )


def test_many_accounts_have_an_init_that_is_root(small: Environment) -> None:
    words = argv(replace(small, users=Users.MANY, setuid=True)).split(" --security-opt seccomp")[0]
    assert words.replace("--cap-add=CAP_", "") == (
        "docker run --rm --name docwalk-1 --pull never --log-driver none --label docwalk.instance=/i "
        "--user 0:0 --cap-drop ALL CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID AUDIT_WRITE NET_ADMIN "
        "NET_BIND_SERVICE SETPCAP SYS_PTRACE"
    )


def info(*options: str) -> str:
    return json.dumps({"SecurityOptions": list(options), "DockerRootDir": "/var/lib/docker"})


@pytest.mark.parametrize(
    ("options", "is_rootless"),
    [(("name=seccomp,profile=default", "name=rootless"), True), (("name=userns",), False)],
)
def test_a_daemon_that_keeps_ids_apart_is_used(options: tuple[str, ...], *, is_rootless: bool) -> None:
    assert read_info(info(*options)) == Daemon(root=Path("/var/lib/docker"), is_rootless=is_rootless)


def test_a_daemon_whose_root_is_root_outside_is_not() -> None:
    found = read_info(info("name=seccomp,profile=default", "name=cgroupns"))
    assert found == WhyNot(
        reason="its daemon runs containers with this machine's own user ids: root inside is root outside",
        hint="dockerd-rootless-setuptool.sh install; or write "
        '{"userns-remap": "default"} to /etc/docker/daemon.json and restart docker',
    )


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"host": {"security": {"rootless": true}}}'])
def test_what_is_not_dockers_is_said(text: str) -> None:
    assert read_info(text) == WhyNot(
        reason="`docker info` does not describe a daemon of docker's", hint="docwalk run --backend podman"
    )


def test_a_daemon_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho Cannot connect to the daemon. >&2\nexit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_docker() == WhyNot(
        reason="`docker info` fails: Cannot connect to the daemon.", hint="docker info"
    )


@pytest.mark.parametrize("is_rootless", [False, True])
def test_one_account_without_network_fits_every_daemon(small: Environment, *, is_rootless: bool) -> None:
    require_fit(small, is_rootless=is_rootless)
    require_fit(replace(small, network=Network.PACKAGES), is_rootless=is_rootless)


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        (
            {"network": Network.HOST},
            'has `network = "host"`, which docker gives no container whose user ids are its own',
            'write `network = "packages"`; or docwalk run --backend podman',
        ),
        (
            {"nested": ("small",)},
            "opens sandboxes inside, which docker's containers cannot",
            "docwalk run --backend sandbox",
        ),
        (
            {"devices": ("docwalk.sim/gpu=0",)},
            "has devices, which docwalk hands to the sandbox, podman and apptainer only",
            "docwalk run --backend podman",
        ),
    ],
)
def test_what_docker_cannot_give_is_refused(
    small: Environment, change: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(BackendError) as caught:
        require_fit(replace(small, **change), is_rootless=False)
    assert (str(caught.value), caught.value.hint) == (f"environment `small` {message}", hint)


@pytest.mark.parametrize("change", [{"users": Users.MANY}, {"setuid": True}])
def test_a_root_inside_is_refused_where_it_would_be_the_caller(
    small: Environment, change: dict[str, Any]
) -> None:
    changed = replace(small, **change)
    require_fit(changed, is_rootless=False)
    with pytest.raises(BackendError) as caught:
        require_fit(changed, is_rootless=True)
    assert str(caught.value) == (
        "environment `small` has a root inside, which would be you outside, as your docker is rootless"
    )


def test_an_image_is_named_by_layers_and_reader(small: Environment) -> None:
    built = BuiltEnvironment(
        environment=small, digest="sha256:0", manifest={}, layers=(Path("/c/layers/1/fs"),)
    )
    others = (
        replace(built, layers=(Path("/c/layers/2/fs"),)),
        replace(built, digest="sha256:1"),
        replace(built, environment=replace(small, user="other")),
    )
    assert image_name(built, is_whole=False) not in {image_name(each) for each in (built, *others)}
    moved = replace(built, layers=(Path("/elsewhere/layers/1/fs"),))
    assert image_name(moved) == image_name(built)
    assert len({image_name(each) for each in (built, *others)}) == 1 + len(others)
