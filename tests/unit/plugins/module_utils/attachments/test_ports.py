# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups that ports get, the way there, and what people see of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.entries import ENDED, STATES
from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.ports import (
    Context,
    Port,
    PortChange,
    Wish,
    contradiction,
    groups_after,
    is_mixed,
    place_of,
    plan_port,
    port_difference,
    port_from_api,
    result_of,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import Action, Difference

PORT: dict[str, Any] = {
    "id": "port-id",
    "project_id": "project-id",
    "name": "eth0",
    "device_id": "server-id",
    "device_owner": "compute:nova",
    "network_id": "net-id",
    "fixed_ips": [{"ip_address": "192.0.2.1"}, {"ip_address": "2001:db8::1"}],
    "port_security_enabled": True,
    "security_groups": ["a"],
    "revision_number": 7,
}
IDS = "abcd"
GROUPS = st.frozensets(st.sampled_from(IDS))
WISHES = st.lists(
    st.builds(Wish, st.sampled_from((*STATES, ENDED)), st.lists(st.sampled_from(IDS), max_size=3).map(tuple)),
    max_size=4,
)
CONTEXTS = st.builds(Context, owned=GROUPS, deleted=GROUPS, stateless=GROUPS, detach=st.booleans())


def port(*groups: str, **attributes: Any) -> Port:
    return port_from_api({**PORT, "security_groups": list(groups), **attributes})


def change_of(before: str, *wishes: Wish, detach: bool = False, **context: Collection[str]) -> PortChange:
    """Return the change of a port, whose groups are single letters."""
    options = {name: frozenset(ids) for name, ids in context.items()}
    return plan_port(port(*before), "server web1, port 192.0.2.1", wishes, Context(**options, detach=detach))


def result(before: Collection[str], wishes: Sequence[Wish], owned: Collection[str]) -> frozenset[str] | None:
    """Return the groups of a port after its wishes; None if these cannot all be had."""
    return None if contradiction(wishes) else groups_after(before, wishes, owned)


@pytest.mark.parametrize(
    ("attributes", "server_id", "address"),
    [
        pytest.param({}, "server-id", "192.0.2.1", id="of a server"),
        pytest.param({"device_owner": "compute:"}, "server-id", "192.0.2.1", id="of a server in no zone"),
        pytest.param({"device_owner": "Octavia"}, None, "192.0.2.1", id="of a load balancer"),
        pytest.param({"device_owner": "", "device_id": ""}, None, "192.0.2.1", id="of nobody"),
        pytest.param({"device_id": ""}, None, "192.0.2.1", id="of no server, though it has such an owner"),
        pytest.param({"fixed_ips": []}, "server-id", "eth0", id="without an address"),
        pytest.param({"fixed_ips": None, "name": ""}, "server-id", "without an address", id="without a name too"),
    ],
)
def test_port(attributes: dict[str, Any], server_id: str | None, address: str) -> None:
    assert port("a", **attributes) == Port("port-id", "project-id", server_id, "net-id", address, True, ("a",), 7)


@pytest.mark.parametrize(
    ("key", "attribute", "value"),
    [
        ("port_security_enabled", "port_security", True),
        ("project_id", "project_id", None),
        ("revision_number", "revision", None),
    ],
)
def test_port_of_a_cloud_without_an_extension(key: str, attribute: str, value: object) -> None:
    read = port_from_api({name: part for name, part in PORT.items() if name != key})
    assert getattr(read, attribute) is value


@pytest.mark.parametrize(
    ("before", "wishes", "owned", "after"),
    [
        pytest.param("ab", [], "", "ab", id="no wishes"),
        pytest.param("ab", [], "ab", "ab", id="no wishes, ports of an owner"),
        pytest.param("ab", [Wish("present", ("b", "c"))], "", "abc", id="present adds"),
        pytest.param("ab", [Wish("absent", ("b", "c"))], "", "a", id="absent removes"),
        pytest.param("ab", [Wish("exact", ("b", "c"))], "", "bc", id="exact replaces"),
        pytest.param("ab", [Wish("exact", ())], "", "", id="exact may be nothing"),
        pytest.param("abc", [Wish("owned", ("d",))], "bd", "acd", id="owned replaces the owner's"),
        pytest.param("abc", [Wish("owned", ())], "bc", "a", id="owned may be nothing"),
        pytest.param("ab", [Wish("owned", ("c",))], "", "abc", id="owned adds groups of others"),
        pytest.param("abc", [Wish("owned", ("d",)), Wish("exact", ("a",))], "bd", "ad", id="owned beside exact"),
        pytest.param("abc", [Wish("owned", ("d",)), Wish("absent", ("a",))], "bd", "cd", id="owned beside absent"),
        pytest.param(
            "ab", [Wish("exact", ("c",)), Wish("present", ("d",)), Wish("absent", ("a",))], "", "cd", id="together"
        ),
        pytest.param("a", [Wish("exact", ("b",)), Wish("exact", ("c",))], "", "bc", id="two exact ones add up"),
        pytest.param("a", [Wish("owned", ("b",)), Wish("owned", ("c",))], "abc", "bc", id="two owned ones add up"),
        pytest.param("ab", [Wish(ENDED, ("b", "c"))], "", "a", id="ended"),
        pytest.param("ab", [Wish(ENDED, ("a", "b")), Wish("present", ("b",))], "", "b", id="another entry attaches it"),
        pytest.param("ab", [Wish(ENDED, ("b",)), Wish("exact", ("b", "c"))], "", "bc", id="ended, and exact"),
        pytest.param("ab", [Wish(ENDED, ("b",)), Wish("owned", ("c",))], "a", "c", id="ended, and owned"),
        pytest.param("ab", [Wish(ENDED, ("b",)), Wish("absent", ("b",))], "", "a", id="ended, and absent"),
        pytest.param("ab", [Wish(ENDED, ("b",)), Wish(ENDED, ("b",))], "", "a", id="ended twice"),
    ],
)
def test_groups_after(before: str, wishes: list[Wish], owned: str, after: str) -> None:
    assert groups_after(tuple(before), wishes, owned) == frozenset(after)


@pytest.mark.parametrize("state", ["present", "exact", "owned"])
def test_contradicting_wishes(state: str) -> None:
    assert contradiction([Wish("absent", ("a", "b")), Wish(state, ("b", "c"))]) == {"b"}
    assert not contradiction([Wish("absent", ("a",)), Wish(state, ("b", "c"))])


@given(GROUPS, WISHES, GROUPS, st.randoms(use_true_random=False))
def test_the_order_of_wishes_has_no_meaning(
    before: frozenset[str], wishes: list[Wish], owned: frozenset[str], random: Any
) -> None:
    shuffled = list(wishes)
    random.shuffle(shuffled)
    assert result(before, shuffled, owned) == result(before, wishes, owned)


@given(GROUPS, WISHES, GROUPS)
def test_wishes_come_true_once(before: frozenset[str], wishes: list[Wish], owned: frozenset[str]) -> None:
    after = result(before, wishes, owned)
    assume(after is not None)
    assert after is not None
    assert result(after, wishes, owned) == after
    attached = {id_ for wish in wishes if wish.attaches for id_ in wish.group_ids}
    assert after >= attached
    for wish in wishes:
        if wish.state == "absent":
            assert after.isdisjoint(wish.group_ids)
        elif wish.state == ENDED:
            assert after.isdisjoint(set(wish.group_ids) - attached)


@given(GROUPS, st.lists(st.sampled_from(IDS)).map(tuple), GROUPS)
def test_owned_leaves_groups_of_others(before: frozenset[str], ids: tuple[str, ...], owned: frozenset[str]) -> None:
    after = groups_after(before, [Wish("owned", ids)], owned)
    assert after & owned == owned & set(ids)
    assert after - owned == (before | set(ids)) - owned


@pytest.mark.parametrize(
    ("before", "wish", "opened", "after"),
    [
        pytest.param("ab", Wish("exact", ("b", "c")), "abc", "bc", id="replaces"),
        pytest.param("a", Wish("present", ("b",)), "ab", "ab", id="only gains"),
        pytest.param("ab", Wish("absent", ("b",)), "ab", "a", id="only loses"),
        pytest.param("a", Wish("exact", ()), "a", "", id="loses all"),
        pytest.param("a", Wish("present", ("a",)), "a", "a", id="nothing to do"),
    ],
)
def test_a_port_gains_groups_before_it_loses_any(before: str, wish: Wish, opened: str, after: str) -> None:
    change = change_of(before, wish)
    assert change.before == frozenset(before)
    assert (change.opened(), change.after) == (frozenset(opened), frozenset(after))
    assert bool(change) is (before != after)
    assert not change.in_one_write


@pytest.mark.parametrize(
    ("before", "wish", "deleted", "closed", "after"),
    [
        pytest.param("ab", Wish("present", ("c",)), "b", "a", "ac", id="gains another"),
        pytest.param("abd", Wish("exact", ("c",)), "b", "ad", "c", id="loses another"),
        pytest.param("ab", Wish("exact", ("c",)), "", "ab", "c", id="none is deleted"),
        pytest.param("a", Wish("exact", ("c",)), "a", "", "c", id="all are deleted"),
        pytest.param("a", Wish("present", ("a",)), "b", "a", "a", id="a deleted group that the port does not have"),
    ],
)
def test_groups_that_the_run_deletes_are_detached(
    before: str, wish: Wish, deleted: str, closed: str, after: str
) -> None:
    change = change_of(before, wish, deleted=deleted, detach=True)
    assert (change.closed(), change.after) == (frozenset(closed), frozenset(after))
    assert bool(change) is (before != after)


@pytest.mark.parametrize(
    ("wish", "closed", "after"),
    [
        pytest.param(Wish("exact", ("c",)), "a", "c", id="the entry detaches it"),
        pytest.param(Wish("present", ("c",)), "ab", "abc", id="the port keeps it, which is an error"),
    ],
)
def test_without_detach_only_an_entry_detaches_a_deleted_group(wish: Wish, closed: str, after: str) -> None:
    change = change_of("ab", wish, deleted="b")
    assert (change.closed(), change.after) == (frozenset(closed), frozenset(after))


def test_a_deleted_group_is_detached_before_groups_that_need_one_write() -> None:
    change = change_of("ab", Wish("exact", ("c",)), deleted="b", stateless="c", detach=True)
    assert change.in_one_write
    assert (change.closed(), change.opened()) == (frozenset("a"), frozenset("c"))


@pytest.mark.parametrize(
    ("before", "after", "stateless", "in_one_write"),
    [
        pytest.param("a", "b", "b", True, id="from stateful to stateless"),
        pytest.param("a", "b", "a", True, id="from stateless to stateful"),
        pytest.param("ab", "bc", "", False, id="all stateful"),
        pytest.param("ab", "bc", "abc", False, id="all stateless"),
        pytest.param("a", "", "a", False, id="no groups afterwards"),
        pytest.param("", "a", "a", False, id="no groups before"),
        pytest.param("a", "bc", "b", False, id="mixed afterwards, which is an error anyway"),
        pytest.param("ab", "a", "b", True, id="mixed by the plan itself, as a group of the port becomes stateless"),
    ],
)
def test_stateful_and_stateless_groups_need_one_write(
    before: str, after: str, stateless: str, in_one_write: bool
) -> None:
    change = change_of(before, Wish("exact", tuple(after)), stateless=stateless)
    assert change.in_one_write is in_one_write
    if in_one_write:
        assert (change.opened(), change.closed()) == (change.after, change.before)


@pytest.mark.parametrize(
    ("groups", "stateless", "mixed"),
    [
        ("", "", False),
        ("ab", "", False),
        ("ab", "c", False),
        ("ab", "ab", False),
        ("ab", "abc", False),
        ("ab", "b", True),
    ],
)
def test_is_mixed(groups: str, stateless: str, mixed: bool) -> None:
    assert is_mixed(groups, stateless) is mixed


@given(GROUPS, WISHES, CONTEXTS)
def test_no_write_of_a_port_mixes_what_its_ends_do_not_mix(
    before: frozenset[str], wishes: list[Wish], context: Context
) -> None:
    assume(result(before, wishes, context.owned) is not None)
    change = plan_port(port(*before), "", wishes, context)
    assume(not is_mixed(change.before, context.stateless) and not is_mixed(change.after, context.stateless))
    assert not is_mixed(change.opened(), context.stateless)
    assert not is_mixed(change.closed(), context.stateless)


@given(GROUPS, WISHES, CONTEXTS)
def test_a_port_keeps_in_between_what_it_has_before_and_after(
    before: frozenset[str], wishes: list[Wish], context: Context
) -> None:
    assume(result(before, wishes, context.owned) is not None)
    change = plan_port(port(*before), "", wishes, context)
    for between in (change.opened(), change.closed()):
        assert change.before & change.after <= between <= change.before | change.after


@given(GROUPS, WISHES, CONTEXTS)
def test_a_port_is_closed_by_losing_deleted_groups_alone(
    before: frozenset[str], wishes: list[Wish], context: Context
) -> None:
    assume(result(before, wishes, context.owned) is not None)
    change = plan_port(port(*before), "", wishes, context)
    assert change.closed() <= before
    assert before - change.closed() == before & (context.deleted - change.after)


@given(GROUPS, GROUPS, WISHES, CONTEXTS)
def test_a_port_that_was_read_again_gets_what_is_left(
    before: frozenset[str], now: frozenset[str], wishes: list[Wish], context: Context
) -> None:
    assume(result(before, wishes, context.owned) is not None)
    change = plan_port(port(*before), "here", wishes, context)
    assert change.again(port(*now)) == plan_port(port(*now), "here", wishes, context)
    assert not change.again(port(*change.after))


def test_a_port_without_port_security_takes_no_groups() -> None:
    unguarded = port(port_security_enabled=False)
    assert plan_port(unguarded, "", [Wish("present", ("a",))], Context()).refused
    assert not plan_port(unguarded, "", [Wish("absent", ("a",))], Context()).refused
    assert not change_of("", Wish("present", ("a",))).refused


@pytest.mark.parametrize(
    ("wish", "attaches"),
    [
        (Wish("exact", ("a",)), True),
        (Wish("exact", ()), False),
        (Wish("absent", ("a",)), False),
        (Wish(ENDED, ("a",)), False),
    ],
)
def test_a_wish_attaches(wish: Wish, attaches: bool) -> None:
    assert wish.attaches is attaches


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        pytest.param(
            change_of("ab", Wish("exact", ("d", "c", "b"))),
            ("security group A",),
            ("security group C", "security group D"),
            id="gains and loses",
        ),
        pytest.param(
            change_of("a", Wish("absent", ("a",))),
            ("security group A",),
            ("(no security groups: all traffic is denied)",),
            id="no groups left",
        ),
        pytest.param(
            change_of("", Wish("present", ("a",))),
            ("(no security groups: all traffic is denied)",),
            ("security group A",),
            id="no groups before",
        ),
        pytest.param(
            change_of("a", Wish("exact", ("b",)), stateless="b"),
            ("security group A",),
            (
                "security group B",
                "(in one write: the cloud refuses stateful and stateless groups on one port)",
            ),
            id="in one write",
        ),
    ],
)
def test_difference(change: PortChange, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    expected = Difference("server web1, port 192.0.2.1", Action.UPDATE, before, after)
    assert port_difference(change, str.upper) == expected


def test_names_that_could_pass_for_other_lines_are_quoted() -> None:
    change = plan_port(port(), "server a\nb, port 192.0.2.1", [Wish("present", ("a",))], Context())
    difference = port_difference(change, lambda _id: "x\ny")
    assert difference.title == r"'server a\nb, port 192.0.2.1'"
    assert difference.after == (r"security group 'x\ny'",)


def test_result() -> None:
    assert result_of(port(), before=iter("BA"), after={"D", "C", "B", "A"}) == {
        "id": "port-id",
        "address": "192.0.2.1",
        "network_id": "net-id",
        "before": ["A", "B"],
        "after": ["A", "B", "C", "D"],
    }


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({}, "server web1, port 192.0.2.1"),
        ({"project_id": "other"}, "port 192.0.2.1 of project other"),
        ({"device_id": "other-id"}, "server other-id, port 192.0.2.1"),
        ({"device_owner": "Octavia"}, "port 192.0.2.1"),
    ],
)
def test_place(attributes: dict[str, Any], place: str) -> None:
    assert place_of(port(**attributes), {"server-id": "web1"}, "project-id") == place
