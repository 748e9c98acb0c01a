"""Directives: which fences are run, which hold Markdown or tabs, and where their options end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.options import close_match

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHELL_LANGUAGES: Final = ("console", "bash", "zsh", "tcsh", "fish", "dash", "sh", "shell")
"""Fences that are run; each also as a directive, `{console}`."""
_MISSPELT_FROM: Final = 75
SHELL_ALIASES: Final = {"shell-session": "console"}
"""Pygments' other names for them, which pages of others use; never a way around being run."""
FILE_LANGUAGE: Final = "file"
"""The directive that edits a file."""
EXAMPLE_DIRECTIVE: Final = "example"
"""The directive that holds a page within the page."""
FAILS_DIRECTIVE: Final = "fails"
"""The directive below it: a change of that page, and what docwalk prints then."""
CODE_DIRECTIVES: Final = frozenset({"code-block", "code", "sourcecode"})
"""Sphinx's own code fences: `{code-block} bash` is a shell fence, for readers see one."""
LITERAL_DIRECTIVES: Final = CODE_DIRECTIVES | {
    "argparse",
    "autoclass",
    "autofunction",
    "automodule",
    "bibliography",
    "click",
    "code-cell",
    "command-output",
    "contents",
    "csv-table",
    "default-role",
    "digraph",
    "doctest",
    "eval-rst",
    "graph",
    "graphviz",
    "highlight",
    "iframe",
    "image",
    "include",
    "ipython",
    "jupyter-execute",
    "literalinclude",
    "math",
    "mermaid",
    "meta",
    "parsed-literal",
    "plantuml",
    "plot",
    "productionlist",
    "program-output",
    "prompt",
    "raw",
    "substitution-def",
    "testcleanup",
    "testcode",
    "testoutput",
    "testsetup",
    "toctree",
    "typer",
    "uml",
    "video",
}
"""Directives whose body is not Markdown; every other body is searched for fences."""
_INCLUDING_DIRECTIVES: Final = frozenset({"include", "eval-rst"})
"""Directives that can put any block on the page without our reading it."""
TAB_DIRECTIVES: Final = frozenset({"tab", "group-tab", "code-tab", "tab-item"})
"""Directives that are one tab of a set: of sphinx-tabs' `tabs`, or of sphinx-design's `tab-set`."""
SET_DIRECTIVES: Final = frozenset({"tabs", "tab-set"})
"""Directives that hold tabs."""
LEXER_NAMES: Final = {
    "console": "Bash Session", "bash": "Bash", "zsh": "Bash", "sh": "Bash", "shell": "Bash", "tcsh": "Tcsh",
    "fish": "Fish",
}  # fmt: skip
"""Labels that sphinx-tabs gives to a `{code-tab}` without one."""


def hides_shell_blocks(name: str, texts: Iterable[str]) -> bool:
    """Whether a directive shows readers shell blocks, or may, that are not read here.

    Args:
        name: the directive's name.
        texts: lines of its body, options included.
    """
    if name == "literalinclude":
        languages = (text.partition(":language:")[2].strip().lower() for text in texts)
        return any(SHELL_ALIASES.get(each, each) in SHELL_LANGUAGES for each in languages)
    return name in _INCLUDING_DIRECTIVES


def meant_shell(name: str, texts: Sequence[str], *, is_directive: bool) -> str | None:
    """The shell fence that a fence of another name most likely is meant to be; None where it is not.

    A directive of a name near a shell's, or with a prompt where its text begins; any other fence with both.

    Args:
        name: its language or directive, in lower case.
        texts: lines of its body, options included.
        is_directive: whether it is written in braces.
    """
    body = texts[count_option_lines(texts) :] if is_directive else texts
    first = next((text for text in body if text.strip()), "")
    near = close_match(name, SHELL_LANGUAGES, at_least=_MISSPELT_FROM)
    if is_directive:
        return near or ("console" if first.startswith("$ ") else None)
    return near if first.startswith("$ ") else None


def count_option_lines(texts: Sequence[str]) -> int:
    """How many lines at the start of a directive's body are its options, fences `---` included.

    As MyST reads them: a block between `---` lines, or each line that begins with one or two colons.
    """
    if texts and texts[0].startswith("---"):
        for index, text in enumerate(texts[1:], start=1):
            if text.startswith("---"):
                return index + 1
        return len(texts)
    count = 0
    for text in texts:
        stripped = text.lstrip()
        if not stripped.startswith(":") or stripped.startswith(":::"):
            break
        count += 1
    return count
