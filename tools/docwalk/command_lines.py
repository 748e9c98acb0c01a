"""The lines of a block split into commands and what follows each, without reading what follows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from docwalk.errors import ErrorCode
from docwalk.expectation import is_prompt_line
from docwalk.options import accepted_prompts, is_repl_prompt
from docwalk.prompts import shown_prompt
from docwalk.shell_syntax import is_comment_only, is_complete, is_open, what_closes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docwalk.document import Block
    from docwalk.source import Problems

CONTINUATION: Final = "> "
"""The secondary prompt of a shell."""
REPL_CONTINUATION: Final = "... "
"""The secondary prompt of a REPL."""
OTHER_PROMPTS: Final = ("% ", "# ", ">>> ", "> ")
"""Prompts that have to be declared."""

_LOOK_AHEAD: Final = 60  # lines read beyond what the coarse rules take for an end
_MOST_READ: Final = 300_000  # characters read in search of one command's end: about a second


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLines:
    """Where one command lies among the lines of its block; indexes count from 0, ranges are half-open."""

    texts: tuple[str, ...]
    """Its lines as typed, prompts stripped."""
    prompt: str
    """The prompt before it; empty in blocks of commands."""
    first: int
    """Index of its first line."""
    end: int
    """Index of the line after it."""
    stop: int
    """Index of the line after its output."""


def split_commands(block: Block, shell: str, problems: Problems) -> tuple[CommandLines, ...]:
    """Commands typed one by one; blank lines and comments between them are shown only."""
    splitter = _Splitter(block, shell, problems)
    return tuple(splitter.commands())


def split_transcript(block: Block, shell: str, problems: Problems) -> tuple[CommandLines, ...]:
    """Commands at prompts, each with the lines up to the next prompt; comments at a prompt are shown only."""
    splitter = _Splitter(block, shell, problems)
    return tuple(splitter.transcript())


class _Splitter:
    """Goes through the lines of one block."""

    def __init__(self, block: Block, shell: str, problems: Problems) -> None:
        self._block = block
        self._shell = shell
        self._problems = problems
        self._texts = [line.text for line in block.lines]
        self._prompts = accepted_prompts(block.options)
        self._is_repl = block.options.prompt is not None and is_repl_prompt(block.options.prompt)

    def commands(self) -> list[CommandLines]:
        commands: list[CommandLines] = []
        first = next((index for index, text in enumerate(self._texts) if text.strip()), None)
        if first is not None and self._texts[first].startswith("#!"):
            self._add(
                ErrorCode.SCRIPT_IN_SHELL_BLOCK,
                f"`{self._texts[first]}` begins a file, not commands to type",
                first,
                "write `{file} job.sh` in place of the language, and run the file in a block of its own",
            )
            return commands
        at = 0
        while at < len(self._texts):
            if is_comment_only(self._texts[at]):
                at += 1
                continue
            count = self._count(self._texts[at:])
            if count is None:
                self._add_incomplete(at)
                break
            end = at + count
            texts = tuple(self._texts[at:end])
            commands.append(CommandLines(texts=texts, prompt="", first=at, end=end, stop=end))
            at = end
        return commands

    def transcript(self) -> list[CommandLines]:
        commands: list[CommandLines] = []
        at = next((index for index, text in enumerate(self._texts) if text.strip()), len(self._texts))
        if at == len(self._texts) or not self._is_prompt(at):
            self._add_no_prompt(at)
            return commands
        while at < len(self._texts):
            shown = shown_prompt(self._texts[at], self._prompts)
            prompt = shown if shown is not None and shown.endswith(" ") else None
            # a prompt without a command, as terminals end with, closes the output above it
            texts = ("",) if prompt is None else self._typed(at, prompt)
            if texts is None:
                break
            end = at + len(texts)
            stop = next((i for i in range(end, len(self._texts)) if self._is_prompt(i)), len(self._texts))
            if prompt is None or is_comment_only("\n".join(texts)):
                self._check_no_output(end, stop)
            else:
                commands.append(CommandLines(texts=texts, prompt=prompt, first=at, end=end, stop=stop))
            at = stop
        return commands

    def _typed(self, at: int, prompt: str) -> tuple[str, ...] | None:
        """Lines of the command at line `at`, prompts stripped; None where it has no end."""
        first = self._texts[at][len(prompt) :]
        rest = self._texts[at + 1 :]
        if self._is_repl:
            continued = takewhile(lambda text: _has_mark(text, REPL_CONTINUATION), rest)
            return (first, *(text[len(REPL_CONTINUATION) :] for text in continued))
        is_marked = _has_mark(rest[0], CONTINUATION) if rest else False
        stripped = [t[len(CONTINUATION) :] if is_marked and _has_mark(t, CONTINUATION) else t for t in rest]
        count = self._count([first, *stripped])
        if count is None:
            marked = [i for i, text in enumerate(rest) if _has_mark(text, CONTINUATION)]
            if marked and not is_marked:
                self._add_mixed(at + 1 + marked[0])
            else:
                self._add_incomplete(at)
            return None
        if is_marked:
            bare = [i for i in range(at + 1, at + count) if not _has_mark(self._texts[i], CONTINUATION)]
            if bare:
                self._add_mixed(bare[0])
        return (first, *stripped[: count - 1])

    def _count(self, texts: Sequence[str]) -> int | None:
        """How many of the lines make the first complete command; None where they never do.

        What the grammar takes for incomplete may be a construct it does not know (zsh has many). Our
        coarse rules then decide: at once where the next line is a prompt, else when the grammar has found
        no end in the whole block.
        """
        # Each try reads the text from its start. So lines inside a long heredoc, quote or loop are passed
        # over; where the coarse rules see an end, the grammar gets so many lines more and not the whole
        # block; and what costs too much all the same has no end that we can find.
        return self._first_end(texts, passes_over=True) or self._first_end(
            texts[:_LOOK_AHEAD], passes_over=False
        )

    def _first_end(self, texts: Sequence[str], *, passes_over: bool) -> int | None:
        coarse: int | None = None
        closes: Callable[[str], bool] | None = None
        left = _MOST_READ
        for count in range(1, len(texts) + 1):
            if closes is not None and not closes(texts[count - 1]):
                continue
            text = "\n".join(texts[:count])
            left -= len(text)
            if left < 0:
                return coarse
            if is_complete(text, shell=self._shell):
                return count
            if coarse is None and not is_open(text, shell=self._shell):
                coarse = count
                if count < len(texts) and is_prompt_line(texts[count], self._prompts):
                    return count
            if coarse is not None and count >= coarse + _LOOK_AHEAD:
                return coarse
            closes = what_closes(text, shell=self._shell) if passes_over and coarse is None else None
        return coarse

    def _is_prompt(self, index: int) -> bool:
        return is_prompt_line(self._texts[index], self._prompts)

    def _check_no_output(self, at: int, stop: int) -> None:
        shown = next((index for index in range(at, stop) if self._texts[index].strip()), None)
        if shown is not None:
            self._add(
                ErrorCode.NO_PROMPT,
                f"`{self._texts[shown]}` is the output of no command",
                shown,
                "write the command above it",
            )

    def _add_no_prompt(self, at: int) -> None:
        prompt = self._prompts[0]
        if at == len(self._texts):
            span, hint = self._block.span, f"write a command after `{prompt}`"
            self._problems.add(ErrorCode.NO_PROMPT, "this transcript is empty", span, hint=hint)
            return
        text = self._texts[at]
        other = next((p for p in OTHER_PROMPTS if text.startswith(p)), None)
        if self._block.options.sessions or self._block.options.users:
            other = None
            prompt = "` or `".join(self._prompts)
        if not self._block.is_directive and text.startswith(":"):
            hint = f"a block with options has its language in braces: `{{{self._block.language}}}`"
        elif other is not None:
            hint = f"begin it with `{prompt}`, or write `{{console}}` with `:prompt: {other.strip()}`"
        else:
            hint = f"begin it with `{prompt}`"
        self._add(ErrorCode.NO_PROMPT, f"a transcript begins with `{prompt}`, found `{text}`", at, hint)

    def _add_incomplete(self, at: int) -> None:
        self._add(
            ErrorCode.INCOMPLETE_COMMAND,
            f"`{self._texts[at].strip()}` is not complete where its block ends",
            at,
            "close its quotes, brackets, blocks or heredocs",
        )

    def _add_mixed(self, at: int) -> None:
        self._add(
            ErrorCode.MIXED_CONTINUATION,
            f"`{self._texts[at]}`: either all continuation lines of a command begin with `> `, or none",
            at,
            "begin every line after the first with `> `, or none",
        )

    def _add(self, code: ErrorCode, message: str, at: int, hint: str) -> None:
        self._problems.add(code, message, self._block.lines[at].span, hint=hint)


def _has_mark(text: str, mark: str) -> bool:
    return text.startswith(mark) or text == mark.rstrip()
