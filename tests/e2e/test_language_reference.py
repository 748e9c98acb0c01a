"""The reference of the language is its own test: each example passes, each change of it fails as shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.config import load_project
from docwalk.document import parse_documents
from docwalk.errors import SourceError
from docwalk.markup.examples import Failing
from docwalk.markup.markdown import read_page
from docwalk.plan import make_plan
from docwalk.record import failing_step
from docwalk.report.text import failure_lines, render
from docwalk.run import run_walk
from docwalk.source import Source
from docwalk.testing_sandbox import find_built

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.environment.store import BuiltEnvironment
    from docwalk.plan import Plan

    Find = Callable[[str], BuiltEnvironment]

pytestmark = pytest.mark.container

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "reference" / "language").glob("*.md"))
PROJECT = load_project(ROOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One example, and one change of it."""

    page: Path
    """The file."""
    example: str
    """Name of the example."""
    lines: tuple[str, ...]
    """The example as it stands."""
    number: int = 0
    """Which of its changes, from 1; 0 is the example itself."""
    change: tuple[str, ...] = ()
    """The body of that `{fails}`."""

    def __str__(self) -> str:
        """`blocks:transcript`, or `blocks:transcript-1` for its first change."""
        return f"{self.page.stem}:{self.example}" + (f"-{self.number}" if self.number else "")


def examples() -> Iterator[Case]:
    for page in PAGES:
        source = Source.read(page)
        for example in read_page(source).examples:
            lines = tuple(source.slice(line) for line in example.fence.lines)
            yield Case(page=page, example=example.name, lines=lines)


def changes() -> Iterator[Case]:
    for page in PAGES:
        source = Source.read(page)
        for example in read_page(source).examples:
            lines = tuple(source.slice(line) for line in example.fence.lines)
            for number, failing in enumerate(example.failing, start=1):
                change = tuple(source.slice(line) for line in failing)
                yield Case(page=page, example=example.name, lines=lines, number=number, change=change)


@pytest.fixture(scope="module")
def find() -> Find:
    """The environment of a walk; the test is skipped where it is not built."""
    known: dict[str, BuiltEnvironment | None] = {}

    def built(name: str) -> BuiltEnvironment:
        if name not in known:
            known[name] = find_built(PROJECT.environments_dir / name)
        found = known[name]
        if found is None:
            pytest.skip(f"environment `{name}` is not built: docwalk env build {name}")
        return found

    return built


def planned(text: str, folder: Path) -> Plan:
    """The walks of the page that an example is, were it alone in the folder of its page."""
    project = replace(PROJECT, root=folder)
    return make_plan(parse_documents(Source(path=Path("page.md"), text=text), project), project)


def complaint(text: str, folder: Path, find: Find) -> str:
    """What `docwalk run page.md` says of a page; empty where all is well."""
    try:
        plan = planned(text, folder)
    except SourceError as error:
        return str(error)
    for walk in plan.walks:
        result = run_walk(walk, backend=SandboxBackend(), environment=find(walk.environment))
        if failing_step(result) is not None:
            return render(failure_lines(walk, result), width_cols=100, colour=False)
    return ""


def tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))


def rewrite(case: Case, body: str) -> None:
    """Write the body of a `{fails}` anew, wherever others have moved it to."""
    source = Source.read(case.page)
    example = next(each for each in read_page(source).examples if each.name == case.example)
    lines = example.failing[case.number - 1]
    text = source.text[: lines[0].start] + body + source.text[lines[-1].end :]
    case.page.write_text(text, "utf-8")


@pytest.mark.parametrize("case", tuple(examples()), ids=str)
def test_an_example_does_what_it_says(case: Case, find: Find) -> None:
    text = "\n".join(case.lines) + "\n"
    assert complaint(text, case.page.parent, find) == ""
    assert planned(text, case.page.parent).walks


@pytest.mark.parametrize("case", tuple(changes()), ids=str)
def test_a_changed_example_fails_with_exactly_this_message(
    case: Case, find: Find, request: pytest.FixtureRequest
) -> None:
    failing = Failing.parse(case.change)
    text = "\n".join(failing.apply(case.lines)) + "\n"
    actual = tidy(complaint(text, case.page.parent, find))
    assert actual, "the changed example passes"
    if request.config.getoption("--regen"):
        rewrite(case, str(Failing(change=failing.change, message=tuple(actual.split("\n")))))
    else:
        assert actual == "\n".join(failing.message)
