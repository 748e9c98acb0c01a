"""The project: `[tool.docwalk]` of pyproject.toml as a frozen `Project`, its mistakes located.

Everything has a default, so that docwalk walks a folder of pages that never heard of it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from docwalk.errors import ErrorCode, SourceError
from docwalk.lint_settings import LintSettings, read_lint_settings
from docwalk.options import OPTIONS, OptionError, did_you_mean, parse_duration
from docwalk.redaction import BUILTIN, NAME, explain_bad_redaction
from docwalk.source import Problems, Source, below
from docwalk.toml_places import find_key, toml_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


FILE_NAME: Final = "pyproject.toml"
"""Where a project is configured."""
ENVIRONMENT_FILE: Final = "environment.toml"
"""What makes a folder an environment."""
SHELLS: Final = ("bash", "zsh", "tcsh", "fish", "dash", "sh")
"""Shells that can be walked in."""
COVERAGES: Final = ("each", "all")
"""Ways to choose walks from axes."""

BACKENDS: Final = ("sandbox", "podman", "docker", "apptainer", "host")
"""What walks can be run in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisValue:
    """What choosing a label does to the whole walk."""

    environment: str | None = None
    """Environment of the walk; None leaves the page's."""
    shell: str | None = None
    """Shell of the walk; None leaves the page's."""
    variables: tuple[tuple[str, str], ...] = ()
    """Variables set in every session, name and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A choice the reader makes by tabs, declared once for all pages."""

    name: str
    """Its name."""
    values: Mapping[str, AxisValue]
    """By label, in order of declaration."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels in order of declaration."""
        return tuple(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Everything that holds for all pages."""

    root: Path
    """Folder of pyproject.toml; where there is none, the folder asked from."""
    tutorials: tuple[Path, ...] = ()
    """Absolute folders and files of pages."""
    environments_dir: Path
    """Folder of environments, one folder each."""
    environments: tuple[str, ...] = ()
    """Names of the environments found there, sorted."""
    default_environment: str = "login"
    """Environment of pages that name none."""
    default_shell: str | None = None
    """Shell of pages that name none; None is the environment's."""
    axes: Mapping[str, Axis] = field(default_factory=dict)
    """Declared axes by name."""
    redactions: Mapping[str, str] = field(default_factory=lambda: BUILTIN)
    """Built-in and project's redactions: name and regular expression."""
    site_values: Mapping[str, str] = field(default_factory=dict)
    """Values of `[[site:NAME]]`."""
    option_defaults: Mapping[str, object] = field(default_factory=dict)
    """Defaults of block options: fields of `BlockOptions` and their values."""
    step_timeout_s: float = 60.0
    """Seconds one step may take."""
    walk_timeout_s: float = 900.0
    """Seconds one walk may take."""
    coverage: str = "each"
    """`each` or `all`, for pages that do not say."""
    fresh_network_days: float = 7.0
    """Days after which the record of a walk that used the network is stale."""
    fresh_days: float = 30.0
    """Days after which any other record is stale."""
    records_dir: Path
    """Folder of records."""
    backend: str = BACKENDS[0]
    """What walks are run in."""
    lint: LintSettings = field(default_factory=LintSettings)
    """What `docwalk lint` looks for."""


def find_root(start: Path) -> Path | None:
    """The nearest folder from `start` upwards with `[tool.docwalk]` in its pyproject.toml, else with any."""
    folder = start if start.is_dir() else start.parent
    candidates = [f for f in (folder, *folder.parents) if (f / FILE_NAME).is_file()]
    for candidate in candidates:
        if re.search(
            r"^\s*\[tool\.docwalk[\].]", (candidate / FILE_NAME).read_text("utf-8", "replace"), re.MULTILINE
        ):
            return candidate
    return candidates[0] if candidates else None


def load_project(start: Path) -> Project:
    """The project that `start` lies in; a project of defaults where there is no pyproject.toml.

    Raises:
        SourceError: with every mistake in the configuration.
    """
    start = start.resolve()
    root = find_root(start)
    if root is None:
        folder = start if start.is_dir() else start.parent
        return _Reader(Source(path=Path(FILE_NAME), text=""), folder).project({})
    source = Source.read(root / FILE_NAME, shown_as=Path(FILE_NAME))
    try:
        tables = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise SourceError((toml_problem(source, error),)) from error
    reader = _Reader(source, root)
    tool = tables.get("tool", {})
    project = reader.project(tool.get("docwalk", {}) if isinstance(tool, dict) else {})
    if reader.problems.found:
        raise SourceError(tuple(reader.problems.found))
    return project


def page_paths(project: Project) -> tuple[Path, ...]:
    """Every page of the project, sorted: Markdown files, hidden folders excluded."""
    found: set[Path] = set()
    for entry in project.tutorials:
        if entry.is_file():
            found.add(entry)
        else:
            found.update(
                path
                for path in entry.rglob("*.md")
                if path.is_file() and not any(part.startswith(".") for part in path.relative_to(entry).parts)
            )
    return tuple(sorted(found))


def environment_hint(name: str, project: Project) -> str:
    """What to do about an environment that is not defined."""
    if not project.environments:
        return f"define it: `{name}/{ENVIRONMENT_FILE}` in the project's folder of environments"
    return did_you_mean(name, project.environments, otherwise="name one of")


class _Reader:
    """Collects mistakes while it reads the tables of one configuration file."""

    def __init__(self, source: Source, root: Path) -> None:
        self.problems = Problems(source)
        self._root = root

    def project(self, table: object) -> Project:
        """The project of `[tool.docwalk]`."""
        values = self._table(table, ())
        readers: dict[str, Callable[[object, tuple[str, ...]], object]] = {
            "tutorials": self._paths,
            "environments": self._path,
            "environment": self._text,
            "shell": self._shell,
            "backend": self._backend,
            "records": self._path,
            "walk-timeout": self._duration,
            "coverage": self._coverage,
            "fresh-days": self._days,
            "fresh-network-days": self._days,
            "axes": self._axes,
            "redactions": self._redactions,
            "site": self._site,
            "lint": self._lint,
        }
        defaults = {name: option for name, option in OPTIONS.items() if option.on_pages}
        read: dict[str, object] = {}
        option_defaults: dict[str, object] = {}
        for key, value in values.items():
            if key in readers:
                read[key] = readers[key](value, (key,))
            elif key in defaults:
                self._option(key, value, option_defaults)
            else:
                self._unknown(key, (key,), [*readers, *defaults], "`[tool.docwalk]`")
        given = {name: value for name, value in read.items() if value is not None}
        environments_dir = given.get("environments", self._root / "tools" / "environments")
        return self._build(given, option_defaults, Path(str(environments_dir)))

    def _build(
        self, given: Mapping[str, object], option_defaults: Mapping[str, object], environments_dir: Path
    ) -> Project:
        environments = tuple(sorted(p.parent.name for p in environments_dir.glob(f"*/{ENVIRONMENT_FILE}")))
        fields: dict[str, object] = {
            "tutorials": given.get("tutorials", (self._root,)),
            "records_dir": given.get("records", self._root / "build" / "records"),
            "redactions": MappingProxyType({**BUILTIN, **_mapping(given.get("redactions"))}),
            "option_defaults": MappingProxyType(dict(option_defaults)),
        }
        for key, name in (
            ("environment", "default_environment"),
            ("shell", "default_shell"),
            ("walk-timeout", "walk_timeout_s"),
            ("coverage", "coverage"),
            ("backend", "backend"),
            ("fresh-days", "fresh_days"),
            ("fresh-network-days", "fresh_network_days"),
            ("axes", "axes"),
            ("site", "site_values"),
            ("lint", "lint"),
        ):
            if key in given:
                fields[name] = given[key]
        if "timeout_s" in option_defaults:
            fields["step_timeout_s"] = option_defaults["timeout_s"]
        project = Project(
            root=self._root,
            environments_dir=environments_dir,
            environments=environments,
            **fields,  # type: ignore[arg-type]  # each reader above yields its field's type
        )
        self._check_environments(project)
        return project

    def _check_environments(self, project: Project) -> None:
        for axis in project.axes.values():
            for label, value in axis.values.items():
                if value.environment is not None and value.environment not in project.environments:
                    self._add(
                        ErrorCode.UNKNOWN_ENVIRONMENT,
                        f"`{value.environment}` is no environment",
                        ("axes", axis.name, label),
                        environment_hint(value.environment, project),
                    )

    def _option(self, key: str, value: object, into: dict[str, object]) -> None:
        try:
            into[OPTIONS[key].field] = OPTIONS[key].parse(value)
        except OptionError as error:
            self._add(ErrorCode.BAD_CONFIGURATION, f"{key}: {error.message}", (key,), error.hint)

    def _axes(self, value: object, keys: tuple[str, ...]) -> Mapping[str, Axis]:
        axes: dict[str, Axis] = {}
        for name, table in self._table(value, keys).items():
            if NAME.fullmatch(name) is None:
                self._bad(
                    f"`{name}` is no name of an axis", (*keys, name), "use a-z, 0-9 and `-`, a letter first"
                )
            labels = {
                label: self._axis_value(entry, (*keys, name, label))
                for label, entry in self._table(table, (*keys, name)).items()
            }
            axes[name] = Axis(name=name, values=MappingProxyType(labels))
        return MappingProxyType(axes)

    def _axis_value(self, value: object, keys: tuple[str, ...]) -> AxisValue:
        environment: str | None = None
        shell: str | None = None
        variables: tuple[tuple[str, str], ...] = ()
        for key, entry in self._table(value, keys).items():
            match key:
                case "environment":
                    environment = self._text(entry, keys)
                case "shell":
                    shell = self._shell(entry, keys)
                case "variables":
                    variables = tuple(self._texts(entry, keys))
                case _:
                    self._unknown(
                        key, keys, ["environment", "shell", "variables"], f"the axis value `{keys[-1]}`"
                    )
        return AxisValue(environment=environment, shell=shell, variables=variables)

    def _redactions(self, value: object, keys: tuple[str, ...]) -> Mapping[str, str]:
        redactions: dict[str, str] = {}
        for name, pattern in self._table(value, keys).items():
            reason = explain_bad_redaction(name, pattern)
            if reason is None:
                redactions[name] = str(pattern)
            else:
                self._bad(reason, (*keys, name), None)
        return redactions

    def _site(self, value: object, keys: tuple[str, ...]) -> Mapping[str, str]:
        site: dict[str, str] = {}
        for name, text in self._texts(value, keys):
            if NAME.fullmatch(name) is None:
                self._bad(
                    f"`{name}` is no name of a site value",
                    (*keys, name),
                    "use a-z, 0-9 and `-`, a letter first",
                )
            elif "[[" in text or "\n" in text:
                self._bad(
                    f"the site value `{name}` has `[[` or a newline in it", (*keys, name), "write plain text"
                )
            else:
                site[name] = text
        return MappingProxyType(site)

    def _lint(self, value: object, keys: tuple[str, ...]) -> LintSettings:
        settings, wrong = read_lint_settings(self._table(value, keys))
        for each in wrong:
            self._bad(each.message, (*keys, *each.keys), each.hint)
        return settings

    def _texts(self, value: object, keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for name, entry in self._table(value, keys).items():
            text = self._text(entry, (*keys, name))
            if text is not None:
                yield name, text

    def _table(self, value: object, keys: tuple[str, ...]) -> Mapping[str, object]:
        if isinstance(value, dict):
            return value
        self._bad(f"`{keys[-1] if keys else 'docwalk'}` must be a table, found `{value}`", keys, None)
        return {}

    def _text(self, value: object, keys: tuple[str, ...]) -> str | None:
        if isinstance(value, str) and value:
            return value
        self._bad(f"`{keys[-1]}` must be text, found `{value}`", keys, None)
        return None

    def _shell(self, value: object, keys: tuple[str, ...]) -> str | None:
        if value in SHELLS:
            return str(value)
        self._bad(f"`{value}` is no shell", keys, did_you_mean(str(value), SHELLS, otherwise="write one of"))
        return None

    def _coverage(self, value: object, keys: tuple[str, ...]) -> str | None:
        if value in COVERAGES:
            return str(value)
        self._bad(f"`{value}` is no coverage", keys, "write `each` or `all`")
        return None

    def _backend(self, value: object, keys: tuple[str, ...]) -> str | None:
        if value in BACKENDS:
            return str(value)
        self._bad(
            f"`{value}` is no backend", keys, did_you_mean(str(value), BACKENDS, otherwise="write one of")
        )
        return None

    def _duration(self, value: object, keys: tuple[str, ...]) -> float | None:
        try:
            return parse_duration(value)
        except OptionError as error:
            self._bad(f"{keys[-1]}: {error.message}", keys, error.hint)
            return None

    def _days(self, value: object, keys: tuple[str, ...]) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
        self._bad(f"`{keys[-1]}` must be a number of days above 0, found `{value}`", keys, None)
        return None

    def _path(self, value: object, keys: tuple[str, ...]) -> Path | None:
        text = self._text(value, keys)
        return None if text is None else (self._root / text).resolve()

    def _paths(self, value: object, keys: tuple[str, ...]) -> tuple[Path, ...]:
        entries = value if isinstance(value, list) else [value]
        paths = [self._path(entry, keys) for entry in entries]
        for path in paths:
            if path is not None and not path.exists():
                shown = below(path, self._root)
                self._bad(f"`{shown}` does not exist", keys, "create it, or name another folder or file")
        return tuple(path for path in paths if path is not None)

    def _unknown(self, key: str, keys: tuple[str, ...], candidates: list[str], where: str) -> None:
        self._bad(
            f"`{key}` is no key of {where}",
            (*keys, key),
            did_you_mean(key, candidates, otherwise="write one of"),
        )

    def _bad(self, message: str, keys: tuple[str, ...], hint: str | None) -> None:
        self._add(ErrorCode.BAD_CONFIGURATION, message, keys, hint)

    def _add(self, code: ErrorCode, message: str, keys: tuple[str, ...], hint: str | None) -> None:
        where = find_key(self.problems.source, keys, table="tool.docwalk")
        self.problems.add(code, message, where, hint=hint)


def _mapping(value: object) -> Mapping[str, str]:
    return value if isinstance(value, dict) else {}
