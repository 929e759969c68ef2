# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's answers about random clouds are those of OVN, and those of packets in the tests, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import rule_from_api
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.ovn.traces import Endpoint, Flows, Packet, flows_now
from ansible_collections.portcullis.openstack.tests.torture.answers import Packets
from ansible_collections.portcullis.openstack.tests.torture.clouds import NETWORKS, OUTSIDE, Asked, Maker
from ansible_collections.portcullis.openstack.tests.torture.evaluator import (
    Cloud,
    Evaluator,
    Kind,
    addresses,
    version,
)

MODULE: Final = "security_group_exposure_info"
SEEDS: Final = range(5)
QUESTIONS: Final = 400
SUBNETS: Final = ("10.0.0.0/8", "192.168.0.0/16", "203.0.113.0/24", "2001:db8::/32", "fd00::/8")
_NAMES: Final = {1: "icmp", 6: "tcp", 17: "udp", 58: "ipv6-icmp", 132: "sctp"}


class Place:
    """A random cloud, set up in a project.

    A port without an address of its own has a group of its own, without rules, to ask for it.
    """

    def __init__(self, api: Api, drawn: Cloud) -> None:
        self._api = api
        self._ids: dict[str, str] = {}
        self._taken = Counter(address for port in drawn.ports for address in addresses(port))
        self._create_networks()
        self._create_groups(drawn)
        self._create_ports(drawn)

    def _create_networks(self) -> None:
        for network in self._create("network", [{"name": name} for name in NETWORKS]):
            common = {"network_id": network["id"], "gateway_ip": None, "enable_dhcp": False}
            subnets = [{**common, "cidr": cidr, "ip_version": 6 if ":" in cidr else 4} for cidr in SUBNETS]
            self._create("subnet", subnets)

    def _create_groups(self, drawn: Cloud) -> None:
        for name, listed in drawn.address_groups.items():
            body = {"address_group": {"name": name, "addresses": listed}}
            self._ids[name] = self._api.post("network", "/address-groups", body)["address_group"]["id"]
        names = [*drawn.groups, *(port["id"] for port in drawn.ports if self._needs_a_group(port))]
        for group in self._create("security_group", [{"name": name} for name in names]):
            for rule in group["security_group_rules"]:
                self._api.delete("network", f"/security-group-rules/{rule['id']}")
        for name, rules in drawn.groups.items():
            if rules:
                self._create("security_group_rule", list(self._rules(name, rules)))

    def _needs_a_group(self, port: Body) -> bool:
        return port["port_security_enabled"] and all(self._taken[address] > 1 for address in addresses(port))

    def _rules(self, group: str, rules: Sequence[Body]) -> Iterator[Body]:
        """Yield the rules as Neutron takes them; of those that are the same to it, one."""
        for rule in {rule_from_api(rule).key: rule for rule in rules}.values():
            remotes = ("remote_group_id", "remote_address_group_id")
            ids = {name: self._ids[rule[name]] for name in remotes if rule[name] is not None}
            yield {**{name: value for name, value in rule.items() if name != "id" and value is not None}, **ids} | {
                "security_group_id": self._ids[group]
            }

    def _create_ports(self, drawn: Cloud) -> None:
        bodies = [*map(self._port, drawn.ports), *map(self._open_port, NETWORKS)]
        self._create("port", bodies)

    def _port(self, port: Body) -> Body:
        groups = [*port["security_groups"], *([port["id"]] if self._needs_a_group(port) else [])]
        own = addresses(port)
        # Neutron refuses its own address as a pair.
        pairs = [pair for pair in port["allowed_address_pairs"] if pair["ip_address"] not in own]
        return {
            "name": port["id"],
            "network_id": self._ids[port["network_id"]],
            "fixed_ips": port["fixed_ips"],
            "security_groups": [self._ids[group] for group in groups],
            "port_security_enabled": port["port_security_enabled"],
            **({"allowed_address_pairs": pairs} if pairs else {}),
        }

    def _open_port(self, network: str) -> Body:
        """Return a port that sends as anyone and takes everything: the outside."""
        number = NETWORKS.index(network) + 1
        fixed = [{"ip_address": f"10.200.0.{number}"}, {"ip_address": f"2001:db8:200::{number}"}]
        options = {"port_security_enabled": False, "security_groups": []}
        return {"name": f"open-{network}", "network_id": self._ids[network], "fixed_ips": fixed, **options}

    def _create(self, kind: str, bodies: Sequence[Body]) -> list[Body]:
        created = self._api.post("network", f"/{kind.replace('_', '-')}s", {f"{kind}s": bodies})[f"{kind}s"]
        self._ids |= {one["name"]: one["id"] for one in created if one.get("name")}
        return list(created)


def read(api: Api) -> Cloud:
    """Return a project's cloud as Neutron shows it."""
    groups = api.get("network", "/security-groups")["security_groups"]
    listed = api.get("network", "/address-groups")["address_groups"]
    return Cloud(
        {group["id"]: group["security_group_rules"] for group in groups},
        [{"binding:vnic_type": "normal", **port} for port in api.ports()],
        {group["id"]: group["addresses"] for group in listed},
    )


class Traced(Evaluator):
    """OVN asked instead of rules: whether packets pass between ports of one network."""

    def __init__(self, cloud: Cloud, flows: Flows) -> None:
        super().__init__(cloud)
        self._flows = flows
        self._open = {port["network_id"]: port for port in cloud.ports if port["name"].startswith("open-")}

    def passes(self, source: Body, target: Body, sender: str, receiver: str, kind: Kind) -> bool:
        return self._trace(source["id"], target["id"], sender, receiver, kind)

    def leaves(self, port: Body, receiver: str, kind: Kind) -> bool:
        sender = self._own(port, receiver)
        return self._trace(port["id"], self._open[port["network_id"]]["id"], sender, receiver, kind)

    def enters(self, port: Body, sender: str, kind: Kind) -> bool:
        receiver = self._own(port, sender)
        return self._trace(self._open[port["network_id"]]["id"], port["id"], sender, receiver, kind)

    def _own(self, port: Body, other: str) -> str:
        return next(address for address in addresses(port) if version(address) == version(other))

    def _trace(self, source: str, target: str, sender: str, receiver: str, kind: Kind) -> bool:
        # ICMP of the other family is a number.
        other = kind.protocol == (1 if version(sender) == 6 else 58)
        name = str(kind.protocol) if other else _NAMES.get(kind.protocol, str(kind.protocol))
        packet = Packet(name, kind.port, version(sender), kind.code)
        start, end = (Endpoint.of(self._ports[port_id]) for port_id in (source, target))
        return target in self._flows.receivers(start, end.mac, packet.match(sender, receiver))


def questions(maker: Maker, cloud: Cloud, number: int) -> Iterator[Asked]:
    """Yield questions about two ports of a network, or one and an address that no port has."""
    names = dict(_names(cloud))
    ports = [port for port in cloud.ports if port["id"] in names and port["fixed_ips"]]
    others = {port["id"]: [p for p in ports if p != port and p["network_id"] == port["network_id"]] for port in ports}
    asked: set[Asked] = set()
    while len(asked) < number:
        port = maker.choose(ports)
        other = maker.choose([*(names[one["id"]] for one in others[port["id"]]), *OUTSIDE[:4], OUTSIDE[-3]])
        ends = maker.choose([(names[port["id"]], other), (other, names[port["id"]])])
        protocol, asked_port = maker.kind()
        if protocol is not None:
            asked.add(Asked(*ends, protocol, asked_port))
    yield from sorted(asked, key=str)


def _names(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Yield the ports that can be asked for, with what to call them; those that are the outside are none of them."""
    used = [group for port in cloud.ports for group in port["security_groups"]]
    taken = [address for port in cloud.ports for address in addresses(port)]
    for port in (port for port in cloud.ports if not port["name"].startswith("open-")):
        alone = [f"group:{group}" for group in port["security_groups"] if used.count(group) == 1]
        alone += [address for address in addresses(port) if taken.count(address) == 1]
        if alone:
            yield port["id"], alone[0]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask about all clouds with ``--all``, and otherwise about one."""
    metafunc.parametrize("seed", SEEDS if metafunc.config.getoption("--all") else SEEDS[:1])


def test_answers(project: Project, cloud: RunningCloud, seed: int) -> None:
    maker = Maker(seed, odd=False)
    Place(project.api, maker.cloud())
    seen = read(project.api)
    asked = list(questions(maker, seen, QUESTIONS))
    answers = project.call(MODULE, backend="ovn", ask=[one.options() for one in asked])["answers"]
    packets = Packets(seen)
    with flows_now(cloud.sockets) as flows:
        traced = Packets(seen, Traced(seen, flows))
        found = [
            f"{one}: {answer['verdict']}, packets {expected}, OVN {on_ovn}\n  {answer['reason']}"
            for one, answer in zip(asked, answers, strict=True)
            if not answer["verdict"] == (expected := packets.verdict(one)) == (on_ovn := traced.verdict(one))
        ]
    assert not found, "\n".join([*found[:10], f"{len(found)} differences"])
    assert {answer["verdict"] for answer in answers} >= {"allowed", "denied"}
