# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As little as can talk to OpenStack: one process, one connection to each service, JSON."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

Body = dict[str, Any]


class Client:
    """A user of one project. The first request gets a token."""

    def __init__(self, cloud: Mapping[str, Any]) -> None:
        """Prepare to talk to a cloud.

        :param cloud: an entry of clouds.yaml, with a password
        """
        self._auth = cloud["auth"]
        self._headers = {"Content-Type": "application/json"}
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self._neutron = ""
        self.requests = 0
        """How many requests have been sent."""

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        for connection in self._connections.values():
            connection.close()

    def neutron(self, method: str, path: str, body: Body | None = None) -> Body:
        """Send a request to Neutron and return its answer."""
        if not self._neutron:
            self._log_in()
        return self._send(method, f"{self._neutron}/v2.0{path}", body)[0]

    def _log_in(self) -> None:
        user = {name: self._auth[name] for name in ("username", "password")}
        domain = {"id": self._auth["user_domain_id"]}
        body = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": user["username"], "password": user["password"], "domain": domain}},
                },
                "scope": {"project": {"name": self._auth["project_name"], "domain": domain}},
            }
        }
        answer, token = self._send("POST", f"{self._auth['auth_url']}/auth/tokens", body)
        self._headers["X-Auth-Token"] = token
        (self._neutron,) = (
            endpoint["url"].rstrip("/").removesuffix("/v2.0")
            for service in answer["token"]["catalog"]
            if service["type"] == "network"
            for endpoint in service["endpoints"]
            if endpoint["interface"] == "public"
        )

    def _send(self, method: str, url: str, body: Body | None) -> tuple[Body, str]:
        """Send a request and return its answer, with the token if it holds one."""
        parts = urlsplit(url)
        if parts.netloc not in self._connections:
            self._connections[parts.netloc] = http.client.HTTPConnection(parts.netloc)
        connection = self._connections[parts.netloc]
        target = parts._replace(scheme="", netloc="").geturl()
        connection.request(method, target, None if body is None else json.dumps(body), self._headers)
        response = connection.getresponse()
        content = response.read()
        self.requests += 1
        if response.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {url}: {response.status} {content.decode()}")
        return json.loads(content) if content else {}, response.headers.get("X-Subject-Token", "")
