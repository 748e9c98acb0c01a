"""Walks as scripts: what is written, what is refused, and how a script's output is held against its page."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from docwalk.record import RecordError
from docwalk.record_json import MalformedError
from docwalk.report.scripts import script_line
from docwalk.script.captures import find_catch
from docwalk.script.check import check_script
from docwalk.script.make import END, NoScript, Script, make_script
from docwalk.script.outcome import (
    ScriptOutcome,
    find_outcome,
    load_outcomes,
    outcome_path,
    parse_outcome,
    save_outcome,
)
from docwalk.steps import EditFile, SourceFile
from docwalk.testing import Printed, planned, result_of

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.plan import Walk

PAGE = """# Page

## Look

```console
$ python --version
-bash: python: command not found
[exit 127]
$ sbatch job.sh
Submitted batch job [[job-id=int]]
```

## Go on

```bash
scancel [[job-id]] "[[job-id]]" '[[job-id]]'
```

```{file} ~/logs/[[job-id]].txt
:permissions: 600

$HOME [[job-id]]
```
"""
PRINTED = (
    Printed(lines=("-bash: python: command not found",), exit_status=127),
    Printed(lines=("Submitted batch job 17",)),
    Printed(),
)


def script_of(text: str, printed: tuple[Printed, ...], *, shell: str = "bash") -> tuple[Walk, Script]:
    document, (walk, *_) = planned(text)
    script = make_script(walk, result_of(walk, printed), document=document, shell=shell)
    assert isinstance(script, Script), script
    return walk, script


def reason_of(text: str, printed: tuple[Printed, ...], *, shell: str = "bash") -> str:
    document, (walk, *_) = planned(text)
    script = make_script(walk, result_of(walk, printed), document=document, shell=shell)
    assert isinstance(script, NoScript)
    return script.reason


def test_a_script_holds_each_command_to_its_status_and_takes_captures_from_output() -> None:
    _, script = script_of(PAGE, PRINTED)
    text = script.text(["Page", ""])
    assert text.startswith("#!/bin/bash -l\n# Page\n#\n\n# A script has no aliases unless")
    assert text[text.index("# ---- Look") :] == (
        "# ---- Look\n\n"
        "at_line 6\npython --version\nended_with 127\n\n"
        'at_line 9\n{\nsbatch job.sh\n} >"$kept_output" 2>&1\nended_with 0\ncat "$kept_output"\n'
        "my_job_id=$(caught 's/^Submitted batch job ([+-]?[0-9]+)$/\\1/p') || exit 1\n\n"
        "# ---- Go on\n\n"
        "at_line 16\nscancel ${my_job_id} \"${my_job_id}\" ''\"${my_job_id}\"''\nended_with 0\n\n"
        'at_line 19\nmkdir -p ~/logs\ncat >~/"logs/${my_job_id}.txt" <<END_OF_FILE\n\\$HOME ${my_job_id}\n'
        'END_OF_FILE\nchmod 600 ~/"logs/${my_job_id}.txt"\nended_with 0\n\n'
        "printf '\\n%s\\n' '[end of the page]'\n"
    )


def test_scripts_are_well_formed() -> None:
    _, script = script_of(PAGE, PRINTED)
    checked = subprocess.run(
        ["/bin/bash", "-n"], input=script.text(), capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_what_no_pattern_finds_is_a_variable_at_the_top() -> None:
    page = "```console\n$ make\nbuilt [[version=version]]\n$ use [[version]]\n```\n"
    _, script = script_of(page, (Printed(lines=("built 1.2",)), Printed()))
    assert script.values == (("my_version", "1.2"),)
    assert "# Values of our run: put in your own.\nmy_version=1.2\n" in script.text()


@pytest.mark.parametrize(
    ("expected", "printed", "pattern"),
    [
        ("id [[x=int]].", ("id 3.",), r"s/^id ([+-]?[0-9]+)\.$/\1/p"),
        ("[[...]](a/b) [[x=word]]", ("z(a/b) c",), r"s/^.*\(a\/b\) ([^[:space:]]+)$/\1/p"),
        ("[[x=path]]", ("/a/b",), r"""s/^((~|[^[:space:]'"(),:;]*\/[^[:space:]'"(),:;]*))$/\1/p"""),
        ("[[x=version]]", ("1.2",), None),
        ("[[x=word]]", ("a", "b"), None),
    ],
)
def test_patterns_are_those_of_sed_and_find_just_what_was_caught(
    expected: str, printed: tuple[str, ...], pattern: str | None
) -> None:
    _, (walk, *_) = planned(f"```{{console}}\n:match: contains\n\n$ run\n{expected}\n```\n")
    action = walk.steps[0].action
    assert not hasattr(action, "path")
    value = {"id 3.": "3", "z(a/b) c": "c"}.get(printed[-1], printed[-1])
    catch = find_catch("x", value, action, printed, redactions=())
    assert (catch.pattern if catch else None) == pattern
    assert find_catch("y", value, action, printed, redactions=()) is None


FILES = {
    "create": ("", "cat >a/b <<'END_OF_FILE'\nx\nEND_OF_FILE\n"),
    "append": (":mode: append\n\n", "cat >>a/b <<'END_OF_FILE'\nx\nEND_OF_FILE\n"),
    "check": (":mode: check\n\n", "diff - a/b <<'END_OF_FILE'\nx\nEND_OF_FILE\n"),
    "marks": ("END_OF_FILE\n", "cat >a/b <<'END_OF_FILE_'\nEND_OF_FILE\nx\nEND_OF_FILE_\n"),
    "patch": (
        ":mode: patch\n\n@@ -1,1 +1,2 @@\n-y\n+z\n+",
        (
            "patch --quiet --no-backup-if-mismatch a/b <<'END_OF_FILE'\n--- a\n+++ b\n@@ -1,1 +1,2 @@\n"
            "-y\n+z\n+x\nEND_OF_FILE\n"
        ),
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files_are_here_documents(name: str) -> None:
    start, code = FILES[name]
    _, script = script_of(f"```{{file}} a/b\n{start}x\n```\n", (Printed(lines=("x",)),))
    assert script.parts[0].code == code


def with_source(data: bytes) -> NoScript | Script:
    document, (walk, *_) = planned("```{file} ~/b\nx\n```\n")
    source = SourceFile(name="b.bin", data=data)
    action = walk.steps[0].action
    assert isinstance(action, EditFile)
    walk = replace(walk, steps=(replace(walk.steps[0], action=replace(action, source=source)),))
    result = result_of(walk, ())
    return make_script(walk, result, document=document, shell="bash")  # noqa: S604 - names one


def test_a_file_beside_the_page_is_encoded_unless_it_is_large() -> None:
    script = with_source(b"\0")
    assert isinstance(script, Script)
    assert script.parts[0].code == "base64 -d >~/b <<'END_OF_FILE'\nAA==\nEND_OF_FILE\n"
    large = with_source(b"\0" * 200_001)
    assert large == NoScript(reason="line 1 needs the file `b.bin`, which is too large for a script")


def test_a_folder_that_is_captured_is_refused() -> None:
    page = "```console\n$ run\n[[x=word]]\n```\n\n```{file} ~/[[x]]/b\ny\n```\n"
    reason = reason_of(page, (Printed(lines=("a",)),))
    assert reason == "line 6 has a captured value in the name of a folder"


def test_a_walk_that_failed_has_no_script() -> None:
    assert reason_of("```console\n$ true\n```\n", (Printed(exit_status=1),)) == "line 2 fails"


ODD = {
    "keys": ("```{console}\n:keys: q\n\n$ less x\n...\n```\n", "line 4 presses keys"),
    "background": (
        "```{console}\n:background:\n:until: up\n\n$ serve\nup\n...\n```\n",
        "line 5 starts a command that goes on while others are typed",
    ),
    "prompt": (
        "```{console}\n:prompt: '>>> '\n\n>>> 1\n1\n```\n",
        "line 4 is typed at the prompt `>>>` of another program",
    ),
    "logout": ("```console\n$ exit\n```\n", "line 2 ends the shell"),
    "user": ("```{console}\n:user: bob\n\n$ id\n...\n```\n", "line 4 is typed by another account, `bob`"),
    "shell": ("```fish\ntrue\n```\n", "line 2 is typed in fish"),
    "ansi": (
        "```console\n$ run\n[[x=word]]\n$ echo $'[[x]]'\n...\n```\n",
        "line 4 has `[[x]]` where bash puts no variable in",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_what_needs_somebody_at_the_keyboard_is_no_script(name: str) -> None:
    page, reason = ODD[name]
    first = {"prompt": ("1",), "logout": ()}.get(name, ("up",))
    assert reason_of(page, (Printed(lines=first), Printed())) == reason


def test_prose_and_headings_do_not_change_the_digest_and_commands_do() -> None:
    _, script = script_of(PAGE, PRINTED)
    _, moved = script_of(PAGE.replace("## Look", "More prose.\n\n## Look around"), PRINTED)
    _, changed = script_of(PAGE.replace("scancel", "squeue"), PRINTED)
    assert moved.text() != script.text()
    assert moved.digest == script.digest != changed.digest


# -- what a script printed

TWO = "# Two\n\n```console\n$ one\n1\n-bash: x: command not found\n$ two\n[[a=int]] is [[a]]\n```\n"
GOOD = (
    b"bash -l /tmp/s.sh\r\n\r\n[line 4]\r\n1\r\n/tmp/s.sh: line 9: x: command not found\r\n"
    b"\r\n[line 7]\r\n2 is 2\r\n\r\n[end of the page]\r\n"
)
_OTHER = "line {}: in a script it prints something else: "
BAD = {
    "other output": (
        GOOD.replace(b"\r\n1", b"\r\n3"),
        0,
        "line 4: in a script it prints something else: ",
        2,
    ),
    "lost capture": (GOOD.replace(b"is 2", b"is 3"), 0, _OTHER.format(7), 2),
    "no end": (GOOD.replace(END.encode(), b""), 0, "line 7: the script ends with status 0", 1),
    "no step": (GOOD.replace(b"[line 7]", b""), 0, "line 4: the script ends with status 0", 0),
    "status": (
        b"\r\n[line 4]\r\n\r\n[line 4: status 2, on the page 0]\r\n",
        1,
        "line 4: status 2, on the page 0",
        0,
    ),
    "nothing": (b"bash: /tmp/s.sh: Permission denied\r\n", 126, "line 4: the script ends with status 126", 0),
}


def two() -> tuple[Walk, Script]:
    shown = Printed(lines=("1", "-bash: x: command not found"))
    return script_of(TWO, (shown, Printed(lines=("2 is 2",))))


def test_a_script_that_prints_what_the_page_says_passes() -> None:
    walk, script = two()
    verdict = check_script(script, walk, raw=GOOD, exit_status=0, path="/tmp/s.sh")
    assert (verdict.detail, verdict.status_count, verdict.output_count) == ("", 2, 2)


@pytest.mark.parametrize("name", BAD)
def test_a_script_that_does_something_else_does_not(name: str) -> None:
    raw, status, detail, count = BAD[name]
    walk, script = two()
    verdict = check_script(script, walk, raw=raw, exit_status=status, path="/tmp/s.sh")
    assert verdict.detail.startswith(detail)
    assert verdict.status_count == count


# -- what is kept

OUTCOME = ScriptOutcome(
    walk_name="tutorials/a[Bash]",
    script_digest="sha256:1",
    environment_digest="sha256:2",
    mode="sandbox/plain",
    started_at="2026-11-22T10:00:00+00:00",
    elapsed_s=1.5,
    detail="",
    status_count=3,
    output_count=2,
)
LATER = datetime(2026, 11, 23, tzinfo=UTC)


def test_outcomes_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = save_outcome(OUTCOME, tmp_path)
    assert path == outcome_path(OUTCOME.walk_name, tmp_path)
    assert load_outcomes(tmp_path) == {OUTCOME.walk_name: OUTCOME}
    assert find_outcome(OUTCOME.walk_name, tmp_path) == OUTCOME
    assert find_outcome("tutorials/b", tmp_path) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "no JSON: "), ("9" * 5000, "no JSON: "), ('{"schema": 9}', "its schema is 9, ")],
)
def test_an_outcome_that_cannot_be_read_is_named(tmp_path: Path, text: str, message: str) -> None:
    save_outcome(OUTCOME, tmp_path).write_text(text)
    with pytest.raises(RecordError, match=re.escape(message)):
        load_outcomes(tmp_path)
    with pytest.raises(MalformedError, match=re.escape(message)):
        parse_outcome(text)
    assert find_outcome(OUTCOME.walk_name, tmp_path) is None


def test_a_folder_that_is_a_file_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "scripts").write_text("")
    with pytest.raises(RecordError, match="cannot be written"):
        save_outcome(OUTCOME, tmp_path)


@pytest.mark.parametrize(
    ("outcome", "script", "environment", "days", "holds"),
    [
        (OUTCOME, "sha256:1", "sha256:2", 7.0, True),
        (OUTCOME, "sha256:9", "sha256:2", 7.0, False),
        (OUTCOME, "sha256:1", "sha256:9", 7.0, False),
        (OUTCOME, "sha256:1", "sha256:2", 0.5, False),
        (replace(OUTCOME, detail="line 3: no"), "sha256:1", "sha256:2", 7.0, False),
    ],
)
def test_an_outcome_holds_for_the_same_script_in_the_same_place_for_some_days(
    outcome: ScriptOutcome, script: str, environment: str, days: float, *, holds: bool
) -> None:
    assert outcome.still_holds(script, environment, now=LATER, days=days) is holds


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (OUTCOME, "its script passed: 3 statuses, 2 outputs compared"),
        (replace(OUTCOME, detail="no"), "its script does not pass, and is not published: no"),
        (NoScript(reason="line 3 presses keys"), "no script: line 3 presses keys"),
    ],
)
def test_what_became_of_a_script_is_one_line(found: ScriptOutcome | NoScript, line: str) -> None:
    assert script_line(found) == line
