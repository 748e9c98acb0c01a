"""Pages that nobody wrote for docwalk: what is read in them, and what a run of them says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docwalk.cli import call
from docwalk.foreign.expected import expect_lines, lenient
from docwalk.foreign.fences import TextLine, read_blocks
from docwalk.foreign.pieces import read_pieces
from docwalk.foreign.reasons import why_not_typed
from docwalk.foreign.verdict import Verdict, judge
from docwalk.foreign.walk import read_foreign, try_foreign
from docwalk.plan import EditFile, TypeCommand
from docwalk.report.foreign import foreign_lines
from docwalk.report.text import render
from docwalk.results import Outcome, StepResult
from docwalk.source import Source, Span
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.foreign.verdict import BlockVerdict
    from docwalk.foreign.walk import ForeignPage
    from docwalk.plan import Walk
    from docwalk.results import WalkResult
    from docwalk.testing import MatchesFile

FRAGMENTS = (
    *(
        "```bash\n",
        "```console\n",
        "```output\n",
        "```\n",
        "~~~\n",
        "    ",
        "\t",
        "- ",
        "> ",
        "\n",
        "...\n",
        "\r",
    ),
    *(
        "$ ls\n",
        "> y\n",
        "[a@b c]$ pwd\n",
        "(v) sh-5.2$ ls\n",
        "C:\\> x\n",
        "#!/bin/sh\n",
        "# x\n",
        "'",
        "$(",
        "\\",
    ),
    *(
        "{: .output}\n",
        "{: .language-bash}\n",
        "!!! note\n",
        '=== "A"\n',
        "::: note\n",
        ":::\n",
        "This prints:\n",
    ),
    *("`job.sh`:\n", "mysql> x\n", "cat <x>\n", "`````{tabs}\n", "`````\n", "---\n", "\0"),
)
CASES = sorted((Path(__file__).parents[1] / "cases" / "foreign").glob("*.md"))


def page_of(text: str) -> Source:
    return Source(path=Path("page.md"), text=text)


def shown(source: Source) -> Iterator[str]:
    """What is read in a page, for people."""
    page = read_foreign(source, environment="login", shell=None)
    for block in page.blocks:
        yield f"line {block.line}: {block.language or 'no language'}"
        for claim in block.claims:
            for index in claim.steps:
                step = page.walk.steps[index]
                action = step.action
                typed = (
                    f"write {action.path}"
                    if isinstance(action, EditFile)
                    else f"{step.shell or ''}$ {action.command}"
                )
                yield f"  {step.line}: " + typed.replace("\n", "\n      > ")
            yield from (f"  {line.source_line}:   {line}" for line in claim.expected)
        yield from (f"  {each.line}: not typed: {each.reason}" for each in block.unchecked)
    yield f"no shell's: {', '.join(each or 'no language' for each in page.others) or 'none'}"


def judged(text: str, *printed: Printed) -> tuple[ForeignPage, tuple[BlockVerdict, ...]]:
    page = read_foreign(page_of(text), environment="login", shell=None)
    return page, judge(page, result_of(page.walk, printed, goes_on=True))


def verdicts(text: str, *printed: Printed) -> list[tuple[int, str, str]]:
    _, found = judged(text, *printed)
    return [(each.block.line, each.verdict.value, each.detail) for each in found]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_read_in_a_page(path: Path, matches_file: MatchesFile) -> None:
    source = Source.read(path, shown_as=Path(path.name))
    matches_file("\n".join(shown(source)) + "\n", path.with_suffix(".expected"))


TRANSCRIPT = "```\n$ echo one\none\n$ ls | wc -l\n...\n$ mkdir x\n```\n"


def test_a_page_that_tells_the_truth_matches() -> None:
    assert verdicts(TRANSCRIPT, Printed(lines=("one",)), Printed(lines=("7",)), Printed()) == [
        (1, "matched", "2 matched, 1 ran")
    ]


def test_a_page_that_lies_differs_at_its_line() -> None:
    _, (verdict,) = judged(TRANSCRIPT, Printed(lines=("two",)), Printed(lines=("7",)), Printed())
    assert verdict.verdict is Verdict.DIFFERS
    assert [(each.line, each.message) for each in verdict.differences] == [(3, "differs from column 1")]


def test_a_command_that_fails_without_a_word_differs() -> None:
    failed = Printed(lines=("mkdir: cannot create directory 'x'",), exit_status=1)
    _, (verdict,) = judged(TRANSCRIPT, Printed(lines=("one",)), Printed(lines=("7",)), failed)
    assert [(each.line, each.message) for each in verdict.differences] == [
        (
            6,
            ("exit status 1, expected 0, and the page shows no error: mkdir: cannot create directory 'x'"),
        )
    ]


def test_a_command_may_fail_as_the_page_shows() -> None:
    text = "```bash\nls x\n```\n\n```error\nls: cannot access 'x'\n```\n"
    assert verdicts(text, Printed(lines=("ls: cannot access 'x'",), exit_status=2)) == [(1, "matched", "")]
    assert verdicts(text, Printed(lines=("x",), exit_status=0))[0][1] == "differs"


def test_output_in_a_block_of_its_own_is_that_of_all_commands() -> None:
    text = "```bash\necho 1\necho 2\n```\n\n```output\n1\n2\n```\n"
    assert verdicts(text, Printed(lines=("1",)), Printed(lines=("2",))) == [(1, "matched", "2 matched")]
    assert verdicts(text, Printed(lines=("1",)), Printed(lines=("3",)))[0][1] == "differs"


def test_what_follows_a_lost_shell_could_not_be_checked() -> None:
    page = read_foreign(
        page_of("```bash\necho 1\n```\n\n```bash\necho 2\n```\n"), environment="login", shell=None
    )
    result = result_of(page.walk, [Printed(exit_status=1), Printed()])
    first, second = judge(page, result)
    assert (first.verdict, second.verdict) == (Verdict.DIFFERS, Verdict.NOT_CHECKED)
    assert second.detail == "could not be checked: an earlier step of the walk failed (line 6)"


def test_a_command_that_hangs_is_left_out_and_the_page_tried_again() -> None:
    page = read_foreign(page_of("```\n$ cd\n$ cat\n$ pwd\n/tmp\n```\n"), environment="login", shell=None)
    walks: list[list[str]] = []

    def run(walk: Walk) -> WalkResult:
        typed = [step.action.command for step in walk.steps if isinstance(step.action, TypeCommand)]
        walks.append(typed)
        result = result_of(walk, [Printed(lines=("/tmp",) if each == "pwd" else ()) for each in typed])
        if "cat" not in typed:
            return result
        first, stuck, _ = result.steps
        stuck = replace(stuck, outcome=Outcome.WAITS_FOR_INPUT, detail="it waits for input")
        later = StepResult(index=2, block_id="", outcome=Outcome.NOT_RUN, detail="an earlier one failed")
        return replace(result, steps=(first, stuck, later))

    tried, result = try_foreign(page, run)
    assert walks == [["cd", "cat", "pwd"], ["cd", "pwd"]]
    (verdict,) = judge(tried, result)
    assert (verdict.verdict, verdict.detail) == (
        Verdict.MATCHED,
        "1 matched, 1 ran; could not be checked: it waits for input (line 3)",
    )


def test_the_report_shows_differences_then_every_block() -> None:
    text = TRANSCRIPT + "\n```bash\nssh login\n```\n\n```c\n```\n\n```c\nint x;\n```\n"
    page, found = judged(text, Printed(lines=("two",)), Printed(), Printed(exit_status=1, lines=("no",)))
    report = render(foreign_lines(page, found, width_cols=60), width_cols=60, colour=False)
    assert [line.rstrip() for line in report.splitlines()] == [
        "page.md:3: differs: differs from column 1",
        "",
        "    $ echo one",
        "",
        "     │ expected (the page)        │ actual (this run)",
        " ~ 3 │ one                        │ two",
        "     │ ^^^                        │ ^^^",
        "",
        "page.md:6: differs: exit status 1, expected 0, and the page shows no error: no",
        "",
        "    $ mkdir x",
        "",
        "  │ no",
        "",
        "page.md",
        "  line 1     code       differs      1 matched, 2 differed",
        "  line 9     bash       not checked  could not be checked: `ssh` goes to another machine (line 10)",
        "2 blocks: 1 differs, 1 not checked; no shell's: 1 c",
    ]


def test_a_page_without_blocks_has_nothing_to_try() -> None:
    page, found = judged("# Page\n\nWords.\n")
    report = render(foreign_lines(page, found, width_cols=60), width_cols=60, colour=False)
    assert report == "page.md\n0 blocks: nothing to try\n"


@pytest.mark.parametrize(
    ("page_says", "expected"),
    [
        ("a   b ", "a b"),
        ("...", "..."),
        ("[...]", "..."),
        ("<output truncated>", "..."),
        ("Requirement ... numpy", "Requirement[[...]]numpy"),
        ("total 4 Nov 12 10:33 x", "total 4 [[date]] [[time]] x"),
        ("real 0m1.234s", "real [[duration]]"),
        ("version 1.2.3, 12 files", "version 1.2.3, 12 files"),
        ("Submitted batch job 4242", "Submitted batch job [[number]]"),
        ("[1] 31337", "[1] [[number]]"),
        ("sha 0a1b2c3d4e5f60718293", "sha [[hash]]"),
        ("alice@login01 malice", "[[name]]@[[name]] malice"),
        ("-bash: line 1: ks: command not found", "ks: command not found"),
        ("-rw-r--r--. 1 elvis users 0 notes", "-rw-r--r-- 1 OWNER GROUP 0 notes"),
        ("/home/nelle/thesis", "[[home]]/thesis"),
    ],
)
def test_where_the_comparison_is_lenient(page_says: str, expected: str) -> None:
    line = TextLine(text=page_says, span=Span(start=0, end=0), number=1)
    (found,) = expect_lines([line], names={"alice", "login01"})
    assert str(found) == expected


def test_blank_lines_do_not_count() -> None:
    line = TextLine(text="  ", span=Span(start=0, end=0), number=1)
    assert expect_lines([line], names=()) == ()
    assert lenient("  a\t b ") == "a b"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("ls", None),
        ("sort <in >out", None),
        ("echo {a,b} ${name} {1..3}", None),
        ("man ls | cat", None),
        ("python script.py", None),
        ("python3 < script.py", None),
        ("rsync -a a b", None),
        ("srun hostname", None),
        ("module load ...", "`...` stands for something that is left out"),
        ("cd /scratch/<user>", "`<user>` is a placeholder"),
        ("cd /scratch/{username}", "`{username}` is a placeholder"),
        ("cd /scratch/YOUR_NAME", "`YOUR_NAME` is a placeholder"),
        ("scancel XXXX", "`XXXX` is a placeholder"),
        ("rsync -a a alice@host:b", "`rsync` goes to another machine"),
        ("ls | less", "`less` takes the whole screen, and the page does not say what to press"),
        ("sudo ls", "`sudo` needs an administrator"),
        ("cd && exit", "`exit` ends the shell"),
        ("vim x", "`vim` takes the whole screen, and the page does not say what to press"),
        ("python", "`python` starts a prompt of its own"),
        ("salloc -n 1", "`salloc` opens a shell on another machine"),
        ("srun -n 1 --pty bash", "`srun` opens a shell on another machine"),
        ("passwd", "`passwd` asks questions, and the page does not say what to answer"),
    ],
)
def test_why_a_command_is_not_typed(command: str, reason: str | None) -> None:
    assert why_not_typed(command) == reason


def test_places_are_those_of_the_page() -> None:
    text = "- List:\n\n  ```bash\n  ls\n  ```\n\n> quote\n>\n>     $ pwd\n>     /tmp\n"
    source = page_of(text)
    pieces, _ = read_pieces(read_blocks(source), shell="bash")  # noqa: S604 - a name, and nothing is called
    lines = [line for piece in pieces for line in piece.block.lines]
    assert [(source.slice(line.span), line.number) for line in lines] == [
        ("ls", 4),
        ("$ pwd", 9),
        ("/tmp", 10),
    ]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page in a folder without any environment."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "page.md"
    path.write_text("```bash\nls\n```\n")
    return path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--document"], "name the Markdown files to try: `docwalk run --document FILE…`"),
        (["--document", "."], "name the Markdown files to try: `docwalk run --document FILE…`"),
        (["--document", "page.md", "--walk", "x"], "with `--document` only `--environment`, "),
        (["--document", "page.md", "--backend", "host"], "nobody meant for this machine"),
        (["page.md", "--environment", "x"], "only `--document` has these options"),
        (["--document", "page.md"], "there is no environment `login`"),
    ],
)
@pytest.mark.usefixtures("page")
def test_what_cannot_be_tried_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["run", *arguments]) == 2
    assert message in capsys.readouterr().err.replace("\n", " ")


def test_an_unknown_shell_is_refused(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = page.parent / "tools" / "environments" / "login"
    folder.mkdir(parents=True)
    (folder / "environment.toml").write_text("")
    assert call(["run", "--document", "page.md", "--login-shell", "bsh"]) == 2
    assert "`bsh` is no shell; did you mean `bash`?" in capsys.readouterr().err


@given(text=st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))
@settings(deadline=None, max_examples=300)
def test_every_command_of_any_page_is_where_its_step_says(text: str) -> None:
    source = page_of(text)
    page = read_foreign(source, environment="login", shell=None)
    typed = [step for step in page.walk.steps if not isinstance(step.action, EditFile)]
    assert [source.position(step.span.start).line for step in typed] == [step.line for step in typed]
    assert all(1 <= block.line <= len(source.line_starts) for block in page.blocks)
