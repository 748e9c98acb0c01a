"""Scripts in fresh instances: a script as a walk of two steps, and what came of it.

Input: a script, its walk and where to run it; output: a `ScriptOutcome`. A reader starts it with its shell as
a login shell: `bash -l FILE`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from docwalk.document import FileMode
from docwalk.plan import EditFile, Step, TypeCommand
from docwalk.results import Outcome
from docwalk.run import AfterMismatch, run_walk
from docwalk.script.check import check_script
from docwalk.script.outcome import ScriptOutcome
from docwalk.source import Span

if TYPE_CHECKING:
    from docwalk.backend import Backend
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.plan import Walk
    from docwalk.script.make import Script

PATH: Final = "/tmp/page.sh"  # noqa: S108 - of a fresh instance, where nobody else is
"""Where a script is put: outside the home, whose files pages list."""

_NOWHERE: Final = Span(start=0, end=0)


def script_walk(walk: Walk, script: Script) -> Walk:
    """The walk of a reader who has downloaded the script: it is put there, and started."""
    steps = (
        _step(0, walk, EditFile(path=PATH, content=script.text(), mode=FileMode.CREATE, source_line=1)),
        _step(1, walk, TypeCommand.plain(f"{script.shell} -l {PATH}")),
    )
    # The variables of the walk's tabs are the script's own business.
    return replace(walk, steps=steps, variables=(), requires=(), not_run=(), redactions=())


def _step(index: int, walk: Walk, action: EditFile | TypeCommand) -> Step:
    return Step(
        index=index,
        block_id=f"{walk.page}#script",
        line=1,
        span=_NOWHERE,
        expected_span=_NOWHERE,
        session="main",
        user=None,
        timeout_s=walk.timeout_s,
        action=action,
    )


def run_script(
    script: Script, walk: Walk, *, backend: Backend, environment: BuiltEnvironment
) -> ScriptOutcome:
    """Run a script in a fresh instance, and hold what it printed against its page.

    Raises:
        BackendError: the machine cannot do it, or the instance died.
    """
    result = run_walk(
        script_walk(walk, script),
        backend=backend,
        environment=environment,
        after_mismatch=AfterMismatch.GO_ON,
    )
    written, ran = result.steps
    verdict = check_script(script, walk, raw=ran.raw, exit_status=ran.exit_status, path=PATH)
    detail = verdict.detail
    if written.outcome is not Outcome.PASSED:
        detail = written.detail
    elif ran.outcome not in {Outcome.PASSED, Outcome.WRONG_STATUS}:
        detail = f"{detail}; {ran.detail}" if detail else ran.detail
    return ScriptOutcome(
        walk_name=walk.name,
        script_digest=script.digest,
        environment_digest=result.environment_digest,
        mode=result.mode,
        started_at=result.started_at,
        elapsed_s=result.elapsed_s,
        detail=detail,
        status_count=verdict.status_count,
        output_count=verdict.output_count,
    )
