"""`docwalk run --shell`, as a maintainer uses it in a terminal window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from docwalk.testing_sandbox import require_built

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Window = Callable[..., "pexpect.spawn[str]"]

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
PROMPT = r"reader@login1.*\$ "
FAILING = "# Page\n\n```console\n$ cd /usr; where=here\n$ echo a\nb\n$ touch /tmp/c\n```\n"
PASSING = "# Page\n\n```console\n$ cd /usr\n$ echo a\na\n```\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    require_built(ENVIRONMENTS / "login")
    (tmp_path / "pyproject.toml").write_text(f'[tool.docwalk]\nenvironments = "{ENVIRONMENTS}"\n')
    (tmp_path / "failing.md").write_text(FAILING)
    (tmp_path / "passing.md").write_text(PASSING)
    return tmp_path


@pytest.fixture
def window(folder: Path) -> Iterator[Window]:
    opened: list[pexpect.spawn[str]] = []

    def run(*arguments: str) -> pexpect.spawn[str]:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "docwalk", "run", "--shell", *arguments],
            cwd=folder,
            encoding="utf-8",
            dimensions=(31, 120),
            timeout=30,
        )
        opened.append(child)
        return child

    yield run
    for child in opened:
        child.close(force=True)


def ended(child: pexpect.spawn[str]) -> tuple[str, int | None]:
    """The rest of what it printed, and its exit status."""
    child.expect(pexpect.EOF)
    child.wait()
    return child.before or "", child.exitstatus


def test_the_user_stands_where_the_step_failed(window: Window) -> None:
    child = window("failing.md")
    child.expect_exact("failing.md:6: mismatch: differs from column 1 (command in line 5)")
    child.expect_exact("You are in session `main` of failing, as the step at line 5 left it.")
    child.expect_exact("The page goes on in line 7 with: touch /tmp/c")
    child.expect(PROMPT)
    child.sendline("echo $PWD $where; stty size; ls /tmp/c")
    child.expect_exact("/usr here\r\n31 120\r\n")
    child.expect_exact("ls: cannot access '/tmp/c'")
    child.setwinsize(20, 80)
    child.sendline("sleep 0.2; stty size; exit")
    child.expect_exact("20 80\r\n")
    said, status = ended(child)
    assert ("0 of 1 walk passed" in said, status) == (True, 1)


def test_a_key_leaves_whatever_runs(window: Window) -> None:
    child = window("failing.md")
    child.expect(PROMPT)
    child.sendline("sleep 100")
    child.expect_exact("sleep 100\r\n")
    child.sendcontrol("]")
    child.expect(r"mleft\x1b")
    assert ended(child)[1] == 1


def test_of_several_walks_the_first_that_fails_is_entered(window: Window) -> None:
    child = window("passing.md", "failing.md")
    child.expect_exact("You are in session `main` of failing")
    child.expect(PROMPT)
    child.sendline("exit")
    said, status = ended(child)
    assert ("1 of 2 walks passed" in said, status) == (True, 1)


def test_a_single_walk_that_passes_is_entered_at_its_end(window: Window) -> None:
    child = window("passing.md")
    child.expect_exact("You are in session `main` of passing, as the step at line 5 left it.")
    child.expect(PROMPT)
    child.sendline("pwd; exit 3")
    child.expect_exact("/usr\r\n")
    said, status = ended(child)
    assert ("1 of 1 walk passed" in said, status) == (True, 0)


def test_where_no_walk_failed_nobody_is_let_in(window: Window, folder: Path) -> None:
    (folder / "other.md").write_text(PASSING)
    said, status = ended(window("passing.md", "other.md"))
    assert ("no walk failed: to look around at the end of one, name it with --walk" in said, status) == (
        True,
        0,
    )


def test_a_shell_that_is_gone_is_replaced(window: Window, folder: Path) -> None:
    (folder / "lost.md").write_text("# P\n\n```console\n$ touch ~/kept\n$ exec false\n```\n")
    child = window("lost.md")
    child.expect_exact("in a new login: its shell is gone.")
    child.expect(PROMPT)
    child.sendline("ls ~/kept; exit")
    child.expect_exact("/home/reader/kept\r\n")
    assert ended(child)[1] == 1


def test_without_a_terminal_nothing_is_run(folder: Path) -> None:
    command = [sys.executable, "-m", "docwalk", "run", "--shell", "failing.md"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: a shell needs a terminal")
