# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users write in the variables of the roles: omitted, misspelt and mistyped values, and errors in their words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_module, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

SERVICE_GROUPS = "portcullis.openstack.service_groups"
INSTANCE_GROUPS = "portcullis.openstack.instance_groups"
APPLY = "portcullis.openstack.apply"
OMIT = "{{ never_defined | default(omit) }}"
SSH = {"service": "ssh", "remote_ips": ["192.0.2.0/24"]}
WEB = {"name": "web", "allow": [{"ports": [80], "remote_ips": ["anywhere"]}]}


def failure(project: Project, directory: Path, playbook: str, *options: str | Path, **variables: Any) -> list[str]:
    """Return the lines of the error of a run that must fail and change nothing."""
    before = project.api.snapshot()
    run = run_playbook(playbook, project.write_clouds_yaml(directory), *options, variables=variables)
    assert run.status != 0, run.output
    assert "Traceback" not in run.output
    assert project.api.snapshot() == before
    (line,) = [line for line in run.output.splitlines() if line.startswith("fatal: ")]
    message: str = json.loads(line[line.index("{") :])["msg"]
    assert message.endswith("\nThis task changed nothing."), message
    return message.splitlines()[:-1]


def write_inventory(directory: Path, hosts: dict[str, dict[str, Any]]) -> str:
    path = directory / "inventory.yml"
    path.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    return str(path)


# Omitted values


def test_an_omitted_value_is_as_if_not_written(project: Project, tmp_path: Path) -> None:
    service = {
        "name": "web",
        "group": OMIT,
        "description": OMIT,
        "state": OMIT,
        "stateful": OMIT,
        "tags": OMIT,
        "default_egress": OMIT,
        "allow": [
            {"ports": ["80", OMIT], "protocol": OMIT, "direction": OMIT, "remote_ips": ["192.0.2.0/24", OMIT]},
            {"service": "ssh", "ports": OMIT, "remote_services": ["web"], "remote_ips": OMIT, "remote_groups": [OMIT]},
            OMIT,
        ],
    }
    names = ("prefix", "owner", "prune", "detach", "delete_first", "default_egress", "catalogue", "project", "cloud")
    omitted = {f"service_groups_{name}": OMIT for name in names}
    variables = {"service_groups_services": [service, OMIT], "instance_groups_attachments": OMIT, **omitted}
    project.play(APPLY, tmp_path, **variables)
    assert project.api.group_names() == ["web"]
    assert project.api.rules("web") == [
        "egress IPv4 any",
        "egress IPv6 any",
        "ingress IPv4 tcp 22:22 web",
        "ingress IPv4 tcp 80:80 192.0.2.0/24",
        "ingress IPv6 tcp 22:22 web",
    ]


def test_a_remote_that_is_omitted_closes_nothing(project: Project, tmp_path: Path) -> None:
    project.play(SERVICE_GROUPS, tmp_path, service_groups_services=[{"name": "web", "allow": [SSH]}])
    closed = {"name": "web", "allow": [{**SSH, "remote_ips": OMIT}]}
    (error,) = failure(project, tmp_path, SERVICE_GROUPS, service_groups_services=[closed])
    assert error.startswith("service web, allow 1, remote_ips: it has no remote")


def test_omitted_values_of_attachments_and_hosts(fleet: Fleet, tmp_path: Path) -> None:
    hosts: dict[str, dict[str, Any]] = {
        "web1": {"instance_groups_security_groups": ["web", OMIT], "instance_groups_networks": OMIT},
        "frontend": {"instance_groups_security_groups": ["web"], "instance_groups_server": "web2"},
        "db1": {"instance_groups_security_groups": OMIT, "instance_groups_services": OMIT},
    }
    hosts["web1"] |= {"instance_groups_server": OMIT, "instance_groups_state": OMIT, "instance_groups_services": OMIT}
    entry = {"servers": ["db1", OMIT], "ports": OMIT, "selector": OMIT, "networks": OMIT, "security_groups": ["db"]}
    inventory = write_inventory(tmp_path, hosts)
    attachments = [{**entry, "services": OMIT, "state": OMIT}, OMIT]
    variables = {"instance_groups_attachments": attachments, "instance_groups_missing": OMIT}
    fleet.project.play(INSTANCE_GROUPS, tmp_path, "-i", inventory, **variables)
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "web"]
    assert fleet.groups_of("db1") == ["db", "default"]


def test_omitted_values_of_a_module(project: Project, tmp_path: Path) -> None:
    """Ansible itself takes them out of lists from ansible-core 2.19 on."""
    rule = {"protocol": "tcp", "ports": ["22", OMIT], "remote_ip_prefixes": ["192.0.2.0/24", OMIT]}
    group = {"name": "web", "tags": ["a", OMIT], "description": OMIT, "rules": [rule, OMIT]}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"portcullis.openstack.security_group_set": {"groups": [group, OMIT], "owner": OMIT}}],
    }
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(json.dumps([play]))
    project.play(playbook, tmp_path)
    assert project.api.group_names() == ["web"]
    assert project.api.tags("web") == ["a"]
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22 192.0.2.0/24"]


OMITTED_TEXT = "__omit_place_holder__f8cb1d41d04b5ebb5fb8a6b0a8f9c0bd3a4a4f4b"


def test_omitted_values_as_older_releases_of_ansible_hand_them_on(project: Project) -> None:
    rule = {"protocol": "tcp", "ports": ["22", OMITTED_TEXT], "remote_ip_prefixes": [OMITTED_TEXT, "192.0.2.0/24"]}
    groups = [{"name": "web", "tags": [OMITTED_TEXT], "rules": [OMITTED_TEXT, rule]}, OMITTED_TEXT]
    result = run_module("security_group_set", {"groups": groups, "cloud": project.cloud})
    assert not result.get("failed"), result
    assert project.api.group_names() == ["web"]
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22 192.0.2.0/24"]


# Typing errors


@pytest.mark.parametrize("playbook", [SERVICE_GROUPS, APPLY])
def test_values_that_are_no_boolean(project: Project, tmp_path: Path, playbook: str) -> None:
    """One that is taken for false would close or open something, or leave a check for drift green."""
    names = ("default_egress", "prune", "detach", "delete_first")
    mistyped = {f"service_groups_{name}": "ture" for name in names} | {"portcullis_fail_on_drift": "ture"}
    errors = failure(project, tmp_path, playbook, service_groups_services=[WEB], service_groups_owner="a", **mistyped)
    assert sorted(errors) == sorted(
        f"{name}: 'ture' is neither true nor false"
        for name in ("portcullis_fail_on_drift", "service_groups_default_egress", "prune", "detach", "delete_first")
    )


@pytest.mark.parametrize("playbook", [SERVICE_GROUPS, INSTANCE_GROUPS, APPLY])
def test_misspelt_variables(project: Project, tmp_path: Path, playbook: str) -> None:
    misspelt = {"service_groups_preffix": "a-", "portcullis_fail_on_drfit": True, "instance_groups_attachment": []}
    variables = {"service_groups_services": [WEB], "portcullis_fail_on_drift": "ture", **misspelt}
    assert failure(project, tmp_path, playbook, "--check", **variables) == [
        "instance_groups_attachment: there is no such variable. Did you mean instance_groups_attachments?",
        "portcullis_fail_on_drfit: there is no such variable. Did you mean portcullis_fail_on_drift?",
        "service_groups_preffix: there is no such variable. Did you mean service_groups_prefix?",
        "portcullis_fail_on_drift: 'ture' is neither true nor false",
    ]


def test_misspelt_variables_of_the_quickstart(project: Project, tmp_path: Path) -> None:
    (error,) = failure(project, tmp_path, "portcullis.openstack.quickstart", quickstart_sever="web1")
    assert error.endswith("Did you mean quickstart_server?")


def test_misspelt_variables_of_hosts_and_plays(fleet: Fleet, tmp_path: Path) -> None:
    hosts: dict[str, dict[str, Any]] = {
        "web1": {"instance_groups_service": ["web"]},
        "web2": {"instance_groups_service": ["web"], "instance_groups_network": ["demo"]},
    }
    inventory = write_inventory(tmp_path, hosts)
    errors = failure(fleet.project, tmp_path, APPLY, "-i", inventory, service_groups_services=[])
    assert [error.partition(":")[0] for error in errors] == [
        "host web1 and 1 more, instance_groups_service",
        "host web2, instance_groups_network",
    ]
    role = {"role": SERVICE_GROUPS, "vars": {"service_groups_services": [], "service_groups_prnue": True}}
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"service_groups_onwer": "a"}, "roles": [role]}
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(json.dumps([play]))
    errors = failure(fleet.project, tmp_path, str(playbook))
    assert [error.partition(":")[0] for error in errors] == ["service_groups_onwer", "service_groups_prnue"]


# Errors in the users' words


def test_all_errors_of_a_run_at_once(fleet: Fleet, tmp_path: Path) -> None:
    services = [
        {
            "name": "web",
            "state": "gone",
            "allow": [{"service": "SSH", "remote_ips": ["anywhere"]}, {"ports": [0], "remote_ips": ["10.0.0.300"]}],
        },
        {"name": "db", "allow": [{"service": "ssh", "remote_services": ["Web"], "direction": "Ingress"}]},
    ]
    attachments = [{"servers": ["db1"], "services": ["bd"], "state": "gone"}]
    inventory = write_inventory(tmp_path, {"web1": {"instance_groups_services": ["wbe"]}})
    # Without a catalogue of the roles, module_defaults may have one, which only the module knows.
    variables = {
        "service_groups_services": services,
        "service_groups_catalogue": {},
        "instance_groups_attachments": attachments,
    }
    errors = failure(fleet.project, tmp_path, APPLY, "-i", inventory, **variables)
    assert [error.partition(":")[0] for error in errors] == [
        "service web, state",
        "service web, allow 1, service",
        "service web, allow 2, ports",
        "service web, allow 2, remote_ips",
        "service db, allow 1, direction",
        "attachment 1 (db1), state",
        "host web1, instance_groups_services",
    ]


def test_errors_that_only_the_cloud_shows(fleet: Fleet, tmp_path: Path) -> None:
    """They are in the words of services too, though the module finds them."""
    services = [
        {"name": "one", "allow": [SSH, {"service": "ssh", "remote_groups": ["nobody"]}]},
        {"name": "two", "allow": [{**SSH, "description": "a"}, {**SSH, "description": "b"}]},
    ]
    errors = failure(
        fleet.project, tmp_path, SERVICE_GROUPS, service_groups_services=services, service_groups_prefix="p-"
    )
    assert [error.partition(":")[0] for error in errors] == [
        "service one, allow 2, remote_groups",
        "service two, allow 2, description",
    ]
    inventory = write_inventory(tmp_path, {"nowhere": {"instance_groups_security_groups": ["web"]}})
    errors = failure(fleet.project, tmp_path, INSTANCE_GROUPS, "-i", inventory)
    assert errors[0].startswith("host nowhere, servers: there is no server 'nowhere'")


def test_errors_of_groups_and_attachments_that_only_the_cloud_shows(fleet: Fleet) -> None:
    """What is wrong with one part of an entry hides no other part, and no other entry."""
    message = fleet.project.refuse(
        "security_group_set",
        groups=[
            {"name": "one", "rules": [{"protocol": "tcp", "remote_groups": ["nobody", "none"]}]},
            {"name": "two", "rules": [{"protocol": "tcp", "remote_address_group": "nothing"}]},
        ],
        attachments=[
            {"servers": ["nowhere"], "networks": ["none"], "ports": ["lost"], "security_groups": ["web", "wbe"]},
            {"servers": ["db1"], "security_groups": ["bd"]},
        ],
    )
    assert [line.partition(": ")[0] for line in message.splitlines()] == [
        "security group one, rule 1, remote_groups",
        "security group one, rule 1, remote_groups",
        "security group two, rule 1, remote_address_group",
        "attachment 1, servers",
        "attachment 1, networks",
        "attachment 1, security_groups",
        "attachment 2 (db1), security_groups",
        "attachment 1, ports",
    ]


def test_warnings_of_a_run_that_fails(fleet: Fleet) -> None:
    """They may say why."""
    fleet.set_groups("web1", "web")
    ignored = {"name": "odd", "rules": [{"protocol": "udplite", "ports": [1342]}]}
    result = fleet.project.fail("security_group_set", groups=[ignored, {"name": "web", "state": "absent"}])
    assert "security group web cannot be deleted while ports have it" in result["msg"]
    doubt, backend = result["warnings"]
    assert "1342" in str(doubt)
    assert "security group odd has rules for ports of udplite" in str(backend)


@pytest.mark.parametrize(
    ("module", "options", "places"),
    [
        (
            "security_group_set",
            {
                "groups": [
                    {"name": "a", "state": "gone", "rules": [{"direction": "Ingress"}, {"port_range_min": ""}]},
                    {"name": "b", "stateful": "maybe", "rules": [{"sevice": "ssh"}]},
                ],
                "attachments": [{"servers": ["vm"], "security_groups": [], "state": "gone"}],
                "prune": "ture",
            },
            [
                "security group a, state",
                "security group a, rule 1, direction",
                "security group a, rule 2, port_range_min",
                "security group b, stateful",
                "security group b, rule 1, sevice",
                "attachment 1 (vm), state",
                "prune",
            ],
        ),
        (
            "security_group",
            {"name": "a", "security_group_rules": [{}, {"ether_type": "ipv4"}]},
            ["rule 2, ether_type"],
        ),
        ("server_security_groups", {"attachments": [{}, {"state": "x"}]}, ["attachment 2, state"]),
    ],
)
def test_a_module_names_the_place_of_a_value_that_cannot_be(
    project: Project, module: str, options: dict[str, Any], places: list[str]
) -> None:
    result = run_module(module, {**options, "cloud": project.cloud})
    *errors, last = result["msg"].splitlines()
    assert [error.partition(":")[0] for error in errors] == places
    assert last == "This task changed nothing."
    assert project.cloud["auth"]["password"] not in json.dumps(result)


# What is possible and probably not meant


def test_a_port_that_yaml_has_made_of_a_pair(project: Project, tmp_path: Path) -> None:
    playbook = tmp_path / "services.yml"
    playbook.write_text(
        """
- hosts: localhost
  gather_facts: false
  roles:
    - role: portcullis.openstack.service_groups
      vars:
        service_groups_services:
          - name: web
            allow:
              - ports: [22:22, "1342", 443]
                remote_ips: [anywhere]
              - service: https
                remote_ips: []
  tasks:
    - portcullis.openstack.security_group_set:
        groups:
          - name: other
            rules:
              - protocol: tcp
                ports: [22:22]
                remote_groups: []
"""
    )
    run = project.play(playbook, tmp_path, "--check")
    message = " ".join(run.output.split())
    assert message.count("YAML reads 22:22 without quotes as 1342") == 2
    for place in (
        "service web, allow 1, ports: YAML reads",
        "service web, allow 2, remote_ips: the list is empty",
        "security group other, rule 1, ports: YAML reads",
        "security group other, rule 1, remote_groups: the list is empty",
    ):
        assert place in message


# Lists as texts, families, rules of others


def test_texts_with_commas(fleet: Fleet, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.ini"
    inventory.write_text("web1 instance_groups_services=front,back instance_groups_networks=demo,demo2\n")
    services = [{"name": "front", "allow": [{"ports": "80,443", "remote_ips": "192.0.2.1, 2001:db8::1"}]}]
    services.append({"name": "back", "allow": []})
    fleet.project.play(APPLY, tmp_path, "-i", str(inventory), service_groups_services=services)
    assert fleet.groups_of("web1") == fleet.groups_of("web1", "demo2") == ["back", "default", "front"]
    assert [rule for rule in fleet.api.rules("front") if rule.startswith("ingress")] == [
        "ingress IPv4 tcp 443:443 192.0.2.1/32",
        "ingress IPv4 tcp 80:80 192.0.2.1/32",
        "ingress IPv6 tcp 443:443 2001:db8::1/128",
        "ingress IPv6 tcp 80:80 2001:db8::1/128",
    ]


def test_a_group_to_which_a_controller_adds_rules(project: Project, tmp_path: Path) -> None:
    allow = [{"service": "https", "remote_services": ["nodes"], "ether_type": "IPv4"}]
    services = [{"name": "nodes", "purge_rules": False, "default_egress": False, "allow": allow}]
    project.play(SERVICE_GROUPS, tmp_path, service_groups_services=services)
    body = {"protocol": "udp", "port_range_min": 30000, "port_range_max": 30000, "direction": "ingress"}
    id_ = project.api.group("nodes")["id"]
    project.api.post("network", "/security-group-rules", {"security_group_rule": {**body, "security_group_id": id_}})
    run = project.play(SERVICE_GROUPS, tmp_path, service_groups_services=services)
    assert run.count("changed") == 0
    assert "ingress IPv4 udp 30000:30000" in project.api.rules("nodes")
    assert [rule for rule in project.api.rules("nodes") if "443" in rule] == ["ingress IPv4 tcp 443:443 nodes"]


def test_booleans_in_the_metadata_of_a_selector(fleet: Fleet, tmp_path: Path) -> None:
    (web1, web2, db1) = (fleet.port(name)["device_id"] for name in ("web1", "web2", "db1"))
    for id_, value in ((web1, "true"), (web2, "True"), (db1, "false")):
        fleet.api.post("compute", f"/servers/{id_}/metadata", {"metadata": {"monitored": value}})
    entry = {"selector": {"metadata": {"monitored": True}}, "security_groups": ["web"]}
    fleet.project.play(INSTANCE_GROUPS, tmp_path, instance_groups_attachments=[entry])
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "web"]
    assert fleet.groups_of("db1") == ["default"]
