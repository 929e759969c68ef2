# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of roles beside module_defaults: a variable that is set wins, also if it is false."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

MODULE: Final = "portcullis.openstack.security_group_set"
GROUP: Final = "group/portcullis.openstack.openstack"
ROLES: Final = ("service_groups", "apply")
HTTPS: Final = {"name": "https", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]}
SSH: Final = {"name": "ssh", "allow": [{"service": "ssh", "remote_ips": ["anywhere"]}]}


def play(
    project: Project, directory: Path, role: str, defaults: dict[str, Any], *options: str, **variables: Any
) -> PlaybookRun:
    """Run a role in a play that has defaults for modules, and return the run, whatever became of it."""
    roles = [{"role": f"portcullis.openstack.{role}", "vars": variables}]
    content = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "roles": roles}
    playbook = directory / "play.yml"
    playbook.write_text(yaml.safe_dump([content]))
    return run_playbook(playbook, project.write_clouds_yaml(directory), *options, variables={})


def succeed(*arguments: Any, **variables: Any) -> PlaybookRun:
    run = play(*arguments, **variables)
    assert run.status == 0, run.output
    return run


@pytest.mark.parametrize("role", ROLES)
def test_prune_that_is_false(project: Project, tmp_path: Path, role: str) -> None:
    """The owner is still that of module_defaults."""
    defaults = {MODULE: {"owner": "team-a", "prune": True}}
    succeed(project, tmp_path, role, defaults, service_groups_services=[HTTPS, SSH])
    succeed(project, tmp_path, role, defaults, service_groups_services=[HTTPS], service_groups_prune=False)
    assert project.api.group_names() == ["https", "ssh"]
    assert project.api.tags("ssh") == ["portcullis-owner:team-a"]
    succeed(project, tmp_path, role, defaults, service_groups_services=[HTTPS])
    assert project.api.group_names() == ["https"]


def test_detach_and_delete_first_that_are_false(fleet: Fleet, tmp_path: Path) -> None:
    defaults = {MODULE: {"detach": True, "delete_first": True}}
    attachments = [{"servers": ["db1"], "services": ["https"], "state": "exact"}]
    both = {"service_groups_services": [HTTPS], "instance_groups_attachments": attachments}
    succeed(fleet.project, tmp_path, "apply", {}, **both)
    gone = {"service_groups_services": [{**HTTPS, "state": "absent"}], "service_groups_detach": False}
    refused = play(fleet.project, tmp_path, "service_groups", defaults, **gone)
    assert refused.status != 0
    assert "https cannot be deleted while ports have it" in refused.output
    moved = [{**HTTPS, "allow": SSH["allow"]}]
    quota = f"/quotas/{fleet.project.id}"
    groups = fleet.api.get("network", "/security-groups")["security_groups"]
    used = sum(len(group["security_group_rules"]) for group in groups)
    fleet.admin.put("network", quota, {"quota": {"security_group_rule": used}})
    try:
        options = {"service_groups_services": moved, "service_groups_delete_first": False}
        full = play(fleet.project, tmp_path, "service_groups", defaults, **options)
    finally:
        fleet.admin.delete("network", quota)
    assert full.status != 0
    assert "the project's quota is" in full.output


@pytest.mark.parametrize("where", [MODULE, GROUP])
def test_options_that_are_texts(project: Project, tmp_path: Path, where: str) -> None:
    """A variable wins over the defaults of the module and of its group; an empty one is as if it were not set."""
    defaults = {where: {"cloud": "nowhere"}}
    named: dict[str, Any] = {"service_groups_services": [HTTPS], "service_groups_cloud": "project"}
    succeed(project, tmp_path, "service_groups", defaults, **named)
    run = play(project, tmp_path, "service_groups", defaults, **{**named, "service_groups_cloud": ""})
    assert run.status != 0
    assert "nowhere" in run.output


def test_missing_servers(fleet: Fleet, tmp_path: Path) -> None:
    defaults = {MODULE: {"missing": "warn"}}
    attachments = [{"servers": ["web9"], "security_groups": ["ssh"]}]
    succeed(fleet.project, tmp_path, "instance_groups", defaults, instance_groups_attachments=attachments)
    run = play(
        fleet.project,
        tmp_path,
        "instance_groups",
        defaults,
        instance_groups_attachments=attachments,
        instance_groups_missing="error",
    )
    assert run.status != 0
    assert "there is no server 'web9'" in run.output


def test_a_catalogue_by_module_defaults(project: Project, tmp_path: Path) -> None:
    defaults = {MODULE: {"catalogue": {"shop": ["tcp/8443"]}}}
    services = [{"name": "shop", "allow": [{"service": "shop", "remote_ips": ["192.0.2.0/24"]}]}]
    succeed(project, tmp_path, "service_groups", defaults, service_groups_services=services)
    assert "ingress IPv4 tcp 8443:8443 192.0.2.0/24" in project.api.rules("shop")
    own = {"shop": ["tcp/9443"]}
    succeed(
        project, tmp_path, "service_groups", defaults, service_groups_services=services, service_groups_catalogue=own
    )
    assert "ingress IPv4 tcp 9443:9443 192.0.2.0/24" in project.api.rules("shop")


def test_a_value_that_is_no_boolean(project: Project, tmp_path: Path) -> None:
    run = play(
        project, tmp_path, "service_groups", {}, service_groups_services=[HTTPS], service_groups_delete_first="ture"
    )
    assert run.status != 0
    assert "delete_first" in run.output
    assert project.api.group_names() == []


@pytest.mark.parametrize("playbook", ["service_groups", "instance_groups", "apply"])
def test_a_file_without_an_at_sign(project: Project, tmp_path: Path, playbook: str) -> None:
    clouds_yaml = project.write_clouds_yaml(tmp_path)
    name = f"portcullis.openstack.{playbook}"
    run = run_playbook(name, clouds_yaml, "-e", "services.yml", variables={})
    assert run.status != 0
    assert "-e @services.yml" in run.output


def test_errors_of_both_lists_in_few_lines(project: Project, tmp_path: Path) -> None:
    run = run_playbook(
        "portcullis.openstack.apply",
        project.write_clouds_yaml(tmp_path),
        variables={
            "service_groups_services": [{"name": "web", "allow": [{"service": "ssh"}]}],
            "instance_groups_attachments": [{"servers": ["web1"], "services": ["htps"]}],
        },
    )
    assert run.status != 0
    assert "service web, allow 1, remote_ips: it has no remote" in run.output
    assert "attachment 1 (web1), services: there is no service 'htps'" in run.output
    assert "<<< caused by >>>" not in run.output
    assert "The filter plugin" not in run.output
