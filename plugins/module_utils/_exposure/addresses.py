# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses as sets of integers, for each family of its own."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from .intervals import Interval, Intervals, union

_BITS: Final[Mapping[str, int]] = MappingProxyType({"IPv4": 32, "IPv6": 128})
# What is not routed on the Internet: the special-purpose registries of IANA (RFC 6890) and multicast. Documentation
# prefixes count as the Internet, as examples and tests use them for it.
_NOT_INTERNET: Final = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
)


@lru_cache(maxsize=100_000)
def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return the network of a prefix or of one address; bits of the host do not count, as for Neutron's backends."""
    return ipaddress.ip_interface(text).network


@lru_cache(maxsize=100_000)
def prefix(text: str) -> tuple[str, int, int]:
    """Return family, first address and length of a prefix."""
    found = network(text)
    return f"IPv{found.version}", int(found.network_address), found.prefixlen


def interval(text: str) -> tuple[str, Interval]:
    """Return family and addresses of a prefix or of one address."""
    family, first, length = prefix(text)
    return family, (first, first + (1 << (_BITS[family] - length)) - 1)


WORLD: Final[Mapping[str, Intervals]] = MappingProxyType(
    {family: Intervals(((0, (1 << bits) - 1),)) for family, bits in _BITS.items()}
)
INTERNET: Final[Mapping[str, Intervals]] = MappingProxyType(
    {
        "IPv4": WORLD["IPv4"] - union(interval(text)[1] for text in _NOT_INTERNET),
        "IPv6": Intervals((interval("2000::/3")[1],)),
    }
)


def texts(family: str, addresses: Intervals) -> list[str]:
    """Return a set of addresses as prefixes, the fewest possible."""
    kind = ipaddress.IPv4Address if family == "IPv4" else ipaddress.IPv6Address
    return [
        str(network)
        for low, high in addresses.parts
        for network in ipaddress.summarize_address_range(kind(low), kind(high))
    ]
