"""Annotations for a forge's CI: one line per failed step or source problem, in the workflow-command form.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from docwalk.errors import SourceProblem
    from docwalk.plan import Walk
    from docwalk.results import WalkResult


def walk_annotations(walk: Walk, result: WalkResult) -> Iterator[str]:
    """One line for each failed step of a walk."""
    for step, outcome in zip(walk.steps, result.steps, strict=True):
        if outcome.outcome.value not in {"passed", "not-run"}:
            title = f"{outcome.outcome.value} in {walk.name}"
            yield _annotation(str(walk.source_path), step.line, title, outcome.detail)


def problem_annotations(problems: Iterable[SourceProblem]) -> Iterator[str]:
    """One line for each problem of a source."""
    for problem in problems:
        message = problem.message if problem.hint is None else f"{problem.message}\n{problem.hint}"
        yield _annotation(str(problem.path), problem.line, problem.code.value, message)


def _annotation(path: str, line: int, title: str, message: str) -> str:
    return annotation("error", path, line, title, message)


def annotation(level: str, path: str, line: int, title: str, message: str) -> str:
    """One line that a forge shows beside line `line` of a file; `level` is `error` or `warning`."""
    return f"::{level} file={_value(path)},line={line},title={_value(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
