# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of exposure asked about a cloud, and the answers that packets give, one by one."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any, Final

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.directory import Directory
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.paths import Topology
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.questions import Judge, parse_questions
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.reach import Reach
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import Port, State
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import rule_from_api

from .clouds import NETWORKS, SERVERS, Asked, Maker
from .evaluator import ICMP, NUMBERS, WITH_PORTS, Body, Cloud, Evaluator, Kind, Verdict, addresses, version, within

ALLOWED, DENIED, PARTLY, UNKNOWN = "allowed", "denied", "partly", "unknown"
# Nothing that a cloud could know.
REFUSED: Final = "refused"
# RFC 6890, and multicast: what an address of the Internet is not.
_LOCAL: Final = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/3", "4000::/2", "8000::/1"),
)


def state_of(cloud: Cloud) -> State:
    """Return a cloud as the model takes it."""
    return State(
        {group: list(map(rule_from_api, rules)) for group, rules in cloud.groups.items() if rules is not None},
        [_port(port) for port in cloud.ports],
        {group: listed for group, listed in cloud.address_groups.items() if listed is not None},
        cloud.shared,
        cloud.backend,
    )


def _port(body: Body) -> Port:
    return Port(
        id=body["id"],
        project_id="project",
        network_id=body["network_id"],
        addresses=tuple(addresses(body)),
        groups=frozenset(body["security_groups"]),
        secured=body["port_security_enabled"],
        pairs=tuple(pair["ip_address"] for pair in body["allowed_address_pairs"]),
        vnic_type=body["binding:vnic_type"],
        server_id=body["device_id"],
    )


def directory_of(cloud: Cloud, state: State, networks: Iterable[str] = NETWORKS) -> Directory:
    """Return the names of a cloud, which are its ids."""
    groups, address_groups, servers, known = (
        {name: name for name in found} for found in (cloud.groups, cloud.address_groups, SERVERS, networks)
    )
    return Directory(state, groups, address_groups, servers, known)


class Model:
    """The model, asked about a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        state = state_of(cloud)
        self._judge = Judge(Reach(state), Topology(), directory_of(cloud, state))

    def answer(self, asked: Asked) -> dict[str, Any]:
        """Return the model's answer, or why it gives none."""
        try:
            (question,) = parse_questions([asked.options()])
            return self._judge.answer(question)[0]
        except InputError as error:
            return {"verdict": REFUSED, "reason": str(error)}


# One port and those of its addresses that are meant.
_Inside = tuple[Body, tuple[str, ...]]


@dataclass(frozen=True)
class _End:
    """One end of a question: ports, addresses that no port has, by version of IP, and members that cannot be seen."""

    inside: Sequence[_Inside] = ()
    outside: dict[int, list[str]] = field(default_factory=dict)
    unseen: bool = False
    internet: bool = False


class Packets:
    """The packets of questions about a cloud, sent one by one.

    :param evaluator: what lets them pass
    """

    def __init__(self, cloud: Cloud, evaluator: Evaluator | None = None) -> None:
        self._cloud = cloud
        self._evaluator = evaluator or Evaluator(cloud)
        # Instances are not the Internet, also those that cannot be seen.
        self._without_unseen = evaluator or Evaluator(replace(cloud, shared=frozenset()))

    def verdict(self, asked: Asked) -> str:
        """Return what the packets of a question show."""
        source, target = self._end(asked.source), self._end(asked.target)
        if source.outside and target.outside and not source.inside and not target.inside:
            return REFUSED
        return together(
            one for kind in self._kinds(asked.protocol, asked.port) for one in self._verdicts(source, target, kind)
        )

    def _verdicts(self, source: _End, target: _End, kind: Kind) -> Iterator[str]:
        pairs = list(product(source.inside, target.inside))
        # A port does not send to itself through the network; only where nothing else is asked, it counts.
        for one, other in [pair for pair in pairs if pair[0][0] is not pair[1][0]] or pairs:
            yield self._between(one, other, kind)
        for port, own in target.inside:
            yield from self._far(source, port, own, "ingress", kind)
        for port, own in source.inside:
            yield from self._far(target, port, own, "egress", kind)
        if (source.unseen and (target.unseen or target.outside)) or (target.unseen and source.outside):
            yield UNKNOWN

    def _between(self, source: _Inside, target: _Inside, kind: Kind) -> str:
        """Return whether packets pass between two ports: with any of their addresses."""
        return _any(
            _in_words(self._evaluator.passes(source[0], target[0], sender, receiver, kind))
            for sender, receiver in product(source[1], target[1])
            if version(sender) == version(receiver)
        )

    def _far(self, end: _End, port: Body, own: Sequence[str], direction: str, kind: Kind) -> Iterator[str]:
        """Yield whether packets pass to or from addresses that no port has: all of them, in any family."""
        evaluator = self._without_unseen if end.internet else self._evaluator
        judge = evaluator.enters if direction == "ingress" else evaluator.leaves
        families = {version(address) for address in own}
        if end.outside:
            yield _any(
                together(_in_words(judge(port, address, kind)) for address in found)
                for family, found in end.outside.items()
                if family in families
            )
        if end.unseen:
            yield UNKNOWN if self._may_pass(port, families, direction, kind) else DENIED

    def _may_pass(self, port: Body, families: set[int], direction: str, kind: Kind) -> bool:
        """Return whether packets may pass to or from a member that cannot be seen, whose address may be any."""
        judge = self._evaluator.enters if direction == "ingress" else self._evaluator.leaves
        known = [address for address in self._free if version(address) in families]
        return any(judge(port, address, kind) is not False for address in known)

    # Ends

    def _end(self, text: str) -> _End:
        kind, _colon, name = text.partition(":")
        if text == "internet":
            return _End(outside=self._internet, internet=True)
        if kind not in ("server", "group", "network"):
            return self._inside(text)
        ports = [port for port in self._cloud.ports if _belongs(port, kind, name)]
        unseen = kind == "group" and name in self._cloud.shared
        return _End([(port, tuple(addresses(port))) for port in ports], unseen=unseen)

    def _inside(self, prefix: str) -> _End:
        """Return the ports with addresses of a prefix, each address by itself, and the addresses that none has."""
        found = [(port, (address,)) for port in self._cloud.ports for address in addresses(port)]
        inside = [(port, own) for port, own in found if within(own[0], prefix)]
        own = {str(ipaddress.ip_network(prefix, strict=False)[place]) for place in (0, -1)}
        return _End(inside, _by_version(a for a in {*self._free, *own} - self._taken if within(a, prefix)))

    @cached_property
    def _taken(self) -> frozenset[str]:
        return frozenset(address for port in self._cloud.ports for address in addresses(port))

    @cached_property
    def _free(self) -> frozenset[str]:
        return self._cases - self._taken

    @cached_property
    def _cases(self) -> frozenset[str]:
        """Addresses of all that rules may tell apart: the first and the last of each network, and those beside them."""
        networks = [
            *_LOCAL,
            *(rule["remote_ip_prefix"] for rules in self._cloud.groups.values() for rule in rules or ()),
            *(prefix for listed in self._cloud.address_groups.values() for prefix in listed or ()),
            *(address for port in self._cloud.ports for address in addresses(port)),
            *(pair["ip_address"] for port in self._cloud.ports for pair in port["allowed_address_pairs"]),
        ]
        return frozenset(address for text in {*networks} - {None} for address in _edges(text))

    @cached_property
    def _internet(self) -> dict[int, list[str]]:
        return _by_version(address for address in self._free if not _is_local(address))

    # Traffic

    def _kinds(self, protocol: str | None, port: str | None) -> Iterator[Kind]:
        if protocol is None:
            for number in {200, 201, *self._numbers}:
                yield from self._kinds_of(number)
        else:
            number = int(protocol) if protocol.isdecimal() else NUMBERS[protocol]
            yield from self._kinds_of(number) if port is None else self._asked_kinds(number, port)

    def _asked_kinds(self, number: int, port: str) -> Iterator[Kind]:
        low, _dash, high = port.partition("-")
        if number in ICMP:
            return (Kind(number, int(low), kind.code) for kind in self._kinds_of(number))
        if not high:
            return iter([Kind(number, int(low))])
        asked = range(int(low), int(high) + 1)
        ports = {asked[0], asked[-1], *(kind.port for kind in self._kinds_of(number))}
        return (Kind(number, one) for one in ports if one in asked)

    def _kinds_of(self, number: int) -> Iterator[Kind]:
        """Yield packets of a protocol, of all that rules may tell apart."""
        if number in ICMP:
            return (Kind(number, *both) for both in product({0, 1, 3, 8, 128, 255}, {0, 1, 4, 255}))
        if number not in WITH_PORTS:
            return iter([Kind(number)])
        return (Kind(number, port) for port in self._port_cases)

    @cached_property
    def _port_cases(self) -> frozenset[int]:
        bounds = {rule[end] for rule in self._rules for end in ("port_range_min", "port_range_max")} - {None}
        near = {bound + step for bound in bounds for step in (-1, 0, 1)}
        return frozenset(port for port in {1, 65535, *near} if 0 < port < 65536)

    @cached_property
    def _rules(self) -> list[Body]:
        return [rule for rules in self._cloud.groups.values() for rule in rules or ()]

    @cached_property
    def _numbers(self) -> set[int]:
        named = {str(rule["protocol"]) for rule in self._rules if rule["protocol"] is not None}
        return {1, 6, 17, 58} | {int(name) if name.isdecimal() else NUMBERS[name] for name in named}


def _in_words(verdict: Verdict) -> str:
    return {True: ALLOWED, False: DENIED, None: UNKNOWN}[verdict]


def together(verdicts: Iterable[str]) -> str:
    """Return the verdict on all parts: partly if some are surely allowed and others surely denied."""
    found = set(verdicts)
    if PARTLY in found or {ALLOWED, DENIED} <= found:
        return PARTLY
    return UNKNOWN if UNKNOWN in found else ALLOWED if ALLOWED in found else DENIED


def _any(verdicts: Iterable[str]) -> str:
    """Return the verdict where one way is enough."""
    found = set(verdicts)
    return next((verdict for verdict in (ALLOWED, UNKNOWN, PARTLY) if verdict in found), DENIED)


def _belongs(port: Body, kind: str, name: str) -> bool:
    if kind == "group":
        return name in port["security_groups"]
    return bool(port["device_id" if kind == "server" else "network_id"] == name)


def _is_local(address: str) -> bool:
    return any(version(address) == version(_first(prefix)) and within(address, prefix) for prefix in _LOCAL)


def _first(prefix: str) -> str:
    return prefix.partition("/")[0]


def _by_version(found: Iterable[str]) -> dict[int, list[str]]:
    by_version: dict[int, list[str]] = {}
    for address in found:
        by_version.setdefault(version(address), []).append(address)
    return by_version


def _edges(text: str) -> Iterator[str]:
    network = ipaddress.ip_network(text, strict=False)
    for place, step in ((0, -1), (0, 0), (-1, 0), (-1, 1)):
        number = int(network[place]) + step
        if 0 <= number < 1 << network.max_prefixlen:
            yield str(type(network[0])(number))


# Comparison


def differences(seed: int, questions: int, *, odd: bool = True) -> Iterator[str]:
    """Yield where model and packets disagree about a random cloud, for people to read."""
    maker = Maker(seed, odd=odd)
    cloud = maker.cloud()
    model, packets = Model(cloud), Packets(cloud)
    for asked in maker.questions(cloud, questions):
        answer, verdict = model.answer(asked), packets.verdict(asked)
        if answer["verdict"] != verdict:
            yield explained(smallest(cloud, asked), asked, seed)


def disagree(cloud: Cloud, asked: Asked) -> bool:
    """Return whether model and packets disagree."""
    return bool(Model(cloud).answer(asked)["verdict"] != Packets(cloud).verdict(asked))


def smallest(cloud: Cloud, asked: Asked) -> Cloud:
    """Return a cloud with what is left if all is removed that the difference does not need."""
    again = True
    while again:
        again = False
        for smaller in _smaller(cloud):
            if disagree(smaller, asked):
                cloud, again = smaller, True
                break
    return cloud


def _smaller(cloud: Cloud) -> Iterator[Cloud]:
    for port in cloud.ports:
        yield replace(cloud, ports=[one for one in cloud.ports if one is not port])
    for group, rules in cloud.groups.items():
        for rule in rules or ():
            yield replace(cloud, groups={**cloud.groups, group: [one for one in rules or () if one is not rule]})
        if rules is None:
            yield replace(cloud, groups={**cloud.groups, group: []})
    for group in cloud.shared:
        yield replace(cloud, shared=cloud.shared - {group})
    for port in cloud.ports:
        for name in ("security_groups", "fixed_ips", "allowed_address_pairs"):
            for one in port[name]:
                less = {**port, name: [kept for kept in port[name] if kept is not one]}
                yield replace(cloud, ports=[less if found is port else found for found in cloud.ports])


def explained(cloud: Cloud, asked: Asked, seed: int) -> str:
    """Return a cloud and a question for people to read, with both answers."""
    answer = Model(cloud).answer(asked)
    question = f"{asked.source} → {asked.target} {asked.protocol or 'any'} {asked.port or ''}"
    lines = [
        f"seed {seed}, backend {cloud.backend}: {question}",
        f"  the model says {answer['verdict']}: {answer['reason']}",
        f"  the packets say {Packets(cloud).verdict(asked)}",
    ]
    lines += [f"  {json.dumps(one)}" for one in cloud.ports]
    lines += [f"  {group}: {_short(rules)}" for group, rules in cloud.groups.items() if rules != []]
    used = json.dumps(list(cloud.groups.values()))
    lines += [f"  {group}: {listed}" for group, listed in cloud.address_groups.items() if group in used]
    return "\n".join([*lines, f"  not all members are seen: {sorted(cloud.shared)}"])


def _short(rules: Sequence[Body] | None) -> str:
    if rules is None:
        return "its rules cannot be seen"
    return json.dumps([{name: value for name, value in rule.items() if value is not None} for rule in rules])
