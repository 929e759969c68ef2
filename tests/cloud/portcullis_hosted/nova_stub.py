# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Not Nova: a stub of its API for lists of servers, where a release's own Nova is not installed.

A server is a record in memory and a port in Neutron for each of its networks. It is ACTIVE from the start, belongs to
the project of the token it was created with, and can be listed, filtered by name, renamed, tagged and deleted.
Whoever asks for the servers of another project gets them. Whatever else Nova does is answered with 404.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import threading
import urllib.request
import uuid
from typing import Any, Callable, Dict, Iterable, Match, NamedTuple, Tuple
from urllib.parse import parse_qs

from portcullis_hosted.access_log import Environ, StartResponse

Body = Dict[str, Any]
Answer = Tuple[str, Body]

# The newest microversion that the stub's answers follow.
_VERSION = {"id": "v2.1", "status": "CURRENT", "version": "2.65", "min_version": "2.1", "links": []}
_IN_SHORT = ("id", "name", "links")
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Request(NamedTuple):
    """What a route needs to know of a request."""

    body: Body
    query: dict[str, list[str]]
    token: str


class Stub:
    """The application; a single lock makes its requests come one after the other."""

    def __init__(self, keystone_url: str) -> None:
        self._keystone_url = keystone_url
        self._servers: dict[str, Body] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(length)) if length else {}
        query = parse_qs(environ.get("QUERY_STRING", ""))
        request = Request(body, query, environ.get("HTTP_X_AUTH_TOKEN", ""))
        with self._lock:
            status, answer = self._answer(environ["REQUEST_METHOD"], environ["PATH_INFO"].rstrip("/"), request)
        content = json.dumps(answer).encode() if answer else b""
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
        return [content]

    def _answer(self, method: str, path: str, request: Request) -> Answer:
        for route_method, pattern, route in _ROUTES:
            match = re.fullmatch(pattern, path)
            if match and method == route_method:
                public = route in (Stub._versions, Stub._version)
                return route(self, request, match) if public or request.token else ("401 Unauthorized", {})
        return _not_found(f"the stub of Nova has no {method} {path}")

    def _versions(self, _request: Request, _match: Match[str]) -> Answer:
        return "200 OK", {"versions": [_VERSION]}

    def _version(self, _request: Request, _match: Match[str]) -> Answer:
        return "200 OK", {"version": _VERSION}

    def _flavors(self, _request: Request, _match: Match[str]) -> Answer:
        return "200 OK", {"flavors": [{"id": "1", "name": "m1.tiny", "links": []}]}

    def _images(self, _request: Request, _match: Match[str]) -> Answer:
        return "200 OK", {"images": [{"id": "1", "name": "cirros", "links": []}]}

    def _list(self, request: Request, match: Match[str]) -> Answer:
        project_id = self._scope(request.token)["project"]["id"]
        if "all_tenants" in request.query:
            (project_id,) = request.query["project_id"]
        found = [server for server in self._servers.values() if server["tenant_id"] == project_id]
        for pattern in request.query.get("name", ()):
            found = [server for server in found if re.search(pattern, server["name"])]
        if not match.group("detail"):
            found = [{key: server[key] for key in _IN_SHORT} for server in found]
        return "200 OK", {"servers": found}

    def _create(self, request: Request, _match: Match[str]) -> Answer:
        scope = self._scope(request.token)
        wanted = dict(request.body["server"])
        networks = wanted.pop("networks", [])
        server = {"metadata": {}, **wanted, "id": str(uuid.uuid4()), "links": [], "status": "ACTIVE", "tags": []}
        server["tenant_id"] = scope["project"]["id"]
        for network in networks:
            port = {"network_id": network["uuid"], "device_id": server["id"], "device_owner": "compute:nova"}
            _call("POST", f"{_endpoint(scope, 'network')}/v2.0/ports", request.token, {"port": port})
        self._servers[server["id"]] = server
        return "202 Accepted", {"server": server}

    def _show(self, _request: Request, match: Match[str]) -> Answer:
        server = self._servers.get(match.group("id"))
        return ("200 OK", {"server": server}) if server else _no_server()

    def _change(self, request: Request, match: Match[str]) -> Answer:
        self._servers.get(match.group("id"), {}).update(request.body["server"])
        return self._show(request, match)

    def _tag(self, request: Request, match: Match[str]) -> Answer:
        self._servers.get(match.group("id"), {}).update(tags=request.body["tags"])
        status, answer = self._show(request, match)
        return status, {"tags": answer["server"]["tags"]} if "server" in answer else answer

    def _delete(self, request: Request, match: Match[str]) -> Answer:
        if not self._servers.pop(match.group("id"), None):
            return _no_server()
        ports = f"{_endpoint(self._scope(request.token), 'network')}/v2.0/ports"
        for port in _call("GET", f"{ports}?device_id={match.group('id')}", request.token)["ports"]:
            _call("DELETE", f"{ports}/{port['id']}", request.token)
        return "204 No Content", {}

    def _scope(self, token: str) -> Body:
        """Return what Keystone knows of a token: its project, and the catalogue."""
        return dict(_call("GET", f"{self._keystone_url}/auth/tokens", token)["token"])


def _endpoint(scope: Body, kind: str) -> str:
    (entry,) = (entry for entry in scope["catalog"] if entry["type"] == kind)
    return str(entry["endpoints"][0]["url"])


def _call(method: str, url: str, token: str, body: Body | None = None) -> Body:
    headers = {"X-Auth-Token": token, "X-Subject-Token": token, "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {**headers, "User-Agent": "nova-stub"}, method=method)
    with _NO_PROXY.open(request, timeout=60) as answer:
        text = answer.read()
    return dict(json.loads(text)) if text else {}


def _not_found(message: str) -> Answer:
    return "404 Not Found", {"itemNotFound": {"code": 404, "message": message}}


def _no_server() -> Answer:
    return _not_found("Instance could not be found.")


def from_configuration() -> Stub:
    """Make the application as its configuration says."""
    configuration = configparser.ConfigParser()
    with open(os.environ["NOVA_STUB_CONFIG_FILE"]) as file:  # noqa: PTH123 - a path from the environment
        configuration.read_file(file)
    return Stub(configuration["keystone"]["url"])


_SERVER = "/v2.1/servers/(?P<id>[^/]+)"
_ROUTES: tuple[tuple[str, str, Callable[[Stub, Request, Match[str]], Answer]], ...] = (
    ("GET", "", Stub._versions),
    ("GET", "/v2.1", Stub._version),
    ("GET", "/v2.1/flavors(/detail)?", Stub._flavors),
    ("GET", "/v2.1/images(/detail)?", Stub._images),
    ("GET", "/v2.1/servers(?P<detail>/detail)?", Stub._list),
    ("POST", "/v2.1/servers", Stub._create),
    ("GET", _SERVER, Stub._show),
    ("PUT", _SERVER, Stub._change),
    ("PUT", f"{_SERVER}/tags", Stub._tag),
    ("DELETE", _SERVER, Stub._delete),
)
