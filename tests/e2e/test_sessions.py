"""Several terminals on one page, new logins, and what readers do to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docwalk.results import StepResult, WalkResult

    Walk = Callable[..., WalkResult]
    Shown = Callable[[WalkResult], list[tuple[str, str]]]
    Text = Callable[[StepResult], str]

pytestmark = pytest.mark.container

PASSED = ("passed", "")

TWO_PEOPLE = """\
# Two people

```{console}
:sessions: alice, bob

alice$ name=alice; cd /tmp
bob$ echo "I am ${name:-bob} in $PWD"
I am bob in /home/reader
bob$ echo "hello alice" > ~/mail
alice$ cat ~/mail; echo "$name in $PWD"
hello alice
alice in /tmp
bob$ rm ~/mail
bob$ tty > ~/bob
alice$ tty | diff - ~/bob > ~/differ
[exit 1]
```

```{console}
:session: bob

$ echo "still $PWD"
still /home/reader
```
"""


def test_two_people_at_two_terminals(walk_page: Walk, shown: Shown) -> None:
    assert shown(walk_page(TWO_PEOPLE)) == [PASSED] * 8


@pytest.mark.parametrize(
    ("old", "lie", "failing"),
    [
        ("I am bob in", "I am alice in", 1),
        ("hello alice\nalice in", "hello alice\nbob in", 3),
        ("still /home/reader", "still /tmp", 7),
    ],
)
def test_two_people_of_whom_one_lies(walk_page: Walk, shown: Shown, old: str, lie: str, failing: int) -> None:
    outcomes = [outcome for outcome, _ in shown(walk_page(TWO_PEOPLE.replace(old, lie)))]
    assert outcomes == ["passed"] * failing + ["mismatch"] + ["not-run"] * (7 - failing)


def test_a_command_typed_by_the_other_person_fails(walk_page: Walk, shown: Shown) -> None:
    page = TWO_PEOPLE.replace('alice$ cat ~/mail; echo "$name', 'bob$ cat ~/mail; echo "$name')
    outcomes = [outcome for outcome, _ in shown(walk_page(page))]
    assert outcomes[3] == "mismatch"


RELOGIN = """\
```bash
mine=1
echo 'export GREETING="hello again"' >> ~/.bashrc
touch ~/kept
```

```{console}
:relogin:

$ echo "${mine:-forgotten}: $GREETING"
forgotten: hello again
$ ls ~/kept; here=1
/home/reader/kept
$ echo "$here"
1
```
"""


def test_a_new_login_reads_the_start_up_files_again(walk_page: Walk, shown: Shown) -> None:
    assert shown(walk_page(RELOGIN)) == [PASSED] * 6


def test_without_a_new_login_nothing_is_read_again(walk_page: Walk, shown: Shown) -> None:
    outcomes = shown(walk_page(RELOGIN.replace(":relogin:\n", "")))
    assert [outcome for outcome, _ in outcomes[:4]] == ["passed", "passed", "passed", "mismatch"]


def test_logging_in_after_logging_out(walk_page: Walk, shown: Shown) -> None:
    page = '```bash\nmine=1\nexit\n```\n\n```{console}\n:relogin:\n\n$ echo "${mine:-new}"\nnew\n```\n'
    assert shown(walk_page(page)) == [PASSED] * 3


def test_logging_out_ends_nested_shells_and_stopped_jobs(walk_page: Walk, shown: Shown) -> None:
    page = (
        "```{console}\n:keys: <C-z>\n\n$ cat\n^Z\n[1]+  Stopped                 cat\n[exit 148]\n```\n\n"
        "```{console}\n:relogin:\n\n$ jobs; echo $SHLVL\n1\n```\n"
    )
    assert shown(walk_page(page)) == [PASSED] * 2


FILES = """\
```console
$ echo 4711
[[job=int]]
```

```{file} ~/job-[[job]].sh
:permissions: 755

#!/bin/sh
echo "job [[job]], [[unknown]]"
```

```console
$ ~/job-4711.sh
job 4711, [[=]][[unknown]]
$ stat -c %a ~/job-4711.sh
755
```

```{file} ~/job-[[job]].sh
:mode: patch

@@ -1,2 +1,3 @@
 #!/bin/sh
-echo "job [[job]], [[unknown]]"
+# changed
+echo "other [[job]]"
```

```{file} ~/job-[[job]].sh
:mode: check

#!/bin/sh
# changed
echo "other [[job]]"
```

```console
$ ~/job-4711.sh; stat -c %a ~/job-4711.sh
other 4711
755
```
""".replace("job 4711, [[=]][[unknown]]", "[[=]]job 4711, [[unknown]]")

HUNK = (
    "`~/job-4711.sh`, line 23: hunk 1 does not fit: line 2 of the file is "
    '`echo "job 4711, [[unknown]]"`, not `echo "jab 4711, [[unknown]]"`'
)


def test_files_are_made_of_captures_changed_and_checked(walk_page: Walk, shown: Shown) -> None:
    assert shown(walk_page(FILES)) == [PASSED] * 7


@pytest.mark.parametrize(
    ("old", "lie", "details"),
    [
        ("755\n\n", "644\n\n", ["", "", "exit status 126, expected 0"]),
        ("# changed\necho", "# other\necho", [""] * 5 + ["`~/job-4711.sh` holds something else"]),
        ('-echo "job', '-echo "jab', [""] * 4 + [HUNK]),
    ],
)
def test_files_that_are_not_what_the_page_says(
    walk_page: Walk, shown: Shown, old: str, lie: str, details: list[str]
) -> None:
    outcomes = shown(walk_page(FILES.replace(old, lie)))
    assert [detail for _, detail in outcomes[: len(details)]] == details


def test_a_patch_of_no_file(walk_page: Walk, shown: Shown) -> None:
    page = "```{file} ~/no\n:mode: patch\n\n@@ -1 +1 @@\n-a\n+b\n```\n"
    assert shown(walk_page(page)) == [("mismatch", "there is no file `~/no`")]


@pytest.mark.parametrize("mode", ["create", "append", "patch"])
@pytest.mark.parametrize(
    "make", ["ln -s /etc/passwd ~/f", "mkfifo ~/f", "ln -s /dev/full ~/f", "mkdir ~/f", "ln -s f ~/f"]
)
def test_hostile_files_are_refused(walk_page: Walk, shown: Shown, make: str, mode: str) -> None:
    page = (
        f"```bash\n{make}\n```\n\n"
        f"```{{file}} ~/f\n:mode: {mode}\n:permissions: 600\n\n@@ -0,0 +1 @@\n+x\n```\n\n"
    )
    first, (outcome, detail) = shown(walk_page(page))
    assert (first, outcome) == (PASSED, "mismatch")
    assert detail.startswith("`~/f` cannot be used: ")


def test_a_file_beside_the_page_is_put_onto_the_cluster(
    walk_page: Walk, shown: Shown, tmp_path: Path
) -> None:
    (tmp_path / "tutorials").mkdir()
    (tmp_path / "tutorials" / "data.bin").write_bytes(bytes(range(256)))
    page = (
        "```{file} ~/in/data.bin\n:source: data.bin\n```\n\n"
        "```console\n$ stat -c '%s %a' ~/in/data.bin; md5sum < ~/in/data.bin\n256 644\n"
        "e2c865db4162bed963bfaa9ef6ac18f0  -\n```\n"
    )
    assert shown(walk_page(page)) == [PASSED] * 2
    (tmp_path / "tutorials" / "data.bin").write_bytes(b"other")
    assert [outcome for outcome, _ in shown(walk_page(page))] == ["passed", "mismatch"]
