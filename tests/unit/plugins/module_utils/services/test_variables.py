# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A misspelt variable is an error, and none that the roles and playbooks have is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._services.variables import KNOWN, judge_variables

ROOT = Path(__file__).parents[5]
NAME = re.compile(
    r"(?<![a-z_.\[])(?:adopt|audit|retire|service_groups|instance_groups|portcullis|quickstart)_[a-z_]+[a-z](?![a-z_(*])"
)


def errors_of(*arguments: Any, **named: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        judge_variables(*arguments, **named)
    return str(caught.value).splitlines()


def documented() -> Iterator[str]:
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        yield from yaml.safe_load(path.read_text())["argument_specs"]["run"]["options"]


def written() -> Iterator[str]:
    """Yield the variables in tasks, playbooks and examples."""
    for folder in ("roles", "playbooks", "awx", "examples"):
        for path in (ROOT / folder).rglob("*.yml"):
            if path.parent.name != "meta":
                yield from NAME.findall(path.read_text())


def test_all_variables_of_the_argument_specs_are_known() -> None:
    assert len(set(documented())) > 20
    assert set(documented()) - KNOWN == set()


def test_all_variables_of_tasks_and_playbooks_are_known() -> None:
    assert len(set(written())) > 20
    assert set(written()) - KNOWN == set()


def test_nothing_else_is_known() -> None:
    assert KNOWN - {*documented(), *written()} == set()


def test_what_is_known_is_no_error() -> None:
    judge_variables(KNOWN, [dict.fromkeys(KNOWN, 1)], {"portcullis_fail_on_drift": "yes", "a": None})


@pytest.mark.parametrize(
    "name",
    [
        *("apply_anything", "my_service_groups_preffix", "quickstart_of_mine", "instance_groups_services_monitoring"),
        *("audit_rules", "audit_log_level"),
    ],
)
def test_what_is_not_ours_is_no_error(name: str) -> None:
    judge_variables([name], [{name: 1}])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("service_groups_preffix", "service_groups_prefix"),
        ("service_groups_prnue", "service_groups_prune"),
        ("portcullis_fail_on_drfit", "portcullis_fail_on_drift"),
        ("instance_groups_attachment", "instance_groups_attachments"),
        ("service_groups_Prune", "service_groups_prune"),
        ("portcullis_reprot", "portcullis_report"),
        ("audit_expects", "audit_expect"),
        ("audit_Page", "audit_page"),
    ],
)
def test_a_misspelt_variable(name: str, meant: str) -> None:
    assert errors_of([name, "other"]) == [f"{name}: there is no such variable. Did you mean {meant}?"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        (
            "portcullis_zzz",
            (
                "There are portcullis_adopt, portcullis_audit, portcullis_fail_on_drift, portcullis_file_artifact, "
                "portcullis_page_artifact, portcullis_report, portcullis_retire, portcullis_revision"
            ),
        ),
        ("service_groups_instances", "There are 14 others"),
    ],
)
def test_a_variable_that_is_like_no_other(name: str, hint: str) -> None:
    """What all names of a role begin with does not make one like them."""
    assert errors_of([name]) == [f"{name}: there is no such variable. {hint}"]


def test_misspelt_variables_of_hosts() -> None:
    hosts: list[dict[str, Any]] = [
        {"inventory_hostname": "web1", "instance_groups_service": 1, "service_groups_preffix": "everywhere"},
        {"inventory_hostname": "web2", "instance_groups_network": 1, "service_groups_preffix": "everywhere"},
        {"inventory_hostname": "web3", "instance_groups_service": 1, "unrelated": 1},
    ]
    assert [error.split(": ")[0] for error in errors_of(["service_groups_preffix"], hosts)] == [
        "service_groups_preffix",
        "host web1 and 1 more, instance_groups_service",
        "host web2, instance_groups_network",
    ]


def test_variables_of_the_quickstart() -> None:
    assert errors_of(["quickstart_attachments", "quickstart_sever"]) == [
        "quickstart_sever: there is no such variable. Did you mean quickstart_server?"
    ]


def test_values_that_are_no_boolean() -> None:
    booleans = {"portcullis_fail_on_drift": "ture", "other": "false"}
    assert errors_of((), booleans=booleans) == ["portcullis_fail_on_drift: 'ture' is neither true nor false"]
