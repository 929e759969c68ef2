# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dense options and catalogue names stand for exactly the rules that a reader expects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.expand import (
    expand,
    merge_catalogues,
    parse_ports,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import rules

CATALOGUE = {
    "ssh": ["tcp/22"],
    "dns": ["tcp/53", "udp/53"],
    "ping": ["icmp/8:0", "ipv6-icmp/128:0"],
    "ping4": ["1/8"],
    "vpn": ["udp/500", "esp"],
}


def lines(**options: Any) -> list[str]:
    return [rule.render(str) for rule in expand(options, CATALOGUE)]


def options_of(rule: Rule) -> dict[str, Any]:
    names = ("direction", "ether_type", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix")
    return {name: getattr(rule, name) for name in (*names, "remote_group", "remote_address_group", "description")}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, ["ingress IPv4 any from 0.0.0.0/0"], id="nothing given"),
        pytest.param(
            {"protocol": "tcp", "port_range_min": 22, "port_range_max": 23},
            ["ingress IPv4 tcp 22-23 from 0.0.0.0/0"],
            id="as in openstack.cloud",
        ),
        pytest.param(
            {"protocol": "tcp", "ports": ["22:22", "100-200"], "direction": "egress"},
            ["egress IPv4 tcp 22 to 0.0.0.0/0", "egress IPv4 tcp 100-200 to 0.0.0.0/0"],
            id="ports",
        ),
        pytest.param(
            {"traffic": ["tcp/443", "udp/6000:6010", "esp", "any"]},
            [
                "ingress IPv4 tcp 443 from 0.0.0.0/0",
                "ingress IPv4 udp 6000-6010 from 0.0.0.0/0",
                "ingress IPv4 esp from 0.0.0.0/0",
                "ingress IPv4 any from 0.0.0.0/0",
            ],
            id="traffic of several protocols",
        ),
        pytest.param(
            {"traffic": ["icmp/3:4", "ipv6-icmp/2"], "remote_group": "web", "ether_type": "any"},
            [
                "ingress IPv4 icmp type 3 code 4 from group web",
                "ingress IPv6 ipv6-icmp type 2 from group web",
            ],
            id="traffic that one family has",
        ),
        pytest.param({"traffic": []}, [], id="no traffic"),
        pytest.param(
            {"service": "dns", "remote_ip_prefixes": ["10.0.0.0/8", "2001:db8::/32"]},
            [
                "ingress IPv4 tcp 53 from 10.0.0.0/8",
                "ingress IPv4 udp 53 from 10.0.0.0/8",
                "ingress IPv6 tcp 53 from 2001:db8::/32",
                "ingress IPv6 udp 53 from 2001:db8::/32",
            ],
            id="product of remotes and traffic",
        ),
        pytest.param(
            {"service": "ssh", "remote_ip_prefix": "anywhere"},
            ["ingress IPv4 tcp 22 from 0.0.0.0/0", "ingress IPv6 tcp 22 from ::/0"],
            id="anywhere is both families",
        ),
        pytest.param(
            {"service": "ssh", "remote_ip_prefix": "anywhere", "ether_type": "IPv6"},
            ["ingress IPv6 tcp 22 from ::/0"],
            id="anywhere in one family",
        ),
        pytest.param(
            {"service": "ssh", "remote_group": "web", "ether_type": "any"},
            ["ingress IPv4 tcp 22 from group web", "ingress IPv6 tcp 22 from group web"],
            id="any ether type",
        ),
        pytest.param(
            {"service": "ssh", "remote_ip_prefix": "10.0.0.1", "ether_type": "any"},
            ["ingress IPv4 tcp 22 from 10.0.0.1/32"],
            id="any ether type, but the address has one",
        ),
        pytest.param(
            {"service": "ssh", "remote_groups": ["web"], "remote_address_groups": ["office"], "remote_ip_prefixes": []},
            ["ingress IPv4 tcp 22 from group web", "ingress IPv4 tcp 22 from address group office"],
            id="lists add up",
        ),
        pytest.param(
            {"service": "ssh", "remote_address_group": "office"},
            ["ingress IPv4 tcp 22 from address group office"],
            id="one address group",
        ),
        pytest.param(
            {"service": "ping"},
            ["ingress IPv4 icmp type 8 code 0 from 0.0.0.0/0", "ingress IPv6 ipv6-icmp type 128 code 0 from ::/0"],
            id="traffic keeps to its family",
        ),
        pytest.param(
            {"service": "ping", "remote_ip_prefix": "2001:db8::1"},
            ["ingress IPv6 ipv6-icmp type 128 code 0 from 2001:db8::1/128"],
            id="traffic of the other family is left out",
        ),
        pytest.param({"protocol": "icmpv6"}, ["ingress IPv6 ipv6-icmp from ::/0"], id="protocol of one family"),
        pytest.param(
            {"protocol": "icmp", "remote_ip_prefix": "anywhere"},
            ["ingress IPv4 icmp from 0.0.0.0/0", "ingress IPv6 ipv6-icmp from ::/0"],
            id="ICMP in both families",
        ),
        pytest.param(
            {"protocol": 1, "port_range_min": 8, "remote_ip_prefix": "anywhere"},
            ["ingress IPv4 icmp type 8 from 0.0.0.0/0"],
            id="a type of ICMP is one of IPv4",
        ),
        pytest.param(
            {"service": "ping4", "ether_type": "any"}, ["ingress IPv4 icmp type 8 from 0.0.0.0/0"], id="ICMP by number"
        ),
        pytest.param(
            {"service": "vpn", "remote_ip_prefix": "10.0.0.1"},
            ["ingress IPv4 udp 500 from 10.0.0.1/32", "ingress IPv4 esp from 10.0.0.1/32"],
            id="protocol without ports",
        ),
        pytest.param(
            {"service": "ssh", "remote_group": "anywhere"},
            ["ingress IPv4 tcp 22 from group anywhere"],
            id="a group may be called anywhere",
        ),
        pytest.param({"service": "ssh", "remote_groups": []}, [], id="an empty list of remotes allows nobody"),
        pytest.param({"protocol": "tcp", "ports": []}, [], id="an empty list of ports allows nothing"),
        pytest.param(
            {"description": "all"},
            ["ingress IPv4 any from 0.0.0.0/0 (all)"],
            id="description",
        ),
    ],
)
def test_expansion(options: dict[str, Any], expected: list[str]) -> None:
    assert lines(**options) == expected


@given(rules())
def test_the_options_of_a_rule_stand_for_that_rule(rule: Rule) -> None:
    assert expand(options_of(rule), {}) == (rule,)


@given(rules(), st.data())
def test_spelling_does_not_matter(rule: Rule, data: st.DataObject) -> None:
    options = options_of(rule)
    respelled = {key: value for key, value in options.items() if value is not None}
    if rule.protocol is not None:
        respelled["protocol"] = f" {rule.protocol.upper()}"
    if rule.remote_ip_prefix is not None:
        respelled["remote_ip_prefixes"] = [respelled.pop("remote_ip_prefix").upper()]
        del respelled["ether_type"]
    if rule.port_range_min is not None and "icmp" not in str(rule.protocol):
        low, high = respelled.pop("port_range_min"), respelled.pop("port_range_max")
        respelled["ports"] = [f"{low}{data.draw(st.sampled_from(':-'))}{high}"]
    assert expand(respelled, {}) == (rule,)


@pytest.mark.parametrize("service", SERVICES)
def test_every_built_in_service_expands(service: str) -> None:
    expanded = expand({"service": service, "remote_ip_prefix": "anywhere"}, SERVICES)
    assert len({rule.key for rule in expanded}) == len(expanded) >= len(SERVICES[service])
    assert all(rule.protocol is not None for rule in expanded)


@pytest.mark.parametrize(
    ("value", "both_ends"),
    [(22, (22, 22)), ("22", (22, 22)), (" 100:200 ", (100, 200)), ("1-65535", (1, 65535)), (-1, (1, 65535))],
)
def test_ports(value: str | int, both_ends: tuple[int, int]) -> None:
    assert parse_ports(value) == both_ends


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("http", "'http' is not a port or a range; write 22 or 100:200"),
        ("", "'' is not a port or a range; write 22 or 100:200"),
        ("1:2:3", "'1:2:3' is not a port or a range; write 22 or 100:200"),
        ("²", "'²' is not a port or a range; write 22 or 100:200"),
        ("9" * 5000, f"'{'9' * 5000}' is not a port or a range; write 22 or 100:200"),
        ("0", "0 is not a range of ports; use 1 to 65535, the lower end first"),
        ("200:100", "200:100 is not a range of ports; use 1 to 65535, the lower end first"),
        ("1:65536", "1:65536 is not a range of ports; use 1 to 65535, the lower end first"),
    ],
)
def test_no_ports(value: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_ports(value)
    assert str(caught.value) == f"ports: {problem}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            {"remote_group": "web", "remote_ip_prefix": "::/0"},
            "remote_ip_prefix, remote_group: a rule has one remote; for several use the options with lists",
            id="two remotes",
        ),
        pytest.param(
            {"remote_group": "web", "remote_groups": ["db"]},
            "remote_group, remote_groups: a rule has one remote; for several use the options with lists",
            id="a remote and a list of remotes",
        ),
        pytest.param(
            {"remote_ip_prefix": "10.0.0.1", "ether_type": "IPv6"},
            "remote_ip_prefix: 10.0.0.1/32 is an IPv4 address, but ether_type is IPv6",
            id="address of the other family",
        ),
        pytest.param(
            {"remote_groups": ["web", "x" * 256]}, "remote_groups: it has 256 characters", id="no name of a group"
        ),
        pytest.param({"remote_address_group": "\udcff"}, "remote_address_group: '\\udcff' is not", id="no Unicode"),
        pytest.param(
            {"service": "ssh", "remote_ip_prefixes": ["anywere"]},
            "remote_ip_prefixes: 'anywere' is not an address; write one like 192.0.2.0/24, 2001:db8::/32 or anywhere",
            id="no address",
        ),
        pytest.param(
            {"protocol": "icmpv6", "ether_type": "IPv4"},
            "protocol: icmpv6 exists in IPv6 only, not for IPv4; change one of the two",
            id="protocol of the other family",
        ),
        pytest.param(
            {"service": "ping4", "remote_ip_prefix": "::1", "ether_type": "any"},
            "service: ping4 exists in IPv4 only, not for ::1; change one of the two",
            id="service of the other family",
        ),
        pytest.param(
            {"protocol": "tcp", "ports": ["80"], "port_range_max": 80},
            "ports: cannot be combined with port_range_min and port_range_max; use one of the two forms",
            id="ports twice",
        ),
        pytest.param(
            {"ports": ["80"]},
            "ports: ports need a protocol; set protocol to tcp, udp or another protocol with ports",
            id="ports without a protocol",
        ),
        pytest.param(
            {"protocol": "gre", "ports": ["80"]},
            "ports: protocol gre has no ports; set protocol to tcp, udp or another protocol with ports",
            id="ports of a protocol without ports",
        ),
        pytest.param(
            {"service": "ssh", "protocol": "tcp", "ports": ["22"]},
            "service: ssh already sets protocol and ports; remove protocol, ports",
            id="service and ports",
        ),
        pytest.param(
            {"service": "ssh", "traffic": ["tcp/22"]},
            "service: ssh already sets protocol and ports; remove traffic",
            id="service and traffic",
        ),
        pytest.param(
            {"traffic": ["tcp/22"], "ports": ["22"], "port_range_min": 22},
            "traffic: it already sets protocol and ports; remove ports, port_range_min",
            id="traffic and ports",
        ),
        pytest.param(
            {"traffic": ["tcp/22", "tcp/x", "icmp/x"]},
            "traffic: 'tcp/x': 'x' is not a port or a range; write 22 or 100:200\n"
            "traffic: 'icmp/x' is not like tcp/443, esp or icmp/8:0",
            id="traffic that cannot be",
        ),
        pytest.param(
            {"traffic": ["icmp/8:0", "1/0"], "remote_ip_prefix": "2001:db8::/32"},
            "traffic: icmp/8:0, 1/0 exists in IPv4 only, not for 2001:db8::/32; change one of the two",
            id="traffic of the other family",
        ),
        pytest.param(
            {"service": "rdp"},
            "service: 'rdp' is not in the catalogue; add it there, or give protocol and ports. "
            "There are dns, ping, ping4, ssh, vpn",
            id="unknown service",
        ),
        pytest.param(
            {"service": "pnig"},
            "service: 'pnig' is not in the catalogue; add it there, or give protocol and ports. "
            "Did you mean ping or ping4?",
            id="misspelt service",
        ),
        pytest.param(
            {"service": "shs", "remote_groups": []},
            "service: 'shs' is not in the catalogue",
            id="unknown service, though nobody may reach it",
        ),
    ],
)
def test_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        lines(**options)
    assert str(caught.value).startswith(message)


def test_own_services_come_first() -> None:
    merged = merge_catalogues(CATALOGUE, {"ssh": ["tcp/2222"], "tunnel": [47]})
    assert [rule.port_range_min for rule in expand({"service": "ssh"}, merged)] == [2222]
    assert [rule.protocol for rule in expand({"service": "tunnel"}, merged)] == ["gre"]
    assert merged["dns"] == CATALOGUE["dns"]


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ("tcp/8080", "service app needs a list such as ['tcp/8080', 'udp/6000:6010']"),
        ([], "service app needs a list such as ['tcp/8080', 'udp/6000:6010']"),
        (["icmp/" + "8" * 5000], "service app: 'icmp/8"),
        (["icmp/"], "service app: 'icmp/' is not like tcp/443, esp or icmp/8:0"),
        (["icmp/echo"], "service app: 'icmp/echo' is not like tcp/443, esp or icmp/8:0"),
        (["icmp/256"], "service app: 'icmp/256': 256 is not an ICMP type; use 0 to 255"),
        (["tcp/http"], "service app: 'tcp/http': 'http' is not a port or a range; write 22 or 100:200"),
        (["tcp/80", "tpc/81"], "service app: 'tpc/81': 'tpc' is not a protocol"),
        (["esp/50"], "service app: 'esp/50': a rule for protocol esp has no ports"),
        (["443/tcp"], "service app: '443/tcp': '443' is not a protocol"),
    ],
)
def test_no_catalogue(entries: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        merge_catalogues(CATALOGUE, {"app": entries})
    assert caught.value.field == "catalogue"
    assert caught.value.problem.startswith(problem)


def test_all_errors_at_once() -> None:
    options = {
        "protocol": "tcp",
        "ports": ["x", "22", "0"],
        "remote_ip_prefixes": ["a", "192.0.2.0/24", "b"],
        "remote_groups": ["c" * 256],
    }
    with pytest.raises(InputError) as caught:
        lines(**options)
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        *("ports", "ports", "remote_ip_prefixes", "remote_ip_prefixes", "remote_groups"),
    ]
