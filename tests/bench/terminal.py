"""Cost of rendering: 100,000 plain lines, beside the emulator on a hundredth of them."""

from __future__ import annotations

import time

from docwalk.terminal import render_terminal

LINES = 100_000
EMULATED = LINES // 100


def cost_us(raw: bytes, lines: int) -> float:
    """Microseconds a line."""
    start = time.perf_counter()
    render_terminal(raw)
    return (time.perf_counter() - start) / lines * 1e6


def main() -> None:
    """Measure and print."""
    plain = b"".join(b"line %d of a long and rather plain output\r\n" % n for n in range(LINES))
    moving = b"".join(b"\x1b[32mline %d\x1b[0m of an output\x1b[K\r\n" % n for n in range(EMULATED))
    plain_us, moving_us = cost_us(plain, LINES), cost_us(moving, EMULATED)
    print(f"plain text      {plain_us:8.2f} us a line ({LINES:,} lines)")
    print(f"the emulator    {moving_us:8.2f} us a line ({EMULATED:,} lines)")
    print(f"ratio           {moving_us / plain_us:8.1f}")


if __name__ == "__main__":
    main()
