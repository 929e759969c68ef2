# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: what is compared, what is shown, and what is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import (
    DesiredGroup,
    Group,
    owner_tag,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.plan import (
    Action,
    Plan,
    RuleChanges,
    plan_groups,
    plan_rules,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import (
    WORLD,
    group,
    references,
    rules,
    standing,
    tcp,
    wanted,
)

EGRESS = make_rule(direction="egress")
OURS = [owner_tag("us")]
THEIRS = [owner_tag("them")]
RESERVED = "the cloud alone creates, names and deletes the group 'default'; use another group"


def plan(desired: Sequence[DesiredGroup], current: Sequence[Group] = (), **options: Any) -> Plan:
    return plan_groups(desired, current, references(desired, current, {"far-id": "far"}), **options)


def applied(current: Sequence[Rule], changes: RuleChanges) -> list[Rule]:
    """Do what the runner does, and what Neutron makes of it."""
    gone = {rule.id for rule in changes.delete} | {old.id for old, _new in changes.replace}
    new = [*changes.create, *(new for _old, new in changes.replace)]
    kept = [rule for rule in current if rule.id not in gone]
    return kept + [standing(rule, f"new-{n}") for n, rule in enumerate(new)]


@given(st.lists(rules()), st.lists(rules(), unique_by=lambda rule: rule.key), st.booleans(), st.data())
def test_once_applied_there_is_nothing_left_to_do(
    others: list[Rule], wishes: list[Rule], purge: bool, data: st.DataObject
) -> None:
    twins = data.draw(st.lists(st.sampled_from(wishes))) if wishes else []
    described = [dataclasses.replace(twin, description=data.draw(st.sampled_from(("", "one")))) for twin in twins]
    current = [standing(rule, f"old-{n}") for n, rule in enumerate([*others, *described])]
    after = applied(current, plan_rules(current, wishes, purge=purge))
    assert not plan_rules(after, wishes, purge=purge)
    keys = {rule.key for rule in wishes}
    assert {rule.key for rule in after} == keys if purge else {rule.key for rule in after} >= keys
    assert len(after) == len(keys) or not purge


@pytest.mark.parametrize(
    ("current", "wishes", "changes"),
    [
        pytest.param([tcp(22)], None, RuleChanges(), id="rules not given"),
        pytest.param([tcp(22)], [tcp(22)], RuleChanges(), id="nothing to do"),
        pytest.param([tcp(22)], [tcp(22, remote_ip_prefix=WORLD)], RuleChanges(), id="another spelling"),
        pytest.param([tcp(22, description="x")], [tcp(22)], RuleChanges(), id="description left alone"),
        pytest.param([tcp(22)], [tcp(23)], RuleChanges(create=(tcp(23),), delete=(standing(tcp(22)),)), id="another"),
        pytest.param([tcp(22)], [], RuleChanges(delete=(standing(tcp(22)),)), id="no rules at all"),
        pytest.param(
            [tcp(22, description="x")],
            [tcp(22, description="")],
            RuleChanges(replace=((standing(tcp(22, description="x")), tcp(22, description="")),)),
            id="only the description differs",
        ),
        pytest.param(
            [tcp(22, description="x"), tcp(22, description="y")],
            [tcp(22, description="y")],
            RuleChanges(delete=(standing(tcp(22, description="x")),)),
            id="two of one key, the right one stays",
        ),
    ],
)
def test_rules(current: list[Rule], wishes: list[Rule] | None, changes: RuleChanges) -> None:
    stood = [standing(rule) for rule in current]
    assert plan_rules(stood, wishes, purge=True) == changes
    assert plan_rules(stood, wishes, purge=False) == dataclasses.replace(changes, delete=())


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
            "  + tag portcullis-owner:us\n"
            "  + egress IPv4 any to 0.0.0.0/0\n"
            "  + ingress IPv4 tcp 1 from group web\n"
            "security group web: create\n"
            "  + tag portcullis-owner:us\n"
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
            "  ~ description: 'a' -> 'b'\n"
            "  ~ stateful: false -> true\n"
            "  + tag n\n"
            "  - tag o\n"
            "  + ingress IPv4 tcp 22 from 0.0.0.0/0 (new)\n"
            "  + ingress IPv4 tcp 443 from 0.0.0.0/0\n"
            "  - ingress IPv4 tcp 22 from 0.0.0.0/0 (old)\n"
            "  - ingress IPv4 tcp 25 from group far\n",
            id="change",
        ),
        pytest.param(
            [wanted("web", tcp(22))], [group("web", tcp(22), tcp(23))], {},
            "security group web: update\n  - ingress IPv4 tcp 23 from 0.0.0.0/0\n",
            id="shrink",
        ),
        pytest.param(
            [wanted("web", tcp(22), purge_rules=False)], [group("web", tcp(23))], {},
            "security group web: update\n  + ingress IPv4 tcp 22 from 0.0.0.0/0\n",
            id="add without purge",
        ),
        pytest.param(
            [wanted("web", rules=None)], [group("web", tcp(22), tags=["kept"])], {"owner": "us"},
            "security group web: update\n  ~ adopted by owner us\n  + tag portcullis-owner:us\n",
            id="adopt",
        ),
        pytest.param(
            [wanted("web", present=False)], [group("web", tcp(22), tcp(21)), group("db", tags=OURS)], {"owner": "us"},
            "security group web: delete\n"
            "  - ingress IPv4 tcp 21 from 0.0.0.0/0\n"
            "  - ingress IPv4 tcp 22 from 0.0.0.0/0\n",
            id="delete, and no prune unless asked for",
        ),
        pytest.param(
            [wanted("b", rules=None)],
            [group("c", tags=OURS), group("b", tags=OURS), group("a", EGRESS, tags=OURS), group("d", tags=THEIRS)],
            {"owner": "us", "prune": True},
            "security group a: delete\n  - egress IPv4 any to 0.0.0.0/0\nsecurity group c: delete\n",
            id="prune what is ours",
        ),
        pytest.param(
            [wanted("a", rules=None, stateful=True), wanted("b", tcp(1, description="y")), wanted("c", rules=None)],
            [group("a", stateful=False, tags=OURS), group("b", tcp(1), tags=OURS), group("c", tags=OURS)],
            {"owner": "us"},
            "security group a: update\n"
            "  ~ stateful: false -> true\n"
            "security group b: update\n"
            "  + ingress IPv4 tcp 1 from 0.0.0.0/0 (y)\n"
            "  - ingress IPv4 tcp 1 from 0.0.0.0/0\n",
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
            id="a cloud that tells no tags",
        ),
        pytest.param(
            [wanted("db", tcp(1, remote_group="web"), description="x"), wanted("gone", present=False)],
            [group("db", tcp(1, remote_group="web-id"), description="x", tags=OURS), group("web")],
            {"owner": "us", "prune": True},
            "",
            id="nothing to do",
        ),
    ],
)  # fmt: skip
def test_plan_for_people(desired: list[DesiredGroup], current: list[Group], options: dict[str, Any], text: str) -> None:
    planned = plan(desired, current, **options)
    assert planned.render() == text
    assert bool(planned) is bool(text)
    assert "-id" not in text


@pytest.mark.parametrize(
    ("desired", "current", "options", "message"),
    [
        pytest.param(
            [wanted("web")], [group("web", tags=THEIRS)], {"owner": "us"},
            "security group web, owner: it belongs to owner 'them', not to 'us'; choose another name, "
            "or let its owner give it up",
            id="owner of another",
        ),
        pytest.param(
            [wanted("web", present=False)], [group("web", tags=THEIRS)], {},
            "security group web, owner: it belongs to owner 'them'; set owner to 'them' to manage it",
            id="owned, and no owner given",
        ),
        pytest.param(
            [wanted("Default")], [], {},
            f"security group Default, name: {RESERVED}",
            id="create default",
        ),
        pytest.param(
            [wanted("default", present=False)], [group("default")], {},
            f"security group default, name: {RESERVED}",
            id="delete default",
        ),
        pytest.param(
            [wanted("web", id="1", present=False)], [group("default", id="1")], {},
            f"security group web, name: {RESERVED}",
            id="delete default by its id",
        ),
        pytest.param(
            [wanted("web", id="1")], [group("default", id="1")], {},
            f"security group web, name: {RESERVED}",
            id="rename default",
        ),
        pytest.param(
            [wanted("DEFAULT", id="1")], [group("web", id="1")], {},
            f"security group DEFAULT, name: {RESERVED}",
            id="rename to default",
        ),
        pytest.param(
            [], [group("default", tags=OURS)], {"owner": "us", "prune": True},
            "prune: the cloud keeps the group 'default'; list it, with 'rules: []' to allow nothing",
            id="prune default",
        ),
        pytest.param(
            [wanted("web")], [group("web", id="2"), group("web", id="1")], {},
            "security group web, name: there are several security groups named 'web': 1, 2; "
            "rename all but one, or refer to one by its id",
            id="ambiguous",
        ),
        pytest.param(
            [wanted("web", tcp(22), tcp(23, remote_group="old"))], [group("old", tags=OURS)],
            {"owner": "us", "prune": True},
            "security group web, rule 2, remote_group: security group 'old' is to be deleted; name another one",
            id="remote to be pruned",
        ),
        pytest.param(
            [wanted("web", tags=frozenset(map(str, range(50))))], [], {"owner": "us"},
            "security group web, tags: with its owner's the group would have 51; the cloud takes 50",
            id="too many tags",
        ),
    ],
)  # fmt: skip
def test_refused(desired: list[DesiredGroup], current: list[Group], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(desired, current, **options)
    assert str(caught.value) == message


def test_changes_by_project() -> None:
    planned = plan([wanted("new"), wanted("web", id="1")], [group("web", id="1", project_id="far")])
    parts = {id_: [change.name for change in part.changes] for id_, part in planned.by_project("home").items()}
    assert parts == {"home": ["new"], "far": ["web"]}


def test_counts_and_groups_by_action() -> None:
    planned = plan(
        [
            wanted("made", tcp(1), tcp(2)),
            wanted("turned", tcp(3, description="new"), tcp(4)),
            wanted("same"),
            wanted("gone", present=False),
        ],
        [group("turned", tcp(3), tcp(5), tcp(6)), group("same"), group("gone", tcp(7))],
    )
    assert planned.counts() == {
        "groups": {"created": 1, "updated": 1, "deleted": 1},
        "rules": {"created": 3, "updated": 1, "deleted": 2},
    }
    assert [change.name for change in planned.of(Action.NOTHING)] == ["same"]
    shown = [rule.port_range_min for rule in planned.shown_rules()]
    assert sorted(port for port in shown if port) == [1, 2, 3, 4, 5, 6, 7]


def test_after_is_neutrons_answer_with_the_changes() -> None:
    current = group("web", tcp(22, description="old"), tcp(23), tcp(24), description="a", tags=["x"], project_id="p")
    desired = wanted("web", tcp(22, description="new"), tcp(24), tcp(25), description="b", tags=frozenset("yx"))
    (body,) = plan([desired], [current]).after()
    old = current.body["security_group_rules"]
    assert body == {
        **current.body,
        "description": "b",
        "tags": ["x", "y"],
        "security_group_rules": [old[2], tcp(25).to_api(), tcp(22, description="new").to_api()],
    }


def test_after_has_the_groups_that_exist_then() -> None:
    names = ("made", "same", "gone", "never")
    desired = [wanted(name, present=name in names[:2]) for name in names]
    planned = plan(desired, [group("same"), group("gone")])
    assert [body["name"] for body in planned.after()] == ["made", "same"]
    assert planned.after()[0] == {"name": "made", "description": "", "security_group_rules": []}
