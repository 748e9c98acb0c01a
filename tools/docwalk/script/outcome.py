"""What is kept of a script that was run: beside the records, as JSON with a schema number, and read back.

One file for each walk, named as its record, in the folder `scripts` of the records.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from docwalk.record import RecordError, record_path, write_atomically
from docwalk.record_json import MalformedError, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA: Final = 1
"""Number of the form of the files."""
FOLDER: Final = "scripts"
"""Where they lie, below the records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptOutcome:
    """How a script did in a fresh instance of its walk's environment."""

    walk_name: str
    """Its walk."""
    script_digest: str
    """`sha256:…` of what was run, as `Script.digest`."""
    environment_digest: str
    """`sha256:…` of where."""
    mode: str
    """Backend and mode, such as `sandbox/plain`."""
    started_at: str
    """When, ISO 8601 in UTC."""
    elapsed_s: float
    """Seconds it took."""
    detail: str
    """Why it does not pass, one sentence for people; empty where it does."""
    status_count: int
    """Steps that ended as on the page."""
    output_count: int
    """Steps whose output was compared, and is as expected."""

    @property
    def passed(self) -> bool:
        """Whether it did what its page does."""
        return not self.detail

    def still_holds(self, script_digest: str, environment_digest: str, *, now: datetime, days: float) -> bool:
        """Whether it passed, is of this very script and environment, and no older than so many days."""
        age = now - datetime.fromisoformat(self.started_at)
        is_same = (self.script_digest, self.environment_digest) == (script_digest, environment_digest)
        return self.passed and is_same and age <= timedelta(days=days)


def outcome_path(walk_name: str, records_dir: Path) -> Path:
    """File of what is kept of a walk's script."""
    return records_dir / FOLDER / record_path(walk_name, records_dir).name


def save_outcome(outcome: ScriptOutcome, records_dir: Path) -> Path:
    """Write it, replacing what was kept before; the file.

    Raises:
        RecordError: the disk is full, or the folder not ours.
    """
    path = outcome_path(outcome.walk_name, records_dir)
    text = json.dumps({"schema": SCHEMA, **asdict(outcome)}, indent=1, sort_keys=True) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as error:
        message = f"what the script of `{outcome.walk_name}` did cannot be written: {error.strerror}"
        raise RecordError(message, hint=f"make room, or make {path.parent} yours to write") from error
    return path


def parse_outcome(text: str) -> ScriptOutcome:
    """What `save_outcome` wrote.

    Raises:
        MalformedError: saying what is wrong.
    """
    data = Reader.parse(text)
    schema = data.integer("schema")
    if schema != SCHEMA:
        raise MalformedError(f"its schema is {schema}, this docwalk reads {SCHEMA}")
    return ScriptOutcome(
        walk_name=data.text("walk_name"),
        script_digest=data.text("script_digest"),
        environment_digest=data.text("environment_digest"),
        mode=data.text("mode"),
        started_at=data.time("started_at"),
        elapsed_s=data.number("elapsed_s"),
        detail=data.text("detail"),
        status_count=data.integer("status_count"),
        output_count=data.integer("output_count"),
    )


def find_outcome(walk_name: str, records_dir: Path) -> ScriptOutcome | None:
    """What is kept of one walk's script; None where nothing is, or nothing that can be read."""
    try:
        return parse_outcome(outcome_path(walk_name, records_dir).read_text("utf-8"))
    except (MalformedError, OSError, UnicodeDecodeError):
        return None  # it is run again, and written anew


def load_outcomes(records_dir: Path) -> Mapping[str, ScriptOutcome]:
    """All that is kept of scripts, by the name of the walk; a folder that does not exist holds none.

    Raises:
        RecordError: naming every file that cannot be read, and why.
    """
    outcomes: dict[str, ScriptOutcome] = {}
    broken: list[str] = []
    for path in sorted((records_dir / FOLDER).glob("*.json")):
        try:
            outcome = parse_outcome(path.read_text("utf-8"))
        except (MalformedError, OSError, UnicodeDecodeError) as error:
            broken.append(f"{path}: {error}")
            continue
        outcomes[outcome.walk_name] = outcome
    if broken:
        message = "what is kept of scripts cannot be read\n" + "\n".join(broken)
        raise RecordError(message, hint="delete what is named above and run the scripts again")
    return outcomes
