"""`docwalk update --interactive`, as a maintainer answers it in a terminal window."""

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
QUESTION = "[q]uit: "
PAGE = "# Page\n\n```console\n$ echo a\nold a\n$ echo b\nold b\n$ echo c\nold c\n```\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    require_built(ENVIRONMENTS / "login")
    (tmp_path / "pyproject.toml").write_text(f'[tool.docwalk]\nenvironments = "{ENVIRONMENTS}"\n')
    (tmp_path / "one.md").write_text(PAGE)
    (tmp_path / "two.md").write_text(PAGE)
    return tmp_path


@pytest.fixture
def window(folder: Path) -> Iterator[Window]:
    opened: list[pexpect.spawn[str]] = []

    def run(*pages: str) -> pexpect.spawn[str]:
        command = ["-m", "docwalk", "update", "--interactive", *pages]
        child = pexpect.spawn(
            sys.executable, command, cwd=folder, encoding="utf-8", dimensions=(40, 120), timeout=30
        )
        opened.append(child)
        return child

    yield run
    for child in opened:
        child.close(force=True)


def answer(child: pexpect.spawn[str], *answers: str) -> tuple[str, int | None]:
    """Answer each question in turn; the rest of what is printed, and the exit status."""
    for each in answers:
        child.expect_exact(QUESTION)
        child.sendline(each)
    child.expect(pexpect.EOF)
    child.wait()
    return child.before or "", child.exitstatus


def lines(folder: Path, page: str) -> list[str]:
    """The output that a page states."""
    return (folder / page).read_text().splitlines()[4:9:2]


def test_each_change_is_taken_or_left(window: Window, folder: Path) -> None:
    said, status = answer(window("one.md"), "y", "n", "y")
    assert lines(folder, "one.md") == ["a", "old b", "c"]
    assert ("1 change left" in said, status) == (True, 1)


def test_a_change_is_shown_before_it_is_asked_about(window: Window) -> None:
    child = window("one.md")
    child.expect_exact("one.md:4, change 1 of 3")
    child.expect_exact("-old a")
    child.expect_exact("+a")
    answer(child, "q")


def test_all_takes_the_rest_of_all_files(window: Window, folder: Path) -> None:
    _, status = answer(window("one.md", "two.md"), "n", "a")
    assert lines(folder, "one.md") == ["old a", "b", "c"]
    assert (lines(folder, "two.md"), status) == (["a", "b", "c"], 1)


def test_a_file_can_be_skipped(window: Window, folder: Path) -> None:
    answer(window("one.md", "two.md"), "y", "s", "n", "y", "n")
    assert lines(folder, "one.md") == ["a", "old b", "old c"]
    assert lines(folder, "two.md") == ["old a", "b", "old c"]


def test_what_was_taken_before_quitting_is_written(window: Window, folder: Path) -> None:
    answer(window("one.md", "two.md"), "y", "q")
    assert lines(folder, "one.md") == ["a", "old b", "old c"]
    assert (folder / "two.md").read_text() == PAGE


def test_another_answer_is_asked_for_again(window: Window, folder: Path) -> None:
    _, status = answer(window("one.md"), "", "what", "a")
    assert (lines(folder, "one.md"), status) == (["a", "b", "c"], 0)


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--interactive"], 3, "error: a shell needs a terminal"),
        (["--interactive", "--check"], 2, "--check writes nothing, so there is nothing to ask about"),
    ],
)
def test_it_is_refused_where_nobody_can_answer(
    folder: Path, options: list[str], status: int, message: str
) -> None:
    command = [sys.executable, "-m", "docwalk", "update", *options, "one.md"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, message in done.stderr) == (status, True)
    assert (folder / "one.md").read_text() == PAGE


def test_steps_after_a_lost_shell_are_named_and_left(folder: Path) -> None:
    page = "# P\n\n```console\n$ echo a\nold\n$ exec false\n$ echo b\nold\n$ echo c\nold\n```\n"
    (folder / "lost.md").write_text(page)
    command = [sys.executable, "-m", "docwalk", "update", "lost.md"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "lost.md:6: shell-lost: `exec false` ended the shell" in done.stdout
    assert "lost.md: not updated, for it was not run after that: line 7, 9\n" in done.stdout
    assert (folder / "lost.md").read_text() == page.replace("old", "a", 1)
