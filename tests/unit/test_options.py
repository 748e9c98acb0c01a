"""Values of options: what is accepted, and the precise refusal of its neighbour."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from docwalk.options import (
    KEY_NAMES,
    OPTIONS,
    Answer,
    BlockOptions,
    KeyGroup,
    MatchMode,
    OptionError,
    accepted_prompts,
    close_match,
    did_you_mean,
    is_repl_prompt,
    parse_answers,
    parse_duration,
    parse_exit,
    parse_flag,
    parse_keys,
    parse_match,
    parse_name,
    parse_prompt,
    parse_requires,
    parse_text,
    resolve_options,
    split_keys,
)

Parser = Callable[[object], object]


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (parse_duration, 90, 90.0),
        (parse_duration, "1.5", 1.5),
        (parse_duration, "90s", 90.0),
        (parse_duration, " 2 m ", 120.0),
        (parse_duration, "1h", 3600.0),
        (parse_text, "a: b", "a: b"),
        (parse_name, "two.3", "two.3"),
        (parse_match, "unordered", MatchMode.UNORDERED),
        (parse_flag, None, True),
        (parse_flag, True, True),
        (parse_flag, "no", False),
        (parse_exit, "255", 255),
        (parse_exit, 0, 0),
        (parse_prompt, ">>>", ">>> "),
        (parse_prompt, "% ", "% "),
        (parse_requires, "gpu, network module:a/b", ("gpu", "network", "module:a/b")),
        (parse_requires, ["gpu"], ("gpu",)),
        (parse_answers, {"a": "b", "c": None}, (Answer(prompt="a", text="b"), Answer(prompt="c", text=""))),
        (
            parse_answers,
            [{"a": True}, {"a": False}],
            (Answer(prompt="a", text="true"), Answer(prompt="a", text="false")),
        ),
        (parse_keys, "q", (KeyGroup(keys=("q",)),)),
        (parse_keys, [1, "<C-c>"], (KeyGroup(keys=("1",)), KeyGroup(keys=("<C-c>",)))),
        (parse_keys, {"keys": " G", "until": "END"}, (KeyGroup(keys=(" ", "G"), until="END"),)),
        (split_keys, "<lt>a>b", ("<lt>", "a", ">", "b")),
        (split_keys, "a<b", ("a", "<", "b")),
    ],
)
def test_a_value_is_read(parse: Parser, value: object, expected: object) -> None:
    assert parse(value) == expected


@pytest.mark.parametrize(
    ("parse", "value", "message"),
    [
        (parse_duration, "0s", "`0s` is no duration"),
        (parse_duration, "2 days", "`2 days` is no duration"),
        (parse_duration, True, "`True` is no duration"),
        (parse_duration, [5], "`[5]` is no duration"),
        (parse_text, [1], "`[1]` is no text"),
        (parse_text, "", "no text is given"),
        (parse_text, None, "no text is given"),
        (parse_name, "a/b", "`a/b` is no name"),
        (parse_name, None, "`` is no name"),
        (parse_match, None, "`` is no way to match"),
        (parse_flag, 2, "`2` is neither true nor false"),
        (parse_exit, "-1", "`-1` is no exit status"),
        (parse_exit, "256", "`256` is no exit status"),
        (parse_exit, None, "`` is no exit status"),
        (parse_prompt, None, "no text is given"),
        (parse_requires, None, "`` is no requirement"),
        (parse_requires, ["gpu", "GPU"], "`GPU` is no requirement"),
        (parse_answers, "y", "`y` is no answer"),
        (parse_answers, [{}], "`{}` is no answer"),
        (parse_keys, "", "`` is no key"),
        (parse_keys, None, "`` is no key"),
        (parse_keys, [{"keys": "q", "when": "x"}], "`{'keys': 'q', 'when': 'x'}` is no group of keys"),
        (parse_keys, "<Entr>", "`<Entr>` is no key"),
        (parse_keys, "<C-1>", "`<C-1>` is no key"),
    ],
)
def test_a_wrong_value_is_refused(parse: Parser, value: object, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse(value)
    assert caught.value.message == message


@pytest.mark.parametrize("name", KEY_NAMES)
def test_every_named_key_can_be_pressed(name: str) -> None:
    assert split_keys(f"<{name}>") == (f"<{name}>",)


@pytest.mark.parametrize(
    ("keys", "hint"), [("<Dwn>", "did you mean `<Down>`?"), ("<???>", "write `<lt>` for the character `<`")]
)
def test_an_unknown_key_has_a_hint(keys: str, hint: str) -> None:
    with pytest.raises(OptionError) as caught:
        split_keys(keys)
    assert caught.value.hint == hint


@pytest.mark.parametrize("option", OPTIONS.values(), ids=lambda option: option.name)
def test_every_option_sets_a_field(option: object) -> None:
    assert getattr(option, "field", None) in {*BlockOptions.__dataclass_fields__, "until"}


def test_nearer_layers_win() -> None:
    options = resolve_options(
        {"session": "a"}, {"session": "b", "timeout_s": 2.0}, {"timeout_s": 3.0, "user": "u"}
    )
    assert (options.session, options.timeout_s, options.user) == ("a", 2.0, "u")


def test_until_belongs_to_the_first_group_of_keys() -> None:
    groups = (KeyGroup(keys=("a",)), KeyGroup(keys=("b",)))
    assert resolve_options({"keys": groups, "until": "END"}).keys == (
        KeyGroup(keys=("a",), until="END"),
        groups[1],
    )


def test_until_without_keys_sets_nothing() -> None:
    assert resolve_options({"until": "END"}) == BlockOptions()


@pytest.mark.parametrize(
    ("options", "prompts"),
    [
        (BlockOptions(), ("$ ",)),
        (BlockOptions(prompt="% ", user="root"), ("% ",)),
        (BlockOptions(user="root"), ("# ", "root# ")),
        (BlockOptions(user="alice"), ("$ ", "alice$ ")),
    ],
)
def test_prompts_are_declared(options: BlockOptions, prompts: tuple[str, ...]) -> None:
    assert accepted_prompts(options) == prompts


def test_a_prompt_that_is_no_shells_is_a_repls() -> None:
    assert [is_repl_prompt(p) for p in (">>> ", "mysql> ", "$ ", "# ", "% ")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_hint_names_the_nearest_or_all() -> None:
    assert close_match("sessionn", OPTIONS) == "session"
    assert close_match("frobnicate", OPTIONS) is None
    assert did_you_mean("x", ["b", "a"], otherwise="one of") == "one of: `a`, `b`"
    assert did_you_mean("x", [], otherwise="there is none") == "there is none"
