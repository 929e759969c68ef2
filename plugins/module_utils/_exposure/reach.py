# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches what: ports that are alike become one class, and each pair of classes is judged on both ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import product
from typing import Any, Final, NamedTuple

from .._rules.rule import ETHER_TYPES, Rule
from . import addresses
from .intervals import Intervals, divided, union
from .remotes import ANY, Remote, Remotes, Signature, remote_of
from .state import Port, State
from .traffic import ALL, together, traffic_of

# What rules say at least of every address.
_ANYWHERE: Final[Signature] = frozenset({ANY})
# Some traffic, and the addresses that it may come from or go to.
_Part = tuple[Intervals, Intervals]


# Compared by identity: there is one for each set of ports, and comparing thousands of ports would take long.
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
    """What ports of one class may send to ports of another in one family, as both ends allow it."""

    source: PortClass
    target: PortClass
    family: str
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
        self.allowed = cache(self._allowed_by)
        self._compiled = cache(self._compile)
        self.listed = cache(self._list)
        self._ordered = cache(lambda group: sorted(state.rules.get(group, ()), key=_order))
        self._parted = cache(self._part)
        self.addresses_of = cache(self._named_addresses)
        self._from_internet = cache(self._wide)

    @cached_property
    def classes(self) -> tuple[PortClass, ...]:
        """The ports, those that are alike together."""
        return tuple(self._classify())

    @cached_property
    def _number_of(self) -> Mapping[str, int]:
        return {port.id: number for number, one in enumerate(self.classes) for port in one.ports}

    def _classify(self) -> Iterator[PortClass]:
        """Group the ports in linear time, in an order that depends on nothing but the state."""
        alike: dict[tuple[Any, ...], list[Port]] = defaultdict(list)
        for port in sorted(self._state.ports, key=lambda port: port.id):
            found: dict[str, set[Signature]] = defaultdict(set)
            for text in port.addresses:
                found[addresses.prefix(text)[0]].add(self.remotes.signature(text))
            signatures = tuple((family, frozenset(found[family])) for family in ETHER_TYPES if family in found)
            # Results say why a port is not filtered.
            why_open = None if port.filtered else (port.secured, port.vnic_type)
            alike[port.groups, why_open, port.network_id, port.public, signatures].append(port)
        for (groups, why_open, network_id, public, signatures), ports in alike.items():
            hidden = frozenset() if why_open else groups - self._state.rules.keys()
            yield PortClass(groups, why_open is None, network_id, public, signatures, hidden, tuple(ports))

    def of(self, ports: Collection[str], only: Mapping[str, Intervals]) -> list[PortClass]:
        """Return the classes of some ports, with these ports alone.

        :param only: if not empty, the addresses by family that count: there is a class for each that rules tell apart
        """
        found: list[PortClass] = []
        for number in sorted({self._number_of[port_id] for port_id in ports}):
            one = self.classes[number]
            part = replace(one, ports=tuple(port for port in one.ports if port.id in ports))
            found += self._with(part, only) if only else [part]
        return found

    def _with(self, port_class: PortClass, only: Mapping[str, Intervals]) -> Iterator[PortClass]:
        alike: dict[tuple[str, Signature], list[Port]] = defaultdict(list)
        for port in port_class.ports:
            for text in sorted(port.addresses, key=addresses.interval):
                family, (number, _number) = addresses.interval(text)
                if family in only and number in only[family]:
                    alike[family, self.remotes.signature(text)].append(port)
        for (family, signature), ports in alike.items():
            signatures = ((family, frozenset({signature})),)
            yield replace(port_class, signatures=signatures, ports=tuple(dict.fromkeys(ports)))

    def edges(self) -> Iterator[Edge]:
        """Yield what rules that name a class by a group or by addresses let it send to each class.

        A class of several ports may send to itself. Left out is what the target takes from the whole Internet anyway.
        Only classes of which rules of the target say something are looked at: of 1,000 classes, few name each other.
        """
        mentioned: dict[Remote, list[int]] = defaultdict(list)
        for number, source in enumerate(self.classes):
            for remote in {one for _family, found in source.signatures for signature in found for one in signature}:
                mentioned[remote].append(number)
        for target in self.classes:
            named = {one for family in target.families for one in self._rules_of(target, "ingress", family)}
            for number in sorted({number for remote in named - {ANY} for number in mentioned[remote]}):
                if not is_one_port(self.classes[number], target):
                    yield from self._beyond_the_internet(self.classes[number], target)

    def _beyond_the_internet(self, source: PortClass, target: PortClass) -> Iterator[Edge]:
        for family, ways in self._ways(source, target):
            named = [(by - {ANY}, to) for by, to in ways]
            traffic = together([self._passes_both(source, target, family, by, to) for by, to in named])
            if not traffic <= self._from_internet(target.groups, "ingress", family):
                yield Edge(source, target, family, traffic)

    def edges_from(self, sources: Iterable[PortClass]) -> Iterator[Edge]:
        """Yield all that some classes may send to each class."""
        for source, target in product(sources, self.classes):
            for family, ways in self._ways(source, target) if not is_one_port(source, target) else ():
                if traffic := together([self._passes_both(source, target, family, by, to) for by, to in ways]):
                    yield Edge(source, target, family, traffic)

    def between(self, source: PortClass, target: PortClass) -> Intervals:
        """Return what ports of one class may send to ports of another: egress of the one and ingress of the other."""
        return together(
            [
                self._passes_both(source, target, family, by, to)
                for family, ways in self._ways(source, target)
                for by, to in ways
            ]
        )

    def _ways(self, source: PortClass, target: PortClass) -> Iterator[tuple[str, list[tuple[Signature, Signature]]]]:
        """Yield the families of both classes, and what rules say of each two addresses of them."""
        targets = dict(target.signatures)
        for family, origins in source.signatures:
            if family in targets:
                yield family, list(product(origins, targets[family]))

    def _passes_both(
        self, source: PortClass, target: PortClass, family: str, by: Signature, to: Signature
    ) -> Intervals:
        return self._passes(source, "egress", family, to) & self._passes(target, "ingress", family, by)

    def possible(self, source: PortClass, target: PortClass) -> Intervals:
        """Return what may pass if what cannot be seen allows it: rules of groups, and addresses of address groups.

        That a port of another project has one of the addresses by chance, and a group that is named, is left out.
        """
        return together(
            [
                self._may_pass(source, "egress", family, to) & self._may_pass(target, "ingress", family, by)
                for family, ways in self._ways(source, target)
                for by, to in ways
            ]
        )

    def _may_pass(self, port_class: PortClass, direction: str, family: str, remote: Signature) -> Intervals:
        if port_class.hidden:
            return ALL
        unseen = self.unseen_address_groups(port_class, direction, family)
        return self._passes(port_class, direction, family, remote) | together([rule.traffic for rule in unseen])

    def unseen_address_groups(self, port_class: PortClass, direction: str, family: str) -> list[GroupRule]:
        """Return the rules of a class for address groups that cannot be seen."""
        return [
            rule
            for rule in self.rules(port_class, direction, family)
            if rule.remote.kind == "address_group" and self._state.unseen_remote(rule.rule) is not None
        ]

    def passing(self, source: PortClass, target: PortClass, direction: str) -> tuple[Intervals, Intervals]:
        """Return what one end lets pass, in any family, and what it may let pass, whatever the other end does.

        :param direction: ``egress`` for the source, ``ingress`` for the target
        """
        here, there = (source, target) if direction == "egress" else (target, source)
        ends = [
            (here, direction, family, signature)
            for family, signatures in there.signatures
            if family in here.families
            for signature in signatures
        ]
        return together([self._passes(*end) for end in ends]), together([self._may_pass(*end) for end in ends])

    def allowing(self, source: PortClass, target: PortClass, traffic: Intervals, *families: str) -> list[GroupRule]:
        """Return the rules of both ends by which some of the traffic passes: first those of the source.

        :param families: those that count; without, all
        """
        sent: list[GroupRule] = []
        taken: list[GroupRule] = []
        for family, ways in self._ways(source, target):
            if not families or family in families:
                passing = [(by, to, self._passes_both(source, target, family, by, to) & traffic) for by, to in ways]
                sent += self._used(source, "egress", family, [(to, part) for _by, to, part in passing])
                taken += self._used(target, "ingress", family, [(by, part) for by, _to, part in passing])
        return sent + taken

    def _used(
        self, port_class: PortClass, direction: str, family: str, passing: Collection[tuple[Signature, Intervals]]
    ) -> list[GroupRule]:
        """Return the rules by which some traffic passes, each for addresses of which rules say the same."""
        return [
            rule
            for rule in self.rules(port_class, direction, family)
            if any(rule.remote in remote and rule.traffic.overlaps(part) for remote, part in passing)
        ]

    def allowing_outside(
        self, port_class: PortClass, direction: str, family: str, outside: Intervals, traffic: Intervals
    ) -> list[GroupRule]:
        """Return the rules that allow some of the traffic with some addresses outside."""
        return [
            rule
            for rule in self.rules(port_class, direction, family)
            if rule.traffic.overlaps(traffic) and self.addresses_of(rule.remote, family).overlaps(outside)
        ]

    def _rules_of(self, port_class: PortClass, direction: str, family: str) -> Mapping[Remote, Intervals]:
        return self._compiled(port_class.groups, direction, family) if port_class.filtered else {}

    def _passes(self, port_class: PortClass, direction: str, family: str, remote: Signature) -> Intervals:
        return self.allowed(port_class.groups, direction, family, remote) if port_class.filtered else ALL

    def _allowed_by(self, groups: frozenset[str], direction: str, family: str, remote: Signature) -> Intervals:
        """Return what groups allow to or from an address of which rules say the same."""
        rules = self._compiled(groups, direction, family)
        return together([rules[one] for one in remote if one in rules])

    def _compile(self, groups: frozenset[str], direction: str, family: str) -> Mapping[Remote, Intervals]:
        """Return what groups allow, by what their rules name on the other side."""
        found: dict[Remote, list[Intervals]] = defaultdict(list)
        for _group, _rule, remote, traffic in self.listed(groups, direction, family):
            found[remote].append(traffic)
        return {remote: together(parts) for remote, parts in found.items()}

    def _list(self, groups: frozenset[str], direction: str, family: str) -> tuple[GroupRule, ...]:
        return tuple(
            GroupRule(group, rule, remote_of(rule), traffic_of(rule, self._state.backend))
            for group in sorted(groups)
            for rule in self._ordered(group)
            if (rule.direction, rule.ether_type) == (direction, family)
        )

    def rules(self, port_class: PortClass, direction: str, family: str) -> tuple[GroupRule, ...]:
        """Return the rules that decide what passes at ports of a class; none where nothing is filtered."""
        return self.listed(port_class.groups, direction, family) if port_class.filtered else ()

    def outside(
        self, port_class: PortClass, direction: str, family: str, wanted: Intervals
    ) -> tuple[Intervals, Intervals]:
        """Return what may pass with all of some addresses outside, and what with any of them."""
        if not port_class.filtered:
            return ALL, ALL
        parts = self._parted(port_class.groups, direction, family)
        return (
            together([traffic for traffic, found in parts if wanted <= found]),
            together([traffic for traffic, found in parts if wanted & found]),
        )

    def exposures(self) -> Iterator[Exposure]:
        """Yield what each class may receive from and send to addresses that rules name by themselves."""
        for port_class in self.classes:
            for direction in ("ingress", "egress"):
                for family in port_class.families:
                    yield from self.exposures_of(port_class, direction, family)

    def exposures_of(self, port_class: PortClass, direction: str, family: str) -> Iterator[Exposure]:
        """Yield the sets of addresses that may send something else than the whole Internet, and what they may send.

        A set has all of its traffic, as rules say it, even if the Internet has a part of it.
        """
        if not port_class.filtered:
            yield Exposure(port_class, direction, family, addresses.WORLD[family], ALL)
            return
        which, internet = (port_class.groups, direction, family), addresses.INTERNET[family]
        wide = _by_addresses(part for part in self._parted(*which) if internet <= part[1])
        narrow = _by_addresses(_divided([one for one in self._sets(*which) if not internet <= one[1]]))
        own = {
            found: traffic
            for found, traffic in _with_all(narrow).items()
            if found not in wide and not traffic <= self._from_internet(*which)
        }
        for found, traffic in sorted({**wide, **own}.items(), key=lambda item: item[0].parts):
            yield Exposure(port_class, direction, family, found, traffic)

    def _wide(self, groups: frozenset[str], direction: str, family: str) -> Intervals:
        """Return what groups allow with all of the Internet."""
        parts = self._parted(groups, direction, family)
        return together([traffic for traffic, found in parts if addresses.INTERNET[family] <= found])

    def _part(self, groups: frozenset[str], direction: str, family: str) -> tuple[_Part, ...]:
        """Divide traffic where the set of addresses outside changes that groups allow it for."""
        return tuple(_divided(self._sets(groups, direction, family)))

    def _sets(self, groups: frozenset[str], direction: str, family: str) -> list[_Part]:
        """Return traffic that rules allow, with the addresses outside that they name."""
        rules = self._compiled(groups, direction, family).items()
        return [(traffic, found) for remote, traffic in rules if (found := self.addresses_of(remote, family))]

    def _named_addresses(self, remote: Remote, family: str) -> Intervals:
        """Return the addresses that a remote stands for, apart from those of ports that are members of a group."""
        if remote == ANY:
            return addresses.WORLD[family]
        if remote.kind == "group":
            return self.remotes.pairs(remote.value, family)
        prefixes = map(addresses.interval, self.remotes.prefixes(remote))
        return union(part for found, part in prefixes if found == family)


def is_one_port(one: PortClass, other: PortClass) -> bool:
    """Return whether two classes are the same single port, which does not reach itself through the network."""
    return len(one.ports) == 1 and one.ports == other.ports


def _order(rule: Rule) -> tuple[Any, ...]:
    """Return what rules of a group are sorted by, in which they differ."""
    ports = [-1 if end is None else end for end in (rule.port_range_min, rule.port_range_max)]
    remotes = (rule.remote_ip_prefix, rule.remote_group, rule.remote_address_group)
    return (rule.protocol or "", *ports, *(remote or "" for remote in remotes), rule.id or "")


def _divided(sets: Collection[_Part]) -> Iterator[_Part]:
    """Yield the parts of traffic in which the same sets overlap, each with the union of what the sets are for."""
    for part in divided(traffic for traffic, _found in sets):
        ((low, _high),) = part.parts
        # Each set has all of the part or nothing of it.
        yield part, together([found for traffic, found in sets if low in traffic])


def _by_addresses(parts: Iterable[_Part]) -> dict[Intervals, Intervals]:
    """Join traffic that is for the same addresses."""
    joined: dict[Intervals, list[Intervals]] = defaultdict(list)
    for traffic, found in parts:
        joined[found].append(traffic)
    return {found: together(parts_of_it) for found, parts_of_it in joined.items()}


def _with_all(by_addresses: Mapping[Intervals, Intervals]) -> dict[Intervals, Intervals]:
    """Add the traffic that is for these addresses and more."""
    return {
        found: together([traffic for other, traffic in by_addresses.items() if found <= other])
        for found in by_addresses
    }
