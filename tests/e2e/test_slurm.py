"""The Slurm environment: a page that submits, watches, cancels and reads jobs, and lies it would not pass."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.sandbox import SandboxBackend
from docwalk.plan import TypeCommand
from docwalk.report.text import failure_lines
from docwalk.results import Outcome
from docwalk.run import AfterMismatch, run_walk
from docwalk.testing_sandbox import plan_page, require_built

if TYPE_CHECKING:
    from docwalk.backend import Backend
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.plan import Walk
    from docwalk.results import WalkResult

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
PAGE = (Path(__file__).parent / "pages" / "slurm.md").read_text("utf-8")
LIES = {
    "long         up 2-00:00:00      1   idle node1": "long         up 1-00:00:00      1   idle node1",
    "Slurmctld(primary) at node1 is UP": "Slurmctld(primary) at node1 is DOWN",
    "$ srun --quiet hostname\nnode1": "$ srun --quiet hostname\nnode2",
    "with exit code 3\n[exit 3]": "with exit code 3\n[exit 2]",
    "runs on node1 with 1 processor.": "runs on node1 with 2 processors.",
    "cat: no-such-file: No such file or directory": "cat: no-such-file: Permission denied",
    "JobState=FAILED Reason": "JobState=COMPLETED Reason",
    "reader  R       0:[[int]]": "reader  PD       0:[[int]]",
    "short* idle": "short* allocated",
    "bash on short": "bash on long",
    "No such file or directory\n[exit 2]": "No such file or directory\n[exit 1]",
    "$ exit\nexit\n$ pwd": "$ exit\nexit\n[exit 1]\n$ pwd",
    "exit\n...\n[exit 4]": "exit\n...\n[exit 3]",
    "GPU 0": "GPU 1",
    "GPU none": "GPU 0",
    "sleeper  CANCELLED": "sleeper  COMPLETED",
}
"""What is true on the page, and what is not."""
FOUND_OUT = [
    ("sinfo", "mismatch", "differs from column 17"),
    ("scontrol ping", "mismatch", "differs from column 32"),
    ("srun --quiet hostname", "mismatch", "differs from column 5"),
    ("srun --quiet bash -c 'exit 3'", "wrong-status", "exit status 3, expected 2"),
    (
        "cat hello-[[job]].out",
        "mismatch",
        "`2 processors.` was expected at column 26, found `1 processor.`",
    ),
    ("cat broken.out", "mismatch", "differs from column 20"),
    ("scontrol show job [[broken]] | grep -o 'JobState=.*'", "mismatch", "differs from column 10"),
    ("squeue", "mismatch", "`PD       0:` was expected at column 49, found `R       0:00      1 node1`"),
    ("sinfo --noheader --format '%P %t'", "mismatch", "differs from column 8"),
    ('echo "$SLURM_JOB_NAME on $SLURM_JOB_PARTITION"', "mismatch", "differs from column 9"),
    ("ls no-such-file", "wrong-status", "exit status 2, expected 1"),
    ("exit", "wrong-status", "exit status 0, expected 1"),
    ("exit 4", "wrong-status", "exit status 4, expected 3"),
    (
        "srun --quiet --gres=gpu:1 bash -c 'echo \"GPU $CUDA_VISIBLE_DEVICES\"'",
        "mismatch",
        "differs from column 5",
    ),
    (
        "srun --quiet bash -c 'echo \"GPU ${CUDA_VISIBLE_DEVICES:-none}\"'",
        "mismatch",
        "differs from column 5",
    ),
    (
        "sacct --completion --noheader --format=jobid,jobname,state | grep -E 'hello|sleeper|wrap'",
        "mismatch",
        (
            "` sleeper  COMPLETED` was expected somewhere from column 1, "
            "found `6               sleeper  CANCELLED`"
        ),
    ),
]


@pytest.fixture(scope="module")
def slurm() -> BuiltEnvironment:
    return require_built(ENVIRONMENTS / "slurm")


def walk_page(text: str, backend: Backend, slurm: BuiltEnvironment, folder: Path) -> tuple[Walk, WalkResult]:
    walk = plan_page(text, folder=folder, environments_dir=ENVIRONMENTS)
    return walk, run_walk(walk, backend=backend, environment=slurm, after_mismatch=AfterMismatch.GO_ON)


def page(*blocks: str) -> str:
    return "\n\n".join(("---\ndocwalk:\n  environment: slurm\n---\n\n# T", *blocks)) + "\n"


def test_the_page_holds_in_an_instance_of_many_ids(
    backend: Backend, slurm: BuiltEnvironment, tmp_path: Path
) -> None:
    _, result = walk_page(PAGE, backend, slurm, tmp_path)
    failed = [each for each in result.steps if each.outcome is not Outcome.PASSED]
    assert [(each.command_sent, each.detail, [line.text for line in each.lines]) for each in failed] == []
    assert (result.mode, len(result.steps)) == (f"{backend.name}/mapped", 32)
    assert result.services == ()


def test_each_lie_on_the_page_is_found_out_and_nothing_else(
    backend: Backend, slurm: BuiltEnvironment, tmp_path: Path
) -> None:
    text = PAGE
    for truth, lie in LIES.items():
        assert text.count(truth) == 1, truth
        text = text.replace(truth, lie)
    walk, result = walk_page(text, backend, slurm, tmp_path)
    found = [
        (step.action.command, each.outcome.value, re.sub(r"\b0:\d\d\b", "0:00", each.detail))
        for step, each in zip(walk.steps, result.steps, strict=True)
        if each.outcome is not Outcome.PASSED and isinstance(step.action, TypeCommand)
    ]
    assert found == FOUND_OUT
    assert [(each.name, each.ended) for each in result.services] == [
        ("munged", ""),
        ("slurmctld", ""),
        ("slurmd", ""),
    ]


def test_a_daemon_that_ends_during_a_walk_is_named(
    backend: Backend, slurm: BuiltEnvironment, tmp_path: Path
) -> None:
    services = tuple(
        replace(each, start=f"({each.start}) & sleep 1; echo gave up; exit 5")
        if each.name == "slurmd"
        else each
        for each in slurm.environment.services
    )
    dying = replace(slurm, environment=replace(slurm.environment, services=services))
    text = page("```console\n$ sleep 1.5\n$ false\n```")
    walk, result = walk_page(text, backend, dying, tmp_path)
    shown = "\n".join(line.plain for line in failure_lines(walk, result))
    assert "  service `slurmd` ended with exit status 5; the last of its log:\n  │ " in shown
    assert shown.index("service `slurmd` ended") < shown.index("service `munged` runs")


def test_a_job_is_ended_when_its_time_is_over(slurm: BuiltEnvironment, tmp_path: Path) -> None:
    # Slurm counts in minutes and looks every half minute: nothing makes this quicker.
    text = page(
        "```{console}\n:timeout: 180\n\n"
        "$ sbatch --time=1 --wait --output=slow.out --wrap 'sleep 900'\n"
        "Submitted batch job [[slow=int]]\n[exit 1]\n"
        "$ grep -o 'CANCELLED AT .* DUE TO TIME LIMIT' slow.out\nCANCELLED AT [[...]] DUE TO TIME LIMIT\n"
        "$ scontrol show job [[slow]] | grep -o 'JobState=[A-Z]*'\nJobState=COMPLETED\n```"
    )
    _, result = walk_page(text, SandboxBackend(), slurm, tmp_path)
    assert [each.outcome.value for each in result.steps] == ["passed", "passed", "mismatch"]
    assert [line.text for line in result.steps[2].lines] == ["JobState=TIMEOUT"]


def test_a_shell_in_a_job_is_seen_through_srun(
    backend: Backend, slurm: BuiltEnvironment, tmp_path: Path
) -> None:
    text = page(
        "```console\n$ srun --quiet --pty bash\n$ mkdir inside\n$ cd inside\n```",
        "```{file} note.txt\nwritten where the job's shell is\n```",
        "```console\n$ cat\n```",
    )
    _, result = walk_page(text, backend, slurm, tmp_path)
    assert [each.outcome.value for each in result.steps] == [*["passed"] * 4, "waits-for-input"]
    last = result.steps[-1]
    assert last.detail == "waits for input: (it shows no prompt) (`cat` reads the terminal)"


def test_each_srun_is_seen_through_to_its_own_job(
    backend: Backend, slurm: BuiltEnvironment, tmp_path: Path
) -> None:
    text = page(
        "```{console}\n:session: other\n$ cd /\n$ srun --quiet --pty bash\n```",
        "```{console}\n$ mkdir mine\n$ cd mine\n$ srun --quiet --pty bash\n```",
        "```{file} note.txt\nmine\n```",
        "```{console}\n:session: other\n$ cd /tmp\n```",
        "```{file} note.txt\n:session: other\ntheirs\n```",
        "```console\n$ cat ~/mine/note.txt /tmp/note.txt\nmine\ntheirs\n```",
    )
    _, result = walk_page(text, backend, slurm, tmp_path)
    assert [each.detail for each in result.steps] == [""] * 9


TWO = """\
```{console}
:users: alice, bob

alice$ umask 027
alice$ echo "for the project" > /tmp/shared
alice$ chgrp project /tmp/shared
bob$ cat /tmp/shared
for the project
alice$ srun --quiet id -un
alice
bob$ srun --quiet id -un
bob
bob$ echo mine >> /tmp/shared
-bash: /tmp/shared: Permission denied
[exit 1]
```

```{console}
:answers: {"Password: ": wonderland}

$ su alice -c 'id -un'
Password:
alice
```"""


def test_two_people_share_what_their_group_may_read(
    backend: Backend, slurm: BuiltEnvironment, tmp_path: Path
) -> None:
    _, result = walk_page(page(TWO), backend, slurm, tmp_path)
    assert [each.detail for each in result.steps] == [""] * 8


def test_what_one_person_may_not_do_for_another_is_found_out(
    backend: Backend, slurm: BuiltEnvironment, tmp_path: Path
) -> None:
    lied = TWO.replace("\nbob\nbob$", "\nalice\nbob$").replace(
        "Permission denied\n[exit 1]", "Permission denied"
    )
    _, result = walk_page(page(lied.replace(": wonderland", ": looking-glass")), backend, slurm, tmp_path)
    assert [each.detail for each in result.steps][5:] == [
        "differs from column 1",
        "exit status 1, expected 0",
        "exit status 1, expected 0",
    ]
