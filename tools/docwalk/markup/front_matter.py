"""What a page sets for itself: the `docwalk:` mapping of its front matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docwalk.config import COVERAGES, SHELLS, environment_hint
from docwalk.errors import ErrorCode
from docwalk.options import OPTIONS, OptionError, did_you_mean, parse_duration
from docwalk.redaction import explain_bad_redaction
from docwalk.source import Problems
from docwalk.yaml_mapping import Entry, MappingError, plain, read_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docwalk.config import Project
    from docwalk.errors import SourceProblem
    from docwalk.source import Source, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A combination of labels that is no walk."""

    choices: Mapping[str, str]
    """Label by axis name."""
    span: Span
    """Where it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A task of readers, and the section of the page that does it."""

    task: str
    """What they want, as they would say it: `Install a package for yourself`."""
    heading: str
    """The section's heading, as plain text."""
    span: Span
    """Where the heading is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """Defaults and facts of one page."""

    environment: str | None = None
    """Environment; None is the project's."""
    environments: tuple[str, ...] = ()
    """Environments of which each is walked, the default one first; none where `environment` says where."""
    shell: str | None = None
    """Shell; None is the project's or the environment's."""
    walk_timeout_s: float | None = None
    """Seconds a walk may take; None is the project's."""
    coverage: str | None = None
    """`each` or `all`; None is the project's."""
    exclude: tuple[Exclusion, ...] = ()
    """Combinations that are no walk."""
    redactions: tuple[tuple[str, str], ...] = ()
    """Own redactions: name and regular expression."""
    recipes: tuple[Recipe, ...] = ()
    """Tasks that the page's sections do, in the order of the index."""
    lint_ignore: tuple[tuple[str, Span], ...] = ()
    """Rules of `docwalk lint` that the page is not held to: name and where it is written."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Defaults of block options, by field of `BlockOptions`."""


def read_front_matter(
    source: Source, lines: Sequence[Span] | None, project: Project
) -> tuple[PageSettings, tuple[SourceProblem, ...]]:
    """The settings of a page, and every mistake in them."""
    if not lines:
        return PageSettings(), ()
    reader = _Reader(source, project)
    return reader.settings(lines), tuple(reader.problems.found)


class _Reader:
    """Collects mistakes while it reads one front matter."""

    def __init__(self, source: Source, project: Project) -> None:
        self.problems = Problems(source)
        self._source = source
        self._project = project

    def settings(self, lines: Sequence[Span]) -> PageSettings:
        """The settings under `docwalk:`."""
        try:
            entries = read_mapping(self._source, lines)
        except MappingError as error:
            self.problems.add(
                ErrorCode.BAD_FRONT_MATTER, f"the front matter is {error.message}", error.span, hint=None
            )
            return PageSettings()
        own = next((entry for entry in entries if entry.key == "docwalk"), None)
        if own is None or own.value is None:
            return PageSettings()
        if not isinstance(own.value, tuple):
            self.problems.add(
                ErrorCode.BAD_FRONT_MATTER,
                f"`docwalk` must be a mapping, found `{own.value}`",
                own.value_span,
                hint="write one `key: value` a line below it, indented",
            )
            return PageSettings()
        return self._settings(own.value)

    def _settings(self, entries: tuple[Entry, ...]) -> PageSettings:
        values: dict[str, object] = {}
        options: dict[str, object] = {}
        names = ["environment", "environments", "shell", "walk-timeout", "coverage", "exclude", "redactions"]
        names += ["recipes", "lint"]
        names += [name for name, option in OPTIONS.items() if option.on_pages]
        readers: dict[str, tuple[str, Callable[[Entry], object]]] = {
            "environment": ("environment", self._environment),
            "environments": ("environments", self._environments),
            "exclude": ("exclude", self._exclude),
            "redactions": ("redactions", self._redactions),
            "recipes": ("recipes", self._recipes),
            "lint": ("lint_ignore", self._lint_ignore),
        }
        for entry in entries:
            try:
                match entry.key:
                    case "shell":
                        values["shell"] = _one_of(entry.value, SHELLS, "shell")
                    case "walk-timeout":
                        values["walk_timeout_s"] = parse_duration(entry.value)
                    case "coverage":
                        values["coverage"] = _one_of(entry.value, COVERAGES, "coverage")
                    case key if key in readers:
                        field_name, read = readers[key]
                        values[field_name] = read(entry)
                    case key if key in names:
                        options[OPTIONS[key].field] = OPTIONS[key].parse(plain(entry.value))
                    case key:
                        self._unknown(key, entry.key_span, names)
            except OptionError as error:
                self.problems.add(
                    error.code, f"{entry.key}: {error.message}", entry.value_span, hint=error.hint
                )
        if {"environment", "environments"} <= values.keys():
            self.problems.add(
                ErrorCode.BAD_VALUE,
                "a page has `environment` or `environments`, not both",
                next(entry.key_span for entry in entries if entry.key == "environments"),
                hint="keep `environments`, the default one first",
            )
        return PageSettings(options=options, **values)  # type: ignore[arg-type]  # each case yields its field's type

    def _environments(self, entry: Entry) -> tuple[str, ...]:
        listed = entry.value if isinstance(entry.value, list) else None
        if not listed or len(set(map(str, listed))) < len(listed):
            raise OptionError(
                f"`{plain(entry.value)}` is no list of environments",
                hint="write `environments: [login, next]`",
            )
        return tuple(map(self._known, map(str, listed)))

    def _environment(self, entry: Entry) -> str | None:
        return self._known(str(entry.value))

    def _known(self, name: str) -> str:
        if name in self._project.environments:
            return name
        raise OptionError(
            f"`{name}` is no environment",
            hint=environment_hint(name, self._project),
            code=ErrorCode.UNKNOWN_ENVIRONMENT,
        )

    def _exclude(self, entry: Entry) -> tuple[Exclusion, ...]:
        listed = entry.value if isinstance(entry.value, list) else [plain(entry.value)]
        exclusions: list[Exclusion] = []
        for choices in listed:
            if not isinstance(choices, dict) or not choices:
                raise OptionError(
                    f"`{choices}` is no combination", hint="write a list of `{axis: label, axis: label}`"
                )
            exclusions.append(
                Exclusion(choices={str(k): str(v) for k, v in choices.items()}, span=entry.value_span)
            )
        return tuple(exclusions)

    def _redactions(self, entry: Entry) -> tuple[tuple[str, str], ...]:
        if not isinstance(entry.value, tuple):
            raise OptionError(
                f"`{entry.value}` is no mapping", hint="write one `name: regular expression` a line"
            )
        redactions: list[tuple[str, str]] = []
        for own in entry.value:
            reason = explain_bad_redaction(own.key, own.value)
            if reason is None:
                redactions.append((own.key, str(own.value)))
            else:
                self.problems.add(ErrorCode.BAD_VALUE, reason, own.value_span, hint=None)
        return tuple(redactions)

    def _recipes(self, entry: Entry) -> tuple[Recipe, ...]:
        own = entry.value if isinstance(entry.value, tuple) else ()
        if not own or not all(isinstance(each.value, str) for each in own):
            raise OptionError(
                f"`{plain(entry.value)}` is no mapping of tasks", hint="write one `task: heading` a line"
            )
        return tuple(
            Recipe(task=each.key, heading=" ".join(str(each.value).split()), span=each.value_span)
            for each in own
        )

    def _lint_ignore(self, entry: Entry) -> tuple[tuple[str, Span], ...]:
        own = entry.value if isinstance(entry.value, tuple) else ()
        ignored = next((each for each in own if each.key == "ignore"), None)
        if len(own) != 1 or ignored is None:
            raise OptionError("all it has is `ignore`", hint="write `lint: {ignore: [NAME of a rule]}`")
        names = ignored.value if isinstance(ignored.value, list) else [ignored.value]
        return tuple((str(name), ignored.value_span) for name in names)

    def _unknown(self, key: str, span: Span, names: Sequence[str]) -> None:
        hint = did_you_mean(key, names, otherwise="write one of")
        if key in OPTIONS:
            hint = "write it at each block that needs it"
        self.problems.add(ErrorCode.UNKNOWN_OPTION, f"`{key}` is no option of a page", span, hint=hint)


def _one_of(value: object, words: Sequence[str], what: str) -> str:
    if value not in words:
        raise OptionError(
            f"`{value}` is no {what}", hint=did_you_mean(str(value), words, otherwise="write one of")
        )
    return str(value)
