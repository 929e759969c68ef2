# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``overrides`` wins over all other options of a module, and over nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_module
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

GROUPS = [{"name": "web"}]
ELSEWHERE = {"auth": {"auth_url": "http://127.0.0.1:9/v3", "password": "correct horse"}}
SET = "security_group_set"


def run_loudly(**arguments: Any) -> dict[str, Any]:
    """Run the module as ``-vvv`` does, and return its result, which shows no password."""
    result = run_module(SET, {"groups": GROUPS, "_ansible_verbosity": 3, **arguments})
    assert "module_args" in result["invocation"]
    assert "correct horse" not in json.dumps(result)
    return result


def test_a_text_is_read_as_ansible_reads_mappings(project: Project) -> None:
    assert run_loudly(cloud=ELSEWHERE, overrides=json.dumps({"cloud": project.cloud}))["changed"]
    assert project.api.group_names() == ["web"]
    assert run_loudly(cloud=project.cloud, overrides="owner=me name=x")["failed"]
    assert run_loudly(cloud=project.cloud, overrides="owner=me")["changed"]
    assert project.api.tags("web") == ["portcullis-owner:me"]


@pytest.mark.parametrize("text", ["correct horse", '{"cloud": correct horse}', "cloud='correct horse' a"])
def test_a_text_that_is_no_mapping_is_refused(project: Project, text: str) -> None:
    result = run_loudly(cloud=project.cloud, overrides=text)
    assert result["msg"].startswith("overrides: "), result
    assert "is not a mapping; write name: value" in result["msg"]
    assert project.api.group_names() == []


@pytest.mark.parametrize("name", ["cloud", "auth"])
def test_a_password_is_hidden_where_the_option_does_not_exist(name: str) -> None:
    overrides = {name: ELSEWHERE[name] if name == "auth" else ELSEWHERE}
    options = {"name": "web", "overrides": overrides, "_ansible_verbosity": 3}
    result = run_module("security_group", options)
    assert "overrides" in result["invocation"]["module_args"]
    assert "correct horse" not in json.dumps(result)


@pytest.mark.parametrize("name", ["_ansible_check_mode", "_ansible_no_log", "_anything", "overrides"])
def test_only_options_of_the_module_can_be_overridden(project: Project, name: str) -> None:
    result = project.fail(SET, check_mode=True, groups=GROUPS, overrides={name: False})
    assert f"overrides.{name}" in result["msg"]
    assert project.api.group_names() == []


@pytest.mark.parametrize(("written", "overriding"), [("verify", "validate_certs"), ("validate_certs", "verify")])
def test_an_option_is_overridden_whatever_its_name(written: str, overriding: str) -> None:
    login = {"auth": ELSEWHERE["auth"], written: False, "overrides": {overriding: True}}
    result = run_loudly(**login)
    assert result["invocation"]["module_args"]["validate_certs"] is True
    assert "not verified" not in json.dumps(result)
