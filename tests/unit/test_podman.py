"""The command line of podman; nothing is started."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from docwalk.backend.contents import Contents
from docwalk.backend.podman import Container, podman_argv
from docwalk.bubblewrap import Bind, Network
from docwalk.environment.definition import Environment, Users, load_environment

DEFINITION = """\
title = "Small"
network = "{network}"

[base]
suite = "bookworm"
packages = ["bash"]
"""


def definition(folder: Path, network: Network) -> Environment:
    (folder / "small").mkdir()
    (folder / "small" / "environment.toml").write_text(DEFINITION.format(network=network.value))
    return load_environment(folder / "small")


def argv(environment: Environment) -> str:
    """The whole command line, on one line, without the numbers of this machine."""
    contents = Contents(
        binds=(Bind(source=Path("/host/wheels"), target=PurePosixPath("/srv/packages/0")),),
        files={},
        devices=("docwalk.sim/gpu=0",),
        tmpfs=(PurePosixPath("/tmp"), PurePosixPath("/tmp/small")),
        tmpfs_bytes=1 << 20,
        tmpfs_sizes={PurePosixPath("/tmp/small"): 4096},
        index_url=None,
    )
    container = Container(
        name="docwalk-1",
        stage=Path("/mnt"),
        first_id=100000,
        profile=Path("/i/seccomp.json"),
        files=(Bind(source=Path("/i/files/0"), target=PurePosixPath("/etc/pip.conf")),),
        contents=contents,
    )
    words = podman_argv(environment, container)
    return " ".join(
        word for word in words if word != "--ulimit" and not word.startswith(("nofile=", "nproc="))
    )


def test_a_whole_container(tmp_path: Path) -> None:
    assert argv(definition(tmp_path, Network.NONE)) == (
        "podman run --rm --name docwalk-1 --pull never --log-driver none "
        "--uidmap 0:100000:65536 --gidmap 0:100000:65536 --user 1000:1000 --cap-drop ALL "
        "--security-opt no-new-privileges --security-opt label=disable "
        "--security-opt seccomp=/i/seccomp.json --network none "
        "--hostname login1 --no-hosts --http-proxy=false --workdir / --preserve-fds 2 "
        "--volume=/dev/null:/dev/nvidia0:dev "
        "--tmpfs /tmp:mode=1777,size=1048576 --tmpfs /tmp/small:mode=1777,size=4096 "
        "--tmpfs /run/docwalk:mode=1777,size=1048576 --shm-size 1048576 "
        "--volume /host/wheels:/srv/packages/0:ro --volume /i/files/0:/etc/pip.conf:ro "
        "--rootfs /mnt/root /usr/bin/python3 -I -S -X utf8 /run/docwalk/init.py 3"
    )


def test_only_host_shares_the_network(tmp_path: Path) -> None:
    assert "--network host " in argv(definition(tmp_path, Network.HOST))


def test_packages_has_a_network_of_its_own(tmp_path: Path) -> None:
    assert "--network none " in argv(definition(tmp_path, Network.PACKAGES))


def test_one_account_has_no_capabilities_and_gains_none(tmp_path: Path) -> None:
    words = argv(definition(tmp_path, Network.NONE)).split()
    assert (any(each.startswith("--cap-add") for each in words), "no-new-privileges" in words) == (
        False,
        True,
    )


@pytest.mark.parametrize(("setuid", "flag"), [(False, "--security-opt no-new-privileges "), (True, "")])
def test_many_accounts_have_an_init_that_is_root(tmp_path: Path, *, setuid: bool, flag: str) -> None:
    many = replace(definition(tmp_path, Network.NONE), users=Users.MANY, setuid=setuid)
    assert argv(many).replace("--cap-add=", "").split(" --hostname")[0] == (
        "podman run --rm --name docwalk-1 --pull never --log-driver none "
        "--uidmap 0:100000:65536 --gidmap 0:100000:65536 --user 0:0 --cap-drop ALL "
        "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID "
        "CAP_AUDIT_WRITE CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_SETPCAP CAP_SYS_PTRACE "
        f"{flag}--security-opt label=disable --security-opt seccomp=/i/seccomp.json --network none"
    )
