"""`[tool.docwalk.lint]`: what `docwalk lint` looks for, as a frozen value.

Names of rules are checked by the linter, which knows them; here only the shapes are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.options import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

SEVERITIES: Final = ("error", "warning", "info", "style")
"""How grave ShellCheck says a finding is, the gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """What a project wants to be told."""

    select: tuple[str, ...] = ()
    """Rules to check; none for all."""
    ignore: tuple[str, ...] = ()
    """Rules not to check."""
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Rules not to check on some pages: a pattern of paths below the project's root, and names."""
    tutorial_pages: tuple[str, ...] = ("tutorials/**",)
    """Patterns of the pages that are tutorials: they state objectives and time."""
    min_assertion_share: float = 50.0
    """Percent of a page's output lines that have to be compared literally."""
    shellcheck_severity: str = "warning"
    """The least grave finding of ShellCheck to report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSetting:
    """A value that does not fit."""

    keys: tuple[str, ...]
    """Its keys below `[tool.docwalk.lint]`."""
    message: str
    """What is wrong."""
    hint: str | None
    """What to do."""


def read_lint_settings(table: Mapping[str, object]) -> tuple[LintSettings, tuple[WrongSetting, ...]]:
    """The settings of a table, and every mistake in it."""
    reader = _Reader()
    for key, value in table.items():
        reader.read(key, value)
    return LintSettings(**reader.fields), tuple(reader.wrong)  # type: ignore[arg-type]  # each case yields its field's type


class _Reader:
    """Collects values and mistakes."""

    def __init__(self) -> None:
        self.fields: dict[str, object] = {}
        self.wrong: list[WrongSetting] = []

    def read(self, key: str, value: object) -> None:
        match key:
            case "select" | "ignore" | "tutorial-pages":
                self.fields[key.replace("-", "_")] = self._names(value, key)
            case "per-file-ignores":
                self.fields["per_file_ignores"] = self._per_file(value, key)
            case "min-assertion-share":
                self.fields["min_assertion_share"] = self._percent(value, key)
            case "shellcheck-severity":
                self.fields["shellcheck_severity"] = self._severity(value, key)
            case _:
                known = ["select", "ignore", "tutorial-pages", "per-file-ignores", "min-assertion-share"]
                hint = did_you_mean(key, [*known, "shellcheck-severity"], otherwise="write one of")
                self._add((key,), f"`{key}` is no key of `[tool.docwalk.lint]`", hint)

    def _names(self, value: object, *keys: str) -> tuple[str, ...]:
        names = value if isinstance(value, list) else [value]
        if not all(isinstance(name, str) and name for name in names):
            self._add(keys, f"`{keys[-1]}` must be a list of text, found `{value}`", None)
            return ()
        return tuple(str(name) for name in names)

    def _per_file(self, value: object, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(value, dict):
            self._add((key,), f"`{key}` must be a table, found `{value}`", 'write `"pages/*.md" = ["RULE"]`')
            return ()
        return tuple((str(path), self._names(names, key, str(path))) for path, names in value.items())

    def _percent(self, value: object, key: str) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:  # noqa: PLR2004 - percent
            return float(value)
        self._add((key,), f"`{key}` must be a percentage from 0 to 100, found `{value}`", None)
        return 0.0

    def _severity(self, value: object, key: str) -> str:
        if value not in SEVERITIES:
            hint = did_you_mean(str(value), SEVERITIES, otherwise="write one of")
            self._add((key,), f"`{value}` is no severity", hint)
        return str(value)

    def _add(self, keys: tuple[str, ...], message: str, hint: str | None) -> None:
        self.wrong.append(WrongSetting(keys=keys, message=message, hint=hint))
