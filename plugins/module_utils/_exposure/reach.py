# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches what: ports that are alike become one class, and each pair of classes is judged on both ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import Any, Final, NamedTuple

from .._rules.rule import ETHER_TYPES, Rule
from . import addresses
from .intervals import NOTHING, Intervals, union
from .remotes import ANY, Remote, Remotes, Signature, remote_of
from .state import Port, State
from .traffic import ALL, together, traffic_of

# What rules say at least of every address.
_ANYWHERE: Final[Signature] = frozenset({ANY})


# Told apart by identity: there is one for each set of ports, and comparing thousands of ports would take long.
@dataclass(frozen=True, eq=False)
class PortClass:
    """Ports that nothing tells apart: their groups, their network, and what rules say of their addresses are the same.

    ``signatures`` holds what rules say of the addresses, by family. ``hidden`` are those of its groups whose rules
    cannot be seen.
    """

    groups: frozenset[str]
    filtered: bool
    network_id: str
    public: frozenset[str]
    signatures: tuple[tuple[str, frozenset[Signature]], ...]
    hidden: frozenset[str]
    ports: tuple[Port, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """The families of which its ports have addresses."""
        return tuple(family for family, _signatures in self.signatures)


class GroupRule(NamedTuple):
    """A rule of a group, with what it names on the other side and the traffic that it is about."""

    group: str
    rule: Rule
    remote: Remote
    traffic: Intervals


@dataclass(frozen=True)
class Edge:
    """What ports of one class may send to ports of another, as both ends allow it."""

    source: PortClass
    target: PortClass
    traffic: Intervals


@dataclass(frozen=True)
class Exposure:
    """What addresses outside may send to ports of a class, or the other way round.

    ``internet`` means that all of the Internet is among the addresses.
    """

    port_class: PortClass
    direction: str
    family: str
    addresses: Intervals
    traffic: Intervals

    @property
    def internet(self) -> bool:
        """Whether the addresses contain all of the Internet: however many rules it takes to say so."""
        return addresses.INTERNET[self.family] <= self.addresses


class Reach:
    """The reachability of a state."""

    def __init__(self, state: State) -> None:
        """Prepare to judge a state."""
        self._state = state
        self.remotes = Remotes(state)
        self._allowed = cache(self._allowed_by)
        self._compiled = cache(self._compile)
        self._listed = cache(self._list)
        self.classes = tuple(self._classify())

    def _classify(self) -> Iterator[PortClass]:
        """Group the ports in linear time, in an order that depends on nothing but the state."""
        alike: dict[tuple[Any, ...], list[Port]] = defaultdict(list)
        for port in sorted(self._state.ports, key=lambda port: port.id):
            found: dict[str, set[Signature]] = defaultdict(set)
            for text in port.addresses:
                found[addresses.prefix(text)[0]].add(self.remotes.signature(text))
            signatures = tuple((family, frozenset(found[family])) for family in ETHER_TYPES if family in found)
            alike[port.groups, port.filtered, port.network_id, port.public, signatures].append(port)
        for (groups, filtered, network_id, public, signatures), ports in alike.items():
            hidden = groups - self._state.rules.keys() if filtered else frozenset()
            yield PortClass(groups, filtered, network_id, public, signatures, hidden, tuple(ports))

    def edges(self) -> Iterator[Edge]:
        """Yield what each class may send to each class, itself included, beyond what the target takes from anywhere.

        Only classes of which rules of the target say something are looked at: of 1,000 classes, few name each other.
        """
        mentioned: dict[Remote, list[int]] = defaultdict(list)
        for number, source in enumerate(self.classes):
            for remote in {one for _family, found in source.signatures for signature in found for one in signature}:
                mentioned[remote].append(number)
        for target in self.classes:
            named = {one for family in target.families for one in self._rules_of(target, "ingress", family)}
            for number in sorted({number for remote in named - {ANY} for number in mentioned[remote]}):
                if traffic := self._between(self.classes[number], target, beyond=True):
                    yield Edge(self.classes[number], target, traffic)

    def between(self, source: PortClass, target: PortClass) -> Intervals:
        """Return what ports of one class may send to ports of another: egress of the one and ingress of the other."""
        return self._between(source, target, beyond=False)

    def possible(self, source: PortClass, target: PortClass) -> Intervals:
        """Return what may pass if what cannot be seen allows it: rules of groups, and addresses of address groups.

        That a port of another project has one of the addresses by chance, and a group that is named, is left out.
        """
        sent, taken = self._unseen(source, "egress"), self._unseen(target, "ingress")
        if not sent and not taken:
            return self.between(source, target)
        sent |= self.passing(source, target, "egress")
        return sent & (taken | self.passing(source, target, "ingress"))

    def _unseen(self, port_class: PortClass, direction: str) -> Intervals:
        if port_class.hidden:
            return ALL
        return together([rule.traffic for rule in self.unseen_address_groups(port_class, direction)])

    def unseen_address_groups(self, port_class: PortClass, direction: str) -> list[GroupRule]:
        """Return the rules of a class for address groups that cannot be seen."""
        return [
            rule
            for family in port_class.families
            for rule in self.rules(port_class, direction, family)
            if rule.remote.kind == "address_group" and self._state.unseen_remote(rule.rule) is not None
        ]

    def passing(self, source: PortClass, target: PortClass, direction: str) -> Intervals:
        """Return what one end lets pass, in any family, whatever the other end does.

        :param direction: ``egress`` for the source, ``ingress`` for the target
        """
        here, there = (source, target) if direction == "egress" else (target, source)
        return together(
            [
                self.passes(here, direction, family, signature)
                for family, signatures in there.signatures
                if family in here.families
                for signature in signatures
            ]
        )

    def allowing(self, source: PortClass, target: PortClass, traffic: Intervals) -> list[GroupRule]:
        """Return the rules of both ends that allow some of the traffic: first those of the source."""
        found = []
        for here, there, direction in ((source, target, "egress"), (target, source, "ingress")):
            signatures = dict(there.signatures)
            for family in here.families:
                remotes = frozenset().union(*signatures.get(family, ()))
                found += [rule for rule in self.rules(here, direction, family) if rule.remote in remotes]
        return [rule for rule in found if rule.traffic & traffic]

    def allowing_outside(
        self, port_class: PortClass, direction: str, family: str, outside: Intervals, traffic: Intervals
    ) -> list[GroupRule]:
        """Return the rules that allow some of the traffic with some addresses outside."""
        return [
            rule
            for rule in self.rules(port_class, direction, family)
            if rule.remote.kind != "group"
            and rule.traffic & traffic
            and self.addresses_of(rule.remote, family) & outside
        ]

    def _between(self, source: PortClass, target: PortClass, *, beyond: bool) -> Intervals:
        targets = dict(target.signatures)
        found = []
        for family, origins in source.signatures:
            anyone = self.passes(target, "ingress", family, _ANYWHERE) if beyond else NOTHING
            for by, to in product(origins, targets.get(family, ())):
                taken = self.passes(target, "ingress", family, by) - anyone
                found.append(self.passes(source, "egress", family, to) & taken)
        return together(found)

    def _rules_of(self, port_class: PortClass, direction: str, family: str) -> Mapping[Remote, Intervals]:
        return self._compiled(port_class.groups, direction, family) if port_class.filtered else {}

    def passes(self, port_class: PortClass, direction: str, family: str, remote: Signature) -> Intervals:
        """Return what rules of a class let pass to or from an address, of which rules say this."""
        return self._allowed(port_class.groups, direction, family, remote) if port_class.filtered else ALL

    def _allowed_by(self, groups: frozenset[str], direction: str, family: str, remote: Signature) -> Intervals:
        """Return what groups allow to or from an address of which rules say the same."""
        rules = self._compiled(groups, direction, family)
        return together([rules[one] for one in remote if one in rules])

    def _compile(self, groups: frozenset[str], direction: str, family: str) -> Mapping[Remote, Intervals]:
        """Return what groups allow, by what their rules name on the other side."""
        found: dict[Remote, list[Intervals]] = defaultdict(list)
        for _group, _rule, remote, traffic in self._listed(groups, direction, family):
            found[remote].append(traffic)
        return {remote: together(parts) for remote, parts in found.items()}

    def _list(self, groups: frozenset[str], direction: str, family: str) -> tuple[GroupRule, ...]:
        return tuple(
            GroupRule(group, rule, remote_of(rule), traffic_of(rule, self._state.backend))
            for group in sorted(groups)
            for rule in self._state.rules.get(group, ())
            if (rule.direction, rule.ether_type) == (direction, family)
        )

    def rules(self, port_class: PortClass, direction: str, family: str) -> tuple[GroupRule, ...]:
        """Return the rules that decide what passes at ports of a class; none where nothing is filtered."""
        return self._listed(port_class.groups, direction, family) if port_class.filtered else ()

    def exposures(self) -> Iterator[Exposure]:
        """Yield what each class may receive from and send to addresses that rules name by themselves."""
        for port_class in self.classes:
            for direction in ("ingress", "egress"):
                for family in port_class.families:
                    yield from self.exposures_of(port_class, direction, family)

    def exposures_of(self, port_class: PortClass, direction: str, family: str) -> Iterator[Exposure]:
        """Divide traffic where the set of addresses that may send it changes, and join what has equal sets again."""
        if not port_class.filtered:
            yield Exposure(port_class, direction, family, addresses.WORLD[family], ALL)
            return
        rules = [
            (self.addresses_of(remote, family), traffic)
            for remote, traffic in self._compiled(port_class.groups, direction, family).items()
            if remote.kind != "group"
        ]
        by_addresses: dict[Intervals, list[Intervals]] = defaultdict(list)
        for part in divided(traffic for _addresses, traffic in rules):
            allowed = together([found for found, traffic in rules if part <= traffic])
            by_addresses[allowed].append(part)
        for found, parts in sorted(by_addresses.items(), key=lambda item: item[0].parts):
            if found:
                yield Exposure(port_class, direction, family, found, together(parts))

    def addresses_of(self, remote: Remote, family: str) -> Intervals:
        """Return the addresses of a remote other than a group."""
        if remote == ANY:
            return addresses.WORLD[family]
        if remote.kind == "prefix":
            own, first, length = remote.value.split(" ")
            return union([addresses.interval(f"{addresses.address(own, int(first))}/{length}")[1]])
        texts = self._state.address_groups.get(remote.value, ())
        return union(part for found, part in map(addresses.interval, texts) if found == family)


def divided(sets: Iterable[Intervals]) -> Iterator[Intervals]:
    """Yield the parts of a union in which the same sets overlap."""
    parts = [part for one in sets for part in one.parts]
    starts = sorted({*(low for low, _high in parts), *(high + 1 for _low, high in parts)})
    whole = union(parts)
    for low, following in pairwise(starts):
        if low in whole:
            yield Intervals(((low, following - 1),))
