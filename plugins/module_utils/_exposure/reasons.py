# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why traffic passes or not, for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from .directory import Directory, Endpoint
from .hidden import hidden_addresses
from .intervals import Intervals
from .reach import GroupRule, PortClass, Reach
from .traffic import texts

_MOST_PARTS: Final = 5


class Reasons:
    """Finds the reasons of answers."""

    def __init__(self, reach: Reach, directory: Directory) -> None:
        self._reach = reach
        self._directory = directory

    def _name(self, port_class: PortClass) -> str:
        label = self._directory.label(port_class)
        return label if port_class.groups and port_class.filtered else f"ports {label}"

    def rule(self, rule: GroupRule) -> str:
        """Return a rule with its group."""
        return f"{rule.rule.render(self._directory.name_of)} of security group {self._directory.name_of(rule.group)}"

    def between(self, source: PortClass, target: PortClass, traffic: Intervals, *, denied: bool) -> Iterator[str]:
        """Yield what is missing for some traffic between two classes.

        :param denied: that it is denied whatever the rules that cannot be seen may be, which are then not mentioned
        """
        names = self._name(source), self._name(target)
        common = [family for family in source.families if family in target.families]
        if not common:
            yield f"{names[0]} and {names[1]} have no addresses of one family"
            return
        reasons = []
        for port_class, direction, other in (
            (source, "egress", f"to {names[1]}"),
            (target, "ingress", f"from {names[0]}"),
        ):
            passing, possible = self._reach.passing(source, target, direction)
            if missing := traffic - possible:
                reasons.append(self.missing(port_class, direction, common, missing, other))
            if not denied and traffic & (possible - passing):
                unseen = [rule for f in common for rule in self._reach.unseen_address_groups(port_class, direction, f)]
                reasons.append(self.unseen(port_class, unseen))
        yield from reasons or [f"{names[0]} and {names[1]} allow it for different families or addresses"]

    def outside(self, end: Endpoint, port_class: PortClass, direction: str, traffic: Intervals, *, partly: bool) -> str:
        """Return what is missing for some traffic between a class and addresses outside.

        :param partly: that other traffic passes, or this with some of the addresses
        """
        families = [family for family in port_class.families if end.outside.get(family)]
        if not families:
            return f"no address of {self._name(port_class)} is of the family of {end.text}"
        other = f"{'from' if direction == 'ingress' else 'to'} {'all of ' if partly else ''}{end.text}"
        return self.missing(port_class, direction, families, traffic, other)

    def missing(
        self, port_class: PortClass, direction: str, families: Iterable[str], traffic: Intervals, other: str
    ) -> str:
        """Return that no rule allows some traffic.

        :param other: the other end, with a preposition
        """
        if not port_class.groups:
            return "ports without security groups: all traffic is denied"
        parts = list(texts(traffic))
        named = ", ".join(parts) if len(parts) <= _MOST_PARTS else "the rest of the traffic"
        return f"no rule of {self._name(port_class)} allows {direction} {' and '.join(families)} {named} {other}"

    def unseen(self, port_class: PortClass, rules: Iterable[GroupRule]) -> str:
        """Return what cannot be seen: rules of a class, or what some of its rules name."""
        unseen = self._directory.state.unseen_remote
        names = {self._directory.name_of(unseen(rule.rule) or "") for rule in rules}
        hidden = self._directory.describe(port_class)
        return hidden or hidden_addresses(sorted(names))

    def members(self, end: Endpoint) -> str:
        """Return that an end may have ports that cannot be seen."""
        return f"not all members of security group {self._directory.name_of(end.unseen or '')} can be seen"

    def unfiltered(self, *classes: PortClass) -> list[str]:
        """Return for each of some classes that is not filtered, why not."""
        reasons = [
            f"security groups are not enforced on ports of type {port.vnic_type}"
            if port.secured
            else "ports without port security let everything pass"
            for port in (one.ports[0] for one in classes if not one.filtered)
        ]
        return list(dict.fromkeys(reasons))
