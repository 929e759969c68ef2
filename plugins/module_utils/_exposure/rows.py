# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that reaches something, one row for each pair of ends and each set of traffic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from . import addresses, paths
from .directory import Directory, Endpoint
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

    ``group_id`` is that of the group whose members cannot all be seen.
    """

    kind: str
    name: str
    port_class: PortClass | None = None
    prefixes: tuple[str, ...] = ()
    group_id: str = ""


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
        inside = self.target.port_class or self.source.port_class
        assert inside is not None, "one end of a row is a class"
        return inside

    @property
    def order(self) -> tuple[Any, ...]:
        """Rows from the Internet come first, then those from addresses, then those between classes."""
        ends = [(_KINDS.index(end.kind), end.name, end.prefixes) for end in (self.source, self.target)]
        return (self.target.port_class is None, *ends, self.families, self.traffic.parts, self.inside.ports[0].id)


class Rows:
    """Lists what reaches what in a state."""

    def __init__(self, reach: Reach, topology: Topology, directory: Directory) -> None:
        self._reach = reach
        self._topology = topology
        self._directory = directory

    def all(self) -> list[Row]:
        """Return all rows, in an order that depends on nothing but the state."""
        found = [*map(self._of_exposure, self._reach.exposures()), *map(self._of_edge, self._reach.edges())]
        return sorted([*_joined(found), *self._unknown()], key=lambda row: row.order)

    def _class(self, port_class: PortClass) -> End:
        return End("class", self._directory.label(port_class), port_class)

    def _of_edge(self, edge: Edge) -> Row:
        families = tuple(family for family in edge.source.families if family in edge.target.families)
        path = self._topology.between(edge.source.network_id, edge.target.network_id)
        rules = tuple(self._reach.allowing(edge.source, edge.target, edge.traffic))
        return Row(self._class(edge.source), self._class(edge.target), families, edge.traffic, path, rules)

    def _of_exposure(self, exposure: Exposure) -> Row:
        port_class, family, found = exposure.port_class, exposure.family, exposure.addresses
        rules = tuple(self._reach.allowing_outside(port_class, exposure.direction, family, found, exposure.traffic))
        here, there = self._class(port_class), self._outside(exposure, rules)
        ends = (port_class.network_id, port_class.public, exposure.direction, family)
        path = self._topology.internet(*ends) if exposure.internet else self._topology.outside(found, *ends)
        source, target = (there, here) if exposure.direction == "ingress" else (here, there)
        return Row(source, target, (family,), exposure.traffic, path, rules)

    def _outside(self, exposure: Exposure, rules: Iterable[GroupRule]) -> End:
        if exposure.internet:
            return End("internet", _INTERNET)
        prefixes = tuple(addresses.texts(exposure.family, exposure.addresses))
        groups = {rule.rule.remote_address_group for rule in rules}
        if None not in groups:
            names = sorted(self._directory.name_of(group) for group in groups if group is not None)
            return End("address_group", ", ".join(names), prefixes=prefixes)
        name = ", ".join(prefixes) if len(prefixes) <= _FEW_PREFIXES else f"{len(prefixes)} networks"
        return End("addresses", name, prefixes=prefixes)

    def _unknown(self) -> Iterator[Row]:
        """Yield what members of groups may reach that cannot be seen."""
        for port_class in self._reach.classes:
            found: dict[str, list[GroupRule]] = defaultdict(list)
            for family in port_class.families:
                for rule in self._reach.rules(port_class, "ingress", family):
                    if (unseen := self._directory.state.unseen_remote(rule.rule)) is not None:
                        found[unseen].append(rule)
            for group, rules in sorted(found.items()):
                yield from self._hidden(group, port_class, rules)

    def _hidden(self, group: str, port_class: PortClass, rules: Iterable[GroupRule]) -> Iterator[Row]:
        name = self._directory.name_of(group)
        reason = f"not all addresses of {name} can be seen"
        by_family: dict[str, list[GroupRule]] = defaultdict(list)
        for rule in rules:
            by_family[rule.rule.ether_type].append(rule)
        found = [
            Row(
                End("hidden_members", name, group_id=group),
                self._class(port_class),
                (family,),
                together([rule.traffic for rule in own]),
                paths.UNKNOWN,
                tuple(own),
                reason,
            )
            for family, own in by_family.items()
        ]
        yield from _joined(found)


def _joined(rows: Iterable[Row]) -> list[Row]:
    """Return the rows, with those that differ in the family alone as one."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        ends = [(end.kind, end.name, id(end.port_class)) for end in (row.source, row.target)]
        key = (*ends, row.traffic, row.path)
        other = found.get(key)
        if other is None:
            found[key] = row
        else:
            joined = replace(other.source, prefixes=_both(other.source, row.source))
            target = replace(other.target, prefixes=_both(other.target, row.target))
            rules = tuple(dict.fromkeys((*other.rules, *row.rules)))
            families = tuple(dict.fromkeys((*other.families, *row.families)))
            found[key] = replace(other, source=joined, target=target, families=families, rules=rules)
    return list(found.values())


def _both(end: End, other: End) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*end.prefixes, *other.prefixes)))


def between(rows: Iterable[Row], sources: Sequence[Endpoint], targets: Sequence[Endpoint]) -> list[Row]:
    """Return the rows from any of some ends to any of others; no ends are all."""
    return [row for row in rows if _is_one(row.source, sources) and _is_one(row.target, targets)]


def _is_one(end: End, wanted: Sequence[Endpoint]) -> bool:
    return not wanted or any(_touches(end, one) for one in wanted)


def _touches(end: End, wanted: Endpoint) -> bool:
    if end.port_class is not None:
        return wanted.covers(end.port_class)
    if end.kind == "internet":
        return bool(wanted.outside)
    if end.kind == "hidden_members":
        return wanted.unseen == end.group_id
    found = wanted.outside
    return any(
        Intervals((part,)) & found[family] for family, part in map(addresses.interval, end.prefixes) if family in found
    )
