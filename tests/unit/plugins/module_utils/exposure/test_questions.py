# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers to questions: verdict, reason, rules and path."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.paths import Topology
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.questions import Question, parse_questions
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.report import Sight
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.traffic import ALL, texts

from .sights import OFFICE, OUT, any_protocol, ask, port, sight, tcp

WEB = port("web1", "web", address="10.0.0.1 2001:db8::1")
DB = port("db1", "db", address="10.0.0.2")
SITE = sight(
    {"web": [*OUT, tcp(443), tcp(22, remote_ip_prefix=OFFICE)], "db": [*OUT, tcp(5432, remote_group="web")]},
    [WEB, DB],
)


HTTPS = "ingress IPv4 tcp 443 from 0.0.0.0/0 of security group web"
SSH = f"ingress IPv4 tcp 22 from {OFFICE} of security group web"


def options(**given: Any) -> dict[str, Any]:
    return {"from": "internet", "to": "web", "protocol": None, "port": None, **given}


def parsed(**given: Any) -> Question:
    (question,) = parse_questions([options(**given)])
    return question


# Questions


@pytest.mark.parametrize(
    ("given", "protocol", "text"),
    [
        ({}, None, "any"),
        ({"port": 22}, "tcp", "tcp/22"),
        ({"port": "6000-6010", "protocol": "UDP"}, "udp", "udp/6000-6010"),
        ({"protocol": "6"}, "tcp", "tcp"),
        ({"protocol": "any"}, None, "any"),
        ({"protocol": "esp"}, "esp", "esp"),
        ({"protocol": "icmp"}, "icmp", "icmp"),
        ({"protocol": "icmp", "port": 8}, "icmp", "icmp/8"),
        ({"protocol": "icmp", "port": 0}, "icmp", "icmp/0"),
        ({"protocol": "icmpv6", "port": 128}, "ipv6-icmp", "ipv6-icmp/128"),
        ({"protocol": "58"}, "ipv6-icmp", "ipv6-icmp"),
        ({"protocol": "ipv6-frag"}, "ipv6-frag", "ipv6-frag"),
    ],
)
def test_what_is_asked(given: dict[str, Any], protocol: str | None, text: str) -> None:
    question = parsed(**given)
    assert question.protocol == protocol
    assert list(texts(question.traffic)) == [text]


def test_an_expected_verdict_is_kept() -> None:
    assert parsed(verdict="denied").expected == "denied"
    assert parsed().expected is None
    assert parsed().traffic == ALL


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"protocol": "tpc"}, "question 1, protocol: 'tpc' is not a protocol"),
        ({"protocol": "esp", "port": 22}, "question 1, port: protocol esp has no ports"),
        ({"protocol": "any", "port": 22}, "question 1, port: protocol any has no ports"),
        ({"protocol": "icmp", "port": 256}, "question 1, port: '256' is not an ICMP type; use 0 to 255"),
        ({"protocol": "icmp", "port": "echo"}, "question 1, port: 'echo' is not an ICMP type"),
        ({"port": "70000"}, "question 1, port"),
    ],
)
def test_what_cannot_be_asked(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_questions([options(**given)])
    assert str(caught.value).startswith(message)


def test_all_errors_of_questions_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_questions([options(protocol="tpc"), options(), options(protocol="esp", port=1)])
    assert [line.split(":")[0] for line in str(caught.value).split("\n")] == [
        "question 1, protocol",
        "question 3, port",
    ]


def test_all_unknown_names_at_once() -> None:
    with pytest.raises(InputError) as caught:
        ask(SITE, "wep", "dbb")
    assert [line.split(":")[0] for line in str(caught.value).split("\n")] == ["from", "to"]


@pytest.mark.parametrize("ends", [("internet", "10.9.9.9"), ("10.9.9.9", "internet"), ("internet", "internet")])
def test_one_end_must_be_known(ends: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="neither end is in the project"):
        ask(SITE, *ends)


def test_a_network_may_have_instances_in_it() -> None:
    assert ask(SITE, "10.9.9.9", "0.0.0.0/0", "tcp", 443)["verdict"] == "partly"
    assert ask(SITE, "0.0.0.0/0", "10.9.9.9", "tcp", 443)["verdict"] == "allowed"


# Verdicts and reasons


def answer(*question: Any, site: Sight = SITE) -> tuple[str, str]:
    found = ask(site, *question)
    return found["verdict"], found["reason"]


def test_allowed_by_rules_of_both_ends() -> None:
    found = ask(SITE, "web", "db", "tcp", 5432)
    assert found == {
        "from": "web",
        "to": "db",
        "protocol": "tcp",
        "port": "5432",
        "verdict": "allowed",
        "reason": "allowed by egress IPv4 any to 0.0.0.0/0 of security group web; "
        "ingress IPv4 tcp 5432 from group web of security group db",
        "rules": ["web-1", "db-3"],
        "path": "same_network",
        "expected": None,
    }


@pytest.mark.parametrize(
    ("question", "verdict", "reason"),
    [
        (("internet", "web", "tcp", 443), "allowed", [f"allowed by {HTTPS}"]),
        (
            ("internet", "web", "tcp", 80),
            "denied",
            ["no rule of web allows ingress IPv4 and IPv6 tcp/80 from the Internet"],
        ),
        (("internet", "db", "tcp", 5432), "denied", ["no rule of db allows ingress IPv4 tcp/5432 from the Internet"]),
        (("db", "web", "udp", 53), "denied", ["no rule of web allows ingress IPv4 udp/53 from db"]),
        (("2001:db8::9", "db"), "denied", ["no address of db is of the family of 2001:db8::9"]),
        (("198.51.100.7", "web", "tcp", 22), "allowed", [f"allowed by {SSH}"]),
        (
            ("198.51.0.0/16", "web", "tcp", 22),
            "partly",
            [f"allowed by {SSH}", "no rule of web allows ingress IPv4 tcp/22 from all of 198.51.0.0/16"],
        ),
        (
            ("db", "web"),
            "partly",
            [
                f"allowed by egress IPv4 any to 0.0.0.0/0 of security group db; {HTTPS}",
                "no rule of web allows ingress IPv4 the rest of the traffic from db",
            ],
        ),
        (("web", "198.51.100.7"), "allowed", ["allowed by egress IPv4 any to 0.0.0.0/0 of security group web"]),
    ],
)
def test_reasons(question: tuple[Any, ...], verdict: str, reason: list[str]) -> None:
    assert answer(*question) == (verdict, "\n".join(reason))


def test_no_rule_of_either_end() -> None:
    closed = sight({"a": [], "b": []}, [port("a1", "a"), port("b1", "b", address="10.0.0.2")])
    assert answer("a", "b", "tcp", 22, site=closed) == (
        "denied",
        "no rule of a allows egress IPv4 tcp/22 to b\nno rule of b allows ingress IPv4 tcp/22 from a",
    )


def test_ports_without_groups_are_closed_even_to_an_open_peer() -> None:
    site = sight({}, [port("closed"), port("open", address="10.0.0.2", secured=False)])
    for ends in (("open", "closed"), ("closed", "open"), ("internet", "closed"), ("closed", "internet")):
        assert answer(*ends, site=site) == ("denied", "ports without security groups: all traffic is denied")


def test_ports_without_port_security_are_open_and_their_peers_are_not() -> None:
    site = sight({"web": [tcp(443)]}, [port("web1", "web"), port("open", address="10.0.0.2", secured=False)])
    text = "ports without port security let everything pass"
    assert answer("internet", "open", site=site) == ("allowed", text)
    assert answer("open", "web", "tcp", 443, site=site)[1].split("\n")[1:] == [text]
    missing = "no rule of web allows ingress IPv4 tcp/22 from ports without port security"
    assert answer("open", "web", "tcp", 22, site=site) == ("denied", missing)


@pytest.mark.parametrize(
    "vnic_type",
    ["direct", "direct-physical", "macvtap", "baremetal", "accelerator-direct", "accelerator-direct-physical"],
)
def test_hardware_ports_are_open_whatever_their_groups(vnic_type: str) -> None:
    """See SRIOV_SUPPORTED_VNIC_TYPES of Neutron, and its guide to SR-IOV."""
    site = sight({"web": []}, [port("fast", "web", vnic_type=vnic_type)])
    text = f"security groups are not enforced on ports of type {vnic_type}"
    assert answer("internet", "web", site=site) == ("allowed", text)
    assert answer("web", "internet", site=site) == ("allowed", text)


def test_ends_without_a_common_family() -> None:
    site = sight({"a": [*OUT], "b": [any_protocol()]}, [port("a1", "a", address="fd00::1"), port("b1", "b")])
    assert answer("a", "b", site=site) == ("denied", "a and b have no addresses of one family")


def test_ends_that_allow_it_for_different_families() -> None:
    rules = {"a": [OUT[0]], "b": [any_protocol(ether_type="IPv6")]}
    ports = [port("a1", "a", address="10.0.0.1 fd00::1"), port("b1", "b", address="10.0.0.2 fd00::2")]
    assert answer("a", "b", site=sight(rules, ports)) == (
        "denied",
        "a and b allow it for different families or addresses",
    )


def test_groups_without_ports() -> None:
    site = sight({"web": [tcp(443)], "empty": []}, [port("web1", "web")])
    assert answer("internet", "empty", site=site) == ("denied", "empty has no ports")
    assert answer("empty", "web", site=site) == ("denied", "empty has no ports")


def test_many_reasons_are_cut_short() -> None:
    ports = [port(f"s{n}", f"g{n}", address=f"10.0.0.{n}") for n in range(1, 9)]
    site = sight({f"g{n}": [] for n in range(1, 9)}, ports)
    _verdict, reason = answer("internet", "network:front", site=site)
    assert len(reason.split("\n")) == 6
    assert reason.endswith("\nand 3 more reasons")


# Ends that are several things


def test_one_of_two_instances_makes_partly() -> None:
    site = sight({"web": [tcp(443)], "db": []}, [port("web1", "web"), port("db1", "db", address="10.0.0.2")])
    verdict, reason = answer("internet", "network:front", "tcp", 443, site=site)
    assert verdict == "partly"
    assert reason.split("\n") == [f"allowed by {HTTPS}", "no rule of db allows ingress IPv4 tcp/443 from the Internet"]


def test_an_address_counts_not_the_others_of_its_port() -> None:
    """In another family, or in the same."""
    rules = [tcp(22, remote_ip_prefix="10.0.0.2/32"), tcp(22, remote_ip_prefix="fd00::/8", ether_type="IPv6")]
    bastion = port("bastion", "out", address="10.0.0.2 10.0.0.3 fd00::2")
    site = sight({"web": rules, "out": OUT}, [port("web1", "web", address="10.0.0.1 fd00::1"), bastion])
    verdicts = {
        end: answer(end, "web", "tcp", 22, site=site)[0] for end in ("bastion", *bastion.addresses, "10.0.0.2/31")
    }
    assert verdicts == {
        "bastion": "allowed",
        "10.0.0.2": "allowed",
        "10.0.0.3": "denied",
        "fd00::2": "allowed",
        "10.0.0.2/31": "partly",
    }


def test_a_port_does_not_reach_itself() -> None:
    """Unless nothing else is asked: then its rules are what people want to know of."""
    rules = [*OUT, tcp(22, remote_ip_prefix="10.0.0.1/32")]
    two = sight({"web": rules}, [port("web1", "web"), port("web2", "web", address="10.0.0.2")])
    assert answer("web", "web", "tcp", 22, site=two)[0] == "partly"
    assert answer("web", "server:web1", "tcp", 22, site=two)[0] == "denied"
    assert answer("web2", "web1", "tcp", 22, site=two)[0] == "denied"
    assert answer("web1", "web1", "tcp", 22, site=two)[0] == "allowed"
    alike = sight(
        {"web": [*OUT, tcp(22, remote_group="web")]}, [port("a", "web"), port("b", "web", address="10.0.0.2")]
    )
    assert answer("web", "web", "tcp", 22, site=alike)[0] == "allowed"


def test_instances_are_not_the_internet_wherever_their_addresses_are() -> None:
    rules = [tcp(22, remote_ip_prefix="203.0.113.2/32")]
    site = sight({"web": rules, "out": OUT}, [port("web1", "web"), port("other", "out", address="203.0.113.2")])
    assert answer("internet", "web", "tcp", 22, site=site)[0] == "denied"
    assert answer("203.0.113.0/24", "web", "tcp", 22, site=site)[0] == "partly"


FLOATING = sight(
    {"web": [*OUT, tcp(22, remote_ip_prefix="10.0.0.2/32"), tcp(443)], "db": [*OUT]},
    [
        port("web1", "web", address="10.0.0.1 10.0.0.9", public=frozenset({"floating_ip"})),
        port("db1", "db", address="10.0.0.2"),
    ],
    floating={"203.0.113.50": ("web1-port-id", "10.0.0.1"), "203.0.113.51": ("foreign-port-id", "10.0.0.1")},
)


def test_a_floating_ip_is_its_port_to_the_outside() -> None:
    for text in ("203.0.113.50", "203.0.113.50/32"):
        answer = ask(FLOATING, "internet", text, "tcp", 443)
        assert (answer["verdict"], answer["path"], answer["rules"]) == ("allowed", "floating_ip", ["web-4"])
    assert ask(FLOATING, "0.0.0.0/0", "203.0.113.50", "tcp", 22)["verdict"] == "denied"
    assert ask(FLOATING, "203.0.113.50", "198.51.100.7", "tcp", 22)["verdict"] == "allowed"


@pytest.mark.parametrize(
    ("ends", "option"),
    [(("db", "203.0.113.50"), "to"), (("203.0.113.50", "db"), "from"), (("10.0.0.2", "203.0.113.50"), "to")],
)
def test_a_floating_ip_is_no_way_between_instances_that_rules_see(ends: tuple[str, str], option: str) -> None:
    with pytest.raises(InputError, match=rf"^{option}: 203.0.113.50 is a floating IP, .* name its server$"):
        ask(FLOATING, *ends)


def test_floating_ips_that_are_only_addresses() -> None:
    """Those of ports that cannot be seen, and those in a network that is asked for."""
    assert ask(FLOATING, "db", "203.0.113.51", "tcp", 22)["verdict"] == "allowed"
    assert ask(FLOATING, "db", "203.0.113.0/24", "tcp", 22)["verdict"] == "allowed"


# What cannot be seen


def test_rules_that_cannot_be_seen() -> None:
    site = sight({"foreign": None, "web": [*OUT]}, [port("a", "foreign"), port("web1", "web", address="10.0.0.2")])
    hidden = "the rules of security group foreign cannot be seen"
    assert answer("internet", "foreign", site=site) == ("unknown", hidden)
    assert answer("web", "foreign", site=site) == ("unknown", hidden)
    # Whatever they are, this is denied.
    assert answer("foreign", "web", "tcp", 22, site=site) == (
        "denied",
        "no rule of web allows ingress IPv4 tcp/22 from foreign",
    )


def test_what_is_allowed_beside_rules_that_cannot_be_seen() -> None:
    site = sight({"foreign": None, "web": [*OUT, tcp(443)]}, [port("web1", "web", "foreign")])
    assert answer("internet", "web", "tcp", 443, site=site)[0] == "allowed"
    assert answer("internet", "web", "tcp", "443-444", site=site)[0] == "unknown"


def test_partly_although_some_is_unknown() -> None:
    """Something is surely allowed, and something surely denied."""
    site = sight(
        {"foreign": None, "web": [*OUT, tcp(443)], "db": []},
        [port("web1", "web", "foreign"), port("db1", "db", address="10.0.0.2")],
    )
    assert answer("internet", "network:front", "tcp", "443-444", site=site)[0] == "partly"
    office = sight(
        {"foreign": None, "ssh": [tcp(22, remote_ip_prefix=OFFICE)]},
        [port("a", "foreign"), port("b", "ssh", address="10.0.0.2")],
    )
    assert answer("198.51.0.0/16", "network:front", "tcp", 22, site=office)[0] == "partly"


MEMBERS = sight(
    {"shared": [*OUT], "web": [*OUT, tcp(22, remote_group="shared")], "db": [tcp(22, remote_ip_prefix="10.0.0.1/32")]},
    [port("web1", "web"), port("db1", "db", address="10.0.0.2"), port("db2", address="10.0.0.3", secured=False)],
    shared=["shared"],
)


@pytest.mark.parametrize(
    ("question", "verdict", "reason"),
    [
        (("10.9.9.9", "web", "tcp", 22), "unknown", "not all addresses of shared can be seen"),
        (("10.9.9.9", "web", "tcp", 23), "denied", "no rule of web allows ingress IPv4 tcp/23 from 10.9.9.9"),
        # Instances are not the Internet, also those that cannot be seen.
        (("internet", "web", "tcp", 22), "denied", "no rule of web allows ingress IPv4 tcp/22 from the Internet"),
        (("shared", "web", "tcp", 22), "unknown", "not all members of security group shared can be seen"),
        (("shared", "web", "tcp", 23), "denied", "no rule of web allows ingress IPv4 tcp/23 from shared"),
        # No member has the address of an instance that can be seen.
        (("shared", "db", "tcp", 22), "denied", "no rule of db allows ingress IPv4 tcp/22 from shared"),
        (
            ("db2", "web", "tcp", 22),
            "denied",
            "no rule of web allows ingress IPv4 tcp/22 from ports without port security",
        ),
        (("web", "shared"), "unknown", "not all members of security group shared can be seen"),
        (("shared", "internet"), "unknown", "not all members of security group shared can be seen"),
        (("internet", "shared"), "unknown", "not all members of security group shared can be seen"),
        (("shared", "shared"), "unknown", "not all members of security group shared can be seen"),
    ],
)
def test_members_that_cannot_be_seen(question: tuple[Any, ...], verdict: str, reason: str) -> None:
    assert answer(*question, site=MEMBERS) == (verdict, reason)
    assert ask(MEMBERS, "shared", "web", "tcp", 23)["path"] == "unknown"


def test_what_members_that_cannot_be_seen_surely_may_not() -> None:
    """One that can be seen may send all of it, the others none of a part."""
    groups = {"shared": [*OUT], "web": [any_protocol(remote_group="seen"), tcp(22)], "seen": []}
    ports = [port("web1", "web"), port("a", "shared", "seen", address="10.0.0.2")]
    assert answer("shared", "web", "tcp", "22-23", site=sight(groups, ports, shared=["shared"]))[0] == "partly"


def test_address_groups_that_cannot_be_seen() -> None:
    """They are neither everyone nor nobody."""
    site = sight(
        {"web": [*OUT, tcp(22, remote_address_group="offices")], "db": [*OUT]},
        [port("web1", "web"), port("db1", "db", address="10.0.0.2")],
        address_groups={"offices": None},
    )
    for source in ("internet", "198.51.100.7", "db"):
        assert answer(source, "web", "tcp", 22, site=site) == ("unknown", "not all addresses of offices can be seen")
        assert answer(source, "web", "tcp", 23, site=site)[0] == "denied"


# Paths

ROUTED = Topology(
    subnets={"front-id": ["10.0.0.0/24", "fd00::/64"], "back-id": ["10.0.1.0/24"]},
    routers={"router": frozenset({"front-id", "back-id"})},
)


def test_paths_between_networks() -> None:
    site = sight(
        {"web": [*OUT, any_protocol()]},
        [
            port("a", "web"),
            port("b", "web", address="10.0.0.2"),
            port("c", "web", address="10.0.1.1", network="back"),
            port("d", "web", address="10.0.2.1", network="lonely"),
        ],
        topology=ROUTED,
    )
    paths = {target: ask(site, "a", target)["path"] for target in ("b", "c", "d", "10.0.1.9", "198.51.100.7")}
    assert paths == {
        "b": "same_network",
        "c": "router",
        "d": "none_seen",
        "10.0.1.9": "router",
        "198.51.100.7": "none_seen",
    }


def test_the_path_is_that_of_what_is_allowed() -> None:
    """Not of another family, nor of another instance."""
    floating = frozenset({"floating_ip"})
    six_only = sight(
        {"web": [tcp(443, ether_type="IPv6")]}, [port("a", "web", address="10.0.0.1 2001:db8::1", public=floating)]
    )
    assert ask(six_only, "internet", "web", "tcp", 443)["path"] == "none_seen"
    assert ask(six_only, "internet", "web", "tcp", 22)["path"] == "floating_ip"
    one_open = sight(
        {"web": [tcp(443)], "db": []}, [port("a", "web"), port("b", "db", address="10.0.0.2", public=floating)]
    )
    assert ask(one_open, "internet", "network:front", "tcp", 443)["path"] == "none_seen"
