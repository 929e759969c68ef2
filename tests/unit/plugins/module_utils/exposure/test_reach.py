# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reaches what agrees with asking every rule about every packet."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure import addresses
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.reach import PortClass, Reach
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import Port, State
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.traffic import texts, together
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.torture import evaluator
from ansible_collections.portcullis.openstack.tests.torture.answers import state_of
from ansible_collections.portcullis.openstack.tests.torture.clouds import OUTSIDE, Maker
from ansible_collections.portcullis.openstack.tests.torture.evaluator import Body, Evaluator, Kind, some

from .sights import KINDS, number

SEEDS = range(40)


def classes_of(reach: Reach) -> Mapping[str, PortClass]:
    return {port.id: found for found in reach.classes for port in found.ports}


def passes(asked: Evaluator, source: Body, target: Body, kind: Kind) -> bool | None:
    return some(
        asked.passes(source, target, sender, receiver, kind)
        for sender, receiver in product(evaluator.addresses(source), evaluator.addresses(target))
        if evaluator.version(sender) == evaluator.version(receiver)
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_between_ports(seed: int) -> None:
    cloud = Maker(seed).cloud()
    reach, asked = Reach(state_of(cloud)), Evaluator(cloud)
    classes = classes_of(reach)
    assert {*classes} == {port["id"] for port in cloud.ports}
    for source, target, kind in product(cloud.ports, cloud.ports, KINDS):
        ends = classes[source["id"]], classes[target["id"]]
        verdict = passes(asked, source, target, kind)
        assert (number(kind) in reach.between(*ends)) == (verdict is True)
        assert (number(kind) in reach.possible(*ends)) == (verdict is not False)


@pytest.mark.parametrize("seed", SEEDS)
def test_edges_and_what_comes_from_the_internet_are_all(seed: int) -> None:
    reach = Reach(state_of(Maker(seed).cloud()))
    edges = list(reach.edges())
    incoming = [one for one in reach.exposures() if one.internet and one.direction == "ingress"]
    for source, target in product(reach.classes, repeat=2):
        whole = reach.between(source, target)
        edge = together([one.traffic for one in edges if (one.source, one.target) == (source, target)])
        assert edge <= whole
        if source is target and len(source.ports) == 1:
            # A port does not reach itself through the network.
            assert not edge
            continue
        assert whole - edge <= together([one.traffic for one in incoming if one.port_class is target])
        assert whole == together([one.traffic for one in reach.edges_from([source]) if one.target is target])


def allows(asked: Evaluator, port: Body, direction: str, address: str, kind: Kind) -> bool | None:
    return (asked.enters if direction == "ingress" else asked.leaves)(port, address, kind)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_addresses_outside(seed: int) -> None:
    cloud = Maker(seed).cloud()
    asked = Evaluator(cloud)
    found = list(Reach(state_of(cloud)).exposures())
    ends = product(cloud.ports, OUTSIDE, ("ingress", "egress"), KINDS)
    for port, address, direction, kind in ends:
        family, (low, _high) = addresses.interval(address)
        if any(evaluator.version(own) == evaluator.version(address) for own in evaluator.addresses(port)):
            shown = any(
                port["id"] in {own.id for own in one.port_class.ports}
                and (one.direction, one.family) == (direction, family)
                and low in one.addresses
                and number(kind) in one.traffic
                for one in found
            )
            assert shown == (allows(asked, port, direction, address, kind) is True)


def exposure(*prefixes: str) -> list[bool]:
    rules = tuple(
        make_rule(protocol="tcp", ether_type=f"IPv{6 if ':' in p else 4}", remote_ip_prefix=p) for p in prefixes
    )
    port = Port("p", "p", "n", ("10.0.0.1", "2001:db8::1"), frozenset("a"))
    return [one.internet for one in Reach(State({"a": rules}, [port])).exposures()]


@pytest.mark.parametrize(
    "prefixes", [["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["10.1.1.1/0"], ["2000::/3"], ["::/0"], ["::1/0"]]
)
def test_the_internet_however_it_is_written(prefixes: list[str]) -> None:
    assert exposure(*prefixes) == [True]


@pytest.mark.parametrize("prefix", ["0.0.0.0/1", "10.0.0.0/8", "fd00::/8", "3000::/4"])
def test_less_than_the_internet(prefix: str) -> None:
    assert exposure(prefix) == [False]


TCP_443: dict[str, Any] = {"protocol": "tcp", "port_range_min": 443, "port_range_max": 443}
TCP_22: dict[str, Any] = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
HALVES = [("0.0.0.0/1", "any"), ("0.0.0.0/0", "tcp/22")]
LOCAL, OFFICE = {"remote_ip_prefix": "10.0.0.0/8"}, {"remote_ip_prefix": "198.51.100.0/24"}


def exposed(*rules: dict[str, Any]) -> list[tuple[str, str]]:
    port = Port("p", "p", "n", ("10.0.0.1",), frozenset("a"))
    return [
        (", ".join(addresses.texts("IPv4", one.addresses)), ", ".join(texts(one.traffic)))
        for one in Reach(State({"a": [make_rule(**options) for options in rules]}, [port])).exposures()
    ]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([TCP_443, TCP_22 | OFFICE], [("0.0.0.0/0", "tcp/443"), ("198.51.100.0/24", "tcp/22")]),
        # Not: all but tcp/443.
        ([TCP_443, LOCAL], [("0.0.0.0/0", "tcp/443"), ("10.0.0.0/8", "any")]),
        ([TCP_443, TCP_443 | OFFICE], [("0.0.0.0/0", "tcp/443")]),
        (
            [TCP_22 | LOCAL, TCP_443 | LOCAL, TCP_22 | OFFICE],
            [("10.0.0.0/8", "tcp/22, tcp/443"), ("10.0.0.0/8, 198.51.100.0/24", "tcp/22")],
        ),
        ([{"remote_ip_prefix": "0.0.0.0/1"}, TCP_22 | {"remote_ip_prefix": "128.0.0.0/1"}], HALVES),
    ],
)
def test_exposures_say_what_rules_say(rules: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert exposed(*rules) == expected


def cluster(backend: str, *rules: Rule) -> Reach:
    """Return two ports of one group, one of which may use a further address."""
    ports = [
        Port("p1", "p", "n", ("10.0.0.1",), frozenset("a"), pairs=("10.0.0.100/32",)),
        Port("p2", "p", "n", ("10.0.0.2",), frozenset("a")),
    ]
    return Reach(State({"a": [make_rule(direction="egress"), *rules]}, ports, backend=backend))


def test_a_group_that_names_itself_is_shown_whole() -> None:
    """Beside a service that is open to the Internet, too: not as all but that."""
    (edge,) = cluster("ovn", make_rule(**TCP_443), make_rule(remote_group="a")).edges()
    assert [*texts(edge.traffic)] == ["any"]


def test_what_the_internet_may_is_not_repeated_for_each_source() -> None:
    (edge,) = cluster("ovn", make_rule(**TCP_443), make_rule(**TCP_22, remote_group="a")).edges()
    assert [*texts(edge.traffic)] == ["tcp/22"]
    assert not list(cluster("ovn", make_rule(**TCP_443), make_rule(**TCP_443, remote_group="a")).edges())
    halves = [make_rule(**TCP_443, remote_ip_prefix=half) for half in ("0.0.0.0/1", "128.0.0.0/1")]
    assert not list(cluster("ovn", *halves).edges())


@pytest.mark.parametrize(
    ("backend", "found"),
    [("ovn", []), ("ovs", ["10.0.0.100/32"]), ("iptables", ["10.0.0.100/32"]), ("unknown", ["10.0.0.100/32"])],
)
def test_address_pairs_are_members_on_some_backends(backend: str, found: list[str]) -> None:
    """Seen on OVN in ovn/test_facts.py, as are most facts; see ``security_groups_rpc`` of Neutron for the others."""
    exposures = cluster(backend, make_rule(**TCP_22, remote_group="a")).exposures()
    assert [
        text for one in exposures if one.direction == "ingress" for text in addresses.texts("IPv4", one.addresses)
    ] == found


def test_rules_that_allow_something_are_those_of_both_ends_and_of_its_family() -> None:
    rules = [
        make_rule(direction="egress"),
        make_rule(direction="ingress", remote_group="a"),
        make_rule(direction="ingress", ether_type="IPv6", remote_group="a"),
    ]
    ports = [Port(f"p{n}", "p", "n", (f"10.0.0.{n}", f"fd00::{n}"), frozenset("a")) for n in (1, 2)]
    reach = Reach(State({"a": rules}, ports))
    (one,) = reach.classes
    assert [rule.rule for rule in reach.allowing(one, one, reach.between(one, one))] == rules[:2]
    (edge,) = reach.edges()
    assert edge.family == "IPv4"


def test_ports_are_not_alike_if_they_are_open_for_different_reasons() -> None:
    ports = [
        Port("p1", "p", "n", ("10.0.0.1",), frozenset(), secured=False),
        Port("p2", "p", "n", ("10.0.0.2",), frozenset(), vnic_type="direct"),
        Port("p3", "p", "n", ("10.0.0.3",), frozenset(), vnic_type="accelerator-direct"),
        Port("p4", "p", "n", ("10.0.0.4",), frozenset(), secured=False),
    ]
    assert [[port.id for port in one.ports] for one in Reach(State({}, ports)).classes] == [
        ["p1", "p4"],
        ["p2"],
        ["p3"],
    ]
