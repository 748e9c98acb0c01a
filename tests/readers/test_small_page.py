"""The reader itself: a small page of everything that readers do, and readers who are given something else."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.testing_reader import without_last_line
from docwalk.testing_sandbox import require_built

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.testing_page import PastedBlock

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
CONF = """project = "Small"
extensions = ["myst_parser", "docwalk.sphinx_ext"]
myst_enable_extensions = ["colon_fence"]
html_theme = "furo"
"""
PAGE = """# Page

```console
$ x=$RANDOM
$ echo "job $x"
job [[job=int]]
$ for i in 1 2; do
>   echo "$i"
> done
1
2
$ cat <<END
> $ not a prompt
> END
[[=]]$ not a prompt
$ printf 'no newline '
no newline
$ echo at its end
at its end
$ false
[exit 1]
```

```console
$ test [[job]] = "$x" && echo same
same
```

```{console}
:answers: {"name? ": "reader"}

$ read -p 'name? ' name; echo "hello $name"
name? reader
hello reader
```

```{console}
:keys: q
:match: contains

$ seq 200 | less
12
```

```console
$ bash
$ shopt -q login_shell
[exit 1]
$ exit
exit
[exit 1]
$ shopt -q login_shell
```

```{file} ~/a/b
one $x
```

```{file} ~/a/b
:mode: append

two [[job]]
```

```{file} ~/a/b
:mode: patch

@@ -1,2 +1,2 @@
-one $x
+1
 two [[job]]
```

```{file} ~/a/b
:mode: check

1
two [[job]]
```

```{console}
:session: other

$ echo "[$x]"
[]
```

```{console}
:relogin:

$ echo "[$x]"
[]
```

```{console}
:background:
:until: ready
:session: third

$ echo ready; sleep 100
ready
```

```{console}
:stop:
:session: third

^C
[exit 130]
```
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A project with its page walked, the page, and the site built from it."""
    require_built(ENVIRONMENTS / "login")
    root = tmp_path_factory.mktemp("small")
    (root / "pages").mkdir()
    table = f'[tool.docwalk]\ntutorials = ["pages"]\nenvironments = "{ENVIRONMENTS}"\n'
    (root / "pyproject.toml").write_text(table)
    (root / "conf.py").write_text(CONF)
    (root / "index.md").write_text("# Small\n\n```{toctree}\npages/page\n```\n")
    (root / "pages" / "page.md").write_text(PAGE)
    for command in (["docwalk", "run"], ["sphinx", "-q", "-b", "html", ".", "html"]):
        ran = subprocess.run(
            [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return root, root / "pages" / "page.md", root / "html"


def test_everything_that_readers_do(
    small: tuple[Path, Path, Path], follow: Callable[..., tuple[str, ...]]
) -> None:
    assert follow(*small) == ()


def other_output(block: PastedBlock) -> PastedBlock:
    return replace(block, window="other") if "test [[job]]" in str(block.pieces) else block


def other_file(block: PastedBlock) -> PastedBlock:
    return replace(block, file_mode="create") if block.file_mode == "append" else block


def no_answer(block: PastedBlock) -> PastedBlock:
    pieces = tuple((template, text.replace("hello", "bye")) for template, text in block.pieces)
    return replace(block, pieces=pieces) if "hello" in str(block.pieces) else block


def forgets(block: PastedBlock) -> PastedBlock:
    return without_last_line(block) if "not a prompt" in str(block.pieces) else block


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (other_output, "pages/page.md:25: status 1, on the page 0"),
        (other_file, "pages/page.md:65: hunk 1 does not fit: line 1 of the file is `two "),
        (no_answer, "pages/page.md:32: what the button copies is not what ran at line 32: "),
        (forgets, "pages/page.md:4: no button copies what ran at line 20"),
    ],
)
def test_a_reader_who_is_given_something_else_notices(
    small: tuple[Path, Path, Path],
    follow: Callable[..., tuple[str, ...]],
    change: Callable[[PastedBlock], PastedBlock],
    finding: str,
) -> None:
    findings = follow(*small, change=change)
    assert findings
    assert findings[0].startswith(finding), findings


def test_a_reader_looks_at_what_a_pager_shows(
    small: tuple[Path, Path, Path], follow: Callable[..., tuple[str, ...]]
) -> None:
    findings = follow(*small, before=b"export LESS=+150")
    shown = "pages/page.md:41: differs from column 2, the window shows\n150\n151\n"
    assert findings[0].startswith(shown), findings
