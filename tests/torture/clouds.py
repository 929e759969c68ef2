# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random clouds, in the words of Neutron's API, and random questions about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeVar

from .evaluator import Body, Cloud, addresses

Thing = TypeVar("Thing")

NETWORKS: Final = ("net-1", "net-2", "net-3")
SERVERS: Final = tuple(f"server-{number}" for number in range(6))
GROUPS: Final = tuple(f"group-{letter}" for letter in "abcdef")
# Few of them, so that ports of two networks often have the same one.
ADDRESSES: Final[Mapping[int, tuple[str, ...]]] = {
    4: ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.6", "10.0.1.1", "192.168.7.7", "203.0.113.9"),
    6: ("2001:db8::1", "2001:db8::2", "2001:db8:5::1", "fd00::2"),
}
OUTSIDE: Final = (
    *("198.51.100.7", "198.51.100.200", "10.0.0.4", "10.0.0.5", "172.16.9.9", "224.0.0.18", "255.255.255.255"),
    *("2001:db8:5::9", "2600::1", "fd00::9", "ff02::12"),
)
PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "IPv4": (
        *("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.1.1.1/0", "10.0.0.0/24", "10.0.0.3/30", "10.0.0.1/32"),
        *("172.16.0.1/12", "198.51.100.0/24", "198.51.100.7/32", "203.0.113.0/24", "224.0.0.0/4", "10.0.0.77/8"),
    ),
    "IPv6": (
        *("::/0", "::/1", "8000::/1", "2001:db8:1::9/0", "2000::/3", "2001:db8::/32", "2001:db8::5/64", "fd00::/8"),
        "2001:db8::1/128",
    ),
}
PAIRS: Final = ("10.0.0.4", "10.0.0.0/24", "0.0.0.0/0", "198.51.100.0/25", "2001:db8:5::/48", "10.0.0.1")
_PORTS: Final = ((22, 22), (20, 80), (80, 80), (443, 443), (1, 65535), (1, 1000), (1001, 65535), (6000, 6010))
_ICMP: Final[Mapping[str, tuple[tuple[int, int | None], ...]]] = {
    "IPv4": ((8, None), (8, 0), (0, 0), (0, None), (3, 4), (3, None)),
    "IPv6": ((128, None), (128, 0), (1, 4), (0, None)),
}
_WITH_PORTS: Final = ("tcp", "tcp", "tcp", "6", "udp", "udp", "17", "udplite", "dccp", "sctp", "132", "136")
_BARE: Final = ("esp", "50", "gre", "vrrp", "112", "200", "0", "ip", "hopopt")
_ICMP_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "IPv4": ("icmp", "1"),
    "IPv6": ("icmp", "icmpv6", "ipv6-icmp", "58"),
}
BACKENDS: Final = ("ovn", "ovs", "iptables", "unknown")


@dataclass(frozen=True)
class Asked:
    """A question as the module takes it."""

    source: str
    target: str
    protocol: str | None = None
    port: str | None = None

    def options(self) -> dict[str, Any]:
        """Return the options of the module."""
        return {"from": self.source, "to": self.target, "protocol": self.protocol, "port": self.port}


class Maker:
    """Makes clouds and questions from a seed, the same ones each time.

    :param odd: with groups, members and address groups that cannot be seen, hardware ports, and any backend;
        otherwise all can be set up and seen on a real OVN
    """

    def __init__(self, seed: int, *, odd: bool = True) -> None:
        self._random = Random(seed)
        self._odd = odd

    def cloud(self) -> Cloud:
        """Return a cloud."""
        groups = {group: list(self._rules(group)) for group in GROUPS}
        hidden = self._some(GROUPS, 0.1)
        address_groups: dict[str, list[str] | None] = {
            "addresses-a": self._prefixes(),
            "addresses-b": [],
            "addresses-c": None if self._odd and self._chance(0.1) else self._prefixes(),
        }
        return Cloud(
            {group: None if group in hidden else rules for group, rules in groups.items()},
            list(self._ports()),
            address_groups,
            frozenset(hidden | self._some(GROUPS, 0.1)),
            self._random.choice(BACKENDS) if self._odd else "ovn",
        )

    def questions(self, cloud: Cloud, number: int) -> Iterator[Asked]:
        """Yield questions about a cloud; one end at least has ports."""
        for _question in range(number):
            one, other = self._inside(cloud), self._inside(cloud) if self._chance(0.6) else self._outside()
            protocol, port = self.kind()
            yield Asked(*((one, other) if self._chance(0.5) else (other, one)), protocol, port)

    def choose(self, things: Sequence[Thing]) -> Thing:
        """Return one of some things."""
        return self._random.choice(things)

    def _chance(self, share: float) -> bool:
        """Return whether something that is the exception happens."""
        return self._random.random() < share

    def _some(self, things: Iterable[str], share: float) -> set[str]:
        return {thing for thing in things if self._odd and self._chance(share)}

    # Clouds

    def _rules(self, group: str) -> Iterator[Body]:
        made = [self.rule() for _rule in range(self._random.randint(0, 5))]
        if self._chance(0.4):
            # As in every new group, unless they are deleted.
            made += [_rule("egress", family) for family in ("IPv4", "IPv6")]
        # Neutron refuses a rule that a group already has.
        for number, rule in enumerate({json.dumps(rule): rule for rule in made}.values()):
            yield {"id": f"{group}-{number}", "security_group_id": group, **rule}

    def rule(self) -> Body:
        """Return a rule, in a spelling that Neutron takes or has kept from older releases."""
        rule = _rule(self._random.choice(("ingress", "egress")), self._random.choice(("IPv4", "IPv4", "IPv6")))
        rule |= self._matched(rule["ethertype"])
        return rule | self._remote(rule["ethertype"])

    def _matched(self, family: str) -> Body:
        kind = self._random.choices(("any", "ports", "icmp", "bare"), (2, 6, 2, 2))[0]
        if kind == "ports":
            low, high = self._random.choice(_PORTS) if self._chance(0.85) else (None, None)
            return {"protocol": self._random.choice(_WITH_PORTS), "port_range_min": low, "port_range_max": high}
        if kind == "icmp":
            low, high = self._random.choice(_ICMP[family]) if self._chance(0.8) else (None, None)
            return {"protocol": self._random.choice(_ICMP_NAMES[family]), "port_range_min": low, "port_range_max": high}
        return {"protocol": self._random.choice(_BARE) if kind == "bare" else None}

    def _remote(self, family: str) -> Body:
        kind = self._random.choices(("none", "prefix", "group", "address group"), (2, 4, 4, 2))[0]
        if kind == "prefix":
            return {"remote_ip_prefix": self._random.choice(PREFIXES[family])}
        if kind == "group":
            return {"remote_group_id": self._random.choice(GROUPS)}
        if kind == "address group":
            return {"remote_address_group_id": f"addresses-{self._random.choice('abc')}"}
        return {}

    def _prefixes(self) -> list[str]:
        known = [prefix for prefixes in PREFIXES.values() for prefix in prefixes]
        return self._random.sample(known, self._random.randint(1, 3))

    def _ports(self) -> Iterator[Body]:
        taken = set()
        for number in range(self._random.randint(3, 8)):
            network = self._random.choice(NETWORKS)
            chosen = [self._random.choice(ADDRESSES[version]) for version in self._versions()]
            free = [address for address in chosen if (network, address) not in taken]
            taken |= {(network, address) for address in free}
            security = not self._chance(0.1)
            groups = [group for group in GROUPS if security and self._chance(0.3)]
            pairs = [self._random.choice(PAIRS)] if security and self._chance(0.2) else []
            yield {
                "id": f"port-{number}",
                "network_id": network,
                "device_id": self._random.choice(SERVERS),
                "fixed_ips": [{"ip_address": address} for address in dict.fromkeys(free)],
                "security_groups": groups,
                "port_security_enabled": security,
                "allowed_address_pairs": [{"ip_address": pair} for pair in pairs],
                "binding:vnic_type": self._vnic_type(),
            }

    def _versions(self) -> tuple[int, ...]:
        return self._random.choice(((4,), (4,), (6,), (4, 6), (4, 6), (4, 4), ()))

    def _vnic_type(self) -> str:
        odd = self._odd and self._chance(0.05)
        return self._random.choice(("direct", "macvtap", "baremetal")) if odd else "normal"

    # Questions

    def _inside(self, cloud: Cloud) -> str:
        port = self._random.choice(cloud.ports)
        kind = self._random.choices(("server", "group", "network", "address", "prefix"), (6, 3, 1, 3, 1))[0]
        if kind == "group":
            return f"group:{self._random.choice(GROUPS)}"
        if kind == "network":
            return f"network:{port['network_id']}"
        known = addresses(port)
        if kind == "address" and known:
            return self._random.choice(known)
        if kind == "prefix":
            return self._random.choice(("10.0.0.0/24", "10.0.0.0/30", "2001:db8::/64", "10.0.0.0/8"))
        return f"server:{port['device_id']}"

    def _outside(self) -> str:
        prefixes = PREFIXES["IPv4"] + PREFIXES["IPv6"]
        kind = self._random.choices(("address", "internet", "prefix"), (6, 2, 1))[0]
        return {"address": self._random.choice(OUTSIDE), "prefix": self._random.choice(prefixes)}.get(kind, kind)

    def kind(self) -> tuple[str | None, str | None]:
        """Return a protocol and a port to ask about."""
        kind = self._random.choices(("port", "range", "icmp", "bare", "protocol", "any"), (26, 4, 6, 6, 2, 1))[0]
        if kind == "port":
            port = self._random.choice(("22", "80", "443", "6005", "1000", "1001", "65535", "1"))
            return self._random.choice(("tcp", "tcp", "tcp", "udp", "udplite", "dccp", "sctp")), port
        if kind == "range":
            return self._random.choice(("tcp", "udp")), self._random.choice(("20-80", "6000-6010", "1-65535", "22-443"))
        if kind == "icmp":
            return self._random.choice((("icmp", "8"), ("icmp", "3"), ("ipv6-icmp", "128"), ("icmp", "0")))
        if kind == "bare":
            return self._random.choice(("esp", "47", "vrrp", "200", "0", "ipip")), None
        return (self._random.choice(("tcp", "udp", "icmp", "ipv6-icmp")), None) if kind == "protocol" else (None, None)


def _rule(direction: str, family: str) -> Body:
    names = ("protocol", "port_range_min", "port_range_max")
    remotes = ("remote_ip_prefix", "remote_group_id", "remote_address_group_id")
    return {"direction": direction, "ethertype": family, **dict.fromkeys((*names, *remotes))}
