# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is possible in one state and not in another, in parts: from and to addresses, and between members of groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any, Final, NamedTuple, TypeVar

from .._common.text import shown
from . import addresses
from .alike import Alike, Moment, Side, possible
from .intervals import NOTHING, Intervals, divided, union
from .reach import GroupRule
from .remotes import ANY, Remote
from .state import Port
from .traffic import together

_INTERNET: Final = "Internet"
_FEW_PREFIXES: Final = 2
# In this order people read them: from the Internet, from other addresses, between groups, to addresses.
_FROM_INTERNET, _FROM_ADDRESSES, _BETWEEN, _TO_ADDRESSES = range(4)

Key = TypeVar("Key", bound=Hashable)


class Ends(NamedTuple):
    """Two ends of connections, as they are sorted and shown."""

    rank: int
    source: str
    target: str


class Found(NamedTuple):
    """Traffic between two ends, and the instances that it is about, each with a family unless the ends tell that."""

    ends: Ends
    traffic: Intervals
    instances: frozenset[tuple[str, str]]


class Gain:
    """What is possible in one state and not in another."""

    def __init__(
        self,
        old: Moment,
        new: Moment,
        by_side: Mapping[str, Sequence[Alike]],
        changed: Sequence[Alike],
        name_of: Callable[[str], str],
    ) -> None:
        """Prepare to compare.

        :param by_side: all ports, as the other end of rules for ``ingress`` and for ``egress`` tells them apart
        :param changed: those that have other rules
        """
        self._old = old
        self._new = new
        self._by_side = by_side
        self._changed = changed
        self._name_of = name_of
        self._members = cache(self._list_members)
        self._fixed_addresses = cache(self._list_addresses)
        self._ports = _by_group(old.state.ports)

    def all(self) -> Iterator[Found]:
        """Yield what is gained, in parts."""
        for alike in self._changed:
            for side in alike.sides:
                yield from self._outside(alike, side)
        for direction in ("ingress", "egress"):
            # Rules for ingress are those of targets, which the sources' rules for egress tell apart.
            for alike in self._by_side["egress" if direction == "ingress" else "ingress"]:
                for family in alike.signatures:
                    yield from self._between(alike, Side(direction, family))

    def unseen(self) -> Iterator[str]:
        """Yield what rules newly name, or name for more traffic, and of which not all addresses can be seen."""
        for alike in self._changed:
            for side in alike.sides:
                former = alike.rules(side, self._old)
                for rule in alike.rules(side, self._new):
                    unseen = self._new.state.unseen_remote(rule.rule)
                    known = together([one.traffic for one in former if one.remote == rule.remote])
                    if unseen is not None and not rule.traffic <= known:
                        yield unseen

    # Addresses

    def _outside(self, alike: Alike, side: Side) -> Iterator[Found]:
        """Yield what ports may receive from, or send to, addresses that rules name by themselves."""
        internet: dict[frozenset[str], list[Intervals]] = defaultdict(list)
        by_rule: dict[tuple[GroupRule, Intervals], list[Intervals]] = defaultdict(list)
        for part, gained, whole, rules in self._gained_parts(alike, side):
            if _is_internet(side.family, gained, whole):
                wide = [rule for rule, found in rules if addresses.INTERNET[side.family] <= found]
                internet[frozenset(rule.group for rule in wide or [rule for rule, _found in rules])].append(part)
            for rule, found in rules:
                by_rule[rule, found & gained].append(part)
        for groups, parts in internet.items():
            ends = _ends_outside(side.direction, _INTERNET, self._names(groups))
            yield Found(ends, together(parts), _each(alike.instances, side.family))
        public = together([part for parts in internet.values() for part in parts])
        narrow = {key: traffic for key, parts in by_rule.items() if not (traffic := together(parts)) <= public}
        for outside, inside, traffic, family in self._joined_rules(side.family, narrow):
            yield Found(_ends_outside(side.direction, outside, inside), traffic, _each(alike.instances, family))

    def _gained_parts(
        self, alike: Alike, side: Side
    ) -> Iterator[tuple[Intervals, Intervals, Intervals, list[tuple[GroupRule, Intervals]]]]:
        """Yield parts of traffic, with the addresses that gain it, all that have it, and the rules that decide."""
        rules, former = (
            [(rule, moment.reach.addresses_of(rule.remote, side.family)) for rule in alike.rules(side, moment)]
            for moment in (self._new, self._old)
        )
        for part in divided(rule.traffic for rule, _found in (*rules, *former)):
            now = [(rule, found) for rule, found in rules if part <= rule.traffic]
            was = [(rule, found) for rule, found in former if part <= rule.traffic]
            whole = together([found for _rule, found in now])
            gained = whole - together([found for _rule, found in was])
            if gained and not self._were_members(gained, [rule for rule, _found in was], side.family):
                yield part, gained, whole, [(rule, found) for rule, found in now if found & gained]

    def _were_members(self, found: Intervals, rules: Iterable[GroupRule], family: str) -> bool:
        """Return whether rules for remote groups allowed all of some addresses before."""
        groups = [rule.remote.value for rule in rules if rule.remote.kind == "group"]
        members = [self._fixed_addresses(group, family) for group in groups]
        # Few addresses are worth the work of joining those of all members.
        return sum(size for size, _all in members) >= found.size and found <= together([one for _size, one in members])

    def _list_addresses(self, group: str, family: str) -> tuple[int, Intervals]:
        """Return the fixed addresses of the ports that have a group, and how many they are."""
        members = (text for port in self._ports.get(group, ()) for text in port.addresses)
        found = union(part for own, part in map(addresses.interval, members) if own == family)
        return found.size, found

    def _joined_rules(
        self, family: str, by_rule: Mapping[tuple[GroupRule, Intervals], Intervals]
    ) -> Iterator[tuple[str, str, Intervals, str]]:
        """Yield addresses, groups and traffic of rules, those together that differ in one of them alone.

        The family comes last, unless the addresses tell it.
        """
        named = ((rule, self._name_addresses(family, rule, found), each) for (rule, found), each in by_rule.items())
        by_name = grouped(((rule.group, name), each) for rule, name, each in named)
        by_traffic = grouped(((group, together(parts)), name) for (group, name), parts in by_name.items())
        by_names = grouped(((tuple(sorted(names)), each), group) for (group, each), names in by_traffic.items())
        for (names, traffic), groups in by_names.items():
            prefixes = [name for place, name in names if place]
            others = [name for place, name in names if not place]
            more = len(prefixes) - _FEW_PREFIXES
            text = ", ".join([*others, *prefixes[:_FEW_PREFIXES]]) + (f" and {more} more networks" if more > 0 else "")
            yield text, self._names(groups), traffic, family if others else ""

    def _name_addresses(self, family: str, rule: GroupRule, found: Intervals) -> tuple[Any, str]:
        """Return what people call the addresses that a rule allows: these if they are few, and otherwise all of it.

        What sorts them comes first, and is empty for address groups.
        """
        if rule.rule.remote_address_group is not None:
            return (), shown(self._name_of(rule.rule.remote_address_group))
        prefixes = addresses.texts(family, found)
        if len(prefixes) > _FEW_PREFIXES:
            prefixes = addresses.texts(family, self._new.reach.addresses_of(rule.remote, family))
        return found.parts, ", ".join(prefixes)

    # Members of groups

    def _between(self, here: Alike, side: Side) -> Iterator[Found]:
        """Yield what rules for remote groups allow, where both ends do, beyond what they allow to addresses."""
        former = _by_remote_group(here.rules(side, self._old))
        anyone = together([here.passes(side, moment, frozenset({ANY})) for moment in (self._old, self._new)])
        for remote, rules in _by_remote_group(here.rules(side, self._new)).items():
            traffic = together([rule.traffic for rule in rules])
            earlier = together([rule.traffic for rule in former.get(remote, ())])
            # Where rules allow a group no more than before, only its new members gain something.
            members = self._members(side, traffic <= earlier).get(remote, ())
            gained, beyond = NOTHING, NOTHING
            for there in members:
                if traffic - anyone <= beyond:
                    break
                if len(here.ports) > 1 or there.ports != here.ports:
                    whole, more = self._through(here, there, side, remote)
                    gained, beyond = gained | (whole & traffic), beyond | (more & traffic)
            for groups, part in _by_groups(rules, gained) if beyond else ():
                ends = self._names([remote.value]), self._names(groups)
                source, target = ends if side.direction == "ingress" else ends[::-1]
                yield Found(Ends(_BETWEEN, source, target), part, _each(here.instances, side.family))

    def _list_members(self, side: Side, only_new: bool) -> Mapping[Remote, Sequence[Alike]]:
        """Return the ports that are members of each group, or only those that were not before."""
        found: dict[Remote, list[Alike]] = defaultdict(list)
        now, then = self._new.position, self._old.position
        for alike in self._by_side[side.direction]:
            pairs = alike.signatures.get(side.family, frozenset())
            remotes = {remote for pair in pairs for remote in (pair[now] - pair[then] if only_new else pair[now])}
            for remote in remotes:
                found[remote].append(alike)
        return found

    def _through(self, here: Alike, there: Alike, side: Side, remote: Remote) -> tuple[Intervals, Intervals]:
        """Return what passes between ports and members of a group, and did not before.

        What rules for groups alone allow comes second; the rest is shown for addresses. Where both ends open, that is
        shown for the target.

        :param here: the ports whose rules name the group
        """
        old, new = self._old, self._new
        whole, beyond = [], []
        for mine, theirs in product(here.signatures[side.family], there.signatures[side.family]):
            signature = theirs[new.position]
            if remote in signature:
                passing = here.passes(side, new, signature) & there.passes(side.other, new, mine[new.position])
                if side.direction == "egress":
                    passing &= there.passes(side.other, old, mine[old.position])
                passing -= here.passes(side, old, theirs[old.position]) & there.passes(
                    side.other, old, mine[old.position]
                )
                by_addresses = frozenset(one for one in signature if one.kind != "group") | {ANY}
                whole.append(passing)
                beyond.append(passing - here.passes(side, new, by_addresses))
        if not any(whole):
            return NOTHING, NOTHING
        # Other addresses of the same ports may have allowed it.
        before = possible(here, there, side, old)
        return together(whole) - before, together(beyond) - before

    def _names(self, ids: Iterable[str]) -> str:
        return ", ".join(sorted({shown(self._name_of(id_)) for id_ in ids}))


def _by_group(ports: Iterable[Port]) -> Mapping[str, Collection[Port]]:
    return grouped((group, port) for port in ports for group in port.groups)


def _by_remote_group(rules: Iterable[GroupRule]) -> Mapping[Remote, Sequence[GroupRule]]:
    return grouped((rule.remote, rule) for rule in rules if rule.remote.kind == "group")


def _by_groups(rules: Sequence[GroupRule], traffic: Intervals) -> Iterator[tuple[Iterable[str], Intervals]]:
    """Divide traffic by the groups whose rules allow it."""
    parts = divided(traffic & rule.traffic for rule in rules)
    found = grouped((frozenset(rule.group for rule in rules if part <= rule.traffic), part) for part in parts)
    for groups, own in found.items():
        yield groups, together(own)


def grouped(pairs: Iterable[tuple[Key, Any]]) -> dict[Key, list[Any]]:
    """Return the values of each key, in order."""
    found: dict[Key, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def _is_internet(family: str, gained: Intervals, whole: Intervals) -> bool:
    """Return whether addresses are those of the Internet: gained by it, or what it lacked when it has all now."""
    internet = addresses.INTERNET[family]
    return internet <= gained or (internet <= whole and len(addresses.texts(family, gained)) > _FEW_PREFIXES)


def _ends_outside(direction: str, outside: str, inside: str) -> Ends:
    if direction == "egress":
        return Ends(_TO_ADDRESSES, inside, outside)
    return Ends(_FROM_INTERNET if outside == _INTERNET else _FROM_ADDRESSES, outside, inside)


def _each(instances: Iterable[str], family: str) -> frozenset[tuple[str, str]]:
    return frozenset((instance, family) for instance in instances)
