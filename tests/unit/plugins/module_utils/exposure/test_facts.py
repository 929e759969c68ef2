# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts that OVN has shown are those of the model: the same cases as in ovn/test_facts.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.addresses import interval
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.intervals import Intervals
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.reach import Reach
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.traffic import packet as traffic_of
from ansible_collections.portcullis.openstack.tests.ovn.site import Way
from ansible_collections.portcullis.openstack.tests.ovn.test_facts import FACTS, Fact, Instance
from ansible_collections.portcullis.openstack.tests.ovn.traces import Packet
from ansible_collections.portcullis.openstack.tests.torture.answers import state_of
from ansible_collections.portcullis.openstack.tests.torture.evaluator import (
    ICMP,
    NUMBERS,
    Body,
    Cloud,
    Evaluator,
    Kind,
    addresses,
    version,
)


def cloud_of(fact: Fact) -> Cloud:
    """Return the cloud of a fact, in which names are ids."""
    remotes = ("remote_ip_prefix", "remote_group_id", "remote_address_group_id")
    base: Body = {"direction": "ingress", "ethertype": "IPv4", "protocol": None}
    base |= dict.fromkeys(("port_range_min", "port_range_max", *remotes))
    groups = {
        name: [{**base, **rule, "remote_group_id": rule.get("remote_group")} for rule in rules]
        for name, rules in fact.groups.items()
    }
    ports = [port_of(name, number, instance) for number, (name, instance) in enumerate(fact.instances.items(), 10)]
    return Cloud(groups, ports, {})


def port_of(name: str, number: int, instance: Instance) -> Body:
    own = instance.addresses or [f"10.0.0.{number}", f"2001:db8::{number}"]
    return {
        "id": name,
        "network_id": instance.network,
        "device_id": name,
        "fixed_ips": [{"ip_address": address} for address in own],
        "security_groups": list(instance.groups),
        "port_security_enabled": instance.options.get("port_security_enabled", True),
        "allowed_address_pairs": instance.options.get("allowed_address_pairs", []),
        "binding:vnic_type": "normal",
    }


def address(port: Body, packet: Packet) -> str:
    return next(own for own in addresses(port) if version(own) == packet.version)


def kind_of(packet: Packet) -> Kind:
    return Kind(NUMBERS.get(packet.protocol) or int(packet.protocol), packet.port, packet.code)


class Model:
    """The model, asked about one packet."""

    def __init__(self, cloud: Cloud) -> None:
        self._ports: Mapping[str, Body] = {port["id"]: port for port in cloud.ports}
        self._reach = Reach(state_of(cloud))

    def passes(self, way: Way, packet: Packet) -> bool:
        kind = kind_of(packet)
        number = traffic_of(kind.protocol, kind.port * 256 + kind.code if kind.protocol in ICMP else kind.port)
        target = self._one(way.target, address(self._ports[way.target], packet))
        if way.sender is None:
            source = self._one(way.source, address(self._ports[way.source], packet))
            return number in self._reach.between(source, target)
        senders = [name for name, port in self._ports.items() if way.sender in addresses(port)]
        if senders:
            return number in self._reach.between(self._one(senders[0], way.sender), target)
        family, part = interval(way.sender)
        return number in self._reach.outside(target, "ingress", family, Intervals((part,)))[0]

    def _one(self, name: str, own: str) -> Any:
        family, part = interval(own)
        (found,) = self._reach.of({name}, {family: Intervals((part,))})
        return found


def decided(fact: Fact) -> list[tuple[Way, Packet, bool]]:
    """Return the packets that groups decide on, not the check of the source address of a port."""
    found = [(way, packet, True) for way, packets in fact.passes.items() for packet in packets]
    found += [(way, packet, False) for way, packets in fact.drops.items() for packet in packets]
    return [(way, packet, passes) for way, packet, passes in found if not checked(fact.instances[way.source], way)]


def checked(source: Instance, way: Way) -> bool:
    pairs = [pair["ip_address"] for pair in source.options.get("allowed_address_pairs", ())]
    return (
        way.sender is not None and bool(source.options.get("port_security_enabled", True)) and way.sender not in pairs
    )


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_fact(fact: Fact) -> None:
    cloud = cloud_of(fact)
    model, evaluator = Model(cloud), Evaluator(cloud)
    ports = {port["id"]: port for port in cloud.ports}
    for way, packet, passes in decided(fact):
        assert model.passes(way, packet) == passes, f"{way}: {packet}"
        sender = way.sender or address(ports[way.source], packet)
        ends = (ports[way.source], ports[way.target], sender, address(ports[way.target], packet))
        assert evaluator.passes(*ends, kind_of(packet)) == passes, f"{way}: {packet}"
