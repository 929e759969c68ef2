# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of groups: what is compared, and what is refused."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import Action
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import desired_rules
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import (
    DesiredGroup,
    Group,
    new_reference,
    owner_tag,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.plan import (
    GroupChange,
    GroupPlan,
    RuleChanges,
    plan_rules,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import (
    WORLD,
    group,
    planned,
    references,
    rules,
    standing,
    tcp,
    wanted,
)

OURS = [owner_tag("us")]
THEIRS = [owner_tag("them")]
RESERVED = "the cloud alone creates, names and deletes the group 'default'; use another group"


def plan(desired: Sequence[DesiredGroup], current: Sequence[Group] = (), **options: Any) -> GroupPlan:
    return planned(desired, current, references(desired, current), **options)


def plan_one(desired: DesiredGroup, *current: Group, **options: Any) -> GroupChange:
    """Return the only change of a plan."""
    (change,) = plan([desired], current, **options).changes
    return change


def applied(current: Sequence[Rule], changes: RuleChanges) -> list[Rule]:
    """Carry changes out as Neutron would."""
    deleted = {rule.id for rule in changes.delete} | {old.id for old, _new in changes.replace}
    new = [*changes.create, *(new for _old, new in changes.replace)]
    kept = [rule for rule in current if rule.id not in deleted]
    return kept + [standing(rule, f"new-{n}") for n, rule in enumerate(new)]


@given(
    st.lists(rules(), max_size=8),
    st.lists(rules(), max_size=8, unique_by=lambda rule: rule.key),
    st.booleans(),
    st.data(),
)
def test_once_applied_there_is_nothing_left_to_do(
    others: list[Rule], wishes: list[Rule], purge: bool, data: st.DataObject
) -> None:
    same_keys = data.draw(st.lists(st.sampled_from(wishes))) if wishes else []
    described = [dataclasses.replace(rule, description=data.draw(st.sampled_from(("", "one")))) for rule in same_keys]
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


def lite(port: int, **options: Any) -> Rule:
    return make_rule(protocol="udplite", port_range_min=port, port_range_max=port, **options)


@pytest.mark.parametrize(
    ("current", "wishes", "swaps", "first", "last", "interrupted"),
    [
        pytest.param([tcp(1)], [tcp(2)], [], [tcp(2)], [tcp(1)], [], id="nothing in common"),
        pytest.param(
            [tcp(1, description="a")], [tcp(1, description="b")],
            [([tcp(1, description="a")], [tcp(1, description="b")])], [], [], [],
            id="a description",
        ),
        pytest.param([lite(1)], [lite(2)], [([lite(1)], [lite(2)])], [], [], [lite(2)], id="other ports of udplite"),
        pytest.param(
            [lite(1), lite(2), lite(3)], [lite(1), lite(2)],
            [([lite(1), lite(3)], [lite(1)])], [], [], [lite(1)],
            id="one of those that stay is created again, and deleted before all others",
        ),
        pytest.param(
            [lite(1), lite(2)], [lite(1, description="b")],
            [([lite(1), lite(2)], [lite(1, description="b")])], [], [], [],
            id="a description and a deletion",
        ),
        pytest.param([lite(1)], [], [], [], [lite(1)], [], id="nothing stays"),
        pytest.param([lite(1)], [lite(1), lite(2)], [], [lite(2)], [], [], id="nothing is deleted"),
    ],
)  # fmt: skip
def test_what_shares_an_acl_is_swapped(
    current: list[Rule],
    wishes: list[Rule],
    swaps: list[tuple[list[Rule], list[Rule]]],
    first: list[Rule],
    last: list[Rule],
    interrupted: list[Rule],
) -> None:
    def plain(rules: Sequence[Rule]) -> list[Rule]:
        return [dataclasses.replace(rule, description=rule.description or None) for rule in rules]

    changes = plan_rules([standing(rule, f"id-{n}") for n, rule in enumerate(current)], wishes, purge=True)
    assert [(plain(old), plain(new)) for old, new in changes.swaps] == swaps
    assert plain(changes.create_first) == first
    assert plain(changes.delete_last) == last
    assert plain(changes.interrupted) == interrupted


@pytest.mark.parametrize(
    ("current", "wishes", "probe"),
    [
        ([lite(1), lite(2, description="a")], [lite(2, description="b")], lite(2, description="a")),
        ([lite(1), lite(2)], [lite(2)], lite(2)),
        ([lite(1)], [lite(2)], lite(2)),
    ],
    ids=["a new description", "created again", "new"],
)
def test_the_probe_is_no_rule_that_is_deleted(current: list[Rule], wishes: list[Rule], probe: Rule) -> None:
    changes = plan_rules([standing(rule, f"id-{n}") for n, rule in enumerate(current)], wishes, purge=True)
    assert changes.probe.key == probe.key
    assert changes.probe.description in (probe.description, "")


def test_a_new_description_keeps_the_stored_prefix() -> None:
    """To Neutron, no prefix and that of the whole world are one; to OVN, they are two ACLs of these protocols."""
    old = standing(lite(1, description="old"))
    (swap,) = plan_rules([old], [lite(1, remote_ip_prefix=WORLD, description="new")], purge=True).swaps
    assert swap == ([old], [lite(1, description="new")])


@st.composite
def swappable(draw: st.DrawFn) -> Rule:
    """Draw rules of which many share a key or an ACL."""
    return make_rule(
        protocol=draw(st.sampled_from(("udplite", "dccp", "hopopt", "ip", "tcp"))),
        remote_ip_prefix=draw(st.sampled_from((None, WORLD, "10.0.0.1/8", "10.0.0.2/8"))),
        description=draw(st.sampled_from(("old", "new"))),
    )


@given(st.lists(swappable()), st.lists(swappable(), unique_by=lambda rule: rule.key), st.booleans())
def test_each_change_is_carried_out_once(current: list[Rule], wishes: list[Rule], purge: bool) -> None:
    stood = [standing(rule, f"id-{n}") for n, rule in enumerate(current)]
    changes = plan_rules(stood, wishes, purge=purge)
    removed = [*changes.delete_last, *(rule for old, _new in changes.swaps for rule in old)]
    added = [*changes.create_first, *(rule for _old, new in changes.swaps for rule in new)]
    assert Counter(rule.id for rule in removed) == Counter(rule.id for rule in changes.removed)
    assert Counter(added) == Counter(changes.added)


@pytest.mark.parametrize(
    ("desired", "current", "options", "message"),
    [
        pytest.param(
            [wanted("web")], [group("web", tags=THEIRS)], {"owner": "us"},
            "security group web, owner: it belongs to owner 'them', not to 'us'; choose another name, "
            "or ask its owner to release it",
            id="owner of another",
        ),
        pytest.param(
            [wanted("web")], [group("web", tags=[*THEIRS, *OURS])], {"owner": "us"},
            "security group web, owner: it has the tags of several owners, 'them' and 'us'; "
            "remove the tags of all but one",
            id="several owners",
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
            "security group web, rule 2, remote_group: this run deletes security group 'old'; name another one, "
            "or keep it",
            id="remote to be pruned",
        ),
        pytest.param(
            [wanted("web", tags=frozenset(map(str, range(50))))], [], {"owner": "us"},
            "security group web, tags: with the tag of its owner, it would have 51 tags; the cloud takes 50",
            id="too many tags",
        ),
    ],
)  # fmt: skip
def test_refused(desired: list[DesiredGroup], current: list[Group], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(desired, current, **options)
    assert str(caught.value) == message


def test_all_errors_at_once() -> None:
    with pytest.raises(InputError) as caught:
        plan([wanted("a", tcp(1, remote_group="x")), wanted("b"), wanted("c")], [group("c", tags=THEIRS)], owner="us")
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "security group a, rule 1, remote_group",
        "security group c, owner",
    ]


def test_changes_by_project() -> None:
    planned = plan([wanted("new"), wanted("web", id="1")], [group("web", id="1", project_id="far")])
    parts = {id_: [change.name for change in part.changes] for id_, part in planned.by_project("home").items()}
    assert parts == {"home": ["new"], "far": ["web"]}


@pytest.mark.parametrize(
    ("desired", "current", "actions"),
    [
        pytest.param([wanted("web")], [], {"web": Action.CREATE}, id="create"),
        pytest.param([wanted("web", tcp(22))], [group("web", tcp(22))], {"web": Action.NOTHING}, id="nothing to do"),
        pytest.param([wanted("web")], [group("web", tcp(22))], {"web": Action.UPDATE}, id="update"),
        pytest.param([wanted("web", present=False)], [group("web")], {"web": Action.DELETE}, id="delete"),
        pytest.param([wanted("web", present=False)], [], {"web": Action.NOTHING}, id="absent already"),
        pytest.param(
            [wanted("c"), wanted("a", present=False), wanted("b", present=False)],
            [group("a"), group("d")],
            {"a": Action.DELETE, "b": Action.NOTHING, "c": Action.CREATE},
            id="sorted by name, without groups of others",
        ),
    ],
)
def test_actions(desired: list[DesiredGroup], current: list[Group], actions: dict[str, Action]) -> None:
    planned = plan(desired, current)
    assert [(change.name, change.action) for change in planned.changes] == list(actions.items())
    assert bool(planned) is any(action is not Action.NOTHING for action in actions.values())
    for action in Action:
        assert [change.name for change in planned.of(action)] == [name for name in actions if actions[name] is action]


def test_a_plan_that_only_deletes_duplicates_is_not_empty() -> None:
    planned = plan([wanted("web")], [group("web")], duplicates=[group("web", id="2")])
    assert not planned.of(Action.UPDATE)
    assert [duplicate.id for duplicate in planned.duplicates] == ["2"]
    assert planned


@pytest.mark.parametrize(("prune", "deleted"), [(True, {"a-id", "c-id"}), (False, set())])
def test_prune_deletes_what_the_owner_does_not_list(prune: bool, deleted: set[str]) -> None:
    current = [group("c", tags=OURS), group("b", tags=OURS), group("a", tags=OURS), group("d", tags=THEIRS), group("e")]
    assert set(plan([wanted("b")], current, owner="us", prune=prune).deleted_groups()) == deleted


def test_prune_without_an_owner_deletes_nothing() -> None:
    assert not plan([], [group("a", tags=OURS), group("b")], prune=True)


def test_a_pruned_group_cannot_be_attached() -> None:
    current = [group("a", tags=OURS)]
    names = references([], current)
    planned([], current, names, owner="us", prune=True)
    with pytest.raises(InputError, match=r"^security_groups: this run deletes security group 'a'"):
        names.group_id("a", "security_groups")


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True)])
def test_groups_that_become_stateful_or_stateless(before: bool, after: bool) -> None:
    planned = plan(
        [wanted("turned", stateful=after), wanted("new", stateful=after), wanted("same", stateful=after)],
        [group("turned", stateful=before), group("same", stateful=after)],
    )
    assert list(planned.restated_groups()) == ["turned-id"]


def test_groups_that_stay_and_lose_rules() -> None:
    planned = plan(
        [
            wanted("fewer", tcp(22)),
            wanted("other", tcp(23)),
            wanted("more", tcp(22), tcp(23)),
            wanted("kept", tcp(23), purge_rules=False),
            wanted("unwanted", rules=None, unwanted=((tcp(22),),)),
            wanted("described", tcp(22, description="new")),
            wanted("same", tcp(22)),
            wanted("new", tcp(22)),
            wanted("deleted", present=False),
        ],
        [
            group("fewer", tcp(22), tcp(23)),
            *(group(name, tcp(22)) for name in ("other", "more", "kept", "unwanted", "described", "same", "deleted")),
        ],
    )
    shrunk = planned.shrunk_groups()
    assert list(shrunk) == ["fewer-id", "other-id", "unwanted-id"]
    assert [shrunk_group.name for shrunk_group in shrunk.values()] == ["fewer", "other", "unwanted"]


def test_stateless_groups_are_those_after_the_plan() -> None:
    planned = plan(
        [
            wanted("new", stateful=False),
            wanted("unset"),
            wanted("kept"),
            wanted("turned", stateful=False),
            wanted("turned back", stateful=True),
            wanted("deleted", present=False),
            wanted("never", present=False, stateful=False),
        ],
        [
            group("kept", stateful=False),
            group("turned"),
            group("turned back", stateful=False),
            group("deleted", stateful=False),
        ],
    )
    # A port may have a group that is deleted until the run detaches it.
    assert planned.stateless_groups() == {new_reference("new"), "kept-id", "turned-id", "deleted-id"}


@pytest.mark.parametrize(
    ("desired", "current", "stays"),
    [
        (wanted("web"), None, True),
        (wanted("web"), group("web"), True),
        (wanted("web", present=False), group("web"), False),
        (wanted("web", present=False), None, False),
    ],
)
def test_what_stays(desired: DesiredGroup, current: Group | None, stays: bool) -> None:
    assert plan_one(desired, *([current] if current else [])).stays is stays


# Groups that are given by their ids


def test_a_group_given_by_its_id_is_renamed() -> None:
    change = plan_one(wanted("new", id="old-id"), group("old"), group("other"))
    assert (change.name, change.attributes, change.reference) == ("old", {"name": "new"}, "old-id")
    assert (change.value_after("name"), change.value_after("description")) == ("new", "")


def test_a_group_given_by_its_id_is_deleted_and_no_other_of_its_new_name() -> None:
    desired = wanted("new", id="old-id", present=False)
    change = plan_one(desired, group("old"), group("new"))
    assert (change.name, change.action) == ("old", Action.DELETE)
    assert not plan([desired], [group("new")])


def test_a_group_given_by_its_id_must_exist() -> None:
    with pytest.raises(InputError, match=r"^security group new, id: there is no security group with the id 'none'"):
        plan([wanted("new", id="none")], [group("new")])


def test_a_group_is_not_renamed_to_a_name_that_is_taken() -> None:
    with pytest.raises(InputError, match=r"name: the project has a security group 'b' already: b-id$"):
        plan([wanted("b", id="a-id")], [group("a"), group("b")])


def test_a_renamed_group_may_name_itself_by_its_new_name() -> None:
    change = plan_one(wanted("new", make_rule(remote_group="new"), id="old-id"), group("old"))
    assert [rule.remote_group for rule in change.rules.create] == ["old-id"]


# Single rules


@pytest.mark.parametrize("name", ["web", "web-id"])
def test_a_rule_is_created_and_all_others_stay(name: str) -> None:
    desired = desired_rules(name, {"protocol": "tcp", "ports": ["80"]}, {})
    change = plan_one(desired, group("web", tcp(22), make_rule()))
    assert change.rules == RuleChanges(create=(tcp(80),))


@pytest.mark.parametrize("name", ["web", "web-id"])
def test_a_rule_is_deleted_and_all_others_stay(name: str) -> None:
    desired = desired_rules(name, {"protocol": "tcp", "ports": ["22", "23"], "state": "absent"}, {})
    change = plan_one(desired, group("web", tcp(22), make_rule()))
    assert change.rules == RuleChanges(delete=(standing(tcp(22)),))


def test_all_rules_but_unwanted_ones_stay() -> None:
    desired = DesiredGroup("web", rules=((tcp(80),),), purge_rules=False, unwanted=((tcp(22),),))
    change = plan_one(desired, group("web", tcp(22), make_rule()))
    assert change.rules == RuleChanges(create=(tcp(80),), delete=(standing(tcp(22)),))


def test_a_rule_of_a_group_that_does_not_exist() -> None:
    options = {"protocol": "tcp", "ports": ["22"]}
    assert not plan([desired_rules("web", {**options, "state": "absent"}, {})])
    with pytest.raises(InputError, match=r"^security group web, security_group: there is no such group in the project"):
        plan([desired_rules("web", options, {})])


def test_a_rule_whose_remote_does_not_exist_is_absent() -> None:
    options = {"protocol": "tcp", "ports": ["22"], "remote_groups": ["nobody"], "state": "absent"}
    assert not plan([desired_rules("web", options, {})], [group("web", tcp(22))])


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_group_given_by_its_id_may_be_its_own_remote(state: str) -> None:
    own = make_rule(remote_group="web-id")
    change = plan_one(desired_rules("web-id", {"remote_group": "web-id", "state": state}, {}), group("web", own))
    assert change.rules == RuleChanges(delete=() if state == "present" else (standing(own),))


# Tags and sharing


@pytest.mark.parametrize(
    ("purge_tags", "owner", "expected"),
    [
        (True, None, {"b"}),
        (False, None, {"a", "b"}),
        (True, "us", {"b", *OURS}),
    ],
)
def test_tags_stay_unless_purged(purge_tags: bool, owner: str | None, expected: set[str]) -> None:
    desired = DesiredGroup("web", tags=frozenset("b"), purge_tags=purge_tags)
    assert plan_one(desired, group("web", tags=["a"]), owner=owner).tags == frozenset(expected)


def test_a_group_without_an_owner_gets_the_run_s_owner() -> None:
    assert plan_one(wanted("web", rules=None), group("web", tags=["kept"]), owner="us").tags == frozenset(
        {"kept", *OURS}
    )


def test_a_run_that_may_change_any_group_leaves_the_owner() -> None:
    change = plan_one(DesiredGroup("web", tags=frozenset("b")), group("web", tags=[*THEIRS, "a"]), any_owner=True)
    assert change.tags == frozenset({*THEIRS, "b"})


def test_sharing() -> None:
    current = dataclasses.replace(group("web"), shares={"p1": "policy-1", "p2": "policy-2"})
    change = plan_one(DesiredGroup("web", shared_with={"p2": "two", "p3": "three"}), current)
    assert (change.share, change.unshare) == ({"p3": "three"}, {"p1": "policy-1"})
    assert plan_one(DesiredGroup("web"), current).action is Action.NOTHING


@pytest.mark.parametrize(
    ("desired", "unshared"),
    [
        (DesiredGroup("web", shared_with={}), ["web-id"]),
        (DesiredGroup("web", shared_with={"p1": "one", "p2": "two"}), []),
        (DesiredGroup("web"), []),
        (DesiredGroup("new", shared_with={"p1": "one"}), []),
    ],
)
def test_groups_that_are_no_longer_shared(desired: DesiredGroup, unshared: list[str]) -> None:
    current = dataclasses.replace(group("web"), shares={"p1": "policy-1"})
    assert list(plan([desired], [current]).unshared_groups()) == unshared
