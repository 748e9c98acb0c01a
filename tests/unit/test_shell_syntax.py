"""Where commands end: the grammar's answer, and that of the coarse rules beside it."""

from __future__ import annotations

import pytest

from docwalk.shell_syntax import find_comments, is_comment_only, is_complete, is_open

COMPLETE = [
    "ls",
    "echo \"a\" 'b' $'c\\'d' `ls`",
    "cat <<EOF\nfoo\nEOF",
    "cat <<'E' > x\n$ a\nE",
    "cat <<-EOF\n\tfoo\n\tEOF",
    "cat << EOF | grep a\nfoo\nEOF",
    "cat <<< word",
    "for i in 1 2; do echo $i; done",
    "for i in 1\ndo\necho\ndone",
    "for ((i=0; i<3; i++)); do echo; done",
    "if true; then echo; fi",
    "if ! grep -q x f; then echo; else if a; then b; fi; fi",
    "while read x; do echo; done < f",
    "until false; do ls; done",
    "select x in a; do break; done",
    "case x in a) ;; esac",
    "[[ -f x ]] && echo y",
    "a=$(ls)",
    "(cd x; ls)",
    "{ ls; }",
    "f() { echo; }",
    "function f {\nls\n}",
    "echo a \\\nb",
    "ls |\n wc",
    "a ||\nb",
    "diff <(ls) <(ls)",
    "echo $((1+2)) $# ${x:-y} a#b",
    "echo a # it's",
    "# only a comment \\",
    "echo a &",
    "ls 2>&1 >> x | tee y",
    "python - <<'PY'\nprint('it')\nPY",
    "python -c '\nimport x\n'",
    "pip install 'torch>=2' foo[bar]",
    "!!",
    "",
]

INCOMPLETE = [
    'echo "a',
    "echo 'a",
    "echo 'a\nb",
    "echo `ls",
    "cat <<EOF",
    "cat <<EOF\nfoo",
    "cat <<EOF | grep a\nfoo",
    "python - <<'PY'\nif x:\n  print(1)",
    "echo a \\",
    "for i in 1",
    "for i in 1 2; do",
    "if true",
    "if true; then echo a",
    "if a; then b; else",
    "if a; then b; elif c",
    "case x in",
    "while true; do",
    "until x",
    "a=$(ls",
    "(cd x",
    "x=(a b",
    "{ ls",
    "f() {",
    "a &&",
    "a ||",
    "a |",
    "echo $((1+",
    "((i++",
    "diff <(ls",
]

GRAMMAR_ONLY = ["[[ -f x", "echo ${x", "f()", "function f", "!"]


@pytest.mark.parametrize("text", COMPLETE)
def test_a_complete_command_is_run_at_once(text: str) -> None:
    assert is_complete(text, shell="bash")  # noqa: S604  # nothing is started
    assert not is_open(text, shell="bash")  # noqa: S604  # nothing is started


@pytest.mark.parametrize("text", INCOMPLETE)
def test_an_incomplete_command_asks_for_another_line(text: str) -> None:
    assert not is_complete(text, shell="bash")  # noqa: S604  # nothing is started
    assert is_open(text, shell="bash")  # noqa: S604  # nothing is started


@pytest.mark.parametrize("text", GRAMMAR_ONLY)
def test_the_grammar_knows_more_than_the_coarse_rules(text: str) -> None:
    assert not is_complete(text, shell="bash")  # noqa: S604  # nothing is started
    assert not is_open(text, shell="bash")  # noqa: S604  # nothing is started


@pytest.mark.parametrize(
    ("shell", "text", "complete"),
    [
        ("tcsh", "foreach i (1 2)", False),
        ("tcsh", "foreach i (1 2)\necho $i\nend", True),
        ("tcsh", "if ($x == 1) then", False),
        ("tcsh", "if ($x == 1) then\necho\nendif", True),
        ("tcsh", "if ($x == 1) echo", True),
        ("tcsh", "while (1)", False),
        ("tcsh", "switch (x)\nendsw", True),
        ("tcsh", 'echo "unmatched is an error there', True),
        ("tcsh", "cat <<EOF\nx", False),
        ("tcsh", "echo a \\", False),
        ("fish", "for i in 1 2", False),
        ("fish", "for i in 1 2\necho $i\nend", True),
        ("fish", "if test -f x; and true", False),
        ("fish", 'echo "a', False),
        ("fish", "function f\nend", True),
        ("fish", "echo (ls", True),
        ("zsh", "for i in 1 2; do", False),
        ("dash", "a &&", False),
    ],
)
def test_other_shells_have_their_own_rules(shell: str, text: str, complete: bool) -> None:  # noqa: FBT001
    assert is_complete(text, shell=shell) is complete


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        ("ls # a", (3,)),
        ("# a\nls", (0,)),
        ("echo '# no' \"# no\" a#b $# \\# ;# yes", (30,)),
        ("cat <<EOF # yes\n# no\nEOF\nls # yes", (10, 28)),
        ("ls", ()),
    ],
)
def test_comments_are_found_outside_words_quotes_and_heredocs(text: str, offsets: tuple[int, ...]) -> None:
    assert find_comments(text) == offsets


@pytest.mark.parametrize(
    ("text", "expected"), [("# a", True), ("", True), (" \n  # b", True), ("ls # a", False)]
)
def test_comment_only_lines_are_known(text: str, expected: bool) -> None:  # noqa: FBT001
    assert is_comment_only(text) is expected
