# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections that a change of groups opens and closes: what is possible in one of two states and not in the other.

Opened is what is possible afterwards and was not before. Closed is the same with both states swapped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final, NamedTuple

from .._common.text import few, shown
from . import addresses
from .intervals import NOTHING, Intervals, divided, union
from .reach import GroupRule, PortClass, Reach
from .remotes import ANY, Remote, Signature
from .state import Port, State
from .traffic import texts, together

_INTERNET: Final = "Internet"
_FEW_PREFIXES: Final = 2
# In this order people read them: from the Internet, from other addresses, between groups, to addresses.
_FROM_INTERNET, _FROM_ADDRESSES, _BETWEEN, _TO_ADDRESSES = range(4)


@dataclass(frozen=True)
class Connection:
    """Traffic that is opened, or else closed, between ends as people know them.

    ``instances`` is the number of instances that have the groups whose rules make the difference. ``family`` is set if
    they have addresses of both families, and only this one changes.
    """

    opened: bool
    source: str
    target: str
    traffic: tuple[str, ...]
    instances: int
    family: str | None

    def render(self) -> str:
        """Return the connection as a line of a plan."""
        counted = f"{self.instances} instance{'' if self.instances == 1 else 's'}"
        family = "" if self.family is None else f", {self.family}"
        return f"{self.source} → {self.target} {', '.join(self.traffic)} ({counted}{family})"

    def result(self) -> dict[str, Any]:
        """Return the connection as modules return it."""
        return {
            "change": "opened" if self.opened else "closed",
            "from": self.source,
            "to": self.target,
            "traffic": list(self.traffic),
            "instances": self.instances,
            "family": self.family,
        }


class _Moment(NamedTuple):
    """A state, what is possible in it, and its position in pairs of before and after."""

    position: int
    state: State
    reach: Reach


class _Side(NamedTuple):
    """What rules of one end are about: ``ingress`` or ``egress``, in one family."""

    direction: str
    family: str

    @property
    def other(self) -> _Side:
        """The same, of the other end."""
        return _Side("egress" if self.direction == "ingress" else "ingress", self.family)


@dataclass(frozen=True, eq=False)
class _Alike:
    """Ports that nothing tells apart, neither before nor after.

    ``classes`` are those before and after. ``signatures`` are pairs of what rules say of the addresses before and
    after, by family.
    """

    classes: tuple[PortClass, PortClass]
    signatures: Mapping[str, frozenset[tuple[Signature, Signature]]]
    ports: tuple[Port, ...]
    instances: frozenset[str]

    @property
    def sides(self) -> list[_Side]:
        """What rules of the ports may be about."""
        return [_Side(direction, family) for family in self.signatures for direction in ("ingress", "egress")]


class _Ends(NamedTuple):
    """Two ends of connections, as they are sorted and shown."""

    rank: int
    source: str
    target: str


class _Found(NamedTuple):
    """Traffic between two ends, and the instances that it is about, each with a family unless the ends tell that."""

    ends: _Ends
    traffic: Intervals
    instances: frozenset[tuple[str, str]]


class Comparison:
    """Compares two states that have the same ports, with other groups and rules."""

    def __init__(self, before: State, after: State, name_of: Callable[[str], str]) -> None:
        """Prepare to compare.

        :param name_of: returns the name of a security group or address group by its id
        """
        self._name_of = name_of
        moments = (_Moment(0, before, Reach(before)), _Moment(1, after, Reach(after)))
        self._alike = tuple(_classify(moments))
        groups = before.rules.keys() | after.rules.keys()
        differing = frozenset(group for group in groups if before.rules.get(group) != after.rules.get(group))
        self._dual = {instance for alike in self._alike if len(alike.signatures) > 1 for instance in alike.instances}
        self._changed = [alike for alike in self._alike if _rules_differ(alike, differing)]
        self._gains = [self._gain(*moments), self._gain(*reversed(moments))]

    def _gain(self, old: _Moment, new: _Moment) -> _Gain:
        return _Gain(old, new, self._alike, self._changed, self._name_of)

    def connections(self) -> list[Connection]:
        """Return what is opened and then what is closed, in an order that depends on nothing but the states."""
        found = []
        for opened, gain in zip((True, False), self._gains, strict=True):
            joined = _joined(gain.all())
            found += [self._connection(opened, one) for one in sorted(joined, key=_order)]
        return found

    def _connection(self, opened: bool, found: _Found) -> Connection:
        instances = {instance for instance, _family in found.instances}
        families = {family for _instance, family in found.instances}
        only = len(families) == 1 and not self._dual.isdisjoint(instances)
        family = next(iter(families)) if only else ""
        return Connection(opened, *found.ends[1:], tuple(texts(found.traffic)), len(instances), family or None)

    def unknown(self) -> list[str]:
        """Return what cannot be seen, and decides about connections that change."""
        hidden = {group for alike in self._changed for one in alike.classes for group in one.hidden}
        unseen = {remote for gain in self._gains for remote in gain.unseen()}
        found = []
        if hidden:
            found.append(f"the rules of security group {self._list(hidden)} cannot be seen")
        if unseen:
            found.append(f"not all addresses of {self._list(unseen)} can be seen")
        return found

    def _list(self, ids: Iterable[str]) -> str:
        return few(sorted(shown(self._name_of(id_)) for id_ in ids))


class _Gain:
    """What is possible in one state and not in another."""

    def __init__(
        self,
        old: _Moment,
        new: _Moment,
        alike: Sequence[_Alike],
        changed: Sequence[_Alike],
        name_of: Callable[[str], str],
    ) -> None:
        """Prepare to compare.

        :param alike: all ports
        :param changed: those that have other rules
        """
        self._old = old
        self._new = new
        self._alike = alike
        self._changed = changed
        self._name_of = name_of
        self._members = cache(self._list_members)
        self._fixed_addresses = cache(self._addresses_of_members)
        self._ports = _by_their_groups(old.state.ports)

    def all(self) -> Iterator[_Found]:
        """Yield what is gained, in parts."""
        for alike in self._alike:
            for side in alike.sides:
                yield from self._between(alike, side)
        # Networks and addresses of ports do not matter for what addresses outside may reach.
        by_groups: dict[tuple[Any, ...], list[_Alike]] = defaultdict(list)
        for alike in self._changed:
            before, after = alike.classes
            for side in alike.sides:
                by_groups[before.groups, after.groups, after.filtered, side].append(alike)
        for (_before, _after, _filtered, side), some in by_groups.items():
            instances = frozenset[str]().union(*(alike.instances for alike in some))
            for ends, traffic, family in self._outside(some[0], side):
                yield _Found(ends, traffic, _each(instances, family))

    def unseen(self) -> Iterator[str]:
        """Yield what rules newly name, or name for more traffic, and of which not all addresses can be seen."""
        for alike in self._changed:
            for side in alike.sides:
                former = _rules(alike, side, self._old)
                for rule in _rules(alike, side, self._new):
                    unseen = self._new.state.unseen_remote(rule.rule)
                    known = together([one.traffic for one in former if one.remote == rule.remote])
                    if unseen is not None and not rule.traffic <= known:
                        yield unseen

    def _outside(self, alike: _Alike, side: _Side) -> Iterator[tuple[_Ends, Intervals, str]]:
        """Yield what ports may receive from, or send to, addresses that rules name by themselves."""
        rules, former = (
            [(rule, moment.reach.addresses_of(rule.remote, side.family)) for rule in _rules(alike, side, moment)]
            for moment in (self._new, self._old)
        )
        for part in divided(rule.traffic for rule, _found in (*rules, *former)):
            now = [(rule, found) for rule, found in rules if part <= rule.traffic]
            was = [(rule, found) for rule, found in former if part <= rule.traffic]
            whole = union(interval for _rule, found in now for interval in found.parts)
            gained = whole - union(interval for _rule, found in was for interval in found.parts)
            if gained and not self._are_members(gained, [rule for rule, _found in was], side.family):
                deciding = [rule for rule, found in now if found & gained]
                outside, family = self._name_outside(side.family, gained, whole, deciding)
                ends = _ends_outside(side.direction, outside, self._names(rule.group for rule in deciding))
                yield ends, part, family

    def _are_members(self, found: Intervals, rules: Iterable[GroupRule], family: str) -> bool:
        """Return whether rules for remote groups allowed all of some addresses before."""
        groups = [rule.remote.value for rule in rules if rule.remote.kind == "group"]
        members = [self._fixed_addresses(group, family) for group in groups]
        if sum(one.size for one in members) < found.size:
            return False
        return found <= union(interval for one in members for interval in one.parts)

    def _addresses_of_members(self, group: str, family: str) -> Intervals:
        texts = (text for port in self._ports.get(group, ()) for text in port.addresses)
        return union(part for found, part in map(addresses.interval, texts) if found == family)

    def _name_outside(
        self, family: str, gained: Intervals, whole: Intervals, rules: Iterable[GroupRule]
    ) -> tuple[str, str]:
        """Return what people call addresses: what is gained if that is simple, and otherwise all that rules name.

        The family comes second, unless the name tells it.
        """
        internet = addresses.INTERNET[family]
        address_groups = {rule.rule.remote_address_group for rule in rules}
        prefixes = addresses.texts(family, gained)
        if internet <= gained or (internet <= whole and len(prefixes) > _FEW_PREFIXES):
            return _INTERNET, family
        if None not in address_groups:
            return self._names(group for group in address_groups if group is not None), family
        if len(prefixes) > _FEW_PREFIXES and len(wider := addresses.texts(family, whole)) <= _FEW_PREFIXES:
            prefixes = wider
        more = len(prefixes) - _FEW_PREFIXES
        return ", ".join(prefixes[:_FEW_PREFIXES]) + (f" and {more} more networks" if more > 0 else ""), ""

    def _names(self, ids: Iterable[str]) -> str:
        return ", ".join(sorted({shown(self._name_of(id_)) for id_ in ids}))

    def _between(self, here: _Alike, side: _Side) -> Iterator[_Found]:
        """Yield what rules for remote groups allow, where both ends do, beyond what they allow to addresses."""
        former = _by_remote_group(here, side, self._old)
        anyone = [self._passes(here, side, moment, frozenset({ANY})) for moment in (self._old, self._new)]
        for remote, rules in _by_remote_group(here, side, self._new).items():
            traffic = together([rule.traffic for rule in rules])
            earlier = together([rule.traffic for rule in former.get(remote, ())])
            # Where rules allow a group no more than before, only its new members gain something.
            members = self._members(side.family, traffic <= earlier).get(remote, ())
            most, found = traffic - together(anyone), NOTHING
            for there in members:
                if most <= found:
                    break
                if there is not here or len(here.ports) > 1:
                    found |= self._through(here, there, side, remote) & traffic
            for groups, part in _by_groups(rules, found):
                ends = self._names([remote.value]), self._names(groups)
                source, target = ends if side.direction == "ingress" else ends[::-1]
                yield _Found(_Ends(_BETWEEN, source, target), part, _each(here.instances, side.family))

    def _list_members(self, family: str, only_new: bool) -> Mapping[Remote, Sequence[_Alike]]:
        """Return the ports that are members of each group, or only those that were not before."""
        found: dict[Remote, list[_Alike]] = defaultdict(list)
        now, then = self._new.position, self._old.position
        for alike in self._alike:
            pairs = alike.signatures.get(family, frozenset())
            remotes = {remote for pair in pairs for remote in (pair[now] - pair[then] if only_new else pair[now])}
            for remote in remotes:
                found[remote].append(alike)
        return found

    def _through(self, here: _Alike, there: _Alike, side: _Side, remote: Remote) -> Intervals:
        """Return what passes between ports and members of a group, and did not before, due to rules for groups.

        What rules for addresses open is left out, as that is shown for these addresses. Where both ends open, that is
        shown for the target.

        :param here: the ports whose rules name the group
        """
        source, target = (there, here) if side.direction == "ingress" else (here, there)
        old, new = self._old, self._new
        before = old.reach.between(source.classes[old.position], target.classes[old.position])
        found = []
        for mine, theirs in product(here.signatures[side.family], there.signatures[side.family]):
            signature = theirs[new.position]
            if remote not in signature:
                continue
            by_addresses = frozenset(one for one in signature if one.kind != "group")
            passing = self._passes(here, side, new, signature) - self._passes(here, side, new, by_addresses)
            passing &= self._passes(there, side.other, new, mine[new.position])
            if side.direction == "egress":
                passing &= self._passes(there, side.other, old, mine[old.position])
            found.append(passing)
        return together(found) - before

    @staticmethod
    def _passes(alike: _Alike, side: _Side, moment: _Moment, signature: Signature) -> Intervals:
        return moment.reach.passes(alike.classes[moment.position], side.direction, side.family, signature)


def _classify(moments: tuple[_Moment, _Moment]) -> Iterator[_Alike]:
    """Group the ports in linear time, in an order that depends on nothing but the states."""
    before, after = ({port.id: one for one in moment.reach.classes for port in one.ports} for moment in moments)
    found: dict[tuple[Any, ...], list[Port]] = defaultdict(list)
    for port in sorted(moments[0].state.ports, key=lambda port: port.id):
        signatures: dict[str, set[tuple[Signature, Signature]]] = defaultdict(set)
        for text in port.addresses:
            one, other = (moment.reach.remotes.signature(text) for moment in moments)
            signatures[addresses.prefix(text)[0]].add((one, other))
        frozen = tuple((family, frozenset(pairs)) for family, pairs in sorted(signatures.items()))
        found[before[port.id], after[port.id], frozen].append(port)
    for (one, other, frozen), ports in found.items():
        instances = frozenset(port.server_id or port.id for port in ports)
        yield _Alike((one, other), dict(frozen), tuple(ports), instances)


def _by_their_groups(ports: Iterable[Port]) -> Mapping[str, Sequence[Port]]:
    found: dict[str, list[Port]] = defaultdict(list)
    for port in ports:
        for group in port.groups:
            found[group].append(port)
    return found


def _rules_differ(alike: _Alike, differing: frozenset[str]) -> bool:
    """Return whether ports have other rules than before.

    :param differing: the groups that have other rules
    """
    before, after = (one.groups for one in alike.classes)
    return before != after or not differing.isdisjoint(before)


def _rules(alike: _Alike, side: _Side, moment: _Moment) -> tuple[GroupRule, ...]:
    return moment.reach.rules(alike.classes[moment.position], side.direction, side.family)


def _ends_outside(direction: str, outside: str, inside: str) -> _Ends:
    if direction == "egress":
        return _Ends(_TO_ADDRESSES, inside, outside)
    return _Ends(_FROM_INTERNET if outside == _INTERNET else _FROM_ADDRESSES, outside, inside)


def _by_remote_group(alike: _Alike, side: _Side, moment: _Moment) -> dict[Remote, list[GroupRule]]:
    found: dict[Remote, list[GroupRule]] = defaultdict(list)
    for rule in _rules(alike, side, moment):
        if rule.remote.kind == "group":
            found[rule.remote].append(rule)
    return found


def _by_groups(rules: Sequence[GroupRule], traffic: Intervals) -> Iterator[tuple[frozenset[str], Intervals]]:
    """Divide traffic by the groups whose rules allow it."""
    found: dict[frozenset[str], list[Intervals]] = defaultdict(list)
    for part in divided(traffic & rule.traffic for rule in rules):
        found[frozenset(rule.group for rule in rules if part <= rule.traffic)].append(part)
    for groups, parts in found.items():
        yield groups, together(parts)


def _order(found: _Found) -> tuple[Any, ...]:
    return found.ends, found.traffic.parts


def _each(instances: Iterable[str], family: str) -> frozenset[tuple[str, str]]:
    return frozenset((instance, family) for instance in instances)


def _joined(found: Iterable[_Found]) -> Iterator[_Found]:
    """Yield one for each set of instances between two ends: networks and classes do not matter here."""
    by_ends: dict[_Ends, dict[Intervals, frozenset[tuple[str, str]]]] = defaultdict(dict)
    for ends, traffic, instances in found:
        by_ends[ends][traffic] = by_ends[ends].get(traffic, frozenset()) | instances
    for ends, by_traffic in by_ends.items():
        by_instances: dict[frozenset[tuple[str, str]], list[Intervals]] = defaultdict(list)
        for part in divided(by_traffic):
            some = (instances for traffic, instances in by_traffic.items() if part <= traffic)
            by_instances[frozenset[tuple[str, str]]().union(*some)].append(part)
        for instances, parts in by_instances.items():
            yield _Found(ends, together(parts), instances)
