# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions: may this reach that, and which rules allow it, or what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from .._common.errors import InputError, Problems
from .._common.text import few
from .._rules.expand import parse_ports
from .._rules.rule import ETHER_TYPES, parse_protocol, takes_ports
from . import addresses, paths
from .directory import Directory, Endpoint
from .intervals import NOTHING, Intervals
from .paths import Topology
from .reach import GroupRule, PortClass, Reach
from .traffic import ALL, texts, together, traffic_asked

ALLOWED: Final = "allowed"
DENIED: Final = "denied"
PARTLY: Final = "partly"
UNKNOWN: Final = "unknown"
VERDICTS: Final = (ALLOWED, DENIED, PARTLY, UNKNOWN)
_ICMP: Final = frozenset({"icmp", "ipv6-icmp"})
_MOST_LINES: Final = 5
_MOST_PARTS: Final = 5


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
    protocol = parse_protocol(named, ETHER_TYPES[1] if str(named).startswith("ipv6") else ETHER_TYPES[0])
    low = high = None
    if port is not None:
        low, high = _parse_port(protocol, port)
    traffic = traffic_asked(protocol, low, high)
    return Question(options["from"], options["to"], protocol, port, traffic, options.get("verdict"))


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
    """What is found out about one part of a question: a class or addresses on each end."""

    verdict: str
    path: str
    reasons: list[str]
    rules: list[GroupRule] = field(default_factory=list)


class Judge:
    """Answers questions about a state."""

    def __init__(self, reach: Reach, topology: Topology, directory: Directory) -> None:
        self._reach = reach
        self._topology = topology
        self._directory = directory

    def answer(self, question: Question) -> tuple[dict[str, Any], list[GroupRule]]:
        """Return the answer to a question, as the module shows it, and the rules that it names.

        :raises InputError: for a name that means nothing, or several things
        """
        with Problems() as problems:
            with problems.within():
                source = self._directory.find("from", question.source)
            with problems.within():
                target = self._directory.find("to", question.target)
        if source.outside and target.outside and not source.ports and not target.ports:
            raise InputError("to", "neither end is in the project; use the name of a group, server or network on one")
        findings = list(self._findings(source, target, question.traffic))
        verdict = _together({finding.verdict for finding in findings})
        rules = list(dict.fromkeys(rule for finding in findings for rule in finding.rules))
        answer = {
            "from": question.source,
            "to": question.target,
            "protocol": question.protocol,
            "port": question.port,
            "verdict": verdict,
            "reason": self._reason(verdict, findings, rules),
            "rules": [rule.rule.id for rule in rules],
            "path": paths.best([finding.path for finding in findings]),
        }
        return {**answer, **({} if question.expected is None else {"expected": question.expected})}, rules

    def _reason(self, verdict: str, findings: Iterable[_Finding], rules: Iterable[GroupRule]) -> str:
        """Return what allows the traffic; and unless all of it is allowed, what is missing."""
        wanted = (verdict,) if verdict == UNKNOWN else VERDICTS
        reasons = [reason for finding in findings if finding.verdict in wanted for reason in finding.reasons]
        allowing = [self.text_of(rule) for rule in rules]
        lines = [*([f"allowed by {few(allowing)}"] if allowing else []), *dict.fromkeys(reasons)]
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES:] = [f"and {len(lines) - _MOST_LINES} more reasons"]
        return "\n".join(lines) or "no port is on one of the ends"

    def _findings(self, source: Endpoint, target: Endpoint, traffic: Intervals) -> Iterator[_Finding]:
        sources = [one for one in self._reach.classes if source.covers(one)]
        targets = [one for one in self._reach.classes if target.covers(one)]
        for one, other in product(sources, targets):
            # A port does not reach itself through the network.
            if one is not other or len(one.ports) > 1 or (len(sources), len(targets)) == (1, 1):
                yield self._between(one, other, traffic)
        for other in targets if source.outside else ():
            yield self._from_outside(source, other, "ingress", traffic)
        for one in sources if target.outside else ():
            yield self._from_outside(target, one, "egress", traffic)
        for other in targets if source.unseen else ():
            yield self._unseen(source, other, "ingress", traffic)
        for one in sources if target.unseen else ():
            yield self._unseen(target, one, "egress", traffic)

    def _between(self, source: PortClass, target: PortClass, traffic: Intervals) -> _Finding:
        allowed = self._reach.between(source, target) & traffic
        possible = self._reach.possible(source, target) & traffic
        path = self._topology.between(source.network_id, target.network_id)
        verdict = _verdict(allowed, possible, traffic)
        rules = self._reach.allowing(source, target, allowed or traffic)
        if verdict == ALLOWED:
            return _Finding(verdict, path, self._open(source, target), rules)
        reasons = list(self._why_not(source, target, traffic - allowed))
        if verdict == UNKNOWN and not source.hidden and not target.hidden:
            unseen = self._reach.unseen_address_groups
            reasons = [self._not_seen([*unseen(source, "egress"), *unseen(target, "ingress")])]
        return _Finding(verdict, path, reasons, rules if allowed else [])

    def _why_not(self, source: PortClass, target: PortClass, traffic: Intervals) -> Iterator[str]:
        names = self._directory.label(source), self._directory.label(target)
        common = [family for family in source.families if family in target.families]
        if not common:
            yield f"{names[0]} and {names[1]} have no addresses of one family"
            return
        both = True
        for port_class, direction, other in (
            (source, "egress", f"to {names[1]}"),
            (target, "ingress", f"from {names[0]}"),
        ):
            missing = traffic - self._reach.passing(source, target, direction)
            if missing:
                both = False
                yield self._missing(port_class, direction, common, missing, other)
        if both:
            yield f"{names[0]} and {names[1]} allow it for different families or addresses"

    def _missing(
        self, port_class: PortClass, direction: str, families: Iterable[str], traffic: Intervals, other: str
    ) -> str:
        label = self._directory.label(port_class)
        if hidden := self._directory.describe(port_class):
            return hidden
        if not port_class.groups:
            return "ports without security groups: all traffic is denied"
        parts = list(texts(traffic))
        named = ", ".join(parts) if len(parts) <= _MOST_PARTS else "all of the traffic"
        return f"no rule of {label} allows {direction} {' and '.join(families)} {named} {other}"

    def _from_outside(self, end: Endpoint, port_class: PortClass, direction: str, traffic: Intervals) -> _Finding:
        """Judge addresses that no known port has: only the rules of the class count."""
        families = [family for family in port_class.families if end.outside.get(family)]
        allowed, touched, rules = NOTHING, NOTHING, list[GroupRule]()
        for family in families:
            wanted = end.outside[family]
            for exposure in self._reach.exposures_of(port_class, direction, family):
                allowed |= exposure.traffic if wanted <= exposure.addresses else NOTHING
                touched |= exposure.traffic if wanted & exposure.addresses else NOTHING
            rules += self._reach.allowing_outside(port_class, direction, family, wanted, traffic)
        unseen = self._unseen_rules(port_class, direction, families)
        if _is_internet(end):
            # Instances are not the Internet, also those that cannot be seen.
            unseen = [rule for rule in unseen if rule.rule.remote_group is None]
        possible = ALL if port_class.hidden else touched | together([rule.traffic for rule in unseen])
        verdict = _verdict(allowed & traffic, possible & traffic, traffic, touched & traffic)
        path = paths.best([self._path(end, port_class, direction, family) for family in families])
        if verdict == ALLOWED:
            return _Finding(verdict, path, self._open(port_class), rules)
        if not families:
            reason = f"{self._directory.label(port_class)} has no address of the family of {end.text}"
            return _Finding(DENIED, path, [reason])
        word = "from" if direction == "ingress" else "to"
        missing = self._missing(port_class, direction, families, traffic - allowed, f"{word} all of {end.text}")
        if verdict == DENIED:
            missing = self._missing(port_class, direction, families, traffic, f"{word} {end.text}")
        elif verdict == UNKNOWN and not port_class.hidden:
            missing = self._not_seen(unseen)
        return _Finding(verdict, path, [missing], rules if verdict == PARTLY else [])

    def _path(self, end: Endpoint, port_class: PortClass, direction: str, family: str) -> str:
        ends = (port_class.network_id, port_class.public, direction, family)
        if _is_internet(end):
            return self._topology.internet(*ends)
        return self._topology.outside(end.outside[family], *ends)

    def _unseen_rules(self, port_class: PortClass, direction: str, families: Iterable[str]) -> list[GroupRule]:
        """Return the rules for groups and address groups of which not all addresses can be seen."""
        unseen = self._directory.state.unseen_remote
        rules = [rule for family in families for rule in self._reach.rules(port_class, direction, family)]
        return [rule for rule in rules if unseen(rule.rule) is not None]

    def _not_seen(self, rules: Iterable[GroupRule]) -> str:
        names = {self._directory.name_of(self._directory.state.unseen_remote(rule.rule) or "") for rule in rules}
        return f"not all addresses of {few(sorted(names))} can be seen"

    def _unseen(self, end: Endpoint, port_class: PortClass, direction: str, traffic: Intervals) -> _Finding:
        """Judge members of a group that cannot be seen: their addresses may be any, and so are their own rules."""
        rules = [rule for family in port_class.families for rule in self._reach.rules(port_class, direction, family)]
        possible = ALL if port_class.hidden or not port_class.filtered else together([rule.traffic for rule in rules])
        name = self._directory.name_of(end.unseen or "")
        if possible & traffic:
            return _Finding(UNKNOWN, paths.UNKNOWN, [f"not all members of security group {name} can be seen"])
        word = "from" if direction == "ingress" else "to"
        missing = self._missing(port_class, direction, port_class.families, traffic, f"{word} {end.text}")
        return _Finding(DENIED, paths.UNKNOWN, [missing])

    def text_of(self, rule: GroupRule) -> str:
        """Return a rule with its group, for people to read."""
        return f"{rule.rule.render(self._directory.name_of)} of security group {self._directory.name_of(rule.group)}"

    def _open(self, *classes: PortClass) -> list[str]:
        """Return that nothing is filtered at the ports of some classes."""
        labels = dict.fromkeys(self._directory.label(one) for one in classes if not one.filtered)
        return [f"ports {label} let everything pass" for label in labels]


def _is_internet(end: Endpoint) -> bool:
    return end.outside == addresses.INTERNET


def _verdict(allowed: Intervals, possible: Intervals, traffic: Intervals, touched: Intervals = NOTHING) -> str:
    """Return the verdict on traffic, of which some is allowed, and some may be.

    :param touched: what is allowed for some of the addresses
    """
    if traffic <= allowed:
        return ALLOWED
    if not possible:
        return DENIED
    return PARTLY if possible <= allowed | touched else UNKNOWN


def _together(verdicts: set[str]) -> str:
    """Return the verdict on the whole, by those on its parts: one denied and one allowed part make it partly so."""
    if {ALLOWED, DENIED} <= verdicts:
        return PARTLY
    return next((verdict for verdict in (UNKNOWN, PARTLY, ALLOWED) if verdict in verdicts), DENIED)
