"""Sandboxes inside a sandbox: they open where an environment nests, and reach no further than any other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.podman import PodmanBackend
from docwalk.errors import BackendError
from docwalk.testing_sandbox import require_built

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.environment.store import BuiltEnvironment
    from docwalk.results import StepResult, WalkResult

    Walk = Callable[..., WalkResult]
    Text = Callable[[StepResult], str]

pytestmark = pytest.mark.container

ENVIRONMENTS = Path(__file__).parents[2] / "tools" / "environments"
LAYER = "/var/cache/docwalk/layers/*"


@pytest.fixture(scope="module")
def environment() -> BuiltEnvironment:
    return require_built(ENVIRONMENTS / "author")


PAGE = """# T

```{{file}} pyproject.toml
[tool.docwalk]
environments = "environments"
environment = "small"
```

```bash
mkdir -p environments/small/layers tutorials
```

```{{file}} environments/small/environment.toml
{definition}
```

```{{file}} environments/small/layers/reader.sh
{script}
```

````{{file}} tutorials/page.md
# P

```console
$ hostname
{said}
$ touch /etc/x
touch: cannot touch '/etc/x': Permission denied
[exit 1]
```
````

```{{console}}
:match: contains

$ docwalk run tutorials
{shown}
[exit {status}]
```
"""


def run(walk_page: Walk, command: str) -> StepResult:
    return walk_page(f"# T\n\n```{{console}}\n:exit: 0\n\n$ {command}\n...\n```\n").steps[0]


def page(*, said: str, shown: str, status: int) -> str:
    small = ENVIRONMENTS / "small"
    definition = (small / "environment.toml").read_text("utf-8").rstrip()
    script = (small / "layers" / "reader.sh").read_text("utf-8").rstrip()
    return PAGE.format(definition=definition, script=script, said=said, shown=shown, status=status)


def test_docwalk_walks_a_page_in_a_sandbox_of_its_own(walk_page: Walk) -> None:
    result = walk_page(page(said="login1", shown="tutorials/page: passed, 2 steps, [[...]]", status=0))
    assert [step.outcome.value for step in result.steps] == ["passed"] * 6


def test_docwalk_inside_finds_a_lie(walk_page: Walk) -> None:
    result = walk_page(page(said="login2", shown="tutorials/page.md:5: mismatch[[...]]", status=1))
    assert [step.outcome.value for step in result.steps] == ["passed"] * 6


def test_mounting_outside_of_a_nested_sandbox_is_refused(walk_page: Walk, text: Text) -> None:
    shown = text(run(walk_page, "mount -t tmpfs none /mnt; umount /scratch; id -u"))
    assert "must be superuser" in shown
    assert shown.endswith("\n1000")


def test_the_nested_layers_stay_read_only_for_root_of_a_nested_namespace(walk_page: Walk, text: Text) -> None:
    attempt = "mount -o remount,rw,bind $l; touch $l/fs/etc/new"
    command = f"for l in {LAYER}; do export l; unshare -Urm sh -c '{attempt}'; done"
    shown = text(run(walk_page, f"{command}; find {LAYER} -name new | wc -l"))
    assert "Read-only file system" in shown
    assert shown.endswith("\n0")


def test_podman_says_that_it_cannot(environment: BuiltEnvironment) -> None:
    with pytest.raises(BackendError, match="opens sandboxes inside, which podman's containers cannot"):
        PodmanBackend().open(environment)
