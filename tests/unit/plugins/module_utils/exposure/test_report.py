# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result as a whole: classes, rules, assumptions, what is unknown, and the summary."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.paths import Topology
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.questions import parse_questions
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.report import Query, Sight, report
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.tests.torture.answers import directory_of, state_of
from ansible_collections.portcullis.openstack.tests.torture.clouds import Maker
from ansible_collections.portcullis.openstack.tests.torture.evaluator import Cloud

from .sights import OUT, any_protocol, port, shown, sight, tcp

FLOATING = frozenset({"floating_ip"})
TWO_WEBS = [port("web1", "web", public=FLOATING), port("web2", "web", address="10.0.0.2", public=FLOATING)]


def test_a_class_in_full() -> None:
    ports = [
        port("web2", "web", "ssh", address="10.0.0.2 2001:db8::2", name="second"),
        port("web1", "web", "ssh", address="2001:db8::1 10.0.0.1"),
        port("spare", "web", "ssh", address="10.0.0.3 2001:db8::3", server_id=None),
    ]
    owners = {"web-id": frozenset({"team-b"}), "ssh-id": frozenset({"team-a"})}
    seen = sight({"web": [], "ssh": []}, ports, owners=owners, services={"frontend": "web"})
    assert shown(seen)["classes"] == [
        {
            "id": "frontend, ssh",
            "name": "frontend, ssh",
            "security_groups": ["ssh", "web"],
            "owners": ["team-a", "team-b"],
            "network": "front",
            "families": ["IPv4", "IPv6"],
            "enforced": True,
            "public": [],
            "unknown": "",
            "instances": 3,
            "ports": [
                {"id": "spare-port-id", "name": "", "server": None, "addresses": ["10.0.0.3", "2001:db8::3"]},
                {"id": "web1-port-id", "name": "", "server": "web1", "addresses": ["10.0.0.1", "2001:db8::1"]},
                {"id": "web2-port-id", "name": "second", "server": "web2", "addresses": ["10.0.0.2", "2001:db8::2"]},
            ],
        }
    ]


def test_names_that_cannot_be_seen_are_ids() -> None:
    seen = sight({"web": []}, [port("web1", "web")])
    (one,) = shown(replace(seen, directory=replace(seen.directory, servers={}, networks={}, groups={})))["classes"]
    assert (one["network"], one["ports"][0]["server"], one["security_groups"]) == ("front-id", "web1-id", ["web-id"])


def test_classes_of_one_name_have_numbers() -> None:
    ports = [port("a", "web"), port("b", "web", network="back"), port("c", "db", address="10.0.0.2")]
    assert [one["id"] for one in shown(sight({"web": [], "db": []}, ports))["classes"]] == ["web #1", "web #2", "db"]


def test_two_ports_of_a_server_are_one_instance() -> None:
    ports = [port("a", "web"), port("b", "web", address="10.0.0.2", server_id="a-id")]
    result = shown(sight({"web": [tcp(443)]}, ports))
    assert [one["instances"] for one in (*result["classes"], *result["exposures"])] == [1, 1]


def test_rules_that_are_named_are_described_once() -> None:
    seen = sight({"web": [tcp(443, description="for all"), tcp(22, remote_group="gone")]}, TWO_WEBS)
    result = shown(seen, questions=parse_questions([{"from": "internet", "to": "web", "protocol": "tcp", "port": 443}]))
    assert result["rules"] == {
        "web-1": {"security_group": "web", "text": "ingress IPv4 tcp 443 from 0.0.0.0/0 (for all)"}
    }
    assert result["answers"][0]["rules"] == ["web-1"]


def test_expected_verdicts_are_repeated() -> None:
    entry = {"from": "internet", "to": "web", "protocol": None, "port": None, "verdict": "denied"}
    (answer,) = shown(sight({"web": []}, TWO_WEBS), questions=parse_questions([entry]))["answers"]
    assert (answer["verdict"], answer["expected"]) == ("denied", "denied")


def test_all_unknown_names_at_once() -> None:
    entry = {"from": "x", "to": "web", "protocol": None, "port": None}
    with pytest.raises(InputError) as caught:
        shown(sight({"web": []}, TWO_WEBS), sources=["y"], targets=["web", "z"], questions=parse_questions([entry]))
    assert [line.partition(":")[0] for line in str(caught.value).split("\n")] == ["from", "to", "question 1, from"]


def test_only_what_is_managed() -> None:
    ports = [port("web1", "web"), port("db1", "db", address="10.0.0.2"), port("closed", address="10.0.0.3")]
    groups = {"web": [*OUT, tcp(443)], "db": [*OUT, tcp(22), tcp(5432, remote_group="web")]}
    result = shown(sight(groups, ports, owners={"web-id": frozenset({"team-a"})}), managed_only=True)
    assert [one["id"] for one in result["classes"]] == ["web"]
    assert [(row["from"]["name"], row["to"]["name"]) for row in result["exposures"]] == [
        ("Internet", "web"),
        ("web", "Internet"),
    ]


@pytest.mark.parametrize(
    ("rules", "services"),
    [
        ([tcp(443)], ["https"]),
        ([tcp(443), tcp(22)], ["https", "ssh"]),
        # All of its parts, and each exactly.
        ([any_protocol(protocol="udp", port_range_min=53, port_range_max=53)], []),
        ([tcp(53), any_protocol(protocol="udp", port_range_min=53, port_range_max=53)], ["dns"]),
        ([tcp(440, 450)], []),
        ([any_protocol(protocol="icmp", port_range_min=8, port_range_max=0)], ["ping"]),
        ([any_protocol()], []),
    ],
)
def test_names_of_traffic(rules: list[Any], services: list[str]) -> None:
    (row,) = shown(sight({"web": rules}, TWO_WEBS))["exposures"]
    assert row["services"] == services


def test_each_family_of_a_service_has_its_name() -> None:
    rules = [any_protocol(protocol="icmp", ether_type="IPv6", port_range_min=128, port_range_max=0)]
    (row,) = shown(sight({"web": rules}, [port("web1", "web", address="2001:db8::1")]))["exposures"]
    assert row["services"] == ["ping"]


def test_names_of_traffic_of_ones_own() -> None:
    seen = sight({"web": [tcp(8443)]}, TWO_WEBS)
    (row,) = report(seen, Query(), {"app": ("tcp/8443",), "ping6": ("ipv6-icmp/128:0",)})["exposures"]
    assert row["services"] == ["app"]


# What it rests on


def assumptions(*ports: Any, **options: Any) -> list[str]:
    return list(shown(sight({"other": [], **options.pop("groups", {})}, ports or TWO_WEBS, **options))["assumptions"])


LISTED = {"groups": {"web": [tcp(22, remote_address_group="offices")]}, "address_groups": {"offices": []}}


def test_what_is_always_assumed() -> None:
    always = assumptions()
    assert len(always) == 2
    assert always[0].startswith("Firewalls and routes that Neutron does not show are not considered")
    assert always[1].startswith("ARP, neighbour discovery and router advertisements always pass")


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ({"backend": "unknown"}, "The network backend is unknown."),
        ({"shared": ["other"]}, "Members of security groups that cannot be seen"),
        (LISTED, "Neutron's OVN driver before 25.2.3, 26.0.3 and 27.0.2 ignores address groups"),
        ({"topology": Topology(floating=frozenset({"p"}))}, "Traffic between instances through a floating IP"),
        ({"topology": Topology(forwarded=frozenset({"p"}))}, "A port forwarding counts as a path for all traffic"),
        (
            {"stateless": frozenset({"web-id", "other-id"})},
            "Replies to and from stateless security groups (other; web)",
        ),
    ],
)
def test_what_is_assumed_where_it_matters(options: dict[str, Any], start: str) -> None:
    always = assumptions()
    (further,) = [text for text in assumptions(**{"groups": {"web": []}, **options}) if text not in always]
    assert further.startswith(start)


@pytest.mark.parametrize("options", [{"secured": False}, {"pairs": ("10.0.0.0/24",)}])
def test_what_is_assumed_of_senders(options: dict[str, Any]) -> None:
    assert any(
        text.startswith("Instances send from their fixed addresses and") for text in assumptions(port("p", **options))
    )


def test_address_groups_are_safe_on_other_backends() -> None:
    assert len(assumptions(**LISTED, backend="ovs")) == 2


def test_what_is_unknown() -> None:
    seen = sight({"b": None, "a": None, "web": []}, [port("p", "b", "web"), port("q", "a")], unknown=["Servers …"])
    assert shown(seen)["unknown"] == [
        "Servers …",
        "The rules of security group a cannot be seen.",
        "The rules of security group b cannot be seen.",
    ]


# Summary

NO_ROUTE = "; the rules of 1 service on 1 instance allow it too, but no route to them is seen"


@pytest.mark.parametrize(
    ("rules", "ports", "summary"),
    [
        ([tcp(443)], TWO_WEBS, "The Internet reaches 1 service on 2 instances."),
        ([], TWO_WEBS, "The Internet reaches 0 services on 0 instances."),
        (
            [tcp(443)],
            [port("a", "web")],
            f"The Internet reaches 0 services on 0 instances{NO_ROUTE}.",
        ),
        (
            [],
            [port("a", secured=False, public=FLOATING)],
            "The Internet reaches 1 service on 1 instance.",
        ),
        (
            [tcp(443, remote_group="web")],
            [port("a", "web")],
            "The Internet reaches 0 services on 0 instances; 1 answer is unknown.",
        ),
    ],
)
def test_summary(rules: list[Any], ports: list[Any], summary: str) -> None:
    assert shown(sight({"web": rules}, ports, shared=["web"]))["summary"] == summary


def test_unknown_answers_are_counted() -> None:
    asked = parse_questions([{"from": "internet", "to": "web", "protocol": None, "port": None}] * 2)
    assert shown(sight({"web": None}, TWO_WEBS), questions=asked)["summary"].endswith("; 2 answers are unknown.")


# Order


def shuffled(cloud: Cloud, random: Random) -> Cloud:
    """Return the same cloud, listed in another order."""

    def mixed(things: Any) -> Any:
        return random.sample(list(things), len(things))

    return Cloud(
        {group: None if cloud.groups[group] is None else mixed(cloud.groups[group]) for group in mixed(cloud.groups)},
        [
            {**one, **{name: mixed(one[name]) for name in ("fixed_ips", "security_groups", "allowed_address_pairs")}}
            for one in mixed(cloud.ports)
        ],
        {
            group: None if cloud.address_groups[group] is None else mixed(cloud.address_groups[group])
            for group in mixed(cloud.address_groups)
        },
        cloud.shared,
        cloud.backend,
    )


def reported(cloud: Cloud, query: Query) -> str:
    return json.dumps(report(Sight(directory_of(cloud, state_of(cloud))), query, SERVICES))


@pytest.mark.parametrize("seed", range(30))
def test_the_order_in_which_neutron_lists_things_makes_no_difference(seed: int) -> None:
    maker, random = Maker(seed), Random(seed)
    cloud = maker.cloud()
    asked = [asked.options() for asked in maker.questions(cloud, 20)]
    answerable = [one for one in asked if "group:" in one["from"] or "group:" in one["to"]]
    query = Query(questions=parse_questions(answerable))
    assert len({reported(shuffled(cloud, random), query) for _time in range(3)}) == 1
