"""Accounts: what init does where an instance has many user ids; a part of `init.py`, which runs inside.

Init is root of the instance's user namespace. Before any session it writes the accounts into the files of
the instance, makes their homes, and gives up what sessions and services may never have.
"""

# As in init.py, pathlib would cost too much.
# ruff: noqa: PTH101, PTH103, PTH110, PTH118, PTH123
from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import pwd
import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_GROUP_ID = 2000
"""Groups that nobody else has numbered begin here."""
# linux/capability.h: chown, dac_override, fowner, fsetid, kill, setgid, setuid, net_bind_service,
# audit_write.
SESSIONS_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 10, 29)
LAST_CAPABILITY = 40
SYS_ADMIN = 21
CAPABILITY_VERSION_3 = 0x20080522
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
SOCK_FILTER_BYTES = 8
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
SIOCSIFADDR = 0x8916
SIOCSIFNETMASK = 0x891C
TERMINALS_GROUP = 5  # tty, in Debian
# Readable for all in the bottom layer, where they hold nothing.
SECRETS = ("/etc/shadow", "/etc/gshadow")
# The bottom layer calls uid 65534 root, for instances of one id: there it is what root's files show as.
TRUE_NOBODY = {
    "/etc/passwd": ("root:x:65534:", "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"),
    "/etc/group": ("root:x:65534:", "nogroup:x:65534:\n"),
}


def add_accounts(accounts: list[dict[str, object]]) -> None:
    """Write accounts into the files of the instance."""
    for path, (wrong, right) in TRUE_NOBODY.items():
        correct(path, wrong, right)
    for path in SECRETS:
        if os.path.exists(path):
            os.chmod(path, 0o640)
    for account in accounts:
        add_account(**account)  # type: ignore[arg-type]


def settle(address: str | None, system_calls: str | None) -> None:
    """Make folders of ours, give the loopback an address, give up system calls and capabilities."""
    os.chmod("/run/docwalk", 0o1777)  # noqa: S103 - each account puts its long commands there
    if address is not None:
        add_address(address)
    if system_calls is not None:
        refuse(bytes.fromhex(system_calls))
    limit_capabilities()


def correct(path: str, wrong: str, right: str) -> None:
    """Replace the line that begins with `wrong`."""
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(right if line.startswith(wrong) else line for line in lines)


def add_account(
    *, name: str, uid: int, gid: int, groups: list[str], password: str | None, shell: str
) -> None:
    """Add an account where a layer has not, its password and its groups."""
    if name not in names("/etc/passwd"):
        append("/etc/passwd", f"{name}:x:{uid}:{gid}::/home/{name}:{shell}")
        if name not in names("/etc/group"):
            append("/etc/group", f"{name}:x:{gid}:")
    if name not in names("/etc/shadow"):
        append("/etc/shadow", f"{name}:{hashed(password)}:20000:0:99999:7:::")
    for group in groups:
        join(name, group)


def names(path: str) -> dict[str, list[str]]:
    """Lines of a file such as /etc/passwd, by name."""
    with open(path, encoding="utf-8") as file:
        return {line.split(":")[0]: line.rstrip("\n").split(":") for line in file}


def append(path: str, line: str) -> None:
    """Add a line."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def hashed(password: str | None) -> str:
    """What /etc/shadow holds for a password; a locked account without one."""
    if password is None:
        return "!"
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    made: bytes = crypt(password.encode(), b"$6$docwalk$")
    return made.decode()


def join(name: str, group: str) -> None:
    """Put an account into a group, which is made where there is none."""
    known = names("/etc/group")
    if group not in known:
        taken = {int(fields[2]) for fields in known.values()}
        number = next(each for each in range(FIRST_GROUP_ID, 1 << 16) if each not in taken)
        append("/etc/group", f"{group}:x:{number}:{name}")
        return
    members = [each for each in known[group][3].split(",") if each]
    if name not in members:
        known[group][3] = ",".join([*members, name])
        correct("/etc/group", f"{group}:", ":".join(known[group]) + "\n")


@contextlib.contextmanager
def home_of(name: str) -> Iterator[str]:
    """The folder of an account's home, made here; what it is filled with becomes the account's."""
    entry = pwd.getpwnam(name)
    home = entry.pw_dir
    os.makedirs(home, exist_ok=True)
    os.chmod(home, 0o755)  # noqa: S103 - as Debian's adduser made them for decades
    yield home
    for folder, _, files in os.walk(home):
        for path in (folder, *(os.path.join(folder, each) for each in files)):
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def add_address(address: str) -> None:
    """Give the loopback interface a second address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.255")):
            packed = struct.pack("16sHH4s8x", b"lo:0", socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(any_socket, request, packed)


def refuse(system_calls: bytes) -> None:
    """Take a filter of system calls, an array of struct sock_filter."""
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = ctypes.create_string_buffer(system_calls, len(system_calls))
    program = struct.pack("@HP", len(system_calls) // SOCK_FILTER_BYTES, ctypes.addressof(instructions))
    # No new privileges would do as well, and is what this instance must not have.
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def limit_capabilities() -> None:
    """Leave sessions and services what a cluster's root needs, and ourselves no more than init does."""
    libc = ctypes.CDLL(None, use_errno=True)
    for number in range(LAST_CAPABILITY + 1):
        if number not in SESSIONS_CAPABILITIES:
            libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    header, held = struct.pack("Ii", CAPABILITY_VERSION_3, 0), ctypes.create_string_buffer(24)
    libc.capget(header, held)
    effective, permitted, _, *more = struct.unpack("6I", held.raw)
    # None is inherited, or what we start as root would have all of ours, whatever its bounds.
    words = (effective & ~(1 << SYS_ADMIN), permitted & ~(1 << SYS_ADMIN), 0, *more[:2], 0)
    if libc.capset(header, struct.pack("6I", *words)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def become(account: str) -> None:
    """Take the ids of an account, for good."""
    entry = pwd.getpwnam(account)
    os.setgroups(os.getgrouplist(account, entry.pw_gid))
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


@contextlib.contextmanager
def acting_as(account: str | None) -> Iterator[None]:
    """Open files with the rights of an account, while the context lasts; None is init itself."""
    if account is None:
        yield
        return
    entry = pwd.getpwnam(account)
    os.setgroups(os.getgrouplist(account, entry.pw_gid))
    os.setegid(entry.pw_gid)
    os.seteuid(entry.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups([0])


def give_terminal(slave: int, account: str) -> None:
    """Let an account own its terminal, as a login does."""
    os.fchown(slave, pwd.getpwnam(account).pw_uid, TERMINALS_GROUP)
    os.fchmod(slave, 0o620)
