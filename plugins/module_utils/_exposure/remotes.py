# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rules say of an address: which of the remotes that they name contain it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from .._rules.rule import Rule
from . import addresses
from .intervals import Intervals, union
from .state import State


class Remote(NamedTuple):
    """What a rule names on the other side: ``prefix``, ``group``, ``address_group``, or ``any``; and its value."""

    kind: str
    value: str = ""


Signature = frozenset[Remote]

ANY: Final = Remote("any")
# On these, the addresses of allowed address pairs are members of the groups that the port has.
_PAIRS_ARE_MEMBERS: Final = frozenset({"ovs", "iptables", "unknown"})


def remote_of(rule: Rule) -> Remote:
    """Return what a rule names on the other side; prefixes without the bits of a host, and those of length 0 as any."""
    if rule.remote_group is not None:
        return Remote("group", rule.remote_group)
    if rule.remote_address_group is not None:
        return Remote("address_group", rule.remote_address_group)
    if rule.remote_ip_prefix is None:
        return ANY
    network = addresses.network(rule.remote_ip_prefix)
    return Remote("prefix", str(network)) if network.prefixlen else ANY


class Remotes:
    """All remotes that rules name, to find those that contain an address.

    A remote group is a set of addresses: a port of any network that has one of them counts as a member.
    """

    def __init__(self, state: State) -> None:
        """Collect the remotes of a state."""
        self._state = state
        pairs_count = state.backend in _PAIRS_ARE_MEMBERS
        self._with_pairs = [port for port in state.ports if port.pairs and pairs_count]
        named = {remote_of(rule) for rules in state.rules.values() for rule in rules}
        self._named_groups = {remote.value for remote in named if remote.kind == "group"}
        # By family and length of the prefix, so that an address is looked up once for each length.
        self._prefixes: dict[str, dict[int, dict[int, set[Remote]]]] = {"IPv4": {}, "IPv6": {}}
        for remote in named:
            for text in self.prefixes(remote):
                self._add(remote, text)
        for port in state.ports:
            for group in port.groups & self._named_groups:
                for text in (*port.addresses, *(port.pairs if pairs_count else ())):
                    self._add(Remote("group", group), text)
        self.signature = cache(self._signature)

    def pairs(self, group: str, family: str) -> Intervals:
        """Return the addresses that a group stands for as a remote, beyond the fixed addresses of its ports."""
        texts = (text for port in self._with_pairs if group in port.groups for text in port.pairs)
        return union(part for found, part in map(addresses.interval, texts) if found == family)

    def prefixes(self, remote: Remote) -> Iterable[str]:
        """Return the prefixes that a remote stands for by itself; none of a group, or of any address."""
        if remote.kind == "prefix":
            return [remote.value]
        return self._state.address_groups.get(remote.value, ()) if remote.kind == "address_group" else ()

    def _add(self, remote: Remote, text: str) -> None:
        family, first, length = addresses.prefix(text)
        self._prefixes[family].setdefault(length, defaultdict(set))[first].add(remote)

    def _signature(self, text: str) -> Signature:
        """Return the remotes that contain an address."""
        family, number, longest = addresses.prefix(text)
        found = {ANY}
        for length, prefixes in self._prefixes[family].items():
            host = longest - length
            found |= prefixes.get(number >> host << host, set())
        return frozenset(found)
