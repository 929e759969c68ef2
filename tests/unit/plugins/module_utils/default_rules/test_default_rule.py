# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Default rules: what they are used in, comparison, plan."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import as_text
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import Names
from ansible_collections.portcullis.openstack.plugins.module_utils._default_rules.default_rule import (
    DefaultRule,
    DefaultRulePlan,
    default_rule_from_api,
    desired_default_rules,
    plan_default_rules,
    template_rule_ids,
)
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import tcp

CATALOGUE = {"ssh": ["tcp/22"]}
GROUPS = Names({"bastion-id": "bastion", "double-1": "double", "double-2": "double"}, {"far-id": "far bastion"})
ADDRESS_GROUPS = Names({"offices-id": "offices"})
NONE, DEFAULT, OTHERS, BOTH = ((False, False), (True, False), (False, True), (True, True))

Uses = tuple[bool, bool]


def flags(uses: Uses) -> dict[str, bool]:
    return {"used_in_default_sg": uses[0], "used_in_non_default_sg": uses[1]}


def ssh(uses: Uses, description: str = "", rule_id: str = "rule-id", **options: Any) -> DefaultRule:
    """Return a default rule of the cloud."""
    return default_rule_from_api(
        {**tcp(22, **options).to_api(), **flags(uses), "description": description, "id": rule_id}
    )


def plan(options: dict[str, Any], *current: DefaultRule) -> DefaultRulePlan:
    defaults = {"description": None, "state": "present", **flags(OTHERS)}
    desired = desired_default_rules({**defaults, **options}, CATALOGUE)
    return plan_default_rules(desired, current, GROUPS, ADDRESS_GROUPS)


def shown(result: DefaultRulePlan) -> list[str]:
    """Return the lines of a plan for SSH without what they have in common."""
    return [
        line.replace(" ingress IPv4 tcp 22 from 0.0.0.0/0", "").strip()
        for line in as_text(result.differences()).splitlines()[1:]
    ]


@pytest.mark.parametrize(
    ("options", "standing", "lines"),
    [
        pytest.param({}, [], ["+, in non-default groups"], id="create"),
        pytest.param(flags(BOTH), [], ["+, in all groups"], id="create for all"),
        pytest.param(flags(NONE), [], ["+, in no groups"], id="create for none"),
        pytest.param({"description": "a"}, [], ["+ (a), in non-default groups"], id="create with a description"),
        pytest.param({}, [ssh(OTHERS)], [], id="equal"),
        pytest.param({}, [ssh(OTHERS, "a")], [], id="a description that is not given stays"),
        pytest.param({"description": "a"}, [ssh(OTHERS, "a")], [], id="equal with its description"),
        pytest.param(flags(NONE), [ssh(NONE)], [], id="equal for none"),
        pytest.param({}, [ssh(OTHERS, remote_ip_prefix="0.0.0.0/0")], [], id="no prefix is everyone"),
        pytest.param({}, [ssh(OTHERS, remote_ip_prefix="192.0.2.0/24")], ["+, in non-default groups"], id="not less"),
        pytest.param(
            {"description": "b"},
            [ssh(OTHERS, "a")],
            ["- (a), in non-default groups", "+ (b), in non-default groups"],
            id="another description",
        ),
        pytest.param(
            flags(BOTH),
            [ssh(DEFAULT, "a")],
            ["- (a), in default groups", "+ (a), in all groups"],
            id="another use keeps the description",
        ),
        pytest.param({}, [ssh(BOTH)], ["-, in all groups", "+, in non-default groups"], id="less use"),
        pytest.param({}, [ssh(NONE)], ["-, in no groups", "+, in non-default groups"], id="from no use"),
        pytest.param(flags(BOTH), [ssh(DEFAULT), ssh(OTHERS)], [], id="one for each is as good as one for both"),
        pytest.param(
            {**flags(BOTH), "description": "a"},
            [ssh(DEFAULT, "a"), ssh(OTHERS)],
            ["- (a), in default groups", "-, in non-default groups", "+ (a), in all groups"],
            id="one for each, one of them described otherwise",
        ),
        pytest.param({}, [ssh(OTHERS), ssh(OTHERS)], ["-, in non-default groups"], id="the same twice"),
        pytest.param({}, [ssh(DEFAULT), ssh(OTHERS)], ["-, in default groups"], id="only one of two"),
        pytest.param(
            {"description": "a"},
            [ssh(OTHERS), ssh(OTHERS, "a")],
            ["-, in non-default groups"],
            id="of two the one described as wanted stays",
        ),
        pytest.param(flags(BOTH), [ssh(OTHERS), ssh(BOTH)], ["-, in non-default groups"], id="the fitting one stays"),
        pytest.param(flags(NONE), [ssh(NONE), ssh(NONE)], ["-, in no groups"], id="twice for none"),
        pytest.param({}, [ssh(OTHERS), ssh(NONE)], ["-, in no groups"], id="one without use is deleted"),
        pytest.param(
            {"state": "absent"},
            [ssh(DEFAULT), ssh(OTHERS), ssh(OTHERS, remote_ip_prefix="192.0.2.0/24")],
            ["-, in default groups", "-, in non-default groups"],
            id="absent deletes all of its key and no other",
        ),
        pytest.param({"state": "absent"}, [], [], id="absent already"),
    ],
)
def test_plan(options: dict[str, Any], standing: list[DefaultRule], lines: list[str]) -> None:
    result = plan({"service": "ssh", **options}, *standing)
    assert shown(result) == lines
    assert bool(result) == bool(lines)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"remote_group": "PARENT"}, "ingress IPv4 tcp 22 from group PARENT"),
        ({"remote_group": "bastion"}, "ingress IPv4 tcp 22 from group bastion"),
        ({"remote_group": "bastion-id"}, "ingress IPv4 tcp 22 from group bastion"),
        ({"remote_group": "far-id"}, "ingress IPv4 tcp 22 from group far bastion"),
        ({"remote_address_group": "offices"}, "ingress IPv4 tcp 22 from address group offices"),
    ],
)
def test_remotes(options: dict[str, Any], line: str) -> None:
    text = f"default security group rules: update\n  + {line}, in non-default groups\n"
    assert as_text(plan({"service": "ssh", **options}).differences()) == text


def test_one_rule_in_two_spellings_is_one() -> None:
    result = plan({"protocol": "tcp", "ports": ["22", "22:22"], "remote_groups": ["bastion", "bastion-id"]})
    assert len(result.changes) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"remote_group": "parent"}, "remote_group: there is no group 'parent' in the project"),
        ({"remote_group": "far bastion"}, "remote_group: there is no group 'far bastion' in the project"),
        ({"remote_group": "double"}, "remote_group: there are several groups named 'double': double-1, double-2; "),
        ({"remote_address_group": "homes"}, "remote_address_group: there is no address group 'homes' in the project"),
        ({"remote_ip_prefix": "192.0.2.0/33"}, "remote_ip_prefix: '192.0.2.0/33' is not an address; "),
        ({"description": "x" * 256}, "description: it has 256 characters; the cloud takes 255"),
    ],
)
def test_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        plan({"service": "ssh", **options})
    assert str(caught.value).startswith(message)


def test_after() -> None:
    kept = ssh(OTHERS)
    result = plan({"protocol": "tcp", "ports": ["22", "23"], "description": ""}, kept)
    assert result.after() == [kept.body, {**tcp(23).to_api(), **flags(OTHERS)}]
    assert plan({"service": "ssh", "state": "absent"}, kept).after() == []


USES = st.tuples(st.booleans(), st.booleans())
STANDING = st.lists(st.tuples(USES, st.sampled_from("ab")), max_size=4)


@given(STANDING, USES, st.sampled_from(["a", "b", None]))
def test_a_plan_that_was_carried_out_leaves_nothing(
    standing: list[tuple[Uses, str]], uses: Uses, description: str | None
) -> None:
    options = {"service": "ssh", "description": description, **flags(uses)}
    ids = (f"id-{number}" for number in count())
    current = [ssh(used, text, next(ids)) for used, text in standing]
    after = [default_rule_from_api({"id": next(ids), **body}) for body in plan(options, *current).after()]
    assert not plan(options, *after)
    for flag, wanted in flags(uses).items():
        assert [default_rule.body[flag] for default_rule in after].count(True) == wanted


@pytest.mark.parametrize(("name", "expected"), [("web", ["1", "3"]), ("default", ["2", "3"])])
def test_the_rules_that_a_new_group_would_have_too(name: str, expected: list[str]) -> None:
    rules = [tcp(22), tcp(23), tcp(24, remote_group="own-id"), tcp(25)]
    bodies = [{**rule.to_api(), "id": str(number)} for number, rule in enumerate(rules, start=1)]
    template = [
        ssh(OTHERS),
        default_rule_from_api({**tcp(23).to_api(), **flags(DEFAULT), "id": "a"}),
        default_rule_from_api({**tcp(24, remote_group="PARENT").to_api(), **flags(BOTH), "id": "b"}),
    ]
    group = {"id": "own-id", "name": name, "security_group_rules": bodies}
    assert template_rule_ids(group, template) == expected
