# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules are spelled, compared, judged and shown as Neutron does."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import (
    PROTOCOL_NUMBERS,
    Rule,
    make_rule,
    parse_prefix,
    parse_protocol,
    rule_from_api,
    rule_result,
    takes_ports,
)
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import rules, tcp

ICMP = {"protocol": "icmp"}
PORTS = ("port_range_min", "port_range_max")


def ends(low: int | None, high: int | None, protocol: str | int | None = "tcp", **options: Any) -> Rule:
    return make_rule(protocol=protocol, port_range_min=low, port_range_max=high, **options)


def answered(rule: Rule, **spelled: Any) -> dict[str, Any]:
    """Return the rule as an API answer, in which some values may be spelled otherwise."""
    return {**rule.to_api(), "id": "rule-id", **spelled}


@given(rules())
def test_a_rule_of_its_own_fields_is_equal(rule: Rule) -> None:
    fields = dataclasses.asdict(rule)
    del fields["id"], fields["remote_option"]
    assert make_rule(**fields) == rule


@given(rules())
def test_what_is_sent_comes_back_as_the_same_rule(rule: Rule) -> None:
    back = rule_from_api(answered(rule))
    assert back.key == rule.key
    assert back == dataclasses.replace(rule, description=rule.description or "")
    assert back.id == "rule-id"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"protocol": "udplite"}, {"protocol": "136", "port_range_min": 1, "port_range_max": 2}, True),
        (
            {"protocol": "dccp", "port_range_min": 1, "port_range_max": 1},
            {"protocol": "dccp", "port_range_min": 2, "port_range_max": 2},
            True,
        ),
        ({"protocol": "hopopt"}, {"protocol": "0"}, True),
        ({"protocol": "hopopt"}, {"protocol": "ip"}, True),
        (
            {"protocol": "udplite", "remote_ip_prefix": "10.0.0.1/24"},
            {"protocol": "udplite", "remote_ip_prefix": "10.0.0.0/24"},
            True,
        ),
        ({"remote_ip_prefix": "10.0.0.1/24"}, {"remote_ip_prefix": "10.0.0.0/24"}, False),
        ({"protocol": "0"}, {}, False),
        ({"protocol": "99"}, {"protocol": "98"}, False),
        ({"protocol": "udplite"}, {"protocol": "udplite", "remote_ip_prefix": "10.0.0.0/24"}, False),
        ({"protocol": "udplite"}, {"protocol": "udplite", "remote_group": "a"}, False),
        ({"protocol": "icmp", "port_range_min": 8}, {"protocol": "icmp", "port_range_min": 0}, False),
        *(
            (
                {"protocol": protocol, "port_range_min": 1, "port_range_max": 1},
                {"protocol": protocol, "port_range_min": 2, "port_range_max": 2},
                False,
            )
            for protocol in ("tcp", "udp", "sctp")
        ),
    ],
)
def test_rules_that_share_an_acl(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    first, second = make_rule(**one), make_rule(**other)
    assert first.key != second.key
    assert (first.acl == second.acl) is same


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp", None])
@pytest.mark.parametrize("low", [0, 1])
def test_all_ports_as_another_backend_stores_them(protocol: str | None, low: int) -> None:
    plain = ends(None, None, protocol)
    assert rule_from_api(answered(plain, port_range_min=low, port_range_max=65535)).key == plain.key


def test_ports_that_are_ignored() -> None:
    assert ends(1, 2, "udplite").ignores_ports
    assert not ends(None, None, "udplite").ignores_ports
    assert not ends(1, 2, "sctp").ignores_ports


@given(rules())
def test_the_line_of_a_rule_has_names_and_no_ids(rule: Rule) -> None:
    line = dataclasses.replace(rule, id="rule-id").render({"a": "web", "b": "db"}.__getitem__)
    for reference, name in (("a", "group web"), ("b", "group db")):
        assert (name in line) is (reference in (rule.remote_group, rule.remote_address_group))
    assert "rule-id" not in line


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        pytest.param({"protocol": " TCP "}, {"protocol": "tcp"}, id="case and space"),
        pytest.param({"protocol": 6}, {"protocol": "tcp"}, id="number"),
        pytest.param({"protocol": "6"}, {"protocol": "tcp"}, id="number as text"),
        pytest.param({"protocol": "0"}, {"protocol": "ip"}, id="number 0 is ip"),
        pytest.param({"protocol": "Any"}, {}, id="any"),
        pytest.param({"protocol": -1}, {}, id="-1 is any protocol"),
        pytest.param({"protocol": "icmp", "ether_type": "IPv6"}, {"protocol": 58, "ether_type": "IPv6"}, id="icmp"),
        pytest.param({"protocol": 1, "ether_type": "IPv6"}, {"protocol": 58, "ether_type": "IPv6"}, id="icmp as 1"),
        pytest.param({"protocol": "icmpv6", "ether_type": "IPv6"}, {"protocol": 58, "ether_type": "IPv6"}, id="icmpv6"),
        pytest.param({"ether_type": None}, {"ether_type": "IPv4"}, id="default ether type"),
        pytest.param({"remote_ip_prefix": "::/0"}, {"ether_type": "IPv6"}, id="address decides the family"),
        pytest.param({"remote_ip_prefix": "0.0.0.0/0"}, {}, id="the world is no prefix"),
        pytest.param({"remote_ip_prefix": "10.0.0.1"}, {"remote_ip_prefix": "10.0.0.1/32"}, id="bare IPv4"),
        pytest.param(
            {"remote_ip_prefix": " 2001:DB8:0::1 "}, {"remote_ip_prefix": "2001:db8::1/128"}, id="bare IPv6 in any case"
        ),
        pytest.param({"port_range_min": 1, "port_range_max": 65535}, {}, id="all ports without a protocol"),
        pytest.param({**ICMP, "port_range_min": 1, "port_range_max": 65535}, ICMP, id="all ports of ICMP"),
    ],
)
def test_spellings_of_one_rule(spelled: dict[str, Any], meant: dict[str, Any]) -> None:
    assert make_rule(**spelled).key == make_rule(**meant).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"remote_ip_prefix": "10.0.0.1/24"}, {"remote_ip_prefix": "10.0.0.0/24"}, id="host bits"),
        pytest.param({"remote_ip_prefix": "192.0.2.1/0"}, {}, id="host bits of the world"),
        pytest.param({"protocol": 0}, {}, id="protocol 0 and any"),
        pytest.param({"protocol": "hopopt"}, {"protocol": "ip"}, id="two names of number 0"),
        pytest.param({"direction": "egress"}, {"direction": "ingress"}, id="direction"),
        pytest.param({"remote_group": "a"}, {"remote_address_group": "a"}, id="kind of remote"),
        pytest.param({**ICMP, "port_range_min": 3}, {**ICMP, "port_range_min": 3, "port_range_max": 0}, id="code 0"),
    ],
)
def test_rules_that_can_stand_side_by_side(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert make_rule(**one).key != make_rule(**other).key


@pytest.mark.parametrize(
    ("spelled", "rule"),
    [
        pytest.param({"protocol": "6"}, tcp(22), id="number"),
        pytest.param({"protocol": "TCP"}, tcp(22), id="case"),
        pytest.param({"description": None}, tcp(22), id="no description"),
        pytest.param({"protocol": "any", **dict.fromkeys(PORTS)}, make_rule(), id="any"),
        pytest.param({"remote_ip_prefix": "10.0.0.1"}, tcp(22, remote_ip_prefix="10.0.0.1/32"), id="bare address"),
    ],
)
def test_an_answer_is_read_whatever_its_creator_wrote(spelled: dict[str, Any], rule: Rule) -> None:
    assert rule_from_api(answered(tcp(22), **spelled)) == dataclasses.replace(rule, description="")


def test_an_old_cloud_may_leave_values_out() -> None:
    body = {"id": "1", "direction": "egress", "ethertype": "IPv6"}
    assert rule_from_api(body) == make_rule(direction="egress", ether_type="IPv6", description="")


def test_a_result_has_the_names_of_the_sdk() -> None:
    result = rule_result({"id": "1", "ethertype": "IPv6", "protocol": None})
    assert result == {"id": "1", "name": None, "tags": [], "ether_type": "IPv6", "protocol": None}


def test_an_id_takes_no_part_in_equality_but_a_description_does() -> None:
    rule = tcp(22, description="one")
    assert dataclasses.replace(rule, id="1") == rule
    assert tcp(22, description="two") != rule
    assert tcp(22, description="two").key == rule.key


def test_the_body_of_a_create_has_everything_that_old_clouds_know() -> None:
    assert tcp(22, remote_ip_prefix="192.0.2.0/24").to_api() == {
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 22,
        "remote_ip_prefix": "192.0.2.0/24",
        "remote_group_id": None,
        "description": "",
    }
    assert make_rule(remote_address_group="a").to_api()["remote_address_group_id"] == "a"


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (make_rule(), "ingress IPv4 any from 0.0.0.0/0"),
        (make_rule(direction="egress", ether_type="IPv6"), "egress IPv6 any to ::/0"),
        (tcp(443, remote_ip_prefix="0.0.0.0/0"), "ingress IPv4 tcp 443 from 0.0.0.0/0"),
        (ends(100, 200, remote_ip_prefix="2001:db8::/64"), "ingress IPv6 tcp 100-200 from 2001:db8::/64"),
        (ends(8, None, "icmp"), "ingress IPv4 icmp type 8 from 0.0.0.0/0"),
        (ends(128, 0, 58, ether_type="IPv6"), "ingress IPv6 ipv6-icmp type 128 code 0 from ::/0"),
        (ends(255, 255, "icmp"), "ingress IPv4 icmp type 255 code 255 from 0.0.0.0/0"),
        (make_rule(protocol=255, remote_group="a"), "ingress IPv4 255 from group the a"),
        (make_rule(remote_address_group="a", direction="egress"), "egress IPv4 any to address group the a"),
        (tcp(22, description="admins"), "ingress IPv4 tcp 22 from 0.0.0.0/0 (admins)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_line(rule: Rule, line: str) -> None:
    assert rule.render(lambda reference: f"the {reference}") == line


@pytest.mark.parametrize(
    ("options", "field", "problem"),
    [
        pytest.param(
            {"ether_type": "IPv6", "remote_ip_prefix": "192.0.2.1"},
            "remote_ip_prefix",
            "192.0.2.1/32 is an IPv4 address, but ether_type is IPv6",
            id="address of the other family",
        ),
        pytest.param({"protocol": "tpc"}, "protocol", "'tpc' is not a protocol; use a number from 0", id="protocol"),
        pytest.param({"protocol": 256}, "protocol", "256 is not a protocol", id="number above 255"),
        pytest.param({"protocol": "1" * 5000}, "protocol", "'1111", id="more digits than Python reads"),
        pytest.param({"protocol": "²"}, "protocol", "'²' is not a protocol", id="digit that is no number"),
        pytest.param({"protocol": 58}, "protocol", "ipv6-icmp exists in IPv6 only; set ether_type", id="IPv6 only"),
        pytest.param({"port_range_min": 1}, ", ".join(PORTS), "a rule for every protocol has no ports", id="any: port"),
        pytest.param(
            {"protocol": "gre", "port_range_max": 1},
            ", ".join(PORTS),
            "a rule for protocol gre has no ports; set protocol to one of dccp, sctp, tcp, udp, udplite",
            id="gre: port",
        ),
        pytest.param({**ICMP, "port_range_min": 256}, PORTS[0], "256 is not an ICMP type; use 0 to 255", id="type"),
        pytest.param(
            {**ICMP, "port_range_min": 3, "port_range_max": -2}, PORTS[1], "-2 is not an ICMP code", id="code"
        ),
        pytest.param(
            {**ICMP, "port_range_max": 0}, PORTS[0], "ICMP code 0 needs the ICMP type it belongs to", id="no type"
        ),
    ],
)
def test_refused(options: dict[str, Any], field: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        make_rule(**options)
    assert caught.value.field == field
    assert caught.value.problem.startswith(problem)


@pytest.mark.parametrize(
    ("low", "high", "field", "problem"),
    [
        (22, None, PORTS[1], "a range needs both ends; for the single port 22, set both to 22"),
        (None, 22, PORTS[0], "a range needs both ends; for the single port 22, set both to 22"),
        (-1, 22, PORTS[0], "-1 is not a port; use 1 to 65535"),
        (0, 22, PORTS[0], "0 is not a port; use 1 to 65535"),
        (22, 65536, PORTS[1], "65536 is not a port; use 1 to 65535"),
        (23, 22, PORTS[0], "23 is greater than port_range_max 22; swap them"),
    ],
)
def test_refused_ports(low: int | None, high: int | None, field: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        ends(low, high)
    assert (caught.value.field, caught.value.problem) == (field, problem)


@pytest.mark.parametrize("text", ["", "example.org", "10.0.0.0/33", "10.0.0", "fe80::1%eth0", "10.0.0.1-10.0.0.9"])
def test_no_address(text: str) -> None:
    with pytest.raises(InputError, match="is not an address; write one like"):
        parse_prefix(text)


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ((0, 2, 4, 6, 8, 17, 33), ("ip", "igmp", "ipip", "tcp", "egp", "udp", "dccp")),
        ((41, 43, 44, 58, 59, 60), [f"ipv6-{name}" for name in ("encap", "route", "frag", "icmp", "nonxt", "opts")]),
        ((46, 47, 50, 51, 89), ("rsvp", "gre", "esp", "ah", "ospf")),
        ((112, 113, 132, 136, 253), ("vrrp", "pgm", "sctp", "udplite", "253")),
    ],
)
def test_protocol_numbers_of_iana(numbers: Sequence[int], names: Sequence[str]) -> None:
    assert [parse_protocol(number, "IPv6") for number in numbers] == list(names)
    assert [parse_protocol(name.upper(), "IPv6") for name in names] == list(names)


def test_protocols_with_ports() -> None:
    assert [name for name in PROTOCOL_NUMBERS if takes_ports(name)] == ["dccp", "sctp", "tcp", "udp", "udplite"]
    assert not takes_ports(None)
