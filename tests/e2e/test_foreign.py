"""Pages of others, tried in the real sandbox: the truth matches, and each lie is found at its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.cli import call
from docwalk.foreign.verdict import Verdict, judge
from docwalk.foreign.walk import read_foreign, try_foreign
from docwalk.run import AfterMismatch, run_walk
from docwalk.source import Source
from docwalk.testing_sandbox import require_built

if TYPE_CHECKING:
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.foreign.verdict import BlockVerdict
    from docwalk.plan import Walk
    from docwalk.results import WalkResult

pytestmark = pytest.mark.container
CASES = Path(__file__).parents[1] / "cases" / "foreign"


def tried(text: str, environment: BuiltEnvironment) -> tuple[BlockVerdict, ...]:
    page = read_foreign(Source(path=Path("page.md"), text=text), environment="login", shell=None)

    def run(walk: Walk) -> WalkResult:
        return run_walk(
            walk,
            backend=SandboxBackend(),
            environment=environment,
            after_mismatch=AfterMismatch.GO_ON,
        )

    return judge(*try_foreign(page, run))


def differing(verdicts: tuple[BlockVerdict, ...]) -> list[int]:
    return [each.line for verdict in verdicts for each in verdict.differences]


def words(verdicts: tuple[BlockVerdict, ...]) -> list[tuple[int, str]]:
    return [(each.block.line, each.verdict.value) for each in verdicts]


def test_a_lesson_tells_the_truth(environment: BuiltEnvironment) -> None:
    verdicts = tried((CASES / "lesson.md").read_text("utf-8"), environment)
    assert [each.verdict for each in verdicts] == [Verdict.MATCHED] * 5
    reason = "`nano` takes the whole screen, and the page does not say what to press"
    assert verdicts[-1].detail == f"could not be checked: {reason} (line 65)"


def test_lies_in_a_lesson_are_found_at_their_lines(environment: BuiltEnvironment) -> None:
    text = (CASES / "lesson.md").read_text("utf-8")
    text = text.replace("chapters/\n```", "chapter/\n```").replace("\ntwo\n", "\nthree\n")
    verdicts = tried(text, environment)
    assert differing(verdicts) == [31, 59]
    assert words(verdicts) == [
        (15, "matched"),
        (25, "differs"),
        (38, "matched"),
        (50, "differs"),
        (64, "matched"),
    ]


def test_a_page_about_modules_tells_the_truth_but_for_one_command(environment: BuiltEnvironment) -> None:
    verdicts = tried((CASES / "modules.md").read_text("utf-8"), environment)
    assert words(verdicts) == [
        (5, "not checked"),
        (9, "matched"),
        (26, "matched"),
        (35, "matched"),
        (42, "not checked"),
        (48, "not checked"),
        (54, "matched"),
        (68, "differs"),
        (76, "matched"),
        (85, "matched"),
    ]
    assert differing(verdicts) == [70]


def test_a_wrong_version_and_a_wrong_module_are_found(environment: BuiltEnvironment) -> None:
    text = (CASES / "modules.md").read_text("utf-8")
    wrong_version = tried(text.replace("Python 3.11.2", "Python 3.11.9"), environment)
    assert differing(wrong_version) == [14, 70]
    wrong_module = tried(text.replace("load python/3.11\n[", "load python/3.12\n["), environment)
    assert differing(wrong_module)[:1] == [12]


def test_a_page_about_jobs_says_what_this_environment_cannot(environment: BuiltEnvironment) -> None:
    verdicts = tried((CASES / "batch.md").read_text("utf-8"), environment)
    assert words(verdicts)[:6] == [
        (5, "differs"),
        (11, "ran"),
        (19, "matched"),
        (26, "not checked"),
        (30, "ran"),
        (35, "differs"),
    ]
    assert verdicts[0].differences[0].message == (
        "exit status 127, expected 0, and the page shows no error: sinfo: command not found"
    )
    assert verdicts[5].unchecked == 3


def test_a_lie_about_a_script_that_the_page_shows_is_found(environment: BuiltEnvironment) -> None:
    text = (CASES / "batch.md").read_text("utf-8").replace("hello from login01", "goodbye from login01")
    verdicts = tried(text, environment)
    assert [each.line for each in verdicts[2].differences] == [21]


def test_what_follows_a_command_that_waits_has_all_that_went_before_it(environment: BuiltEnvironment) -> None:
    text = "```\n$ echo kept > notes\n$ cat\n$ cat notes\nkept\n$ kill -9 $$\n$ cat notes\nlost\n```\n"
    (verdict,) = tried(text, environment)
    assert [each.line for each in verdict.differences] == [8]
    assert verdict.unchecked == 2
    assert "could not be checked: waits for input: " in verdict.detail


def test_the_command_line_tries_a_page_and_keeps_no_record(
    tmp_path: Path, environment: BuiltEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = environment.environment.folder.parent
    (tmp_path / "pyproject.toml").write_text(f'[tool.docwalk]\nenvironments = "{folder}"\n')
    page = tmp_path / "page.md"
    page.write_text("```\n$ echo hello\nhello\n```\n")
    assert call(["run", "--document", str(page)]) == 0
    assert "1 block: 1 matched" in capsys.readouterr().out
    page.write_text("```\n$ echo hello\ngoodbye\n```\n")
    assert call(["run", "--document", str(page)]) == 1
    assert ":3: differs: differs from column 1" in capsys.readouterr().out
    assert not (tmp_path / "build").exists()


JOBS = """\
# Jobs

Write `hello.sh`:

```bash
#!/bin/bash
#SBATCH --time=00:01:00
echo "hello from $SLURM_JOB_NAME"
```

```console
[alice@login01 ~]$ sbatch --wait hello.sh
Submitted batch job 4242
[alice@login01 ~]$ cat slurm-*.out
hello from hello.sh
[alice@login01 ~]$ squeue --me --noheader
[alice@login01 ~]$ scancel <jobid>
```
"""


def test_a_page_about_jobs_tells_the_truth_where_there_is_a_batch_system(
    tmp_path: Path, environment: BuiltEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = environment.environment.folder.parent
    require_built(folder / "slurm")
    (tmp_path / "pyproject.toml").write_text(f'[tool.docwalk]\nenvironments = "{folder}"\n')
    page = tmp_path / "page.md"
    page.write_text(JOBS)
    assert call(["run", "--document", str(page), "--environment", "slurm"]) == 0
    assert "2 blocks: 1 matched, 1 ran; 1 command in the others could not" in capsys.readouterr().out
    page.write_text(JOBS.replace("hello from hello.sh", "hello from node001"))
    assert call(["run", "--document", str(page), "--environment", "slurm"]) == 1
    assert ":15: differs: differs from column 12" in capsys.readouterr().out
