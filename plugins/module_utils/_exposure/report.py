# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found out about a state, as the module returns it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from .._common.errors import Problems
from .._common.text import counted, few
from .._rules.expand import Catalogue, expand
from .addresses import interval
from .directory import Directory, Endpoint
from .intervals import Intervals
from .paths import NONE_SEEN, Topology
from .questions import ALLOWED, UNKNOWN, Judge, Question
from .reach import GroupRule, PortClass, Reach
from .rows import End, Row, Rows
from .traffic import texts, together, traffic_of

_WIDEST: Final = (
    "The network backend is unknown. Rules that backends read differently are read in the widest way; set backend "
    "(for the playbook audit: audit_backend) to ovn, ovs or iptables."
)
_OUT_OF_SIGHT: Final = (
    "Firewalls and routes that Neutron does not show are not considered: VPNs, peerings, firewall services, and what "
    "instances do themselves."
)
_ALWAYS: Final = "ARP, neighbour discovery and router advertisements always pass, and are not listed."
_ADDRESS_GROUPS: Final = (
    "Neutron's OVN driver before 25.2.3, 26.0.3 and 27.0.2 ignores address groups, so that rules for them allow "
    "everyone (OSSN-0095). A later version is taken for granted."
)
_FORWARDED: Final = (
    "A port forwarding counts as a path for all traffic to its port; only the ports that it forwards get there."
)
_SENDERS: Final = (
    "Instances send from their fixed addresses and receive at them. Ports without port security, or with allowed "
    "address pairs, may use others, for which rules may allow more."
)
_MEMBERS: Final = (
    "Members of security groups that cannot be seen are taken to have other addresses than the ports that can be seen."
)
_FLOATING: Final = (
    "Traffic between instances through a floating IP arrives with an external address, which rules with a remote group "
    "do not match."
)


@dataclass(frozen=True)
class Sight:
    """What can be seen of a cloud: the names of things, how networks connect, and what is out of sight.

    ``stateless`` are the ids of stateless groups. ``unknown`` says what could not be read.
    """

    directory: Directory
    topology: Topology = field(default_factory=Topology)
    stateless: frozenset[str] = frozenset()
    unknown: Sequence[str] = ()


@dataclass(frozen=True)
class Query:
    """What a user wants to know: the ends of rows, and questions. ``managed_only`` leaves out what no owner has."""

    sources: Sequence[str] = ()
    targets: Sequence[str] = ()
    questions: Sequence[Question] = ()
    managed_only: bool = False


def report(sight: Sight, query: Query, catalogue: Catalogue) -> dict[str, Any]:
    """Return who reaches what, answers, and what they rest on, as the module's RETURN describes it.

    :raises InputError: for all names that mean nothing, or several things
    """
    return _Report(sight, catalogue).render(query)


class _Report:
    """Renders one result; the rules that it names are noted on the way."""

    def __init__(self, sight: Sight, catalogue: Catalogue) -> None:
        self._sight = sight
        self._directory = sight.directory
        self._reach = Reach(sight.directory.state)
        self._judge = Judge(self._reach, sight.topology, sight.directory)
        self._services = list(_services(catalogue))
        self._names_in = cache(self._services_in)
        self._named: dict[str, GroupRule] = {}
        self._ids = self._name_classes()

    def render(self, query: Query) -> dict[str, Any]:
        with Problems() as problems:
            sources = self._find(problems, "from", query.sources)
            targets = self._find(problems, "to", query.targets)
            answers = []
            for number, question in enumerate(query.questions, start=1):
                with problems.within(f"question {number}"):
                    answers.append(self._judge.answer(question))
        rows = Rows(self._reach, self._sight.topology, self._directory).between(sources, targets)
        if query.managed_only:
            rows = [row for row in rows if self._owners(row.inside)]
        shown = [one for one in self._reach.classes if not query.managed_only or self._owners(one)]
        for _answer, rules in answers:
            self._note(rules)
        return {
            "classes": [self._class(one) for one in shown],
            "exposures": [self._row(row) for row in rows],
            "answers": [answer for answer, _rules in answers],
            "rules": {id_: self._rule(rule) for id_, rule in sorted(self._named.items())},
            "assumptions": list(self._assumptions()),
            "unknown": list(self._unknown()),
            "summary": self._summary(rows, [answer["verdict"] for answer, _rules in answers]),
        }

    def _find(self, problems: Problems, option: str, names: Iterable[str]) -> list[Endpoint]:
        found = []
        for name in names:
            with problems.within():
                found.append(self._directory.find(option, name))
        return found

    def _name_classes(self) -> dict[PortClass, str]:
        labels = [self._directory.label(one) for one in self._reach.classes]
        total, seen = Counter(labels), Counter[str]()
        ids = {}
        for one, label in zip(self._reach.classes, labels, strict=True):
            seen[label] += 1
            ids[one] = label if total[label] == 1 else f"{label} #{seen[label]}"
        return ids

    def _owners(self, port_class: PortClass) -> list[str]:
        return sorted({owner for group in port_class.groups for owner in self._directory.owners.get(group, ())})

    def _note(self, rules: Iterable[GroupRule]) -> list[str]:
        """Return the ids of rules, which the result describes once."""
        found = {str(rule.rule.id): rule for rule in rules}
        self._named.update(found)
        return list(found)

    def _rule(self, rule: GroupRule) -> dict[str, str]:
        return {
            "security_group": self._directory.name_of(rule.group),
            "text": rule.rule.render(self._directory.name_of),
        }

    def _class(self, port_class: PortClass) -> dict[str, Any]:
        return {
            "id": self._ids[port_class],
            "name": self._directory.label(port_class),
            "security_groups": sorted(map(self._directory.name_of, port_class.groups)),
            "owners": self._owners(port_class),
            "network": self._directory.networks.get(port_class.network_id, port_class.network_id),
            "families": list(port_class.families),
            "enforced": port_class.filtered,
            "public": sorted(port_class.public),
            "unknown": self._directory.describe(port_class),
            "instances": instances(port_class),
            "ports": [
                {
                    "id": port.id,
                    "name": port.name,
                    "server": self._directory.servers.get(port.server_id, port.server_id) if port.server_id else None,
                    "addresses": sorted(port.addresses, key=interval),
                }
                for port in port_class.ports
            ],
        }

    def _row(self, row: Row) -> dict[str, Any]:
        return {
            "from": self._end(row.source),
            "to": self._end(row.target),
            "families": list(row.families),
            "traffic": list(texts(row.traffic)),
            "services": self._names_in(row.traffic),
            "verdict": UNKNOWN if row.reason else ALLOWED,
            "reason": row.reason,
            "path": row.path,
            "instances": instances(row.inside),
            "security_groups": self._directory.names_of({rule.group for rule in row.rules}),
            "rules": self._note(row.rules),
        }

    def _end(self, end: End) -> dict[str, Any]:
        return {
            "kind": end.kind,
            "name": end.label,
            "class": None if end.port_class is None else self._ids[end.port_class],
            "addresses": end.prefixes,
        }

    def _services_in(self, traffic: Intervals) -> list[str]:
        """Return the services of the catalogue that the traffic names; one within a range of ports is not named."""
        parts = {*texts(traffic)}
        return sorted({name for name, own in self._services if own <= parts})

    def _assumptions(self) -> Iterator[str]:
        state, topology = self._directory.state, self._sight.topology
        rules = (rule for rules in state.rules.values() for rule in rules)
        texts_by_need = {
            _WIDEST: state.backend == "unknown",
            _OUT_OF_SIGHT: True,
            _ALWAYS: True,
            _ADDRESS_GROUPS: state.backend in ("ovn", "unknown") and any(rule.remote_address_group for rule in rules),
            _SENDERS: any(not port.secured or port.pairs for port in state.ports),
            _MEMBERS: bool(state.hidden_members),
            _FLOATING: bool(topology.floating),
            _FORWARDED: bool(topology.forwarded),
        }
        yield from (text for text, needed in texts_by_need.items() if needed)
        if names := [self._directory.name_of(group) for group in sorted(self._sight.stateless)]:
            yield f"Replies to and from stateless security groups ({few(sorted(names))}) need rules of their own."

    def _unknown(self) -> Iterator[str]:
        yield from self._sight.unknown
        for group in sorted({group for one in self._reach.classes for group in one.hidden}):
            yield f"The rules of security group {self._directory.name_of(group)} cannot be seen."

    def _summary(self, rows: Iterable[Row], verdicts: Sequence[str]) -> str:
        """Return what the Internet reaches, as a sentence: where a path is seen, or may exist, apart from the rest."""
        internet = [row for row in rows if row.source.kind == "internet"]
        reached = [row for row in internet if row.path != NONE_SEEN]
        text = f"The Internet reaches {_count(reached)}"
        if closed := [row for row in internet if row.path == NONE_SEEN]:
            text += f"; the rules of {_count(closed)} allow it too, but no route to them is seen"
        unknown = sum(verdict == UNKNOWN for verdict in verdicts) + sum(bool(row.reason) for row in rows)
        if unknown:
            text += f"; {counted(unknown, 'answer')} {'is' if unknown == 1 else 'are'} unknown"
        return f"{text}."


def _count(rows: Iterable[Row]) -> str:
    classes = {row.inside for row in rows}
    names = {rule.group for row in rows for rule in row.rules} | {
        one.ports[0].id for one in classes if not one.filtered
    }
    return f"{counted(len(names), 'service')} on {counted(instances(*classes), 'instance')}"


def instances(*classes: PortClass) -> int:
    """Return how many instances have ports in some classes."""
    return len({port.instance for one in classes for port in one.ports})


def _services(catalogue: Catalogue) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the traffic of services, in each family alone if it differs, as texts like those of rows."""
    for name in catalogue:
        by_family: dict[str, list[Intervals]] = {"IPv4": [], "IPv6": []}
        for rule in expand({"service": name, "ether_type": "any"}, catalogue):
            by_family[rule.ether_type].append(traffic_of(rule, "ovn"))
        for found in by_family.values():
            if found:
                yield name, frozenset(texts(together(found)))
