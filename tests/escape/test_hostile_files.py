"""Hostile paths in `{file}` blocks, names of layers, redactions: what pages and definitions may try."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.backend.registry import make_backend
from docwalk.config import load_project
from docwalk.driver.shell import Shell
from docwalk.environment.definition import load_environment
from docwalk.errors import SourceError
from docwalk.testing_sandbox import require_built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.backend import Instance

LOGIN = Path(__file__).parents[2] / "tools" / "environments" / "login"
LONG_S = 60.0
DEFINITION = """\
title = "Small"

[base]
suite = "bookworm"
packages = ["bash"]

[[layers]]
name = {name}
files = {files}
"""


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    built = require_built(LOGIN)
    opened = make_backend("sandbox").open(built)
    size = {"rows": 24, "columns": 100}
    shell = Shell(
        opened.open_terminal(shell="bash", user=None, environ={"TERM": "dumb"}, **size),  # noqa: S604 - its name
        opened.marks,
        spill=bytes.decode,
    )
    shell.wait_until_ready(LONG_S)
    links = {
        "passwd": "/etc/passwd",
        "up": "/../../../../../../../..",
        "self": "/proc/self/mem",
        "loop": "loop",
    }
    for name, target in links.items():
        shell.run(f"ln -s {target} ~/{name}", timeout_s=LONG_S)
    shell.run("mkfifo ~/pipe; mkdir ~/folder", timeout_s=LONG_S)
    shell.close()
    yield opened
    opened.close()


@pytest.mark.container
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("../../../../etc/passwd", PermissionError),
        ("~/../../etc/passwd", PermissionError),
        ("~/passwd", PermissionError),
        ("~/up/etc/passwd", PermissionError),
        ("~/up/etc/evil", PermissionError),
        ("/etc/ld.so.preload", PermissionError),
        ("/proc/1/mem", PermissionError),
        ("/proc/sys/kernel/core_pattern", OSError),
        ("/proc/sysrq-trigger", OSError),
        ("/dev/pts/0", OSError),
        ("/dev/full", OSError),
        ("~/loop", OSError),
        ("~/pipe", OSError),
        ("~/folder", OSError),
        ("/run/docwalk/bashrc", OSError),
        ("/etc/pip.conf", OSError),
        ("~/" + "x" * 300, OSError),
    ],
)
def test_a_hostile_path_is_refused(instance: Instance, path: str, error: type[OSError]) -> None:
    with pytest.raises(error):
        instance.write_file(path, b"evil\n", append=False)


@pytest.mark.parametrize("name", ["../../evil", "/etc", "a b", "$(touch evil)", "-rf", ".", "x\\u0000y"])
def test_a_hostile_name_of_a_layer_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "environment.toml").write_text(DEFINITION.format(name=f'"{name}"', files="[]"), "utf-8")
    with pytest.raises(SourceError, match="error\\[bad-environment\\]"):
        load_environment(folder)


@pytest.mark.parametrize("path", ["../small/../../secret", "/etc/passwd", "link"])
def test_a_layer_brings_nothing_from_elsewhere(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "small"
    (folder / "layers").mkdir(parents=True)
    (folder / "layers" / "one.sh").touch()
    (tmp_path / "secret").touch()
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "environment.toml").write_text(DEFINITION.format(name='"one"', files=f'["{path}"]'), "utf-8")
    with pytest.raises(SourceError, match="does not lie beside the definition"):
        load_environment(folder)


@pytest.mark.parametrize("pattern", ["(", "[a-", "(?P<x>a)(?P<x>b)", "a{2,1}"])
def test_a_redaction_that_is_no_expression_is_refused(tmp_path: Path, pattern: str) -> None:
    text = f"[tool.docwalk.redactions]\nevil = '{pattern}'\n"
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    with pytest.raises(SourceError, match="error\\[bad-configuration\\]"):
        load_project(tmp_path)
