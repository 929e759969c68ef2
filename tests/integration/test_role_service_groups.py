# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role service_groups, by its playbook."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

PLAYBOOK = "portcullis.openstack.service_groups"
SSH = {"name": "ssh", "description": "Example", "allow": [{"service": "ssh", "remote_ips": ["anywhere"]}]}
WEB = {"name": "web", "allow": [{"ports": [80, 443], "remote_ips": ["anywhere"]}]}
DB = {"name": "db", "allow": [{"service": "postgresql", "remote_services": ["web"]}]}
EGRESS = ["egress IPv4 any", "egress IPv6 any"]


def test_create_change_and_prune(project: Project, tmp_path: Path) -> None:
    project.api.create_group("bystander")
    options: dict[str, Any] = {"service_groups_owner": "team-a", "service_groups_prune": True}

    created = project.settle_play(PLAYBOOK, tmp_path, service_groups_services=[SSH, WEB, DB], **options)
    assert created.diff.count(" (does not exist)") == 3
    assert project.api.group_names() == ["bystander", "db", "ssh", "web"]
    assert project.api.tags("web") == ["portcullis-owner:team-a"]
    assert project.api.rules("db") == [*EGRESS, "ingress IPv4 tcp 5432:5432 web", "ingress IPv6 tcp 5432:5432 web"]

    grown = {**WEB, "allow": [{"ports": [80, "8000:8010"], "remote_ips": ["192.0.2.0/24", "2001:db8::/32"]}]}
    project.settle_play(PLAYBOOK, tmp_path, service_groups_services=[SSH, grown, DB], **options)
    assert project.api.rules("web") == [
        *EGRESS,
        "ingress IPv4 tcp 8000:8010 192.0.2.0/24",
        "ingress IPv4 tcp 80:80 192.0.2.0/24",
        "ingress IPv6 tcp 8000:8010 2001:db8::/32",
        "ingress IPv6 tcp 80:80 2001:db8::/32",
    ]

    shrunk = {**SSH, "allow": [{"service": "ssh", "remote_ips": ["192.0.2.0/24"]}]}
    pruned = project.settle_play(PLAYBOOK, tmp_path, service_groups_services=[shrunk], **options)
    assert "security group db (deleted)" in pruned.diff
    assert project.api.group_names() == ["bystander", "ssh"]
    assert project.api.rules("ssh") == [*EGRESS, "ingress IPv4 tcp 22:22 192.0.2.0/24"]


def test_names(project: Project, tmp_path: Path) -> None:
    named = {"name": "cache", "group": "my-own-name", "allow": [{"service": "redis", "remote_services": ["db", "web"]}]}
    project.play(PLAYBOOK, tmp_path, service_groups_services=[WEB, DB, named], service_groups_prefix="prod-")
    assert project.api.group_names() == ["my-own-name", "prod-db", "prod-web"]
    assert "ingress IPv4 tcp 5432:5432 prod-web" in project.api.rules("prod-db")
    assert "ingress IPv4 tcp 6379:6379 prod-db" in project.api.rules("my-own-name")


@pytest.mark.needs("stateful-security-group", "security-groups-remote-address-group")
def test_all_that_an_entry_may_say(project: Project, tmp_path: Path) -> None:
    project.api.create_group("bastion")
    body = {"address_group": {"name": "offices", "addresses": ["192.0.2.0/24"]}}
    offices = project.api.post("network", "/address-groups", body)["address_group"]["id"]
    service = {
        "name": "app",
        "description": "An application",
        "tags": ["blue"],
        "stateful": False,
        "allow": [
            {"service": "app", "remote_groups": ["bastion"], "description": "from the bastion"},
            {"protocol": "udp", "ports": ["100:200"], "remote_ips": ["192.0.2.1", "2001:db8::/32"]},
            {"protocol": "icmp", "remote_address_groups": ["offices"]},
            {"direction": "egress", "service": "https", "remote_ips": ["anywhere"]},
        ],
    }
    catalogue = {"app": ["tcp/8443"]}
    project.play(PLAYBOOK, tmp_path, service_groups_services=[service], service_groups_catalogue=catalogue)
    group = project.api.group("app")
    assert (group["description"], group["tags"], group["stateful"]) == ("An application", ["blue"], False)
    assert project.api.rules("app") == [
        "egress IPv4 tcp 443:443 0.0.0.0/0",
        "egress IPv6 tcp 443:443 ::/0",
        f"ingress IPv4 icmp {offices}",
        "ingress IPv4 tcp 8443:8443 bastion (from the bastion)",
        "ingress IPv4 udp 100:200 192.0.2.1/32",
        f"ingress IPv6 ipv6-icmp {offices}",
        "ingress IPv6 tcp 8443:8443 bastion (from the bastion)",
        "ingress IPv6 udp 100:200 2001:db8::/32",
    ]


def test_egress(project: Project, tmp_path: Path) -> None:
    services = [SSH, {**WEB, "default_egress": True}]
    project.play(PLAYBOOK, tmp_path, service_groups_services=services, service_groups_default_egress=False)
    assert project.api.rules("ssh") == ["ingress IPv4 tcp 22:22 0.0.0.0/0", "ingress IPv6 tcp 22:22 ::/0"]
    assert project.api.rules("web")[:2] == EGRESS


def test_a_service_that_is_removed_without_pruning(project: Project, tmp_path: Path) -> None:
    project.play(PLAYBOOK, tmp_path, service_groups_services=[SSH, WEB])
    project.play(PLAYBOOK, tmp_path, service_groups_services=[SSH, {"name": "web", "state": "absent"}])
    assert project.api.group_names() == ["ssh"]


def test_the_cloud_as_a_variable(project: Project, new_project: Callable[[], Project], tmp_path: Path) -> None:
    """It wins over the clouds.yaml of the environment."""
    other = new_project()
    other.play(PLAYBOOK, tmp_path, service_groups_services=[SSH], service_groups_cloud=project.cloud)
    assert project.api.group_names() == ["ssh"]
    assert other.api.group_names() == []


BAD: list[tuple[Any, str]] = [
    ({"name": "web", "allow": [{"ports": [70000], "remote_ips": ["anywhere"]}]}, "service web, allow 1, ports: "),
    (
        {"name": "web", "allow": [{"service": "shh", "remote_ips": ["anywhere"]}]},
        "service web, allow 1, service: ",
    ),
    (
        {"name": "web", "allow": [{"service": "ssh", "remote_services": ["db"]}]},
        "web, allow 1, remote_services: there is no",
    ),
    ({"name": "web", "allow": [{"service": "ssh"}]}, "service web, allow 1, remote_ips: it has no remote; "),
    ({"name": "web", "allow": [{"remote_ips": ["anywhere"]}]}, "service web, allow 1, service: it allows no traffic; "),
    ({"name": "web", "allow": [{"service": "ssh", "remote_ip": "10.0.0.0/8"}]}, "remote_ip: there is no such option"),
]


@pytest.mark.parametrize(("service", "expected"), BAD)
def test_a_bad_service(project: Project, tmp_path: Path, service: dict[str, Any], expected: str) -> None:
    variables = {"service_groups_services": [SSH, service]}
    run = run_playbook(PLAYBOOK, project.write_clouds_yaml(tmp_path), variables=variables)
    assert run.status != 0
    assert "Traceback" not in run.output
    assert expected in run.output
    assert project.api.group_names() == []


def test_defaults_for_all_modules_of_the_collection(project: Project, tmp_path: Path) -> None:
    tasks = [
        {"portcullis.openstack.security_group_set": {"groups": [{"name": "web", "rules": [{"service": "https"}]}]}},
        {"portcullis.openstack.security_group_info": {"name": "web"}, "register": "read"},
        {"ansible.builtin.assert": {"that": ["read.security_groups | length == 1"]}},
    ]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/portcullis.openstack.openstack": {"cloud": "project"}},
        "tasks": tasks,
    }
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(json.dumps([play]))
    clouds_yaml = project.write_clouds_yaml(tmp_path)
    # Two clouds, so that the modules cannot guess.
    clouds_yaml.write_text(json.dumps({"clouds": {"project": project.cloud, "other": {"auth": {}}}}))
    run = run_playbook(playbook, clouds_yaml, variables={})
    assert run.status == 0, run.output
    assert project.api.rules("web") == ["ingress IPv4 tcp 443:443"]
