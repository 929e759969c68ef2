# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the network has a path."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.addresses import INTERNET, interval
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.intervals import Intervals
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.paths import Topology, best

TOPOLOGY = Topology(
    subnets={
        "front": ["10.0.0.0/24", "2001:db8::/64"],
        "back": ["10.0.1.0/24"],
        "deep": ["10.0.2.0/24"],
        "lonely": ["10.0.3.0/24"],
        "outside": ["203.0.113.0/24"],
    },
    external=frozenset({"outside"}),
    routers={"r1": frozenset({"front", "back"}), "r2": frozenset({"back", "deep"}), "r3": frozenset({"lonely"})},
    gateways=frozenset({"r1", "unknown"}),
    floating=frozenset({"floating-port"}),
    forwarded=frozenset({"forwarded-port"}),
)


@pytest.mark.parametrize(
    ("source", "target", "path"),
    [
        ("front", "front", "same_network"),
        ("outside", "outside", "same_network"),
        ("front", "back", "router"),
        # Over a network that two routers share.
        ("front", "deep", "router"),
        ("deep", "front", "router"),
        ("front", "lonely", "none_seen"),
        ("front", "outside", "none_seen"),
        ("outside", "front", "none_seen"),
    ],
)
def test_between_networks(source: str, target: str, path: str) -> None:
    assert TOPOLOGY.between(source, target) == path


@pytest.mark.parametrize(
    ("port", "network", "addresses", "ways"),
    [
        ("p", "front", ["10.0.0.1"], set()),
        ("floating-port", "front", ["10.0.0.1"], {"floating_ip"}),
        ("forwarded-port", "front", ["10.0.0.1"], {"port_forwarding"}),
        ("p", "outside", ["203.0.113.9"], {"external_network"}),
        # A router with a gateway makes global addresses of IPv6 public, and no others.
        ("p", "front", ["10.0.0.1", "2001:db8::1"], {"routed_ipv6"}),
        ("p", "front", ["fd00::1"], set()),
        ("p", "lonely", ["2001:db8:3::1"], set()),
        # Its router has no gateway, only one beside it has.
        ("p", "deep", ["2001:db8:2::1"], set()),
    ],
)
def test_ways_in(port: str, network: str, addresses: list[str], ways: set[str]) -> None:
    assert TOPOLOGY.public(port, network, addresses) == ways


@pytest.mark.parametrize(
    ("public", "direction", "family", "path"),
    [
        ({"floating_ip", "port_forwarding"}, "ingress", "IPv4", "floating_ip"),
        ({"port_forwarding"}, "ingress", "IPv4", "port_forwarding"),
        ({"external_network"}, "ingress", "IPv6", "external_network"),
        ({"routed_ipv6"}, "ingress", "IPv6", "routed_ipv6"),
        # Each way serves its own family.
        ({"floating_ip"}, "ingress", "IPv6", "none_seen"),
        ({"routed_ipv6"}, "ingress", "IPv4", "none_seen"),
        (set(), "ingress", "IPv4", "none_seen"),
        # The way out needs no way in.
        (set(), "egress", "IPv4", "router"),
        ({"floating_ip"}, "egress", "IPv4", "floating_ip"),
    ],
)
def test_the_internet(public: set[str], direction: str, family: str, path: str) -> None:
    assert TOPOLOGY.internet("front", public, direction, family) == path


def test_the_way_out_needs_a_gateway() -> None:
    assert TOPOLOGY.internet("lonely", (), "egress", "IPv4") == "none_seen"


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("10.0.0.0/24", "same_network"),
        ("10.0.1.5/32", "router"),
        ("10.0.3.0/24", "none_seen"),
        ("172.16.0.0/12", "none_seen"),
        ("198.51.100.0/24", "floating_ip"),
        # Some of them are in its own network, and some of the Internet.
        ("0.0.0.0/0", "same_network"),
    ],
)
def test_addresses_outside(prefix: str, path: str) -> None:
    found = Intervals((interval(prefix)[1],))
    assert TOPOLOGY.outside(found, "front", {"floating_ip"}, "ingress", "IPv4") == path


def test_what_cannot_be_seen_may_be_a_path() -> None:
    topology = Topology(complete=False)
    assert topology.between("a", "b") == "unknown"
    assert topology.between("a", "a") == "same_network"
    assert topology.internet("a", (), "ingress", "IPv4") == "unknown"
    assert topology.outside(INTERNET["IPv4"], "a", {"floating_ip"}, "ingress", "IPv4") == "floating_ip"


def test_the_most_certain_path() -> None:
    assert best(["none_seen", "unknown", "router", "floating_ip"]) == "router"
    assert best(["none_seen", "unknown"]) == "unknown"
    assert best([]) == "none_seen"
