# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests as the services have logged them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

APP_NAME = "portcullis.openstack"


@dataclass(frozen=True)
class Request:
    """One request."""

    service: str
    method: str
    url: str
    status: int
    user_agent: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.url).query)

    @property
    def writes(self) -> bool:
        return is_write(self.method, self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.status}"


class Traffic(list[Request]):
    """The collection's own requests, in the order in which they came."""

    def writes(self) -> Traffic:
        return Traffic(request for request in self if request.writes)

    def to(self, method: str, path_end: str) -> Traffic:
        """Return the requests of a method whose path ends so."""
        return Traffic(request for request in self if request.method == method and request.path.endswith(path_end))

    def methods(self) -> list[str]:
        return [request.method for request in self]

    def calls(self) -> list[str]:
        """Return methods with paths, such as ``GET /v2.0/ports``, without what is asked for."""
        return [f"{request.method} {request.path}" for request in self]

    def steps(self) -> list[str]:
        """Return methods with collections, such as ``PUT ports``, without which of their resources it was."""
        return [f"{request.method} {request.path.split('/')[2]}" for request in self]


class RequestLog:
    """Reads the log of a cloud piece by piece."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def record(self) -> Iterator[Traffic]:
        """Collect what the collection asks of the cloud within the block; complete when the block has ended."""
        traffic = Traffic()
        start = self._path.stat().st_size
        yield traffic
        with self._path.open(encoding="utf-8") as log:
            log.seek(start)
            requests = [_request(line) for line in log]
        traffic += [request for request in requests if request.user_agent.startswith(APP_NAME)]


def is_write(method: str, path: str) -> bool:
    """Tell whether a request changes something; a token is no change."""
    return method != "GET" and not path.endswith("/auth/tokens")


def _request(line: str) -> Request:
    entry = json.loads(line)
    return Request(entry["service"], entry["method"], entry["path"], entry["status"], entry["user_agent"])
