# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that reaches something, one row for each pair of ends and each set of traffic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import product
from typing import Any, Final, cast

from . import addresses, paths
from .directory import Directory, Endpoint
from .hidden import hidden_addresses
from .intervals import Intervals
from .paths import Topology
from .reach import Edge, Exposure, GroupRule, PortClass, Reach
from .traffic import together

_KINDS: Final = ("internet", "addresses", "address_group", "class", "hidden_members")
_INTERNET: Final = "Internet"
_FEW_PREFIXES: Final = 2


@dataclass(frozen=True)
class End:
    """One end of a row, of one of the kinds above; ``name`` is how people know it.

    ``outside`` holds addresses by family. ``group_id`` is that of the group whose members cannot all be seen.
    """

    kind: str
    name: str = ""
    port_class: PortClass | None = None
    outside: Mapping[str, Intervals] = field(default_factory=dict)
    group_id: str = ""

    @cached_property
    def prefixes(self) -> list[str]:
        """The addresses, as the fewest prefixes; none for the Internet, whatever else is among its addresses."""
        found = {} if self.kind == "internet" else self.outside
        return [text for family, part in found.items() for text in addresses.texts(family, part)]

    @cached_property
    def label(self) -> str:
        """The name, or the addresses where these have none."""
        few = self.prefixes[:_FEW_PREFIXES]
        return self.name or (", ".join(few) if few == self.prefixes else f"{len(self.prefixes)} networks")


@dataclass(frozen=True)
class Row:
    """What one end may send to another, in which families, and by which rules; unknown if ``reason`` says why."""

    source: End
    target: End
    families: tuple[str, ...]
    traffic: Intervals
    path: str
    rules: tuple[GroupRule, ...]
    reason: str = ""

    @property
    def inside(self) -> PortClass:
        """The class that the row is about: that of the target, unless that is outside."""
        # No row has addresses at both ends.
        return cast(PortClass, self.target.port_class or self.source.port_class)

    @property
    def order(self) -> tuple[Any, ...]:
        """Rows from the Internet come first, then those from addresses, then those between classes."""
        both = (self.source, self.target)
        ends = [(_KINDS.index(end.kind), end.label, end.prefixes) for end in both]
        first_ports = [end.port_class.ports[0].id if end.port_class else "" for end in both]
        certain = paths.BEST_FIRST.index(self.path)
        return (self.target.port_class is None, *ends, certain, *first_ports, self.families, self.traffic.parts)


class Rows:
    """Lists what reaches what in a state."""

    def __init__(self, reach: Reach, topology: Topology, directory: Directory) -> None:
        self._reach = reach
        self._topology = topology
        self._directory = directory
        self._class = cache(self._end_of)

    def between(self, sources: Sequence[Endpoint] = (), targets: Sequence[Endpoint] = ()) -> list[Row]:
        """Return the rows from any of some ends to any of others, in an order that depends on nothing but the state.

        No ends are all. What a class takes from anywhere is one row, and repeated only for sources that are asked for.
        """
        named = [one for one in self._reach.classes if any(end.covers(one) for end in sources)]
        edges = self._reach.edges_from(named) if named else self._reach.edges()
        found = [*self._exposures(), *map(self._of_edge, edges)]
        rows = [*_joined(found), *self._unknown()]
        wanted = (row for row in rows if _is_one(row.source, sources) and _is_one(row.target, targets))
        return sorted(wanted, key=lambda row: row.order)

    def _end_of(self, port_class: PortClass) -> End:
        return End("class", self._directory.label(port_class), port_class)

    def _of_edge(self, edge: Edge) -> Row:
        path = self._topology.between(edge.source.network_id, edge.target.network_id)
        rules = tuple(self._reach.allowing(edge.source, edge.target, edge.traffic, edge.family))
        return Row(self._class(edge.source), self._class(edge.target), (edge.family,), edge.traffic, path, rules)

    def _exposures(self) -> Iterator[Row]:
        """Yield the rows with an end outside; the Internet is one end, whatever other addresses rules add to it."""
        internet: dict[tuple[PortClass, str, str], Exposure] = {}
        for exposure in self._reach.exposures():
            if exposure.internet:
                key = (exposure.port_class, exposure.direction, exposure.family)
                other = internet.get(key, exposure)
                found, traffic = other.addresses | exposure.addresses, other.traffic | exposure.traffic
                internet[key] = replace(exposure, addresses=found, traffic=traffic)
            else:
                yield self._of_exposure(exposure)
        yield from map(self._of_exposure, internet.values())

    def _of_exposure(self, exposure: Exposure) -> Row:
        port_class, family, found = exposure.port_class, exposure.family, exposure.addresses
        rules = tuple(self._reach.allowing_outside(port_class, exposure.direction, family, found, exposure.traffic))
        here, there = self._class(port_class), self._outside(exposure, rules)
        ends = (port_class.network_id, port_class.public, exposure.direction, family)
        path = self._topology.internet(*ends) if exposure.internet else self._topology.outside(found, *ends)
        source, target = (there, here) if exposure.direction == "ingress" else (here, there)
        return Row(source, target, (family,), exposure.traffic, path, rules)

    def _outside(self, exposure: Exposure, rules: Iterable[GroupRule]) -> End:
        found = {exposure.family: exposure.addresses}
        if exposure.internet:
            return End("internet", _INTERNET, outside=found)
        groups = {rule.rule.remote_address_group for rule in rules}
        if None not in groups:
            names = sorted(self._directory.name_of(group) for group in groups if group is not None)
            return End("address_group", ", ".join(names), outside=found)
        return End("addresses", outside=found)

    def _unknown(self) -> Iterator[Row]:
        """Yield what may pass to and from addresses of groups and address groups that cannot be seen."""
        for port_class, direction in product(self._reach.classes, ("ingress", "egress")):
            found: dict[str, list[Row]] = defaultdict(list)
            for family in port_class.families:
                for group, rules in self._unseen(port_class, direction, family).items():
                    found[group].append(self._hidden(group, port_class, direction, family, rules))
            for _group, rows in sorted(found.items()):
                yield from _joined(rows)

    def _unseen(self, port_class: PortClass, direction: str, family: str) -> dict[str, list[GroupRule]]:
        """Return rules by the group that they name and of which not all addresses can be seen."""
        found: dict[str, list[GroupRule]] = defaultdict(list)
        for rule in self._reach.rules(port_class, direction, family):
            if (unseen := self._directory.state.unseen_remote(rule.rule)) is not None:
                found[unseen].append(rule)
        return found

    def _hidden(
        self, group: str, port_class: PortClass, direction: str, family: str, rules: Sequence[GroupRule]
    ) -> Row:
        name = self._directory.name_of(group)
        there, here = End("hidden_members", name, group_id=group), self._class(port_class)
        source, target = (there, here) if direction == "ingress" else (here, there)
        traffic = together([rule.traffic for rule in rules])
        return Row(source, target, (family,), traffic, paths.UNKNOWN, tuple(rules), hidden_addresses([name]))


def _joined(rows: Iterable[Row]) -> list[Row]:
    """Return the rows, with those that differ in the family alone as one."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        ends = [(end.kind, end.name, end.port_class) for end in (row.source, row.target)]
        key = (*ends, row.traffic, row.path)
        other = found.get(key)
        found[key] = row if other is None else _both(*sorted((row, other), key=lambda one: one.families))
    return list(found.values())


def _both(row: Row, other: Row) -> Row:
    source, target = (
        replace(end, outside={**end.outside, **other_end.outside})
        for end, other_end in ((row.source, other.source), (row.target, other.target))
    )
    rules = tuple(dict.fromkeys((*row.rules, *other.rules)))
    return replace(row, source=source, target=target, families=(*row.families, *other.families), rules=rules)


def _is_one(end: End, wanted: Sequence[Endpoint]) -> bool:
    return not wanted or any(_touches(end, one) for one in wanted)


def _touches(end: End, wanted: Endpoint) -> bool:
    if end.port_class is not None:
        return wanted.covers(end.port_class)
    if end.kind == "hidden_members":
        return wanted.unseen == end.group_id
    return any(end.outside[family] & found for family, found in wanted.outside.items() if family in end.outside)
