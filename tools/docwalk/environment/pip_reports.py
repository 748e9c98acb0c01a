"""Reports of pip: what every `pip install` of a layer's script says it installed, gathered through a pipe.

pip writes a report to the file that `PIP_REPORT` names, each run anew; a named pipe keeps them all.
"""

from __future__ import annotations

import os
import threading
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Self

from docwalk.environment.contents import read_pip_reports

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from docwalk.environment.contents import Locked
    from docwalk.environment.owner import LayerOwner

PIP_CACHE: Final = PurePosixPath("/srv/pip-cache")
"""Where the folder is inside."""
_NAME: Final = "reports"
_CHUNK_BYTES: Final = 65536


class PipReports:
    """A pipe for pip's reports, while the context lasts."""

    inside = PIP_CACHE / _NAME
    """The pipe, inside."""

    def __init__(self, folder: Path, owner: LayerOwner) -> None:
        """Make the pipe in `folder`, which is bound to PIP_CACHE."""
        folder.mkdir(mode=0o755, exist_ok=True)
        owner.give(folder)
        self._path = folder / _NAME
        self._path.unlink(missing_ok=True)
        os.mkfifo(self._path)
        self._path.chmod(0o666)
        self._text = bytearray()
        reader = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._writer = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        os.set_blocking(reader, True)
        self._thread = threading.Thread(target=self._gather, args=(reader,), daemon=True)

    def __enter__(self) -> Self:
        """Begin to gather."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nobody writes any more once the script has ended: our end is the last one."""
        os.close(self._writer)
        self._thread.join()
        self._path.unlink(missing_ok=True)

    def read(self) -> tuple[Locked, ...]:
        """Everything that was reported; after the context."""
        return read_pip_reports(self._text.decode("utf-8"))

    def _gather(self, reader: int) -> None:
        with os.fdopen(reader, "rb", buffering=0) as pipe:
            while chunk := pipe.read(_CHUNK_BYTES):
                self._text += chunk
