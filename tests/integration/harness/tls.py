# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test cloud's Keystone behind https, with a certificate that nobody knows."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme


@dataclass(frozen=True)
class TlsKeystone:
    """A URL, and the certificate of the authority that vouches for it."""

    url: str
    ca_cert: Path


@contextmanager
def tls_keystone(auth_url: str, directory: Path) -> Iterator[TlsKeystone]:
    """Listen while the context lasts, and pass every login on to the Keystone of ``auth_url``.

    The certificate of the authority is written to ``directory``.
    """
    authority = trustme.CA()
    ca_cert = directory / "ca.pem"
    authority.cert_pem.write_to_path(ca_cert)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = _Server(urlsplit(auth_url).netloc)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield TlsKeystone(f"https://127.0.0.1:{server.server_port}/v3", ca_cert)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """Listens on a free port."""

    def __init__(self, keystone: str) -> None:
        self.keystone = keystone
        super().__init__(("127.0.0.1", 0), _Login)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing about clients that do not trust the certificate and hang up."""


class _Login(BaseHTTPRequestHandler):
    """Passes requests for a token on."""

    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        keystone = http.client.HTTPConnection(self.server.keystone)
        keystone.request("POST", self.path, body, {"Content-Type": "application/json"})
        answer = keystone.getresponse()
        content = answer.read()
        keystone.close()
        self.send_response(answer.status)
        for name in ("X-Subject-Token", "Content-Type"):
            self.send_header(name, answer.headers.get(name, ""))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
