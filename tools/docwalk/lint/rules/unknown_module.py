"""Modules that the environment of a walk does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found
from docwalk.lint.shell_words import simple_commands
from docwalk.options import close_match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage
    from docwalk.lint.shell_words import SimpleCommand, Word
    from docwalk.plan import Walk

LOADING: Final = frozenset({"load", "add", "try-load", "try-add", "load-any", "switch-to"})
"""Subcommands of `module` whose arguments are loaded."""
SWAPPING: Final = frozenset({"swap", "switch"})
"""Subcommands whose last argument is loaded."""
_OTHER: Final = frozenset(
    {
        "avail",
        "av",
        "list",
        "purge",
        "unload",
        "rm",
        "del",
        "show",
        "display",
        "help",
        "spider",
        "keyword",
        "use",
    }
    | {"unuse", "save", "restore", "reset", "whatis", "key", "overview", "savelist", "is-loaded", "is-avail"}
)
"""Subcommands of `ml` that load nothing."""
_OPEN: Final = frozenset("$[`*?<{")
"""Characters of names that only the shell, or a capture, completes."""


def check(page: LintPage) -> Iterator[Found]:
    """Names that no module of a walk's environment has, each once for all walks that lack it."""
    lacking: dict[tuple[int, int], tuple[Word, Found]] = {}
    for walk in page.walks:
        known = page.modules(walk.environment)
        if known is not None:
            for where, found in _walk(page, walk, known):
                lacking.setdefault(where, found)
    yield from (found for _, found in lacking.values())


def _walk(
    page: LintPage, walk: Walk, known: tuple[str, ...]
) -> Iterator[tuple[tuple[int, int], tuple[Word, Found]]]:
    for each in page.blocks:
        if not each.is_run or not set(each.block.tabs) <= set(walk.choices):
            continue
        for command in each.shell_texts():
            calls = tuple(simple_commands(command.text))
            if any(_uses_own_modules(call) for call in calls):
                return  # from here on the reader's own modules may be found
            for call in calls if not command.is_failing else ():
                for word in _loaded(call):
                    if _is_known(word.text, known):
                        continue
                    near = close_match(
                        word.text, {*known, *(name.rpartition("/")[0] for name in known)} - {""}
                    )
                    where = command.place(word.start, word.end)
                    labels = ", ".join(choice.label for choice in walk.choices)
                    in_walk = f" (walk {labels})" if labels and len(page.walks) > 1 else ""
                    found = Found(
                        span=where,
                        message=f"environment `{walk.environment}` has no module `{word.text}`{in_walk}",
                        hint=f"did you mean `{near}`?"
                        if near
                        else f"`docwalk env info {walk.environment}` lists its modules",
                    )
                    yield (where.start, where.end), (word, found)


def _uses_own_modules(call: SimpleCommand) -> bool:
    first = call.arguments[0].text if call.arguments else ""
    return call.name in {"module", "ml"} and first == "use"


def _loaded(call: SimpleCommand) -> tuple[Word, ...]:
    words = tuple(word for word in call.arguments if not word.text.startswith("-"))
    chosen: tuple[Word, ...] = ()
    if not words:
        pass
    elif call.name == "module" and words[0].text in LOADING:
        chosen = words[1:]
    elif call.name in {"module", "ml"} and words[0].text in SWAPPING:
        chosen = words[-1:] if len(words) > 1 else ()
    elif call.name == "ml":
        chosen = words[1:] if words[0].text in LOADING else () if words[0].text in _OTHER else words
    return tuple(word for word in chosen if not _OPEN & set(word.text))


def _is_known(name: str, known: tuple[str, ...]) -> bool:
    """Whether a module has this name, or one is a version of it; `@` as Environment Modules has it."""
    plain = name.replace("@", "/").rstrip("/").removesuffix(":")
    return any(module == plain or module.startswith(f"{plain}/") for module in known)
