"""Bytecode of init: kept for one Python and one state of the sources, and taken from an instance once."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

import pytest

from docwalk.backend.bytecode import Bytecode
from docwalk.backend.init import Init
from docwalk.backend.instance import RUN, init_command
from docwalk.environment.store import BuiltEnvironment

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.backend.channel import Channel
    from docwalk.environment.definition import Environment

FILES = {RUN / "init.py": b"print('ran')\n", RUN / "bashrc": b"true\n", PurePosixPath("/etc/x.py"): b"1\n"}


@dataclass
class Inside:
    """A channel to an init that has the sources in a folder."""

    folder: Path
    asked: list[str] = field(default_factory=list)

    def ask_descriptor(self, op: str, *, path: str) -> tuple[dict[str, object], int]:
        self.asked.append(f"{op} {path}")
        reply, (descriptor,) = Init.do_compile(path=str(self.folder / PurePosixPath(path).name))
        return reply, descriptor


@pytest.fixture
def environment(tmp_path: Path) -> BuiltEnvironment:
    (tmp_path / "layer" / "usr" / "bin").mkdir(parents=True)
    (tmp_path / "layer" / "usr" / "bin" / "python3.11").write_bytes(b"an interpreter")
    (tmp_path / "layer" / "usr" / "bin" / "python3").symlink_to("python3.11")
    definition = cast("Environment", None)
    return BuiltEnvironment(
        environment=definition, digest="sha256:0", layers=(tmp_path / "layer",), manifest={}
    )


def test_what_an_instance_compiled_is_given_to_the_next(
    tmp_path: Path, environment: BuiltEnvironment
) -> None:
    (tmp_path / "init.py").write_bytes(FILES[RUN / "init.py"])
    inside = Inside(tmp_path)
    first = Bytecode.of(environment, FILES, store_dir=tmp_path)
    assert first.replace_in(FILES) == FILES
    first.keep(cast("Channel", inside))
    second = Bytecode.of(environment, FILES, store_dir=tmp_path)
    second.keep(cast("Channel", inside))
    assert inside.asked == ["compile /run/docwalk/init.py"]
    files = second.replace_in(FILES)
    assert sorted(map(str, files)) == ["/etc/x.py", "/run/docwalk/bashrc", "/run/docwalk/init.pyc"]
    assert init_command(3, files)[-2:] == ("/run/docwalk/init.pyc", "3")
    (tmp_path / "run.pyc").write_bytes(files[RUN / "init.pyc"])
    assert subprocess.check_output([sys.executable, tmp_path / "run.pyc"]) == b"ran\n"


def test_another_python_or_source_is_compiled_anew(tmp_path: Path, environment: BuiltEnvironment) -> None:
    folder = Bytecode.of(environment, FILES, store_dir=tmp_path).folder
    changed = Bytecode.of(environment, {**FILES, RUN / "init.py": b"print('other')\n"}, store_dir=tmp_path)
    (tmp_path / "layer" / "usr" / "bin" / "python3.11").write_bytes(b"a newer interpreter")
    updated = Bytecode.of(environment, FILES, store_dir=tmp_path)
    assert len({folder, changed.folder, updated.folder}) == 3


def test_without_a_known_python_the_source_is_used(tmp_path: Path, environment: BuiltEnvironment) -> None:
    (tmp_path / "layer" / "usr" / "bin" / "python3").unlink()
    bytecode = Bytecode.of(environment, FILES, store_dir=tmp_path)
    bytecode.keep(cast("Channel", None))  # asks for nothing
    assert bytecode.replace_in(FILES) == FILES
