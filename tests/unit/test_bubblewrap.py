"""Command lines of the sandbox, and who it becomes; nothing is started."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import pytest

from docwalk.bubblewrap import (
    SANDBOX_UID,
    Bind,
    Identity,
    Network,
    SandboxSpec,
    bwrap_argv,
    is_reachable,
    make_upper,
    remove_tree,
    sandbox_identity,
)
from docwalk.errors import BackendError

BWRAP = Path("/opt/bwrap")


def argv(spec: SandboxSpec, *command: str) -> str:
    """The whole command line, on one line."""
    fds = {path: number for number, path in enumerate(spec.files, start=7)}
    return " ".join(bwrap_argv(spec, command or ("true",), bwrap=BWRAP, file_fds=fds))


def test_a_whole_instance() -> None:
    spec = SandboxSpec(
        layers=(Path("/l/base"), Path("/l/site")),
        upper=Path("/i/upper"),
        work=Path("/i/work"),
        binds=(
            Bind(source=Path("/host/wheels"), target=PurePosixPath("/srv/packages/0")),
            Bind(source=Path("/host/cache"), target=PurePosixPath("/srv/pip-cache"), writable=True),
        ),
        files={PurePosixPath("/etc/pip.conf"): b"[global]\n"},
        hostname="login1",
        environ={"HOME": "/home/reader", "LANG": "C.UTF-8"},
        cwd=PurePosixPath("/home/reader"),
    )
    assert argv(spec, "bash", "-l") == (
        "/opt/bwrap --die-with-parent --unshare-user --uid 1000 --gid 1000 "
        "--unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --hostname login1 "
        "--overlay-src /l/base --overlay-src /l/site --overlay /i/upper /i/work / "
        "--proc /proc --dev /dev --perms 1777 --tmpfs /tmp --perms 1777 --tmpfs /run "
        "--perms 1777 --tmpfs /dev/shm "
        "--ro-bind /host/wheels /srv/packages/0 --bind /host/cache /srv/pip-cache "
        "--perms 0444 --ro-bind-data 7 /etc/pip.conf --remount-ro /dev "
        "--clearenv --setenv HOME /home/reader --setenv LANG C.UTF-8 --chdir /home/reader -- bash -l"
    )


@pytest.mark.parametrize(
    ("layers", "mount"),
    [
        ((Path("/l/one"),), "--ro-bind /l/one /"),
        ((Path("/l/one"), Path("/l/two")), "--overlay-src /l/one --overlay-src /l/two --ro-overlay /"),
    ],
)
def test_without_upper_directory_the_root_is_read_only(layers: tuple[Path, ...], mount: str) -> None:
    line = argv(SandboxSpec(layers=layers))
    assert f" {mount} --proc" in line
    assert "--overlay /" not in line


def test_the_network_is_the_host_s_or_none() -> None:
    layers = (Path("/l"),)
    assert "--unshare-net" not in argv(SandboxSpec(layers=layers))
    assert "--unshare-net" in argv(SandboxSpec(layers=layers, network=Network.NONE))


def test_capabilities_are_kept_by_name() -> None:
    spec = SandboxSpec(layers=(Path("/l"),), uid=0, gid=0, capabilities=("CAP_CHOWN",))
    assert "--unshare-user --uid 0 --gid 0 " in argv(spec)
    assert "--cap-add CAP_CHOWN" in argv(spec)
    assert "--cap-add" not in argv(SandboxSpec(layers=(Path("/l"),)))


def test_who_joins_a_user_namespace_makes_none() -> None:
    line = argv(SandboxSpec(layers=(Path("/l"),), joins_user_namespace=True))
    assert "--unshare-user" not in line
    assert "--uid" not in line


def test_a_spec_without_layers_or_with_half_an_overlay_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one layer"):
        SandboxSpec(layers=())
    with pytest.raises(ValueError, match="`upper` and `work` are given together"):
        SandboxSpec(layers=(Path("/l"),), upper=Path("/u"))


def test_root_becomes_an_unprivileged_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("DOCWALK_SANDBOX_UID", raising=False)
    assert sandbox_identity() == Identity(uid=SANDBOX_UID, gid=SANDBOX_UID, is_switched=True)
    monkeypatch.setenv("DOCWALK_SANDBOX_UID", "61000")
    assert sandbox_identity().uid == 61000


def test_others_stay_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 1235)
    monkeypatch.setenv("DOCWALK_SANDBOX_UID", "61000")
    assert sandbox_identity() == Identity(uid=1234, gid=1235, is_switched=False)


@pytest.mark.parametrize("value", ["0", "root", "-5", "", "٣"])
def test_an_account_that_is_root_or_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("DOCWALK_SANDBOX_UID", value)
    with pytest.raises(BackendError) as caught:
        sandbox_identity()
    assert str(caught.value) == f"DOCWALK_SANDBOX_UID is `{value}`, expected a user id above 0"
    assert caught.value.hint == "unset DOCWALK_SANDBOX_UID, or use an id that no account has, such as 60999"


def test_a_closed_folder_above_a_file_makes_it_unreachable() -> None:
    with tempfile.TemporaryDirectory() as name:  # below no folder of pytest's, which are closed
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "file").touch(mode=0o644)
        assert is_reachable(folder / "file")
        assert not is_reachable(folder / "nowhere")
        folder.chmod(0o700)
        assert not is_reachable(folder / "file")


def test_an_upper_directory_has_no_write_bits_and_can_be_removed(tmp_path: Path) -> None:
    me = Identity(uid=os.geteuid(), gid=os.getegid(), is_switched=False)
    upper, work = make_upper(tmp_path, identity=me)
    assert (upper.stat().st_mode & 0o777, work.stat().st_mode & 0o777) == (0o555, 0o700)
    (work / "work").mkdir(mode=0o000)
    remove_tree(tmp_path)
    assert not tmp_path.exists()


def test_two_runs_may_remove_the_same_folder_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "i-1"
    for number in range(40):
        (folder / f"upper/{number}").mkdir(parents=True)
        for name in range(40):
            (folder / f"upper/{number}/{name}").touch()
    with ThreadPoolExecutor(max_workers=4) as pool:
        removals = [pool.submit(remove_tree, folder) for _ in range(4)]
    assert [each.exception() for each in removals] == [None] * 4
    assert not folder.exists()


def test_a_folder_that_cannot_be_removed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        remove_tree(tmp_path / "file")
