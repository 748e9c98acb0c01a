"""What ShellCheck finds in the commands of a walk, at their place in the page.

https://www.shellcheck.net/wiki/ explains each code. All commands of one walk and session are one script,
in the order they run, so that what one block sets the next may use.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from docwalk.lint.page import LintPage, TypedLine
    from docwalk.plan import Walk

DIALECTS: Final = {"bash": "bash", "sh": "dash", "dash": "dash", "ksh": "ksh"}
"""Shells that ShellCheck knows; the others' commands are not looked at."""
EXCLUDED: Final = {
    "SC1007": "`NAME= command` gives a variable no value for one command, and is meant",
    "SC1015": "`smart-quotes` finds it, and lets it be inside straight quotes",
    "SC1016": "the same",
    "SC1018": "`odd-spaces` finds it",
    "SC1090": "what a command sources is in the cluster, not in the page",
    "SC1091": "the same",
    "SC1110": "`smart-quotes` finds it, and lets it be inside straight quotes",
    "SC1111": "the same",
    "SC1112": "the same",
    "SC2034": "a variable may be there to be looked at, or for a program",
    "SC2103": "people go back with `cd ..`",
    "SC2148": "what is typed has no first line with a shell",
    "SC2154": "a module or a sourced file may set it",
    "SC2155": "people look at the terminal, not at a status",
    "SC2164": "a person sees that `cd` failed",
    "SC2317": "after `exit` a person logs in again",
}
"""Codes that are about scripts and not about what people type, and why."""
EXCLUDED_IN_SCRIPTS: Final = ("SC1007", "SC1090", "SC1091", "SC2154")
"""Those of them that are left out of scripts (`{file}` blocks with `#!`) too."""
_PLACEHOLDER: Final = re.compile(r"\[\[(?:site:[^\[\]\s]+|[a-z][a-z0-9-]*)\]\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Script:
    """The commands of one session in one dialect, or a file."""

    dialect: str
    lines: list[TypedLine]
    excluded: Collection[str]


def check(page: LintPage) -> Iterator[Found]:
    """Findings as grave as the project asks for, each once."""
    if page.shellcheck is None:
        return
    seen: set[tuple[int, int, str]] = set()
    for walk in page.walks:
        for script in _scripts(page, walk):
            for found in _run(page.shellcheck, script, page.project.lint.shellcheck_severity):
                key = (found.span.start, found.span.end, found.message)
                if key not in seen:
                    seen.add(key)
                    yield found


def _scripts(page: LintPage, walk: Walk) -> Iterator[_Script]:
    scripts: dict[tuple[str, str], _Script] = {}
    for each in page.blocks:
        if not set(each.block.tabs) <= set(walk.choices):
            continue
        if each.block.options.prompt is not None:
            continue  # another program reads these lines
        for text in each.shell_texts():
            dialect = DIALECTS.get(text.shell)
            if dialect is None:
                continue
            if text is each.script:
                yield _Script(dialect=dialect, lines=list(text.lines), excluded=EXCLUDED_IN_SCRIPTS)
                continue
            new = _Script(dialect=dialect, lines=[], excluded=EXCLUDED)
            scripts.setdefault((each.block.options.session, dialect), new).lines.extend(text.lines)
    yield from scripts.values()


def _run(program: Path, script: _Script, severity: str) -> Iterator[Found]:
    """ShellCheck's findings; its columns count characters, a tab as one (`json1`)."""
    text = "\n".join(_PLACEHOLDER.sub(lambda m: "x" * len(m[0]), line.text) for line in script.lines)
    arguments = (
        *("--norc", "--format=json1", f"--shell={script.dialect}", f"--severity={severity}"),
        f"--exclude={','.join(script.excluded)}",
        "-",
    )
    done = subprocess.run(
        (program, *arguments),
        input=text + "\n",
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    answer = json.loads(done.stdout or '{"comments": []}')
    for comment in answer["comments"]:
        line = script.lines[min(comment["line"], len(script.lines)) - 1]
        start = line.start + min(comment["column"] - 1, len(line.text))
        ends_here = comment["endLine"] == comment["line"]
        end = (
            line.start + min(comment["endColumn"] - 1, len(line.text))
            if ends_here
            else line.start + len(line.text)
        )
        code = f"SC{comment['code']}"
        yield Found(
            span=Span(start=start, end=max(end, start + 1)),
            message=f"{code}: {comment['message']}",
            hint=f"https://www.shellcheck.net/wiki/{code}",
        )
