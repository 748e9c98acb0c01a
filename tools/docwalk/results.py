"""What a run yields: types only, so that whoever reads records need not import the runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

MASK: Final = "••••••••"
"""What stands for a password that a program showed, however long it is."""


class Outcome(Enum):
    """How one step ended; the value is what records and messages say."""

    PASSED = "passed"
    """Output and status are as expected."""
    MISMATCH = "mismatch"
    """The output differs from what was expected."""
    WRONG_STATUS = "wrong-status"
    """The exit status differs from what was expected."""
    TIMED_OUT = "timed-out"
    """The step, or its walk, had no time left."""
    WAITS_FOR_INPUT = "waits-for-input"
    """A foreground process reads the terminal and nothing is left to type."""
    STEP_BOUNDARY = "step-boundary"
    """The shell saw the command end elsewhere than the parser did."""
    SHELL_LOST = "shell-lost"
    """The shell exited, or its marks are gone."""
    NOT_RUN = "not-run"
    """An earlier step of the walk failed, or the author said why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Rendition of a run of characters; the terminal's defaults are None and False."""

    foreground: str | None = None
    """A colour name of pyte (`red`, `brightgreen`) or six hexadecimal digits; None is the default."""
    background: str | None = None
    """As `foreground`."""
    bold: bool = False
    """Bold or bright."""
    italics: bool = False
    """Italic."""
    underscore: bool = False
    """Underlined."""
    reverse: bool = False
    """Foreground and background exchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyledText:
    """A run of characters of one rendition."""

    text: str
    """The characters, no newline."""
    style: Style
    """Their rendition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLine:
    """One line as the reader sees it."""

    runs: tuple[StyledText, ...]
    """Runs of characters, left to right; empty for an empty line."""
    is_error: bool = False
    """Whether it came from standard error, told apart; False where nobody asked."""
    left_out: int = 0
    """So many lines of a long output are left out here, as the line itself says; 0 for a line of output."""
    is_typed_unseen: bool = False
    """Whether a password was typed at its end, which the terminal did not show."""

    @classmethod
    def plain(cls, text: str) -> OutputLine:
        """A line without any rendition."""
        return cls(runs=(StyledText(text=text, style=Style()),) if text else ())

    @property
    def text(self) -> str:
        """The characters of the line, without newline and rendition."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What happened to one step."""

    index: int
    """Number of the step in its walk, from 0."""
    block_id: str
    """The block it belongs to."""
    outcome: Outcome
    """How it ended."""
    detail: str = ""
    """One sentence for people: the reason of any outcome but passed."""
    command_sent: str = ""
    """The command as it was sent, captures put in; several lines joined by newlines. Of a file its path,
    where captures are part of path or text."""
    raw: bytes = b""
    """What the pty gave, marks removed; kept in the local record only."""
    lines: tuple[OutputLine, ...] = ()
    """What the reader sees, transport lines removed; for a full-screen program its screen."""
    exit_status: int | None = None
    """The exit status; None where it is unknown or the step did not end."""
    screen: tuple[OutputLine, ...] = ()
    """The last screen of a full-screen program, else empty."""
    started_s: float = 0.0
    """Seconds since the walk began."""
    elapsed_s: float = 0.0
    """Seconds the step took."""
    captures: Mapping[str, str] = field(default_factory=dict)
    """What `[[name=…]]` placeholders of this step caught."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """How a service of the environment was when a walk had run."""

    name: str
    """Its name."""
    ended: str
    """How it ended before its time (`ended with exit status 1`); empty while it runs."""
    log_lines: tuple[str, ...]
    """The last lines of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkResult:
    """What happened to one walk."""

    walk_name: str
    """The walk, as `plan.Walk.name`."""
    started_at: str
    """Start, ISO 8601 in UTC."""
    elapsed_s: float
    """Seconds the walk took, opening its instance included."""
    environment_digest: str
    """`sha256:…` of the environment it ran in."""
    manifest: Mapping[str, object]
    """Content manifest of the environment: OS, modules, Pythons, packages, GPU real or simulated."""
    mode: str
    """Backend and mode, such as `sandbox/plain`."""
    terminal: Mapping[str, str]
    """TERM, size, LANG, TZ as the shells had them."""
    steps: tuple[StepResult, ...]
    """One result for each step of the plan, in its order."""
    services: tuple[ServiceState, ...] = ()
    """The environment's services, where a step failed; not kept in records."""

    @property
    def saw_simulated_gpu(self) -> bool:
        """Whether it saw GPUs that do not exist."""
        return has_simulated_gpu(self.manifest)

    @property
    def passed(self) -> bool:
        """Whether every step passed."""
        return all(step.outcome is Outcome.PASSED for step in self.steps)


def has_simulated_gpu(manifest: Mapping[str, object]) -> bool:
    """Whether an environment of that manifest has GPUs that do not exist."""
    gpu = manifest.get("gpu")
    return isinstance(gpu, Mapping) and gpu.get("kind") != "real"
