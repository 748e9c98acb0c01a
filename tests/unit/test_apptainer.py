"""The command line of apptainer and what is made ready for it; nothing but a fake of it is started."""

from __future__ import annotations

import os
import shlex
import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.apptainer import (
    ApptainerBackend,
    ApptainerContainer,
    apptainer_argv,
    preparation,
    require_fit,
)
from docwalk.backend.apptainer_program import (
    Apptainer,
    explain,
    find_apptainer,
    host_view,
    namespaced,
    refuse_warnings,
    write_host_files,
)
from docwalk.backend.container import WhyNot
from docwalk.backend.contents import Contents
from docwalk.bubblewrap import Bind, Network
from docwalk.environment.definition import Users
from docwalk.environment.devices import device_nodes
from docwalk.environment.probe import Probe
from docwalk.environment.store import BuiltEnvironment, Store
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.environment.definition import Environment

SANDBOX = "docwalk run --backend sandbox"
INSTALL = "install apptainer (Fedora, EPEL: sudo dnf install apptainer); or use another one: "
NODES = ("null", "zero", "full", "random", "urandom", "tty")


def container(*devices: str, dev: Path = Path("/dev")) -> ApptainerContainer:
    """A container of two layers, with a mount of everything."""
    return ApptainerContainer(
        folder=Path("/i"),
        lower="1:0",
        nodes=device_nodes(devices, backend="apptainer", dev=dev),
        address=7,
        files=(
            Bind(source=Path("/i/stage/files/0"), target=PurePosixPath("/etc/pip.conf")),
            Bind(source=Path("/i/stage/files/1"), target=PurePosixPath("/run/docwalk/init.py")),
        ),
        folders=frozenset({PurePosixPath("/srv/packages/0"), PurePosixPath("/tmp/data")}),
        contents=Contents(
            binds=(
                Bind(source=Path("/host/wheels, all"), target=PurePosixPath("/srv/packages/0")),
                Bind(source=Path("/host/data"), target=PurePosixPath("/tmp/data"), writable=True),
            ),
            files={},
            devices=devices,
            tmpfs=(PurePosixPath("/tmp"), PurePosixPath("/run"), PurePosixPath("/tmp/small")),
            tmpfs_bytes=1 << 20,
            tmpfs_sizes={PurePosixPath("/tmp/small"): 4096},
            index_url=None,
        ),
    )


def script(made: ApptainerContainer) -> list[str]:
    return [shlex.join(command) for command in preparation(made)]


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A machine's folder of devices, with two cards."""
    folder = tmp_path / "dev"
    folder.mkdir()
    for name in ("null", "nvidia0", "nvidia1", "nvidiactl"):
        (folder / name).touch()
    return folder


def test_a_whole_container(small: Environment) -> None:
    assert " ".join(apptainer_argv(small, container())) == (
        "apptainer --nocolor exec --userns --containall --no-init --no-umask --writable "
        "--no-mount bind-paths --hostname login1 --net --network none "
        "--security seccomp:/i/seccomp.json --pwd / --bind /dev "
        "--mount type=bind,source=/i/stage/tmpfs/0,target=/tmp "
        "--mount type=bind,source=/i/stage/tmpfs/1,target=/run "
        "--mount type=bind,source=/i/stage/tmpfs/2,target=/tmp/small "
        "--mount type=bind,source=/i/stage/tmpfs/3,target=/run/docwalk "
        "--mount type=bind,source=/i/stage/binds/0,target=/srv/packages/0,readonly "
        "--mount type=bind,source=/host/data,target=/tmp/data "
        "--mount type=bind,source=/i/stage/files/0,target=/etc/pip.conf,readonly "
        "--mount type=bind,source=/i/stage/files/1,target=/run/docwalk/init.py,readonly "
        "/i/stage/root "
        "/usr/bin/env -i /usr/bin/unshare --user --keep-caps --map-user=1000 --map-group=1000 "
        "/usr/bin/setpriv --bounding-set=-all --ambient-caps=-all --inh-caps=-all "
        "/usr/bin/python3 -I -S -X utf8 /run/docwalk/init.py 7"
    )


@pytest.mark.parametrize(
    ("network", "has_its_own"), [(Network.HOST, False), (Network.PACKAGES, True), (Network.NONE, True)]
)
def test_only_host_shares_the_network(small: Environment, network: Network, *, has_its_own: bool) -> None:
    argv = " ".join(apptainer_argv(replace(small, network=network), container()))
    assert ("--net --network none" in argv) is has_its_own


def test_what_is_mounted_before() -> None:
    assert script(container()) == [
        "cd /i/lower",
        "mount -t tmpfs -o mode=755 docwalk /i/stage",
        "cp -r /i/files /i/stage/files",
        "mount --bind /i/stage/files /i/stage/files",
        "mount -o remount,bind,ro /i/stage/files",
        "mkdir /i/stage/root /i/stage/tmpfs /i/stage/dev /i/stage/binds",
        "mkdir /i/stage/binds/0",
        "mount --bind '/host/wheels, all' /i/stage/binds/0",
        "mount -o remount,bind,ro /i/stage/binds/0",
        "mount -t overlay docwalk -o lowerdir=1:0,upperdir=../upper,workdir=../work,userxattr /i/stage/root",
        "mkdir /i/stage/tmpfs/0 /i/stage/tmpfs/1 /i/stage/tmpfs/2 /i/stage/tmpfs/3",
        "mount -t tmpfs -o mode=1777,size=1048576 tmpfs /i/stage/tmpfs/0",
        "mount -t tmpfs -o mode=1777,size=1048576 tmpfs /i/stage/tmpfs/1",
        "mount -t tmpfs -o mode=1777,size=4096 tmpfs /i/stage/tmpfs/2",
        "mount -t tmpfs -o mode=1777,size=1048576 tmpfs /i/stage/tmpfs/3",
        "mkdir -p /i/stage/tmpfs/0/small",
        "mkdir -p /i/stage/tmpfs/1/docwalk",
        "mkdir -p /i/stage/tmpfs/0/data",
        "install -D /dev/null /i/stage/tmpfs/3/init.py",
        "mount -t tmpfs -o mode=755 tmpfs /i/stage/dev",
        f"touch {' '.join(f'/i/stage/dev/{name}' for name in NODES)}",
        "mount --bind /dev/null /i/stage/dev/null",
        "mount --bind /dev/zero /i/stage/dev/zero",
        "mount --bind /dev/full /i/stage/dev/full",
        "mount --bind /dev/random /i/stage/dev/random",
        "mount --bind /dev/urandom /i/stage/dev/urandom",
        "mount --bind /dev/tty /i/stage/dev/tty",
        "ln -s /proc/self/fd /i/stage/dev/fd",
        "ln -s /proc/self/fd/0 /i/stage/dev/stdin",
        "ln -s /proc/self/fd/1 /i/stage/dev/stdout",
        "ln -s /proc/self/fd/2 /i/stage/dev/stderr",
        "ln -s pts/ptmx /i/stage/dev/ptmx",
        "mkdir /i/stage/dev/pts /i/stage/dev/shm",
        "mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /i/stage/dev/pts",
        "mount -t tmpfs -o mode=1777,size=1048576 tmpfs /i/stage/dev/shm",
        "mount -o remount,bind,ro /i/stage/dev",
        "mount --rbind /i/stage/dev /dev",
    ]


@pytest.mark.parametrize(
    ("device", "nodes"),
    [
        ("nvidia.com/gpu=1", ["nvidia1", "nvidiactl"]),
        ("nvidia.com/gpu=all", ["nvidia0", "nvidia1", "nvidiactl"]),
    ],
)
def test_real_cards_are_asked_of_nv_which_finds_the_named_ones_only(
    small: Environment, dev: Path, device: str, nodes: list[str]
) -> None:
    made = container(device, dev=dev)
    assert "--nv" in apptainer_argv(small, made)
    bound = [line for line in script(made) if line.startswith("mount --bind") and "nvidia" in line]
    assert bound == [f"mount --bind {dev}/{name} /i/stage/dev/{name}" for name in nodes]


def test_the_drivers_libraries_are_where_programs_look(dev: Path) -> None:
    lines = script(container("nvidia.com/gpu=0", dev=dev))
    assert [line for line in lines if ".singularity.d" in line] == [
        "mkdir -p /i/stage/root/.singularity.d/libs",
        "ln -s /.singularity.d/libs /i/stage/tmpfs/3/driver",
    ]


def test_simulated_cards_are_nodes_and_never_asked_of_nv(small: Environment) -> None:
    made = container("docwalk.sim/gpu=0", "docwalk.sim/gpu=3")
    assert "--nv" not in apptainer_argv(small, made)
    assert [line for line in script(made) if "nvidia" in line and line.startswith("mount")] == [
        "mount --bind /dev/null /i/stage/dev/nvidia0",
        "mount --bind /dev/null /i/stage/dev/nvidia3",
    ]
    assert not any(".singularity.d" in line for line in script(made))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"users": Users.MANY},
            "environment `small` needs several accounts, and apptainer's containers have one",
        ),
        (
            {"setuid": True},
            "environment `small` has `setuid`, and no program gains privileges in apptainer's containers",
        ),
        (
            {"devices": ("nvidia.com/gpu=0", "docwalk.sim/gpu=1")},
            "environment `small` has devices of several kinds, and apptainer's containers get one kind",
        ),
    ],
)
def test_what_apptainer_cannot_give_is_refused(
    small: Environment, change: dict[str, object], message: str
) -> None:
    changed: Environment = replace(small, **change)  # type: ignore[arg-type]
    with pytest.raises(BackendError) as caught:
        require_fit(changed)
    assert (str(caught.value), caught.value.hint) == (message, SANDBOX)


def test_environments_that_nest_are_refused(small: Environment) -> None:
    with pytest.raises(BackendError) as caught:
        require_fit(replace(small, nested=(small,)))
    assert (str(caught.value), caught.value.hint) == (
        "environment `small` opens sandboxes inside, which apptainer's containers cannot",
        SANDBOX,
    )


def test_one_account_fits(small: Environment) -> None:
    require_fit(replace(small, devices=("docwalk.sim/gpu=0", "docwalk.sim/gpu=1")))


def test_a_machine_without_the_card_names_it(tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        container("nvidia.com/gpu=0", dev=tmp_path)
    assert str(caught.value) == (
        f"this machine has no device `nvidia.com/gpu=0`: there is no {tmp_path}/nvidia0"
    )


def test_other_devices_are_refused() -> None:
    with pytest.raises(BackendError) as caught:
        container("amd.com/gpu=0")
    assert str(caught.value) == "apptainer does not know the device `amd.com/gpu=0`"


def test_commands_are_run_in_namespaces_before_and_rights_given_up() -> None:
    argv = namespaced((("mkdir", "a b"), ("cd", "/c")), ("apptainer", "version"), uid=1000, gid=100)
    assert argv == (
        *("unshare", "--user", "--map-user=1000", "--map-group=100", "--keep-caps"),
        *("--cgroup", "--mount", "--propagation", "private", "--", "bash", "-c"),
        "set -e\nmkdir 'a b'\ncd /c\ncd /; exec setpriv --ambient-caps=-all --inh-caps=-all -- \"$@\"",
        *("docwalk-apptainer", "apptainer", "version"),
    )


def test_apptainer_sees_a_configuration_and_an_account_of_ours(tmp_path: Path) -> None:
    write_host_files(tmp_path, user="reader", uid=1000, gid=100)
    assert (tmp_path / "passwd").read_text() == ("root:x:0:0::/:/bin/sh\nreader:x:1000:100::/:/bin/sh\n")
    assert "mount home = no\n" in (tmp_path / "apptainer.conf").read_text()
    assert list(host_view(Path("/i"), Apptainer(configuration=Path("/etc/a.conf")))) == [
        ("mount", "--bind", "/i/passwd", "/etc/passwd"),
        ("mount", "--bind", "/i/apptainer.conf", "/etc/a.conf"),
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [("WARNING: a\nFATAL:   no such thing\n", "FATAL:   no such thing"), ("", "nothing was said")],
)
def test_anything_else_is_said_as_it_is(said: str, told: str) -> None:
    assert explain(said, None) == WhyNot(reason=f"it starts no container: {told}", hint=SANDBOX)


def test_a_setting_that_keeps_accounts_from_namespaces_is_named() -> None:
    blocked = Probe(works=False, reason="namespaces are off", fix="sudo sysctl x")
    assert explain("FATAL: no\n", blocked) == WhyNot(
        reason="namespaces are off: FATAL: no", hint="sudo sysctl x"
    )


def test_a_container_of_which_apptainer_warns_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "said").open("wb+") as messages:
        messages.write(b"INFO: fine\nWARNING: Could not remount /x read-only\n")
        with pytest.raises(BackendError) as caught:
            refuse_warnings(messages)
    assert str(caught.value) == "WARNING: Could not remount /x read-only"
    with (tmp_path / "said").open("wb+") as messages:
        messages.write(b"INFO: fine\n")
        refuse_warnings(messages)


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on PATH with an apptainer, entered by the account too that root becomes."""
    with tempfile.TemporaryDirectory(prefix="docwalk-programs-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        add_program(folder, "apptainer", "")
        monkeypatch.setenv("PATH", f"{folder}:{os.defpath}")
        yield folder


def add_program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_one_that_starts_a_container_is_used(programs: Path) -> None:
    # What starts apptainer stands for it here.
    add_program(programs, "unshare", "case $* in *buildcfg*) echo /etc/a/apptainer.conf;; esac")
    assert find_apptainer() == Apptainer(configuration=Path("/etc/a/apptainer.conf"))


def test_one_that_starts_none_is_a_limit_with_a_way_out(programs: Path) -> None:
    said = "FATAL:   container creation failed: failed to resolve session directory /v/s: lstat /v: no"
    add_program(
        programs, "unshare", f"case $* in *buildcfg*) echo /etc/a.conf;; *) echo {said!r}; exit 255;; esac"
    )
    assert find_apptainer() == WhyNot(reason="its folder /v/s is missing", hint="sudo mkdir -p /v/s")


def test_an_apptainer_that_is_not_there_is_a_limit_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_apptainer() == WhyNot(reason="it is not on PATH", hint=f"{INSTALL}{SANDBOX}")


def test_a_backend_without_apptainer_says_why(
    small: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    built = BuiltEnvironment(environment=small, digest="sha256:0", layers=(), manifest={})
    with pytest.raises(BackendError, match="apptainer cannot be used: it is not on PATH") as caught:
        ApptainerBackend(Store(folder=tmp_path, fallback=None)).open(built)
    assert caught.value.hint == f"{INSTALL}{SANDBOX}"
