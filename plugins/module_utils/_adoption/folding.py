# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules become entries of ``allow``: as few as possible, which stand for exactly these rules.

An entry stands for each of its remotes with each of its traffic. Rules that have something in common are folded by
remotes that have the same traffic, and by traffic that has the same remotes, and the shorter of the two lists is taken.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

from .._rules.rule import ETHER_TYPES, Rule
from .tokens import BOTH, Families, Token, token_of, traffic_options

ANY: Final = "any"
_ANYWHERE: Final = "anywhere"
IPS: Final = "remote_ips"
_OPTIONS: Final = (IPS, "remote_services", "remote_groups", "remote_address_groups")


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
            return (_OPTIONS.index(self.option), 0, 0, 0, self.value)
        address = _interface(self.value)
        return (_OPTIONS.index(self.option), address.version, int(address), address.network.prefixlen, self.value)


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


@dataclass(frozen=True)
class _Product:
    """Traffic that each of some remotes may send or receive, as far as it exists in the families of the remote."""

    ether_type: str
    tokens: frozenset[Token]
    remotes: frozenset[Remote]

    def entry(self, direction: str = "", description: str = "") -> Entry:
        """Return the entry that says this."""
        return Entry(direction, description, self.ether_type, self.tokens, self.remotes)

    @cached_property
    def words(self) -> Mapping[str, Any]:
        """The options of an entry for the traffic."""
        return traffic_options(self.tokens, self.entry().families)

    @cached_property
    def is_specific(self) -> bool:
        """Whether a part of the traffic exists in one family alone."""
        return any(token.families != BOTH for token in self.tokens)

    def with_(self, other: _Product) -> _Product:
        """Return both as one."""
        return _Product(self.ether_type, self.tokens | other.tokens, self.remotes | other.remotes)

    def adds_to(self, other: _Product) -> bool:
        """Whether the other one's remotes would get traffic of this one, if both were one."""
        tokens = self.tokens - other.tokens
        return any(token.families & remote.families for remote in other.remotes - self.remotes for token in tokens)


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
        products = [product for part in _separate(cells) for product in _shorter(part)]
        entries += [product.entry(direction, description) for product in _merged(products)]
    return sorted(entries, key=lambda entry: entry.order)


def _is_open(rule: Rule) -> bool:
    return (rule.key.remote_ip_prefix, rule.remote_group, rule.remote_address_group) == (None, None, None)


def _cells(remote: Remote, tokens: Mapping[str, set[Token]]) -> list[_Cell]:
    """Return the traffic of one remote: in both families as one, where it has both.

    Traffic that exists in one family alone needs no ``ether_type``. It has one where that saves an entry, because all
    else is limited to its family.
    """
    if remote.is_prefix:
        return [_Cell(ANY, token, remote) for found in tokens.values() for token in found]
    in_both = set.intersection(*(tokens.get(family, set()) for family in ETHER_TYPES))
    rest = {family: tokens.get(family, set()) - in_both for family in ETHER_TYPES}
    unlimited = bool(in_both) or any(some and all(token.families != BOTH for token in some) for some in rest.values())
    cells = [_Cell(ANY, token, remote) for token in in_both]
    for family, some in rest.items():
        cells += [_Cell(ANY if unlimited and token.families != BOTH else family, token, remote) for token in some]
    return cells


def _separate(cells: Iterable[_Cell]) -> list[list[_Cell]]:
    """Return cells in parts that have neither traffic nor remotes in common."""
    parts: list[tuple[set[tuple[str, Token | Remote]], list[_Cell]]] = []
    for cell in cells:
        ends: set[tuple[str, Token | Remote]] = {(cell.ether_type, cell.token), (cell.ether_type, cell.remote)}
        touching = [part for part in parts if part[0] & ends]
        parts = [part for part in parts if not part[0] & ends]
        parts.append((ends.union(*(part[0] for part in touching)), [c for part in touching for c in part[1]] + [cell]))
    return [part for _ends, part in parts]


def _shorter(cells: Sequence[_Cell]) -> list[_Product]:
    """Return the shorter of two lists that say the same; of two that are as long, the one that reads better."""

    def length(products: list[_Product]) -> tuple[int, int]:
        listed = sum(len(product.words.get("traffic", ())) for product in products)
        return len(products), listed - sum("service" in product.words for product in products)

    return min(_merged(_by_remotes(cells)), _merged(_by_traffic(cells)), key=length)


def _by_traffic(cells: Iterable[_Cell]) -> list[_Product]:
    """Fold traffic that has the same remotes."""
    remotes: dict[tuple[str, Token], set[Remote]] = defaultdict(set)
    for cell in cells:
        remotes[cell.ether_type, cell.token].add(cell.remote)
    tokens: dict[tuple[str, frozenset[Remote]], set[Token]] = defaultdict(set)
    for (ether_type, token), found in remotes.items():
        tokens[ether_type, frozenset(found)].add(token)
    return [_Product(ether_type, frozenset(some), group) for (ether_type, group), some in tokens.items()]


def _by_remotes(cells: Iterable[_Cell]) -> list[_Product]:
    """Fold remotes that have the same traffic."""
    tokens: dict[tuple[str, Remote], set[Token]] = defaultdict(set)
    for cell in cells:
        tokens[cell.ether_type, cell.remote].add(cell.token)
    remotes: dict[tuple[str, frozenset[Token]], set[Remote]] = defaultdict(set)
    for (ether_type, remote), found in tokens.items():
        remotes[ether_type, frozenset(found)].add(remote)
    return [_Product(ether_type, some, frozenset(group)) for (ether_type, some), group in remotes.items()]


def _merged(products: Iterable[_Product]) -> list[_Product]:
    """Merge what differs only in traffic of one family, and in prefixes of the other, such as the two kinds of ping.

    What is a service of the catalogue together is merged first.
    """
    merged = list(products)
    if not any(product.is_specific for product in merged):
        return merged
    for named in (True, False):
        position = 0
        while position < len(merged):
            one = merged[position]
            partner = next((other for other in merged[position + 1 :] if _fits(one, other, named=named)), None)
            if partner is None:
                position += 1
            else:
                merged.remove(partner)
                merged[position] = one.with_(partner)
    return merged


def _fits(one: _Product, other: _Product, *, named: bool) -> bool:
    """Tell whether two can be merged.

    :param named: only if they are a service of the catalogue together
    """
    return (
        one.ether_type == other.ether_type
        and (one.is_specific or other.is_specific)
        and not one.adds_to(other)
        and not other.adds_to(one)
        and (not named or "service" in one.with_(other).words)
    )


def _family(prefix: str) -> str:
    return f"IPv{_interface(prefix).version}"


@lru_cache(maxsize=10_000)
def _interface(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    return ipaddress.ip_interface(text)


def prefix_text(prefix: str) -> str:
    """Return a prefix as people write it: a single address without its length."""
    address = _interface(prefix)
    return str(address.ip) if address.network.num_addresses == 1 else prefix
