# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address groups: spellings, comparison, plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._address_groups.address_group import (
    AddressGroup,
    AddressGroupPlan,
    DesiredAddressGroup,
    address_group_from_api,
    desired_address_group,
    plan_address_group,
    superfluous_address_groups,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import Action, as_text
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError

DEFAULTS: dict[str, Any] = {
    "name": "offices",
    "id": None,
    "description": None,
    "addresses": None,
    "purge_addresses": True,
    "state": "present",
}


def desired(**options: Any) -> DesiredAddressGroup:
    return desired_address_group({**DEFAULTS, **options})


def standing(*addresses: str, name: str = "offices", **attributes: Any) -> AddressGroup:
    """Return an address group of the cloud; its id is its name and ``-id``."""
    body = {"id": f"{name}-id", "name": name, "description": "", "addresses": list(addresses), **attributes}
    return address_group_from_api(body)


def plan(options: dict[str, Any], *current: AddressGroup) -> AddressGroupPlan:
    return plan_address_group(desired(**options), current)


@pytest.mark.parametrize(
    ("spelling", "addresses"),
    [
        ("192.0.2.7", ["192.0.2.7/32"]),
        (" 192.0.2.7 ", ["192.0.2.7/32"]),
        ("192.0.2.7/32", ["192.0.2.7/32"]),
        ("192.0.2.7/24", ["192.0.2.0/24"]),
        ("192.0.2.0/255.255.255.0", ["192.0.2.0/24"]),
        ("0.0.0.0/0", ["0.0.0.0/0"]),
        ("10.1.2.3/0", ["0.0.0.0/0"]),
        ("2001:DB8::7", ["2001:db8::7/128"]),
        ("2001:0db8:0000:0000:0000:0000:0000:0007", ["2001:db8::7/128"]),
        ("2001:DB8:0:0:1::/48", ["2001:db8::/48"]),
        ("::ffff:192.0.2.7", ["::ffff:c000:207/128"]),
        ("anywhere", ["0.0.0.0/0", "::/0"]),
    ],
)
def test_spellings(spelling: str, addresses: list[str]) -> None:
    group = standing(*addresses)
    assert desired(addresses=[spelling]).addresses == group.addresses
    assert not plan({"addresses": [spelling]}, group)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"addresses": ["192.0.2.0/24", "192.0.2.0/33"]},
            "addresses: '192.0.2.0/33' is not an address; write one like 192.0.2.0/24, 2001:db8::/32 or anywhere",
        ),
        ({"addresses": ["fe80::1%eth0"]}, "addresses: 'fe80::1%eth0' is not an address; "),
        ({"addresses": [""]}, "addresses: '' is not an address; "),
        ({"name": " padded"}, "name: ' padded' begins or ends with a space, or has a character"),
        ({"name": "padded\u00a0"}, r"name: 'padded\xa0' begins or ends with a space"),
        ({"name": "a\nb"}, r"name: 'a\nb' begins or ends"),
        ({"name": "a\u2028b"}, r"name: 'a\u2028b' begins or ends"),
        ({"name": "\N{GRINNING FACE}"}, "name: '\N{GRINNING FACE}' begins or ends"),
        ({"name": None, "id": "x" * 256}, "id: it has 256 characters"),
        ({"name": ""}, "name: it is empty; give every group a name"),
        ({"name": "", "id": "offices-id"}, "name: it is empty; give every group a name"),
        ({"name": "x" * 256}, "name: it has 256 characters; the cloud takes 255"),
        ({"description": "x" * 256}, "description: it has 256 characters; the cloud takes 255"),
    ],
)
def test_refused_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        desired(**options)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "current", "action", "text"),
    [
        pytest.param(
            {"description": "All", "addresses": ["2001:db8::/64", "192.0.2.0/24", "10.0.0.0/8", "192.0.2.1/24"]},
            None,
            Action.CREATE,
            "address group offices: create\n"
            "  + description: 'All'\n"
            "  + 10.0.0.0/8\n"
            "  + 192.0.2.0/24\n"
            "  + 2001:db8::/64\n",
            id="create, the addresses in order",
        ),
        pytest.param({}, None, Action.CREATE, "address group offices: create\n", id="create without addresses"),
        pytest.param(
            {"description": "All", "addresses": ["192.0.2.0/24", "192.0.2.9"]},
            standing("192.0.2.0/24", "198.51.100.0/24"),
            Action.UPDATE,
            "address group offices: update\n"
            "  - description: ''\n"
            "  - 198.51.100.0/24\n"
            "  + description: 'All'\n"
            "  + 192.0.2.9/32\n",
            id="update",
        ),
        pytest.param(
            {"addresses": ["192.0.2.9"], "purge_addresses": False},
            standing("192.0.2.0/24"),
            Action.UPDATE,
            "address group offices: update\n  + 192.0.2.9/32\n",
            id="without purge nothing is removed",
        ),
        pytest.param(
            {"addresses": []},
            standing("192.0.2.0/24"),
            Action.UPDATE,
            "address group offices: update\n  - 192.0.2.0/24\n",
            id="an empty list is complete too",
        ),
        pytest.param(
            {"name": "sites", "id": "offices-id"},
            standing("192.0.2.0/24"),
            Action.UPDATE,
            "address group offices: update\n  - name: 'offices'\n  + name: 'sites'\n",
            id="rename",
        ),
        pytest.param(
            {"name": None, "id": "offices-id", "description": "All"},
            standing(),
            Action.UPDATE,
            "address group offices: update\n  - description: ''\n  + description: 'All'\n",
            id="by id alone",
        ),
        pytest.param({"id": "offices-id"}, standing(), Action.NOTHING, "", id="named like that already"),
        pytest.param({}, standing("192.0.2.0/24"), Action.NOTHING, "", id="what is not given stays"),
        pytest.param(
            {"state": "absent"},
            standing("192.0.2.0/24"),
            Action.DELETE,
            "address group offices: delete\n  - 192.0.2.0/24\n",
            id="delete",
        ),
        pytest.param({"state": "absent"}, None, Action.NOTHING, "", id="delete what is not there"),
        pytest.param({"state": "absent", "id": "lost-id"}, None, Action.NOTHING, "", id="delete an unknown id"),
    ],
)
def test_plan(options: dict[str, Any], current: AddressGroup | None, action: Action, text: str) -> None:
    result = plan(options, *([current] if current else []))
    assert (result.action, bool(result), as_text(result.differences())) == (action, action is not Action.NOTHING, text)


@pytest.mark.parametrize(
    ("options", "current", "after"),
    [
        pytest.param(
            {"addresses": ["192.0.2.7"]},
            None,
            {"name": "offices", "description": "", "addresses": ["192.0.2.7/32"]},
            id="new",
        ),
        pytest.param({}, None, {"name": "offices", "description": "", "addresses": []}, id="new and empty"),
        pytest.param(
            {"description": "All", "addresses": ["::1", "192.0.2.7"]},
            standing("192.0.2.0/24", "192.0.2.7/32"),
            {"id": "offices-id", "name": "offices", "description": "All", "addresses": ["192.0.2.7/32", "::1/128"]},
            id="changed",
        ),
        pytest.param(
            {"addresses": ["192.0.2.7", "::1"]},
            standing("::1/128", "192.0.2.7/32"),
            {"id": "offices-id", "name": "offices", "description": "", "addresses": ["::1/128", "192.0.2.7/32"]},
            id="as Neutron has it",
        ),
        pytest.param({"state": "absent"}, standing(), None, id="deleted"),
        pytest.param({"state": "absent"}, None, None, id="never was"),
    ],
)
def test_after(options: dict[str, Any], current: AddressGroup | None, after: dict[str, Any] | None) -> None:
    assert plan(options, *([current] if current else [])).after() == after


@pytest.mark.parametrize(
    ("options", "current", "message"),
    [
        pytest.param(
            {},
            [standing(), standing(id="other-id")],
            "name: there are several address groups named 'offices': offices-id, other-id; ",
            id="ambiguous",
        ),
        pytest.param(
            {"state": "absent"},
            [standing(), standing(id="other-id")],
            "name: there are several address groups named 'offices': offices-id, other-id; ",
            id="ambiguous to delete",
        ),
        pytest.param(
            {"id": "lost-id"}, [standing()], "id: there is no address group with the id 'lost-id'", id="unknown id"
        ),
        pytest.param(
            {"name": "sites", "id": "offices-id"},
            [standing(), standing(name="sites")],
            "name: the project has an address group 'sites' already: sites-id",
            id="renamed to a name that is taken",
        ),
    ],
)
def test_refused_groups(options: dict[str, Any], current: list[AddressGroup], message: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(options, *current)
    assert str(caught.value).startswith(message)


def test_of_groups_with_one_name_an_id_means_one() -> None:
    groups = [standing(), standing(id="other-id")]
    assert plan({"id": "other-id", "description": "All"}, *groups).current == groups[1]
    assert plan({"id": "other-id", "state": "absent"}, *groups).current == groups[1]


def created(id_: str, second: int | None, *addresses: str, **attributes: Any) -> AddressGroup:
    """Return a group of one name; ``second`` is when it was created, None on clouds that do not say."""
    at = None if second is None else f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"
    return standing(*addresses, id=id_, created_at=at, **attributes)


OFFICE = "192.0.2.0/24"


@pytest.mark.parametrize(
    ("groups", "own", "in_use", "deleted"),
    [
        pytest.param([created("a", 1), created("b", 0)], "ab", "", "a", id="the oldest is kept"),
        pytest.param([created("b", 0), created("a", 0)], "ab", "", "b", id="of one second, the first id is kept"),
        pytest.param(
            [created("a", 0), created("b", 1, OFFICE)], "", "", "b", id="of another run, as this run creates it"
        ),
        pytest.param([created("a", 0, OFFICE), created("b", 60, OFFICE)], "", "", "b", id="created within a minute"),
        pytest.param([created("a", 0), created("b", 61, OFFICE)], "b", "", "b", id="created by this run"),
        pytest.param(
            [created("a", 0), created("b", 1, OFFICE), created("c", 2, OFFICE)], "b", "", "bc", id="several duplicates"
        ),
        pytest.param([created("a", 0), created("b", 1)], "a", "b", "a", id="one that rules have is kept"),
        pytest.param(
            [created("a", 0, OFFICE), created("b", 1, OFFICE)], "", "b", "a", id="also if another run has created both"
        ),
        pytest.param([created("a", 0), created("b", 1)], "b", "a", "b", id="the oldest, and rules have it"),
        pytest.param([created("a", 0, OFFICE), created("b", 1)], "", "", "b", id="addresses may still be missing"),
    ],
)
def test_duplicates(groups: list[AddressGroup], own: str, in_use: str, deleted: str) -> None:
    result = plan_address_group(desired(addresses=[OFFICE]), groups, set(own), set(in_use))
    assert {group.id for group in result.duplicates} == set(deleted)
    assert result.current is not None
    assert result.current.id not in deleted
    assert result


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(created("b", 1, "203.0.113.0/24"), id="other addresses"),
        pytest.param(created("b", 1, OFFICE, description="Theirs"), id="another description"),
        pytest.param(created("b", 61, OFFICE), id="not created together"),
        pytest.param(created("b", None, OFFICE), id="a cloud that does not say when"),
    ],
)
def test_no_duplicate(other: AddressGroup) -> None:
    groups = [created("a", None if other.body["created_at"] is None else 0, OFFICE), other]
    with pytest.raises(InputError, match=r"^name: there are several address groups named 'offices': a, b; "):
        plan({"addresses": [OFFICE]}, *groups)


def test_an_address_group_that_rules_have_is_no_duplicate() -> None:
    groups = [created("a", 0, OFFICE), created("b", 1, OFFICE), created("c", 2, OFFICE)]
    options = desired(addresses=[OFFICE])
    assert superfluous_address_groups(options, groups, {"a", "b", "c"}, {"b", "c"}) == [groups[0]]
    with pytest.raises(InputError, match=r"^name: there are several address groups named 'offices': b, c; "):
        plan_address_group(options, groups, {"a", "b", "c"}, {"b", "c"})


@given(st.lists(st.integers(0, 59), min_size=1, max_size=5), st.data())
def test_several_runs_leave_one_address_group_and_all_that_rules_have(seconds: list[int], data: st.DataObject) -> None:
    """Each group was created by one of three runs, with its own description; none has been killed."""
    runs = [data.draw(st.sampled_from("xyz")) for _second in seconds]
    groups = [created(str(n), second, description=runs[n]) for n, second in enumerate(seconds)]
    in_use = {group.id for group in groups if data.draw(st.booleans())}
    deleted: set[str] = set()
    for run in "xyz":
        own = {group.id for group in groups if group.description == run}
        deleted |= {group.id for group in superfluous_address_groups(desired(description=run), groups, own, in_use)}
    assert not deleted & in_use
    assert len(groups) - len(deleted) == max(1, len(in_use))


@pytest.mark.parametrize("options", [{"id": "a"}, {"state": "absent"}])
def test_only_a_run_that_creates_a_group_by_its_name_deletes_duplicates(options: dict[str, Any]) -> None:
    groups = [created("a", 0), created("b", 1)]
    assert superfluous_address_groups(desired(**options), groups, {"a", "b"}, ()) == []


def test_a_duplicate_is_shown_with_its_id_before_the_group() -> None:
    result = plan_address_group(
        desired(addresses=["192.0.2.1"]), [created("a", 0), created("b", 1, OFFICE, "10.0.0.0/8")], {"b"}
    )
    assert as_text(result.differences()) == (
        "address group offices (duplicate, b): delete\n"
        "  - 10.0.0.0/8\n"
        "  - 192.0.2.0/24\n"
        "address group offices: update\n"
        "  + 192.0.2.1/32\n"
    )


def test_a_plan_that_only_deletes_duplicates_is_not_empty() -> None:
    result = plan_address_group(desired(), [created("a", 0), created("b", 1)], {"b"})
    assert result.action is Action.NOTHING
    assert result
    assert as_text(result.differences()) == "address group offices (duplicate, b): delete\n"


ADDRESSES = st.lists(
    st.one_of(st.ip_addresses(), st.ip_addresses(v=4).map(lambda address: f"{address}/8")).map(str), max_size=6
)


@given(ADDRESSES, ADDRESSES, st.booleans())
def test_a_plan_that_was_carried_out_leaves_nothing(before: list[str], addresses: list[str], purge: bool) -> None:
    options = {"addresses": addresses, "purge_addresses": purge}
    current = plan_address_group(desired(addresses=before), []).after()
    assert current is not None
    after = plan(options, address_group_from_api({**current, "id": "offices-id"})).after()
    assert after is not None
    assert not plan(options, address_group_from_api(after))
