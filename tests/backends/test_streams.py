"""Standard error told apart: where each line came from, in every shell that can, and what state stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.driver.error_stream import ErrorStream
from docwalk.terminal import render_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.backend import Instance
    from docwalk.driver.shell import Shell

    Apart = Callable[[str], tuple[list[str], list[str], int | None]]

pytestmark = pytest.mark.container


@pytest.fixture
def errors(instance: Instance) -> Iterator[ErrorStream]:
    stream = ErrorStream(instance.open_side(rows=24, columns=100))
    yield stream
    stream.close()


@pytest.fixture(params=["bash", "zsh", "dash"])
def shell(request: pytest.FixtureRequest, open_shell: Callable[[str], Shell]) -> Shell:
    return open_shell(request.param)


@pytest.fixture
def apart(shell: Shell, errors: ErrorStream) -> Apart:
    """Run a command; its lines of standard output, those of standard error, and its status."""

    def run(command: str) -> tuple[list[str], list[str], int | None]:
        errors.discard()
        result = shell.run(errors.wrapped(command), timeout_s=20)
        out, err = (render_terminal(raw) for raw in (result.raw, errors.take()))
        return [line.text for line in out], [line.text for line in err], result.exit_status

    return run


def test_each_line_comes_from_its_stream(apart: Apart) -> None:
    assert apart("echo a; echo b >&2; echo c; (exit 3)") == (["a", "c"], ["b"], 3)


def test_both_streams_are_terminals(apart: Apart) -> None:
    assert apart("[ -t 1 ] && [ -t 2 ] && echo both") == (["both"], [], 0)


def test_the_shell_keeps_its_state(apart: Apart) -> None:
    apart("x=5; cd /usr")
    assert apart("echo $x $PWD >&2") == ([], ["5 /usr"], 0)


def test_a_hundred_thousand_lines_of_standard_error_are_whole(apart: Apart) -> None:
    assert apart("seq 100000 >&2; echo end") == (["end"], [str(n) for n in range(1, 100_001)], 0)


def test_a_heredoc_stays_what_it_is(apart: Apart) -> None:
    assert apart("cat <<E >&2\n# hi }\nE") == ([], ["# hi }"], 0)


@pytest.mark.parametrize("shell", ["bash", "dash"], indirect=True)
def test_a_comment_stays_what_it_is(apart: Apart) -> None:
    assert apart("echo a >&2 # b") == ([], ["a"], 0)


def test_what_the_background_writes_later_is_not_the_next_commands(apart: Apart) -> None:
    apart("(sleep 0.05; echo late >&2) & wait")
    assert apart("true") == ([], [], 0)


def test_the_shells_own_messages_are_standard_error(apart: Apart) -> None:
    out, (said,), status = apart("no-such-program-here")
    assert (out, "not found" in said, "no-such-program-here" in said, status) == ([], True, True, 127)
