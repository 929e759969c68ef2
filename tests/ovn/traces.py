# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a packet passes: answered by ``ovn-trace``, from the flows that OVN has compiled from the security groups.

Neutron's driver writes to the northbound database before it answers a request, and northd compiles that into the
flows of the southbound database. ``ovn-trace`` reads these once, when it starts, and then sends a packet through
them in less than a millisecond, without any switch.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Body

_SECONDS: Final = 60
# Each trace looks a connection up at most twice per switch and router on its way; each option serves one look-up.
_LOOKUPS: Final = 10_000
_OUTPUT: Final = re.compile(r'output\("([^"]+)"')
_PROTOCOLS: Final = {
    "tcp": "tcp && tcp.src == 40000 && tcp.dst == {port}",
    "sctp": "sctp && sctp.src == 40000 && sctp.dst == {port}",
    "udp": "udp && udp.src == 40000 && udp.dst == {port}",
    "icmp": "icmp4 && icmp4.type == {port} && icmp4.code == {code}",
    "ipv6-icmp": "icmp6 && icmp6.type == {port} && icmp6.code == {code}",
}


@dataclass(frozen=True)
class Endpoint:
    """A port of an instance, as packets know it."""

    id: str
    mac: str
    addresses: tuple[str, ...]

    @classmethod
    def of(cls, port: Body) -> Endpoint:
        """Return the end of packets that a port of Neutron is."""
        return cls(port["id"], port["mac_address"], tuple(fixed["ip_address"] for fixed in port["fixed_ips"]))

    @property
    def versions(self) -> set[int]:
        """The versions of IP that the port has addresses of."""
        return {ipaddress.ip_address(address).version for address in self.addresses}

    @property
    def link_local(self) -> str:
        """The address of IPv6 that follows from the MAC."""
        high, *others = bytes.fromhex(self.mac.replace(":", ""))
        identifier = bytes([high ^ 2, *others[:2], 0xFF, 0xFE, *others[2:]])
        return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + identifier))

    def address(self, version: int) -> str:
        """Return the first address of a version of IP."""
        return next(address for address in self.addresses if ipaddress.ip_address(address).version == version)


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection.

    ``protocol`` is a name of those above or a number, ``port`` that of the destination, or the type of ICMP.
    """

    protocol: str
    port: int = 0
    version: int = 4
    code: int = 0

    def __str__(self) -> str:
        return f"IPv{self.version} {self.protocol} {self.port}"

    def match(self, source: str, target: str) -> str:
        """Return the packet between two addresses, as ``ovn-trace`` takes it."""
        ip = f"ip{self.version}"
        above = _PROTOCOLS.get(self.protocol, f"ip.proto == {self.protocol}").format(port=self.port, code=self.code)
        return f"{ip}.src == {source} && {ip}.dst == {target} && ip.ttl == 64 && {above}"


class Flows:
    """OVN's flows at one moment."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._received = ""

    def passes(self, source: Endpoint, target: Endpoint, packet: Packet, sender: str | None = None) -> bool:
        """Whether a packet passes between two ports of one network.

        :param sender: its source address, if it is not that of its port
        """
        match = packet.match(sender or source.address(packet.version), target.address(packet.version))
        return target.id in self.receivers(source, target.mac, match)

    def receivers(self, source: Endpoint, mac: str, match: str) -> set[str]:
        """Return the ids of the ports that a packet comes out of.

        :param mac: where it is sent to
        :param match: what else is known of it
        """
        flow = f'inport == "{source.id}" && eth.src == {source.mac} && eth.dst == {mac} && {match}'
        answer = self.call("trace", "--minimal", flow)
        assert answer.startswith("# "), f"{flow}: {answer}"
        assert "use --ct" not in answer, "more look-ups than _LOOKUPS"
        return set(_OUTPUT.findall(answer))

    def call(self, method: str, *parameters: str) -> str:
        """Send a command to ``ovn-trace`` and return the answer."""
        self._control.sendall(json.dumps({"id": 0, "method": method, "params": parameters}).encode())
        answer = self._answer()
        assert answer["error"] is None, answer["error"]
        return str(answer["result"])

    def _answer(self) -> dict[str, Any]:
        while True:
            try:
                answer, end = json.JSONDecoder().raw_decode(self._received)
            except json.JSONDecodeError:
                received = self._control.recv(1 << 16).decode()
                assert received, "ovn-trace has ended"
                self._received += received
            else:
                self._received = self._received[end:].lstrip()
                return dict(answer)


@contextmanager
def flows_now(sockets: Path, connections: str = "new") -> Iterator[Flows]:
    """Wait until northd has compiled all that Neutron has written, and start ``ovn-trace`` on the result.

    :param connections: the state that packets find when they look up their connection
    """
    northbound, southbound = f"unix:{sockets}/nb.sock", f"unix:{sockets}/sb.sock"
    subprocess.run(["ovn-nbctl", f"--timeout={_SECONDS}", f"--db={northbound}", "--wait=sb", "sync"], check=True)
    path = sockets / f"trace-{uuid.uuid4().hex[:8]}.ctl"
    daemon = ["--detach", "--no-chdir", f"--unixctl={path}", "-voff"]
    found = [f"--ct={connections}"] * _LOOKUPS
    subprocess.run(["ovn-trace", *daemon, f"--db={southbound}", "--no-friendly-names", *found], check=True)
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(_SECONDS)
        _connect(control, path)
        flows = Flows(control)
        try:
            yield flows
        finally:
            flows.call("exit")


def _connect(control: socket.socket, path: Path) -> None:
    """Connect to a socket whose path may be longer than the 107 bytes that a socket's address has room for."""
    directory = os.open(path.parent, os.O_PATH)
    try:
        control.connect(f"/proc/self/fd/{directory}/{path.name}")
    finally:
        os.close(directory)
