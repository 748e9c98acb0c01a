"""Instances of many user ids: who owns what, who may become whom, and what services do."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from docwalk.backend.podman import PodmanBackend
from docwalk.backend.sandbox import SandboxBackend
from docwalk.bubblewrap import Network
from docwalk.driver.shell import Shell
from docwalk.environment.definition import Users
from docwalk.environment.parts import Account, Service
from docwalk.environment.store import Store
from docwalk.errors import BackendError
from docwalk.option_types import Answer
from docwalk.results import Outcome
from docwalk.seccomp import numbers_of
from docwalk.testing_sandbox import require_podman

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.backend import Backend, Instance
    from docwalk.driver.command_result import CommandResult
    from docwalk.environment.store import BuiltEnvironment

    Lines = Callable[[CommandResult], list[str]]

pytestmark = pytest.mark.container

LONG_S = 60.0
BASH = "bash"
PASSWORD = "wonderland"  # noqa: S105 - of an account that lives as long as a test
MOST_ACCOUNTS = 65535
"""Ids inside are others outside, above those of this machine's accounts."""
ACCOUNTS = (
    Account(name="alice", uid=1001, groups=("project", "users"), password=PASSWORD, shell=BASH),
    Account(name="bob", uid=1002, groups=("project",), password=None, shell=BASH),
)


def opened(backend: Backend, environment: BuiltEnvironment, **keys: Any) -> Instance:
    many: dict[str, Any] = {"users": Users.MANY, "accounts": ACCOUNTS, "network": Network.NONE, **keys}
    return backend.open(replace(environment, environment=replace(environment.environment, **many)))


@pytest.fixture(scope="module", params=["podman", "sandbox"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "sandbox":
        return SandboxBackend()
    require_podman()
    return PodmanBackend()


@pytest.fixture(scope="module")
def several(backend: Backend, environment: BuiltEnvironment) -> Iterator[Instance]:
    instance = opened(backend, environment, setuid=True)
    yield instance
    instance.close()


@pytest.fixture(scope="module")
def fixed(backend: Backend, environment: BuiltEnvironment) -> Iterator[Instance]:
    instance = opened(backend, environment, setuid=False)
    yield instance
    instance.close()


def test_the_mode_names_backend_and_ids(backend: Backend, several: Instance) -> None:
    assert several.mode == f"{backend.name}/mapped"


def shell_of(instance: Instance, user: str | None) -> Shell:
    terminal = instance.open_terminal(shell=BASH, user=user, rows=24, columns=100, environ={"TERM": "dumb"})
    shell = Shell(terminal, instance.marks, spill=bytes.decode)
    assert shell.wait_until_ready(LONG_S).detail == ""
    return shell


def said(instance: Instance, user: str | None, command: str, lines_of: Lines) -> list[str]:
    shell = shell_of(instance, user)
    try:
        return lines_of(shell.run(command, timeout_s=LONG_S))
    finally:
        shell.close()


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        (None, "uid=1000(reader) gid=1000(reader) groups=1000(reader)"),
        ("alice", "uid=1001(alice) gid=1001(alice) groups=1001(alice),100(users),2000(project)"),
        ("bob", "uid=1002(bob) gid=1002(bob) groups=1002(bob),2000(project)"),
    ],
)
def test_a_session_is_its_accounts(several: Instance, lines_of: Lines, user: str | None, shown: str) -> None:
    name = user or "reader"
    assert said(several, user, "id; pwd; echo $HOME $USER $LOGNAME", lines_of) == [
        shown,
        f"/home/{name}",
        f"/home/{name} {name} {name}",
    ]
    assert said(several, user, "stat -c %U $(tty) ~/.bashrc /etc/passwd; getent passwd 65534", lines_of) == [
        name,
        name,
        "root",
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    ]


def test_an_account_that_is_not_declared_has_no_session(several: Instance) -> None:
    with pytest.raises(BackendError, match="environment `login` has no account `root`"):
        several.open_terminal(shell=BASH, user="root", rows=24, columns=100, environ={})


def test_files_are_written_and_read_with_the_rights_of_an_account(several: Instance, lines_of: Lines) -> None:
    several.write_file("~/notes/mine.txt", b"mine\n", append=False, user="alice")
    stat = "stat -c '%U:%G %a' /home/alice/notes /home/alice/notes/mine.txt"
    assert said(several, "bob", stat, lines_of) == ["alice:alice 755", "alice:alice 644"]
    assert several.read_file("mine.txt", user="alice") is None
    assert several.read_file("notes/mine.txt", user="alice") == b"mine\n"
    with pytest.raises(PermissionError):
        several.write_file("/home/alice/notes/mine.txt", b"", append=True, user="bob")
    with pytest.raises(PermissionError):
        several.read_file("/etc/shadow", user="alice")
    with pytest.raises(PermissionError):
        several.write_file("/etc/new", b"", append=False)


def test_accounts_cannot_reach_into_each_others_processes(several: Instance, lines_of: Lines) -> None:
    owner = shell_of(several, "alice")
    owner.run("sleep 61 &", timeout_s=LONG_S)
    command = "kill $(pgrep -fx 'sleep 61'); cat /proc/$(pgrep -fx 'sleep 61')/environ"
    refused = " ".join(said(several, "bob", command, lines_of))
    owner.close()
    assert (refused.count("Operation not permitted"), refused.count("Permission denied")) == (1, 1)


@pytest.mark.parametrize(
    ("password", "status", "shown"),
    [
        (PASSWORD, 0, ["Password:", "uid=1001(alice)"]),
        ("looking-glass", 1, ["Password:", "su: Authentication failure"]),
    ],
)
def test_su_asks_for_the_password(
    several: Instance, lines_of: Lines, password: str, status: int, shown: list[str]
) -> None:
    shell = shell_of(several, None)
    result = shell.run(
        "su alice -c 'id | cut -d\" \" -f1'",
        timeout_s=LONG_S,
        answers=(Answer(prompt="Password: ", text=password),),
    )
    shell.close()
    assert (result.outcome, result.exit_status, lines_of(result)) == (Outcome.PASSED, status, shown)


def test_a_shell_that_su_or_newgrp_opens_has_marks(several: Instance, lines_of: Lines) -> None:
    shell = shell_of(several, "alice")
    for command, shown in (
        ("newgrp project", []),
        ("id -gn", ["project"]),
        ("false", []),
        ("exit", ["exit"]),
        ("id -gn", ["alice"]),
    ):
        result = shell.run(command, timeout_s=LONG_S)
        assert (result.outcome, lines_of(result)) == (Outcome.PASSED, shown), command
    entered = shell.run("su alice", timeout_s=LONG_S, answers=(Answer(prompt="Password: ", text=PASSWORD),))
    assert (entered.outcome, entered.exit_status) == (Outcome.PASSED, None)
    failed = shell.run("false", timeout_s=LONG_S)
    left = shell.run("exit 3", timeout_s=LONG_S)
    shell.close()
    assert (failed.exit_status, left.exit_status) == (1, 3)


@pytest.mark.parametrize(
    ("command", "last"),
    [
        ("grep NoNewPrivs /proc/self/status", "NoNewPrivs:     1"),
        ("newgrp project", "setgid: Operation not permitted"),
        ("su alice -c id", "su: Authentication failure"),
    ],
)
def test_nothing_gains_privileges_where_setuid_is_not_declared(
    fixed: Instance, lines_of: Lines, command: str, last: str
) -> None:
    shell = shell_of(fixed, "bob")
    answers = (Answer(prompt="Password: ", text=PASSWORD),) if command.startswith("su") else ()
    result = shell.run(command, timeout_s=LONG_S, answers=answers)
    shell.close()
    assert lines_of(result)[-1] == last


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("mount -t tmpfs none /mnt", "mount: /mnt: must be superuser to use mount."),
        ("chown bob /home/alice", "chown: changing ownership of '/home/alice': Operation not permitted"),
        ("hostname other", "hostname: you must be root to change the host name"),
        ("unshare --mount true", "unshare: unshare failed: Operation not permitted"),
        ("mknod /tmp/disk b 8 0", "mknod: /tmp/disk: Operation not permitted"),
        ("cat /etc/shadow", "cat: /etc/shadow: Permission denied"),
    ],
)
def test_accounts_may_not_do_what_only_root_may(
    several: Instance, lines_of: Lines, command: str, refusal: str
) -> None:
    assert said(several, "bob", command, lines_of)[0] == refusal


def test_root_inside_is_no_root_of_the_machine(backend: Backend, environment: BuiltEnvironment) -> None:
    attempts = (
        "id -u",
        "mount -t tmpfs none /mnt",
        "hostname other",
        "mknod /srv/disk b 8 0",
        "echo 1 > /proc/sys/vm/drop_caches",
        "unshare --net true",
        "nsenter --target 1 --mount true",
        "chown 70000 /srv",
    )
    started = f"export LC_ALL=C.UTF-8; {'; '.join(attempts)}; echo done; exec sleep 900"
    root = service("root", started, ready="grep -q done /run/docwalk/services/root.log")
    instance = opened(backend, environment, services=(root,), setuid=True)
    try:
        said = instance.services()[0].log_lines
    finally:
        instance.close()
    why_not = {"podman": "Read-only file system", "sandbox": "Permission denied"}[backend.name]
    assert said == (
        "0",
        "mount: /mnt: permission denied.",
        "       dmesg(1) may have more information after failed mount system call.",
        "hostname: you must be root to change the host name",
        "mknod: /srv/disk: Operation not permitted",
        f"/bin/sh: 1: cannot create /proc/sys/vm/drop_caches: {why_not}",
        "unshare: unshare failed: Operation not permitted",
        "nsenter: cannot open /proc/1/ns/mnt: Permission denied",
        "chown: changing ownership of '/srv': Invalid argument",
        "done",
    )


@pytest.mark.parametrize("setuid", [False, True])
def test_system_calls_are_filtered_whoever_calls(
    backend: Backend, environment: BuiltEnvironment, lines_of: Lines, *, setuid: bool
) -> None:
    shown = "grep -hE '^(Seccomp|CapEff|CapBnd):' /proc/self/status /proc/1/status"
    root = service("root", f"{shown}; exec sleep 900", ready="test -s /run/docwalk/services/root.log")
    instance = opened(backend, environment, services=(root,), setuid=setuid)
    try:
        found = [*instance.services()[0].log_lines[:3], *said(instance, "bob", shown, lines_of)[:3]]
        keyring = "python3 -c 'import ctypes; c = ctypes.CDLL(None, use_errno=True);"
        call = f"{keyring} print(c.syscall({numbers_of('keyctl')['keyctl']}, 0, -3, 1), ctypes.get_errno())'"
        refused = said(instance, "bob", call, lines_of)
    finally:
        instance.close()
    bounded = "CapBnd:\t00000000200004fb"
    assert [line.expandtabs() for line in found] == [
        *(line.expandtabs() for line in ("CapEff:\t00000000200004fb", bounded, "Seccomp:\t2")),
        *(line.expandtabs() for line in ("CapEff:\t0000000000000000", bounded, "Seccomp:\t2")),
    ]
    assert refused == ["-1 1"]


def test_services_run_in_order_as_their_accounts(
    backend: Backend, environment: BuiltEnvironment, lines_of: Lines
) -> None:
    make = "sleep 0.2; install -m 666 /dev/null /srv/order; echo one >> /srv/order; exec sleep 900"
    first = service("first", make, ready="test -s /srv/order")
    second = service("second", "echo two >> /srv/order; exec sleep 901", user="alice", after=("first",))
    instance = opened(backend, environment, services=(first, replace(second, ready="grep -q two /srv/order")))
    try:
        assert [(each.name, each.ended) for each in instance.services()] == [("first", ""), ("second", "")]
        assert said(instance, "bob", "ps -C sleep -o user=,args= | sort", lines_of) == [
            "alice    sleep 901",
            "root     sleep 900",
        ]
        assert instance.read_file("/srv/order") == b"one\ntwo\n"
    finally:
        instance.close()


def test_a_service_that_ends_is_named_with_the_end_of_its_log(
    backend: Backend, environment: BuiltEnvironment
) -> None:
    short = service("short", "echo going; sleep 1; exit 7", ready=None)
    log = PurePosixPath("/var/log/long.log")
    long = replace(service("long", "echo elsewhere > /var/log/long.log; exec sleep 900", ready=None), log=log)
    instance = opened(
        backend, environment, services=(short, replace(long, ready="test -s /var/log/long.log"))
    )
    try:
        time.sleep(1.2)
        states = {each.name: (each.ended, each.log_lines) for each in instance.services()}
    finally:
        instance.close()
    assert states == {"short": ("ended with exit status 7", ("going",)), "long": ("", ("elsewhere",))}


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (
            "echo starting; echo no port left; exit 3",
            "ended with exit status 3 before it was ready; the last its log says: starting / no port left",
        ),
        (
            "exec sleep 900",
            "is not ready after 0.3 s; the last its log says: nothing",
        ),
        (
            "exec no-such-daemon",
            (
                "ended with exit status 127 before it was ready; "
                "the last its log says: /bin/sh: 1: exec: no-such-daemon: not found"
            ),
        ),
    ],
)
def test_a_service_that_does_not_get_ready_is_an_error(
    backend: Backend, environment: BuiltEnvironment, start: str, message: str
) -> None:
    broken = replace(service("broken", start, ready="false"), timeout_s=0.3)
    with pytest.raises(BackendError) as caught:
        opened(backend, environment, services=(broken,))
    assert (str(caught.value), caught.value.hint) == (
        f"service `broken` {message}",
        "mend `start` or `ready` of `broken` in environment.toml",
    )


@pytest.mark.parametrize(
    ("start", "ready"),
    [
        ("echo going; exit 7", None),
        ("echo going; : > /srv/first; sleep 0.2; exit 7", "test -e /srv/first"),
    ],
)
def test_no_instance_opens_where_a_service_has_ended(
    backend: Backend, environment: BuiltEnvironment, start: str, ready: str | None
) -> None:
    second = service("second", "sleep 0.5; : > /srv/second; exec sleep 900", ready="test -e /srv/second")
    with pytest.raises(BackendError) as caught:
        opened(backend, environment, services=(service("first", start, ready=ready), second))
    assert str(caught.value) == (
        "service `first` ended with exit status 7 before the walk began; the last its log says: going"
    )


def test_one_account_has_no_services_of_others(backend: Backend, environment: BuiltEnvironment) -> None:
    with pytest.raises(BackendError) as caught:
        opened(
            backend, environment, users=Users.ONE, accounts=(), services=(service("clock", "exec sleep 900"),)
        )
    assert (str(caught.value), caught.value.hint) == (
        "service `clock` runs as `root`, an account that an environment of one account has not",
        'write `users = "many"`, or `user = "reader"` for the service',
    )


def test_what_accounts_leave_is_gone_with_the_instance(
    backend: PodmanBackend | SandboxBackend, environment: BuiltEnvironment, lines_of: Lines
) -> None:
    install = "install -d -o alice -m 700 /srv/closed; install -o 3000 -m 0 /dev/null /srv/closed/file"
    daemon = service("daemon", f"{install}; setsid sleep 903.5 & exec sleep 904", ready="test -e /srv/closed")
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        instance = opened(
            type(backend)(Store(folder=Path(name), fallback=None)), environment, services=(daemon,)
        )
        try:
            assert said(instance, "bob", "pgrep -fxc 'sleep 903.5'", lines_of) == ["1"]
            folder = next(Path(name, "instances").glob("i-*"))
            assert (folder / "upper" / "srv" / "closed").lstat().st_uid > MOST_ACCOUNTS
        finally:
            instance.close()
        assert list(Path(name, "instances").iterdir()) == []
    assert [each for each in Path("/proc").glob("[0-9]*/cmdline") if is_sleeper(each, "903.5")] == []


def is_sleeper(path: Path, seconds: str) -> bool:
    """Whether this is the command line of a process, of any instance, that sleeps so long."""
    try:
        return path.read_bytes() == f"sleep\0{seconds}\0".encode()
    except OSError:
        return False


def test_services_of_the_reader_run_where_there_is_one_account(
    backend: Backend, environment: BuiltEnvironment, lines_of: Lines
) -> None:
    clock = service("clock", "exec sleep 902", user="reader", ready=None)
    instance = opened(backend, environment, users=Users.ONE, accounts=(), services=(clock,))
    try:
        assert said(instance, None, "ps -C sleep -o user=,args=", lines_of) == ["reader   sleep 902"]
    finally:
        instance.close()


def service(
    name: str,
    start: str,
    *,
    ready: str | None = "true",
    user: str = "root",
    after: tuple[str, ...] = (),
) -> Service:
    return Service(
        name=name, start=start, ready=ready, stop=None, log=None, user=user, after=after, timeout_s=10
    )
