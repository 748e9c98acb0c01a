"""`docwalk env shell`, as somebody uses it at a terminal of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.environment.store import BuiltEnvironment

pytestmark = pytest.mark.container

ROOT = Path(__file__).parents[2]
PROMPT = r"login1\x1b.*~.*\$ "
COMMAND = ("-m", "docwalk", "env", "shell", "login")


@pytest.fixture
def window(login: BuiltEnvironment) -> Iterator[pexpect.spawn[str]]:
    """A terminal window of 31 rows and 97 columns in which the command was typed."""
    del login  # is built
    child = pexpect.spawn(
        sys.executable, list(COMMAND), cwd=ROOT, encoding="utf-8", dimensions=(31, 97), timeout=30
    )
    child.expect(PROMPT)
    yield child
    child.close(force=True)


def test_the_shell_is_the_reader_s_in_the_user_s_window(window: pexpect.spawn[str]) -> None:
    window.sendline("stty size; whoami; tty")
    window.expect(r"31 97\r\nreader\r\n/dev/pts/\d")
    window.setwinsize(20, 80)
    window.sendline("sleep 0.2; stty size")
    window.expect(r"20 80\r\n")


def test_keys_reach_the_program_and_not_docwalk(window: pexpect.spawn[str]) -> None:
    window.sendline("sh -c 'echo up; exec sleep 60'")
    window.expect(r"\x07up\r\n")
    window.sendcontrol("c")
    window.expect(PROMPT)
    window.sendline("echo $?")
    window.expect(r"130\r\n")


def test_its_status_is_the_shell_s(window: pexpect.spawn[str]) -> None:
    window.sendline("exit 7")
    window.expect(pexpect.EOF)
    window.wait()
    assert window.exitstatus == 7


def test_the_key_that_leaves_leaves_even_a_program(window: pexpect.spawn[str]) -> None:
    window.sendline("cat")
    window.expect("cat\r\n")
    window.sendcontrol("]")
    window.expect(pexpect.EOF)
    window.wait()
    assert window.exitstatus == 0


def test_a_large_paste_arrives_whole(window: pexpect.spawn[str]) -> None:
    window.sendline("cat > pasted")
    window.expect("pasted\r\n")
    for _ in range(20):
        window.send("a line of the paste\n" * 100 + "next\n")
        window.expect("next\r\n")
    window.sendcontrol("d")
    window.expect(PROMPT)
    window.sendline("wc -l < pasted")
    window.expect(r"2020\r\n")


def test_without_a_terminal_it_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, *COMMAND],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "error: a shell needs a terminal, and this command's input or output is none",
        "hint: run it in a terminal window, without a pipe",
    ]


def test_what_differs_is_said_and_is_the_status() -> None:
    compare = [sys.executable, "-m", "docwalk", "env", "diff", "login"]
    same = subprocess.run([*compare, "login"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (same.returncode, same.stdout) == (0, "")
    other = subprocess.run([*compare, "lmod"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert "~ system modules by Environment Modules 5.2.0 -> Lmod 8.6.19\n" in other.stdout
