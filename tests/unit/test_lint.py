"""Every rule of the linter: a page on which it fires, with the exact text, and a neighbour that is fine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docwalk.cli import call
from docwalk.config import load_project
from docwalk.errors import SourceError
from docwalk.lint.check import find_shellcheck, lint_page
from docwalk.lint.ignores import read_ignores
from docwalk.lint.page import read_lint_page
from docwalk.lint.registry import RULES, UNUSED_IGNORE
from docwalk.lint.shares import page_share
from docwalk.lint.shell_words import is_quoted, redirects, simple_commands
from docwalk.lint_settings import LintSettings
from docwalk.plan import load_plan
from docwalk.record import make_record, record_path, save_record
from docwalk.source import Source
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from docwalk.config import Project
    from docwalk.lint.finding import Finding
    from docwalk.lint.page import LintPage
    from docwalk.plan import Walk
    from docwalk.record import Record
    from docwalk.testing import MatchesFile

CASES = Path(__file__).parents[1] / "cases" / "lint"
FINE = sorted(CASES.glob("*.fine.md"))
FIRING = sorted(set(CASES.glob("*.md")) - set(FINE))
MODULES = ("libs/python3.11/numpy/1.26.4", "python/3.11", "python/3.9")
TUTORIALS = LintSettings(tutorial_pages=("objectives*", "reading-time*", "prose-before-block*"))


def modules(_name: str) -> tuple[str, ...]:
    return MODULES


def no_record(_walk: Walk) -> Record | None:
    return None


def read(source: Source, project: Project, *, shellcheck: Path | None = None) -> LintPage:
    page, problems = read_lint_page(
        source, project, modules=modules, records=no_record, shellcheck=shellcheck
    )
    assert problems == ()
    return page


def linted(source: Source, project: Project, *names: str) -> list[Finding]:
    shellcheck = find_shellcheck()
    page = read(source, project, shellcheck=shellcheck)
    ignores, problems = read_ignores(source, RULES)
    assert problems == ()
    return list(lint_page(page, set(names) or set(RULES), ignores))


def page_of(text: str) -> Source:
    return Source(path=Path("page.md"), text=text)


@pytest.mark.parametrize("path", FIRING, ids=lambda path: path.stem)
def test_a_rule_fires_where_it_should(path: Path, project: Project, matches_file: MatchesFile) -> None:
    source = Source.read(path, shown_as=Path(path.name))
    found = linted(source, replace(project, lint=TUTORIALS))
    own = [each for each in found if each.rule == path.stem]
    text = "\n\n".join(str(each) for each in sorted(own, key=lambda each: (each.line, each.column)))
    matches_file(f"{text}\n", path.with_suffix(".expected"))
    assert own


@pytest.mark.parametrize("path", FINE, ids=lambda path: path.stem)
def test_its_neighbour_is_fine(path: Path, project: Project) -> None:
    source = Source.read(path, shown_as=Path(path.name))
    rule = path.name.removesuffix(".fine.md")
    found = [each for each in linted(source, replace(project, lint=TUTORIALS)) if each.rule == rule]
    assert [str(each) for each in found] == []


@pytest.mark.parametrize("name", [*RULES, UNUSED_IGNORE])
def test_every_rule_has_both_cases(name: str) -> None:
    assert (CASES / f"{name}.md").is_file()
    assert (CASES / f"{name}.fine.md").is_file()


def test_the_front_matter_ignores_a_rule_for_the_page(project: Project) -> None:
    page = "---\ndocwalk:\n  lint: {ignore: [sudo]}\n---\n# Page\n\n```bash\nsudo rm -rf ~\n```\n"
    found = linted(page_of(page), project, "sudo", "destructive-command")
    assert [each.rule for each in found] == ["destructive-command"]


def test_the_project_ignores_a_rule_for_some_pages(project: Project) -> None:
    settings = LintSettings(per_file_ignores=(("pages/**", ("sudo",)), ("other.md", ("shellcheck",))))
    source = Source(path=Path("pages/admin/page.md"), text="# Page\n\n```bash\nsudo ls\n```\n")
    assert linted(source, replace(project, lint=settings), "sudo") == []
    elsewhere = Source(path=Path("page.md"), text=source.text)
    assert [each.rule for each in linted(elsewhere, replace(project, lint=settings), "sudo")] == ["sudo"]


def test_a_comment_with_an_unknown_rule_is_a_source_error() -> None:
    source = page_of("<!-- docwalk-lint: ignore sudoo: admins -->\n\n<!-- docwalk-lint: off -->\n")
    _, problems = read_ignores(source, RULES)
    assert [str(problem) for problem in problems] == [
        (
            "page.md:1:27: error[bad-value]: `sudoo` is no rule of the linter\n"
            "    1 | <!-- docwalk-lint: ignore sudoo: admins -->\n"
            "      |                           ^^^^^\n"
            "hint: did you mean `sudo`?"
        ),
        (
            "page.md:3:20: error[bad-value]: `off` is nothing that the linter can be told\n"
            "    3 | <!-- docwalk-lint: off -->\n"
            "      |                    ^^^\n"
            "hint: write `ignore RULE: reason`"
        ),
    ]


def test_the_share_of_a_recorded_page_counts_printed_lines(project: Project) -> None:
    source = page_of("# Page\n\n```console\n$ seq 3\n1\n...\n$ date\n[[date]]\n```\n")
    written = read(source, project)
    result = result_of(written.walks[0], [Printed(lines=("1", "2", "3")), Printed(lines=("2026-11-22",))])
    record = make_record(written.walks[0], result)
    page = replace(written, records={written.walks[0].name: record})
    share = page_share(page)
    assert (share.literal, share.partial, share.lines, share.is_recorded) == (1, 1, 4, True)
    share = page_share(written)
    assert (share.literal, share.partial, share.lines, share.is_recorded) == (1, 1, 3, False)


def test_the_share_does_not_trust_the_record_of_another_version_of_the_page(project: Project) -> None:
    source = page_of("# Page\n\n```console\n$ seq 2\n1\n2\n```\n")
    written = read(source, project)
    result = result_of(written.walks[0], [Printed(lines=("1", "2"))])
    record = replace(make_record(written.walks[0], result), walk_digest="sha256:other")
    share = page_share(replace(written, records={written.walks[0].name: record}))
    assert (share.literal, share.lines, share.is_recorded) == (2, 2, False)


def test_a_page_without_output_has_nothing_to_compare(project: Project) -> None:
    assert page_share(read(page_of("# Page\n\n```bash\nls\n```\n"), project)).percent == 100


def test_shellcheck_of_less_grave_findings_is_asked_for(project: Project) -> None:
    source = page_of("# Page\n\n- List:\n\n  ```bash\n  cd\n  ls $1/x\n  ```\n")
    assert linted(source, project, "shellcheck") == []
    strict = replace(project, lint=LintSettings(shellcheck_severity="info"))
    (found,) = linted(source, strict, "shellcheck")
    assert (found.line, found.column, found.width, found.message[:7]) == (7, 6, 2, "SC2086:")


def test_without_shellcheck_its_rule_finds_nothing(project: Project) -> None:
    page = read(page_of("# Page\n\n```bash\nfor f in $(ls); do echo; done\n```\n"), project)
    assert list(RULES["shellcheck"].check(page)) == []


def test_words_of_commands_are_found_in_pipes_and_substitutions() -> None:
    text = 'A=b sudo -n "/usr/bin/rm" ü\'x\' | tee "$(module load a)" > ~/.log'
    calls = list(simple_commands(text))
    assert [[word.text for word in call.words] for call in calls] == [
        ["sudo", "-n", "/usr/bin/rm", "üx"],
        ["tee", "$(module load a)"],
        ["module", "load", "a"],
    ]
    assert [call.piped_from for call in calls] == ["", "sudo", ""]
    assert calls[0].unwrapped.name == "rm"
    assert text[calls[0].words[3].start : calls[0].words[3].end] == "ü'x'"
    assert [(each.operator, each.target.text) for each in redirects(text)] == [(">", "~/.log")]


@pytest.mark.parametrize(("text", "expected"), [("echo 'a@b'", True), ("echo a@b", False), ("ls # @", True)])
def test_what_is_quoted(text: str, *, expected: bool) -> None:
    assert is_quoted(text, text.index("@")) is expected


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one page, an environment that is not built, and rules of its own."""
    (tmp_path / "environments" / "login").mkdir(parents=True)
    (tmp_path / "environments" / "login" / "environment.toml").write_text(
        'title = "Login"\ndescription = "A node."\n\n[base]\nsuite = "bookworm"\npackages = ["bash"]\n\n'
        '[expected]\nmodules = ["python/3.11"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.docwalk]\ntutorials = ["pages"]\nenvironments = "environments"\n\n'
        '[tool.docwalk.lint]\nignore = ["hides-output"]\n'
    )
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "one.md").write_text("# One\n\n```console\n$ module load python/3.12\n...\n```\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCWALK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return tmp_path


@pytest.mark.usefixtures("site")
def test_findings_end_with_status_1_and_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["lint", "--ignore", "assertion-share"]) == 1
    captured = capsys.readouterr()
    assert captured.out == (
        "pages/one.md:4:15: warning[unknown-module]: environment `login` has no module `python/3.12`\n"
        "    4 | $ module load python/3.12\n"
        "      |               ^^^^^^^^^^^\n"
        "hint: did you mean `python/3.11`?\n\n"
    )
    assert captured.err == "1 finding on 1 page\n"


@pytest.mark.usefixtures("site")
def test_only_what_is_selected_is_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["lint", "pages/one.md", "--select", "sudo,secret", "--shares"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "pages/one.md    0 %  0 of 1 lines (as written)\n"
    assert captured.err == "nothing found on 1 page\n"


@pytest.mark.usefixtures("site")
def test_findings_as_annotations_of_a_forge(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["lint", "--select", "unknown-module", "--format", "github"]) == 1
    assert capsys.readouterr().out == (
        "::warning file=pages/one.md,line=4,title=unknown-module::environment `login` has no module "
        "`python/3.12`%0Adid you mean `python/3.11`?\n"
    )


@pytest.mark.usefixtures("site")
def test_findings_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["lint", "--select", "unknown-module", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    (finding,) = report["findings"]
    assert (report["schema"], finding["rule"], finding["line"], finding["column"]) == (
        1,
        "unknown-module",
        4,
        15,
    )
    assert report["shares"] == [
        {"path": "pages/one.md", "literal": 0, "partial": 0, "lines": 1, "recorded": False}
    ]


def test_source_errors_end_with_status_2(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "pages" / "two.md").write_text(
        "---\ndocwalk:\n  lint: {ignore: [sudo-x]}\n---\n\n```bash\n'\n```\n"
    )
    (site / "pages" / "three.md").write_text("---\ndocwalk:\n  lint: off\n---\n")
    assert call(["lint"]) == 2
    assert [line for line in capsys.readouterr().err.splitlines() if ": error[" in line] == [
        "pages/three.md:3:9: error[bad-value]: lint: all it has is `ignore`",
        "pages/two.md:3:18: error[bad-value]: `sudo-x` is no rule of the linter",
        "pages/two.md:7:1: error[incomplete-command]: `'` is not complete where its block ends",
    ]


def test_an_unknown_rule_in_the_configuration_is_a_source_error(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "pyproject.toml").write_text(
        '[tool.docwalk]\nenvironments = "environments"\n[tool.docwalk.lint]\n'
        'ignore = ["sudo-y"]\nper-file-ignores = {a = ["b"]}\n'
    )
    assert call(["lint", "pages/one.md"]) == 2
    assert [line for line in capsys.readouterr().err.splitlines() if ": error[" in line] == [
        "pyproject.toml:4:1: error[bad-configuration]: `sudo-y` is no rule of the linter",
        "pyproject.toml:5:1: error[bad-configuration]: `b` is no rule of the linter",
    ]


@pytest.mark.usefixtures("site")
def test_an_unknown_rule_on_the_command_line_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["lint", "--select", "sudo-y"]) == 2
    assert "`sudo-y` is no rule; did you mean `sudo`?" in capsys.readouterr().err


def test_every_mistake_in_the_settings_is_shown(site: Path) -> None:
    (site / "pyproject.toml").write_text(
        "[tool.docwalk.lint]\nselect = 1\nmin-assertion-share = 101\nper-file-ignores = []\n"
        'shellcheck-severity = "warnings"\nignores = []\n'
    )
    with pytest.raises(SourceError) as caught:
        load_project(site)
    assert [f"{problem.message}; {problem.hint}" for problem in caught.value.problems] == [
        "`select` must be a list of text, found `1`; None",
        "`min-assertion-share` must be a percentage from 0 to 100, found `101`; None",
        '`per-file-ignores` must be a table, found `[]`; write `"pages/*.md" = ["RULE"]`',
        "`warnings` is no severity; did you mean `warning`?",
        "`ignores` is no key of `[tool.docwalk.lint]`; did you mean `ignore`?",
    ]


FRAGMENTS = (
    *(
        "```bash\n",
        "```console\n",
        "```{file} x\n",
        "```\n",
        "~~~\n",
        ":::{note}\n",
        ":::\n",
        "`````{tabs}\n",
    ),
    *(
        "````{group-tab} A\n",
        "````\n`````\n",
        "$ ls\n",
        "> y\n",
        "...\n",
        "[[...]]\n",
        "- ",
        "> ",
        "# H\n",
        "\n",
    ),
    *(
        "\t",
        "    ",
        "\r",
        "\0",
        "'",
        '"',
        "\\",
        "$(",
        "`",
        "|",
        "\N{EN DASH}\N{NO-BREAK SPACE}",
        "#!/bin/sh\n",
    ),
    *("rm -rf ~\n", "sudo ls | sh > ~/.bashrc\n", "[a@b c]$ pwd\n", "module load x\n", "TOKEN=abcdefgh12\n"),
    *(
        "<!-- docwalk-lint: ignore sudo -->\n",
        "---\n",
        "!!! note\n",
        '=== "A"\n',
        "{: .output}\n",
        "C:\\> x\n",
    ),
)


@given(text=st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_every_finding_of_any_page_lies_in_it(text: str, project: Project) -> None:
    source = page_of(text)
    page, _ = read_lint_page(source, project, modules=modules, records=no_record, shellcheck=None)
    ignores, _ = read_ignores(source, RULES)
    for found in lint_page(page, set(RULES), ignores):
        assert 1 <= found.line <= len(source.line_starts)
        assert found.text == source.line_text(found.line) or found.rule == "secret"
        assert str(found).startswith(f"page.md:{found.line}:{found.column}: warning[{found.rule}]: ")


@pytest.mark.usefixtures("site")
def test_without_shellcheck_the_rule_is_left_out_aloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert call(["lint", "--select", "shellcheck"]) == 0
    assert capsys.readouterr().err == (
        "the rule `shellcheck` was left out: ShellCheck is not installed: pip install 'docwalk[lint]'\n"
        "nothing found on 1 page\n"
    )


def test_a_page_that_is_no_utf_8_is_a_source_error(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "pages" / "one.md").write_bytes(b"# One\n\xff\n")
    assert call(["lint"]) == 2
    assert "pages/one.md:2:1: error[not-utf8]: byte 6 is no UTF-8" in capsys.readouterr().err


def test_a_record_that_cannot_be_read_counts_as_none(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = load_project(site)
    source = Source(path=Path("pages/one.md"), text=(site / "pages" / "one.md").read_text())
    (walk,) = read(source, project).walks
    path = record_path(walk.name, project.records_dir)
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    assert call(["lint", "--select", "secret", "--shares"]) == 0
    assert capsys.readouterr().out == "pages/one.md    0 %  0 of 1 lines (as written)\n"


def test_a_kept_record_gives_the_lines_that_were_printed(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = load_project(site)
    _, plan = load_plan([site / "pages" / "one.md"], project)
    result = result_of(plan.walks[0], [Printed(lines=("Loading", "python/3.12"))])
    save_record(make_record(plan.walks[0], result), project.records_dir)
    assert call(["lint", "--select", "secret", "--shares"]) == 0
    assert capsys.readouterr().out == "pages/one.md    0 %  0 of 2 lines (as recorded)\n"
