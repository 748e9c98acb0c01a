"""Shells and REPLs without marks, by their declared prompt: entered, used and left as readers write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.results import WalkResult

    Walk = Callable[..., WalkResult]
    Shown = Callable[[WalkResult], list[tuple[str, str]]]

pytestmark = pytest.mark.container

PASSED = ("passed", "")

PYTHON = """\
# Python

```console
$ python3 -q
```

```{console}
:prompt: ">>>"

>>> 6 * 7
42
>>> for i in range(2):
...     print(i)
...
0
1
>>> exit()
```

```console
$ echo back
back
$ sh -c 'exit 3'
[exit 3]
```
"""


def test_a_repl_is_entered_used_and_left(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(PYTHON)
    assert shown(result) == [PASSED] * 6
    assert [step.exit_status for step in result.steps] == [None, None, None, 0, 0, 3]


def test_another_output_in_a_repl_is_a_mismatch(walk_page: Walk, shown: Shown) -> None:
    outcomes = [outcome for outcome, _ in shown(walk_page(PYTHON.replace("42", "43")))]
    assert outcomes == ["passed", "mismatch", "not-run", "not-run", "not-run", "not-run"]


def test_a_repl_that_nobody_declared_is_lost_at_once(walk_page: Walk, shown: Shown) -> None:
    result = walk_page("# T\n\n```console\n$ python3 -q\n$ echo back\nback\n```\n")
    assert shown(result)[0] == (
        "shell-lost",
        "the shell's marks are lost: `python3 -q` left `python3 -q` at `>>>`",
    )
    assert result.steps[0].elapsed_s < 15


IPYTHON = """\
# IPython

```{console}
:timeout: 3m

$ module load python/3.11
$ pip install -q --user --no-warn-script-location ipython==9.6.0
$ ~/.local/bin/ipython --simple-prompt --no-banner

```

```{console}
:prompt: "In [[[int]]]:"

In [1]: 6 * 7
Out[1]: 42

In [2]: print("hello")
hello

In [3]: exit()
```

```console
$ echo back
back
```
"""


@pytest.mark.parametrize(
    ("truth", "lie", "failing"), [("", "", None), ("Out[1]: 42", "Out[1]: 43", 3), ("hello\n", "hallo\n", 4)]
)
def test_a_prompt_that_counts_is_followed(
    walk_page: Walk, shown: Shown, truth: str, lie: str, failing: int | None
) -> None:
    outcomes = [outcome for outcome, _ in shown(walk_page(IPYTHON.replace(truth, lie, 1)))]
    expected = ["passed"] * 7 if failing is None else ["passed"] * failing + ["mismatch"]
    assert outcomes[: len(expected)] == expected


def test_a_repl_that_is_not_left_takes_no_command_of_the_shell(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(PYTHON.replace(">>> exit()\n", ""))
    assert shown(result)[3] == (
        "shell-lost",
        "`>>>` is no prompt of a shell with marks: leave it, or declare its `prompt`",
    )


def test_a_block_that_is_not_closed_waits_for_input(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(PYTHON.replace("...\n", ""))
    assert shown(result)[2] == ("waits-for-input", "waits for input: ... (`python3 -q` reads the terminal)")


@pytest.mark.parametrize(
    ("enter", "prompt", "transcript"),
    [
        ("sh", "$", "$ for i in 1 2; do\n> echo $i\n> done\n1\n2\n$ false\n$ exit\n[exit 1]\n"),
        ("bash --norc", "bash-5.2$", "bash-5.2$ echo hi\nhi\nbash-5.2$ exit\nexit\n"),
        (
            "sqlite3 -batch -interactive",
            "sqlite>",
            "sqlite> create table t (a);\nsqlite> insert into t values (1), (2);\nsqlite> .quit\n",
        ),
    ],
)
def test_shells_without_marks(
    walk_page: Walk, shown: Shown, enter: str, prompt: str, transcript: str
) -> None:
    entering = f"```{{console}}\n:match: contains\n\n$ {enter}\n```\n"
    within = f"```{{console}}\n:prompt: '{prompt}'\n\n{transcript}```\n"
    page = f"{entering}\n{within}\n```console\n$ echo back\nback\n```\n"
    outcomes = shown(walk_page(page))
    assert outcomes == [PASSED] * len(outcomes)
    assert len(outcomes) > 3


def test_a_status_that_nobody_can_know_cannot_be_stated(walk_page: Walk, shown: Shown) -> None:
    result = walk_page(PYTHON.replace("42\n", "42\n[exit 1]\n"))
    assert shown(result)[1] == ("wrong-status", "the exit status is unknown, expected 1")


def test_a_prompt_may_hold_a_number(walk_page: Walk, shown: Shown) -> None:
    start = "python3 -qic 'import sys\nclass P:\n    n = 0\n    def __str__(self):\n        self.n += 1\n"
    start += '        return f"In [{self.n}]: "\nsys.ps1 = P()\'\n'
    page = (
        f"# T\n\n```bash\n{start}```\n\n```{{console}}\n:prompt: 'In [[[int]]]:'\n\n"
        "In [1]: 6 * 7\n42\nIn [2]: exit()\n```\n"
    )
    assert shown(walk_page(page)) == [PASSED] * 3
    assert [outcome for outcome, _ in shown(walk_page(page.replace("42", "43")))] == [
        "passed",
        "mismatch",
        "not-run",
    ]
