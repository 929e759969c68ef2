# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guided tour: what its commands make is what the role wants, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_client
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

NAME = "allow-ssh-from-anywhere"
# The word of the tour itself.
DESCRIPTION = "Beispiel"  # codespell:ignore beispiel
SHOW = ("security", "group", "show", NAME)
RULE = ("--protocol", "tcp", "--dst-port", "22:22", "--remote-ip", "0.0.0.0/0")
TOUR = [
    ("security", "group", "create", NAME, "--description", DESCRIPTION),
    ("security", "group", "rule", "create", NAME, *RULE),
    SHOW,
]
SERVICES = [
    {
        "name": NAME,
        "description": DESCRIPTION,
        "allow": [{"protocol": "tcp", "ports": ["22:22"], "remote_ips": ["0.0.0.0/0"]}],
    }
]
GROUPS = [
    {
        "name": NAME,
        "description": DESCRIPTION,
        "rules": [
            {"protocol": "tcp", "ports": ["22:22"], "remote_ip_prefix": "0.0.0.0/0"},
            {"direction": "egress", "ether_type": "any"},
        ],
    }
]
RULES = ["egress IPv4 any", "egress IPv6 any", "ingress IPv4 tcp 22:22 0.0.0.0/0"]
# What differs from project to project and from second to second.
OWN = {"id", "project_id", "tenant_id", "security_group_id", "standard_attr_id", "created_at", "updated_at"}


def shown(project: Project, directory: Path) -> dict[str, Any]:
    """Return what the client shows of the group, without what no two groups can have in common."""
    directory.mkdir()
    group = json.loads(run_client(project.write_clouds_yaml(directory), *SHOW, "-f", "json"))
    assert OWN & set(group) >= {"id", "project_id", "created_at", "updated_at"}
    rules = [{name: value for name, value in rule.items() if name not in OWN} for rule in group["rules"]]
    plain = {name: value for name, value in group.items() if name not in {*OWN, "revision_number"}}
    return plain | {"rules": sorted(rules, key=str)}


def test_the_commands_then_the_role(project: Project, tmp_path: Path) -> None:
    clouds_yaml = project.write_clouds_yaml(tmp_path)
    for command in TOUR:
        run_client(clouds_yaml, *command)
    before = project.api.snapshot()
    assert project.api.rules(NAME) == RULES
    run = project.play("portcullis.openstack.service_groups", tmp_path, service_groups_services=SERVICES)
    assert run.count("changed") == 0, run.output
    assert not project.set(GROUPS)["changed"]
    assert project.api.snapshot() == before


def test_the_role_then_the_command_that_shows(
    project: Project, new_project: Callable[[], Project], tmp_path: Path
) -> None:
    by_role, by_hand = project, new_project()
    by_role.play("portcullis.openstack.service_groups", tmp_path, service_groups_services=SERVICES)
    for command in TOUR:
        run_client(by_hand.write_clouds_yaml(tmp_path), *command)
    made = shown(by_role, tmp_path / "role")
    assert made["description"] == DESCRIPTION
    assert len(made["rules"]) == 3
    assert made == shown(by_hand, tmp_path / "hand")
    assert by_role.api.rules(NAME) == by_hand.api.rules(NAME) == RULES
