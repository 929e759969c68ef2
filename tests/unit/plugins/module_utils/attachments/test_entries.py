# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attachments as users write them, and the servers that they select."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.entries import (
    ENDED,
    STATES,
    Attachment,
    SelectedServers,
    Selector,
    parse_attachments,
    select_servers,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError, UnknownNameError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import Names
from ansible_collections.portcullis.openstack.plugins.module_utils._common.time_limits import TimeLimit
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import ATTACHMENT

SERVERS: list[dict[str, Any]] = [
    {"id": "id-1", "name": "web1", "metadata": {"role": "web"}, "tags": ["a", "b"]},
    {"id": "id-2", "name": "web2", "metadata": {"role": "web", "stage": "test"}, "tags": []},
    {"id": "id-3", "name": "double"},
    {"id": "id-4", "name": "double"},
]
SERVER_NAMES = Names({server["id"]: server["name"] for server in SERVERS})
LONG = "x" * 256


@pytest.mark.parametrize(
    ("options", "attachment"),
    [
        pytest.param(
            {"servers": ["web1"], "security_groups": ["web"]},
            Attachment("attachment 1 (web1)", ("web",), servers=("web1",)),
            id="the least",
        ),
        pytest.param(
            {
                "servers": ["web1"],
                "ports": ["vip", "trunk"],
                "selector": {"name": "web*", "metadata": {"size": 2}, "tags": ["a", "a"]},
                "networks": ["demo"],
                "security_groups": [],
                "state": "exact",
            },
            Attachment(
                "attachment 1",
                (),
                state="exact",
                servers=("web1",),
                ports=("vip", "trunk"),
                selector=Selector("web*", {"size": "2"}, frozenset("a")),
                networks=("demo",),
            ),
            id="everything",
        ),
        pytest.param(
            {"ports": ["vip"], "security_groups": ["web"]},
            Attachment("attachment 1 (vip)", ("web",), ports=("vip",)),
            id="a port alone",
        ),
        pytest.param(
            {"selector": {"name": "*", "metadata": None, "tags": None}, "servers": None, "security_groups": ["web"]},
            Attachment("attachment 1", ("web",), selector=Selector("*")),
            id="null is as good as missing",
        ),
        pytest.param(
            {"servers": [], "security_groups": ["web"]},
            Attachment("attachment 1", ("web",)),
            id="an empty list means no server",
        ),
        pytest.param(
            {"servers": ["web1"], "security_groups": ["web"], "state": "owned"},
            Attachment("attachment 1 (web1)", ("web",), state="owned", servers=("web1",)),
            id="owned",
        ),
    ],
)
def test_entries(options: dict[str, Any], attachment: Attachment) -> None:
    assert parse_attachments([options], owner="us") == [attachment]


@pytest.mark.parametrize(
    ("until", "state", "left", "expected"),
    [
        pytest.param("2027-01-31T18:00Z", "exact", timedelta(hours=1), "exact", id="in force"),
        pytest.param("2027-01-31T17:00Z", "exact", timedelta(0), ENDED, id="exact has ended"),
        pytest.param("2027-01-31T16:00Z", "owned", timedelta(hours=-1), ENDED, id="owned has ended"),
        pytest.param("2027-01-31T16:00Z", None, timedelta(hours=-1), ENDED, id="present has ended"),
    ],
)
def test_an_entry_with_an_end(until: str, state: str | None, left: timedelta, expected: str) -> None:
    entry = {"servers": ["web1"], "security_groups": ["ssh"], "state": state, "until": until}
    now = datetime(2027, 1, 31, 17, tzinfo=timezone.utc)
    (attachment,) = parse_attachments([entry], owner="us", now=now)
    assert attachment.limit == TimeLimit("attachment 1 (web1)", until, left)
    assert attachment.state == expected
    assert attachment.detaches is (expected == ENDED)
    (judged,) = parse_attachments([entry], owner="us")
    assert judged.state == (state or "present"), "without a time, no entry has ended"


def test_the_states_are_those_of_the_module_option() -> None:
    assert list(STATES) == ATTACHMENT["state"]["choices"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, "attachment 2, servers: give servers, ports or a selector", id="no server"),
        pytest.param(
            {"selector": {"name": None, "metadata": {}}},
            "attachment 2, selector: it is empty; give a name, metadata or tags. The name '*' selects all servers",
            id="empty selector",
        ),
        pytest.param(
            {"servers": ["vm"], "security_groups": None, "state": "exact"},
            "attachment 2 (vm), security_groups: the list is missing; write [] for no groups",
            id="no list of groups is not an empty one",
        ),
        pytest.param(
            {"servers": ["vm"], "networks": []},
            "attachment 2 (vm), networks: the list is empty; leave it out for all networks",
            id="no networks are not all",
        ),
        pytest.param(
            {"servers": ["vm"], "state": "owned"},
            "attachment 2 (vm), state: 'owned' needs an owner; set the option owner",
            id="owned without an owner",
        ),
        pytest.param(
            {"servers": ["vm"], "state": "absent", "until": "2027-01-31"},
            "attachment 2 (vm), until: an entry that detaches groups gives no access that could end; remove until",
            id="absent with an end",
        ),
        pytest.param(
            {"servers": ["vm"], "until": "2027-01-31T18:00"},
            "attachment 2 (vm), until: '2027-01-31T18:00' has no time zone; write 2027-01-31T18:00Z for UTC, or "
            "2027-01-31T18:00+01:00",
            id="an end without a time zone",
        ),
        *(
            pytest.param(
                {"selector": {"name": "*"}, option: ["web", LONG, "db"]},
                f"attachment 2, {option}: it has 256 characters; the cloud takes 255",
                id=f"long name in {option}",
            )
            for option in ("security_groups", "servers", "ports", "networks")
        ),
    ],
)
def test_refused_entries(options: dict[str, Any], message: str) -> None:
    entries = [{"servers": ["web1"], "security_groups": ["web"]}, {"security_groups": ["web"], **options}]
    with pytest.raises(InputError) as caught:
        parse_attachments(entries, owner=None)
    assert str(caught.value) == message


def test_all_errors_at_once() -> None:
    entries: list[dict[str, Any]] = [
        {"servers": ["web1"]},
        {"servers": ["web2"], "security_groups": ["web"]},
        {"security_groups": ["web"]},
    ]
    with pytest.raises(InputError) as caught:
        parse_attachments(entries, owner=None)
    assert str(caught.value).splitlines() == [
        "attachment 1 (web1), security_groups: the list is missing; write [] for no groups",
        "attachment 3, servers: give servers, ports or a selector",
    ]


@pytest.mark.parametrize(
    ("selector", "text", "names"),
    [
        (Selector("web*"), "name web*", ["web1", "web2"]),
        (Selector("WEB*"), "name WEB*", []),
        (Selector("*"), "name *", ["web1", "web2", "double", "double"]),
        (Selector(metadata={"role": "web"}), "metadata role=web", ["web1", "web2"]),
        (Selector(metadata={"role": "web", "stage": "test"}), "metadata role=web, metadata stage=test", ["web2"]),
        (Selector(tags=frozenset("ab")), "tag a, tag b", ["web1"]),
        (Selector("web?", {"stage": "test"}, frozenset("a")), "name web?, metadata stage=test, tag a", []),
    ],
    ids=str,
)
def test_selector(selector: Selector, text: str, names: list[str]) -> None:
    assert [server["name"] for server in SERVERS if selector.matches(server)] == names
    assert str(selector) == text


@pytest.mark.parametrize(
    ("selector", "needed"),
    [(Selector("web*"), False), (Selector(metadata={"a": "b"}), True), (Selector(tags=frozenset("a")), True)],
)
def test_details_are_needed_for_metadata_and_tags(selector: Selector, needed: bool) -> None:
    assert selector.needs_details is needed


def test_servers_by_name_by_id_and_by_selector_add_up() -> None:
    by_name = Attachment("", (), servers=("web1", "id-3"))
    assert select_servers(by_name, SERVERS, SERVER_NAMES) == SelectedServers(
        frozenset({"id-1", "id-3"}), frozenset(), ()
    )
    found = select_servers(dataclasses.replace(by_name, selector=Selector("web*")), SERVERS, SERVER_NAMES)
    assert found == SelectedServers(frozenset({"id-1", "id-3"}), frozenset({"id-1", "id-2"}), ())
    assert found.ids == {"id-1", "id-2", "id-3"}


def test_servers_that_do_not_exist_are_missing_beside_those_that_do() -> None:
    attachment = Attachment("", (), servers=("db", "web1", "cache"), selector=Selector("db*"))
    found = select_servers(attachment, SERVERS, SERVER_NAMES)
    assert found.ids == {"id-1"}
    assert all(isinstance(error, UnknownNameError) for error in found.missing)
    assert [str(error) for error in found.missing] == [
        "servers: there is no server 'db' in the project",
        "servers: there is no server 'cache' in the project",
        "selector: no server matches name db*",
    ]


def test_a_name_that_several_servers_have_is_refused() -> None:
    with pytest.raises(InputError, match=r"^servers: there are several servers named 'double': id-3, id-4; "):
        select_servers(Attachment("", (), servers=("none", "double")), SERVERS, SERVER_NAMES)


@pytest.mark.parametrize(
    ("wanted", "found", "matches"),
    [
        (True, "true", True),
        (True, "True", True),
        (False, "FALSE", True),
        (True, "yes", False),
        (True, None, False),
        ("True", "true", False),
        ("true", "true", True),
    ],
)
def test_booleans_in_metadata(wanted: str | bool, found: str | None, matches: bool) -> None:
    """Nova keeps texts, and clients write booleans in different ways."""
    metadata = {} if found is None else {"monitored": found}
    options = {"selector": {"metadata": {"monitored": wanted}}, "security_groups": []}
    (attachment,) = parse_attachments([options], owner=None)
    assert attachment.selector is not None
    assert attachment.selector.matches({"name": "vm", "metadata": metadata}) is matches


def test_an_attachment_of_a_host_of_the_inventory() -> None:
    with pytest.raises(InputError, match=r"^host web1, networks: the list is empty"):
        parse_attachments([{"host": "web1", "servers": ["web1"], "security_groups": [], "networks": []}], owner=None)


def test_an_error_that_an_entry_carries() -> None:
    with pytest.raises(InputError, match=r"^host web1, services: unknown$"):
        parse_attachments([{"error": "host web1, services: unknown"}], owner=None)
