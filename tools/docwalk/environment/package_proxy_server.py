"""The package proxy's process: proxpi on a socket that listens already, as long as somebody uses it.

Its arguments are the socket's descriptor, that of the named pipe which every user holds open, and the folder;
its settings are proxpi's own variables (`package_proxy.proxy_environ`). proxpi is loaded when the first
request comes: most edits of a page are walked without one.
"""

from __future__ import annotations

import logging
import os
import select
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from docwalk.environment.package_proxy import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Application = Callable[[dict[str, object], Callable[..., object]], Iterable[bytes]]
    Headers = list[tuple[str, str]]

_TRIES = 3
_PAUSE_S = 0.1


def serve(descriptor: int, users: int, folder: Path) -> None:
    """Serve until nobody uses us."""
    used = select.poll()
    used.register(users, select.POLLHUP)
    asked = select.poll()
    asked.register(users, select.POLLHUP)
    asked.register(descriptor, select.POLLIN)
    is_serving = False
    while True:
        ready = dict((used if is_serving else asked).poll())
        if users in ready:
            with locked(folder):
                # Whoever joins does so under this lock: nobody has, or somebody just did.
                if used.poll(0):
                    (folder / "users").unlink(missing_ok=True)
                    os._exit(0)  # requests still open are of walks that are gone
        elif not is_serving:
            _answer(descriptor)
            is_serving = True


def _answer(descriptor: int) -> None:
    """Load proxpi and let it answer, in the background."""
    from proxpi.server import app  # noqa: PLC0415 - half a second that most runs need not spend
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, only_reading(staying(app)), threaded=True, fd=descriptor)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def only_reading(app: Application) -> Application:
    """`app` for those who may read: walks cannot make it forget what it keeps."""

    def answer(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") in {"GET", "HEAD"}:
            return app(environ, start_response)
        start_response("405 Method Not Allowed", [("Content-Type", "text/plain"), ("Allow", "GET, HEAD")])
        return [b"this index can only be read\n"]

    return answer


def staying(app: Application) -> Application:
    """`app`, asked again where it sends the reader elsewhere, which most environments cannot reach.

    proxpi does so when a download failed, and also when two ask for one file at the same moment (1.3.1:
    `_wait_for_existing_download` joins a thread that is not started yet).
    """

    def answer(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
        said: list[tuple[str, Headers]] = []

        def hold(status: str, headers: Headers, *_: object) -> Callable[[bytes], object]:
            said.append((status, headers))
            return lambda _data: None

        body = app(environ, hold)
        for _ in range(_TRIES - 1):
            if not _leads_away(said[-1][1], str(environ.get("HTTP_HOST"))):
                break
            time.sleep(_PAUSE_S)
            body = app(environ, hold)
        start_response(*said[-1])
        return body

    return answer


def _leads_away(headers: Headers, host: str) -> bool:
    """Whether an answer is a redirection to another host."""
    places = [urlsplit(value) for name, value in headers if name.lower() == "location"]
    return any(place.netloc not in {"", host} for place in places)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
