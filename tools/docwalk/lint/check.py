"""Pages → findings: every rule on every page, without those that somebody ignored on purpose."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.config import FILE_NAME
from docwalk.environment.definition import load_environments
from docwalk.environment.store import Store
from docwalk.errors import ErrorCode, SourceError
from docwalk.lint.finding import Finding, Found
from docwalk.lint.ignores import read_ignores, unknown_rule
from docwalk.lint.page import matches, read_lint_page
from docwalk.lint.registry import RULES, UNUSED_IGNORE
from docwalk.lint.shares import page_share
from docwalk.options import did_you_mean
from docwalk.record import parse_record, record_path
from docwalk.record_json import MalformedError
from docwalk.source import Source
from docwalk.toml_places import find_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from docwalk.config import Project
    from docwalk.errors import SourceProblem
    from docwalk.lint.ignores import Ignore
    from docwalk.lint.page import LintPage
    from docwalk.lint.shares import Share
    from docwalk.plan import Walk
    from docwalk.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class LintReport:
    """What was found on some pages."""

    findings: tuple[Finding, ...]
    """In order of path and place."""
    shares: tuple[tuple[Path, Share], ...]
    """Assertion share of each page."""
    left_out: tuple[tuple[str, str], ...]
    """Rules that could not be checked here, and why."""


def lint_pages(
    paths: Iterable[Path], project: Project, *, select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()
) -> LintReport:
    """Check some pages.

    Args:
        paths: the pages.
        project: their project; `select` replaces its selection, `ignore` adds to what it ignores.
        select: names of rules; none for the project's.
        ignore: names of rules.

    Raises:
        SourceError: with every problem of all pages, of the configuration, and of what is ignored.
    """
    shellcheck = find_shellcheck()
    names = set(select or project.lint.select or RULES) - set(ignore) - set(project.lint.ignore)
    modules, records = _modules_of(project), _records_of(project)
    problems = list(_unknown_in_project(project))
    findings: list[Finding] = []
    shares: list[tuple[Path, Share]] = []
    for path in paths:
        try:
            source = Source.read_below(path, project.root)
        except SourceError as error:
            problems.extend(error.problems)
            continue
        page, found = read_lint_page(source, project, modules=modules, records=records, shellcheck=shellcheck)
        ignores, wrong = read_ignores(source, RULES)
        unknown = [
            unknown_rule(source, name, span, RULES) for name, span in page.ignored if name not in RULES
        ]
        if found or wrong or unknown:
            problems.extend((*found, *wrong, *unknown))
            continue
        findings.extend(lint_page(page, names, ignores))
        shares.append((source.path, page_share(page)))
    if problems:
        raise SourceError(tuple(problems))
    left_out: tuple[tuple[str, str], ...] = ()
    if shellcheck is None and "shellcheck" in names:
        left_out = (("shellcheck", "ShellCheck is not installed: pip install 'docwalk[lint]'"),)
    return LintReport(
        findings=tuple(sorted(findings, key=lambda each: (str(each.path), each.line, each.column))),
        shares=tuple(shares),
        left_out=left_out,
    )


def find_shellcheck() -> Path | None:
    """The ShellCheck beside this Python, else on PATH; None where there is none."""
    beside = Path(sys.executable).with_name("shellcheck")
    found = str(beside) if beside.is_file() else shutil.which("shellcheck")
    return None if found is None else Path(found)


def lint_page(page: LintPage, names: Collection[str], ignores: tuple[Ignore, ...]) -> Iterator[Finding]:
    """What the rules `names` find on one page, but for what the page and the project ignore."""
    not_here = {name for name, _ in page.ignored}
    for pattern, ignored in page.project.lint.per_file_ignores:
        if matches(page.source.path, pattern):
            not_here.update(ignored)
    used: set[Ignore] = set()
    for name, rule in RULES.items():
        if name not in names or name in not_here:
            continue
        for found in rule.check(page):
            line = page.source.position(found.span.start).line
            silencing = [each for each in ignores if each.name == name and each.first <= line <= each.last]
            used.update(silencing)
            if not silencing:
                yield locate(page.source, name, found)
    for each in ignores:
        if each not in used and each.name in names:
            message = f"nothing here is found by `{each.name}`: the comment silences nothing"
            unused = Found(span=each.span, message=message, hint="remove it")
            yield locate(page.source, UNUSED_IGNORE, unused)


def locate(source: Source, rule: str, found: Found) -> Finding:
    """A finding of a rule, at its place; a secret is covered, but for its first characters."""
    where = source.position(found.span.start)
    text = source.line_text(where.line)
    width = max(1, min(found.span.end - found.span.start, len(text) - where.column + 1))
    if found.is_secret:
        kept = min(4, width // 3)
        at = where.column - 1 + kept
        text = text[:at] + "•" * (width - kept) + text[at + width - kept :]
    return Finding(
        rule=rule,
        message=found.message,
        path=source.path,
        line=where.line,
        column=where.column,
        text=text,
        width=width,
        hint=found.hint,
    )


def check_names(names: Iterable[str]) -> str | None:
    """What is wrong with names of rules on the command line; None where nothing is."""
    for name in names:
        if name not in RULES:
            return f"`{name}` is no rule; {did_you_mean(name, RULES, otherwise='the rules are')}"
    return None


def _unknown_in_project(project: Project) -> Iterator[SourceProblem]:
    """Names in `[tool.docwalk.lint]` that no rule has."""
    settings = project.lint
    named = [("select", name) for name in settings.select] + [("ignore", name) for name in settings.ignore]
    named += [("per-file-ignores", name) for _, names in settings.per_file_ignores for name in names]
    wrong = [(key, name) for key, name in named if name not in RULES]
    if wrong:
        source = Source.read(project.root / FILE_NAME, shown_as=Path(FILE_NAME))
        for key, name in wrong:
            where = find_key(source, ("lint", key), table="tool.docwalk")
            hint = did_you_mean(name, RULES, otherwise="the rules are")
            message = f"`{name}` is no rule of the linter"
            yield source.problem(ErrorCode.BAD_CONFIGURATION, message, span=where, hint=hint)


def _modules_of(project: Project) -> Callable[[str], tuple[str, ...] | None]:
    """Modules of an environment: of what is built, else those its definition expects."""
    environments = load_environments(project.environments_dir)
    store = Store.default()

    @cache
    def modules(name: str) -> tuple[str, ...] | None:
        definition = environments.get(name)
        if definition is None:
            return None
        built = store.find(definition)
        listed = () if built is None else tuple(map(str, built.manifest.get("modules", ())))
        return listed or definition.expected_modules or None

    return modules


def _records_of(project: Project) -> Callable[[Walk], Record | None]:
    def record(walk: Walk) -> Record | None:
        path = record_path(walk.name, project.records_dir)
        try:
            return parse_record(path.read_text("utf-8")) if path.is_file() else None
        except (MalformedError, OSError, UnicodeDecodeError):
            return None  # what it says is unknown, and `docwalk status` names it

    return record
