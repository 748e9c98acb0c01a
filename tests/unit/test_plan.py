"""Documents to walks; inputs and plans lie in tests/cases/plan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.document import parse_document
from docwalk.errors import SourceError
from docwalk.plan import EditFile, TypeCommand, load_plan, make_plan, plan_as_json
from docwalk.redaction import BUILTIN
from docwalk.source import Source
from docwalk.steps import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.config import Project
    from docwalk.plan import Walk

CASES = Path(__file__).parents[1] / "cases" / "plan"
PAGE = """# Title

```console
$ echo one
one
```
"""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.md")), ids=lambda path: path.stem)
def test_a_page_is_planned_as_its_case_says(
    path: Path, project: Project, matches_file: Callable[[str, Path], None]
) -> None:
    document = parse_document(Source.read(path, shown_as=Path(path.name)), project)
    bare = replace(project, redactions={"int": BUILTIN["int"]})
    matches_file(plan_as_json(make_plan([document], bare)), path.with_suffix(".json"))


def plan(text: str, project: Project) -> tuple[Walk, ...]:
    source = Source(path=Path("page.md"), text=text)
    return make_plan([parse_document(source, project)], project).walks


def digest(text: str, project: Project) -> str:
    return plan(text, project)[0].digest


@pytest.mark.parametrize(
    "text",
    [
        PAGE.replace("# Title", "# Another title\n\nWith prose.\n\n## And headings"),
        PAGE + "\nMore prose.\n\n```python\nprint()\n```\n",
    ],
)
def test_prose_does_not_change_a_digest(text: str, project: Project) -> None:
    assert digest(text, project) == digest(PAGE, project)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("echo one", "echo  one"),
        ("\none\n", "\ntwo\n"),
        ("\none\n", "\none\n[exit 1]\n"),
        ("```console\n", "```{console}\n:timeout: 5\n"),
        ("```console\n", "```{console}\n:match: contains\n"),
        ("```console\n", "```{console}\n:requires: gpu\n"),
        ("```console\n", "```{console}\n:skip: no\n"),
        ("# Title", "---\ndocwalk:\n  environment: lmod\n---\n"),
        ("# Title", "---\ndocwalk:\n  shell: zsh\n---\n"),
        ("# Title", "---\ndocwalk:\n  redactions: {x: y}\n---\n"),
        ("# Title", "---\ndocwalk:\n  walk-timeout: 5\n---\n"),
        ("# Title", "```bash\ntrue\n```\n"),
        ("# Title", "```{file} x\ny\n```\n"),
        ("```console\n", "```{console}\n:relogin:\n"),
        ("```console\n", "```{console}\n:session: other\n"),
        ("```console\n", "```{console}\n:background:\n:until: one\n"),
    ],
)
def test_what_is_run_changes_a_digest(old: str, new: str, project: Project) -> None:
    assert digest(PAGE.replace(old, new), project) != digest(PAGE, project)


def test_a_site_value_changes_a_digest(project: Project) -> None:
    page = PAGE.replace("echo one", "echo [[site:prefix]]")
    assert digest(page, project) != digest(page, replace(project, site_values={"prefix": "other"}))


def test_axis_values_set_up_the_whole_walk(project: Project) -> None:
    tabs = "````{tabs}\n```{group-tab} Environment Modules\nx\n```\n```{group-tab} Lmod\nx\n```\n````\n"
    shells = "````{tabs}\n```{group-tab} zsh\nx\n```\n```{group-tab} bash\nx\n```\n````\n"
    first, second = plan(PAGE + tabs + shells, project)
    assert (first.name, first.is_default) == ("page[Environment Modules,zsh]", True)
    assert (first.environment, first.shell, first.variables) == ("login", "zsh", ())
    assert (second.name, second.is_default) == ("page[Lmod,bash]", False)
    assert (second.environment, second.shell) == ("lmod", "bash")
    assert second.variables == (("LMOD_PAGER", "none"),)


def test_untabbed_blocks_are_in_every_walk(project: Project) -> None:
    tabs = "`````{tabs}\n````{tab} a\n```bash\na\n```\n````\n````{tab} b\n```bash\nb\n```\n````\n`````\n"
    commands = [
        [s.action.command for s in w.steps if isinstance(s.action, TypeCommand)]
        for w in plan(PAGE + tabs, project)
    ]
    assert commands == [["echo one", "a"], ["echo one", "b"]]


def test_a_page_without_blocks_has_no_walk(project: Project) -> None:
    assert plan("# Title\n\n```python\nprint()\n```\n", project) == ()


def test_a_skipped_block_is_shown_with_its_reason(project: Project) -> None:
    (walk,) = plan("```{bash}\n:skip: no queue here\nsbatch x\n```\n", project)
    assert walk.steps == ()
    assert [(entry.line, entry.reason) for entry in walk.not_run] == [(1, "no queue here")]


def test_a_skipped_block_is_read_all_the_same(project: Project) -> None:
    with pytest.raises(SourceError, match="incomplete-command"):
        plan("```{bash}\n:skip: no queue here\necho '\n```\n", project)


def test_a_name_captured_anew_is_used_where_it_is_captured(project: Project) -> None:
    page = "```console\n$ a [[x]]\n[[x=int]]\n$ b [[x]]\n[[x]] [[x=int]]\n```\n"
    (walk,) = plan(page, project)
    names = [step.action.captured_names for step in walk.steps if isinstance(step.action, TypeCommand)]
    assert names == [(), ("x",)]


def test_a_shell_block_in_another_shell_has_a_session_of_its_own(project: Project) -> None:
    (walk,) = plan("```bash\na\n```\n\n```zsh\nb\n```\n\n```sh\nc\n```\n", project)
    assert [step.shell for step in walk.steps] == [None, "zsh", None]


def test_a_file_holds_its_lines_and_a_final_newline(project: Project) -> None:
    (walk,) = plan("- ```{file} ~/[[site:prefix]]\n  a\n    [[site:prefix]]\n  ```\n", project)
    (step,) = walk.steps
    assert isinstance(step.action, EditFile)
    assert (step.action.path, step.action.content) == ("~/libs", "a\n  libs\n")


def test_prompts_say_in_which_session_a_command_is_typed(project: Project) -> None:
    (walk,) = plan("```{console}\n:sessions: alice, bob\n\nalice$ a\n$ b\nbob$ c\n```\n", project)
    assert [(step.session, step.user) for step in walk.steps] == [("alice", None), ("bob", None)]
    assert isinstance(walk.steps[0].action, TypeCommand)
    assert len(walk.steps[0].action.expected or ()) == 1


def test_prompts_say_who_types_a_command(project: Project) -> None:
    (walk,) = plan("```{console}\n:users: alice, root\n\nalice$ a\nroot# c\n```\n", project)
    assert [(step.session, step.user) for step in walk.steps] == [("alice", "alice"), ("root", "root")]


def test_one_logs_in_again_once_in_each_session_of_a_block(project: Project) -> None:
    two = "```{console}\n:sessions: a, b\n:relogin:\n\na$ 1\nb$ 2\na$ 3\n```\n\n"
    (walk,) = plan(two + "```{bash}\n:relogin:\n\n4\n5\n```\n", project)
    assert [step.relogin for step in walk.steps] == [True, True, False, True, False]


def test_a_file_beside_the_page_is_part_of_the_digest(project: Project, tmp_path: Path) -> None:
    here = replace(project, root=tmp_path)
    page = "```{file} ~/x\n:source: sub/x.bin\n```\n"
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.bin").write_bytes(b"\xff")
    (step,) = plan(page, here)[0].steps
    assert isinstance(step.action, EditFile)
    assert step.action.source == SourceFile(name="sub/x.bin", data=b"\xff")
    before = digest(page, here)
    (tmp_path / "sub" / "x.bin").write_bytes(b"\xfe")
    assert digest(page, here) != before


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        (("lmod",), "name one of: `lmod`"),
        ((), "define it: `login/environment.toml` in the project's folder of environments"),
    ],
)
def test_the_projects_environment_must_exist(known: tuple[str, ...], hint: str, project: Project) -> None:
    with pytest.raises(SourceError) as caught:
        plan(PAGE, replace(project, environments=known))
    assert [(p.message, p.hint) for p in caught.value.problems] == [
        ("`login`, the project's environment, is not defined", hint)
    ]


def test_pages_are_read_and_planned_together(project: Project, tmp_path: Path) -> None:
    (tmp_path / "tutorials").mkdir()
    paths = [tmp_path / "tutorials" / name for name in ("b.md", "a.md")]
    for path in paths:
        path.write_text(PAGE, encoding="utf-8")
    documents, planned = load_plan(paths, replace(project, root=tmp_path.resolve()))
    assert [document.page for document in documents] == ["tutorials/b", "tutorials/a"]
    assert [walk.name for walk in planned.walks] == ["tutorials/b", "tutorials/a"]
    assert planned.walks[0].source_path == Path("tutorials/b.md")


def test_a_page_outside_the_project_is_planned_under_its_path(project: Project, tmp_path: Path) -> None:
    path = (tmp_path / "page.md").resolve()
    path.write_text(PAGE, encoding="utf-8")
    _, planned = load_plan([path], project)
    assert planned.walks[0].source_path == path


def test_a_plan_prints_as_json_with_a_schema(project: Project) -> None:
    document = parse_document(Source(path=Path("page.md"), text=PAGE), project)
    data = json.loads(plan_as_json(make_plan([document], project)))
    assert (data["schema"], [walk["name"] for walk in data["walks"]]) == (2, ["page"])
