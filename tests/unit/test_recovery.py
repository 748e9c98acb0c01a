"""Recovery over a pty whose other end is a made-up shell, slow to answer."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from typing import TYPE_CHECKING, cast

import pytest

from docwalk.dialects import DIALECTS
from docwalk.driver.listener import Listener
from docwalk.driver.recovery import recover
from docwalk.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.backend import Terminal

NONCE = "0123456789abcdef"
PROMPT = f"\x1b]133;D;{NONCE};bash;7;130;himBHs;1\a\x1b]133;A;{NONCE};bash;7\a$ \x1b[?2004h".encode()


class Spared:
    """A terminal in which nothing is in the foreground."""

    def kill_foreground(self) -> None:
        """Nobody to kill."""


@pytest.fixture
def pty() -> Iterator[tuple[int, int]]:
    ends = os.openpty()
    tty.setraw(ends[1])
    yield ends
    for end in ends:
        os.close(end)


def recovered(pty: tuple[int, int], gaps_s: tuple[float, ...]) -> bool:
    """Whether recovery succeeds with a shell that prompts so long after the second interrupt, and so on."""
    master, slave = pty
    seen = bytearray()

    def read_until(wanted: bytes) -> None:
        while wanted not in seen:
            seen.extend(os.read(slave, 64))

    def answer() -> None:
        read_until(b"\x03\x03")
        for gap_s in gaps_s:
            time.sleep(gap_s)
            os.write(slave, PROMPT)
        read_until(b"\r")
        time.sleep(0.03)
        os.write(slave, PROMPT)

    threading.Thread(target=answer, daemon=True).start()
    listener = Listener(master, Marks(nonce=NONCE))
    listener.dialect = DIALECTS["bash"]
    return recover(listener, cast("Terminal", Spared()))


@pytest.mark.parametrize("gaps_s", [(0.05,), (0.05, 0.06), (0.3, 0.01)], ids=str)
def test_no_prompt_is_left_for_the_next_command(pty: tuple[int, int], gaps_s: tuple[float, ...]) -> None:
    assert recovered(pty, gaps_s)
    assert select.select([pty[0]], [], [], 0.3)[0] == []


def test_keys_that_nobody_read_are_no_command(pty: tuple[int, int]) -> None:
    sent = bytearray()

    def answer() -> None:
        while b"\r" not in sent:
            sent.extend(os.read(pty[1], 64))
            os.write(pty[1], PROMPT * (sent.count(b"\x03") > 1))

    threading.Thread(target=answer, daemon=True).start()
    listener = Listener(pty[0], Marks(nonce=NONCE))
    listener.dialect = DIALECTS["bash"]
    assert recover(listener, cast("Terminal", Spared()))
    assert bytes(sent) == b"\x03\x03\x15\r"


def test_a_shell_that_never_prompts_is_given_up(pty: tuple[int, int]) -> None:
    listener = Listener(pty[0], Marks(nonce=NONCE))
    listener.dialect = DIALECTS["bash"]
    assert not recover(listener, cast("Terminal", Spared()))
