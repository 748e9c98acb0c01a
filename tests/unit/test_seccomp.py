"""The filter of system calls, run by a small interpreter of its instructions."""

from __future__ import annotations

import json
import struct

import pytest

from docwalk.seccomp import filter_program, profile

ALLOWED = 0x7FFF0000
REFUSED = 0x00050001
X86_64, AARCH64, I386 = 0xC000003E, 0xC00000B7, 0x40000003


def judge(machine: str, number: int, *, architecture: int, request: int = 0, nests: bool = False) -> int:
    """What the filter answers to one call."""
    program = filter_program(machine, nests=nests)
    assert program is not None
    data = struct.pack("=IIQQQ", number, architecture, 0, 0, request)
    lines = list(struct.iter_unpack("=HBBI", program))
    loaded, at = 0, 0
    while True:
        code, yes, no, value = lines[at]
        at += 1
        if code == 0x20:
            loaded = struct.unpack_from("=I", data, value)[0]
        elif code == 0x06:
            return int(value)
        else:
            holds = loaded == value if code == 0x15 else loaded >= value
            at += yes if holds else no


@pytest.mark.parametrize(
    ("machine", "architecture", "number", "asked", "found"),
    [
        ("x86_64", X86_64, 0, 0, ALLOWED),  # read
        ("x86_64", X86_64, 101, 0, ALLOWED),  # ptrace: debuggers are for tutorials, too
        ("x86_64", X86_64, 165, 0, REFUSED),  # mount
        ("x86_64", X86_64, 250, 0, REFUSED),  # keyctl
        ("x86_64", X86_64, 103, 0, REFUSED),  # syslog
        ("x86_64", X86_64, 16, 0x5401, ALLOWED),  # ioctl TCGETS
        ("x86_64", X86_64, 16, 0x5412, REFUSED),  # ioctl TIOCSTI
        ("x86_64", X86_64, 16, 0x541C, REFUSED),  # ioctl TIOCLINUX
        ("x86_64", X86_64, 0x5412, 0, ALLOWED),  # a number like that of a request
        ("x86_64", X86_64, 0x40000000, 0, REFUSED),  # x32's numbers
        ("x86_64", I386, 0, 0, REFUSED),
        ("aarch64", AARCH64, 63, 0, ALLOWED),  # read
        ("aarch64", AARCH64, 40, 0, REFUSED),  # mount
        ("aarch64", AARCH64, 29, 0x5412, REFUSED),  # ioctl TIOCSTI
        ("aarch64", X86_64, 0, 0, REFUSED),
    ],
)
def test_calls(machine: str, architecture: int, number: int, asked: int, found: int) -> None:
    assert judge(machine, number, architecture=architecture, request=asked) == found


def test_the_upper_half_of_a_request_does_not_hide_it() -> None:
    assert judge("x86_64", 16, architecture=X86_64, request=0x1_0000_5412) == REFUSED


def test_an_unknown_machine_has_no_filter() -> None:
    assert filter_program("riscv64") is None


def test_the_profile_says_the_same_in_names() -> None:
    said = json.loads(profile())
    assert said["defaultAction"] == "SCMP_ACT_ALLOW"
    refused = said["syscalls"][0]
    assert {"mount", "keyctl", "bpf"} <= set(refused["names"])
    assert "ptrace" not in refused["names"]
    assert [each["args"][0]["value"] for each in said["syscalls"][1:]] == [0x5412, 0x541C]


@pytest.mark.parametrize(
    ("number", "found"),
    [
        (165, ALLOWED),  # mount
        (166, ALLOWED),  # umount2
        (155, ALLOWED),  # pivot_root
        (428, REFUSED),  # open_tree
        (250, REFUSED),  # keyctl
        (321, REFUSED),  # bpf
    ],
)
def test_where_sandboxes_nest_only_what_makes_them_is_let_through(number: int, found: int) -> None:
    assert judge("x86_64", number, architecture=X86_64, nests=True) == found
