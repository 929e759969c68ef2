# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names mean one object, or are an error that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError, UnknownNameError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import (
    Names,
    attachment_label,
    looks_like_id,
    port_label,
    several,
)

NAMES = Names({"id-1": "web", "id-2": "double", "id-3": "double"}, {"id-4": "far"})


@pytest.mark.parametrize(("name", "id_"), [("web", "id-1"), ("id-3", "id-3"), ("id-4", "id-4")])
def test_a_name_or_an_id_means_one(name: str, id_: str) -> None:
    assert NAMES.find("security_groups", name) == id_


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("servers", "none", "servers: there is no server 'none' in the project"),
        ("security_group", "far", "security_group: there is no security group 'far' in the project"),
        ("remote_address_group", "none", "remote_address_group: there is no address group 'none' in the project"),
        ("networks", "double", "networks: there are several networks named 'double': id-2, id-3; "),
        ("remote_group", "double", "remote_group: there are several groups named 'double': id-2, id-3; "),
    ],
)
def test_other_names_are_errors_of_their_option(option: str, name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        NAMES.find(option, name)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1cab4a62-0fda-40d9-bac8-fd73275b472d", True),
        ("1CAB4A62-0FDA-40D9-BAC8-FD73275B472D", True),
        ("1cab4a620fda40d9bac8fd73275b472d", False),
        ("web", False),
    ],
)
def test_ids_are_uuids_with_dashes(text: str, expected: bool) -> None:
    assert looks_like_id(text) is expected


def test_all_names() -> None:
    assert NAMES.all == {"id-1": "web", "id-2": "double", "id-3": "double", "id-4": "far"}
    assert Names({"id": "own"}, {"id": "others'"}).all == {"id": "own"}


def test_unknown_names_are_collected() -> None:
    found, missing = NAMES.find_all("servers", ["web", "none", "id-4", "nor this"])
    assert found == ["id-1", "id-4"]
    assert [str(error) for error in missing] == [
        "servers: there is no server 'none' in the project",
        "servers: there is no server 'nor this' in the project",
    ]
    assert all(isinstance(error, UnknownNameError) for error in missing)


def test_a_name_that_several_have_is_an_error_at_once() -> None:
    with pytest.raises(InputError, match=r"^servers: there are several servers named 'double'"):
        NAMES.find_all("servers", ["none", "double"])


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("WEB", ["web", "web2"], "Did you mean web?"),
        ("wep", ["web", "db"], "Did you mean web?"),
        ("x", ["web", "db"], "There are db, web"),
        ("x", [], "There are none"),
        ("x", list(map(str, range(100))), "There are 100 others"),
    ],
)
def test_the_nearest_names(name: str, known: list[str], hint: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        Names({"id": "other"}, known=lambda: known).find("servers", name)
    message = f"servers: there is no server {name!r} in the project. {hint}"
    assert str(caught.value) == message
    assert str(caught.value.within("attachment 1")) == f"attachment 1, {message}"


def test_candidates() -> None:
    assert NAMES.candidates("networks", "double") == ["id-2", "id-3"]
    assert NAMES.candidates("networks", "id-4") == ["id-4"]
    with pytest.raises(UnknownNameError):
        NAMES.candidates("networks", "far")


def test_several() -> None:
    assert several("ports", "eth0", ["b", "a"]) == (
        "there are several ports named 'eth0': a, b; rename all but one, or refer to one by its id"
    )


@pytest.mark.parametrize(
    ("servers", "label"),
    [
        (["web1"], "attachment 2 (web1)"),
        (["a\nb"], r"attachment 2 ('a\nb')"),
        ([7], "attachment 2 (7)"),
        (["web1", "web2"], "attachment 2"),
        ([], "attachment 2"),
    ],
)
def test_attachment_label(servers: list[Any], label: str) -> None:
    assert attachment_label(2, servers) == label


@pytest.mark.parametrize(
    ("body", "label"),
    [
        ({"fixed_ips": [{"ip_address": "192.0.2.1"}, {"ip_address": "2001:db8::1"}], "name": "eth0"}, "192.0.2.1"),
        ({"fixed_ips": [], "name": "eth0"}, "eth0"),
        ({"fixed_ips": None, "name": ""}, "without an address"),
        ({}, "without an address"),
        ({"name": "a\nb"}, r"'a\nb'"),
    ],
)
def test_port_label(body: dict[str, Any], label: str) -> None:
    assert port_label(body) == label
