"""The pytest plugin, as far as it goes without a sandbox: collection, errors, exit statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import docwalk.pytest_session  # noqa: F401 - else each run of pytest below imports the engine anew

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ("pytester",)

DEFINITION = """\
title = "Login node"
description = "A login node."

[base]
suite = "bookworm"
packages = ["bash"]
"""
PAGE = """# One

```console
$ echo hello
hello
```
"""
TABS = """# Tabs

`````{tab-set}
````{tab-item} pip
```console
$ pip list
```
````
````{tab-item} uv
```console
$ uv pip list
```
````
`````
"""
SKIPPED = """# Later

```{bash}
:skip: needs a GPU
nvidia-smi
```
"""


@pytest.fixture
def site(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one environment that is not built, on a machine that cannot build it."""
    root = pytester.path
    (root / "pages").mkdir()
    (root / "environments" / "login").mkdir(parents=True)
    (root / "environments" / "login" / "environment.toml").write_text(DEFINITION)
    (root / "pyproject.toml").write_text(
        '[tool.docwalk]\ntutorials = ["pages"]\nenvironments = "environments"\n'
    )
    (root / "pages" / "one.md").write_text(PAGE)
    monkeypatch.setenv("DOCWALK_CACHE_DIR", str(root / "cache"))
    monkeypatch.setenv("PATH", str(root / "nothing"))
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")  # imports hypothesis anew each time
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return root


def test_each_walk_is_an_item_with_a_name_of_its_own(pytester: pytest.Pytester, site: Path) -> None:
    (site / "pages" / "tabs.md").write_text(TABS)
    result = pytester.runpytest("pages", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["pages/one.md::one", "pages/tabs.md::tabs?pip?", "pages/tabs.md::tabs?uv?"])


def test_walks_are_selected_by_keyword(pytester: pytest.Pytester, site: Path) -> None:
    (site / "pages" / "tabs.md").write_text(TABS)
    result = pytester.runpytest("pages", "--collect-only", "-q", "-k", "uv")
    result.stdout.fnmatch_lines(["pages/tabs.md::tabs?uv?", "", "1/3 tests collected (2 deselected) in *"])


def test_walks_are_selected_by_node_id(pytester: pytest.Pytester, site: Path) -> None:
    (site / "pages" / "tabs.md").write_text(TABS)
    result = pytester.runpytest("pages/tabs.md::tabs[uv]", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["pages/tabs.md::tabs?uv?", "", "1 test collected in *"])


@pytest.mark.usefixtures("site")
def test_walks_are_deselected_with_their_marker(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("pages", "--strict-markers", "-m", "not container")
    result.assert_outcomes(deselected=1)


def test_markdown_of_other_repositories_is_left_alone(pytester: pytest.Pytester, site: Path) -> None:
    (site / "pyproject.toml").write_text("[tool.other]\n")
    assert pytester.runpytest("pages").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_markdown_below_a_broken_pyproject_is_left_alone(pytester: pytest.Pytester, site: Path) -> None:
    (site / "pages" / "pyproject.toml").write_text("[tool")
    (site / "pyproject.toml").write_text("[tool.other]\n")
    assert pytester.runpytest().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_page_that_is_no_tutorial_is_left_alone(pytester: pytest.Pytester, site: Path) -> None:
    (site / "other.md").write_text(PAGE)
    result = pytester.runpytest("--collect-only", "-q")
    result.stdout.fnmatch_lines(["pages/one.md::one", "", "1 test collected in *"])


def test_mistakes_of_a_page_are_a_collection_error_without_traceback(
    pytester: pytest.Pytester, site: Path
) -> None:
    (site / "pages" / "one.md").write_text("```{console}\n:timout: 3\n$ ls\n```\n")
    result = pytester.runpytest("pages")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "*ERROR collecting pages/one.md*",
            "pages/one.md:2:2: error[[]unknown-option[]]: `timout` is no option of `{console}`",
            "    2 | :timout: 3",
            "      |  ^^^^^^",
            "hint: did you mean `timeout`?",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*plugin.py*")


def test_mistakes_in_the_configuration_are_a_collection_error_without_traceback(
    pytester: pytest.Pytester, site: Path
) -> None:
    (site / "pyproject.toml").write_text('[tool.docwalk]\ntutorial = ["pages"]\n')
    result = pytester.runpytest("pages")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "*ERROR collecting pages*",
            "pyproject.toml:2:1: error[[]bad-configuration[]]: `tutorial` is no key of `[[]tool.docwalk[]]`",
            "    2 | tutorial = *",
            "      | ^^^^^^^^",
            "hint: did you mean `tutorials`?",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_mistake_in_an_environment_is_said_before_anything(pytester: pytest.Pytester, site: Path) -> None:
    (site / "environments" / "login" / "environment.toml").write_text(DEFINITION + "package = 3\n")
    result = pytester.runpytest("pages")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*environment.toml:7:1: error[[]bad-environment[]]: *`package`*"])


def test_a_page_of_skipped_blocks_is_a_skip_with_the_reason(pytester: pytest.Pytester, site: Path) -> None:
    (site / "pages" / "one.md").write_text(SKIPPED)
    result = pytester.runpytest("pages", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * needs a GPU"])


@pytest.mark.usefixtures("site")
def test_a_machine_that_cannot_run_walks_is_an_error_with_a_hint_and_exit_status_3(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpytest("pages")
    assert result.ret == 3
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "pages/one.md: pages/one could not be started: the environment `login` is not built",
            "hint: docwalk env build login",
            "*= docwalk =*",
            "0 of 1 walk passed, 1 could not start, 0 steps in *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_walk_that_was_not_asked_for_needs_no_environment(pytester: pytest.Pytester, site: Path) -> None:
    (site / "pages" / "later.md").write_text(SKIPPED)
    result = pytester.runpytest("pages", "-k", "later")
    assert result.ret == 0
    result.assert_outcomes(skipped=1, deselected=1)
