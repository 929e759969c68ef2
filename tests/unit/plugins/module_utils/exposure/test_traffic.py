# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protocols, ports, and types of ICMP as a set, and as text."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.intervals import union
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.traffic import (
    ALL,
    packet,
    texts,
    together,
    traffic_asked,
    traffic_of,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule


def ports(protocol: str, low: int, high: int | None = None) -> Rule:
    return make_rule(protocol=protocol, port_range_min=low, port_range_max=high)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (make_rule(), "any"),
        (ports("tcp", 22, 22), "tcp/22"),
        (ports("6", 22, 22), "tcp/22"),
        (ports("udp", 6000, 6010), "udp/6000-6010"),
        (ports("tcp", 1, 65535), "tcp"),
        (make_rule(protocol="esp"), "esp"),
        (make_rule(protocol="200"), "200"),
        (make_rule(protocol="icmp"), "icmp"),
        (ports("icmp", 8), "icmp/8"),
        (ports("icmp", 0), "icmp/0"),
        (ports("icmp", 3, 4), "icmp/3:4"),
        (make_rule(protocol="icmp", ether_type="IPv6", port_range_min=128), "ipv6-icmp/128"),
        (make_rule(protocol="icmpv6", ether_type="IPv6"), "ipv6-icmp"),
        (ports("sctp", 80, 80), "sctp/80"),
    ],
)
def test_rules_as_text(rule: Rule, text: str) -> None:
    assert list(texts(traffic_of(rule, "ovn"))) == [text]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ((8, 1), (255, 255), ["icmp/8:1-255", "icmp/9-255"]),
        ((3, 0), (8, 0), ["icmp/3-7", "icmp/8:0"]),
        ((3, 2), (4, 1), ["icmp/3:2-255", "icmp/4:0-1"]),
        ((3, 0), (4, 255), ["icmp/3-4"]),
    ],
)
def test_types_and_codes_as_text(low: tuple[int, int], high: tuple[int, int], expected: list[str]) -> None:
    ends = tuple(packet(1, icmp_type << 8 | code) for icmp_type, code in (low, high))
    assert list(texts(union([(ends[0], ends[1])]))) == expected


@pytest.mark.parametrize("backend", ["ovn", "ovs"])
@pytest.mark.parametrize("protocol", ["0", "ip", "hopopt"])
def test_protocol_zero_is_one_protocol(protocol: str, backend: str) -> None:
    assert list(texts(traffic_of(make_rule(protocol=protocol), backend))) == ["ip"]


@pytest.mark.parametrize("backend", ["iptables", "unknown"])
@pytest.mark.parametrize("protocol", ["0", "ip", "hopopt"])
def test_protocol_zero_may_be_every_protocol(protocol: str, backend: str) -> None:
    assert traffic_of(make_rule(protocol=protocol), backend) == ALL


@pytest.mark.parametrize("protocol", ["udplite", "dccp", "136"])
def test_ports_that_backends_ignore(protocol: str) -> None:
    name = "dccp" if protocol == "dccp" else "udplite"
    for backend in ("ovn", "ovs", "unknown"):
        assert list(texts(traffic_of(ports(protocol, 7, 8), backend))) == [name]
    assert list(texts(traffic_of(ports(protocol, 7, 8), "iptables"))) == [f"{name}/7-8"]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ((None, None, None), "any"),
        (("tcp", None, None), "tcp"),
        (("tcp", 22, 22), "tcp/22"),
        (("icmp", 8, 8), "icmp/8"),
        (("icmp", 0, 255), "icmp"),
        (("esp", None, None), "esp"),
        (("200", None, None), "200"),
    ],
)
def test_questions_as_text(asked: tuple[Any, ...], text: str) -> None:
    assert list(texts(traffic_asked(*asked))) == [text]


def test_all_ports_in_two_rules_are_all_ports() -> None:
    """No rule for ports has port 0, and nothing is sent to it."""
    found = together([traffic_of(ports("tcp", 1, 1000), "ovn"), traffic_of(ports("tcp", 1001, 65535), "ovn")])
    assert traffic_asked("tcp", None, None) <= found
    assert list(texts(found)) == ["tcp"]


def test_several_parts_as_text() -> None:
    found = union([(packet(6, 22), packet(6, 22)), (packet(1, 3 << 8), packet(1, (5 << 8) + 255)), *ALL.parts[1:]])
    assert list(texts(found)) == ["icmp/3-5", "tcp/22"]
    assert list(texts(traffic_asked("tcp", 65000, 65535) | traffic_asked("7", None, None))) == ["tcp/65000-65535", "7"]
    assert not list(texts(union([])))
