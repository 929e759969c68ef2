# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that are alike: those with the same groups and addresses of the same remotes, before and after a change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from . import addresses
from .intervals import Intervals
from .reach import GroupRule, Reach
from .remotes import Remote, Signature, remote_of
from .state import Port, State
from .traffic import ALL, together


class Moment(NamedTuple):
    """A state, what is possible in it, and its position in pairs of before and after."""

    position: int
    state: State
    reach: Reach


class Side(NamedTuple):
    """What rules of one end are about: ``ingress`` or ``egress``, in one family."""

    direction: str
    family: str

    @property
    def other(self) -> Side:
        """The same, of the other end."""
        return Side("egress" if self.direction == "ingress" else "ingress", self.family)


@dataclass(frozen=True, eq=False)
class Alike:
    """Ports that are alike: before the change all have the same groups, and after it too.

    ``signatures`` are pairs of what rules say of their addresses before and after, by family, as far as it matters.
    """

    groups: tuple[frozenset[str], frozenset[str]]
    filtered: bool
    signatures: Mapping[str, frozenset[tuple[Signature, Signature]]]
    ports: tuple[Port, ...]
    instances: frozenset[str]

    @property
    def sides(self) -> list[Side]:
        """What rules of the ports may be about."""
        return [Side(direction, family) for family in self.signatures for direction in ("ingress", "egress")]

    def rules(self, side: Side, moment: Moment) -> tuple[GroupRule, ...]:
        """Return the rules that decide what passes at the ports."""
        return moment.reach.listed(self.groups[moment.position], *side) if self.filtered else ()

    def passes(self, side: Side, moment: Moment, signature: Signature) -> Intervals:
        """Return what the ports let pass to or from an address of which rules say this."""
        return moment.reach.allowed(self.groups[moment.position], *side, signature) if self.filtered else ALL


def named_remotes(moments: Iterable[Moment], direction: str) -> frozenset[Remote]:
    """Return what rules of a direction name."""
    rules = (rule for moment in moments for found in moment.state.rules.values() for rule in found)
    return frozenset(remote_of(rule) for rule in rules if rule.direction == direction)


def classify(moments: tuple[Moment, Moment], remotes: frozenset[Remote]) -> Iterator[Alike]:
    """Group the ports in linear time, in an order that depends on nothing but the states.

    :param remotes: those that matter
    """
    named = [cache(lambda text, moment=moment: moment.reach.remotes.signature(text) & remotes) for moment in moments]
    after = {port.id: port.groups for port in moments[1].state.ports}
    found: dict[tuple[Any, ...], list[Port]] = defaultdict(list)
    for port in sorted(moments[0].state.ports, key=lambda port: port.id):
        signatures: dict[str, set[tuple[Signature, ...]]] = defaultdict(set)
        for text in port.addresses:
            signatures[addresses.prefix(text)[0]].add(tuple(name(text) for name in named))
        frozen = tuple((family, frozenset(pairs)) for family, pairs in sorted(signatures.items()))
        found[port.groups, after[port.id], port.filtered, frozen].append(port)
    for (before, later, filtered, frozen), ports in found.items():
        instances = frozenset(port.instance for port in ports)
        yield Alike((before, later), filtered, dict(frozen), tuple(ports), instances)


def differing_groups(before: State, after: State) -> frozenset[str]:
    """Return the groups whose rules differ, or name a group that loses or gains addresses beside those of ports."""
    groups_after = {port.id: port.groups for port in after.ports}
    moved = frozenset[str]().union(*(port.groups ^ groups_after[port.id] for port in before.ports if port.pairs))
    return frozenset(
        group
        for group in before.rules.keys() | after.rules.keys()
        if before.rules.get(group) != after.rules.get(group)
        or any(rule.remote_group in moved for rule in before.rules[group])
    )


def rules_differ(alike: Alike, differing: frozenset[str]) -> bool:
    """Return whether ports have other rules than before.

    :param differing: the groups that have other rules
    """
    before, after = alike.groups
    return before != after or not differing.isdisjoint(before)


def possible(here: Alike, there: Alike, side: Side, moment: Moment) -> Intervals:
    """Return what passes between ports in any family."""
    position = moment.position
    return together(
        [
            here.passes(own, moment, theirs[position]) & there.passes(own.other, moment, mine[position])
            for own in (Side(side.direction, family) for family in here.signatures if family in there.signatures)
            for mine, theirs in product(here.signatures[own.family], there.signatures[own.family])
        ]
    )
