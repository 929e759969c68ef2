# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reaches what agrees with asking every rule about every packet."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure import addresses
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.intervals import NOTHING
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.reach import Exposure, PortClass, Reach
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import Port, State
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.traffic import packet, texts, together
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import PROTOCOL_NUMBERS, Rule, make_rule

GROUPS = ("a", "b", "c")
ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.0.1.1", "192.168.7.7", "2001:db8::1", "fd00::2")
OUTSIDE = ("1.1.1.1", "198.51.100.7", "10.9.9.9", "2001:db8:5::1")
PREFIXES = (
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/24",
    "10.0.0.1/32",
    "10.0.0.3/30",
    "::/0",
    "2001:db8::/32",
)
ADDRESS_GROUPS = {"offices": ("198.51.100.0/24", "10.0.1.0/24", "2001:db8:5::/48"), "nobody": ()}
PACKETS = (("tcp", 22), ("tcp", 80), ("udp", 53), ("udplite", 7), ("icmp", 8 << 8), ("icmp", 3 << 8 | 4), ("gre", 0))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    protocol = draw(st.sampled_from([None, "tcp", "udp", "icmp", "gre", "udplite", "0", "hopopt"]))
    ports: dict[str, Any] = {}
    if protocol in ("tcp", "udp", "udplite"):
        ports = draw(
            st.sampled_from(
                [{}, {"port_range_min": 22, "port_range_max": 22}, {"port_range_min": 20, "port_range_max": 80}]
            )
        )
    elif protocol == "icmp":
        ports = draw(st.sampled_from([{}, {"port_range_min": 8}, {"port_range_min": 3, "port_range_max": 4}]))
    remote = draw(st.sampled_from(["none", "prefix", "group", "address_group"]))
    family = draw(st.sampled_from(["IPv4", "IPv6"]))
    remotes: dict[str, Any] = {}
    if remote == "prefix":
        remotes["remote_ip_prefix"] = draw(st.sampled_from([p for p in PREFIXES if (":" in p) == (family == "IPv6")]))
    elif remote == "group":
        remotes["remote_group"] = draw(st.sampled_from(GROUPS))
    elif remote == "address_group":
        remotes["remote_address_group"] = draw(st.sampled_from([*ADDRESS_GROUPS]))
    if family == "IPv6" and protocol == "icmp":
        protocol, ports = "ipv6-icmp", {}
    direction = draw(st.sampled_from(["ingress", "egress"]))
    return make_rule(direction=direction, ether_type=family, protocol=protocol, **ports, **remotes)


@st.composite
def states(draw: st.DrawFn) -> State:
    ports = [
        Port(
            id=f"port-{number}",
            project_id="p",
            network_id="n",
            addresses=tuple(draw(st.lists(st.sampled_from(ADDRESSES), max_size=2, unique=True))),
            groups=frozenset(draw(st.sets(st.sampled_from(GROUPS)))),
            secured=draw(st.integers(0, 5)) > 0,
            pairs=tuple(draw(st.lists(st.sampled_from(["10.0.1.0/24", "0.0.0.0/0"]), max_size=1))),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    named = {group: tuple(draw(st.lists(rules(), max_size=3))) for group in GROUPS}
    return State(named, ports, ADDRESS_GROUPS, backend=draw(st.sampled_from(["ovn", "ovs", "iptables", "unknown"])))


def allowed(state: State, port: Port, direction: str, remote: str, protocol: str, number: int) -> bool:
    """Ask every rule of a port about a packet, without classes and sets."""
    if not port.filtered:
        return True
    found = [rule for group in port.groups for rule in state.rules[group]]
    return any(matches(state, rule, direction, remote, protocol, number) for rule in found)


def matches(state: State, rule: Rule, direction: str, remote: str, protocol: str, number: int) -> bool:
    family = f"IPv{ipaddress.ip_address(remote).version}"
    return (
        (rule.direction, rule.ether_type) == (direction, family)
        and matches_protocol(rule, protocol, number, state.backend)
        and matches_remote(state, rule, remote)
    )


def matches_protocol(rule: Rule, protocol: str, number: int, backend: str) -> bool:
    if rule.protocol is None or (rule.protocol in ("ip", "hopopt") and backend in ("iptables", "unknown")):
        return True
    if rule.protocol != protocol:
        return False
    low, high = rule.port_range_min, rule.port_range_max
    if low is None or (protocol == "udplite" and backend != "iptables"):
        return True
    if protocol == "icmp":
        return number >> 8 == low and high in (None, number & 255)
    return low <= number <= (high or low)


def matches_remote(state: State, rule: Rule, remote: str) -> bool:
    if rule.remote_group is not None:
        pairs = state.backend != "ovn"
        members = [p for p in state.ports if rule.remote_group in p.groups]
        return any(within(remote, text) for p in members for text in (*p.addresses, *(p.pairs if pairs else ())))
    if rule.remote_address_group is not None:
        return any(within(remote, text) for text in state.address_groups[rule.remote_address_group])
    return rule.remote_ip_prefix is None or within(remote, rule.remote_ip_prefix)


def within(address: str, text: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_interface(text).network


@settings(max_examples=300)
@given(states())
def test_between_ports(state: State) -> None:
    reach = Reach(state)
    classes: Mapping[str, PortClass] = {port.id: found for found in reach.classes for port in found.ports}
    assert {*classes} == {port.id for port in state.ports}
    for source, target in product(state.ports, repeat=2):
        traffic = reach.between(classes[source.id], classes[target.id])
        for protocol, number in PACKETS:
            expected = any(
                allowed(state, source, "egress", to, protocol, number)
                and allowed(state, target, "ingress", by, protocol, number)
                for by, to in product(source.addresses, target.addresses)
                if (":" in by) == (":" in to)
            )
            assert (packet(PROTOCOL_NUMBERS[protocol], number) in traffic) == expected


@settings(max_examples=200)
@given(states())
def test_edges_and_what_comes_from_anywhere_are_all(state: State) -> None:
    reach = Reach(state)
    edges = {(edge.source, edge.target): edge.traffic for edge in reach.edges()}
    for source, target in product(reach.classes, repeat=2):
        whole = reach.between(source, target)
        edge = edges.get((source, target), NOTHING)
        assert edge <= whole
        anywhere = {
            one.family: one.traffic
            for one in reach.exposures()
            if (one.port_class, one.direction) == (target, "ingress") and one.addresses == addresses.WORLD[one.family]
        }
        assert whole - edge <= together([*anywhere.values()])


@settings(max_examples=300)
@given(states())
def test_from_and_to_the_outside(state: State) -> None:
    """Apart from what rules for remote groups allow, whose members are no outside."""
    found: list[Exposure] = list(Reach(state).exposures())
    named = {group: tuple(rule for rule in rules if rule.remote_group is None) for group, rules in state.rules.items()}
    without = State(named, state.ports, state.address_groups, backend=state.backend)
    for port, outside, direction, (protocol, number) in product(state.ports, OUTSIDE, ("ingress", "egress"), PACKETS):
        family, (low, _high) = addresses.interval(outside)
        if any((":" in text) == (family == "IPv6") for text in port.addresses):
            shown = any(
                port in one.port_class.ports
                and (one.direction, one.family) == (direction, family)
                and low in one.addresses
                and packet(PROTOCOL_NUMBERS[protocol], number) in one.traffic
                for one in found
            )
            assert shown == allowed(without, port, direction, outside, protocol, number)


def exposure(*prefixes: str) -> list[bool]:
    rules = tuple(
        make_rule(protocol="tcp", ether_type=f"IPv{6 if ':' in p else 4}", remote_ip_prefix=p) for p in prefixes
    )
    port = Port("p", "p", "n", ("10.0.0.1", "2001:db8::1"), frozenset("a"))
    return [one.internet for one in Reach(State({"a": rules}, [port])).exposures()]


def test_the_internet_however_it_is_written() -> None:
    for written in (["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["10.1.1.1/0"], ["2000::/3"], ["::/0"]):
        assert exposure(*written) == [True]
    for written in (["0.0.0.0/1"], ["10.0.0.0/8"], ["fd00::/8"]):
        assert exposure(*written) == [False]


def test_traffic_as_text() -> None:
    rules = [
        make_rule(protocol="tcp", port_range_min=22, port_range_max=22),
        make_rule(protocol="udp", port_range_min=6000, port_range_max=6010),
        make_rule(protocol="esp"),
        make_rule(protocol="icmp", port_range_min=8),
        make_rule(protocol="icmp", port_range_min=3, port_range_max=4),
    ]
    port = Port("p", "p", "n", ("10.0.0.1",), frozenset("a"))
    (one,) = Reach(State({"a": rules}, [port])).exposures()
    assert [*texts(one.traffic)] == ["icmp/3:4", "icmp/8", "tcp/22", "udp/6000-6010", "esp"]
    (one,) = Reach(State({"a": [make_rule()]}, [port])).exposures()
    assert [*texts(one.traffic)] == ["any"]
    assert addresses.texts("IPv4", one.addresses) == ["0.0.0.0/0"]
