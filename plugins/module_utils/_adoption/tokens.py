# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one rule allows, apart from its remote, and how an entry of ``allow`` says several of these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from .._rules.catalogue import SERVICES
from .._rules.expand import expand
from .._rules.rule import ETHER_TYPES, Rule, takes_ports

Families = frozenset[str]

BOTH: Final[Families] = frozenset(ETHER_TYPES)
_IPV4: Final[Families] = frozenset(["IPv4"])
_IPV6: Final[Families] = frozenset(["IPv6"])


class Token(NamedTuple):
    """A protocol with ports, or with type and code of ICMP.

    All ICMP has one token for both families, as ``protocol: icmp`` means both. A type of ICMP exists in one of them.
    """

    protocol: str | None
    low: int | None = None
    high: int | None = None

    @property
    def families(self) -> Families:
        """The families in which it exists."""
        if self.protocol == "icmp" and self.low is not None:
            return _IPV4
        return _IPV6 if (self.protocol or "").startswith("ipv6-") else BOTH

    @property
    def order(self) -> tuple[Any, ...]:
        """What it is sorted by."""
        return (self.protocol or "", -1 if self.low is None else self.low, -1 if self.high is None else self.high)


def token_of(rule: Rule) -> Token:
    """Return what a rule allows."""
    if rule.protocol == "ipv6-icmp" and rule.port_range_min is None:
        return Token("icmp")
    return Token(rule.protocol, rule.port_range_min, rule.port_range_max)


def traffic_options(tokens: Collection[Token], families: Families) -> dict[str, Any]:
    """Return the options of an entry of ``allow`` for traffic.

    :param families: those of the entry's remotes; each of the tokens exists in one of them
    """
    if name := _SERVICE_NAMES[families].get(frozenset(tokens)):
        return {"service": name}
    ordered = sorted(tokens, key=lambda token: token.order)
    protocols = {token.protocol for token in ordered}
    if len(protocols) == 1 and all(token.low is not None for token in ordered) and takes_ports(ordered[0].protocol):
        ports = [token.low if token.low == token.high else f"{token.low}:{token.high}" for token in ordered]
        return {"ports": ports} if protocols == {"tcp"} else {"protocol": ordered[0].protocol, "ports": ports}
    if len(ordered) == 1 and ordered[0].low is None:
        return {"protocol": ordered[0].protocol or "any"}
    return {"traffic": [text for token in ordered for text in _texts(token, families)]}


def _texts(token: Token, families: Families) -> list[str]:
    """Return what the catalogue calls traffic; there, ICMP has a name for each family."""
    if token == Token("icmp"):
        names = {"IPv4": "icmp", "IPv6": "ipv6-icmp"}
        return [names[family] for family in ETHER_TYPES if family in families]
    text = token.protocol or "any"
    if token.low is None:
        return [text]
    colon = "" if token.high is None or (token.high == token.low and takes_ports(token.protocol)) else f":{token.high}"
    return [f"{text}/{token.low}{colon}"]


def _service_names() -> Mapping[Families, Mapping[frozenset[Token], str]]:
    """Return the names of the catalogue by their traffic in some families, where only one name has it."""
    names: dict[Families, dict[frozenset[Token], list[str]]] = {
        families: defaultdict(list) for families in (BOTH, _IPV4, _IPV6)
    }
    for name in SERVICES:
        rules = expand({"service": name, "ether_type": "any"}, SERVICES)
        tokens = {token_of(rule) for rule in rules}
        for families, found in names.items():
            found[frozenset(token for token in tokens if token.families & families)].append(name)
    return {
        families: {tokens: same[0] for tokens, same in found.items() if len(same) == 1}
        for families, found in names.items()
    }


_SERVICE_NAMES: Final = _service_names()
