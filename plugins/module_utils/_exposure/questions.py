# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions: may this reach that, and which rules allow it, or what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final, NamedTuple

from .._common.errors import InputError, Problems
from .._common.text import few
from .._rules.expand import parse_ports
from .._rules.rule import ETHER_TYPES, parse_protocol, takes_ports
from . import paths
from .directory import Directory, Endpoint
from .intervals import NOTHING, Intervals
from .paths import Topology
from .reach import GroupRule, PortClass, Reach, is_one_port
from .reasons import Reasons
from .traffic import ALL, together, traffic_asked

ALLOWED: Final = "allowed"
DENIED: Final = "denied"
PARTLY: Final = "partly"
UNKNOWN: Final = "unknown"
VERDICTS: Final = (ALLOWED, DENIED, PARTLY, UNKNOWN)
_ICMP: Final = frozenset({"icmp", "ipv6-icmp"})
_MOST_LINES: Final = 5


@dataclass(frozen=True)
class Question:
    """Whether one end may send traffic to the other; ``expected`` is the verdict that the user expects."""

    source: str
    target: str
    protocol: str | None
    port: str | None
    traffic: Intervals
    expected: str | None = None


def parse_questions(entries: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Return the questions of a list of options.

    :raises InputError: for all that cannot be asked, each with its place
    """
    found = []
    with Problems() as problems:
        for number, options in enumerate(entries, start=1):
            with problems.within(f"question {number}"):
                found.append(_parse(options))
    return found


def _parse(options: Mapping[str, Any]) -> Question:
    port = None if options["port"] is None else str(options["port"])
    named = options["protocol"] if options["protocol"] is not None or port is None else "tcp"
    protocol = _parse_protocol(named)
    low = high = None
    if port is not None:
        low, high = _parse_port(protocol, port)
    traffic = traffic_asked(protocol, low, high)
    return Question(options["from"], options["to"], protocol, port, traffic, options.get("verdict"))


def _parse_protocol(named: str | None) -> str | None:
    """Return a protocol by Neutron's name, of either family."""
    try:
        return parse_protocol(named, ETHER_TYPES[0])
    except InputError:
        return parse_protocol(named, ETHER_TYPES[1])


def _parse_port(protocol: str | None, port: str) -> tuple[int, int]:
    if protocol in _ICMP:
        if not port.isdecimal() or int(port) > 255:
            raise InputError("port", f"{port!r} is not an ICMP type; use 0 to 255")
        return int(port), int(port)
    if not takes_ports(protocol):
        raise InputError(
            "port", f"protocol {protocol or 'any'} has no ports; set protocol to one that has, such as tcp"
        )
    return parse_ports(port)


@dataclass
class _Finding:
    """What is found out about one part of a question: a class or addresses on each end.

    ``verdicts`` are those on the parts of the traffic.
    """

    verdicts: set[str]
    path: str
    reasons: list[str]
    rules: list[GroupRule] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The verdict on all of the traffic."""
        return _together(self.verdicts)


class _Outside(NamedTuple):
    """What rules of a class say of addresses outside in one family.

    ``to_all`` is the traffic that they allow for all of the addresses, ``to_some`` that for some of them, and
    ``possible`` what they may allow beside that. ``unseen`` are the rules that this depends on.
    """

    family: str
    to_all: Intervals
    to_some: Intervals
    possible: Intervals
    rules: list[GroupRule]
    unseen: list[GroupRule]


class Judge:
    """Answers questions about a state."""

    def __init__(self, reach: Reach, topology: Topology, directory: Directory) -> None:
        self._reach = reach
        self._topology = topology
        self._directory = directory
        self._reasons = Reasons(reach, directory)

    def answer(self, question: Question) -> tuple[dict[str, Any], list[GroupRule]]:
        """Return the answer to a question, as the module shows it, and the rules that it names.

        :raises InputError: for a name that means nothing, or several things
        """
        source, target = self._ends(question)
        findings = list(self._findings(source, target, question.traffic))
        verdict = _together({one for finding in findings for one in finding.verdicts})
        rules = list(dict.fromkeys(rule for finding in findings for rule in finding.rules))
        answer: dict[str, Any] = {
            "from": question.source,
            "to": question.target,
            "protocol": question.protocol,
            "port": question.port,
            "verdict": verdict,
            "reason": self._reason(verdict, findings, rules),
            "rules": [rule.rule.id for rule in rules],
            # Where some of the traffic is allowed, how that gets there.
            "path": paths.best([one.path for one in findings if one.verdict != DENIED or verdict == DENIED]),
            "expected": question.expected,
        }
        return answer, rules

    def _ends(self, question: Question) -> tuple[Endpoint, Endpoint]:
        with Problems() as problems:
            with problems.within():
                source = self._directory.find("from", question.source)
            with problems.within():
                target = self._directory.find("to", question.target)
        if source.outside and target.outside and not source.ports and not target.ports:
            raise InputError("to", "neither end is in the project; use the name of a group, server or network on one")
        return _beside("to", target, source), _beside("from", source, target)

    def _reason(self, verdict: str, findings: Iterable[_Finding], rules: Iterable[GroupRule]) -> str:
        """Return what allows the traffic; and unless all of it is allowed, what is missing."""
        wanted = (verdict,) if verdict == UNKNOWN else VERDICTS
        reasons = [reason for finding in findings if finding.verdict in wanted for reason in finding.reasons]
        allowing = [self._reasons.rule(rule) for rule in rules]
        lines = [*([f"allowed by {few(allowing)}"] if allowing else []), *dict.fromkeys(reasons)]
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES:] = [f"and {len(lines) - _MOST_LINES} more reasons"]
        return "\n".join(lines)

    def _findings(self, source: Endpoint, target: Endpoint, traffic: Intervals) -> Iterator[_Finding]:
        empty = [end.text for end in (source, target) if not end.ports and not end.outside and not end.unseen]
        if empty:
            yield _Finding({DENIED}, paths.NONE_SEEN, [f"{name} has no ports" for name in empty])
            return
        sources, targets = (self._reach.of(end.ports, end.within) for end in (source, target))
        pairs = list(product(sources, targets))
        # A port and itself count only where nothing else is asked.
        for one, other in [pair for pair in pairs if not is_one_port(*pair)] or pairs:
            yield self._between(one, other, traffic)
        for end, classes, direction in ((source, targets, "ingress"), (target, sources, "egress")):
            for one in classes if end.outside else ():
                yield self._from_outside(end, one, direction, traffic)
            for one in classes if end.unseen else ():
                yield self._from_unseen(end, one, direction, traffic)
        for end, other_end in ((source, target), (target, source)):
            if end.unseen and (other_end.unseen or other_end.outside):
                yield self._unknown(end)

    def _between(self, source: PortClass, target: PortClass, traffic: Intervals) -> _Finding:
        allowed = self._reach.between(source, target) & traffic
        verdicts = _verdicts(traffic, allowed, self._reach.possible(source, target) & traffic)
        if verdicts == {ALLOWED}:
            reasons = self._reasons.unfiltered(source, target)
        else:
            missing = traffic - allowed
            reasons = list(self._reasons.between(source, target, missing, denied=verdicts == {DENIED}))
        path = self._topology.between(source.network_id, target.network_id)
        return _Finding(verdicts, path, reasons, self._reach.allowing(source, target, allowed))

    def _from_outside(self, end: Endpoint, port_class: PortClass, direction: str, traffic: Intervals) -> _Finding:
        """Judge addresses that no known port has: only the rules of the class count."""
        found = [
            self._outside(end, port_class, direction, family, traffic)
            for family in port_class.families
            if end.outside.get(family)
        ]
        allowed = together([one.to_all for one in found])
        some = together([one.to_some for one in found])
        possible = together([one.possible for one in found])
        verdicts = _verdicts(traffic, allowed, possible, some)
        ways = [one.family for one in found if one.to_some | one.possible] or [one.family for one in found]
        path = paths.best([self._path(end, port_class, direction, family) for family in ways])
        if verdicts == {ALLOWED}:
            reasons = self._reasons.unfiltered(port_class)
        elif UNKNOWN in verdicts:
            reasons = [self._reasons.unseen(port_class, [rule for one in found for rule in one.unseen])]
        else:
            partly = verdicts != {DENIED}
            reasons = [self._reasons.outside(end, port_class, direction, traffic - allowed, partly=partly)]
        return _Finding(verdicts, path, reasons, [rule for one in found for rule in one.rules])

    def _outside(
        self, end: Endpoint, port_class: PortClass, direction: str, family: str, traffic: Intervals
    ) -> _Outside:
        which, wanted = (port_class, direction, family), end.outside[family]
        to_all, to_some = self._reach.outside(*which, wanted)
        unseen = list(self._unseen_rules(end, *which))
        possible = ALL if port_class.hidden else together([rule.traffic for rule in unseen])
        rules = self._reach.allowing_outside(*which, wanted, traffic)
        return _Outside(family, to_all & traffic, to_some & traffic, possible & traffic, rules, unseen)

    def _path(self, end: Endpoint, port_class: PortClass, direction: str, family: str) -> str:
        ends = (port_class.network_id, port_class.public, direction, family)
        if end.internet:
            return self._topology.internet(*ends)
        return self._topology.outside(end.outside[family], *ends)

    def _unseen_rules(self, end: Endpoint, port_class: PortClass, direction: str, family: str) -> Iterator[GroupRule]:
        """Yield the rules for groups and address groups of which not all addresses can be seen."""
        for rule in self._reach.rules(port_class, direction, family):
            # Instances are not the Internet, also those that cannot be seen.
            is_other = end.internet and rule.rule.remote_group is not None
            if not is_other and self._directory.state.unseen_remote(rule.rule) is not None:
                yield rule

    def _from_unseen(self, end: Endpoint, port_class: PortClass, direction: str, traffic: Intervals) -> _Finding:
        """Judge members of a group that cannot be seen: their addresses may be any, and so are their own rules."""
        anywhere = Endpoint(end.text, outside=self._directory.free)
        found = self._from_outside(anywhere, port_class, direction, traffic)
        if found.verdicts == {DENIED}:
            return replace(found, path=paths.UNKNOWN)
        verdicts = {DENIED if verdict == DENIED else UNKNOWN for verdict in found.verdicts}
        return replace(self._unknown(end), verdicts=verdicts)

    def _unknown(self, end: Endpoint) -> _Finding:
        return _Finding({UNKNOWN}, paths.UNKNOWN, [self._reasons.members(end)])


def _beside(option: str, floating: Endpoint, end: Endpoint) -> Endpoint:
    """Return the end beside one that may be a floating IP, without the instances: what they send there is translated.

    :raises InputError: if nothing is left
    """
    if not floating.floating:
        return end
    if not end.outside:
        raise InputError(
            option,
            f"{floating.text} is a floating IP, where traffic between instances changes its addresses; name its server",
        )
    return replace(end, ports=frozenset(), within={})


def _verdicts(traffic: Intervals, allowed: Intervals, possible: Intervals, some: Intervals = NOTHING) -> set[str]:
    """Return the verdicts on the parts of some traffic.

    :param possible: what is allowed if what cannot be seen allows it
    :param some: what is allowed for some of the addresses
    """
    unknown = possible - allowed
    partly = some - allowed - unknown
    parts = {ALLOWED: allowed, UNKNOWN: unknown, PARTLY: partly, DENIED: traffic - allowed - unknown - partly}
    return {verdict for verdict, part in parts.items() if part}


def _together(verdicts: set[str]) -> str:
    """Return the verdict on the whole, by those on its parts: one denied and one allowed part make it partly so."""
    if {ALLOWED, DENIED} <= verdicts:
        return PARTLY
    return next((verdict for verdict in (PARTLY, UNKNOWN, ALLOWED) if verdict in verdicts), DENIED)
