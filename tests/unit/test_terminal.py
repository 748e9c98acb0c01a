"""Terminal: bytes to the lines and pictures a reader sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docwalk.results import Style, StyledText
from docwalk.terminal import cursor_position, render_output, render_screen, render_terminal, visible_screen

PLAIN = Style()
ALTERNATE, MAIN = "\x1b[?1049h", "\x1b[?1049l"


def shown(text: str) -> list[str]:
    return [line.text for line in render_terminal(text.encode())]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("hello\r\nworld\r\n", ["hello", "world"]),
        ("no newline at the end", ["no newline at the end"]),
        ("a\r\n\r\n", ["a", ""]),
        ("\r\n\r\na", ["", "", "a"]),
        ("10%\r 50%\r100%\r\ndone\r\n", ["100%", "done"]),
        ("long text\rshort\r\n", ["shorttext"]),
        ("long text\r\x1b[Kshort\r\n", ["short"]),
        ("typo\b\b\bext\r\n", ["text"]),
        ("a\tb\r\n", ["a       b"]),
        ("1234567\tb\r\n", ["1234567 b"]),
        ("trailing   \r\n", ["trailing"]),
        ("\x1b[41mtrailing   \x1b[0m\r\n", ["trailing"]),
        ("日本\tx\r\n", ["日本    x"]),
        ("\x1b]0;title\x07text\r\n", ["text"]),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\\r\n", ["link"]),
        ("\x1bPdevice control\x1b\\text\r\n", ["text"]),
        ("done\x01\x02\x05\x13\x1a\x1c, but not well\r\n", ["done, but not well"]),
        ("\x1b[>4;2mtext\r\n", ["text"]),
        ("\x1b[?4m\x1b[4:3mtext\r\n", ["text"]),
        ("\x1b(B\x1b[mtext\x1b=\r\n", ["text"]),
        ("\x1b[?25lhidden cursor\x1b[?25h\r\n", ["hidden cursor"]),
        ("a\nb\r\n", ["a", " b"]),
        ("one\r\ntwo\r\nthree\r\n\x1b[2A\x1b[2KTWO\r\n\r\nfour\r\n", ["one", "TWO", "three", "four"]),
        ("gone\r\n\x1b[H\x1b[2J\x1b[3Jleft\r\n", ["left"]),
        ("👩\u200d🚀 up\rX\r\n", ["X🚀 up"]),
        ("bell\x07 and null\x00\r\n", ["bell and null"]),
        ("ends inside \x1b[3", ["ends inside"]),
        ("\x1b[7K\x1b[7Jodd erases\r\n", ["odd erases"]),
        ("\x1b[5zno such sequence\r\n", ["no such sequence"]),
        ("\x1b[31m\x1b[0m   \x1b[1m  \r\n", [""]),
        ("wide \r" + "x" * 130, ["x" * 130]),
        ("\r" + "x" * 100 + " ", ["x" * 100]),
        ("\x1b[01;31m\x1b[Kmatch\x1b[m\x1b[Kes of grep\r\n", ["matches of grep"]),
    ],
)
def test_lines_are_what_the_reader_sees(text: str, lines: list[str]) -> None:
    assert shown(text) == lines


def test_a_line_that_the_terminal_wraps_is_one_line() -> None:
    assert shown("x" * 250 + "\r\nend") == ["x" * 250, "end"]


def test_a_wrapped_line_is_edited_where_the_terminal_would() -> None:
    # The carriage return goes back to the start of the third row, column 201 of the line.
    assert shown("x" * 250 + "\ryy\r\nend") == ["x" * 200 + "yy" + "x" * 48, "end"]


def test_a_line_of_exactly_the_width_is_not_joined_with_the_next() -> None:
    assert shown("x" * 100 + "\r\n\x1b[1mnext\b\r\n") == ["x" * 100, "next"]


def test_a_row_does_not_go_on_once_its_end_is_erased() -> None:
    # A progress display of two rows goes up, erases both, and says what it did.
    bar = "Preparing" + " " * 91 + "numpy" + "\x1b[1A\r\x1b[2K\x1b[1B\r\x1b[2K\x1b[1A"
    assert shown(bar + "Prepared\r\nInstalling\r\x1b[2KInstalled\r\n") == ["Prepared", "Installed"]


def test_a_row_whose_beginning_is_erased_goes_on() -> None:
    assert shown("x" * 150 + "\x1b[1A\x1b[1K\x1b[1B\r\n") == [" " * 51 + "x" * 99]


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    assert [line.text for line in render_terminal(b"a\xffb\r\n")] == ["a\ufffdb"]


def test_renditions_last_until_they_are_reset() -> None:
    first, second, third = render_terminal(b"\x1b[1;31mred\x1b[0m plain\r\n\x1b[4munder\r\nlined\x1b[m\r\n")
    assert first.runs == (
        StyledText(text="red", style=Style(foreground="red", bold=True)),
        StyledText(text=" plain", style=PLAIN),
    )
    assert (second.runs, third.runs) == (
        (StyledText(text="under", style=Style(underscore=True)),),
        (StyledText(text="lined", style=Style(underscore=True)),),
    )


def test_colours_are_names_or_hexadecimal_digits() -> None:
    (line,) = render_terminal(b"\x1b[94mA\x1b[38;5;208mB\x1b[48;2;1;2;3mC\x1b[0m\r\n")
    assert [(run.text, run.style.foreground, run.style.background) for run in line.runs] == [
        ("A", "brightblue", None),
        ("B", "ff8700", None),
        ("C", "ff8700", "010203"),
    ]


@pytest.mark.parametrize("prefix", ["", "\r", "\x1b[C\r"])
def test_emulated_and_simple_lines_look_the_same(prefix: str) -> None:
    # The carriage return sends the first line through the emulator.
    text = prefix + "\x1b[32mgreen\x1b[0m\ttab   \r\nnext\r\n"
    assert render_terminal(text.encode()) == render_terminal(b"\x1b[32mgreen\x1b[0m\ttab\r\nnext\r\n")


def test_a_progress_bar_between_many_lines_keeps_their_order() -> None:
    lines = [f"line {n}" for n in range(60)]
    text = "\r\n".join([*lines, "10%\r99%", *lines, "1%\r100%"])
    assert shown(text) == [*lines, "99%", *lines, "100%"]


def test_the_alternate_screen_is_no_output() -> None:
    assert shown(f"before\r\n{ALTERNATE}\x1b[Hfull{MAIN}after\r\n") == ["before", "after"]


def test_the_screen_is_the_last_one_before_it_was_left() -> None:
    raw = f"{ALTERNATE}\x1b[Hfirst{MAIN}\r\n{ALTERNATE}\x1b[Hone\r\ntwo\x1b[2;1HTWO\x1b[5;3Hfive{MAIN}$ "
    assert [line.text for line in render_screen(raw.encode())] == ["one", "TWO", "", "", "  five"]


def test_entering_the_alternate_screen_twice_goes_on_in_it() -> None:
    raw = f"{ALTERNATE}\x1b[Hone{ALTERNATE}\x1b[2;1Htwo{MAIN}"
    assert [line.text for line in render_screen(raw.encode())] == ["one", "two"]


def test_without_a_full_screen_program_there_is_no_screen() -> None:
    assert render_screen(b"just text\r\n") == ()


def test_the_visible_screen_is_the_alternate_one_while_it_is_on() -> None:
    full = f"before\r\n{ALTERNATE}\x1b[Hfull".encode()
    assert [line.text for line in visible_screen(full)] == ["full"]
    assert [line.text for line in visible_screen(full + MAIN.encode())] == ["before"]


def test_the_visible_screen_has_the_last_rows_only() -> None:
    raw = "\r\n".join(str(n) for n in range(100)).encode()
    assert [line.text for line in visible_screen(raw)] == [str(n) for n in range(76, 100)]


@pytest.mark.parametrize(
    ("raw", "position"),
    [(b"", (1, 1)), (b"ab", (1, 3)), (b"a\r\nb\r\n", (3, 1)), (b"\x1b[5;7H", (5, 7)), (b"x" * 100, (1, 100))],
)
def test_the_cursor_is_where_programs_expect_it(raw: bytes, position: tuple[int, int]) -> None:
    assert cursor_position(raw) == position


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    render_terminal(raw)
    visible_screen(raw)


@given(
    st.text(
        st.sampled_from(
            "ab\x1b[?;:0123456789hlmHJKABCDLMPSTXrdGn]#()>=7cP\\\r\n\b\t\x07\x0e\x9b日\u0301\u200d"
        ),
        max_size=60,
    )
)
def test_no_control_sequences_make_it_fail(text: str) -> None:
    raw = text.encode()
    render_terminal(raw)
    visible_screen(raw + b"\x1b[?1049h" + raw)


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=120), max_size=40)
)
def test_plain_lines_come_back_as_they_are(lines: list[str]) -> None:
    assert shown("".join(f"{line}\r\n" for line in lines)) == [line.rstrip() for line in lines]


def test_100_000_plain_lines_are_all_there() -> None:
    # What this costs is measured in tests/bench/terminal.py.
    raw = b"".join(b"line %d\r\n" % n for n in range(100_000))
    lines = render_terminal(raw)
    assert (len(lines), lines[0].text, lines[-1].text) == (100_000, "line 0", "line 99999")


def test_a_picture_is_not_scrolled_away_by_how_its_program_leaves() -> None:
    raw = b"\x1b[?1049h\x1b[Hfirst\x1b[24;1Hlast\r\x1b[?1l\r\n\x1b>\x1b[?1049lafter\r\n"
    assert [line.text for line in render_screen(raw)][::23] == ["first", "last"]
    assert [line.text for line in render_output(raw)][::24] == ["first", "after"]
