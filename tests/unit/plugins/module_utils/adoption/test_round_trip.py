# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a project has: with the variables that describe it, the roles plan nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.adopt import adopt
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.live import Criteria
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.read_adoption import AdoptionReader
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.adoption.clouds import (
    PROJECT,
    Body,
    Memory,
    memories,
    plan,
)

# The same examples on every machine and in every run, so that a failure is everyone's.
repeatable = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

some_criteria = st.sampled_from(
    [
        Criteria(),
        Criteria(),
        Criteria(prefix="prod-"),
        Criteria(owner="team-a"),
        Criteria(owner="team-a", owned=True),
        Criteria(tags=["a"]),
        Criteria(names=["*"], prefix="web"),
    ]
)


@settings(repeatable, max_examples=200)
@given(memory=memories(), criteria=some_criteria)
def test_the_plan_is_empty(memory: Memory, criteria: Criteria) -> None:
    live = AdoptionReader(memory.as_cloud(), PROJECT).read()
    adopted = adopt(live, criteria)
    left = plan(memory, adopted, prefix=criteria.prefix, owner=criteria.owner).render()
    lines = [line for line in left.splitlines() if line.startswith("  ")]
    # The owner of groups that have none yet is all that may be added.
    assert set(lines) <= ({f"  + owner: {criteria.owner}"} if criteria.owner else set()), left


@settings(repeatable, max_examples=30)
@given(memory=memories(), criteria=some_criteria, seed=st.integers(0, 1000))
def test_the_order_of_answers_makes_no_difference(memory: Memory, criteria: Criteria, seed: int) -> None:
    def shuffled(things: Iterable[Body]) -> list[Body]:
        listed = list(things)
        return Random(seed).sample(listed, len(listed))

    other = replace(
        memory,
        groups=[{**g, "security_group_rules": shuffled(g["security_group_rules"])} for g in shuffled(memory.groups)],
        ports=shuffled(memory.ports),
        servers_=shuffled(memory.servers_),
    )
    one, same = (adopt(AdoptionReader(m.as_cloud(), PROJECT).read(), criteria) for m in (memory, other))
    assert one == same
