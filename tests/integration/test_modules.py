# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules as processes: their options, logging in, what they print, and how they fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.parameters import PASS_VARS

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import Without
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_module
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy

SSH = {"name": "ssh", "rules": [{"service": "ssh"}]}


def test_create_and_again(project: Project) -> None:
    check = project.run("security_group_set", groups=[SSH], check_mode=True)
    assert project.api.group_names() == []
    real = project.run("security_group_set", groups=[SSH])
    assert [check["changed"], check["diff"], check["counts"]] == [real["changed"], real["diff"], real["counts"]]
    assert project.api.rules("ssh") == ["ingress IPv4 tcp 22:22"]
    again = project.run("security_group_set", groups=[SSH])
    assert not again["changed"]
    assert "diff" not in again
    assert again["groups"] == real["groups"] == project.api.groups_in_short()


def test_the_result_repeats_lists_only_if_they_are_shown(project: Project) -> None:
    """Of a large set they would be most of the result. Ansible shows options from -vvv on."""
    # From 2.21 on, ansible-core has to be asked for them.
    asked = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
    options = {"cloud": project.cloud, "groups": [SSH], "owner": "team-a", **asked}
    quiet, verbose = [
        run_module("security_group_set", {**options, "_ansible_verbosity": verbosity})["invocation"]["module_args"]
        for verbosity in (2, 3)
    ]
    assert verbose["groups"][0]["rules"][0]["service"] == "ssh"
    assert quiet == {name: value for name, value in verbose.items() if name != "groups"}
    assert quiet["owner"] == "team-a"


def test_the_cloud_as_a_mapping_keeps_its_secret(project: Project) -> None:
    """Ansible prints the options of a module with -vvv, and registers them with its result."""
    result = run_module("security_group_info", {"cloud": project.cloud})
    assert [group["project_id"] for group in result["security_groups"]] == [project.id]
    assert project.cloud["auth"]["password"] not in str(result)


@pytest.mark.parametrize("default", [{}, {"OS_CLOUD": "production"}])
def test_the_cloud_as_a_mapping_says_everything(
    project: Project, admin: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default: dict[str, str]
) -> None:
    """Nothing of the user's default cloud gets into it: there, an id of a project would count for more than a name."""
    api = project.api
    production = {"auth": {"project_id": admin.project_id}, "region_name": "elsewhere"}
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"production": production}}))
    monkeypatch.chdir(tmp_path)
    for name, value in {**default, "OS_PROJECT_ID": admin.project_id}.items():
        monkeypatch.setenv(name, value)
    assert run_module("security_group_set", {"cloud": project.cloud, "groups": [SSH]})["changed"]
    assert api.rules("ssh") == ["ingress IPv4 tcp 22:22"]


def test_auth_keeps_its_secret_and_nothing_else(project: Project) -> None:
    auth = project.cloud["auth"]
    result = run_module("security_group_info", {"auth": auth, "region_name": project.cloud["region_name"]})
    assert auth["password"] not in str(result)
    assert [group["name"] for group in result["security_groups"]] == ["default"]
    assert result["security_groups"][0]["project_id"] == project.id


@pytest.mark.parametrize("options", [{}, {"cloud": "project"}])
def test_logging_in_by_clouds_yaml(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    project.write_clouds_yaml(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = run_module("security_group_info", options)
    assert [group["project_id"] for group in result["security_groups"]] == [project.id]


def test_a_cloud_that_clouds_yaml_does_not_have(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write_clouds_yaml(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = run_module("security_group_set", {"cloud": "elsewhere", "groups": [SSH]})
    assert result["failed"]
    assert result["msg"].startswith("cannot connect to the cloud: ")
    assert "elsewhere" in result["msg"]


def test_a_wrong_password(project: Project) -> None:
    wrong = {**project.cloud, "auth": {**project.cloud["auth"], "password": "not-the-secret"}}
    result = run_module("security_group_set", {"cloud": wrong, "groups": [SSH]})
    assert result["failed"]
    user, url = project.cloud["auth"]["username"], project.cloud["auth"]["auth_url"]
    assert f"cannot log in to the cloud as {user!r} at {url}, project " in result["msg"]
    assert "401" in result["msg"]
    assert "not-the-secret" not in result["msg"]
    assert result["msg"].endswith("This task changed nothing.")


def test_a_cloud_that_does_not_answer(project: Project) -> None:
    dead = {**project.cloud, "auth": {**project.cloud["auth"], "auth_url": "http://127.0.0.1:9/v3"}}
    result = run_module("security_group_set", {"cloud": dead, "groups": [SSH]})
    assert result["failed"]
    assert "http://127.0.0.1:9/v3" in result["msg"]


def test_the_sdks_log_has_no_secret(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "sdk.log"
    project.run("security_group_set", groups=[SSH], sdk_log_path=str(log), sdk_log_level="DEBUG")
    assert "/v2.0/security-groups" in log.read_text()
    assert project.cloud["auth"]["password"] not in log.read_text()


def test_a_reader_is_refused_in_the_clouds_own_words(cloud: RunningCloud) -> None:
    groups = [{"name": "readers-own", "rules": []}]
    result = run_module("security_group_set", {"cloud": cloud.credentials("reader"), "groups": groups})
    assert result["failed"]
    assert "POST /security-groups was answered 403: " in result["msg"]
    assert "disallowed by policy" in result["msg"]
    assert not result["changed"]


def test_an_administrator_manages_the_groups_of_a_project(cloud: RunningCloud, project: Project) -> None:
    for named in (project.name, project.id):
        arguments = {"cloud": cloud.credentials("admin"), "project": named, "groups": [SSH]}
        assert run_module("security_group_set", arguments)["changed"] == (named == project.name)
    assert project.api.rules("ssh") == ["ingress IPv4 tcp 22:22"]


def test_a_project_that_does_not_exist(cloud: RunningCloud) -> None:
    arguments = {"cloud": cloud.credentials("admin"), "project": "nowhere", "groups": [SSH]}
    assert "there is no project 'nowhere'" in run_module("security_group_set", arguments)["msg"]


def test_an_error_on_the_way_tells_what_had_been_done(project: Project, admin: Api) -> None:
    """A quota that the cloud does not show, for the groups and the rules of the first but not of the second."""
    egress = {"direction": "egress", "ether_type": "any"}
    groups = [{"name": name, "rules": [egress, {"protocol": "tcp", "ports": ["1", "3"]}]} for name in ("a", "b")]
    standing = len(project.api.group("default")["security_group_rules"])
    set_rule_quota(admin, project, standing + 6)
    with Proxy(Without("quota_details")) as proxy:
        arguments = {"cloud": project.cloud, "groups": groups, "parallel": 1}
        result = run_module("security_group_set", arguments, proxy=proxy.url)
    assert result["failed"]
    assert result["changed"]
    assert result["applied"] == ["created security groups a, b", "created 2 rules in security group a"]
    assert "POST /security-group-rules was answered 409: Quota exceeded" in result["msg"]
    assert "Changed before that: created security groups a, b; " in result["msg"]
    assert "This task changed nothing" not in result["msg"]
    set_rule_quota(admin, project, -1)
    assert project.set(groups)["counts"] == {
        "groups": {"created": 0, "updated": 1, "deleted": 0},
        "rules": {"created": 2, "updated": 0, "deleted": 0},
        "ports": {"updated": 0, "selected": 0},
    }


def set_rule_quota(admin: Api, project: Project, limit: int) -> None:
    admin.put("network", f"/quotas/{project.id}", {"quota": {"security_group_rule": limit}})


@pytest.mark.parametrize(
    ("module", "options", "expected"),
    [
        ("security_group_set", {"groups": [], "prune": True}, "prune deletes the groups of an owner"),
        ("security_group_set", {}, "groups"),
        ("security_group_set", {"groups": [{"rules": []}]}, "name"),
        ("security_group_set", {"groups": [{"name": "a", "rules": [{"port": 22}]}]}, "port"),
        ("security_group_set", {"groups": [{"name": "a", "state": "gone"}]}, "state"),
        ("security_group_set", {"groups": [{"name": "a", "rules": [{"protocol": "tpc"}]}]}, "rule 1, protocol: 'tpc'"),
        ("server_security_groups", {}, "attachments, security_groups"),
        ("server_security_groups", {"attachments": [], "servers": ["a"]}, "attachments|servers"),
        ("server_security_groups", {"security_groups": ["a"]}, "servers: give servers, ports or a selector"),
    ],
)
def test_options_that_cannot_be_right(project: Project, module: str, options: dict[str, Any], expected: str) -> None:
    assert expected in project.fail(module, **options)["msg"]
