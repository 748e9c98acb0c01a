"""The package proxy's process: proxpi on a free port of the loopback, until standard input ends.

Prints the port, nothing else. Its settings are proxpi's own variables (`package_proxy.proxy_environ`).
"""

from __future__ import annotations

import logging
import os
import sys
import threading

from proxpi.server import app
from werkzeug.serving import make_server


def serve() -> None:
    """Serve until whoever started us is gone."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)  # requests still open are of walks that are gone


if __name__ == "__main__":
    serve()
