# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests' own idea of which packets pass."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Body
from ansible_collections.portcullis.openstack.tests.torture.packets import Packet, Remote, grid, passing

FAR = Remote("198.51.100.7")
NEAR = Remote("10.1.2.3", frozenset({"web"}))
FAR_6 = Remote("2001:db8::7")


def rule(**options: Any) -> Body:
    """Return a rule that lets all of IPv4 in, but for the options."""
    names = ("protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id")
    return {**dict.fromkeys(names), "direction": "ingress", "ethertype": "IPv4", **options}


def tcp(low: int, high: int | None = None, **options: Any) -> Body:
    return rule(protocol="tcp", port_range_min=low, port_range_max=high or low, **options)


SSH = Packet("ingress", "tcp", 22, FAR)
CASES: list[tuple[Body, Packet, bool]] = [
    (rule(), SSH, True),
    (rule(direction="egress"), SSH, False),
    (rule(ethertype="IPv6"), SSH, False),
    (rule(ethertype="IPv6"), Packet("ingress", "tcp", 22, FAR_6), True),
    (rule(protocol="tcp"), SSH, True),
    (rule(protocol="6"), SSH, True),
    (rule(protocol="17"), SSH, False),
    (rule(protocol="gre"), SSH, False),
    (tcp(22), SSH, True),
    (tcp(21, 22), SSH, True),
    (tcp(22, 23), SSH, True),
    (tcp(23, 65535), SSH, False),
    (tcp(22), Packet("ingress", "udp", 22, FAR), False),
    (tcp(22, remote_ip_prefix="198.51.100.0/24"), SSH, True),
    (tcp(22, remote_ip_prefix="198.51.100.9/24"), SSH, True),
    (tcp(22, remote_ip_prefix="203.0.113.0/24"), SSH, False),
    (tcp(22, remote_ip_prefix="0.0.0.0/0"), SSH, True),
    (tcp(22, remote_group_id="web"), SSH, False),
    (tcp(22, remote_group_id="web"), Packet("ingress", "tcp", 22, NEAR), True),
    (tcp(22, remote_group_id="db"), Packet("ingress", "tcp", 22, NEAR), False),
    (rule(protocol="icmp"), Packet("ingress", "icmp", 8, FAR), True),
    (rule(protocol="icmp", port_range_min=8), Packet("ingress", "icmp", 8, FAR), True),
    (rule(protocol="icmp", port_range_min=8, port_range_max=0), Packet("ingress", "icmp", 8, FAR), True),
    (rule(protocol="icmp", port_range_min=8, port_range_max=1), Packet("ingress", "icmp", 8, FAR), False),
    (rule(protocol="icmp", port_range_min=0, port_range_max=0), Packet("ingress", "icmp", 8, FAR), False),
    (rule(protocol="58", ethertype="IPv6"), Packet("ingress", "ipv6-icmp", 8, FAR_6), True),
]


@pytest.mark.parametrize(("rule", "packet", "passes"), CASES)
def test_a_packet_and_a_rule(rule: Body, packet: Packet, passes: bool) -> None:
    assert bool(passing([packet], [rule])) == passes


def test_any_rule_is_enough() -> None:
    assert passing([SSH], [tcp(443), tcp(22), rule(direction="egress")]) == {SSH}
    assert passing([SSH], []) == frozenset()


def test_the_grid_has_both_directions_and_families() -> None:
    packets = grid([FAR, FAR_6], [22, 443])
    assert len(packets) == 2 * 2 * 3 * 2
    assert {packet.protocol for packet in packets if packet.remote == FAR_6} == {"tcp", "udp", "ipv6-icmp"}
