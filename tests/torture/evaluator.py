# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether one packet passes in a cloud: every rule is asked, one after the other.

Written from Neutron's documentation and from what was seen on real backends, in the words of Neutron's API. It shares
no code with the collection, and knows neither sets nor classes of ports, so that it can be compared with the model.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

Body = dict[str, Any]
Verdict = bool | None
"""Whether a packet passes; None if that depends on something that cannot be seen."""

# https://docs.openstack.org/api-ref/network/v2/#create-security-group-rule, with IANA's numbers.
NUMBERS: Final[Mapping[str, int]] = {
    "hopopt": 0,
    "ip": 0,
    "icmp": 1,
    "igmp": 2,
    "ipip": 4,
    "tcp": 6,
    "egp": 8,
    "udp": 17,
    "dccp": 33,
    "ipv6-encap": 41,
    "ipv6-route": 43,
    "ipv6-frag": 44,
    "rsvp": 46,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ospf": 89,
    "vrrp": 112,
    "pgm": 113,
    "sctp": 132,
    "udplite": 136,
}
WITH_PORTS: Final = frozenset({6, 17, 33, 132, 136})
ICMP: Final = frozenset({1, 58})
# Neutron's guide "SR-IOV": these interfaces bypass the host, which security groups are enforced on.
_BYPASS: Final = frozenset(
    {"direct", "direct-physical", "macvtap", "baremetal", "accelerator-direct", "accelerator-direct-physical"}
)


@dataclass(frozen=True)
class Cloud:
    """What Neutron's API shows of a cloud.

    ``groups`` holds the rules of each security group by its id, None where they cannot be seen; ``address_groups``
    likewise the addresses. ``shared`` are the ids of groups that ports may have which cannot be seen.
    """

    groups: Mapping[str, Sequence[Body] | None]
    ports: Sequence[Body]
    address_groups: Mapping[str, Sequence[str] | None]
    shared: frozenset[str] = frozenset()
    backend: str = "ovn"


@dataclass(frozen=True)
class Kind:
    """What a packet is: its protocol by number; its destination's port; and for ICMP type and code instead."""

    protocol: int
    port: int = 0
    code: int = 0

    def __str__(self) -> str:
        more = {True: f" type {self.port} code {self.code}", False: f" port {self.port}" if self.port else ""}
        return f"protocol {self.protocol}{more[self.protocol in ICMP]}"


def every(verdicts: Iterable[Verdict]) -> Verdict:
    """Return whether all are true; unknown if that depends on those that are."""
    found = set(verdicts)
    return False if False in found else None if None in found else True


def some(verdicts: Iterable[Verdict]) -> Verdict:
    """Return whether one is true; unknown if that depends on those that are."""
    found = set(verdicts)
    return True if True in found else None if None in found else False


def addresses(port: Body) -> list[str]:
    """Return the fixed addresses of a port."""
    return [str(fixed["ip_address"]) for fixed in port["fixed_ips"]]


def version(address: str) -> int:
    """Return the version of IP."""
    return 6 if ":" in address else 4


class Evaluator:
    """Asks the rules of a cloud about packets, and remembers their answers."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._ports = {port["id"]: port for port in cloud.ports}
        self._taken = {address for port in cloud.ports for address in addresses(port)}
        self._end = cache(self._judge_end)
        self._is_member = cache(self._judge_member)

    def passes(self, source: Body, target: Body, sender: str, receiver: str, kind: Kind) -> Verdict:
        """Return whether a packet passes from a port to another, with these addresses."""
        return every((self.leaves(source, receiver, kind), self.enters(target, sender, kind)))

    def leaves(self, port: Body, receiver: str, kind: Kind) -> Verdict:
        """Return whether a port may send a packet to an address."""
        return self._end(port["id"], "egress", receiver, kind)

    def enters(self, port: Body, sender: str, kind: Kind) -> Verdict:
        """Return whether a port takes a packet from an address."""
        return self._end(port["id"], "ingress", sender, kind)

    def _judge_end(self, port_id: str, direction: str, other: str, kind: Kind) -> Verdict:
        port = self._ports[port_id]
        if not port["port_security_enabled"] or port["binding:vnic_type"] in _BYPASS:
            return True
        return some(self._group_allows(group, direction, other, kind) for group in port["security_groups"])

    def _group_allows(self, group: str, direction: str, other: str, kind: Kind) -> Verdict:
        rules = self.cloud.groups[group]
        return None if rules is None else some(self._matches(rule, direction, other, kind) for rule in rules)

    def _matches(self, rule: Body, direction: str, other: str, kind: Kind) -> Verdict:
        if rule["direction"] != direction or rule["ethertype"] != f"IPv{version(other)}":
            return False
        return matches_kind(rule, kind, self.cloud.backend) and self._matches_remote(rule, other)

    def _matches_remote(self, rule: Body, other: str) -> Verdict:
        if rule["remote_group_id"] is not None:
            return self._is_member(rule["remote_group_id"], other)
        if rule["remote_address_group_id"] is not None:
            listed = self.cloud.address_groups[rule["remote_address_group_id"]]
            return None if listed is None else any(within(other, prefix) for prefix in listed)
        return rule["remote_ip_prefix"] is None or within(other, rule["remote_ip_prefix"])

    def _judge_member(self, group: str, address: str) -> Verdict:
        """Return whether an address is one of a group's members, which may be in any network.

        Members that cannot be seen are taken to have other addresses than the ports that can be seen.
        """
        for port in self.cloud.ports:
            # OVN knows the fixed addresses alone. Where it is unknown what the backend is, the widest counts.
            pairs = [] if self.cloud.backend == "ovn" else port["allowed_address_pairs"]
            prefixes = [*addresses(port), *(pair["ip_address"] for pair in pairs)]
            if group in port["security_groups"] and any(within(address, prefix) for prefix in prefixes):
                return True
        return None if group in self.cloud.shared and address not in self._taken else False


def matches_kind(rule: Body, kind: Kind, backend: str) -> bool:
    """Return whether a rule is about packets of a kind."""
    if rule["protocol"] in (None, "any"):
        return True
    number = _number(str(rule["protocol"]), rule["ethertype"])
    if number == 0 and backend in ("iptables", "unknown"):
        return True
    if number != kind.protocol:
        return False
    low, high = rule["port_range_min"], rule["port_range_max"]
    if low is None or (number in (33, 136) and backend != "iptables"):
        return True
    return kind.port == low and high in (None, kind.code) if number in ICMP else bool(low <= kind.port <= high)


@cache
def _number(protocol: str, ether_type: str) -> int:
    number = int(protocol) if protocol.isdecimal() else NUMBERS[protocol]
    return 58 if (number, ether_type) == (1, "IPv6") else number


@cache
def within(address: str, prefix: str) -> bool:
    """Return whether an address is in a network, which may be written with the bits of a host."""
    return _address(address) in ipaddress.ip_network(prefix, strict=False)


@cache
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text)
