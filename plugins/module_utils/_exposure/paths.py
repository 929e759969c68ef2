# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the network has a path for packets: an attribute beside the verdict, which is about security groups alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from . import addresses
from .intervals import Intervals, union

SAME_NETWORK: Final = "same_network"
ROUTER: Final = "router"
NONE_SEEN: Final = "none_seen"
UNKNOWN: Final = "unknown"
# The ways in from the Internet, by the family that they serve; the first that a port has is the one shown.
PUBLIC: Final[Mapping[str, tuple[str, ...]]] = {
    "IPv4": ("floating_ip", "external_network", "port_forwarding"),
    "IPv6": ("external_network", "routed_ipv6"),
}
BEST_FIRST: Final = (SAME_NETWORK, ROUTER, *PUBLIC["IPv4"], "routed_ipv6", UNKNOWN, NONE_SEEN)


@dataclass(frozen=True)
class Topology:
    """Networks and what connects them.

    ``subnets`` holds the prefixes of each network, ``external`` the networks with the Internet behind them,
    ``routers`` the networks in which each router has an interface, ``gateways`` the routers with a gateway.
    ``floating`` and ``forwarded`` are the ports of floating IPs and of port forwardings.
    ``complete`` is false if routers or floating IPs cannot be seen; then a path that is not seen may still exist.
    """

    subnets: Mapping[str, Collection[str]] = field(default_factory=dict)
    external: frozenset[str] = frozenset()
    routers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gateways: frozenset[str] = frozenset()
    floating: frozenset[str] = frozenset()
    forwarded: frozenset[str] = frozenset()
    complete: bool = True

    def public(self, port_id: str, network_id: str, texts: Iterable[str]) -> frozenset[str]:
        """Return the ways in which the Internet may reach a port, of :data:`PUBLIC`.

        Addresses of IPv6 are routed without translation, so that a router with a gateway makes them public (Neutron's
        guide "IPv6", section "Address modes and external networks").

        :param texts: the addresses of the port
        """
        global_ipv6 = any(
            family == "IPv6" and low in addresses.INTERNET["IPv6"]
            for family, (low, _high) in map(addresses.interval, texts)
        )
        ways = {
            "floating_ip": port_id in self.floating,
            "port_forwarding": port_id in self.forwarded,
            "external_network": network_id in self.external,
            "routed_ipv6": global_ipv6 and network_id in self._gated,
        }
        return frozenset(way for way, there in ways.items() if there)

    @cached_property
    def _gated(self) -> frozenset[str]:
        """The networks that a router connects to the Internet."""
        return frozenset().union(*(self.routers.get(router, ()) for router in self.gateways))

    @cached_property
    def _parts(self) -> Mapping[str, int]:
        """The number of the part of the topology that each network is in: routers connect the networks of a part."""
        parts: list[set[str]] = []
        for _router, networks in sorted(self.routers.items()):
            touched = [part for part in parts if part & networks]
            parts = [part for part in parts if not part & networks] + [set(networks).union(*touched)]
        return {network: number for number, part in enumerate(parts) for network in part}

    def between(self, source: str, target: str) -> str:
        """Return how packets get from one network to another."""
        if source == target:
            return SAME_NETWORK
        if source in self._parts and self._parts.get(target) == self._parts[source]:
            return ROUTER
        return self._unseen

    def internet(self, network_id: str, public: Collection[str], direction: str, family: str) -> str:
        """Return how packets get from the Internet to ports of a network, or from these to the Internet.

        :param public: the ways in which the Internet may reach the ports
        """
        way = next((way for way in PUBLIC[family] if way in public), None)
        if way is None and direction == "egress" and network_id in self._gated:
            way = ROUTER
        return way or self._unseen

    def outside(self, found: Intervals, network_id: str, public: Collection[str], direction: str, family: str) -> str:
        """Return how packets get from some addresses, which no known port need have, to ports of a network, or back."""
        paths = [
            self.between(network, network_id)
            for network, prefixes in self._by_family[family].items()
            if prefixes & found
        ]
        if found & addresses.INTERNET[family]:
            paths.append(self.internet(network_id, public, direction, family))
        return best([*paths, self._unseen])

    @cached_property
    def _by_family(self) -> dict[str, dict[str, Intervals]]:
        return {
            family: {
                network: union(part for own, part in map(addresses.interval, texts) if own == family)
                for network, texts in sorted(self.subnets.items())
            }
            for family in PUBLIC
        }

    @property
    def _unseen(self) -> str:
        return NONE_SEEN if self.complete else UNKNOWN


def best(paths: Collection[str]) -> str:
    """Return the path of several that is most certain to exist."""
    return min(paths, key=BEST_FIRST.index, default=NONE_SEEN)
