"""Every rule, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Rule
from docwalk.lint.rules import (
    assertion_share,
    dashes,
    destructive_command,
    hides_output,
    masks_everything,
    objectives,
    odd_spaces,
    prompt_in_command,
    prose_before_block,
    reading_time,
    secret,
    shellcheck,
    smart_quotes,
    sudo,
    unknown_module,
    unreachable_tab,
    unrun_transcript,
    vague_skip,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

UNUSED_IGNORE: Final = "unused-ignore"
"""What is said of a comment that silences nothing; not a rule that looks at pages."""

RULES: Final[Mapping[str, Rule]] = {
    rule.name: rule
    for rule in (
        Rule(name="smart-quotes", summary="typographic quotes in commands", check=smart_quotes.check),
        Rule(name="dashes", summary="long dashes in commands", check=dashes.check),
        Rule(name="odd-spaces", summary="spaces that a shell does not know", check=odd_spaces.check),
        Rule(name="prompt-in-command", summary="prompts that would be typed", check=prompt_in_command.check),
        Rule(name="unreachable-tab", summary="tabs that no walk takes", check=unreachable_tab.check),
        Rule(name="vague-skip", summary="blocks not run without a reason", check=vague_skip.check),
        Rule(name="unrun-transcript", summary="transcripts that are not run", check=unrun_transcript.check),
        Rule(name="masks-everything", summary="placeholders any line fits", check=masks_everything.check),
        Rule(name="hides-output", summary="`...` for a whole output", check=hides_output.check),
        Rule(name="assertion-share", summary="output hardly compared", check=assertion_share.check),
        Rule(name="objectives", summary="tutorials without objectives", check=objectives.check),
        Rule(name="reading-time", summary="tutorials without a time", check=reading_time.check),
        Rule(
            name="prose-before-block",
            summary="sections that begin with a block",
            check=prose_before_block.check,
        ),
        Rule(name="sudo", summary="commands for administrators", check=sudo.check),
        Rule(
            name="destructive-command", summary="commands that destroy much", check=destructive_command.check
        ),
        Rule(name="secret", summary="passwords, keys and tokens", check=secret.check),
        Rule(name="shellcheck", summary="findings of ShellCheck", check=shellcheck.check),
        Rule(name="unknown-module", summary="modules that are not there", check=unknown_module.check),
    )
}
"""Every rule by its name; a new one is a file in `rules` and a line here."""
