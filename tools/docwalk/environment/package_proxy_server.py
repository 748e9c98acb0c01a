"""The package proxy's process: proxpi on a socket that listens already, until standard input ends.

Its argument is the socket's descriptor; its settings are proxpi's own variables
(`package_proxy.proxy_environ`).
"""

from __future__ import annotations

import logging
import os
import sys
import threading

from proxpi.server import app
from werkzeug.serving import make_server


def serve(descriptor: int) -> None:
    """Serve until whoever started us is gone."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=descriptor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)  # requests still open are of walks that are gone


if __name__ == "__main__":
    serve(int(sys.argv[1]))
