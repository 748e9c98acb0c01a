"""Cost of matching: 100,000 lines against as many expectations, and input made to be hard.

Prints milliseconds for each; the exit status is 1 where one of them takes longer than it may.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from docwalk.expectation import Elision, Gap, LineExpectation, Literal, Redacted, Tolerance
from docwalk.matching.match import match_lines
from docwalk.options import MatchMode
from docwalk.redaction import compile_redactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.expectation import ExpectedLine, Part

LINES = [f"line {number} of the output" for number in range(100_000)]
FORMS = compile_redactions(())
LIMIT_S = 4.0
MAX_EDITED = 50_000


def line(*parts: Part | str) -> LineExpectation:
    """An expected line; texts are literals."""
    made = tuple(Literal(text=part) if isinstance(part, str) else part for part in parts)
    return LineExpectation(parts=made, source_line=1)


def near(number: int) -> Tolerance:
    """A number that may be one off."""
    return Tolerance(number=str(number + 1), sign="±", margin="1")


def elapsed_s(expected: Sequence[ExpectedLine], lines: Sequence[str], mode: MatchMode) -> float:
    """Seconds one match takes."""
    start_s = time.perf_counter()
    match_lines(expected, lines, mode=mode, redactions=FORMS, captures={})
    return time.perf_counter() - start_s


def main() -> int:
    """Measure and print; 1 above the limit."""
    number, gap, elision = Redacted(name="int"), Gap(), Elision(source_line=1)
    literal, contains, unordered = MatchMode.LITERAL, MatchMode.CONTAINS, MatchMode.UNORDERED
    edited = [*LINES[:MAX_EDITED], "new", *LINES[MAX_EDITED:-1], "other"]
    hard: list[Part | str] = [gap, number]
    gaps: list[Part | str] = [gap, "a"]
    cases: list[tuple[str, list[ExpectedLine], Sequence[str], MatchMode]] = [
        ("100,000 fixed lines", [line(text) for text in LINES], LINES, literal),
        (
            "100,000 lines with a placeholder",
            [line("line ", number, " of", gap) for _ in LINES],
            LINES,
            literal,
        ),
        ("an elision over 100,000 lines", [line(LINES[0]), elision, line(LINES[-1])], LINES, literal),
        ("10,000 of 100,000 lines, contains", [line(text) for text in LINES[::10]], LINES, contains),
        ("100,000 lines, unordered", [line(text) for text in reversed(LINES)], LINES, unordered),
        ("100,000 lines, two of them changed", [line(text) for text in LINES], edited, literal),
        ("100,000 lines, all of them changed", [line("x") for _ in LINES], LINES, literal),
        (
            "1,000 equal lines in 100,000",
            [elision, *[line("x")] * 999, line("y"), elision],
            ["x"] * 100_000,
            literal,
        ),
        (
            "100,000 regular expressions",
            [line(r"line \d+ of the (?:output|input)") for _ in LINES],
            LINES,
            MatchMode.REGEX,
        ),
        (
            "100,000 tolerances",
            [line("line ", near(n), " of the output") for n in range(100_000)],
            LINES,
            literal,
        ),
        (
            "100,000 elements of JSON",
            [line("["), *[line(f'{{"n": {n}}},') for n in range(99_999)], line('{"n": "[[int]]"}]')],
            ["[", *[f'{{"n": {n}, "m": 0}},' for n in range(99_999)], '{"n": 1}]'],
            MatchMode.JSON,
        ),
        ("a pattern that runs away", [line("(a|aa)+")] * 100, ["a" * 80 + "!"] * 100, MatchMode.REGEX),
        ("ten ambiguous placeholders", [line(*hard * 10, "x", gap)], ["1" * 200 + "y"], literal),
        ("fifty gaps in 2,000 characters", [line(*gaps * 50, "b")], ["a" * 2_000], literal),
    ]
    slow = 0
    for name, expected, lines, mode in cases:
        took_s = elapsed_s(expected, lines, mode)
        slow += took_s > LIMIT_S
        sys.stdout.write(f"{name:<40} {1000 * took_s:8.0f} ms\n")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
