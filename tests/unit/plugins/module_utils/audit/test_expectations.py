# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions and expectations: what users write, and answers that differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.plugins.module_utils._audit.expectations import (
    ASK,
    EXPECT,
    failures,
    questions,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.audit.results import answer, result

SPECS = Path(__file__).parents[5] / "roles" / "audit" / "meta" / "argument_specs.yml"
QUESTION = {"from": "internet", "to": "db", "port": 5432}


def test_questions_of_both_lists() -> None:
    assert questions([QUESTION], [{**QUESTION, "protocol": None, "verdict": "denied"}]) == [
        {"from": "internet", "to": "db", "port": "5432"},
        {"from": "internet", "to": "db", "port": "5432", "verdict": "denied"},
    ]


@pytest.mark.parametrize("nothing", [None, []])
def test_no_questions(nothing: Any) -> None:
    assert questions(nothing, nothing) == []


def test_all_that_cannot_be_right_at_once() -> None:
    with pytest.raises(InputError) as caught:
        questions([{**QUESTION, "verdict": "denied"}, {"to": "db"}], [QUESTION, {**QUESTION, "verdict": "deny"}])
    assert str(caught.value).splitlines() == [
        "audit_ask 1, verdict: there is no such option; there are from, port, protocol, to",
        "audit_ask 2, from: it is required",
        "audit_expect 1, verdict: it is required",
        "audit_expect 2, verdict: 'deny' is not a valid value; choose allowed or denied or partly or unknown",
    ]


def test_lists_that_are_none() -> None:
    with pytest.raises(InputError) as caught:
        questions({"from": "internet"}, ["internet"])
    assert [error.partition(":")[0] for error in str(caught.value).splitlines()] == ["audit_ask", "audit_expect"]


@pytest.mark.parametrize(("option", "spec"), [("audit_ask", ASK), ("audit_expect", EXPECT)])
def test_the_role_documents_the_same_options(option: str, spec: dict[str, Any]) -> None:
    documented = yaml.safe_load(SPECS.read_text())["argument_specs"]["run"]["options"][option]["options"]
    for facts in documented.values():
        del facts["description"]
    assert documented == spec


def test_answers_that_differ() -> None:
    answers = [
        answer(),
        answer(expected="denied"),
        answer(expected="allowed"),
        answer(expected="denied", verdict="unknown", reason="the rules of x cannot be seen"),
    ]
    assert failures(result(answers=answers)) == [
        (
            "internet → db tcp/5432: expected allowed, is denied: "
            "no rule of db allows ingress IPv4 tcp 5432 from the Internet"
        ),
        "internet → db tcp/5432: expected denied, is unknown: the rules of x cannot be seen",
    ]
