# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of several groups that runs have created under one name, every run keeps the same one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._groups.duplicates import (
    groups_by_name,
    superfluous_groups,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import Group, owner_tag
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import group, tcp

TEMPLATE = (make_rule(direction="egress"), make_rule(direction="egress", ether_type="IPv6"))
OWNER = owner_tag("us")


def created(id_: str, second: int | None = 0, *rules: Rule, **attributes: Any) -> Group:
    """Return a group of one name, by default as it was created; ``second`` is when, None on clouds that do not say."""
    at = None if second is None else f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"
    return group("web", *(rules or TEMPLATE), **{"id": id_, "created_at": at, "description": "d", **attributes})


def superfluous(
    groups: Collection[Group], own: str = "", in_use: str = "", *, tag: str = "t", description: str = "d"
) -> set[str]:
    """Return the ids of the groups to delete, where each letter is an id.

    :param tag: what the run gives its groups beside the tag of its owner
    :param description: what the run describes its groups as
    """
    found = superfluous_groups(
        groups,
        created=set(own),
        template={rule.key for rule in TEMPLATE},
        tags={OWNER, tag},
        description=description,
        in_use=set(in_use),
    )
    return {group.id for group in found}


def test_names_that_several_groups_have() -> None:
    several = [group("web", id="1"), group("web", id="2")]
    others = [group("db"), group("other", id="3"), group("other", id="4"), group("web", id="5", project_id="far")]
    assert groups_by_name([*several, *others], {"web", "db"}) == {"web": several}


@pytest.mark.parametrize(
    ("groups", "own", "in_use", "deleted"),
    [
        pytest.param([created("b", 0), created("a", 1)], "ab", "", "a", id="the oldest is kept"),
        pytest.param([created("a", 1), created("b", 0)], "ab", "", "a", id="in any order"),
        pytest.param([created("b", 0), created("a", 0)], "ab", "", "b", id="of one second, the first id is kept"),
        pytest.param([created("a", 0), created("b", 1, tcp(22))], "ab", "", "a", id="unused before used: other rules"),
        pytest.param(
            [created("a", 0), created("b", 1, *TEMPLATE, tcp(22))],
            "ab",
            "",
            "a",
            id="unused before used: one more rule",
        ),
        pytest.param([created("a", 0), created("b", 1)], "ab", "b", "a", id="unused before used: ports or rules"),
        pytest.param(
            [created("a", 0), created("b", 1, tags=["theirs"])], "ab", "", "b", id="tags make no group a used one"
        ),
        pytest.param(
            [created("a", 0), created("b", 1, description="theirs")],
            "ab",
            "",
            "b",
            id="a description makes no group a used one",
        ),
        pytest.param(
            [created("a", 0), created("b", 1, tags=["theirs"])], "a", "", "", id="tagged, and created by another run"
        ),
        pytest.param(
            [created("a", 0), created("b", 1, description="theirs")],
            "a",
            "",
            "",
            id="described, and created by another run",
        ),
        pytest.param([created("a", 0), created("b", 1)], "", "ab", "", id="in use, and created by another run"),
        pytest.param(
            [created("a", 0), created("b", 1, tags=[OWNER, "t"])], "", "", "b", id="the run's tags are no change"
        ),
        pytest.param([created("a", 0), created("b", 1, tags=None)], "", "", "b", id="a cloud without tags"),
        pytest.param(
            [created("a", 0, tcp(22)), created("b", 1, tcp(23))], "b", "", "b", id="changed, but created by this run"
        ),
        pytest.param(
            [created("a", 0, tcp(22)), created("b", 1, tcp(23))], "a", "", "", id="changed, and created by another run"
        ),
        pytest.param([created("a", 0), created("b", 1)], "a", "", "b", id="unchanged, and created by another run"),
        pytest.param([created("a", 0), created("b", 60)], "", "", "b", id="created within a minute"),
        pytest.param([created("a", 0), created("b", 61)], "", "", "", id="not created together"),
        pytest.param([created("a", 0), created("b", 61)], "b", "", "b", id="not together, but created by this run"),
        pytest.param([created("a", None), created("b", None)], "", "", "", id="a cloud that does not say when"),
        pytest.param([created("a", None), created("b", None)], "b", "", "b", id="that cloud, created by this run"),
        pytest.param(
            [created("a", 0), created("b", 1), created("c", 2, tcp(22)), created("d", 3)], "", "", "abd", id="several"
        ),
    ],
)
def test_superfluous(groups: list[Group], own: str, in_use: str, deleted: str) -> None:
    assert superfluous(groups, own, in_use) == set(deleted)


@pytest.mark.parametrize("option", ["description", "tag"])
def test_runs_that_create_different_groups_keep_the_same_one(option: str) -> None:
    """If each run kept the group that it has not created itself, both groups would be deleted."""

    def created_by(run: str, second: int) -> Group:
        return created(run, second, **({"description": run} if option == "description" else {"tags": [OWNER, run]}))

    groups = [created_by("a", 0), created_by("b", 1)]
    assert [superfluous(groups, "a", **{option: "a"}), superfluous(groups, "b", **{option: "b"})] == [set(), {"b"}]


@given(
    st.lists(
        st.builds(
            lambda second, rules: (second, rules),
            st.integers(0, 59),
            st.sampled_from([TEMPLATE, (tcp(22),), (*TEMPLATE, tcp(22))]),
        ),
        min_size=1,
        max_size=5,
    ),
    st.data(),
)
def test_several_runs_leave_one_group(facts: list[tuple[int, tuple[Rule, ...]]], data: st.DataObject) -> None:
    """Each group was created by one of three runs, each as its own variables say; none has been killed."""
    runs = [data.draw(st.sampled_from("xyz")) for _fact in facts]
    groups = [
        created(str(number), second, *rules, tags=[OWNER, run], description=run)
        for number, ((second, rules), run) in enumerate(zip(facts, runs, strict=True))
    ]
    in_use = "".join(group.id for group in groups if data.draw(st.booleans()))
    deleted: set[str] = set()
    for run in "xyz":
        own = "".join(group.id for group in groups if group.description == run)
        deleted |= superfluous(groups, own, in_use, tag=run, description=run)
    assert len(deleted) == len(groups) - 1
