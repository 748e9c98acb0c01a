"""Results → records: what is kept of one walk, as JSON with a schema number, and read back.

One file per walk below the records folder, written atomically, so that walks run in parallel never meet in
one. Raw terminal bytes lie in a local file beside it, `*.raw`, which is not published. Whether a record still
holds is decided in `status.py`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from docwalk import __version__
from docwalk.document import FileMode, TabChoice
from docwalk.errors import BackendError
from docwalk.expectation import Elision
from docwalk.options import MatchMode
from docwalk.plan import EditFile, TypeCommand
from docwalk.plan_json import digest
from docwalk.record_json import MalformedError, Reader, result_from_json, result_to_json
from docwalk.results import Outcome, StepResult, WalkResult
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.plan import Action, Step, Walk

SCHEMA: Final = 2
"""Number of the form of the files; another number is refused, never guessed at."""
SUFFIX: Final = ".json"
"""Ending of record files."""
RAW_SUFFIX: Final = ".raw"
"""Ending of the local files with raw terminal bytes."""

_NOT_FAILING = (Outcome.PASSED, Outcome.NOT_RUN)


class RecordError(BackendError):
    """Record files that cannot be read, all of them named; or one that cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStep:
    """What the plan said of one step, beside its result."""

    block_id: str
    """The block it came from."""
    line: int
    """Source line, from 1, when it was recorded."""
    span: Span
    """The command in the source, when it was recorded."""
    session: str
    """The session it was typed in."""
    expectation_digest: str
    """`sha256:…` of the expected lines, the way of matching and the expected status."""
    is_compared: bool
    """Whether output or content was compared; else only the status counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is kept of one walk."""

    schema: int
    """Number of the form of the file."""
    docwalk_version: str
    """What wrote it."""
    walk_name: str
    """As `plan.Walk.name`."""
    page: str
    """As `plan.Walk.page`."""
    source_path: str
    """The page's file, as messages name it."""
    walk_digest: str
    """As `plan.Walk.digest`, when it was recorded."""
    choices: tuple[TabChoice, ...]
    """One value for each axis of the page."""
    environment: str
    """Name of the environment."""
    shell: str | None
    """Shell of the reader; None is the environment's default."""
    is_default: bool
    """Whether it was the page's default walk."""
    used_network: bool
    """Whether the walk could reach the network, so that it goes stale sooner."""
    steps: tuple[RecordedStep, ...]
    """One for each step of the plan, in its order."""
    result: WalkResult
    """What happened; read from a file, `raw` is empty."""

    @property
    def failing_step(self) -> StepResult | None:
        """The first step that failed, None where none did."""
        return failing_step(self.result)


def failing_step(result: WalkResult) -> StepResult | None:
    """The first step that failed; a step that was not run did not fail."""
    return next((step for step in result.steps if step.outcome not in _NOT_FAILING), None)


def make_record(walk: Walk, result: WalkResult, *, used_network: bool = True) -> Record:
    """The record of one run of `walk`, whether it passed or not.

    Args:
        walk: what was planned.
        result: what happened.
        used_network: whether the environment's network policy let the walk out.
    """
    return Record(
        schema=SCHEMA,
        docwalk_version=__version__,
        walk_name=walk.name,
        page=walk.page,
        source_path=walk.source_path.as_posix(),
        walk_digest=walk.digest,
        choices=walk.choices,
        environment=walk.environment,
        shell=walk.shell,
        is_default=walk.is_default,
        used_network=used_network,
        steps=tuple(recorded_step(step) for step in walk.steps),
        result=result,
    )


def recorded_step(step: Step) -> RecordedStep:
    """What a record keeps of the plan, for one step."""
    claimed = hashlib.sha256("\0".join(_claims(step.action)).encode()).hexdigest()
    return RecordedStep(
        block_id=step.block_id,
        line=step.line,
        span=step.span,
        session=step.session,
        expectation_digest=f"sha256:{claimed}",
        is_compared=_is_compared(step.action),
    )


def _claims(action: Action) -> tuple[str, ...]:
    """What the page says a step does, as texts."""
    match action:
        case TypeCommand():
            lines = ["anything"] if action.expected is None else [str(line) for line in action.expected]
            return (*lines, action.match.value, str(action.exit_status))
        case EditFile():
            given = digest(action.source)
            return (action.path, action.mode.value, action.content, str(action.permissions), given)
        case _ as unreachable:
            assert_never(unreachable)


def _is_compared(action: Action) -> bool:
    """Whether anything that was printed could have been wrong."""
    match action:
        case TypeCommand():
            if not action.expected:
                # To print nothing is a claim too, unless the mode lets other lines pass.
                return action.expected is not None and action.match is not MatchMode.CONTAINS
            return not all(isinstance(line, Elision) for line in action.expected)
        case EditFile():
            return action.mode is FileMode.CHECK
        case _ as unreachable:
            assert_never(unreachable)


def record_path(walk_name: str, records_dir: Path) -> Path:
    """File of a walk's record: a readable name, made unique by a digest of the walk's name."""
    readable = re.sub(r"[^\w.=,\[\]-]+", "-", walk_name).strip("-.")[:120]
    return records_dir / f"{readable}-{hashlib.sha256(walk_name.encode()).hexdigest()[:8]}{SUFFIX}"


def save_record(record: Record, records_dir: Path, *, raw: bool = True) -> Path:
    """Write a record in one step, replacing the walk's former one.

    Args:
        record: what to write.
        records_dir: folder, made if missing.
        raw: whether the raw terminal bytes are written beside it.

    Returns:
        The record's file.

    Raises:
        RecordError: the disk is full, or the folder not ours.
    """
    path = record_path(record.walk_name, records_dir)
    try:
        records_dir.mkdir(parents=True, exist_ok=True)
        if raw:
            pieces = [base64.b64encode(step.raw).decode() for step in record.result.steps]
            write_atomically(path.with_suffix(RAW_SUFFIX), (json.dumps(pieces, indent=0) + "\n").encode())
        write_atomically(path, dump_record(record).encode())
    except OSError as error:
        message = f"the record of `{record.walk_name}` cannot be written: {error.strerror}"
        raise RecordError(message, hint=f"make room, or make {records_dir} yours to write") from error
    return path


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Replace a file's content in one step: readers see the old or the new, also after a crash.

    Args:
        path: the file.
        content: its new content.
        mode: permission bits; None gives a new file what the umask leaves.
    """
    if mode is None:
        umask = os.umask(0)
        os.umask(umask)
        mode = 0o666 & ~umask
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def dump_record(record: Record) -> str:
    """The record as JSON text, keys sorted, final newline."""
    data = {
        "schema": record.schema,
        "docwalk_version": record.docwalk_version,
        "walk": {
            "name": record.walk_name,
            "page": record.page,
            "source_path": record.source_path,
            "digest": record.walk_digest,
            "choices": [{"group": choice.group, "label": choice.label} for choice in record.choices],
            "environment": record.environment,
            "shell": record.shell,
            "is_default": record.is_default,
            "used_network": record.used_network,
            "steps": [
                {
                    "block_id": step.block_id,
                    "line": step.line,
                    "span": [step.span.start, step.span.end],
                    "session": step.session,
                    "expectation_digest": step.expectation_digest,
                    "is_compared": step.is_compared,
                }
                for step in record.steps
            ],
        },
        "result": result_to_json(record.result),
    }
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def parse_record(text: str) -> Record:
    """The record that `dump_record` wrote, without raw bytes.

    Raises:
        MalformedError: saying what is wrong, and where in the JSON.
    """
    data = Reader.parse(text)
    schema = data.integer("schema")
    if schema != SCHEMA:
        raise MalformedError(f"its schema is {schema}, this docwalk ({__version__}) reads {SCHEMA}")
    walk = data.table("walk")
    steps = tuple(_step_from_json(step) for step in walk.tables("steps"))
    result = result_from_json(data.table("result"))
    if len(steps) != len(result.steps):
        raise MalformedError(f"`walk.steps` has {len(steps)} entries, `result.steps` {len(result.steps)}")
    return Record(
        schema=schema,
        docwalk_version=data.text("docwalk_version"),
        walk_name=walk.text("name"),
        page=walk.text("page"),
        source_path=walk.text("source_path"),
        walk_digest=walk.text("digest"),
        choices=tuple(
            TabChoice(group=choice.text("group"), label=choice.text("label"))
            for choice in walk.tables("choices")
        ),
        environment=walk.text("environment"),
        shell=walk.optional_text("shell"),
        is_default=walk.flag("is_default"),
        used_network=walk.flag("used_network"),
        steps=steps,
        result=result,
    )


def _step_from_json(step: Reader) -> RecordedStep:
    start, end = step.integers("span", count=2)
    return RecordedStep(
        block_id=step.text("block_id"),
        line=step.integer("line"),
        span=Span(start=start, end=end),
        session=step.text("session"),
        expectation_digest=step.text("expectation_digest"),
        is_compared=step.flag("is_compared"),
    )


def load_records(records_dir: Path) -> Mapping[str, Record]:
    """Every record of a folder by the name of its walk; a folder that does not exist holds none.

    Raises:
        RecordError: naming every file that cannot be read, and why.
    """
    records: dict[str, Record] = {}
    broken: list[str] = []
    for path in sorted(records_dir.glob(f"*{SUFFIX}")):
        try:
            record = parse_record(path.read_text("utf-8"))
        except (MalformedError, OSError, UnicodeDecodeError) as error:
            broken.append(f"{path}: {error}")
            continue
        if path.name != record_path(record.walk_name, records_dir).name:
            broken.append(f"{path}: it is named otherwise than its walk `{record.walk_name}` asks for")
        records[record.walk_name] = record
    if broken:
        plural = "s" if len(broken) > 1 else ""
        message = f"{len(broken)} record{plural} cannot be read\n" + "\n".join(broken)
        raise RecordError(message, hint="delete what is named above and run the walks again")
    return records


def load_raw(record: Record, records_dir: Path) -> Record:
    """The record with the raw terminal bytes that lie beside it.

    Raises:
        RecordError: where there are none, or not of these steps.
    """
    path = record_path(record.walk_name, records_dir).with_suffix(RAW_SUFFIX)
    try:
        pieces = [base64.b64decode(piece, validate=True) for piece in json.loads(path.read_text("utf-8"))]
        steps = tuple(replace(s, raw=raw) for s, raw in zip(record.result.steps, pieces, strict=True))
    except (OSError, ValueError, TypeError) as error:
        raise RecordError(f"{path}: {error}", hint="run the walk again") from error
    return replace(record, result=replace(record.result, steps=steps))
