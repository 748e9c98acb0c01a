"""Interaction: keys to bytes; answers and keys in order."""

from __future__ import annotations

import pytest

from docwalk.driver.interaction import Interaction, has_application_keys, key_bytes
from docwalk.options import KEY_NAMES, Answer, KeyGroup


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("q", b"q"),
        ("ü", "ü".encode()),
        ("<", b"<"),
        ("<lt>", b"<"),
        ("<Enter>", b"\r"),
        ("<C-c>", b"\x03"),
        ("<C-[>", b"\x1b"),
        ("<C-@>", b"\x00"),
        ("<Down>", b"\x1b[B"),
        ("<PageDown>", b"\x1b[6~"),
    ],
)
def test_keys_send_what_a_terminal_sends(key: str, sent: bytes) -> None:
    assert key_bytes(key, is_application=False) == sent


def test_cursor_keys_follow_the_terminals_mode() -> None:
    assert key_bytes("<Down>", is_application=True) == b"\x1bOB"
    assert key_bytes("<PageDown>", is_application=True) == b"\x1b[6~"


@pytest.mark.parametrize("name", KEY_NAMES)
def test_every_key_that_authors_may_name_has_bytes(name: str) -> None:
    assert key_bytes(f"<{name}>", is_application=False)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValueError, match="no key is called `<Dwon>`"):
        key_bytes("<Dwon>", is_application=False)


def test_the_mode_is_the_one_set_last() -> None:
    assert has_application_keys(b"\x1b[?1l..\x1b[?1h..")
    assert not has_application_keys(b"\x1b[?1h..\x1b[?1l..")
    assert not has_application_keys(b"")


def test_answers_come_in_order() -> None:
    interaction = Interaction((Answer(prompt="A?", text="1"), Answer(prompt="B?", text="2")), ())
    assert (interaction.asks, interaction.take_answer()) == ("A?", b"1\r")
    assert interaction.left() == "it never asked `B?`"
    assert (interaction.asks, interaction.take_answer()) == ("B?", b"2\r")
    assert interaction.is_over
    assert interaction.left() == ""


def test_keys_wait_for_their_text() -> None:
    interaction = Interaction((), (KeyGroup(keys=("g", "<Up>"), until="(END)"), KeyGroup(keys=("q",))))
    assert not interaction.can_press("top")
    assert interaction.can_press("bottom (END)")
    assert interaction.take_keys(b"\x1b[?1h") == b"g\x1bOA"
    assert interaction.can_press("anything")
    assert interaction.left() == "it ended before the keys `q` were pressed"


def test_nothing_to_do_starts_at_once() -> None:
    assert Interaction((), ()).is_started
    assert not Interaction((), (KeyGroup(keys=("q",)),)).is_started
