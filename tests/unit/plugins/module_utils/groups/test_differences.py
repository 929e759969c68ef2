# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan of groups shows, and that its counts are those of what it shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import Action, as_text
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.differences import (
    counts,
    differences,
    groups_after,
    shown_rules,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import DesiredGroup, Group, owner_tag
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.plan import GroupPlan
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import (
    WORLD,
    group,
    planned,
    references,
    rules,
    tcp,
    wanted,
)

EGRESS = make_rule(direction="egress")
OURS = [owner_tag("us")]
THEIRS = [owner_tag("them")]


def plan(desired: Sequence[DesiredGroup], current: Sequence[Group] = (), **options: Any) -> GroupPlan:
    return planned(desired, current, references(desired, current, {"far-id": "far"}), **options)


@pytest.mark.parametrize(
    ("desired", "current", "options", "text"),
    [
        pytest.param(
            [
                wanted("db", tcp(1, remote_group="web"), EGRESS, description="x", stateful=False, tags=frozenset("b")),
                wanted("web", tcp(443), tcp(80, remote_ip_prefix=WORLD, description="plain")),
            ],
            [],
            {"owner": "us"},
            "security group db: create\n"
            "  + description: 'x'\n"
            "  + stateful: false\n"
            "  + tag b\n"
            "  + owner: us\n"
            "  + egress IPv4 any to 0.0.0.0/0\n"
            "  + ingress IPv4 tcp 1 from group web\n"
            "security group web: create\n"
            "  + owner: us\n"
            "  + ingress IPv4 tcp 443 from 0.0.0.0/0\n"
            "  + ingress IPv4 tcp 80 from 0.0.0.0/0 (plain)\n",
            id="create",
        ),
        pytest.param(
            [wanted("web", tcp(22, description="new"), tcp(443), description="b", stateful=True, tags=frozenset("n"))],
            [
                group(
                    "web",
                    tcp(22, description="old"),
                    tcp(25, remote_group="far-id"),
                    description="a",
                    stateful=False,
                    tags=["o"],
                )
            ],
            {},
            "security group web: update\n"
            "  - description: 'a'\n"
            "  - stateful: false\n"
            "  - tag o\n"
            "  - ingress IPv4 tcp 22 from 0.0.0.0/0 (old)\n"
            "  - ingress IPv4 tcp 25 from group far\n"
            "  + description: 'b'\n"
            "  + stateful: true\n"
            "  + tag n\n"
            "  + ingress IPv4 tcp 22 from 0.0.0.0/0 (new)\n"
            "  + ingress IPv4 tcp 443 from 0.0.0.0/0\n",
            id="everything changes",
        ),
        pytest.param(
            [wanted("web", tcp(22))], [group("web", tcp(22), tcp(23))], {},
            "security group web: update\n  - ingress IPv4 tcp 23 from 0.0.0.0/0\n",
            id="delete a rule",
        ),
        pytest.param(
            [wanted("web", tcp(22), purge_rules=False)], [group("web", tcp(23))], {},
            "security group web: update\n  + ingress IPv4 tcp 22 from 0.0.0.0/0\n",
            id="add without purge",
        ),
        pytest.param(
            [wanted("web", rules=None)], [group("web", tcp(22), tags=["kept"])], {"owner": "us"},
            "security group web: update\n  + owner: us\n",
            id="a group that had no owner",
        ),
        pytest.param(
            [wanted("web", present=False)], [group("web", tcp(22), tcp(21)), group("db", tags=OURS)], {"owner": "us"},
            "security group web: delete\n"
            "  - ingress IPv4 tcp 21 from 0.0.0.0/0\n"
            "  - ingress IPv4 tcp 22 from 0.0.0.0/0\n",
            id="delete a group",
        ),
        pytest.param(
            [wanted("b", rules=None)],
            [group("c", tags=OURS), group("b", tags=OURS), group("a", EGRESS, tags=OURS), group("d", tags=THEIRS)],
            {"owner": "us", "prune": True},
            "security group a: delete\n  - egress IPv4 any to 0.0.0.0/0\nsecurity group c: delete\n",
            id="prune",
        ),
        pytest.param(
            [wanted("a", rules=None, stateful=True), wanted("b", tcp(1, description="y")), wanted("c", rules=None)],
            [group("a", stateful=False, tags=OURS), group("b", tcp(1), tags=OURS), group("c", tags=OURS)],
            {"owner": "us"},
            "security group a: update\n"
            "  - stateful: false\n"
            "  + stateful: true\n"
            "security group b: update\n"
            "  - ingress IPv4 tcp 1 from 0.0.0.0/0\n"
            "  + ingress IPv4 tcp 1 from 0.0.0.0/0 (y)\n",
            id="one attribute, one description, and a group that is ours already",
        ),
        pytest.param(
            [wanted("default", tcp(22), tags=frozenset(map(str, range(49))))],
            [group("default", tcp(22), tags=[*map(str, range(48)), *OURS])], {"owner": "us"},
            "security group default: update\n  + tag 48\n",
            id="default, and as many tags as can be",
        ),
        pytest.param(
            [wanted("a", rules=None, tags=frozenset("t")), wanted("b", rules=None)],
            [group("a", tags=None), group("b", tags=None)], {},
            "security group a: update\n  + tag t\n",
            id="a cloud without tags",
        ),
        pytest.param(
            [wanted("new", rules=None, id="web-id")], [group("web")], {},
            "security group web: update\n  - name: 'web'\n  + name: 'new'\n",
            id="rename",
        ),
        pytest.param(
            [wanted("web", rules=None, shared_with={"p2": "two", "p3": "three"})],
            [dataclasses.replace(group("web"), shares={"p1": "policy-1", "p2": "policy-2"})], {},
            "security group web: update\n  - shared with project p1\n  + shared with project three\n",
            id="share",
        ),
        pytest.param(
            [wanted("a\n+ b", make_rule(description="x\ny"), tags=frozenset({"t\nu"}))], [], {},
            "security group 'a\\n+ b': create\n  + tag 't\\nu'\n  + ingress IPv4 any from 0.0.0.0/0 ('x\\ny')\n",
            id="text that could pass for a line of the plan is quoted",
        ),
        pytest.param(
            [wanted("a\n+ b", present=False)], [group("a\n+ b")], {},
            "security group 'a\\n+ b': delete\n",
            id="quoted in a deletion too",
        ),
        pytest.param(
            [wanted("db", tcp(1, remote_group="web"), description="x"), wanted("old", present=False)],
            [group("db", tcp(1, remote_group="web-id"), description="x", tags=OURS), group("web")],
            {"owner": "us", "prune": True},
            "",
            id="nothing to do",
        ),
    ],
)  # fmt: skip
def test_differences(desired: list[DesiredGroup], current: list[Group], options: dict[str, Any], text: str) -> None:
    planned = plan(desired, current, **options)
    assert as_text(differences(planned)) == text
    assert bool(planned) is bool(text)
    assert "-id" not in text


def test_a_duplicate_is_shown_with_its_id() -> None:
    planned = plan([wanted("web")], [group("web", id="1")], duplicates=[group("web", EGRESS, id="2")])
    assert as_text(differences(planned)) == (
        "security group web (duplicate, 2): delete\n  - egress IPv4 any to 0.0.0.0/0\n"
    )


def test_a_group_whose_name_others_have_is_shown_with_its_id() -> None:
    planned = plan([wanted("web", tcp(22), id="1")], [group("web", id="1"), group("web", id="2")])
    assert as_text(differences(planned)) == ("security group web (1): update\n  + ingress IPv4 tcp 22 from 0.0.0.0/0\n")


def test_counts() -> None:
    planned = plan(
        [
            wanted("made", tcp(1), tcp(2)),
            wanted("turned", tcp(3, description="new"), tcp(4)),
            wanted("same"),
            wanted("old", present=False),
        ],
        [group("turned", tcp(3), tcp(5), tcp(6)), group("same"), group("old", tcp(7))],
        duplicates=[group("same", tcp(8), tcp(9), id="2")],
    )
    assert counts(planned) == {
        "groups": {"created": 1, "updated": 1, "deleted": 2},
        "rules": {"created": 3, "updated": 1, "deleted": 5},
    }
    ports = [rule.port_range_min for rule in shown_rules(planned)]
    assert sorted(port for port in ports if port) == list(range(1, 10))


def test_a_plan_says_what_is_denied_for_a_moment() -> None:
    rules = [make_rule(protocol="udplite", port_range_min=port, port_range_max=port) for port in (1, 2, 3)]
    planned = plan(
        [wanted("stays", *rules[:2]), wanted("new", rules[0])], [group("stays", *rules), group("new", rules[2])]
    )
    stays = ("ingress IPv4 udplite 1 from 0.0.0.0/0", "ingress IPv4 udplite 3 from 0.0.0.0/0")
    assert [(shown.before, shown.after) for shown in differences(planned)] == [
        (stays[1:], (f"{stays[0]}, denied for a moment on OVN",)),
        (stays, (f"{stays[0]}, denied for a moment on OVN",)),
    ]
    assert counts(planned)["rules"] == {"created": 1, "updated": 1, "deleted": 2}


NAMES = "abcd"
RULES = st.lists(
    # A remote group might be one that the plan deletes.
    rules().map(lambda rule: dataclasses.replace(rule, remote_group=None)),
    max_size=3,
    unique_by=lambda rule: rule.key,
)


@st.composite
def plans(draw: st.DrawFn) -> GroupPlan:
    """Draw a plan of some groups, pruned ones and a duplicate among them."""
    names = st.lists(st.sampled_from(NAMES), unique=True)
    present = st.booleans()
    desired = [wanted(name, *draw(RULES), present=draw(present), description="d") for name in draw(names)]
    current = [group(name, *draw(RULES), tags=draw(st.sampled_from((OURS, [])))) for name in draw(names)]
    duplicates = [group(NAMES[0], *draw(RULES), id="duplicate")] if draw(st.booleans()) else []
    known = references(
        [*desired, *(DesiredGroup(name) for name in NAMES)], current, address_groups={"1": "a", "2": "b"}
    )
    return planned(desired, current, known, owner="us", prune=True, duplicates=duplicates)


@given(plans())
def test_counts_agree_with_the_differences(planned: GroupPlan) -> None:
    shown = list(differences(planned))
    number = counts(planned)
    for key, action in (("created", Action.CREATE), ("updated", Action.UPDATE), ("deleted", Action.DELETE)):
        assert sum(difference.action is action for difference in shown) == number["groups"][key]
    before = [line for difference in shown for line in difference.before if is_rule(line)]
    after = [line for difference in shown for line in difference.after if is_rule(line)]
    assert len(before) == number["rules"]["deleted"] + number["rules"]["updated"]
    assert len(after) == number["rules"]["created"] + number["rules"]["updated"]
    assert bool(planned) is bool(shown)


def is_rule(line: str) -> bool:
    return line.startswith(("ingress ", "egress "))


def test_a_changed_group_after_the_plan_is_neutrons_answer_with_the_changes() -> None:
    current = group("web", tcp(22, description="old"), tcp(23), tcp(24), description="a", tags=["x"], project_id="p")
    desired = wanted("web", tcp(22, description="new"), tcp(24), tcp(25), description="b", tags=frozenset("yx"))
    (body,) = groups_after(plan([desired], [current]))
    old = current.body["security_group_rules"]
    assert body == {
        **current.body,
        "description": "b",
        "tags": ["x", "y"],
        "security_group_rules": [old[2], tcp(25).to_api(), tcp(22, description="new").to_api()],
    }


def test_a_renamed_group_has_its_new_name_after_the_plan() -> None:
    (body,) = groups_after(plan([wanted("new", id="web-id")], [group("web")]))
    assert (body["id"], body["name"]) == ("web-id", "new")


def test_the_groups_that_exist_after_the_plan() -> None:
    names = ("made", "same", "old", "never")
    desired = [wanted(name, present=name in names[:2]) for name in names]
    after = groups_after(plan(desired, [group("same"), group("old")]))
    assert [body["name"] for body in after] == ["made", "same"]
    assert after[0] == {"name": "made", "description": "", "security_group_rules": []}
