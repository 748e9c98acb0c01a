"""seccomp: the system calls that a sandbox refuses, as a program for the kernel's filter.

Namespaces already take the sense out of most of these calls; what is refused here is what they do not cover
(keyrings, the kernel's log, typing into a terminal) and what no tutorial needs but attacks do. Refused
calls fail with EPERM, as they do for ordinary accounts on a cluster.
"""

from __future__ import annotations

import errno
import json
import os
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM  # SECCOMP_RET_ERRNO
_NUMBER, _ARCHITECTURE, _REQUEST = 0, 4, 24
"""Offsets in struct seccomp_data: call, architecture, low half of its second argument."""
_X32_BIT: Final = 0x40000000
TERMINAL_REQUESTS: Final = (0x5412, 0x541C)
"""TIOCSTI types into a terminal, TIOCLINUX pastes into a console."""

_X86_64: Final = {
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "syslog": 103,
    "bpf": 321,
    "perf_event_open": 298,
    "mount": 165,
    "umount2": 166,
    "pivot_root": 155,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
    "open_by_handle_at": 304,
    "init_module": 175,
    "finit_module": 313,
    "delete_module": 176,
    "kexec_load": 246,
    "kexec_file_load": 320,
    "reboot": 169,
    "swapon": 167,
    "swapoff": 168,
    "acct": 163,
    "quotactl": 179,
    "settimeofday": 164,
    "clock_settime": 227,
    "adjtimex": 159,
    "clock_adjtime": 305,
    "iopl": 172,
    "ioperm": 173,
    "userfaultfd": 323,
    "lookup_dcookie": 212,
    "nfsservctl": 180,
    "uselib": 134,
    "vhangup": 153,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
}
_GENERIC: Final = {
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "syslog": 116,
    "bpf": 280,
    "perf_event_open": 241,
    "mount": 40,
    "umount2": 39,
    "pivot_root": 41,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
    "open_by_handle_at": 265,
    "init_module": 105,
    "finit_module": 273,
    "delete_module": 106,
    "kexec_load": 104,
    "kexec_file_load": 294,
    "reboot": 142,
    "swapon": 224,
    "swapoff": 225,
    "acct": 89,
    "quotactl": 60,
    "settimeofday": 170,
    "clock_settime": 112,
    "adjtimex": 171,
    "clock_adjtime": 266,
    "userfaultfd": 282,
    "lookup_dcookie": 18,
    "nfsservctl": 42,
    "vhangup": 58,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
}
_FOR_SANDBOXES: Final = frozenset({"mount", "umount2", "pivot_root"})
"""What bubblewrap calls to make a sandbox inside; namespaces of its own are all that it can mount in."""
_MACHINES: Final[Mapping[str, tuple[int, int, Mapping[str, int]]]] = {
    "x86_64": (0xC000003E, 16, _X86_64),
    "aarch64": (0xC00000B7, 29, _GENERIC),
}
"""Of each machine: its audit number, its number of ioctl, its numbers of refused calls (asm/unistd.h)."""


def numbers_of(*names: str) -> Mapping[str, int]:
    """Numbers of refused system calls on this machine, by name."""
    return {name: _MACHINES[os.uname().machine][2][name] for name in names}


def profile() -> str:
    """The same filter as JSON, in the form that podman and docker read; names instead of numbers."""
    names = sorted({*_X86_64, *_GENERIC})
    refuse = {"action": "SCMP_ACT_ERRNO", "errnoRet": errno.EPERM}
    calls: list[dict[str, object]] = [{"names": names, **refuse}]
    calls += [
        {"names": ["ioctl"], **refuse, "args": [{"index": 1, "value": request, "op": "SCMP_CMP_EQ"}]}
        for request in TERMINAL_REQUESTS
    ]
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": calls}, indent=1, sort_keys=True)


def filter_program(machine: str | None = None, *, nests: bool = False) -> bytes | None:
    """The filter, an array of struct sock_filter; None for a machine whose numbers we do not know.

    Args:
        machine: as `uname -m` says it; None is this one.
        nests: whether sandboxes may be opened inside.
    """
    known = _MACHINES.get(os.uname().machine if machine is None else machine)
    if known is None:
        return None
    architecture, ioctl, refused = known
    numbers = sorted(number for name, number in refused.items() if not (nests and name in _FOR_SANDBOXES))
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),  # calls of another architecture have other numbers
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number in numbers:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    lines += [(_EQUAL, 1, 0, ioctl), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _REQUEST)]
    for request in TERMINAL_REQUESTS:
        lines += [(_EQUAL, 0, 1, request), (_RETURN, 0, 0, _REFUSE)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", code, yes, no, value) for code, yes, no, value in lines)
