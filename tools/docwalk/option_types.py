"""What the options of one block come to, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class MatchMode(Enum):
    """How expected and actual lines are compared; the value is what authors write."""

    LITERAL = "literal"
    """Line by line, in order; the default."""
    CONTAINS = "contains"
    """The expected lines occur in this order, with anything between."""
    UNORDERED = "unordered"
    """The same lines in any order."""
    REGEX = "regex"
    """Each expected line is a regular expression for one whole line."""
    JSON = "json"
    """The expected lines are JSON, compared by value: objects by the keys that are named."""


class Streams(Enum):
    """Whether standard output and standard error are told apart; the value is what authors write."""

    TOGETHER = "together"
    """As a terminal shows them; the default."""
    APART = "apart"
    """Expected lines that begin with `[[stderr]] ` come from standard error, all others do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to type when a program asks."""

    prompt: str
    """Text the program shows before it reads."""
    text: str
    """What is typed, followed by Enter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGroup:
    """Keys to press together once the program waits and the screen is still."""

    keys: tuple[str, ...]
    """Single characters, or names in angle brackets: `q`, `<C-c>`, `<Down>`, `<Enter>`."""
    until: str | None = None
    """Text the screen has to show first; None waits for stillness only."""


class Purpose(Enum):
    """What a block is for; the value is how messages call it."""

    MAIN = "step"
    """What readers came for."""
    SETUP = "set-up"
    """What has to be there first."""
    TEARDOWN = "clean-up"
    """What is to be gone afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOptions:
    """The resolved options of one block."""

    session: str = "main"
    """Name of the session (terminal window) the steps run in."""
    sessions: tuple[str, ...] = ()
    """Sessions of a transcript in which `NAME$ ` begins a command in the session NAME; else empty."""
    users: tuple[str, ...] = ()
    """Accounts of a transcript in which `NAME$ ` begins a command of the account NAME, in its own session."""
    exit_status: int = 0
    """Option `exit`: the status each command must have where no `[exit N]` line says otherwise."""
    timeout_s: float = 60.0
    """Option `timeout`: seconds one step may take."""
    requires: tuple[str, ...] = ()
    """What the environment must offer (`gpu`, `network`, `module:NAME`); lacking one: not run."""
    skip: str | None = None
    """Reason, shown to readers, why the block is not run; None runs it."""
    match: MatchMode = MatchMode.LITERAL
    """How output is compared."""
    streams: Streams = Streams.TOGETHER
    """Whether standard error is told apart."""
    answers: tuple[Answer, ...] = ()
    """Ordered answers to prompts; the block then holds one command."""
    keys: tuple[KeyGroup, ...] = ()
    """Keys for a full-screen program; the block then holds one command."""
    hidden: bool = False
    """Folded on the page; run all the same."""
    setup: bool = False
    """Prepares what the page needs: folded, and a failure of it says so."""
    teardown: bool = False
    """Tidies up: folded, run after everything else, whatever failed before."""
    prompt: str | None = None
    """The prompt of a transcript, where it is not `$ `."""
    user: str | None = None
    """The account that types; None is the environment's user."""
    host: str | None = None
    """The host that is typed on; None is the environment's."""
    background: bool = False
    """Whether the block's one command goes on while later blocks run."""
    ready_text: str | None = None
    """Option `until` of a `background` block: text that shows that its command is ready."""
    stop: tuple[str, ...] | None = None
    """Keys that end the session's `background` command; the block then holds only what the terminal shows."""
    relogin: bool = False
    """Whether the reader logs out and in again before the block."""
    permissions: int | None = None
    """Permission bits a `{file}` gets; None leaves them as they are, 644 for a new file."""
    source: str | None = None
    """A file beside the page, which readers download and put where a `{file}` says; None takes the body."""

    @property
    def purpose(self) -> Purpose:
        """What the block is for."""
        if self.setup:
            return Purpose.SETUP
        return Purpose.TEARDOWN if self.teardown else Purpose.MAIN
