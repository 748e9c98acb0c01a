"""Bytecode: init's files as the environment's own Python compiles them, kept in the store.

Compiling them takes a third of the time in which an instance starts. The first instance of an environment
hands its bytecode out before anything else runs in it; those that follow are given that instead.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from docwalk.backend.instance import PYTHON, RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.backend.channel import Channel
    from docwalk.environment.store import BuiltEnvironment


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytecode:
    """What is kept of some sources, for one Python."""

    folder: Path | None
    """Where it is kept; None where nobody knows which Python runs inside."""
    sources: Mapping[PurePosixPath, bytes]
    """Python files: path inside to content."""
    kept: Mapping[PurePosixPath, bytes]
    """The bytecode of all of them, under the same paths; empty where it is not kept yet."""

    @classmethod
    def of(
        cls, environment: BuiltEnvironment, files: Mapping[PurePosixPath, bytes], *, store_dir: Path
    ) -> Bytecode:
        """What is kept for init's Python files among `files`, and for the Python of `environment`."""
        sources = {path: content for path, content in files.items() if is_source(path)}
        version = _python(environment)
        if version is None:
            return cls(folder=None, sources=sources, kept={})
        digest = hashlib.sha256(repr((version, sorted(sources.items()))).encode()).hexdigest()
        folder = store_dir / "init" / digest[:16]
        kept: dict[PurePosixPath, bytes] = {}
        with contextlib.suppress(FileNotFoundError):
            kept = {path: (folder / path.name).read_bytes() for path in sources}
        return cls(folder=folder, sources=sources, kept=kept)

    def replace_in(self, files: Mapping[PurePosixPath, bytes]) -> Mapping[PurePosixPath, bytes]:
        """`files` with bytecode instead of the sources, where all of it is kept."""
        if not self.kept:
            return files
        others = {path: content for path, content in files.items() if path not in self.sources}
        return {**others, **{path.with_suffix(".pyc"): content for path, content in self.kept.items()}}

    def keep(self, channel: Channel) -> None:
        """Let init compile its files, if that is not kept yet; nothing but init may run by now."""
        if self.folder is None or self.kept:
            return
        # Without it the next instance starts more slowly, which is no reason to fail this one.
        with contextlib.suppress(OSError):
            self.folder.parent.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.folder.parent) as name:
                made = Path(name) / "made"
                made.mkdir()
                for path in self.sources:
                    _, descriptor = channel.ask_descriptor("compile", path=str(path))
                    with os.fdopen(descriptor, "rb") as file:
                        file.seek(0)
                        (made / path.name).write_bytes(file.read())
                made.rename(self.folder)  # fails where another process was first


def is_source(path: PurePosixPath) -> bool:
    """Whether a generated file is one of init's."""
    return path.parent == RUN and path.suffix == ".py"


_LINKS: Final = 8


def _python(environment: BuiltEnvironment) -> tuple[str, int, int] | None:
    """What tells the Python of an environment from others: its name, size and time."""
    path = PYTHON
    for _ in range(_LINKS):
        found = environment.find(path)
        if found is None:
            return None
        if not found.is_symlink():
            status = found.stat()
            return path, status.st_size, status.st_mtime_ns
        path = os.path.normpath(os.path.join(os.path.dirname(path), found.readlink()))  # noqa: PTH118, PTH120
    return None
