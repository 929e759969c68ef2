# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WSGI middleware that writes one JSON line per request, exactly and in time.

Tests count requests by these lines. So a line is complete before the client can have the whole answer, and it is
appended by a single ``write``: on a file opened with ``O_APPEND``, lines of several processes never mix.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator

Environ = Dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class AccessLog:
    """Wraps an application of the service ``name`` and logs to ``path``.

    A line holds ``time`` (when the request came, in seconds since 1970), ``service``, ``method``, ``path`` (as sent,
    with its query), ``status``, ``ms`` (until the application had its answer) and ``user_agent``.
    """

    def __init__(self, application: Application, name: str, path: Path) -> None:
        self._application = application
        self._name = name
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        # Applications change the environment while they route, so the request is read before they run.
        request = {
            "time": round(time.time(), 6),
            "service": self._name,
            "method": environ["REQUEST_METHOD"],
            "path": environ["REQUEST_URI"],
            "user_agent": environ.get("HTTP_USER_AGENT", ""),
        }
        started = time.monotonic()
        statuses: list[int] = []

        def start(status: str, *args: Any) -> Callable[[bytes], object]:
            statuses.append(int(status.split(" ", 1)[0]))
            return start_response(status, *args)

        try:
            body = self._application(environ, start)
            if not statuses:
                body = _started(body)
        except BaseException:
            statuses.append(500)
            raise
        finally:
            # The server sends nothing before the application has returned, unless it calls write(), which none does.
            self._write({**request, "status": statuses[-1], "ms": round((time.monotonic() - started) * 1000, 1)})
        return body

    def _write(self, line: dict[str, object]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")


def _started(body: Iterable[bytes]) -> Iterator[bytes]:
    """Ask a lazy application for its first chunk, by which time it must have called ``start_response``."""
    chunks = iter(body)
    first = next(chunks, b"")
    return _chained(first, chunks, body)


def _chained(first: bytes, rest: Iterator[bytes], body: Any) -> Iterator[bytes]:
    try:
        yield first
        yield from rest
    finally:
        if hasattr(body, "close"):
            body.close()
