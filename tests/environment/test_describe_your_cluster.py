"""`docs/how-to/describe-your-cluster.md`, followed by a centre that does nothing but what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.owner import cannot_own

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.container,
    pytest.mark.skipif(cannot_own() is not None, reason=f"this account cannot build: {cannot_own()}"),
]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "describe-your-cluster.md"
BLOCK = re.compile(
    r"^(?P<fence>`{3,})(\{file\} (?P<path>\S+)|bash|\{bash\}\n:skip: [^\n]+\n)\n(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
COMMANDS = re.compile(r"^```(bash|\{bash\})$", re.MULTILINE)
MODULEFILES = {
    "editor/7.2": "#%Module\nsetenv EDITOR nano\n",
    "compiler/12.2": "#%Module\nsetenv CC gcc-12\n",
    "compiler/13.1": "#%Module\nsetenv CC gcc-13\n",
}


class Follower:
    """Does what a page says: writes each `{file}`, runs each block of commands, those that it skips too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: dict[str, str] = {}
        site = folder / "site"
        for name, text in MODULEFILES.items():
            path = site / "modulefiles" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        bin_dir = Path(sys.executable).parent
        self._environ = {
            **os.environ,
            "SITE": str(site),
            "DOCWALK_CACHE_DIR": str(folder / "cache"),
            "PATH": f"{bin_dir}{os.pathsep}{os.environ['PATH']}",
        }

    def follow(self, text: str) -> None:
        """Every block in order."""
        for block in BLOCK.finditer(text):
            if block["path"] is not None:
                path = self.folder / block["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block["body"], encoding="utf-8")
            else:
                self.run(block["body"])

    def run(self, script: str) -> None:
        """One block of commands."""
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=self.folder,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )
        self.said[script] = done.stdout
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def followed() -> Iterator[Follower]:
    folder = Path(tempfile.mkdtemp(prefix="docwalk-test-"))
    folder.chmod(0o755)
    follower = Follower(folder)
    follower.follow(PAGE.read_text(encoding="utf-8"))
    yield follower
    follower.run("rm -rf environments/*; docwalk env prune --yes --older-than 0")
    shutil.rmtree(folder)


def test_the_page_s_commands_all_succeed(followed: Follower) -> None:
    assert len(followed.said) == len(COMMANDS.findall(PAGE.read_text(encoding="utf-8")))


def test_the_copy_is_the_cluster_s(followed: Follower) -> None:
    shown = next(text for script, text in followed.said.items() if "env info" in script)
    assert "module     compiler/12.2\nmodule     compiler/13.1\nmodule     editor/7.2\n" in shown
    assert "accounts   ada (1000)\nhost       front1\n" in shown


def test_its_page_is_verified(followed: Follower) -> None:
    shown = followed.said["docwalk run docs\n"]
    assert "docs/modules: passed, 4 steps" in shown
    assert "1 verified" in shown


def test_the_other_cluster_differs_in_its_modules_alone(followed: Follower) -> None:
    shown = next(text for script, text in followed.said.items() if "env diff" in script)
    assert shown.splitlines()[-2:] == ["- module compiler/12.2", "+ module compiler/14.2"]


def test_a_promise_that_does_not_hold_is_an_error(followed: Follower) -> None:
    path = followed.folder / "environments" / "mycluster-next" / "environment.toml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("compiler/14.2", "compiler/15.1") + "pythons = []\n", encoding="utf-8")
    (path.parent / "layers" / "next.sh").write_text("true\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"lacks modules that it promises: compiler/15\.1"):
        followed.run("docwalk env build mycluster-next")
    path.write_text(before, encoding="utf-8")
