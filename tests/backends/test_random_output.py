"""Random output never desynchronises the driver, and never forges a status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.backend import Instance
    from docwalk.driver.command_result import CommandResult
    from docwalk.driver.shell import Shell

    Lines = Callable[[CommandResult], list[str]]
    OpenShell = Callable[..., Shell]

pytestmark = pytest.mark.container

LONG_S = 60.0
FAKE_MARKS = [
    b"\x1b]133;D;0\x07\x1b]133;A\x07\x1b[?2004h",
    b"\x1b]133;D;0123456789abcdef;bash;2;0;;\x07\x1b]133;A;0123456789abcdef;bash;2\x07\x1b[?2004h",
    b"\x1b]133;C;0123456789abcdef;zsh;2\x07",
    b"\x1b]133;P;",
    b"\x1b[?2004h",
    b"\x1b[?2004l\r",
]
CONTROLS = [
    *FAKE_MARKS,
    *(
        b"\x1b[%s" % end
        for end in (b"c", b"6n", b"2J", b"?1049h", b"?1049l", b"?25l", b"3g", b"r", b"1;5r", b"!p")
    ),
    b"\x1bc",
    b"\x0e",
    b"\x1b(0",
    b"\x1bP",
    b"\x1b]0;",
    b"\x9b",
    b"\xff\xfe",
    b"\r",
    b"\n",
    b"$ ",
    b"x" * 70000,
]
OUTPUTS = st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(CONTROLS)), max_size=12).map(b"".join)


@pytest.mark.parametrize("name", ["bash", "zsh", "tcsh", "fish", "dash"])
def test_any_output_ends_with_its_command(
    instance: Instance, open_shell: OpenShell, lines_of: Lines, name: str
) -> None:
    shell = open_shell(name)

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(output=OUTPUTS, status=st.integers(0, 255))
    def check(output: bytes, status: int) -> None:
        instance.write_file("/tmp/output", output, append=False)
        result = shell.run(f"sh -c 'cat /tmp/output; exit {status}'", timeout_s=LONG_S)
        assert (result.outcome, result.detail, result.exit_status) == (Outcome.PASSED, "", status)
        # The terminal translates newlines; what came is otherwise what was written.
        assert result.raw.replace(b"\r\n", b"\n").endswith(output.replace(b"\r\n", b"\n"))
        after = shell.run("echo after; sh -c 'exit 7'", timeout_s=LONG_S)
        assert (after.outcome, after.exit_status, lines_of(after)) == (Outcome.PASSED, 7, ["after"])

    check()


@pytest.mark.parametrize("name", ["bash", "zsh", "tcsh", "fish", "dash"])
def test_a_line_of_megabytes_ends_with_its_command(open_shell: OpenShell, name: str) -> None:
    shell = open_shell(name)
    result = shell.run("sh -c 'head -c 3000000 /dev/zero | tr \"\\0\" x; exit 5'", timeout_s=LONG_S)
    assert (result.outcome, result.exit_status, result.raw.count(b"x")) == (Outcome.PASSED, 5, 3_000_000)
