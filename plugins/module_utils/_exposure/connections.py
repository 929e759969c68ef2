# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections that a change of groups opens and closes: what is possible in one of two states and not in the other.

Opened is what is possible afterwards and was not before. Closed is the same with both states swapped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final, NamedTuple, TypeVar

from .._common.text import counted, shown
from . import addresses
from .hidden import hidden_addresses, hidden_rules
from .intervals import NOTHING, Intervals, divided, union
from .reach import GroupRule, Reach
from .remotes import ANY, Remote, Signature, remote_of
from .state import Port, State
from .traffic import ALL, texts, together

_INTERNET: Final = "Internet"
_FEW_PREFIXES: Final = 2
# How many parts of traffic people read.
_FEW_PARTS: Final = 8
# In this order people read them: from the Internet, from other addresses, between groups, to addresses.
_FROM_INTERNET, _FROM_ADDRESSES, _BETWEEN, _TO_ADDRESSES = range(4)

Key = TypeVar("Key", bound=Hashable)


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
    """Ports that have the same groups before and after.

    ``signatures`` are pairs of what rules say of their addresses before and after, by family, as far as it matters.
    """

    groups: tuple[frozenset[str], frozenset[str]]
    filtered: bool
    signatures: Mapping[str, frozenset[tuple[Signature, Signature]]]
    ports: tuple[Port, ...]
    instances: frozenset[str]

    @property
    def sides(self) -> list[_Side]:
        """What rules of the ports may be about."""
        return [_Side(direction, family) for family in self.signatures for direction in ("ingress", "egress")]

    def rules(self, side: _Side, moment: _Moment) -> tuple[GroupRule, ...]:
        """Return the rules that decide what passes at the ports."""
        return moment.reach.listed(self.groups[moment.position], *side) if self.filtered else ()

    def passes(self, side: _Side, moment: _Moment, signature: Signature) -> Intervals:
        """Return what the ports let pass to or from an address of which rules say this."""
        return moment.reach.allowed(self.groups[moment.position], *side, signature) if self.filtered else ALL


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
        # What other ends say of the addresses of ports matters only as the source, or the target, of connections.
        by_side = {
            direction: tuple(_classify(moments, _remotes(moments, direction))) for direction in ("ingress", "egress")
        }
        differing = _differing_groups(before, after)
        everything = tuple(_classify(moments, frozenset()))
        self._dual = {instance for alike in everything if len(alike.signatures) > 1 for instance in alike.instances}
        changed = [alike for alike in everything if _rules_differ(alike, differing)]
        self._gains = [_Gain(*both, by_side, changed, name_of) for both in (moments, moments[::-1])]
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

    def _connection(self, opened: bool, found: _Found) -> Connection:
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


class _Gain:
    """What is possible in one state and not in another."""

    def __init__(
        self,
        old: _Moment,
        new: _Moment,
        by_side: Mapping[str, Sequence[_Alike]],
        changed: Sequence[_Alike],
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

    def all(self) -> Iterator[_Found]:
        """Yield what is gained, in parts."""
        for alike in self._changed:
            for side in alike.sides:
                yield from self._outside(alike, side)
        for direction in ("ingress", "egress"):
            # Rules for ingress are those of targets, which the sources' rules for egress tell apart.
            for alike in self._by_side["egress" if direction == "ingress" else "ingress"]:
                for family in alike.signatures:
                    yield from self._between(alike, _Side(direction, family))

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

    def _outside(self, alike: _Alike, side: _Side) -> Iterator[_Found]:
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
            yield _Found(ends, together(parts), _each(alike.instances, side.family))
        public = together([part for parts in internet.values() for part in parts])
        narrow = {key: traffic for key, parts in by_rule.items() if not (traffic := together(parts)) <= public}
        for outside, inside, traffic, family in self._joined_rules(side.family, narrow):
            yield _Found(_ends_outside(side.direction, outside, inside), traffic, _each(alike.instances, family))

    def _gained_parts(
        self, alike: _Alike, side: _Side
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
        by_name = _grouped(((rule.group, name), each) for rule, name, each in named)
        by_traffic = _grouped(((group, together(parts)), name) for (group, name), parts in by_name.items())
        by_names = _grouped(((tuple(sorted(names)), each), group) for (group, each), names in by_traffic.items())
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

    def _between(self, here: _Alike, side: _Side) -> Iterator[_Found]:
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
                yield _Found(_Ends(_BETWEEN, source, target), part, _each(here.instances, side.family))

    def _list_members(self, side: _Side, only_new: bool) -> Mapping[Remote, Sequence[_Alike]]:
        """Return the ports that are members of each group, or only those that were not before."""
        found: dict[Remote, list[_Alike]] = defaultdict(list)
        now, then = self._new.position, self._old.position
        for alike in self._by_side[side.direction]:
            pairs = alike.signatures.get(side.family, frozenset())
            remotes = {remote for pair in pairs for remote in (pair[now] - pair[then] if only_new else pair[now])}
            for remote in remotes:
                found[remote].append(alike)
        return found

    def _through(self, here: _Alike, there: _Alike, side: _Side, remote: Remote) -> tuple[Intervals, Intervals]:
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
        before = _possible(here, there, side, old)
        return together(whole) - before, together(beyond) - before

    def _names(self, ids: Iterable[str]) -> str:
        return ", ".join(sorted({shown(self._name_of(id_)) for id_ in ids}))


def _remotes(moments: Iterable[_Moment], direction: str) -> frozenset[Remote]:
    """Return what rules of a direction name."""
    rules = (rule for moment in moments for found in moment.state.rules.values() for rule in found)
    return frozenset(remote_of(rule) for rule in rules if rule.direction == direction)


def _classify(moments: tuple[_Moment, _Moment], remotes: frozenset[Remote]) -> Iterator[_Alike]:
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
        yield _Alike((before, later), filtered, dict(frozen), tuple(ports), instances)


def _differing_groups(before: State, after: State) -> frozenset[str]:
    """Return the groups whose rules differ, or name a group that loses or gains addresses beside those of ports."""
    groups_after = {port.id: port.groups for port in after.ports}
    moved = frozenset[str]().union(*(port.groups ^ groups_after[port.id] for port in before.ports if port.pairs))
    return frozenset(
        group
        for group in before.rules.keys() | after.rules.keys()
        if before.rules.get(group) != after.rules.get(group)
        or any(rule.remote_group in moved for rule in before.rules[group])
    )


def _rules_differ(alike: _Alike, differing: frozenset[str]) -> bool:
    """Return whether ports have other rules than before.

    :param differing: the groups that have other rules
    """
    before, after = alike.groups
    return before != after or not differing.isdisjoint(before)


def _possible(here: _Alike, there: _Alike, side: _Side, moment: _Moment) -> Intervals:
    """Return what passes between ports in any family."""
    position = moment.position
    return together(
        [
            here.passes(own, moment, theirs[position]) & there.passes(own.other, moment, mine[position])
            for own in (_Side(side.direction, family) for family in here.signatures if family in there.signatures)
            for mine, theirs in product(here.signatures[own.family], there.signatures[own.family])
        ]
    )


def _by_group(ports: Iterable[Port]) -> Mapping[str, Collection[Port]]:
    return _grouped((group, port) for port in ports for group in port.groups)


def _by_remote_group(rules: Iterable[GroupRule]) -> Mapping[Remote, Sequence[GroupRule]]:
    return _grouped((rule.remote, rule) for rule in rules if rule.remote.kind == "group")


def _by_groups(rules: Sequence[GroupRule], traffic: Intervals) -> Iterator[tuple[Iterable[str], Intervals]]:
    """Divide traffic by the groups whose rules allow it."""
    parts = divided(traffic & rule.traffic for rule in rules)
    found = _grouped((frozenset(rule.group for rule in rules if part <= rule.traffic), part) for part in parts)
    for groups, own in found.items():
        yield groups, together(own)


def _grouped(pairs: Iterable[tuple[Key, Any]]) -> dict[Key, list[Any]]:
    found: dict[Key, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def _is_internet(family: str, gained: Intervals, whole: Intervals) -> bool:
    """Return whether addresses are those of the Internet: gained by it, or what it lacked when it has all now."""
    internet = addresses.INTERNET[family]
    return internet <= gained or (internet <= whole and len(addresses.texts(family, gained)) > _FEW_PREFIXES)


def _ends_outside(direction: str, outside: str, inside: str) -> _Ends:
    if direction == "egress":
        return _Ends(_TO_ADDRESSES, inside, outside)
    return _Ends(_FROM_INTERNET if outside == _INTERNET else _FROM_ADDRESSES, outside, inside)


def _each(instances: Iterable[str], family: str) -> frozenset[tuple[str, str]]:
    return frozenset((instance, family) for instance in instances)


def _described(traffic: Intervals) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return traffic as people write it; where that is less, as any with exceptions."""
    parts = tuple(texts(traffic))
    rest = tuple(texts(ALL - traffic)) if len(parts) > _FEW_PARTS else ()
    return (("any",), rest) if 0 < len(rest) < len(parts) else (parts, ())


def _some(parts: Sequence[str]) -> str:
    shown_parts = parts if len(parts) == _FEW_PARTS + 1 else parts[:_FEW_PARTS]
    more = len(parts) - len(shown_parts)
    return ", ".join(shown_parts) + (f" and {more} more" if more else "")


def _joined(found: Iterable[_Found]) -> Iterator[_Found]:
    """Yield one for each set of instances between two ends: networks and classes do not matter here."""
    by_ends: dict[_Ends, dict[Intervals, frozenset[tuple[str, str]]]] = defaultdict(dict)
    for ends, traffic, instances in found:
        by_ends[ends][traffic] = by_ends[ends].get(traffic, frozenset()) | instances
    for ends, by_traffic in by_ends.items():
        by_instances = _grouped(
            (frozenset[tuple[str, str]]().union(*(some for each, some in by_traffic.items() if part <= each)), part)
            for part in divided(by_traffic)
        )
        for instances, parts in by_instances.items():
            yield _Found(ends, together(parts), instances)
