"""`docwalk run --scripts`: the scripts of walks that passed, each run in a fresh instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk.report.scripts import script_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from docwalk.plan import Walk
    from docwalk.record import Record
    from docwalk.verify import Verifier


def run_scripts(
    walks: Iterable[Walk], records: Mapping[str, Record], verifier: Verifier, console: Console
) -> None:
    """Run the scripts, and say of each how it went; one that does not pass is not published, no more.

    Args:
        walks: what was walked.
        records: by name of walk.
        verifier: runs them.
        console: where it is said.

    Raises:
        BackendError: one could not be started.
    """
    for walk in walks:
        record = records.get(walk.name)
        if record is not None and record.failing_step is None and verifier.has_script(walk):
            found = verifier.verify_script(walk, record)
            console.print(f"{walk.name}: {script_line(found)}", soft_wrap=True, highlight=False, markup=False)
