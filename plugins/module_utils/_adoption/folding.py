# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules become entries of ``allow``: as few as possible, which stand for exactly these rules.

An entry stands for each of its remotes with each of its traffic. Rules are folded by remotes that have the same
traffic, and by traffic that has the same remotes, and the shorter of the two lists is taken.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from .._rules.rule import ETHER_TYPES, Rule
from .tokens import BOTH, Families, Token, token_of, traffic_options

ANY: Final = "any"
_ANYWHERE: Final = "anywhere"
IPS: Final = "remote_ips"


class Remote(NamedTuple):
    """An option for remotes, and one of its values."""

    option: str
    value: str

    @property
    def families(self) -> Families:
        """The families that it has: a prefix has one, everything else both."""
        return frozenset([_family(self.value)]) if self.is_prefix else BOTH

    @property
    def is_prefix(self) -> bool:
        """Whether it is an address or a network."""
        return self.option == IPS and self.value != _ANYWHERE

    @property
    def order(self) -> tuple[Any, ...]:
        """What it is sorted by."""
        if not self.is_prefix:
            return (self.option, 0, 0, 0, self.value)
        address = _interface(self.value)
        return (self.option, address.version, int(address), address.network.prefixlen, self.value)


@dataclass(frozen=True)
class Entry:
    """An entry of ``allow``: what is allowed, for each remote, in all families that both have."""

    direction: str
    description: str
    ether_type: str
    tokens: frozenset[Token]
    remotes: frozenset[Remote]

    @property
    def families(self) -> Families:
        """The families of its rules' remotes."""
        if self.ether_type != ANY:
            return frozenset([self.ether_type])
        return frozenset(family for remote in self.remotes for family in remote.families)

    def options(self) -> dict[str, Any]:
        """Return the options of the entry."""
        options = traffic_options(self.tokens, self.families)
        if self.direction != "ingress":
            options["direction"] = self.direction
        if self.ether_type != ANY:
            options["ether_type"] = self.ether_type
        for remote in sorted(self.remotes, key=lambda remote: remote.order):
            options.setdefault(remote.option, []).append(remote.value)
        if self.description:
            options["description"] = self.description
        return options

    @property
    def order(self) -> tuple[Any, ...]:
        """What it is sorted by: ingress first, then by traffic and remotes."""
        tokens = sorted(token.order for token in self.tokens)
        remotes = sorted(remote.order for remote in self.remotes)
        return (self.direction != "ingress", tokens, remotes, self.ether_type, self.description)


@dataclass(frozen=True)
class _Cell:
    """Traffic and a remote: one rule, or one in each family."""

    ether_type: str
    token: Token
    remote: Remote


def fold(rules: Iterable[Rule], remote_of: Callable[[Rule], Remote]) -> list[Entry]:
    """Return the entries that stand for exactly these rules, sorted.

    :param remote_of: returns the remote of a rule; rules from anywhere have none, and are not asked for
    """
    parts: dict[tuple[str, str], dict[Remote, dict[str, set[Token]]]] = {}
    for rule in rules:
        remote = Remote(IPS, _ANYWHERE) if _is_open(rule) else remote_of(rule)
        found = parts.setdefault((rule.direction, rule.description or ""), {}).setdefault(remote, defaultdict(set))
        found[rule.ether_type].add(token_of(rule))
    entries = []
    for (direction, description), remotes in parts.items():
        cells = [cell for remote, tokens in remotes.items() for cell in _cells(remote, tokens)]
        cells.sort(key=lambda cell: (cell.ether_type, cell.token.order, cell.remote.order))
        entries += [
            Entry(direction, description, ether_type, frozenset(tokens), frozenset(group))
            for ether_type, tokens, group in _shorter(_by_remotes(cells), _by_traffic(cells))
        ]
    return sorted(entries, key=lambda entry: entry.order)


def _is_open(rule: Rule) -> bool:
    return (rule.key.remote_ip_prefix, rule.remote_group, rule.remote_address_group) == (None, None, None)


def _cells(remote: Remote, tokens: Mapping[str, set[Token]]) -> list[_Cell]:
    """Return the traffic of one remote: in both families as one, where it has both.

    Traffic that exists in one family alone needs no ``ether_type``, unless everything else is limited to that family.
    """
    if remote.is_prefix:
        return [_Cell(ANY, token, remote) for found in tokens.values() for token in found]
    in_both = set.intersection(*(tokens.get(family, set()) for family in ETHER_TYPES))
    cells = [_Cell(ANY, token, remote) for token in in_both]
    for family in ETHER_TYPES:
        rest = tokens.get(family, set()) - in_both
        limited = any(token.families == BOTH for token in rest)
        for token in rest:
            needs_no_limit = token.families != BOTH and (in_both or not limited)
            cells.append(_Cell(ANY if needs_no_limit else family, token, remote))
    return cells


_Products = Sequence[tuple[str, frozenset[Token], frozenset[Remote]]]


def _shorter(by_remotes: _Products, by_traffic: _Products) -> _Products:
    """Return the shorter list; of two that are as long, the one with more names of the catalogue."""

    def names(products: _Products) -> int:
        entries = (Entry("ingress", "", *product) for product in products)
        return sum("service" in traffic_options(entry.tokens, entry.families) for entry in entries)

    return min(by_remotes, by_traffic, key=lambda products: (len(products), -names(products)))


def _by_traffic(cells: Iterable[_Cell]) -> _Products:
    """Fold traffic that has the same remotes."""
    remotes: dict[tuple[str, Token], set[Remote]] = defaultdict(set)
    for cell in cells:
        remotes[cell.ether_type, cell.token].add(cell.remote)
    tokens: dict[tuple[str, frozenset[Remote]], set[Token]] = defaultdict(set)
    for (ether_type, token), found in remotes.items():
        tokens[ether_type, frozenset(found)].add(token)
    return [(ether_type, frozenset(some), group) for (ether_type, group), some in tokens.items()]


def _by_remotes(cells: Iterable[_Cell]) -> _Products:
    """Fold remotes that have the same traffic, as far as it exists in their families."""
    tokens: dict[tuple[str, Remote], set[Token]] = defaultdict(set)
    for cell in cells:
        tokens[cell.ether_type, cell.remote].add(cell.token)
    common: dict[tuple[str, frozenset[Token]], dict[Remote, frozenset[Token]]] = defaultdict(dict)
    for (ether_type, remote), found in tokens.items():
        in_both = frozenset(token for token in found if token.families == BOTH)
        common[ether_type, in_both][remote] = frozenset(found)
    return [
        (ether_type, some, group) for (ether_type, _in_both), found in common.items() for some, group in _united(found)
    ]


def _united(found: Mapping[Remote, frozenset[Token]]) -> list[tuple[frozenset[Token], frozenset[Remote]]]:
    """Unite remotes that differ at most in traffic which exists in one family alone.

    A prefix of the other family adds its traffic without a change for the others.
    """
    same: dict[tuple[frozenset[Token], Families], set[Remote]] = defaultdict(set)
    for remote, tokens in found.items():
        same[tokens, remote.families].add(remote)
    united = [(tokens, group) for (tokens, families), group in same.items() if families == BOTH]
    rest: dict[str, list[tuple[frozenset[Token], set[Remote]]]] = {family: [] for family in ETHER_TYPES}
    for (tokens, families), group in sorted(same.items(), key=lambda item: sorted(t.order for t in item[0][0])):
        if families == BOTH:
            continue
        (family,) = families
        fitting = next((one for one in united if _in_family(one[0], family) == tokens), None)
        if fitting:
            fitting[1].update(group)
        else:
            rest[family].append((tokens, group))
    united += _pairs(*rest.values())
    return [(tokens, frozenset(group)) for tokens, group in united]


def _in_family(tokens: frozenset[Token], family: str) -> frozenset[Token]:
    return frozenset(token for token in tokens if family in token.families)


def _pairs(
    ipv4: Sequence[tuple[frozenset[Token], set[Remote]]], ipv6: Sequence[tuple[frozenset[Token], set[Remote]]]
) -> list[tuple[frozenset[Token], set[Remote]]]:
    """Unite prefixes of IPv4 with those of IPv6, first where both together are a service of the catalogue."""
    pairs = []
    left = list(ipv6)
    rest = []
    for tokens, group in ipv4:
        named = next((one for one in left if "service" in traffic_options(tokens | one[0], BOTH)), None)
        if named is None:
            rest.append((tokens, group))
        else:
            left.remove(named)
            pairs.append((tokens | named[0], group | named[1]))
    for (tokens, group), (more, others) in zip(rest, left, strict=False):
        pairs.append((tokens | more, group | others))
    longer = rest if len(rest) > len(left) else left
    return pairs + longer[min(len(rest), len(left)) :]


def _family(prefix: str) -> str:
    return f"IPv{_interface(prefix).version}"


@lru_cache(maxsize=10_000)
def _interface(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    return ipaddress.ip_interface(text)


def prefix_text(prefix: str) -> str:
    """Return a prefix as people write it: a single address without its length."""
    address = _interface(prefix)
    return str(address.ip) if address.network.num_addresses == 1 else prefix
