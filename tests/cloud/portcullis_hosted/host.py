# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of one service: ``python -m portcullis_hosted.host SERVICE APPLICATION ADDRESS REQUESTS_LOG``."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any, cast

from portcullis_hosted.access_log import AccessLog, Application

# As many requests as a service works on at a time; more wait in a queue.
THREADS = 8
# Clients keep connections open. Past waitress's own limit of 100 new ones wait until it closes idle ones, 30 s later.
CONNECTIONS = 1000


def server_name(pid: int) -> str:
    """What the host of that process id calls itself in its answers, so that nobody takes another for it."""
    return f"portcullis-cloud/{pid}"


def load(application: str) -> Application:
    """Return the application named by ``module:name``, or made by the function ``module:name()``."""
    module, _colon, name = application.partition(":")
    found: Any = getattr(importlib.import_module(module), name.rstrip("()"))
    return cast(Application, found() if name.endswith("()") else found)


def serve(name: str, application: str, address: str, requests_log: Path) -> None:
    """Load the service's application and answer requests until the process is ended."""
    # The applications parse sys.argv as their own command line.
    sys.argv = [name]
    logged = AccessLog(load(application), name, requests_log)

    # After the application, which may have put eventlet's threads in the place of the standard library's.
    import waitress

    ident = server_name(os.getpid())
    waitress.serve(logged, listen=address, threads=THREADS, connection_limit=CONNECTIONS, ident=ident)


def main() -> None:
    """Serve; and when that ends, for whatever reason, end the process with it.

    The services start threads that would otherwise keep a dead service's process alive.
    """
    try:
        name, application, address, requests_log = sys.argv[1:]
        serve(name, application, address, Path(requests_log))
    except BaseException:  # noqa: BLE001 - whatever it was, it is reported and the process ends
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # A host is ended by a signal; to get here is a failure.
    os._exit(1)


if __name__ == "__main__":
    main()
