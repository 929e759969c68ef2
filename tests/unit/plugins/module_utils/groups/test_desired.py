# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options become desired groups, or one error that says which group, which rule, which option and why."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Final

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.time_limits import TimeLimit
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import (
    desired_groups,
    desired_rules,
    judge_owner,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import DesiredGroup, owner_tag
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import tcp

CATALOGUE = {"ssh": ["tcp/22"]}
LONG = "x" * 256
NOW: Final = datetime(2027, 1, 31, 17, tzinfo=timezone.utc)
HOUR: Final = timedelta(hours=1)
AN_HOUR_AGO, IN_AN_HOUR, IN_TWO_HOURS = (f"2027-01-31T{hour}:00Z" for hour in (16, 18, 19))


@pytest.mark.parametrize(
    ("options", "group"),
    [
        pytest.param({"name": "web"}, DesiredGroup("web"), id="a name alone leaves all else as it is"),
        pytest.param(
            dict.fromkeys(("description", "stateful", "tags", "rules", "purge_rules", "state")) | {"name": "web"},
            DesiredGroup("web"),
            id="null is as good as missing",
        ),
        pytest.param(
            {
                "name": "web",
                "state": "present",
                "description": "",
                "stateful": False,
                "tags": ["a", "a"],
                "id": "web-id",
                "purge_tags": False,
                "shared_with": ["demo"],
                "rules": [],
                "purge_rules": False,
            },
            DesiredGroup(
                "web",
                id="web-id",
                description="",
                stateful=False,
                tags=frozenset({"a"}),
                purge_tags=False,
                shared_with={"demo": "demo"},
                rules=(),
                purge_rules=False,
            ),
            id="everything",
        ),
        pytest.param({"name": "web", "state": "absent"}, DesiredGroup("web", present=False), id="absent"),
        pytest.param(
            {"name": "web", "rules": [{"protocol": "tcp", "ports": ["80", "443"]}, {"service": "ssh"}]},
            DesiredGroup("web", rules=((tcp(80), tcp(443)), (tcp(22),))),
            id="rules by entry",
        ),
        pytest.param(
            {"name": LONG[1:], "description": LONG[1:], "tags": [LONG[1:]]},
            DesiredGroup(LONG[1:], description=LONG[1:], tags=frozenset([LONG[1:]])),
            id="longest",
        ),
    ],
)
def test_desired(options: dict[str, Any], group: DesiredGroup) -> None:
    assert desired_groups([options], CATALOGUE) == [group]


@pytest.mark.parametrize(
    ("state", "group"),
    [
        (None, DesiredGroup("web", may_create=False, rules=((tcp(22),),), purge_rules=False)),
        ("present", DesiredGroup("web", may_create=False, rules=((tcp(22),),), purge_rules=False)),
        ("absent", DesiredGroup("web", may_create=False, unwanted=((tcp(22),),))),
    ],
)
def test_desired_rules(state: str | None, group: DesiredGroup) -> None:
    assert desired_rules("web", {"service": "ssh", "state": state}, CATALOGUE) == group


@pytest.mark.parametrize(
    ("group", "options", "message"),
    [
        ("", {}, "security_group: it is empty; give every group a name"),
        ("web", {"description": LONG}, "description: it has 256 characters; the cloud takes 255"),
        ("web", {"protocol": "tpc"}, "protocol: 'tpc' is not a protocol; "),
    ],
)
def test_refused_rules(group: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        desired_rules(group, options, CATALOGUE)
    assert str(caught.value).startswith(message)


def test_the_order_stays() -> None:
    assert [group.name for group in desired_groups([{"name": "b"}, {"name": "a"}], CATALOGUE)] == ["b", "a"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, "security group number 2, name: it is empty; give every group a name", id="no name"),
        pytest.param({"name": "a\nb", "description": LONG}, r"security group 'a\nb', description:", id="on one line"),
        pytest.param({"name": ""}, "security group number 2, name: it is empty; give every group a name", id="empty"),
        pytest.param({"name": " "}, "security group  , name: it is empty; give every group a name", id="blank"),
        pytest.param(
            {"name": "web"},
            "security group web, name: the set has it already; describe every group once",
            id="same name twice",
        ),
        pytest.param(
            {"name": LONG}, f"security group {LONG}, name: it has 256 characters; the cloud takes 255", id="long name"
        ),
        pytest.param(
            {"name": "db", "description": LONG},
            "security group db, description: it has 256 characters; the cloud takes 255",
            id="long description",
        ),
        pytest.param(
            {"name": "db", "tags": ["ok", "a,b"]},
            "security group db, tags: 'a,b' is not a tag; use 1 to 255 characters without a comma",
            id="tag with a comma",
        ),
        pytest.param(
            {"name": "db", "tags": [""]},
            "security group db, tags: '' is not a tag; use 1 to 255 characters without a comma",
            id="empty tag",
        ),
        pytest.param(
            {"name": "db", "tags": [owner_tag("a")]},
            f"security group db, tags: {owner_tag('a')!r} marks an owner; set the option owner instead",
            id="tag of an owner",
        ),
        pytest.param(
            {"name": "db", "rules": [{"service": "ssh"}, {"service": "shs"}]},
            "security group db, rule 2, service: 'shs' is not in the catalogue; add it there, or give ",
            id="bad rule",
        ),
        pytest.param(
            {"name": "db", "state": "absent", "rules": [{"protocol": "tpc"}]},
            "security group db, rule 1, protocol: 'tpc' is not a protocol; ",
            id="bad rule of a group to delete",
        ),
        pytest.param(
            {"name": "db", "rules": [{"service": "ssh", "description": LONG}]},
            "security group db, rule 1, description: it has 256 characters; the cloud takes 255",
            id="long description of a rule",
        ),
    ],
)
def test_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        desired_groups([{"name": "web"}, options], CATALOGUE)
    assert str(caught.value).startswith(message)


def ssh(until: str | None = None, **options: Any) -> dict[str, Any]:
    return {"service": "ssh", "until": until, **options}


def limited(position: int, until: str, left: timedelta, *, outlasted: bool = False) -> TimeLimit:
    return TimeLimit(f"security group web, rule {position}", until, left, outlasted)


@pytest.mark.parametrize(
    ("options", "group"),
    [
        pytest.param(
            {"rules": [ssh(IN_AN_HOUR)]},
            DesiredGroup("web", rules=((tcp(22),),), limits=(limited(1, IN_AN_HOUR, HOUR),)),
            id="in force",
        ),
        pytest.param(
            {"rules": [ssh(AN_HOUR_AGO), {"protocol": "tcp", "ports": ["80"]}]},
            DesiredGroup("web", rules=((), (tcp(80),)), limits=(limited(1, AN_HOUR_AGO, -HOUR),)),
            id="ended, and the other entries keep their positions",
        ),
        pytest.param(
            {"rules": [ssh(AN_HOUR_AGO)]},
            DesiredGroup("web", rules=((),), limits=(limited(1, AN_HOUR_AGO, -HOUR),)),
            id="the last entry has ended, and the group stays",
        ),
        pytest.param(
            {"rules": [ssh(AN_HOUR_AGO, description="a"), ssh(AN_HOUR_AGO, description="b")], "purge_rules": False},
            DesiredGroup(
                "web",
                rules=((), ()),
                purge_rules=False,
                unwanted=((tcp(22),), (tcp(22),)),
                limits=(limited(1, AN_HOUR_AGO, -HOUR), limited(2, AN_HOUR_AGO, -HOUR)),
            ),
            id="where rules are kept, those of ended entries are deleted",
        ),
        pytest.param(
            {"rules": [ssh(AN_HOUR_AGO), ssh(IN_AN_HOUR), ssh(IN_TWO_HOURS)], "purge_rules": False},
            DesiredGroup(
                "web",
                rules=((), (tcp(22),), (tcp(22),)),
                purge_rules=False,
                unwanted=((tcp(22),), (), ()),
                limits=(
                    limited(1, AN_HOUR_AGO, -HOUR, outlasted=True),
                    limited(2, IN_AN_HOUR, HOUR, outlasted=True),
                    limited(3, IN_TWO_HOURS, 2 * HOUR),
                ),
            ),
            id="the longest of several",
        ),
        pytest.param(
            {"rules": [ssh(IN_AN_HOUR), ssh()]},
            DesiredGroup("web", rules=((tcp(22),), (tcp(22),)), limits=(limited(1, IN_AN_HOUR, HOUR, outlasted=True),)),
            id="one without an end",
        ),
        pytest.param(
            {"rules": [{"protocol": "tcp", "ports": ["22", "80"], "until": IN_AN_HOUR}, ssh()]},
            DesiredGroup("web", rules=((tcp(22), tcp(80)), (tcp(22),)), limits=(limited(1, IN_AN_HOUR, HOUR),)),
            id="one for a part of the rules",
        ),
        pytest.param(
            {"rules": [ssh(IN_AN_HOUR)], "state": "absent"},
            DesiredGroup("web", present=False, rules=((tcp(22),),)),
            id="of a group to delete",
        ),
    ],
)
def test_entries_with_an_end(options: dict[str, Any], group: DesiredGroup) -> None:
    assert desired_groups([{"name": "web", **options}], CATALOGUE, NOW) == [group]


def test_without_a_time_no_entry_has_ended() -> None:
    (group,) = desired_groups([{"name": "web", "rules": [ssh(AN_HOUR_AGO)]}], CATALOGUE)
    assert group.rules == ((tcp(22),),)


def test_bad_ends_among_other_errors() -> None:
    groups: list[dict[str, Any]] = [
        {"name": "p-web", "service": "web", "rules": [ssh("soon", service="shs"), ssh("2027-01-31")]},
        {"name": "db", "rules": [ssh("2027-01-31T18:00")], "state": "absent"},
    ]
    with pytest.raises(InputError) as caught:
        desired_groups(groups, CATALOGUE, NOW)
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        "service web, allow 1, service",
        "service web, allow 1, until",
        "security group db, rule 1, until",
    ]


@pytest.mark.parametrize("owner", [None, "a", "Team-A_1.x", "x" * 100])
def test_owner(owner: str | None) -> None:
    judge_owner(owner, prune=False)


def test_all_errors_at_once() -> None:
    groups: list[dict[str, Any]] = [
        {"name": "web", "rules": [{"service": "shs"}, {"service": "ssh"}, {"protocol": "tpc"}]},
        {"name": "db", "tags": [""]},
        {},
        {"name": "web"},
        {},
    ]
    with pytest.raises(InputError) as caught:
        desired_groups(groups, CATALOGUE)
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "security group web, rule 1, service",
        "security group web, rule 3, protocol",
        "security group db, tags",
        "security group number 3, name",
        "security group web, name",
        "security group number 5, name",
    ]
    assert str(caught.value).count("name: it is empty") == 2


@pytest.mark.parametrize(
    ("owner", "groups", "message"),
    [
        (None, [], "owner: prune deletes the groups of an owner that are not in the list; set owner"),
        ("us", None, "groups: prune needs the list of groups to keep; an empty list keeps none"),
    ],
)
def test_prune_needs_an_owner_and_a_list(owner: str | None, groups: list[Any] | None, message: str) -> None:
    judge_owner(owner, prune=False, groups=groups)
    judge_owner("us", prune=True, groups=[])
    with pytest.raises(InputError) as caught:
        judge_owner(owner, prune=True, groups=groups)
    assert str(caught.value) == message


@pytest.mark.parametrize("owner", ["", "-a", "a b", "a,b", "a:b", "a\n", "ä", "x" * 101])
def test_no_owner(owner: str) -> None:
    with pytest.raises(InputError) as caught:
        judge_owner(owner, prune=False)
    expected = f"owner: {owner!r} is not a label; use up to 100 letters, digits, dots, dashes, underscores"
    assert str(caught.value) == expected


def test_errors_in_the_words_of_services() -> None:
    groups: list[dict[str, Any]] = [
        {"name": "p-web", "service": "web", "rules": [{"service": "ssh"}, {"protocol": "no"}]},
        {"name": "", "error": "service db, state: gone"},
        {"name": "own", "tags": [""]},
    ]
    with pytest.raises(InputError) as caught:
        desired_groups(groups, {"ssh": ["tcp/22"]})
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        "service web, allow 2, protocol",
        "service db, state",
        "security group own, tags",
    ]
