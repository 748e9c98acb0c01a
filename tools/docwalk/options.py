"""Block options: names, types and defaults; block beats page beats project beats default."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

from docwalk.errors import ErrorCode
from docwalk.option_types import Answer, BlockOptions, KeyGroup, MatchMode, Purpose, Streams
from docwalk.requirements import KINDS, WORDS, Requirement, RequirementError, split_requirements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "KEY_NAMES",
    "MAX_STATUS",
    "OPTIONS",
    "Answer",
    "BlockOptions",
    "KeyGroup",
    "MatchMode",
    "Option",
    "OptionError",
    "Purpose",
    "Streams",
    "accepted_prompts",
    "close_match",
    "did_you_mean",
    "is_repl_prompt",
    "parse_answers",
    "parse_duration",
    "parse_exit",
    "parse_flag",
    "parse_keys",
    "parse_match",
    "parse_name",
    "parse_names",
    "parse_permissions",
    "parse_prompt",
    "parse_requires",
    "parse_stop",
    "parse_streams",
    "parse_text",
    "resolve_options",
    "split_keys",
]

MAX_STATUS: Final = 255
"""The largest exit status of a process."""

KEY_NAMES: Final = (
    "Enter",
    "Tab",
    "Esc",
    "Space",
    "Backspace",
    "Delete",
    "Up",
    "Down",
    "Left",
    "Right",
    "Home",
    "End",
    "PageUp",
    "PageDown",
    "lt",
)
"""Names of keys in angle brackets, besides `<C-x>` for Control; `<lt>` is the character `<`."""

_KEY = re.compile(r"<[^<>\s]+>|[^<]|<")
_CONTROL_KEY = re.compile(r"<C-[a-z@\[\\\]^_]>")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)?")
_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class OptionError(ValueError):
    """A value that does not fit its option; the caller knows where it is written."""

    def __init__(
        self, message: str, *, hint: str | None = None, code: ErrorCode = ErrorCode.BAD_VALUE
    ) -> None:
        """Keep the hint apart from the message."""
        self.message = message
        self.hint = hint
        self.code = code
        super().__init__(message)


def close_match(word: str, candidates: Iterable[str], *, at_least: float = 60) -> str | None:
    """The candidate an author most likely meant by `word`; None where nothing is near (0 to 100)."""
    found = process.extractOne(word, sorted(candidates), scorer=fuzz.ratio, score_cutoff=at_least)
    return None if found is None else str(found[0])


def did_you_mean(word: str, candidates: Iterable[str], *, otherwise: str) -> str:
    """A hint: the close match if there is one, else `otherwise` and all candidates."""
    names = sorted(candidates)
    near = close_match(word, names)
    if near is not None:
        return f"did you mean `{near}`?"
    return f"{otherwise}: " + ", ".join(f"`{name}`" for name in names) if names else otherwise


def parse_duration(value: object) -> float:
    """Seconds of `90`, `1.5`, `"90s"`, `"2m"` or `"1h"`; more than zero.

    Raises:
        OptionError: for anything else.
    """
    found = _DURATION.fullmatch(str(value).strip()) if _is_scalar(value) else None
    seconds = float(found[1]) * _SECONDS[found[2] or "s"] if found is not None else 0.0
    if seconds <= 0:
        raise OptionError(
            f"`{value}` is no duration", hint="write seconds, or a number with a unit: `90`, `90s`, `2m`"
        )
    return seconds


def parse_text(value: object) -> str:
    """Text that is not empty.

    Raises:
        OptionError: for nothing, a list or a mapping.
    """
    if value is None or value == "":
        raise OptionError("no text is given", hint="write some text after the colon")
    if not _is_scalar(value):
        raise OptionError(f"`{_shown(value)}` is no text", hint="write one line of text")
    return str(value)


def parse_name(value: object) -> str:
    """A name of letters, digits, `_`, `.` and `-`.

    Raises:
        OptionError: for anything else.
    """
    text = str(value).strip()
    if not _is_scalar(value) or _NAME.fullmatch(text) is None:
        raise OptionError(f"`{_shown(value)}` is no name", hint="use letters, digits, `_`, `.` and `-`")
    return text


def parse_names(value: object) -> tuple[str, ...]:
    """Names: a list, or set apart by commas or blanks; each once.

    Raises:
        OptionError: for no name, what is none, or one given twice.
    """
    entries = value if isinstance(value, list) else re.split(r"[,\s]+", parse_text(value).strip())
    names = tuple(parse_name(entry) for entry in entries)
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None or not names:
        raise OptionError(
            f"`{twice}` is given twice" if twice else "no name is given", hint="write each name once"
        )
    return names


def parse_permissions(value: object) -> int:
    """Permission bits of three octal digits, such as `755`.

    Raises:
        OptionError: for anything else.
    """
    text = str(value).strip()
    if re.fullmatch(r"0?[0-7]{3}", text) is None:
        raise OptionError(
            f"`{_shown(value)}` is no set of permissions", hint="write three octal digits: `755`, `600`"
        )
    return int(text, 8)


def parse_stop(value: object) -> tuple[str, ...]:
    """Keys that end a command: `<C-c>` where none are given.

    Raises:
        OptionError: for an unknown key name.
    """
    return split_keys("<C-c>" if value is None else value)


def parse_match(value: object) -> MatchMode:
    """A match mode by its name.

    Raises:
        OptionError: for an unknown mode.
    """
    modes = [mode.value for mode in MatchMode]
    if str(value) not in modes:
        raise OptionError(
            f"`{_shown(value)}` is no way to match",
            hint=did_you_mean(str(value), modes, otherwise="write one of"),
        )
    return MatchMode(str(value))


def parse_streams(value: object) -> Streams:
    """Together or apart.

    Raises:
        OptionError: for anything else.
    """
    names = [each.value for each in Streams]
    if str(value) not in names:
        raise OptionError(
            f"`{_shown(value)}` says nothing of standard output and standard error",
            hint=did_you_mean(str(value), names, otherwise="write one of"),
        )
    return Streams(str(value))


def parse_flag(value: object) -> bool:
    """True for nothing, `true` or `yes`; False for `false` or `no`.

    Raises:
        OptionError: for anything else.
    """
    word = "" if value is None else str(value).strip().lower()
    if word in {"", "true", "yes"}:
        return True
    if word in {"false", "no"}:
        return False
    raise OptionError(f"`{_shown(value)}` is neither true nor false", hint="write the option without a value")


def parse_exit(value: object) -> int:
    """An exit status, 0 to 255.

    Raises:
        OptionError: for anything else.
    """
    text = str(value).strip()
    if re.fullmatch(r"\d{1,3}", text) is None or int(text) > MAX_STATUS:
        raise OptionError(f"`{_shown(value)}` is no exit status", hint="write a number from 0 to 255")
    return int(text)


def parse_prompt(value: object) -> str:
    """A prompt as the terminal shows it; the space that follows it is added where it is missing.

    Raises:
        OptionError: for an empty one.
    """
    text = parse_text(value)
    return text if text.endswith(" ") else text + " "


def parse_requires(value: object) -> tuple[str, ...]:
    """Requirements: a list, or words set apart by commas or spaces; each as `Requirement` prints it.

    Raises:
        OptionError: for a word that is no requirement.
    """
    given = [str(each) for each in value] if isinstance(value, list) else [_shown(value)]
    words = [word for each in given for word in split_requirements(each)]
    found: list[str] = []
    for word in words or [""]:
        try:
            found.append(str(Requirement.parse(word)))
        except RequirementError as error:
            candidates = [*WORDS, *(f"{kind}:NAME" for kind in KINDS)]
            hint = did_you_mean(word, candidates, otherwise="write one of")
            raise OptionError(str(error), hint=hint) from error
    return tuple(found)


def parse_answers(value: object) -> tuple[Answer, ...]:
    """Answers: a list of one-key mappings `prompt: text`, or one mapping in order.

    Raises:
        OptionError: for any other shape.
    """
    entries: list[object] = list(value) if isinstance(value, list) else [value]
    answers: list[Answer] = []
    for entry in entries:
        if not isinstance(entry, dict) or not entry:
            raise OptionError(
                f"`{_shown(entry)}` is no answer",
                hint='write a list of `"prompt": "text to type"` in the order asked',
            )
        answers.extend(
            Answer(prompt=str(p), text="" if t is None else _yaml_text(t)) for p, t in entry.items()
        )
    return tuple(answers)


def parse_keys(value: object) -> tuple[KeyGroup, ...]:
    """Key groups: text such as `q` or `/pip<Enter>`, or a list of such texts and of `{keys, until}`.

    Raises:
        OptionError: for an unknown key name or another shape.
    """
    entries: list[object] = list(value) if isinstance(value, list) else [value]
    groups: list[KeyGroup] = []
    for entry in entries:
        if isinstance(entry, dict):
            if not set(entry) <= {"keys", "until"} or "keys" not in entry:
                raise OptionError(
                    f"`{_shown(entry)}` is no group of keys", hint="write `keys:` and, if wanted, `until:`"
                )
            until = entry.get("until")
            groups.append(
                KeyGroup(keys=split_keys(entry["keys"]), until=None if until is None else parse_text(until))
            )
        else:
            groups.append(KeyGroup(keys=split_keys(entry)))
    return tuple(groups)


def split_keys(value: object) -> tuple[str, ...]:
    """Keys of a text: `/pip<Enter>` is `/`, `p`, `i`, `p`, `<Enter>`.

    Raises:
        OptionError: for an unknown name, or no key at all.
    """
    if not _is_scalar(value) or str(value) == "":
        raise OptionError(f"`{_shown(value)}` is no key", hint="write keys such as `q`, `<Down>` or `<C-c>`")
    keys = tuple(_KEY.findall(str(value)))
    for key in keys:
        if len(key) > 1 and key[1:-1] not in KEY_NAMES and _CONTROL_KEY.fullmatch(key) is None:
            near = close_match(key[1:-1], KEY_NAMES)
            raise OptionError(
                f"`{key}` is no key",
                hint=f"did you mean `<{near}>`?" if near else "write `<lt>` for the character `<`",
            )
    return keys


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _yaml_text(value: object) -> str:
    """What an author typed for a value that YAML reads as a truth value: `y` stays `y`, `true` is `true`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: object) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option, declared once."""

    name: str
    """What authors write."""
    field: str
    """The field of `BlockOptions` it sets."""
    parse: Callable[[object], object]
    """From the written value, text or YAML, to the field's value."""
    on_files: bool
    """Whether `{file}` blocks have it."""
    on_pages: bool
    """Whether a page or the project may set it as a default."""
    on_shells: bool = True
    """Whether blocks of commands and transcripts have it."""


OPTIONS: Final[Mapping[str, Option]] = {
    option.name: option
    for option in (
        Option(name="session", field="session", parse=parse_name, on_files=True, on_pages=True),
        Option(name="sessions", field="sessions", parse=parse_names, on_files=False, on_pages=False),
        Option(name="users", field="users", parse=parse_names, on_files=False, on_pages=False),
        Option(name="background", field="background", parse=parse_flag, on_files=False, on_pages=False),
        Option(name="stop", field="stop", parse=parse_stop, on_files=False, on_pages=False),
        Option(name="relogin", field="relogin", parse=parse_flag, on_files=False, on_pages=False),
        Option(
            name="permissions",
            field="permissions",
            parse=parse_permissions,
            on_files=True,
            on_pages=False,
            on_shells=False,
        ),
        Option(
            name="source", field="source", parse=parse_text, on_files=True, on_pages=False, on_shells=False
        ),
        Option(name="exit", field="exit_status", parse=parse_exit, on_files=False, on_pages=False),
        Option(name="timeout", field="timeout_s", parse=parse_duration, on_files=False, on_pages=True),
        Option(name="requires", field="requires", parse=parse_requires, on_files=True, on_pages=True),
        Option(name="skip", field="skip", parse=parse_text, on_files=True, on_pages=True),
        Option(name="match", field="match", parse=parse_match, on_files=False, on_pages=True),
        Option(name="streams", field="streams", parse=parse_streams, on_files=False, on_pages=False),
        Option(name="answers", field="answers", parse=parse_answers, on_files=False, on_pages=False),
        Option(name="keys", field="keys", parse=parse_keys, on_files=False, on_pages=False),
        Option(name="until", field="until", parse=parse_text, on_files=False, on_pages=False),
        Option(name="hidden", field="hidden", parse=parse_flag, on_files=True, on_pages=False),
        Option(name="setup", field="setup", parse=parse_flag, on_files=True, on_pages=False),
        Option(name="teardown", field="teardown", parse=parse_flag, on_files=True, on_pages=False),
        Option(name="prompt", field="prompt", parse=parse_prompt, on_files=False, on_pages=True),
        Option(name="user", field="user", parse=parse_name, on_files=True, on_pages=True),
        Option(name="host", field="host", parse=parse_name, on_files=True, on_pages=True),
    )
}
"""Every option of a block; a new one is a line here and a field of `BlockOptions`."""


def resolve_options(*layers: Mapping[str, object]) -> BlockOptions:
    """Options of one block from field values: block, page, project, the nearest first.

    `until` is not a field: it belongs to a `background` command, or to the first group of `keys`.
    """
    merged: dict[str, object] = {}
    for layer in reversed(layers):
        merged.update(layer)
    until = merged.pop("until", None)
    keys = merged.get("keys")
    if merged.get("background"):
        merged["ready_text"] = until
    elif until is not None and isinstance(keys, tuple) and keys:
        merged["keys"] = (replace(keys[0], until=until), *keys[1:])
    return BlockOptions(**merged)  # type: ignore[arg-type]  # every parser in OPTIONS yields its field's type


def accepted_prompts(options: BlockOptions) -> tuple[str, ...]:
    """Prompts that start a command in a transcript with these options."""
    named = options.sessions or options.users
    if named:
        return tuple(f"{name}{'#' if name == 'root' and options.users else '$'} " for name in named)
    if options.prompt is not None:
        return (options.prompt,)
    if options.user is None:
        return ("$ ",)
    own = f"{options.user}$ "
    return ("# ", f"{options.user}# ") if options.user == "root" else ("$ ", own)


def is_repl_prompt(prompt: str) -> bool:
    """Whether a prompt is not a shell's: it ends in none of `$`, `#` and `%`, as `>>> ` and `mysql> `."""
    return prompt.rstrip()[-1:] not in {"$", "#", "%"}
