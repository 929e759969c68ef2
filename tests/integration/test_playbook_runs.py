# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds a run of a playbook: strategies, other runs of the same playbook, and variables that it ignores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

APPLY: Final = "portcullis.openstack.apply"
HTTPS: Final = {"name": "https", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]}
OTHER: Final = {"name": "other", "allow": []}


@pytest.mark.parametrize("playbook", ["apply", "instance_groups", "service_groups"])
def test_a_strategy_of_ansible_cfg(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, playbook: str
) -> None:
    """With --limit the play is for all hosts of the limit, and still runs once."""
    (tmp_path / "ansible.cfg").write_text("[defaults]\nstrategy = free\n")
    monkeypatch.chdir(tmp_path)
    hosts = tmp_path / "hosts.yml"
    variables = {"instance_groups_security_groups": ["ssh"]}
    hosts.write_text(yaml.safe_dump({"all": {"hosts": dict.fromkeys(("web1", "web2", "db1")), "vars": variables}}))
    options = ("-i", str(hosts), "--limit", "web1,web2")
    run = fleet.project.play(f"portcullis.openstack.{playbook}", tmp_path, *options, service_groups_services=[HTTPS])
    assert run.output.count("changed: [") == 1


def test_a_run_after_another(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that fails before it has a result has no report of the run before it."""
    monkeypatch.setenv("ANSIBLE_SHOW_CUSTOM_STATS", "true")
    lists: list[Any] = [[HTTPS], "{{ never_defined }}"]
    imports = [{"import_playbook": APPLY, "vars": {"service_groups_services": services}} for services in lists]
    both = tmp_path / "both.yml"
    both.write_text(yaml.safe_dump(imports))
    run = run_playbook(both, project.write_clouds_yaml(tmp_path), variables={})
    assert run.status != 0
    (line,) = [line for line in run.output.splitlines() if "portcullis_report" in line and "RUN:" in line]
    report = json.loads(line.partition("RUN: ")[2])["portcullis_report"]
    assert (report["state"], report["changed"], report["plan"]) == ("failed", False, "")


def test_variables_that_apply_does_not_read(project: Project, tmp_path: Path) -> None:
    ignored = {"instance_groups_project": "elsewhere", "instance_groups_known_services": [OTHER]}
    variables = {"service_groups_services": [HTTPS], "service_groups_prefix": "prod-", **ignored}
    refused = run_playbook(APPLY, project.write_clouds_yaml(tmp_path), variables=variables)
    assert refused.status != 0
    for name, read in (("project", "service_groups_project"), ("known_services", "service_groups_services")):
        assert f"instance_groups_{name}: the role apply does not read this variable; set {read}" in refused.output
    assert project.api.group_names() == []
    same = {"instance_groups_prefix": "prod-", "instance_groups_known_services": [HTTPS]}
    project.play(APPLY, tmp_path, **{**variables, **same, "instance_groups_project": ""})
    assert project.api.group_names() == ["prod-https"]
