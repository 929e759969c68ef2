# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy between a client and the cloud that counts, changes, delays and loses requests and answers.

It is a forward proxy for plain http, as all services of the test cloud speak it. What it does to a request is a
*behaviour*: a callable that gets the request and what forwards it, and returns the answer, or raises :class:`Cut`.
"""

from __future__ import annotations

import dataclasses
import http.client
import itertools
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from .traffic import Request, Traffic, is_write

# RFC 9110, 7.6.1: these are between neighbours and not passed on. Lengths and dates are written anew.
_NOT_FORWARDED: Final = frozenset({"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "host"})
_NOT_RETURNED: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})
# The lists that Neutron and Nova can give in pages; Neutron's extensions are not among them.
_PAGED: Final = re.compile(r"/v2\.0/(?!extensions)[a-z-]+|/v2\.1/servers(/detail)?")
_CUT: Final = 0


class Cut(Exception):  # noqa: N818 - what happens to a connection, in a test that wants it so
    """Close the connection to the client without an answer."""


@dataclass(frozen=True)
class Call:
    """A request as the client sent it; ``position`` counts the requests of a proxy from 0."""

    position: int
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def writes(self) -> bool:
        return is_write(self.method, self.path)

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Answer:
    """An answer of the cloud, or in its place; of its body the client gets the first ``sent`` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: int | None = None

    def json(self) -> Any:
        """Return what the body says, or None if it is no JSON."""
        return json.loads(self.body) if "json" in self.headers.get("Content-Type", "") else None


Forward = Callable[[Call], Answer]
Behaviour = Callable[[Call, Forward], Answer]


@dataclass(frozen=True)
class Exchange(Request):
    """A request that came through the proxy; ``service`` is the host and port that it was for."""

    body_length: int


def json_answer(status: int, body: Any) -> Answer:
    """Return an answer with a body in JSON."""
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())


def neutron_error(status: int, type_: str, message: str) -> Answer:
    """Return an error in the form that Neutron gives it."""
    return json_answer(status, {"NeutronError": {"type": type_, "message": message, "detail": ""}})


# Kinds of faults, which are behaviours


def refuse(status: int, **headers: str) -> Behaviour:
    """Answer without forwarding: conflicts as Neutron words them, others as a load balancer in front of it does."""
    phrase = HTTPStatus(status).phrase
    if status in (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED):
        answer = neutron_error(status, phrase.replace(" ", ""), phrase)
    else:
        page = f"<html><body><h1>{status} {phrase}</h1></body></html>\n"
        answer = Answer(status, {"Content-Type": "text/html", **headers}, page.encode())
    return lambda _call, _forward: answer


def hold(seconds: float) -> Behaviour:
    """Forward after a pause, whether the client still waits or not."""

    def behaviour(call: Call, forward: Forward) -> Answer:
        time.sleep(seconds)
        return forward(call)

    return behaviour


def answer_late(seconds: float) -> Behaviour:
    """Forward at once, and give the answer after a pause."""

    def behaviour(call: Call, forward: Forward) -> Answer:
        answer = forward(call)
        time.sleep(seconds)
        return answer

    return behaviour


def cut_before(_call: Call, _forward: Forward) -> Answer:
    """Close the connection without forwarding."""
    raise Cut


def cut_after(call: Call, forward: Forward) -> Answer:
    """Forward, and lose the answer."""
    forward(call)
    raise Cut


def cut_within(call: Call, forward: Forward) -> Answer:
    """Forward, and lose the second half of the answer's body."""
    answer = forward(call)
    if not answer.body:
        raise Cut
    return dataclasses.replace(answer, sent=len(answer.body) // 2)


# Behaviours made of others


@dataclass(frozen=True)
class Fault:
    """A fault of some kind at one request, counted from 0, or from there on: an outage."""

    position: int
    kind: Behaviour
    lasting: bool = False

    def __call__(self, call: Call, forward: Forward) -> Answer:
        hit = call.position == self.position or (self.lasting and call.position > self.position)
        return self.kind(call, forward) if hit else forward(call)


@dataclass(frozen=True)
class SmallPages:
    """Lists of Neutron and Nova come in pages of ``size``, unless the client asks for another size."""

    size: int

    def __call__(self, call: Call, forward: Forward) -> Answer:
        parts = urlsplit(call.url)
        if call.method == "GET" and _PAGED.fullmatch(parts.path) and "limit=" not in parts.query:
            query = "&".join(filter(None, [parts.query, urlencode({"limit": self.size})]))
            call = dataclasses.replace(call, url=parts._replace(query=query).geturl())
        return forward(call)


@dataclass(frozen=True)
class Observer:
    """Looks at the cloud after every write that was forwarded, before the client gets the answer.

    Writes that the client sends at once are forwarded one by one, so that each is looked at by itself.
    """

    look: Callable[[Call, Answer], object]
    _turn: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False, compare=False)

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if not call.writes:
            return forward(call)
        with self._turn:
            answer = forward(call)
            self.look(call, answer)
        return answer


class Proxy:
    """A proxy that listens while its context lasts. The first behaviour is the one next to the client.

    An error in a behaviour closes the client's connection, and is raised when the context ends.
    """

    def __init__(self, *behaviours: Behaviour) -> None:
        self._forward: Forward = _send
        for behaviour in reversed(behaviours):
            self._forward = _chained(behaviour, self._forward)
        self._positions = itertools.count()
        self._exchanges: dict[int, Exchange] = {}
        self._errors: list[Exception] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        if self._errors and error is None:
            raise self._errors[0]

    @property
    def url(self) -> str:
        """What clients take as ``http_proxy``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def traffic(self) -> Traffic:
        """The requests so far that have been answered or cut, in the order in which they came."""
        return Traffic(exchange for _position, exchange in sorted(self._exchanges.items()))

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Do to a request what the behaviours want, and record it before the client learns of it.

        :raises Cut: if the client gets no answer
        """
        call = Call(next(self._positions), method, url, headers, body)
        status = _CUT
        try:
            answer = self._forward(call)
            if answer.sent is None:
                status = answer.status
            return answer
        except Cut:
            raise
        except Exception as error:
            self._errors.append(error)
            raise Cut from error
        finally:
            agent = headers.get("User-Agent", "")
            exchange = Exchange(urlsplit(url).netloc, method, url, status, agent, len(body))
            self._exchanges[call.position] = exchange


def _chained(behaviour: Behaviour, forward: Forward) -> Forward:
    return lambda call: behaviour(call, forward)


def _send(call: Call) -> Answer:
    """Send a request to the cloud, once."""
    parts = urlsplit(call.url)
    headers = {name: value for name, value in call.headers.items() if name.lower() not in _NOT_FORWARDED}
    connection = http.client.HTTPConnection(parts.netloc)
    try:
        target = parts._replace(scheme="", netloc="").geturl()
        connection.request(call.method, target, call.body, {**headers, "Connection": "close"})
        response = connection.getresponse()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _NOT_RETURNED}
        return Answer(response.status, kept, response.read())
    finally:
        connection.close()


class _Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection, and writes their answers."""

    protocol_version = "HTTP/1.1"
    # An answer goes out in one piece.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self._write(self.server.proxy.exchange(self.command, self.path, dict(self.headers), body))
        except (Cut, ConnectionError):
            self.close_connection = True

    do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = serve  # noqa: N815 - the base class looks for these

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: answer.sent])
        self.wfile.flush()
        self.close_connection = self.close_connection or answer.sent is not None

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the proxy keeps its own record."""


class _Server(ThreadingHTTPServer):
    """Listens on a free port, and knows its open connections, so that it can end them."""

    daemon_threads = False

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Take no more requests, wait for those that are under way, and end."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                # The client was faster.
                continue
        self.server_close()
