# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reaches what, row by row, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.addresses import INTERNET, interval
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.paths import Topology
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.reach import Reach
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.report import Sight
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.rows import End, Row, Rows
from ansible_collections.portcullis.openstack.tests.torture import evaluator
from ansible_collections.portcullis.openstack.tests.torture.answers import directory_of, state_of
from ansible_collections.portcullis.openstack.tests.torture.clouds import OUTSIDE, Maker
from ansible_collections.portcullis.openstack.tests.torture.evaluator import Body, Evaluator, Kind

from .sights import KINDS, OFFICE, OUT, any_protocol, number, port, shown, sight, tcp

Line = tuple[str, str, str, str]
# The addresses that a packet is from and to.
Pair = tuple[str, str]


def lines(seen: Sight, **query: Any) -> list[Line]:
    """Return the rows as: from, to, families, and traffic."""
    return [
        (row["from"]["name"], row["to"]["name"], " ".join(row["families"]), ", ".join(row["traffic"]))
        for row in shown(seen, **query)["exposures"]
    ]


def incoming(groups: Mapping[str, Any], ports: Sequence[Any], **options: Any) -> list[Line]:
    return [line for line in lines(sight(groups, ports, **options)) if line[1] != "Internet"]


BOTH = "10.0.0.1 2001:db8::1"
WEB = [*OUT, tcp(443), tcp(443, ether_type="IPv6")]


def test_the_internet_comes_first_then_addresses_then_classes_then_the_outside() -> None:
    groups = {
        "web": [*WEB, tcp(22, remote_ip_prefix=OFFICE), tcp(80, remote_address_group="offices")],
        "db": [OUT[0], tcp(5432, remote_group="web")],
    }
    ports = [port("db1", "db", address="10.0.0.9"), port("web1", "web", address=BOTH)]
    listed = {"offices": ["192.0.2.0/24", "2001:db8:1::/48"]}
    seen = sight(groups, ports, address_groups=listed)
    assert lines(seen) == [
        ("Internet", "web", "IPv4 IPv6", "tcp/443"),
        ("198.51.100.0/24", "web", "IPv4", "tcp/22"),
        ("offices", "web", "IPv4", "tcp/80"),
        ("web", "db", "IPv4", "tcp/5432"),
        ("db", "Internet", "IPv4", "any"),
        ("web", "Internet", "IPv4 IPv6", "any"),
    ]
    kinds = [(row["from"]["kind"], row["to"]["kind"]) for row in shown(seen)["exposures"]]
    assert kinds[:4] == [("internet", "class"), ("addresses", "class"), ("address_group", "class"), ("class", "class")]
    (offices,) = [row for row in shown(seen)["exposures"] if row["from"]["name"] == "offices"]
    assert offices["from"]["addresses"] == ["192.0.2.0/24"]
    assert offices["rules"] == ["web-6"]
    assert offices["security_groups"] == ["web"]
    assert shown(seen)["exposures"][0]["from"]["addresses"] == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # The traps that checks of texts fall into.
        ([tcp(22, remote_ip_prefix="0.0.0.0/1"), tcp(22, remote_ip_prefix="128.0.0.0/1")], [("IPv4", "tcp/22")]),
        ([tcp(22, remote_ip_prefix="10.1.1.1/0")], [("IPv4", "tcp/22")]),
        ([tcp(22, remote_ip_prefix="2000::/3")], [("IPv6", "tcp/22")]),
        ([any_protocol(protocol="6", port_range_min=22, port_range_max=22)], [("IPv4", "tcp/22")]),
        ([any_protocol(protocol="6")], [("IPv4", "tcp")]),
        ([tcp(22)], [("IPv4", "tcp/22")]),
        ([any_protocol()], [("IPv4", "any")]),
        ([tcp(1, 65535), any_protocol(protocol="udp")], [("IPv4", "tcp, udp")]),
        ([tcp(20, 23), tcp(24, 30)], [("IPv4", "tcp/20-30")]),
        ([tcp(22, remote_ip_prefix=OFFICE), tcp(22, ether_type="IPv6")], [("IPv6", "tcp/22")]),
        ([tcp(22, remote_address_group="everyone")], [("IPv4", "tcp/22")]),
        ([tcp(22, remote_address_group="halves")], [("IPv4", "tcp/22")]),
        ([tcp(22, remote_address_group="nobody")], []),
        ([tcp(22, remote_group="nobody")], []),
        ([tcp(22, remote_group="web")], []),
        ([any_protocol(protocol="0")], [("IPv4", "ip")]),
        ([any_protocol(protocol="udplite", port_range_min=1, port_range_max=2)], [("IPv4", "udplite")]),
        ([tcp(22, remote_ip_prefix="10.0.0.0/8"), tcp(22, remote_ip_prefix="192.168.0.0/16")], []),
    ],
)
def test_what_the_internet_reaches(rules: list[Any], expected: list[tuple[str, str]]) -> None:
    listed = {"everyone": ["0.0.0.0/0"], "halves": ["0.0.0.0/1", "128.0.0.0/1"], "nobody": []}
    groups = {"web": rules, "nobody": []}
    found = incoming(groups, [port("web1", "web", address=BOTH)], address_groups=listed)
    assert [line[2:] for line in found if line[0] == "Internet"] == expected


def test_two_groups_of_a_port_are_one_union() -> None:
    groups = {
        "a": [tcp(22, remote_ip_prefix="0.0.0.0/1")],
        "b": [tcp(22, remote_ip_prefix="128.0.0.0/1")],
        "unused": [any_protocol()],
    }
    assert incoming(groups, [port("p", "a", "b")]) == [
        ("Internet", "a, b", "IPv4", "tcp/22"),
    ]


def test_the_internet_is_one_row_whatever_else_rules_add_to_it() -> None:
    groups = {"web": [tcp(80, remote_ip_prefix="2000::/3"), tcp(443, ether_type="IPv6")]}
    assert incoming(groups, [port("web1", "web", address=BOTH)]) == [("Internet", "web", "IPv6", "tcp/80, tcp/443")]


def test_many_networks_are_counted() -> None:
    networks = [f"10.0.{number}.0/24" for number in (1, 3, 5)]
    groups = {"web": [tcp(22, remote_ip_prefix=network) for network in networks]}
    assert [line[0] for line in incoming(groups, [port("web1", "web")])] == ["3 networks"]
    assert [line[0] for line in incoming({"web": groups["web"][:2]}, [port("web1", "web")])] == [
        "10.0.1.0/24, 10.0.3.0/24"
    ]


def test_networks_of_both_families_are_one_row() -> None:
    rules = [tcp(22, remote_ip_prefix=prefix) for prefix in (OFFICE, "2001:db8:1::/48")]
    assert incoming({"web": rules}, [port("web1", "web", address=BOTH)]) == [
        ("198.51.100.0/24, 2001:db8:1::/48", "web", "IPv4 IPv6", "tcp/22")
    ]


def test_families_that_are_allowed_and_no_others() -> None:
    rules = [*OUT, tcp(22, remote_group="web")]
    ports = [port("web1", "web", address=BOTH), port("web2", "web", address="10.0.0.2 2001:db8::2")]
    assert incoming({"web": rules}, ports) == [("web", "web", "IPv4", "tcp/22")]


def test_rules_of_a_row_are_those_of_its_families() -> None:
    rules = [tcp(22, 23, remote_group="web"), tcp(22, remote_group="web", ether_type="IPv6")]
    ports = [port("web1", "web", address=BOTH), port("web2", "web", address="10.0.0.2 2001:db8::2")]
    rows = shown(sight({"web": [*OUT, *rules]}, ports), sources=["web"], targets=["web"])["exposures"]
    assert [(row["families"], row["rules"]) for row in rows] == [
        (["IPv4"], ["web-1", "web-3"]),
        (["IPv6"], ["web-2", "web-4"]),
    ]


def test_each_path_has_a_row() -> None:
    """A floating IP serves IPv4 alone."""
    seen = sight({"web": WEB}, [port("web1", "web", address=BOTH, public=frozenset({"floating_ip"}))])
    rows = [row for row in shown(seen)["exposures"] if row["to"]["kind"] == "class"]
    assert [(row["families"], row["path"]) for row in rows] == [(["IPv4"], "floating_ip"), (["IPv6"], "none_seen")]


def test_paths_of_rows() -> None:
    """Those that are certain come first."""
    topology = Topology(
        subnets={"front-id": ["10.0.0.0/24"], "back-id": ["10.0.1.0/24"]},
        routers={"router-id": frozenset({"front-id", "back-id"})},
    )
    groups = {"web": [*OUT, tcp(22, remote_ip_prefix="10.0.1.0/24"), tcp(80, remote_group="web")]}
    ports = [port("web1", "web"), port("web2", "web", address="10.0.2.1", network="back")]
    rows = [row for row in shown(sight(groups, ports, topology=topology))["exposures"] if row["to"]["kind"] == "class"]
    assert [(row["from"]["name"], row["to"]["class"], row["path"]) for row in rows] == [
        ("10.0.1.0/24", "web #2", "same_network"),
        ("10.0.1.0/24", "web #1", "router"),
        ("web", "web #2", "router"),
        ("web", "web #1", "router"),
    ]


# All rows of random clouds, packet by packet


class Table:
    """The rows of a random cloud, and what its packets say."""

    def __init__(self, seed: int) -> None:
        self.cloud = Maker(seed).cloud()
        state = state_of(self.cloud)
        rows = Rows(Reach(state), Topology(), directory_of(self.cloud, state)).between()
        self.rows = [row for row in rows if not row.reason]
        self._ports = {port["id"]: port for port in self.cloud.ports}
        self._asked = Evaluator(self.cloud)

    def ports(self, end: End) -> list[Body]:
        return [self._ports[port.id] for port in end.port_class.ports] if end.port_class else []

    def packets(self, row: Row, family: str) -> Iterator[tuple[Body, Body, list[Pair]]]:
        """Yield the ports of a row with pairs of addresses of which one is enough; outside, each address counts."""
        for one, other in product(self.ports(row.source) or [{}], self.ports(row.target) or [{}]):
            if one and other:
                yield from [(one, other, list(product(own(one, family), own(other, family))))] if one != other else ()
            else:
                for address in outside(row.target if one else row.source, family):
                    yield one, other, [(own(one, family)[0], address) if one else (address, own(other, family)[0])]

    def passes(self, one: Body, other: Body, ends: Pair, kind: Kind) -> bool:
        leaves = not one or self._asked.leaves(one, ends[1], kind) is True
        return leaves and (not other or self._asked.enters(other, ends[0], kind) is True)

    def shows(self, one: Body, other: Body, sender: str, kind: Kind) -> bool:
        """Return whether a row shows that a port takes packets of an address, which is that of another port."""
        family, (low, _high) = interval(sender)
        return any(
            other in self.ports(row.target)
            and family in row.families
            and number(kind) in row.traffic
            and (one in self.ports(row.source) or (family in row.source.outside and low in row.source.outside[family]))
            for row in self.rows
        )


def outside(end: End, family: str) -> list[str]:
    """Return addresses of an end; of the Internet, those that are nothing else."""
    found = INTERNET if end.kind == "internet" else end.outside
    return [text for text in OUTSIDE if interval(text)[0] == family and interval(text)[1][0] in found[family]]


def own(port: Body, family: str) -> list[str]:
    return [address for address in evaluator.addresses(port) if interval(address)[0] == family]


@pytest.mark.parametrize("seed", range(30))
def test_rows_are_true(seed: int) -> None:
    table = Table(seed)
    for row in table.rows:
        for family, kind in product(row.families, KINDS):
            for one, other, pairs in table.packets(row, family) if number(kind) in row.traffic else ():
                assert any(table.passes(one, other, ends, kind) for ends in pairs), (row, kind, one, other)


@pytest.mark.parametrize("seed", range(30))
def test_rows_leave_nothing_out(seed: int) -> None:
    table = Table(seed)
    for one, other, kind in product(table.cloud.ports, table.cloud.ports, KINDS):
        for ends in product(evaluator.addresses(one), evaluator.addresses(other)):
            same = evaluator.version(ends[0]) == evaluator.version(ends[1])
            if one != other and same and table.passes(one, other, ends, kind):
                assert table.shows(one, other, ends[0], kind), (one, other, ends, kind)


# Ends that are asked for

SITE = sight(
    {
        "web": [*OUT, tcp(443)],
        "db": [OUT[0], tcp(5432, remote_group="web"), tcp(22, remote_ip_prefix=OFFICE)],
        "shared": [],
        "cache": [tcp(6379, remote_group="shared"), tcp(6379, remote_group="shared", ether_type="IPv6")],
    },
    [
        port("web1", "web"),
        port("db1", "db", address="10.0.0.2"),
        port("cache1", "cache", address="10.0.0.3 fd00::3"),
    ],
    shared=["shared"],
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # Addresses that are a part of the Internet, too.
        ({"sources": ["internet"]}, [("Internet", "web"), ("198.51.100.0/24", "db")]),
        ({"sources": ["198.51.100.7"]}, [("Internet", "web"), ("198.51.100.0/24", "db")]),
        ({"sources": ["203.0.113.7"]}, [("Internet", "web")]),
        ({"sources": ["2001:db8::7"]}, []),
        ({"targets": ["db"]}, [("198.51.100.0/24", "db"), ("web", "db")]),
        ({"targets": ["internet"]}, [("db", "Internet"), ("web", "Internet")]),
        # Also what the target takes from anywhere: asked for db, people want to see it.
        ({"sources": ["db"]}, [("db", "web"), ("db", "Internet")]),
        ({"sources": ["db"], "targets": ["web"]}, [("db", "web")]),
        ({"sources": ["db", "internet"], "targets": ["web"]}, [("Internet", "web"), ("db", "web")]),
        ({"sources": ["10.0.0.2"], "targets": ["web"]}, [("db", "web")]),
        ({"sources": ["shared"]}, [("shared", "cache")]),
        ({"targets": ["cache"]}, [("shared", "cache")]),
    ],
)
def test_rows_between_ends(query: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [line[:2] for line in lines(SITE, **query)] == expected


# What cannot be seen


def hidden_members(name: str) -> dict[str, Any]:
    return {"kind": "hidden_members", "name": name, "class": None, "addresses": []}


def test_members_that_cannot_be_seen_have_a_row() -> None:
    (row,) = shown(SITE, targets=["cache"])["exposures"]
    assert row["from"] == hidden_members("shared")
    assert (row["verdict"], row["reason"]) == ("unknown", "not all addresses of shared can be seen")
    assert (row["families"], row["path"], row["rules"]) == (["IPv4", "IPv6"], "unknown", ["cache-1", "cache-2"])


def test_address_groups_that_cannot_be_seen_have_a_row() -> None:
    groups = {"web": [tcp(22, remote_address_group="offices")]}
    (row,) = shown(sight(groups, [port("web1", "web")], address_groups={"offices": None}))["exposures"]
    assert row["from"] == hidden_members("offices")
    assert row["verdict"] == "unknown"


def test_what_is_sent_to_members_that_cannot_be_seen_has_a_row() -> None:
    groups = {"web": [tcp(22, remote_group="shared", direction="egress")], "shared": []}
    seen = sight(groups, [port("web1", "web")], shared=["shared"])
    (row,) = shown(seen)["exposures"]
    assert (row["from"]["name"], row["to"]) == ("web", hidden_members("shared"))
    assert lines(seen, targets=["shared"]) == lines(seen)
    assert not lines(seen, sources=["shared"])


def test_ports_that_are_not_filtered() -> None:
    ports = [port("open", secured=False), port("closed", address="10.0.0.2"), port("fast", "a", vnic_type="direct")]
    assert lines(sight({"a": []}, ports)) == [
        ("Internet", "not enforced (direct)", "IPv4", "any"),
        ("Internet", "without port security", "IPv4", "any"),
        ("not enforced (direct)", "Internet", "IPv4", "any"),
        ("without port security", "Internet", "IPv4", "any"),
    ]
