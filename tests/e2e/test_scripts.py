"""Scripts of walks, run as readers run them, in fresh instances of real environments."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.config import load_project
from docwalk.plan import load_plan
from docwalk.run import run_walk
from docwalk.script.make import NoScript, Script, make_script
from docwalk.script.run import run_script
from docwalk.testing_sandbox import plan_page, require_built

if TYPE_CHECKING:
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.plan import Walk
    from docwalk.script.outcome import ScriptOutcome

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"


class Scripted(Protocol):
    """A page's default walk, walked, and its script."""

    def __call__(self, markdown: str, environment: str = ...) -> tuple[Walk, Script | NoScript]: ...


def run(walk: Walk, script: Script | NoScript) -> ScriptOutcome:
    assert isinstance(script, Script), script
    environment = require_built(ENVIRONMENTS / walk.environment)
    return run_script(script, walk, backend=SandboxBackend(), environment=environment)


@pytest.fixture
def scripted(tmp_path: Path) -> Scripted:
    def make(markdown: str, environment: str = "login") -> tuple[Walk, Script | NoScript]:
        built: BuiltEnvironment = require_built(ENVIRONMENTS / environment)
        walk = plan_page(markdown, folder=tmp_path, environments_dir=ENVIRONMENTS)
        documents, _ = load_plan([tmp_path / "tutorials" / "page.md"], load_project(tmp_path))
        result = run_walk(walk, backend=SandboxBackend(), environment=built)
        assert result.passed, [step.detail for step in result.steps]
        shell = walk.shell or built.environment.shell
        return walk, make_script(walk, result, document=documents[0], shell=shell)

    return make


ORDINARY = """# Ordinary

```console
$ python --version
-bash: python: command not found
[exit 127]
$ echo $?
127
$ module load python/3.11
$ for n in 1 2; do
>   echo "n is $n"
> done
n is 1
n is 2
$ cat <<'END'
> $HOME is not put in
> END
$HOME is not put in
$ alias greet='echo hello'
$ greet
hello
$ cd /tmp
$ printf 'no newline'
no newline
$ pwd
/tmp
```

```{file} ~/.config/my app/settings
[a]
x = $HOME `b` \\\\
```

```{file} ~/.config/my app/settings
:mode: append

END_OF_FILE
```

```{file} ~/.config/my app/settings
:mode: check

[a]
x = $HOME `b` \\\\
END_OF_FILE
```

```bash
test -n "$LOADEDMODULES"
cd && test -f ".config/my app/settings"
```
"""


def test_an_ordinary_page_is_a_script_that_does_the_same(scripted: Scripted) -> None:
    outcome = run(*scripted(ORDINARY))
    assert (outcome.detail, outcome.status_count, outcome.output_count) == ("", 15, 10)


def test_the_module_command_of_lmod_works_in_scripts(scripted: Scripted) -> None:
    page = "---\ndocwalk: {environment: lmod}\n---\n# Lmod\n\n```console\n$ module load python/3.11\n```\n"
    outcome = run(*scripted(page + "\n```bash\npython --version\n```\n", "lmod"))
    assert outcome.detail == ""


def test_zsh_pages_are_zsh_scripts(scripted: Scripted) -> None:
    page = "---\ndocwalk: {shell: zsh}\n---\n# Zsh\n\n```console\n$ nothing_there\nzsh: command not found: nothing_there\n[exit 127]\n$ echo ${(U)HOME}\n/HOME/READER\n```\n"  # noqa: E501 - one page
    walk, script = scripted(page)
    assert isinstance(script, Script)
    assert script.text().startswith("#!/bin/zsh -l\n")
    assert run(walk, script).detail == ""


CAPTURES = """# Captures

```console
$ echo "Submitted batch job $RANDOM"
Submitted batch job [[job-id=int]]
$ echo 'job [[job-id]]' > one; echo "job [[job-id]]" > two; diff one two
```

```console
$ cd /tmp && echo "now in $PWD at $RANDOM"
now in [[folder=path]] at [[number=int]]
$ test [[folder]] = "$PWD" -a [[number]] -ge 0
```

```{file} ~/job
job [[job-id]]
$HOME
```

```console
$ grep -v HOME ~/job | diff - ~/one
```
"""


def test_a_script_takes_captures_from_what_its_own_commands_print(scripted: Scripted) -> None:
    walk, script = scripted(CAPTURES)
    assert isinstance(script, Script)
    assert script.values == ()
    assert "echo 'job '\"${my_job_id}\"'' > one" in script.text()
    assert run(walk, script).detail == ""


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ("cd /tmp", "cd /nowhere", "line 22: status 1, on the page 0"),
        ("hello", "goodbye", "line 20: in a script it prints something else: differs from column 1"),
        ("$HOME is", "HOME is", "line 15: in a script it prints something else: differs from column 1"),
        ("test -n", "test -z", "line 49: status 1, on the page 0"),
        ("cat >>", "cat >", "line 40: status 1, on the page 0"),
        ("END_OF_FILE_", "OTHER", "line 34: the script ends with status 0"),
    ],
)
def test_a_script_that_does_something_else_does_not_pass(
    scripted: Scripted, old: str, new: str, detail: str
) -> None:
    walk, script = scripted(ORDINARY)
    assert isinstance(script, Script)
    changed = tuple(
        replace(part, code=part.code.replace(old, new, 1)) if old in part.code else part
        for part in script.parts
    )
    assert changed != script.parts
    outcome = run(walk, replace(script, parts=changed))
    assert outcome.detail.startswith(detail), outcome.detail
    assert not outcome.passed


HISTORY = """# History

```console
$ echo one
one
$ echo !!
echo echo one
echo one
```
"""


REASONS = {
    "answers": ("{console}\n:answers: {'ok? ': 'y'}\n", "read -p 'ok? '\nok? y", "line 6 answers a question"),
    "nested": ("console\n", "bash\n$ exit\nexit", "line 4 starts a shell within the shell"),
    "window": ("console\n", "true\n```\n\n```{console}\n:session: other\n\n$ true",
               "line 10 is typed in another terminal window, “other”"),
    "again": ("console\n", "cd\n```\n\n```{console}\n:relogin:\n\n$ true", "line 10 comes after a new login"),
    "keys": ("{console}\n:keys: q\n", "seq 200 | less\n...", "line 6 presses keys"),
    "quoted": ("console\n", "echo 7\n[[n=int]]\n$ cat <<'END'\n> [[n]]\n> END\n7",
               "line 6 has `[[n]]` where bash puts no variable in"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REASONS))
def test_what_cannot_be_a_script_says_why(scripted: Scripted, name: str) -> None:
    fence, commands, reason = REASONS[name]
    blank = "\n" if ":" in fence else ""
    _, script = scripted(f"# Page\n\n```{fence}{blank}$ {commands}\n```\n")
    assert script == NoScript(reason=reason)


def test_readers_of_fish_get_no_script(scripted: Scripted) -> None:
    _, script = scripted("---\ndocwalk: {shell: fish}\n---\n# Fish\n\n```console\n$ true\n```\n")
    assert script == NoScript(reason="this walk is typed in fish, and scripts are made for bash and zsh")


def test_what_only_an_interactive_shell_does_is_found_out(scripted: Scripted) -> None:
    walk, script = scripted(HISTORY)
    outcome = run(walk, script)
    assert outcome.detail.startswith("line 6: in a script it prints something else: ")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a page that has a script, one that has none, and one whose script does not pass."""
    require_built(ENVIRONMENTS / "login")
    (tmp_path / "pages").mkdir()
    table = f'[tool.docwalk]\ntutorials = ["pages"]\nenvironments = "{ENVIRONMENTS}"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    (tmp_path / "pages" / "good.md").write_text("# Good\n\n```console\n$ echo one\none\n```\n")
    (tmp_path / "pages" / "history.md").write_text(HISTORY)
    (tmp_path / "pages" / "nested.md").write_text("# Nested\n\n```console\n$ bash\n```\n")
    return tmp_path


def test_scripts_are_run_when_they_are_asked_for(project: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "docwalk", "run", "--scripts"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = ran.stdout.splitlines()
    assert "pages/good: its script passed: 1 statuses, 1 outputs compared" in lines
    assert "pages/nested: no script: line 4 starts a shell within the shell" in lines
    wrong = "pages/history: its script does not pass, and is not published: line 6: in a script it prints"
    assert any(line.startswith(wrong) for line in lines)


def test_pytest_runs_a_script_once_until_it_changes(project: Path) -> None:
    options = ("-q", "--docwalk-scripts", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "pages/good.md", *options]
    kept = project / "build" / "records" / "scripts"

    def times() -> list[int]:
        ran = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "its script passed: 1 statuses, 1 outputs compared" in ran.stdout
        return [path.stat().st_mtime_ns for path in kept.glob("*.json")]

    first = times()
    assert len(first) == 1
    assert times() == first
    page = project / "pages" / "good.md"
    page.write_text(page.read_text().replace("one", "two"))
    assert times() != first
