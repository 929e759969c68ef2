# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What security groups mean on OVN, where one could think otherwise; OVN itself is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Body
from ansible_collections.portcullis.openstack.tests.ovn.site import Site, Way
from ansible_collections.portcullis.openstack.tests.ovn.traces import Packet
from ansible_collections.portcullis.openstack.tests.torture.states import Given, port, set_up

SSH = Packet("tcp", 22)
SSH6 = Packet("tcp", 22, 6)
DNS = Packet("udp", 53)
PING = Packet("icmp", 8)
PING6 = Packet("ipv6-icmp", 128, 6)
UDPLITE, DCCP, VRRP, HOPOPT = Packet("136"), Packet("33"), Packet("112"), Packet("0")
SOME = (SSH, DNS, PING, VRRP, SSH6, PING6)
OUT: list[Body] = [{"direction": "egress"}, {"direction": "egress", "ethertype": "IPv6"}]


@dataclass(frozen=True)
class Instance:
    """An instance with these groups, and options of its port."""

    groups: Sequence[str] = ()
    addresses: Sequence[str] = ()
    network: str = "network"
    options: Body = field(default_factory=dict)


OPEN = Instance(options={"port_security_enabled": False})
"""It sends and receives everything, so that only its peer's groups count."""


@dataclass(frozen=True)
class Fact:
    """What passes and what does not between instances whose groups have these rules and no others."""

    name: str
    groups: Mapping[str, Sequence[Body]]
    instances: Mapping[str, Instance]
    passes: Mapping[Way, Sequence[Packet]] = field(default_factory=dict)
    drops: Mapping[Way, Sequence[Packet]] = field(default_factory=dict)


def one_group(name: str, rules: Sequence[Body], *, passes: Sequence[Packet], drops: Sequence[Packet]) -> Fact:
    """Return what the rules of one group let in from anywhere."""
    way = Way("open", "web")
    return Fact(name, {"web": rules}, {"web": Instance(["web"]), "open": OPEN}, {way: passes}, {way: drops})


def proto(protocol: str, **more: object) -> Body:
    return {"protocol": protocol, **more}


def icmp(type_: int | None, code: int | None = None) -> Body:
    return {"protocol": "icmp", "port_range_min": type_, "port_range_max": code}


FACTS = [
    Fact(
        "an instance without groups is closed, even to a peer that is open",
        {},
        {"closed": Instance(), "open": OPEN},
        drops={Way("open", "closed"): SOME, Way("closed", "open"): SOME},
    ),
    Fact(
        "without port security everything passes, from foreign addresses too",
        {"web": [port(22)]},
        {"open": OPEN, "other": OPEN, "web": Instance(["web"])},
        passes={
            Way("open", "other"): SOME,
            Way("open", "other", "198.51.100.7"): [SSH, DNS],
            Way("open", "web", "198.51.100.7"): [SSH],
        },
        drops={Way("open", "web"): [DNS, SSH6], Way("open", "web", "198.51.100.7"): [DNS], Way("web", "open"): SOME},
    ),
    Fact(
        "with port security, foreign source addresses are dropped",
        {"web": OUT},
        {"open": OPEN, "web": Instance(["web"])},
        passes={Way("web", "open"): [SSH]},
        drops={Way("web", "open", "198.51.100.7"): [SSH]},
    ),
    Fact(
        "rules of all groups of an instance count",
        {"ssh": [port(22)], "dns": [proto("udp", port_range_min=53, port_range_max=53)]},
        {"web": Instance(["ssh", "dns"]), "open": OPEN},
        passes={Way("open", "web"): [SSH, DNS]},
        drops={Way("open", "web"): [PING, SSH6]},
    ),
    Fact(
        "a remote group is the fixed addresses of its ports, that are down and in other networks too",
        {"web": [port(22, remote_group="db")], "db": [], "stranger": OUT},
        {
            "web": Instance(["web"]),
            "down": Instance(["db"], ["10.0.0.50", "2001:db8::50"], "other", {"admin_state_up": False}),
            "stranger": Instance(["stranger"], ["10.0.0.50", "2001:db8::50"]),
            "other": Instance(["stranger"]),
        },
        passes={Way("stranger", "web"): [SSH]},
        drops={Way("stranger", "web"): [DNS, SSH6], Way("other", "web"): [SSH]},
    ),
    Fact(
        "an allowed address pair is no member of a remote group, a port with that address is",
        {"web": [port(22, remote_group="db")], "db": OUT},
        {
            "web": Instance(["web"]),
            "db": Instance(
                ["db"],
                options={"allowed_address_pairs": [{"ip_address": "10.0.0.200"}, {"ip_address": "10.0.0.201"}]},
            ),
            "vip": Instance(["db"], ["10.0.0.201", "2001:db8::201"]),
        },
        passes={Way("db", "web"): [SSH], Way("db", "web", "10.0.0.201"): [SSH]},
        drops={Way("db", "web", "10.0.0.200"): [SSH]},
    ),
    Fact(
        "a group that names itself means its own instances, in both directions and families",
        {
            "web": [
                {"direction": direction, "ethertype": family, "remote_group": "web"}
                for direction in ("ingress", "egress")
                for family in ("IPv4", "IPv6")
            ]
        },
        {"web1": Instance(["web"]), "web2": Instance(["web"]), "open": OPEN},
        passes={Way("web1", "web2"): SOME, Way("web2", "web1"): SOME},
        drops={Way("open", "web1"): SOME, Way("web1", "open"): SOME},
    ),
    one_group(
        "a prefix of length 0 with host bits is everyone of its family",
        [port(22, remote_ip_prefix="172.16.1.1/0")],
        passes=[SSH],
        drops=[SSH6, DNS],
    ),
    Fact(
        "a prefix with host bits is its network",
        {"web": [port(22, remote_ip_prefix="10.0.1.77/24")]},
        {"web": Instance(["web"]), "open": OPEN},
        passes={Way("open", "web", "10.0.1.1"): [SSH], Way("open", "web", "10.0.1.255"): [SSH]},
        drops={Way("open", "web", "10.0.2.1"): [SSH], Way("open", "web", "10.0.0.255"): [SSH]},
    ),
    one_group("a protocol by number is that by name", [proto("6")], passes=[SSH], drops=[DNS, PING, SSH6]),
    one_group(
        "protocol any is all of the family", [proto("any")], passes=[SSH, DNS, PING, UDPLITE, HOPOPT], drops=[SSH6]
    ),
    *(
        one_group(f"protocol {name} is IP protocol 0 only", [proto(name)], passes=[HOPOPT], drops=[SSH, DNS, PING])
        for name in ("0", "ip", "hopopt")
    ),
    *(
        one_group(
            f"{name} with ports is all of the protocol",
            [proto(name, port_range_min=1000, port_range_max=1001)],
            passes=[packet],
            drops=[DNS, SSH],
        )
        for name, packet in {"udplite": UDPLITE, "dccp": DCCP}.items()
    ),
    one_group(
        "a type of ICMP without a code is all its codes",
        [icmp(8)],
        passes=[PING, Packet("icmp", 8, code=1)],
        drops=[Packet("icmp", 0), Packet("icmp", 3, code=8)],
    ),
    one_group("type 0 of ICMP is a type", [icmp(0)], passes=[Packet("icmp", 0)], drops=[PING]),
    one_group(
        "a type and a code of ICMP are that code",
        [icmp(3, 1)],
        passes=[Packet("icmp", 3, code=1)],
        drops=[Packet("icmp", 3, code=0), Packet("icmp", 1, code=3)],
    ),
    one_group(
        "ICMP without a type is all types",
        [icmp(None)],
        passes=[PING, Packet("icmp", 0), Packet("icmp", 3, code=1)],
        drops=[PING6, SSH],
    ),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_fact(site: Site, fact: Fact) -> None:
    set_up(site.api, [Given(name, rules) for name, rules in fact.groups.items()])
    for name, instance in fact.instances.items():
        site.add(
            name, *instance.groups, addresses=instance.addresses, network=instance.network, **dict(instance.options)
        )
    asked = {way: {*fact.passes.get(way, ()), *fact.drops.get(way, ())} for way in {*fact.passes, *fact.drops}}
    assert site.passing(asked) == {way: set(fact.passes.get(way, ())) for way in asked}
