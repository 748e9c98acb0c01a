"""Blocks to commands: what the parse cases do not show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docwalk.document import parse_document
from docwalk.errors import SourceError
from docwalk.expectation import quote_output_line
from docwalk.source import Source
from docwalk.steps import TypeCommand
from docwalk.testing import planned
from docwalk.transcript import parse_commands

if TYPE_CHECKING:
    from docwalk.config import Project
    from docwalk.transcript import Command


def commands(text: str, project: Project, *, in_shell: str | None = None) -> list[Command]:
    document = parse_document(Source(path=Path("page.md"), text=text), project)
    return [
        command
        for block in document.blocks
        for command in parse_commands(block, document, project, shell=in_shell)
    ]


def test_all_problems_of_a_block_are_raised_at_once(project: Project) -> None:
    with pytest.raises(SourceError) as caught:
        commands("```console\n$ a\n[[b-c-d]]\n[[e-f-g]]\n$ '\n```\n", project)
    assert [problem.line for problem in caught.value.problems] == [3, 4, 5]


def test_the_walks_shell_decides_about_comments(project: Project) -> None:
    page = "```console\n$ ls # all\n```\n"
    assert [command.text for command in commands(page, project, in_shell="bash")] == ["ls # all"]
    with pytest.raises(SourceError, match="zsh has no comments at its prompt"):
        commands(page, project, in_shell="zsh")


def test_a_named_shell_beats_the_walks(project: Project) -> None:
    assert [command.text for command in commands("```bash\nls # all\n```\n", project, in_shell="zsh")] == [
        "ls # all"
    ]


def test_sh_and_shell_are_the_walks_shell(project: Project) -> None:
    with pytest.raises(SourceError) as caught:
        commands("```sh\nls # all\n```\n\n", project, in_shell="zsh")
    assert [problem.message[:3] for problem in caught.value.problems] == ["zsh"]


def test_output_of_a_command_may_be_a_second_prompts_look(project: Project) -> None:
    (command,) = commands("```console\n$ diff a b\n1c1\n< x\n---\n> y\n```\n", project)
    assert [str(line) for line in command.expected or ()] == ["1c1", "< x", "---", "> y"]


@pytest.mark.parametrize("written", ["[[int]]", "[[max-age=int]]", "[[...]]", "[[4.0±0.1]]"])
def test_a_placeholder_among_regular_expressions_is_an_error(project: Project, written: str) -> None:
    with pytest.raises(SourceError) as caught:
        commands(f"```{{console}}\n:match: regex\n\n$ date\nat {written} s\n```\n", project)
    assert [(problem.line, problem.message) for problem in caught.value.problems] == [
        (5, f"`{written}` is no placeholder here: a line of `match: regex` is one regular expression")
    ]


@pytest.mark.parametrize("line", ["[[:alpha:]]+", "[[abc]]", r"\[\[int\]\]", "[[=]][[int]]"])
def test_other_doubled_brackets_are_regular_expressions(project: Project, line: str) -> None:
    (command,) = commands(f"```{{console}}\n:match: regex\n\n$ date\n{line}\n```\n", project)
    assert len(command.expected or ()) == 1


OUTPUT = st.lists(
    st.one_of(
        st.sampled_from(
            ["$ x", "$", "...", "> x", "[exit 1]", "[[version]]", "```", "````", ":::", "~~~", "", "  x"]
        ),
        st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20),
    ),
    max_size=8,
)


@given(OUTPUT, st.sampled_from(["", "- ", "> ", "1. > "]))
def test_recorded_output_written_into_a_page_is_read_back(
    project: Project, output: list[str], before: str
) -> None:
    after = "".join(char if char in "> " else " " for char in before)
    lines = ["```console", "$ true", *(quote_output_line(line) for line in output), "```"]
    page = "\n".join([before + lines[0], *(after + line for line in lines[1:])]) + "\n"
    (command,) = commands(page, project)
    assert command.text == "true"
    assert [str(line) for line in command.expected or ()] == [quote_output_line(line) for line in output]


@pytest.mark.parametrize(
    "body",
    [
        "cat <<E\n" + "done } it's\n" * 20_000 + "E\n",
        "for i in 1; do\n" + "echo a\n" * 20_000 + "done\n",
        "echo '\n" + "a (b\n" * 20_000 + "'\n",
        "x=$((1<<3\n))\n",
    ],
    ids=["heredoc", "loop", "quote", "shift"],
)
def test_long_commands_are_read_to_their_end(body: str) -> None:
    # A parser that tried every line of them would not end in the time of this suite.
    _, (walk,) = planned(f"```bash\n{body}echo last\n```\n")
    commands = [step.action.command for step in walk.steps if isinstance(step.action, TypeCommand)]
    assert commands == [body.rstrip("\n"), "echo last"]


@pytest.mark.parametrize("line", ["echo a", "echo done", "it's }"])
def test_what_the_grammar_cannot_read_ends_in_bounded_time(line: str) -> None:
    body = "for x in *(N) {\n" + f"{line}\n" * 20_000
    with pytest.raises(SourceError, match=r"`for x in \*\(N\) \{` is not complete where its block ends"):
        planned(f"```bash\n{body}```\n")
