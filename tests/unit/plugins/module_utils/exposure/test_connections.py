# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of groups opens and closes: examples, and agreement with asking every rule about every packet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.connections import Comparison, Connection
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import Port, State
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.torture.answers import state_of
from ansible_collections.portcullis.openstack.tests.torture.clouds import ADDRESSES, GROUPS, PAIRS, PREFIXES, Maker
from ansible_collections.portcullis.openstack.tests.torture.evaluator import (
    ICMP,
    Body,
    Cloud,
    Evaluator,
    Kind,
    addresses,
    version,
    within,
)
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import tcp

FAMILIES = ("IPv4", "IPv6")
EGRESS = tuple(make_rule(direction="egress", ether_type=family) for family in FAMILIES)
HTTPS = tuple(tcp(443, remote_ip_prefix=prefix) for prefix in ("0.0.0.0/0", "::/0"))
Rules = Mapping[str, Sequence[Rule]]
NAMES = {"new:web": "web", "offices-id": "offices"}


def port(number: int, *groups: str, **options: Any) -> Port:
    """Return the port of an instance, with addresses of both families."""
    found = {"addresses": (f"10.0.0.{number}", f"fd00::{number}"), "server_id": f"server-{number}", **options}
    return Port(f"port-{number}", "project", "net", groups=frozenset(groups), **found)


def from_group(group: str, number: int, **options: Any) -> tuple[Rule, ...]:
    return tuple(tcp(number, ether_type=family, remote_group=group, **options) for family in FAMILIES)


def compare(before: State, after: State) -> Comparison:
    return Comparison(before, after, lambda id_: NAMES.get(id_, id_))


def lines(before: State, after: State) -> list[str]:
    """Return the lines of a plan, and make sure that the way back closes what the way there opens."""
    there, back = (
        [("+ " if one.opened == forward else "- ") + one.render() for one in compare(*both).connections()]
        for both, forward in (((before, after), True), ((after, before), False))
    )
    assert sorted(there) == sorted(back)
    return there


def changed(ports: Sequence[Port], before: Rules, after: Rules) -> list[str]:
    """Return the lines of a plan that changes rules."""
    address_groups = {"offices-id": ("192.0.2.0/24", "2001:db8::/48")}
    return lines(*(State(rules, ports, address_groups) for rules in (before, after)))


def attached(rules: Rules, before: Sequence[Port], after: Sequence[Port], **options: Any) -> list[str]:
    """Return the lines of a plan that changes the groups of ports."""
    return lines(State(rules, before, **options), State(rules, after, **options))


def test_a_group_opens_nothing_before_it_is_attached() -> None:
    rules = {"web": (*EGRESS, *HTTPS)}
    assert changed([port(1)], {}, rules) == []
    assert attached(rules, [port(1), port(2)], [port(1, "web"), port(2, "web")]) == [
        "+ Internet → web tcp/443 (2 instances)",
        "+ web → Internet any (2 instances)",
    ]


def test_names_are_those_of_groups_and_address_groups() -> None:
    offices = tuple(tcp(22, ether_type=family, remote_address_group="offices-id") for family in FAMILIES)
    assert changed([port(1, "new:web")], {"new:web": ()}, {"new:web": offices}) == [
        "+ offices → web tcp/22 (1 instance)"
    ]


def test_what_another_rule_allows_already_is_not_opened() -> None:
    everything = tuple(make_rule(protocol="tcp", ether_type=family) for family in FAMILIES)
    assert changed([port(1, "web")], {"web": everything}, {"web": (*everything, *HTTPS)}) == []
    assert changed([port(1, "web", "all")], {"web": (), "all": everything}, {"web": HTTPS, "all": everything}) == []
    halves = [tcp(22, remote_ip_prefix=prefix) for prefix in ("0.0.0.0/1", "128.0.0.0/1")]
    assert changed([port(1, "web")], {"web": halves}, {"web": [tcp(22, remote_ip_prefix="0.0.0.0/0")]}) == []


def test_only_what_is_missing_is_opened() -> None:
    low, wide = ([make_rule(protocol="tcp", port_range_min=20, port_range_max=high)] for high in (30, 40))
    assert changed([port(1, "web")], {"web": low}, {"web": wide}) == ["+ Internet → web tcp/31-40 (1 instance, IPv4)"]


def test_a_family_is_shown_where_the_instances_have_the_other_one_too() -> None:
    both, single = port(1, "web"), port(2, "web", addresses=("10.0.0.2",))
    assert changed([both], {"web": HTTPS[:1]}, {"web": HTTPS}) == ["+ Internet → web tcp/443 (1 instance, IPv6)"]
    assert changed([both], {"web": ()}, {"web": HTTPS}) == ["+ Internet → web tcp/443 (1 instance)"]
    assert changed([single], {"web": ()}, {"web": HTTPS}) == ["+ Internet → web tcp/443 (1 instance)"]
    assert changed([both, single], {"web": ()}, {"web": HTTPS}) == ["+ Internet → web tcp/443 (2 instances)"]
    private = [tcp(22, remote_ip_prefix="10.0.0.0/8")]
    assert changed([both], {"web": ()}, {"web": private}) == ["+ 10.0.0.0/8 → web tcp/22 (1 instance)"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], ["10.1.0.0/16", "198.51.100.0/24"], ["+ 10.1.0.0/16, 198.51.100.0/24 → web tcp/22 (1 instance)"]),
        (["10.1.0.0/16"], ["10.1.0.0/16", "10.9.0.0/16"], ["+ 10.9.0.0/16 → web tcp/22 (1 instance)"]),
        (["10.1.2.0/24"], ["10.0.0.0/8"], ["+ 10.0.0.0/8 → web tcp/22 (1 instance)"]),
        (["198.51.100.0/24"], ["0.0.0.0/0"], ["+ Internet → web tcp/22 (1 instance, IPv4)"]),
        (["10.0.0.0/8"], ["0.0.0.0/0"], ["+ Internet → web tcp/22 (1 instance, IPv4)"]),
        (
            ["0.0.0.0/0"],
            ["198.51.100.0/24", "10.0.0.0/9"],
            ["- Internet → web tcp/22 (1 instance, IPv4)"],
        ),
        (
            [],
            [f"10.{number}.0.0/16" for number in range(1, 10, 2)],
            ["+ 10.1.0.0/16, 10.3.0.0/16 and 3 more networks → web tcp/22 (1 instance)"],
        ),
        (
            ["10.0.0.0/24", "10.0.2.0/24"],
            ["10.0.4.0/24", "10.0.6.0/24"],
            [
                "+ 10.0.4.0/24, 10.0.6.0/24 → web tcp/22 (1 instance)",
                "- 10.0.0.0/24, 10.0.2.0/24 → web tcp/22 (1 instance)",
            ],
        ),
    ],
)
def test_addresses(before: list[str], after: list[str], expected: list[str]) -> None:
    old, new = ([tcp(22, remote_ip_prefix=prefix) for prefix in prefixes] for prefixes in (before, after))
    assert changed([port(1, "web")], {"web": old}, {"web": new}) == expected


def test_rules_of_several_groups_are_named_together() -> None:
    rules = {"a": HTTPS, "b": (*HTTPS, *from_group("c", 22)), "c": EGRESS}
    assert attached(rules, [port(1), port(2, "c")], [port(1, "a", "b"), port(2, "c")]) == [
        "+ Internet → a, b tcp/443 (1 instance)",
        "+ c → b tcp/22 (1 instance)",
    ]


def test_remote_groups_need_members_that_may_send() -> None:
    rules = {"db": (*EGRESS, *from_group("web", 5432)), "web": EGRESS, "mute": ()}
    assert attached(rules, [port(1)], [port(1, "db")])[:1] == ["+ db → Internet any (1 instance)"]
    assert attached(rules, [port(1, "db"), port(2)], [port(1, "db"), port(2, "web")]) == [
        "+ web → db tcp/5432 (1 instance)",
        "+ web → Internet any (1 instance)",
    ]
    silent = {**rules, "web": ()}
    assert attached(silent, [port(1, "db"), port(2)], [port(1, "db"), port(2, "web")]) == []


def test_what_is_shown_for_addresses_is_not_repeated_for_groups() -> None:
    private = [tcp(5432, remote_ip_prefix="10.0.0.0/8"), tcp(5432, ether_type="IPv6", remote_ip_prefix="fd00::/8")]
    rules = {"db": (), "web": EGRESS}
    assert changed([port(1, "db"), port(2, "web")], rules, {**rules, "db": (*private, *from_group("web", 5432))}) == [
        "+ 10.0.0.0/8 → db tcp/5432 (1 instance)",
        "+ fd00::/8 → db tcp/5432 (1 instance)",
    ]


def test_only_groups_that_make_the_difference_are_named() -> None:
    rules = {"ssh": [tcp(22)], "private": [tcp(22, remote_ip_prefix="10.0.0.0/8")]}
    for groups in ((), ("private",)):
        assert attached(rules, [port(1, *groups)], [port(1, "private", "ssh")]) == [
            "+ Internet → ssh tcp/22 (1 instance, IPv4)"
        ]


def test_another_address_of_a_port_opens_nothing_new() -> None:
    rules = {"db": [tcp(22, remote_ip_prefix="10.0.0.2/32")], "web": EGRESS}
    ports = [port(1, "db"), port(2, "web", addresses=("10.0.0.2", "172.16.0.2"))]
    assert changed(ports, rules, {**rules, "db": [*rules["db"], tcp(22, remote_group="web")]}) == []


def test_all_members_of_a_remote_group_count() -> None:
    out = [tcp(1, direction="egress"), tcp(2, direction="egress")]
    rules = {"db": (), "web": (), "one": out[:1], "two": out[1:]}
    opened = {**rules, "db": [tcp(number, remote_group="web") for number in (1, 2, 3)]}
    ports = [port(1, "db"), port(2, "web", "one"), port(3, "web", "two"), port(4, "web")]
    assert changed(ports, rules, opened) == ["+ web → db tcp/1-2 (1 instance, IPv4)"]


def test_a_stranger_is_a_member_by_one_of_its_addresses_only() -> None:
    """Another port has that one too, in a network of its own."""
    member = replace(port(2, "db", addresses=("10.0.0.9",)), network_id="other")
    stranger = port(3, "out", addresses=("10.0.0.8", "10.0.0.9"))
    rules: Rules = {"web": (), "db": (), "out": EGRESS}
    after = {**rules, "web": from_group("db", 22)}
    assert changed([port(1, "web"), member, stranger], rules, after) == ["+ db → web tcp/22 (1 instance, IPv4)"]


def test_egress_to_a_group() -> None:
    out = from_group("db", 5432, direction="egress")
    rules = {"db": tuple(tcp(5432, ether_type=family) for family in FAMILIES), "web": ()}
    ports = [port(1, "db"), port(2, "web"), port(3, "web")]
    assert changed(ports, rules, {**rules, "web": out}) == ["+ web → db tcp/5432 (2 instances)"]
    ingress = {"db": from_group("web", 5432), "web": out}
    assert changed(ports, {**ingress, "db": ()}, ingress) == ["+ web → db tcp/5432 (1 instance)"]
    assert changed(ports, {"db": (), "web": ()}, ingress) == ["+ web → db tcp/5432 (1 instance)"]


def test_an_instance_alone_does_not_reach_itself() -> None:
    rules = {"cluster": (*EGRESS, *from_group("cluster", 2380))}
    alone, both = [port(1, "cluster"), port(2)], [port(1, "cluster"), port(2, "cluster")]
    assert attached(rules, [port(1), port(2)], alone) == ["+ cluster → Internet any (1 instance)"]
    assert attached(rules, alone, both) == [
        "+ cluster → cluster tcp/2380 (2 instances)",
        "+ cluster → Internet any (1 instance)",
    ]


def test_addresses_in_place_of_a_group_of_just_these() -> None:
    member = tuple(tcp(22, remote_ip_prefix=prefix) for prefix in ("10.0.0.2/32", "fd00::2/128"))
    rules = {"db": from_group("bastion", 22), "bastion": EGRESS}
    ports = [port(1, "db"), port(2, "bastion")]
    assert compare(State(rules, ports), State({**rules, "db": member}, ports)).connections() == []
    wider = tuple(tcp(22, remote_ip_prefix=prefix) for prefix in ("10.0.0.0/24", "fd00::/64"))
    assert changed(ports, rules, {**rules, "db": wider}) == [
        "+ 10.0.0.0/24 → db tcp/22 (1 instance)",
        "+ fd00::/64 → db tcp/22 (1 instance)",
    ]


def test_ports_that_groups_do_not_filter_change_nothing() -> None:
    rules = {"web": HTTPS}
    assert attached(rules, [port(1, vnic_type="direct")], [port(1, "web", vnic_type="direct")]) == []


def test_a_server_with_several_ports_counts_once() -> None:
    ports = [port(number, server_id="one") for number in (1, 2)] + [port(3, server_id=None)]
    after = [replace(one, groups=frozenset({"web"})) for one in ports]
    assert attached({"web": HTTPS}, ports, after) == ["+ Internet → web tcp/443 (2 instances)"]


def test_traffic_is_shown_by_what_is_left_out_where_that_is_less() -> None:
    everything = {"web": EGRESS, "ops": [make_rule(remote_group="web")]}
    few, many = ([tcp(number) for number in range(1, last, 2)] for last in (6, 23))
    ports = [port(1, "web"), port(2, "ops")]
    assert changed(ports, {**everything, "ops": few}, {**everything, "ops": [*few, *everything["ops"]]}) == [
        "+ web → ops any except tcp/1, tcp/3, tcp/5 (1 instance, IPv4)"
    ]
    assert changed(ports, {**everything, "ops": ()}, {**everything, "ops": many[:9]}) == [
        "+ Internet → ops tcp/1, tcp/3, tcp/5, tcp/7, tcp/9, tcp/11, tcp/13, tcp/15, tcp/17 (1 instance, IPv4)"
    ]
    assert changed(ports, {**everything, "ops": ()}, {**everything, "ops": many}) == [
        "+ Internet → ops tcp/1, tcp/3, tcp/5, tcp/7, tcp/9, tcp/11, tcp/13, tcp/15 and 3 more (1 instance, IPv4)"
    ]


def test_results() -> None:
    (one,) = compare(State({"web": ()}, [port(1, "web")]), State({"web": HTTPS}, [port(1, "web")])).connections()
    assert one.result() == {
        "change": "opened",
        "from": "Internet",
        "to": "web",
        "traffic": ["tcp/443"],
        "except": [],
        "instances": 1,
        "family": None,
    }
    (one,) = compare(State({"web": HTTPS}, [port(1, "web")]), State({"web": HTTPS[1:]}, [port(1, "web")])).connections()
    assert (one.result()["change"], one.result()["family"]) == ("closed", "IPv4")


def test_what_cannot_be_seen_is_told_where_it_matters() -> None:
    rules = {"web": HTTPS, "db": ()}
    before = State(rules, [port(1, "web", "foreign"), port(2, "db")], hidden_members=frozenset({"theirs"}))
    same = replace(before, rules={**rules, "db": HTTPS})
    assert compare(before, same).unknown() == []
    after = replace(before, rules={"web": (), "db": from_group("theirs", 5432)})
    assert compare(before, after).unknown() == [
        "the rules of security group foreign cannot be seen",
        "not all addresses of theirs can be seen",
    ]
    assert compare(after, after).unknown() == []
    more = replace(after, rules={"web": (), "db": (*from_group("theirs", 5432), *HTTPS)})
    assert compare(after, more).unknown() == []
    address_group = replace(before, rules={"web": HTTPS, "db": (tcp(1, remote_address_group="offices-id"),)})
    assert compare(before, address_group).unknown() == ["not all addresses of offices can be seen"]


# Those after the first are of what only a few of thousands show.
SEEDS = (*range(30), 264, 292)
KINDS = (Kind(6, 22), Kind(6, 443), Kind(17, 53), Kind(136, 7), Kind(1, 8, 0), Kind(58, 128, 0), Kind(47))
NAMES_OF_KINDS = {6: "tcp", 17: "udp", 136: "udplite", 1: "icmp", 58: "ipv6-icmp", 47: "gre"}


def edges(text: str) -> Iterator[str]:
    """Yield the first and the last address of a network, and those beside them."""
    network = ipaddress.ip_network(text, strict=False)
    for number in {int(network[place]) + step for place, step in ((0, -1), (0, 0), (-1, 0), (-1, 1))}:
        if 0 <= number < 1 << network.max_prefixlen:
            yield str(type(network[0])(number))


ALL_PREFIXES = (*PREFIXES["IPv4"], *PREFIXES["IPv6"], *PAIRS, *ADDRESSES[4], *ADDRESSES[6])
# At least one of each part into which what rules can name divides all addresses.
EVERYWHERE = sorted({address for text in (*ALL_PREFIXES, "1.1.1.1", "2600::1") for address in edges(text)})


def changed_cloud(seed: int) -> tuple[Cloud, Cloud]:
    """Return a random cloud, and the same with other rules and with other groups at its ports."""
    before, other, chance = Maker(seed).cloud(), Maker(seed + 1000).cloud(), Random(seed)
    groups = {group: (other if chance.random() < 0.5 else before).groups[group] for group in before.groups}
    ports = [
        {**port, "security_groups": chance.choice([port["security_groups"], chance.sample([*groups], 2)])}
        for port in before.ports
    ]
    return before, replace(before, groups=groups, ports=ports)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_packet_that_changes_is_in_a_line_and_every_line_has_one(seed: int) -> None:
    before, after = changed_cloud(seed)
    found = compare(state_of(before), state_of(after)).connections()
    for opened, old, new in ((True, before, after), (False, after, before)):
        shown = [one for one in found if one.opened == opened]
        proved = set()
        for kind, certain, lines in (*outside(old, new, shown), *inside(old, new, shown)):
            assert lines or not certain, (kind, opened, shown)
            proved |= {id(line) for line in lines}
        # Of ICMP, lines show all codes of a type where they mean some.
        asked = [line for line in shown if any(about(line, kind) for kind in KINDS if kind.protocol not in ICMP)]
        assert [line.render() for line in asked if id(line) not in proved] == []


Witness = tuple[Kind, bool, list[Connection]]


def outside(old: Cloud, new: Cloud, shown: Sequence[Connection]) -> Iterator[Witness]:
    """Yield the packets with addresses that are newly allowed, and the lines about them.

    The second tells whether a line must be about them: not if a group that names the port of the address allowed it.
    """
    was, now = Evaluator(old), Evaluator(without_addresses(new))
    plain = Evaluator(without_addresses(old))
    for port, address, direction, kind in product(new.ports, EVERYWHERE, ("enters", "leaves"), KINDS):
        if version(address) in map(version, addresses(port)):
            packet = port, address, kind
            if getattr(now, direction)(*packet) and not getattr(plain, direction)(*packet):
                lines = [one for one in shown if about(one, kind) and is_outside(new, one, port, direction, address)]
                yield kind, not getattr(was, direction)(*packet), lines


def inside(old: Cloud, new: Cloud, shown: Sequence[Connection]) -> Iterator[Witness]:
    """Yield the packets between ports that are newly allowed, and the lines about them."""
    was, now = Evaluator(old), Evaluator(new)
    for source, target, kind in product(new.ports, new.ports, KINDS):
        if source is not target and passes(now, source, target, kind) and not passes(was, source, target, kind):
            yield kind, True, [one for one in shown if about(one, kind) and is_inside(new, one, source, target)]


def without_addresses(cloud: Cloud) -> Cloud:
    """Return a cloud in which groups have no members but for address pairs."""
    return replace(cloud, ports=[{**port, "fixed_ips": []} for port in cloud.ports])


def passes(asked: Evaluator, source: Body, target: Body, kind: Kind) -> bool:
    return any(
        asked.passes(source, target, sender, receiver, kind)
        for sender, receiver in product(addresses(source), addresses(target))
        if version(sender) == version(receiver)
    )


def about(line: Connection, kind: Kind) -> bool:
    """Return whether a line names packets of a kind."""
    return any(names(text, kind) for text in line.traffic) and not any(names(text, kind) for text in line.exceptions)


def names(text: str, kind: Kind) -> bool:
    named, _slash, ports = text.partition("/")
    first, _colon, code = ports.partition(":")
    low, _dash, high = first.partition("-")
    if named != NAMES_OF_KINDS[kind.protocol] or not ports:
        return named in ("any", NAMES_OF_KINDS[kind.protocol])
    return int(low) <= kind.port <= int(high or low) and code in ("", str(kind.code))


def is_outside(cloud: Cloud, line: Connection, port: Body, direction: str, address: str) -> bool:
    """Return whether a line is about a port and an address."""
    there, here = (line.source, line.target) if direction == "enters" else (line.target, line.source)
    return has_one(port, here) and contains(cloud, there, address)


def is_inside(cloud: Cloud, line: Connection, source: Body, target: Body) -> bool:
    """Return whether a line is about two ports, one or both of them as a member of a group."""
    asked = Evaluator(cloud)
    for here, there, own, other in (
        (target, source, line.target, line.source),
        (source, target, line.source, line.target),
    ):
        if has_one(here, own):
            for address in addresses(there):
                if contains(cloud, other, address) or (other in GROUPS and asked._is_member(other, address)):
                    return True
    return False


def has_one(port: Body, names: str) -> bool:
    return not set(port["security_groups"]).isdisjoint(names.split(", "))


def contains(cloud: Cloud, names: str, address: str) -> bool:
    """Return whether an end that is no security group contains an address."""
    if names == "Internet" or "more networks" in names:
        return True
    found = names.split(", ")
    prefixes = [name for name in found if "." in name or ":" in name]
    prefixes += [prefix for name in found for prefix in cloud.address_groups.get(name) or ()]
    return any(within(address, prefix) for prefix in prefixes)
