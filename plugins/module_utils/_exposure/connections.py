# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections that a change of groups opens and closes: what is possible in one of two states and not in the other.

Opened is what is possible afterwards and was not before. Closed is the same with both states swapped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .._common.text import counted, shown
from .alike import Moment, classify, differing_groups, named_remotes, rules_differ
from .gains import Ends, Found, Gain, grouped
from .hidden import hidden_addresses, hidden_rules
from .intervals import Intervals, divided
from .reach import Reach
from .state import State
from .traffic import ALL, texts, together

# How many parts of traffic people read.
_FEW_PARTS: Final = 8


@dataclass(frozen=True)
class Connection:
    """Traffic that is opened, or else closed, between ends as people know them.

    ``traffic`` has texts of traffic, or ``any``, which may have ``exceptions``.
    ``instances`` is the number of instances that have the groups whose rules make the difference. ``family`` is set if
    they have addresses of both families, and only this one changes.
    """

    opened: bool
    source: str
    target: str
    traffic: tuple[str, ...]
    exceptions: tuple[str, ...]
    instances: int
    family: str | None

    def render(self) -> str:
        """Return the connection as a line of a plan."""
        family = "" if self.family is None else f", {self.family}"
        traffic = _some(self.traffic) + (f" except {_some(self.exceptions)}" if self.exceptions else "")
        return f"{self.source} → {self.target} {traffic} ({counted(self.instances, 'instance')}{family})"

    def result(self) -> dict[str, Any]:
        """Return the connection as modules return it."""
        return {
            "change": "opened" if self.opened else "closed",
            "from": self.source,
            "to": self.target,
            "traffic": list(self.traffic),
            "except": list(self.exceptions),
            "instances": self.instances,
            "family": self.family,
        }


class Comparison:
    """Compares two states that have the same ports, with other groups and rules."""

    def __init__(self, before: State, after: State, name_of: Callable[[str], str]) -> None:
        """Prepare to compare.

        :param name_of: returns the name of a security group or address group by its id
        """
        self._name_of = name_of
        moments = (Moment(0, before, Reach(before)), Moment(1, after, Reach(after)))
        # What other ends say of the addresses of ports matters only as the source, or the target, of connections.
        by_side = {
            direction: tuple(classify(moments, named_remotes(moments, direction)))
            for direction in ("ingress", "egress")
        }
        differing = differing_groups(before, after)
        everything = tuple(classify(moments, frozenset()))
        self._dual = {instance for alike in everything if len(alike.signatures) > 1 for instance in alike.instances}
        changed = [alike for alike in everything if rules_differ(alike, differing)]
        self._gains = [Gain(*both, by_side, changed, name_of) for both in (moments, moments[::-1])]
        self._hidden = {
            group
            for alike in changed
            for moment in moments
            for group in (alike.groups[moment.position] - moment.state.rules.keys() if alike.filtered else ())
        }

    def connections(self) -> list[Connection]:
        """Return what is opened and then what is closed, in an order that depends on nothing but the states."""
        found = []
        for opened, gain in zip((True, False), self._gains, strict=True):
            joined = sorted(_joined(gain.all()), key=lambda one: (one.ends, one.traffic.parts))
            found += [self._connection(opened, one) for one in joined]
        return found

    def _connection(self, opened: bool, found: Found) -> Connection:
        instances = {instance for instance, _family in found.instances}
        families = {family for _instance, family in found.instances}
        only = len(families) == 1 and not self._dual.isdisjoint(instances)
        family = next(iter(families)) if only else ""
        traffic = _described(found.traffic)
        return Connection(opened, *found.ends[1:], *traffic, len(instances), family or None)

    def unknown(self) -> list[str]:
        """Return what cannot be seen, and decides about connections that change."""
        unseen = {remote for gain in self._gains for remote in gain.unseen()}
        found = []
        if self._hidden:
            found.append(hidden_rules(self._sorted_names(self._hidden)))
        if unseen:
            found.append(hidden_addresses(self._sorted_names(unseen)))
        return found

    def _sorted_names(self, ids: Iterable[str]) -> list[str]:
        return sorted(shown(self._name_of(id_)) for id_ in ids)


def _joined(found: Iterable[Found]) -> Iterator[Found]:
    """Yield one for each set of instances between two ends: networks and classes do not matter here."""
    by_ends: dict[Ends, dict[Intervals, frozenset[tuple[str, str]]]] = defaultdict(dict)
    for ends, traffic, instances in found:
        by_ends[ends][traffic] = by_ends[ends].get(traffic, frozenset()) | instances
    for ends, by_traffic in by_ends.items():
        by_instances = grouped(
            (frozenset[tuple[str, str]]().union(*(some for each, some in by_traffic.items() if part <= each)), part)
            for part in divided(by_traffic)
        )
        for instances, parts in by_instances.items():
            yield Found(ends, together(parts), instances)


def _described(traffic: Intervals) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return traffic as people write it; where that is less, as any with exceptions."""
    parts = tuple(texts(traffic))
    rest = tuple(texts(ALL - traffic)) if len(parts) > _FEW_PARTS else ()
    return (("any",), rest) if 0 < len(rest) < len(parts) else (parts, ())


def _some(parts: Sequence[str]) -> str:
    shown_parts = parts if len(parts) == _FEW_PARTS + 1 else parts[:_FEW_PARTS]
    more = len(parts) - len(shown_parts)
    return ", ".join(shown_parts) + (f" and {more} more" if more else "")
