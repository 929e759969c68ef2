# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client for the services' APIs, just large enough to fill a cloud and to look whether it works."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any

from portcullis_cloud.errors import CloudError
from portcullis_cloud.identity import Account
from portcullis_cloud.services import HOST, KEYSTONE, Service

USER_AGENT = "portcullis-cloud"
_SECONDS = 60.0


class Api:
    """Requests of one account to the cloud at ``base_port``."""

    def __init__(self, base_port: int, account: Account) -> None:
        self._base_port = base_port
        self._token = self._log_in(account)

    def get(self, service: Service, path: str) -> Any:
        return self._call("GET", service, path)

    def post(self, service: Service, path: str, body: Mapping[str, object]) -> Any:
        return self._call("POST", service, path, body)

    def put(self, service: Service, path: str, body: Mapping[str, object] | bytes | None = None) -> Any:
        return self._call("PUT", service, path, body)

    def _call(self, method: str, service: Service, path: str, body: Mapping[str, object] | bytes | None = None) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"X-Auth-Token": self._token, "Content-Type": kind}
        status, answer, _headers = request(method, service, self._base_port, path, content, headers)
        if status >= 300:
            raise CloudError(f"{method} {service.url(self._base_port)}{path}: {status} {answer.decode()[:500]}")
        return json.loads(answer) if answer else None

    def _log_in(self, account: Account) -> str:
        domain = {"id": "default"}
        user = {"name": account.user, "password": account.password, "domain": domain}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": {"project": {"name": account.project, "domain": domain}}}}
        content = json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        status, answer, headers = request("POST", KEYSTONE, self._base_port, "/auth/tokens", content, kind)
        if status != 201:
            raise CloudError(f"{account.user} cannot log in: {status} {answer.decode()[:500]}")
        return headers["X-Subject-Token"]


def request(
    method: str,
    service: Service,
    base_port: int,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """Send one request below the service's catalogue URL; return status, body and headers.

    Raises OSError or HTTPException when nothing answers. Proxies are never used.
    """
    connection = http.client.HTTPConnection(HOST, service.port(base_port), timeout=_SECONDS)
    try:
        connection.request(method, service.path + path, body, {"User-Agent": USER_AGENT, **(headers or {})})
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()
