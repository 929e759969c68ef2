# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names mean, and what people call things."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError, UnknownNameError
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure import addresses
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.directory import Directory, Endpoint
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.intervals import Intervals
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.reach import Reach

from .sights import port, sight

PORTS = [
    port("web1", "web", address="10.0.0.1 2001:db8::1"),
    port("web2", "web", address="10.0.0.2"),
    port("db1", "db", address="10.0.1.1", network="back"),
    port("lonely", address="10.0.0.9", server_id=None),
]


def directory(**options: Any) -> Directory:
    return sight({"web": [], "db": [], "shared": []}, PORTS, shared=["shared"], **options).directory


def names(end: Endpoint) -> list[str]:
    return sorted(id_.removesuffix("-port-id") for id_ in end.ports)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", ["web1", "web2"]),
        ("group:web", ["web1", "web2"]),
        ("web-id", ["web1", "web2"]),
        ("web1", ["web1"]),
        ("server:web1", ["web1"]),
        ("server:web1-id", ["web1"]),
        ("front", ["lonely", "web1", "web2"]),
        ("network:back", ["db1"]),
        ("frontend", ["web1", "web2"]),
        ("service:frontend", ["web1", "web2"]),
        ("10.0.0.1", ["web1"]),
        ("10.0.0.0/30", ["web1", "web2"]),
        ("2001:db8::/64", ["web1"]),
        ("10.9.9.9", []),
        ("shared", []),
    ],
)
def test_ends_with_ports(text: str, expected: list[str]) -> None:
    assert names(directory(services={"frontend": "web"}).find("from", text)) == expected


def test_the_internet_is_what_no_instance_is() -> None:
    end = directory().find("from", "Internet")
    assert end.internet
    assert end.text == "the Internet"
    assert not end.ports
    assert end.outside["IPv4"] == addresses.INTERNET["IPv4"]
    instance = Intervals((addresses.interval("2001:db8::1")[1],))
    assert end.outside["IPv6"] == addresses.INTERNET["IPv6"] - instance


def test_a_network_is_its_ports_and_the_rest_of_its_addresses() -> None:
    end = directory().find("to", "10.0.0.0/30")
    assert {family: addresses.texts(family, part) for family, part in end.outside.items()} == {
        "IPv4": ["10.0.0.0/32", "10.0.0.3/32"]
    }
    assert {family: addresses.texts(family, part) for family, part in end.within.items()} == {"IPv4": ["10.0.0.0/30"]}
    assert directory().find("to", "10.0.0.1").outside == {}
    assert directory().find("to", "10.9.9.9").within == {}


def test_a_group_may_have_members_that_cannot_be_seen() -> None:
    assert directory().find("to", "shared").unseen == "shared-id"
    assert directory().find("to", "web").unseen is None
    assert directory().find("to", "web1").unseen is None


def test_one_name_of_several_kinds() -> None:
    seen = sight({"web": []}, [port("web", "web", network="web")]).directory
    with pytest.raises(InputError) as caught:
        seen.find("to", "web")
    assert str(caught.value) == (
        "to: 'web' is the name of several kinds of things: write group:web or server:web or network:web"
    )
    assert names(seen.find("to", "server:web")) == ["web"]


def test_a_service_is_meant_whatever_else_has_its_name() -> None:
    seen = directory(services={"web": "db", "web1": "db"})
    assert names(seen.find("to", "web")) == ["db1"]
    assert names(seen.find("to", "group:web")) == ["web1", "web2"]
    assert names(seen.find("to", "web1")) == ["db1"]
    assert names(seen.find("to", "server:web1")) == ["web1"]


def test_several_things_of_one_name() -> None:
    seen = replace(directory(), groups={"id-2": "web", "id-1": "web"})
    with pytest.raises(InputError) as caught:
        seen.find("to", "group:web")
    assert str(caught.value).startswith("to: there are several groups named 'web': id-1, id-2; rename")
    with pytest.raises(InputError, match="there are several groups named 'web'"):
        seen.find("to", "web")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wep", "from: there is no service, security group, server or network 'wep'. Did you mean web"),
        ("server:web9", "from: there is no server 'web9'. Did you mean web2 or web1?"),
        ("service:web", "from: there is no service 'web'. There are none"),
        ("service:gone", "from: there is no service 'gone'. There are none"),
        ("port:22", "from: there is no service, security group, server or network 'port:22'"),
        ("group:", "from: there is no service, security group, server or network 'group:'"),
    ],
)
def test_unknown_names(text: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        directory().find("from", text)
    assert str(caught.value).startswith(message)


def test_a_service_whose_group_is_gone() -> None:
    with pytest.raises(UnknownNameError, match="there is no service 'gone'"):
        directory(services={"gone": "gone-group"}).find("from", "service:gone")


def test_a_name_that_looks_like_a_kind() -> None:
    seen = sight({"group:web": []}, [port("a", "group:web")]).directory
    assert names(seen.find("to", "group:group:web")) == ["a"]
    assert seen.find("to", "group:group:web").text == "group:group:web"


# Names


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({"groups": ["web", "db"]}, "db, frontend"),
        ({"groups": ["db"]}, "db"),
        ({}, "without security groups"),
        ({"secured": False}, "without port security"),
        ({"groups": ["web"], "vnic_type": "direct"}, "not enforced (direct)"),
    ],
)
def test_labels(options: dict[str, Any], label: str) -> None:
    groups = options.pop("groups", [])
    seen = sight({"web": [], "db": []}, [port("a", *groups, **options)], services={"frontend": "web"}).directory
    (one,) = Reach(seen.state).classes
    assert seen.label(one) == label


def test_two_services_of_one_group_have_one_name_in_any_order() -> None:
    for services in ({"a": "web", "b": "web"}, {"b": "web", "a": "web"}):
        assert directory(services=services).names_of(["web-id", "db-id"]) == ["a", "db"]


def test_names_are_harmless() -> None:
    seen = replace(directory(), groups={"x-id": "a\nb"}, address_groups={"y-id": "offices"})
    assert seen.name_of("x-id") == r"'a\nb'"
    assert seen.name_of("y-id") == "offices"
    assert seen.name_of("unknown-id") == "unknown-id"


def test_rules_that_cannot_be_seen_are_described() -> None:
    seen = sight({"a": None, "b": None, "c": []}, [port("p", "a", "b", "c"), port("q", "c")]).directory
    hidden, known = Reach(seen.state).classes
    assert seen.describe(hidden) == "the rules of security groups a; b cannot be seen"
    assert seen.describe(known) == ""
