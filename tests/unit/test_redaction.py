"""Built-in redactions: what each takes, and what it leaves."""

from __future__ import annotations

import pytest

from docwalk.redaction import BUILTIN, compile_redactions, explain_bad_redaction


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("int", "-12"),
        ("number", "1,024.5e-3"),
        ("version", "2.13.0+cpu"),
        ("version", "5.2.0-1+deb12u1"),
        ("version", "v1.0rc1"),
        ("path", "~"),
        ("path", "/opt/apps/python/3.11"),
        ("path", "~/.local/lib"),
        ("duration", "0.31s"),
        ("duration", "2 min 3 sec"),
        ("duration", "1m2.345s"),
        ("duration", "0:01:12"),
        ("size", "274.1 MB"),
        ("size", "4.0K"),
        ("size", "1,024 bytes"),
        ("date", "2026-11-22"),
        ("date", "Sun Nov 22"),
        ("date", "22 November 2026"),
        ("time", "19:08:01.5 UTC"),
        ("hash", "0123abc"),
        ("url", "https://example.org/a?b=c"),
        ("percent", "12.5 %"),
        ("user", "reader"),
        ("host", "login1.example.org"),
        ("word", "a[b]"),
        ("text", "any thing"),
    ],
)
def test_a_redaction_takes_the_whole_of_what_it_is_for(name: str, text: str) -> None:
    assert compile_redactions(())[name].fullmatch(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("int", "1.5"),
        ("number", "one"),
        ("version", "1.2."),
        ("version", "latest"),
        ("path", "a b/c"),
        ("path", "file"),
        ("duration", "5"),
        ("size", "5 apples"),
        ("date", "yesterday"),
        ("time", "7 o'clock"),
        ("hash", "012345"),
        ("url", "example.org"),
        ("percent", "12"),
        ("user", "Reader One"),
        ("host", "-login"),
        ("word", "a b"),
        ("text", ""),
    ],
)
def test_a_redaction_leaves_its_neighbours(name: str, text: str) -> None:
    assert compile_redactions(())[name].fullmatch(text) is None


@pytest.mark.parametrize("name", BUILTIN)
def test_built_in_redactions_meet_the_rules_for_others(name: str) -> None:
    assert explain_bad_redaction(name, BUILTIN[name]) is None


def test_a_later_declaration_replaces_an_earlier_one() -> None:
    compiled = compile_redactions([("int", "x"), ("int", "y")])
    assert compiled["int"].pattern == "y"
