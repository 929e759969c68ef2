# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small clouds to ask about. What has an id has its name and ``-id`` as the id; rules have the name of their group."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.directory import Directory
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.paths import Topology
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.questions import Judge, parse_questions
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.reach import Reach
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.report import Query, Sight, report
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import Port, State
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.traffic import packet
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.torture.evaluator import ICMP, Kind

# Packets to try.
KINDS = (Kind(6, 22), Kind(6, 80), Kind(17, 53), Kind(136, 7), Kind(1, 8, 0), Kind(1, 3, 4), Kind(58, 128, 0), Kind(47))
OUT = (make_rule(direction="egress"), make_rule(direction="egress", ether_type="IPv6"))
OFFICE = "198.51.100.0/24"


def number(kind: Kind) -> int:
    """Return the traffic that a packet is, as the model counts it."""
    return packet(kind.protocol, (kind.port << 8) + kind.code if kind.protocol in ICMP else kind.port)


def any_protocol(**options: Any) -> Rule:
    """Return a rule; its remotes are names."""
    for option in ("remote_group", "remote_address_group"):
        if option in options:
            options[option] = f"{options[option]}-id"
    return make_rule(**options)


def tcp(low: int, high: int | None = None, **options: Any) -> Rule:
    """Return a rule for ports of tcp."""
    return any_protocol(protocol="tcp", port_range_min=low, port_range_max=high or low, **options)


def port(server: str, *groups: str, address: str = "10.0.0.1", network: str = "front", **options: Any) -> Port:
    """Return a port of a server, with groups; all by name.

    :param address: one or several, with a space between
    """
    return Port(
        id=f"{server}-port-id",
        project_id="project-id",
        network_id=f"{network}-id",
        addresses=tuple(address.split()),
        groups=frozenset(f"{group}-id" for group in groups),
        **{"server_id": f"{server}-id", **options},
    )


def sight(
    groups: Mapping[str, Sequence[Rule] | None],
    ports: Sequence[Port],
    *,
    address_groups: Mapping[str, Sequence[str] | None] | None = None,
    shared: Sequence[str] = (),
    backend: str = "ovn",
    topology: Topology | None = None,
    **options: Any,
) -> Sight:
    """Return a cloud; groups and address groups that are None cannot be seen.

    :param shared: names of groups that ports may have which cannot be seen
    :param options: more of the sight, and of its directory
    """
    of_sight = {name: options.pop(name) for name in ("stateless", "unknown") if name in options}
    listed = address_groups or {}
    state = State(
        {
            f"{name}-id": [dataclasses.replace(rule, id=f"{name}-{n}") for n, rule in enumerate(rules, start=1)]
            for name, rules in groups.items()
            if rules is not None
        },
        ports,
        {f"{name}-id": prefixes for name, prefixes in listed.items() if prefixes is not None},
        frozenset(f"{name}-id" for name in shared),
        backend,
    )
    servers = {one.server_id for one in ports if one.server_id is not None}
    names = {
        "groups": {f"{name}-id": name for name in groups},
        "address_groups": {f"{name}-id": name for name in listed},
        "servers": {id_: id_.removesuffix("-id") for id_ in servers},
        "networks": {one.network_id: one.network_id.removesuffix("-id") for one in ports},
    }
    return Sight(Directory(state, **{**names, **options}), topology or Topology(), **of_sight)


def ask(seen: Sight, source: str, target: str, protocol: str | None = None, port: object = None) -> dict[str, Any]:
    """Return the answer to a question."""
    (question,) = parse_questions([{"from": source, "to": target, "protocol": protocol, "port": port}])
    return Judge(Reach(seen.directory.state), seen.topology, seen.directory).answer(question)[0]


def shown(seen: Sight, **query: Any) -> dict[str, Any]:
    """Return what is reported of a cloud."""
    return report(seen, Query(**query), SERVICES)
