# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports get which groups."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.attach import (
    STATES,
    Attachment,
    AttachmentPlan,
    Port,
    Selector,
    Wish,
    groups_after,
    judge_states,
    parse_attachments,
    parse_planned,
    plan_port,
    port_from_api,
    select_servers,
    stateless_after,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import Names

SERVERS: list[dict[str, Any]] = [
    {"id": "id-1", "name": "web1", "metadata": {"role": "web"}, "tags": ["a", "b"]},
    {"id": "id-2", "name": "web2", "metadata": {"role": "web", "stage": "test"}, "tags": []},
    {"id": "id-3", "name": "twin"},
    {"id": "id-4", "name": "twin"},
]
SERVER_NAMES = Names({server["id"]: server["name"] for server in SERVERS})
PORT: dict[str, Any] = {
    "id": "port-id",
    "name": "eth0",
    "device_id": "id-1",
    "network_id": "net-id",
    "fixed_ips": [{"ip_address": "192.0.2.1"}, {"ip_address": "2001:db8::1"}],
    "port_security_enabled": True,
    "security_groups": ["a-id"],
    "revision_number": 7,
}
WISHES = st.lists(
    st.builds(Wish, st.sampled_from(STATES), st.lists(st.sampled_from("abcd"), max_size=3).map(tuple)), max_size=4
)
GROUPS = st.lists(st.sampled_from("abcd"), unique=True)


def port(*groups: str, **attributes: Any) -> Port:
    return port_from_api({**PORT, "security_groups": groups, **attributes})


def result(before: list[str], wishes: list[Wish]) -> set[str] | None:
    """Return the groups of a port after its wishes; None if these cannot all be had."""
    try:
        return set(groups_after(before, wishes))
    except InputError:
        return None


@pytest.mark.parametrize(
    ("options", "attachment"),
    [
        pytest.param(
            {"servers": ["web1"], "security_groups": ["web"]}, Attachment(("web",), servers=("web1",)), id="the least"
        ),
        pytest.param(
            {
                "servers": ["web1"],
                "selector": {"name": "web*", "metadata": {"size": 2}, "tags": ["a", "a"]},
                "networks": ["demo"],
                "security_groups": [],
                "state": "exact",
            },
            Attachment(
                (),
                state="exact",
                servers=("web1",),
                selector=Selector("web*", {"size": "2"}, frozenset("a")),
                networks=("demo",),
            ),
            id="everything",
        ),
        pytest.param(
            {"selector": {"name": "*", "metadata": None, "tags": None}, "servers": None, "security_groups": ["web"]},
            Attachment(("web",), selector=Selector("*")),
            id="null is as good as missing",
        ),
        pytest.param(
            {"servers": [], "security_groups": ["web"]}, Attachment(("web",)), id="an empty list means no server"
        ),
    ],
)
def test_entries(options: dict[str, Any], attachment: Attachment) -> None:
    assert parse_attachments([options]) == [attachment]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "attachment 2, servers: neither servers nor a selector is given; name servers, or select some"),
        (
            {"selector": {"name": None, "metadata": {}}},
            "attachment 2, selector: it is empty; give a name, metadata or tags. The name '*' selects all servers",
        ),
    ],
)
def test_refused_entries(options: dict[str, Any], message: str) -> None:
    entries = [{"servers": ["web1"], "security_groups": ["web"]}, {"security_groups": ["web"], **options}]
    with pytest.raises(InputError) as caught:
        parse_attachments(entries)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("selector", "text", "names"),
    [
        (Selector("web*"), "name web*", ["web1", "web2"]),
        (Selector("WEB*"), "name WEB*", []),
        (Selector("*"), "name *", ["web1", "web2", "twin", "twin"]),
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


def test_servers_by_name_by_id_and_by_selector_add_up() -> None:
    by_name = Attachment((), servers=("web1", "id-3"))
    assert select_servers(by_name, SERVERS, SERVER_NAMES) == ({"id-1", "id-3"}, set())
    assert select_servers(dataclasses.replace(by_name, selector=Selector("web2")), SERVERS, SERVER_NAMES) == (
        {"id-1", "id-3"},
        {"id-2"},
    )


@pytest.mark.parametrize(
    ("attachment", "message"),
    [
        pytest.param(Attachment((), servers=("db",)), "servers: there is no server 'db' in the project", id="unknown"),
        pytest.param(
            Attachment((), servers=("twin",)),
            "servers: there are several servers named 'twin': id-3, id-4; ",
            id="ambiguous",
        ),
        pytest.param(
            Attachment((), selector=Selector("db*")), "selector: no server matches name db*", id="selects nothing"
        ),
    ],
)
def test_refused_servers(attachment: Attachment, message: str) -> None:
    with pytest.raises(InputError) as caught:
        select_servers(attachment, SERVERS, SERVER_NAMES)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("attributes", "address"),
    [
        ({}, "192.0.2.1"),
        ({"fixed_ips": []}, "eth0"),
        ({"fixed_ips": None, "name": ""}, "without an address"),
    ],
)
def test_port(attributes: dict[str, Any], address: str) -> None:
    assert port("a-id", **attributes) == Port("port-id", "id-1", "net-id", address, True, ("a-id",), 7)


def test_port_security_is_on_where_the_cloud_does_not_know_it() -> None:
    body = {key: value for key, value in PORT.items() if key != "port_security_enabled"}
    assert port_from_api(body).port_security


@pytest.mark.parametrize(
    ("before", "wishes", "after"),
    [
        pytest.param("ab", [], "ab", id="no wishes"),
        pytest.param("ab", [Wish("present", ("b", "c"))], "abc", id="present adds"),
        pytest.param("ab", [Wish("absent", ("b", "c"))], "a", id="absent removes"),
        pytest.param("ab", [Wish("exact", ("b", "c"))], "bc", id="exact replaces"),
        pytest.param("ab", [Wish("exact", ())], "", id="exact may be nothing"),
        pytest.param(
            "ab", [Wish("exact", ("c",)), Wish("present", ("d",)), Wish("absent", ("a",))], "cd", id="together"
        ),
        pytest.param("a", [Wish("exact", ("b",)), Wish("exact", ("c",))], "bc", id="two exact ones add up"),
    ],
)
def test_groups_after(before: str, wishes: list[Wish], after: str) -> None:
    assert groups_after(tuple(before), wishes) == tuple(after)


@pytest.mark.parametrize("state", ["present", "exact"])
def test_contradicting_wishes(state: str) -> None:
    message = "^security_groups: one entry attaches a group to a port from which another entry detaches it$"
    with pytest.raises(InputError, match=message):
        groups_after((), [Wish("absent", ("a", "b")), Wish(state, ("b", "c"))])


@given(GROUPS, WISHES, st.randoms(use_true_random=False))
def test_the_order_of_wishes_has_no_meaning(before: list[str], wishes: list[Wish], random: Any) -> None:
    shuffled = list(wishes)
    random.shuffle(shuffled)
    assert result(before, shuffled) == result(before, wishes)


@given(GROUPS, WISHES)
def test_wishes_come_true_once(before: list[str], wishes: list[Wish]) -> None:
    after = result(before, wishes)
    assume(after is not None)
    assert after is not None
    assert result(sorted(after), wishes) == after
    for wish in wishes:
        assert after.isdisjoint(wish.group_ids) if wish.state == "absent" else after.issuperset(wish.group_ids)


def test_a_port_without_port_security_takes_no_groups() -> None:
    unguarded = port(port_security_enabled=False)
    with pytest.raises(InputError) as caught:
        plan_port(unguarded, "web1", [Wish("present", ("a",))])
    assert str(caught.value) == (
        "networks: port 192.0.2.1 of server web1 has port security disabled and takes no security groups; "
        "limit the networks, or enable it on the port"
    )
    assert not plan_port(unguarded, "web1", [Wish("exact", ())])


def test_plan_for_people() -> None:
    changed = plan_port(port("a-id", "b-id"), "web1", [Wish("exact", ("d-id", "c-id", "b-id"))])
    unchanged = plan_port(port("b-id", "a-id"), "web2", [Wish("present", ("a-id",))])
    plan = AttachmentPlan((changed, unchanged))
    assert plan
    assert plan.render(lambda id_: id_.removesuffix("-id")) == (
        "server web1, port 192.0.2.1\n"
        "  + security group c\n"
        "  + security group d\n"
        "  - security group a\n"
    )  # fmt: skip
    assert not AttachmentPlan((unchanged,))
    assert AttachmentPlan((unchanged,)).render(str) == ""


def test_no_list_of_groups_is_not_an_empty_one() -> None:
    with pytest.raises(InputError, match=r"^attachment 1 \(vm\), security_groups: they are not given"):
        parse_attachments([{"servers": ["vm"], "security_groups": None, "state": "exact"}])


@pytest.mark.parametrize(("stateless", "message"), [("", None), ("ab", None), ("cd", None), ("a", "stateless are A")])
def test_stateful_and_stateless_groups_do_not_mix(stateless: str, message: str | None) -> None:
    plan = AttachmentPlan((plan_port(port("a"), "web1", [Wish("present", ("b",))]), plan_port(port("c"), "web2", [])))
    if message is None:
        judge_states(plan, stateless, str.upper)
    else:
        with pytest.raises(InputError, match=message):
            judge_states(plan, stateless, str.upper)


def test_networks_that_are_none_are_not_all() -> None:
    with pytest.raises(InputError, match=r"^attachment 1 \(vm\), networks: the list is empty"):
        parse_attachments([{"servers": ["vm"], "security_groups": ["a"], "networks": []}])


def test_groups_to_come() -> None:
    assert parse_planned({"a": "", "b": None, "c": "no", "d": True}) == {"a": None, "b": None, "c": False, "d": True}
    with pytest.raises(InputError, match=r"^planned: 'perhaps' is neither true nor false"):
        parse_planned({"a": "perhaps"})


def test_groups_that_will_be_stateless() -> None:
    stateful = {"stays": None, "new": None, "new-stateless": False, "becomes-stateful": True}
    before = {"stays", "becomes-stateful", "foreign"}
    assert stateless_after(before, stateful) == {"stays", "foreign", "new-stateless"}
