"""The package proxy's process: proxpi on a socket that listens already, until standard input ends.

Its argument is the socket's descriptor; its settings are proxpi's own variables
(`package_proxy.proxy_environ`). proxpi is loaded when the first request comes: most edits of a page
are walked without one.
"""

from __future__ import annotations

import logging
import os
import select
import sys
import threading


def serve(descriptor: int) -> None:
    """Serve until whoever started us is gone."""
    ready, _, _ = select.select([descriptor, sys.stdin], [], [])
    if sys.stdin in ready:
        return
    from proxpi.server import app  # noqa: PLC0415 - half a second that most runs need not spend
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=descriptor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)  # requests still open are of walks that are gone


if __name__ == "__main__":
    serve(int(sys.argv[1]))
