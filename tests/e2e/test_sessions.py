"""Several terminals on one page, new logins, and what readers do to files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.environment.definition import Users
from docwalk.environment.parts import Account
from docwalk.run import run_walk
from docwalk.testing_sandbox import plan_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.environment.store import BuiltEnvironment
    from docwalk.results import StepResult, WalkResult

    Walk = Callable[..., WalkResult]
    Shown = Callable[[WalkResult], list[tuple[str, str]]]
    Text = Callable[[StepResult], str]

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
BASH = "bash"
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


def test_two_accounts_at_two_terminals(tmp_path: Path, environment: BuiltEnvironment, shown: Shown) -> None:
    page = (
        "```{console}\n:users: alice, bob\n\n"
        "alice$ whoami; echo hello > /tmp/mail\nalice\n"
        "bob$ cat /tmp/mail; echo no > /tmp/mail\nhello\n"
        "-bash: /tmp/mail: Permission denied\n[exit 1]\nalice$ cat /tmp/mail\nhello\n```\n\n"
        "```{file} ~/mine\n:user: bob\n:permissions: 600\n\nx\n```\n\n"
        "```{console}\n:users: bob, alice\n\nbob$ stat -c '%U %a' ~/mine\nbob 600\n"
        "alice$ cat ~bob/mine\ncat: /home/bob/mine: Permission denied\n[exit 1]\n```\n"
    )
    accounts = tuple(
        Account(name=name, uid=uid, groups=(), password=None, shell=BASH)
        for name, uid in (("alice", 1001), ("bob", 1002))
    )
    definition = replace(environment.environment, users=Users.MANY, accounts=accounts)
    walk = plan_page(page, folder=tmp_path, environments_dir=ENVIRONMENTS)
    several = replace(environment, environment=definition)
    result = run_walk(walk, backend=SandboxBackend(), environment=several)
    assert shown(result) == [PASSED] * 6


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


SERVER = """\
```{file} ~/serve.sh
echo starting up
echo "ready on port 80"
trap 'echo "said good bye"; exit 3' INT
n=0
while sleep 0.05; do
  if test -e ~/request; then
    rm ~/request
    n=$((n + 1))
    echo "request $n"
  fi
done
```

```{console}
:session: server
:background:
:until: ready

$ sh ~/serve.sh; (exit 3)
starting up
ready on port 80
```

```console
$ touch ~/request; while test -e ~/request; do sleep 0.05; done; echo served
served
$ touch ~/request; while test -e ~/request; do sleep 0.05; done; echo again
again
```

```{console}
:session: server
:stop:

request 1
request 2
^Csaid good bye
[exit 3]
```

```{console}
:session: server

$ echo free
free
```
"""


def test_a_server_goes_on_until_it_is_stopped(walk_page: Walk, shown: Shown) -> None:
    assert shown(walk_page(SERVER)) == [PASSED] * 6


@pytest.mark.parametrize(
    ("old", "lie", "outcomes"),
    [
        ("\nstarting up\nready", "\nready", ["passed", "mismatch"]),
        ("\nserved\n", "\nnot served\n", ["passed"] * 2 + ["mismatch"]),
        ("request 2\n", "request 3\n", ["passed"] * 4 + ["mismatch"]),
        ("[exit 3]", "[exit 0]", ["passed"] * 4 + ["wrong-status"]),
        ("\nfree\n", "\nbusy\n", ["passed"] * 5 + ["mismatch"]),
    ],
)
def test_a_server_about_which_the_page_lies(
    walk_page: Walk, shown: Shown, old: str, lie: str, outcomes: list[str]
) -> None:
    found = [outcome for outcome, _ in shown(walk_page(SERVER.replace(old, lie)))]
    assert found[: len(outcomes)] == outcomes


def background(command: str, *, stop: str = "<C-c>", shown: str = "", until: str = "ready") -> str:
    return (
        f"```{{console}}\n:background:\n:timeout: 3\n:until: {until}\n\n$ {command}\nready\n```\n\n"
        "```{console}\n:session: other\n\n$ sleep 0.5\n```\n\n"
        f"```{{console}}\n:timeout: 3\n:stop: {stop}\n\n{shown}\n```\n"
    )


@pytest.mark.parametrize(
    ("page", "failing", "failure"),
    [
        (
            background("echo ready; (sleep 0.2; exit 4)"),
            2,
            ("step-boundary", "`echo ready; (sleep 0.2; exit 4)` had ended before with exit status 4"),
        ),
        (
            background("(exit 2)"),
            0,
            ("step-boundary", "it ended with exit status 2 before it showed `ready`"),
        ),
        (
            background("echo ready; sleep 60", until="steady"),
            0,
            ("timed-out", "`steady` was not shown; not done after 3 s: `sleep 60` sleeps"),
        ),
        (
            background("read -p 'name? ' x"),
            0,
            ("waits-for-input", "`ready` was not shown; waits for input: name? (`-bash` reads the terminal)"),
        ),
        (
            background("echo ready; exec sleep 0.2"),
            2,
            ("shell-lost", "`echo ready; exec sleep 0.2` ended the shell with exit status 0"),
        ),
        (
            background("(trap '' INT; echo ready; sleep 60)"),
            2,
            ("timed-out", "not done after 3 s: `sleep 60` sleeps"),
        ),
    ],
)
def test_a_command_that_does_not_go_on_or_end_as_it_should(
    walk_page: Walk, shown: Shown, page: str, failing: int, failure: tuple[str, str]
) -> None:
    outcomes = shown(walk_page(page))
    assert outcomes[: failing + 1] == [PASSED] * failing + [failure]


def test_a_step_that_fails_because_a_server_died_says_so(walk_page: Walk, shown: Shown) -> None:
    page = background("echo ready; sleep 0.1").replace("$ sleep 0.5", "$ sleep 0.5; false")
    _, (outcome, detail), _ = shown(walk_page(page))
    assert outcome == "wrong-status"
    assert detail == "exit status 1, expected 0; what ran in session `main` has ended"


def test_a_command_that_reads_the_terminal_may_go_on(walk_page: Walk, shown: Shown) -> None:
    page = background("echo ready; cat", stop="hello<Enter><C-d>", shown="hello\nhello")
    assert shown(walk_page(page)) == [PASSED] * 3


def test_a_command_that_never_stops_printing_does_not_wait_for_us(walk_page: Walk, shown: Shown) -> None:
    page = background(
        "echo ready; yes | head -c 1000000; echo; touch ~/done; sleep 60", shown="...\n[exit 130]"
    )
    page = page.replace("$ sleep 0.5", "$ while ! test -e ~/done; do sleep 0.1; done")
    assert shown(walk_page(page)) == [PASSED] * 3


def test_what_still_runs_at_the_end_is_hung_up(walk_page: Walk, shown: Shown) -> None:
    page = background("echo ready; sleep 60").partition("```{console}\n:timeout: 3\n:stop:")[0]
    assert shown(walk_page(page)) == [PASSED] * 2


def test_what_ended_by_itself_and_is_not_stopped_does_not_pass(walk_page: Walk, shown: Shown) -> None:
    page = background("echo ready; exit 3").partition("```{console}\n:timeout: 3\n:stop:")[0]
    detail = "it was to go on, and had ended by itself at the end of the page"
    assert shown(walk_page(page)) == [("mismatch", detail), PASSED]


def test_what_was_not_started_is_not_stopped(walk_page: Walk, shown: Shown) -> None:
    page = background("echo ready; sleep 60").replace(":background:", ":background:\n:requires: gpu", 1)
    (first, _), other, last = shown(walk_page(page))
    assert (first, other) == ("not-run", PASSED)
    assert last == ("not-run", "the command that it stops was not run")


def test_nothing_is_typed_into_a_session_whose_command_goes_on(walk_page: Walk, shown: Shown) -> None:
    page = background("echo ready; sleep 60").replace("$ sleep 0.5", "$ false")
    page += "\n```{bash}\n:teardown:\n\ntouch ~/x\n```\n"
    *_, last = shown(walk_page(page))
    assert last == ("not-run", "another command still runs in its session")


def test_what_tidies_up_may_stop_a_command(walk_page: Walk, shown: Shown) -> None:
    page = background("echo ready; sleep 60", shown="^C\n[exit 130]").replace("$ sleep 0.5", "$ false")
    outcomes = [outcome for outcome, _ in shown(walk_page(page.replace(":stop:", ":teardown:\n:stop:")))]
    assert outcomes == ["passed", "wrong-status", "passed"]


@pytest.mark.parametrize(
    ("shell", "interrupted"), [("bash", 130), ("zsh", 130), ("tcsh", 1), ("fish", 130), ("dash", 130)]
)
def test_every_shell_leaves_a_command_running_and_is_logged_into_again(
    walk_page: Walk, shown: Shown, shell: str, interrupted: int
) -> None:
    page = (
        f"---\ndocwalk:\n  shell: {shell}\n---\n"
        "```{console}\n:background:\n:until: ready\n\n$ echo ready; sleep 60\nready\n```\n\n"
        "```{console}\n:sessions: alice, bob\n\nalice$ echo hi\nhi\n"
        "bob$ cd /tmp\nalice$ pwd\n/home/reader\n```\n\n"
        f"```{{console}}\n:stop:\n\n^C\n[exit {interrupted}]\n```\n\n"
        "```console\n$ cd /tmp\n```\n\n```{console}\n:relogin:\n\n$ pwd\n/home/reader\n```\n"
    )
    assert shown(walk_page(page)) == [PASSED] * 7
    outcomes = [outcome for outcome, _ in shown(walk_page(page.replace(":relogin:\n", "")))]
    assert outcomes == ["passed"] * 6 + ["mismatch"]


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
    result = walk_page(FILES)
    assert shown(result) == [PASSED] * 7
    script = result.steps[1]
    assert script.command_sent == "~/job-4711.sh"
    assert [line.text for line in script.lines] == ["#!/bin/sh", 'echo "job 4711, [[unknown]]"']


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
