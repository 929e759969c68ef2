# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories and plays as people write them: limits, become, interpreters, variables of plays, batches."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

APPLY: Final = "portcullis.openstack.apply"
INSTANCE_GROUPS: Final = "portcullis.openstack.instance_groups"
SERVICE_GROUPS: Final = "portcullis.openstack.service_groups"
SERVERS: Final = ("web1", "web2", "db1")
HTTPS: Final = {"name": "https", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]}
# Nothing listens there, and nothing needs to: modules run on the controller.
UNREACHABLE: Final[dict[str, Any]] = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_connection": "ssh"}


def write(path: Path, content: Any) -> str:
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return str(path)


def inventory(directory: Path, hosts: dict[str, Any] | None = None, **variables: Any) -> tuple[str, str]:
    """Write an inventory of the servers, or of other hosts, and return the options for it."""
    content = {"all": {"hosts": dict.fromkeys(SERVERS) if hosts is None else hosts, "vars": variables}}
    return "-i", write(directory / "inventory.yml", content)


def play(directory: Path, **content: Any) -> str:
    return write(directory / "play.yml", [{"hosts": "all", "gather_facts": False, **content}])


def run(fleet: Fleet, directory: Path, playbook: str, *options: str, **variables: Any) -> PlaybookRun:
    return run_playbook(playbook, fleet.project.write_clouds_yaml(directory), *options, variables=variables)


def configure(directory: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let runs of a test find an ``ansible.cfg``."""
    (directory / "ansible.cfg").write_text(text)
    monkeypatch.chdir(directory)


def with_group(fleet: Fleet, name: str) -> list[str]:
    return [server for server in SERVERS if name in fleet.groups_of(server)]


# --limit


@pytest.mark.parametrize(
    ("playbook", "limit", "changed", "host"),
    [
        (APPLY, "web1,localhost", ["web1"], "localhost"),
        (INSTANCE_GROUPS, "web1,localhost", ["web1"], "localhost"),
        (APPLY, "web1", ["web1"], "web1"),
        (INSTANCE_GROUPS, "web1", ["web1"], "web1"),
        (APPLY, "web*:!web2", ["web1"], "web1"),
        (INSTANCE_GROUPS, "@{file}", ["web1", "db1"], "web1"),
    ],
)
def test_a_limit(fleet: Fleet, tmp_path: Path, playbook: str, limit: str, changed: list[str], host: str) -> None:
    hosts = tmp_path / "hosts.txt"
    hosts.write_text("web1\ndb1\n")
    where = inventory(tmp_path, instance_groups_security_groups=["ssh"])
    options = ("--limit", limit.format(file=hosts))
    done = fleet.project.play(playbook, tmp_path, *where, *options, service_groups_services=[HTTPS])
    assert done.count("changed", host) == 1
    assert with_group(fleet, "ssh") == changed


def test_a_limit_of_a_play_that_names_all_hosts(fleet: Fleet, tmp_path: Path) -> None:
    variables = {"instance_groups_hosts": "{{ groups['all'] }}"}
    playbook = play(tmp_path, hosts="localhost", vars=variables, roles=[INSTANCE_GROUPS])
    where = inventory(tmp_path, instance_groups_security_groups=["ssh"])
    fleet.project.play(playbook, tmp_path, *where, "--limit", "localhost,db1")
    assert with_group(fleet, "ssh") == ["db1"]


def test_a_limit_for_groups_alone(fleet: Fleet, tmp_path: Path) -> None:
    """It is about no host, so it does all of its work rather than nothing."""
    where = inventory(tmp_path, **UNREACHABLE)
    fleet.project.play(SERVICE_GROUPS, tmp_path, *where, "--limit", "web1", service_groups_services=[HTTPS])
    assert "https" in fleet.api.group_names()


def test_hosts_that_the_inventory_does_not_have(fleet: Fleet, tmp_path: Path) -> None:
    failed = run(fleet, tmp_path, INSTANCE_GROUPS, *inventory(tmp_path), instance_groups_hosts=["web9"])
    assert failed.status != 0
    assert "the inventory has no host 'web9'" in failed.output


# become


@pytest.mark.parametrize("way", ["-b", "inventory", "configuration"])
def test_become(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Meant for the instances, it is of no use on the controller, where sudo might ask for a password."""
    variables: dict[str, Any] = {
        "ansible_become_exe": "/nonexistent/sudo",
        "ansible_become_user": "nobody",
        "instance_groups_security_groups": ["ssh"],
    }
    if way == "inventory":
        variables["ansible_become"] = True
    where = (*inventory(tmp_path, **variables), *(["-b"] if way == "-b" else []))
    if way == "configuration":
        configure(tmp_path, monkeypatch, "[privilege_escalation]\nbecome = true\n")
    roles = play(tmp_path, roles=[INSTANCE_GROUPS, APPLY])
    services = {"service_groups_services": [HTTPS]}
    playbooks = (APPLY, SERVICE_GROUPS, "portcullis.openstack.quickstart") if way == "inventory" else (SERVICE_GROUPS,)
    for playbook in (roles, *playbooks):
        done = run(fleet, tmp_path, playbook, *where, **services)
        assert done.status == 0, done.output


# The Python of Ansible


@pytest.mark.parametrize("playbook", [APPLY, INSTANCE_GROUPS, SERVICE_GROUPS, "portcullis.openstack.quickstart"])
def test_a_localhost_of_the_inventory(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, playbook: str
) -> None:
    """Ansible would choose its Python as that of any other host, where openstacksdk may be missing."""
    configure(tmp_path, monkeypatch, "[defaults]\ninterpreter_python = /nonexistent/python3\n")
    where = inventory(tmp_path, {"localhost": {"ansible_connection": "local"}, "web1": None})
    fleet.project.play(playbook, tmp_path, *where, service_groups_services=[HTTPS])


def test_a_python_that_the_inventory_names(fleet: Fleet, tmp_path: Path) -> None:
    where = inventory(tmp_path, {"localhost": {"ansible_python_interpreter": "/nonexistent/python3"}})
    failed = run(fleet, tmp_path, APPLY, *where, service_groups_services=[HTTPS])
    assert failed.status != 0
    assert "/nonexistent/python3" in failed.output


# Variables of plays, roles and tasks


def test_parameters_of_a_role(fleet: Fleet, tmp_path: Path, requests: RequestLog) -> None:
    """Each host has its own value of a template, and one that is unreachable has it too; one call does all."""
    parameters = {
        "instance_groups_services": "{{ [purpose] }}",
        "instance_groups_security_groups": ["ssh"],
        "instance_groups_server": "{{ inventory_hostname | replace('host-', '') }}",
        "instance_groups_networks": ["{{ network }}"],
        "instance_groups_state": "exact",
    }
    roles = [{"role": INSTANCE_GROUPS, "vars": parameters}]
    reach: list[dict[str, Any]] = [{"ansible.builtin.ping": {}}]
    playbook = play(tmp_path, vars={"network": "demo"}, pre_tasks=reach, roles=roles)
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts: dict[str, Any] = {
        "host-db1": {**here, "purpose": "db"},
        "host-web1": {**here, "purpose": "web"},
        "host-web2": {**UNREACHABLE, "purpose": "web"},
    }
    with requests.record() as traffic:
        done = run(fleet, tmp_path, playbook, *inventory(tmp_path, hosts))
    assert done.count("unreachable", "host-web2") == 1
    assert done.count("failed", "host-db1") == 0, done.output
    assert traffic.calls().count("POST /v3/auth/tokens") == 1
    assert [fleet.groups_of(server) for server in ("db1", "web1", "web2")] == [["db", "ssh"], *[["ssh", "web"]] * 2]
    assert fleet.groups_of("web1", "demo2") == ["default"]


@pytest.mark.parametrize("role", [INSTANCE_GROUPS, APPLY])
@pytest.mark.parametrize("place", ["play", "include", "task"])
def test_a_parameter_in_every_place(fleet: Fleet, tmp_path: Path, role: str, place: str) -> None:
    """It wins over the inventory's."""
    parameters = {"instance_groups_security_groups": ["ssh"]}
    module = "include_role" if place == "include" else "import_role"
    task = {f"ansible.builtin.{module}": {"name": role}, **({} if place == "play" else {"vars": parameters})}
    common = {"service_groups_services": [], **(parameters if place == "play" else {})}
    playbook = play(tmp_path, vars=common, tasks=[task])
    hosts: dict[str, Any] = {"web1": None, "web2": {"instance_groups_security_groups": ["db"]}}
    fleet.project.play(playbook, tmp_path, *inventory(tmp_path, hosts))
    assert (with_group(fleet, "ssh"), with_group(fleet, "db")) == (["web1", "web2"], [])


def test_a_parameter_that_differs_between_hosts(fleet: Fleet, tmp_path: Path) -> None:
    """A role that runs once has one owner."""
    roles = [{"role": INSTANCE_GROUPS, "vars": {"instance_groups_owner": "{{ inventory_hostname }}"}}]
    where = inventory(tmp_path, instance_groups_security_groups=["ssh"])
    failed = run(fleet, tmp_path, play(tmp_path, roles=roles), *where)
    assert failed.status != 0
    assert "instance_groups_owner: hosts of the play have different values" in failed.output
    assert with_group(fleet, "ssh") == []


def test_groups_of_the_inventory_add_up(fleet: Fleet, tmp_path: Path) -> None:
    content = {
        "webservers": {"hosts": dict.fromkeys(("web1", "web2")), "vars": {"instance_groups_services": ["https"]}},
        "monitored": {"hosts": {"web1": None}, "vars": {"instance_groups_services_monitoring": ["metrics"]}},
        "bastions": {
            "hosts": dict.fromkeys(("web1", "db1")),
            "vars": {"instance_groups_security_groups_bastion": ["ssh"]},
        },
    }
    services = [HTTPS, {"name": "metrics"}]
    where = ("-i", write(tmp_path / "inventory.yml", content))
    fleet.project.settle_play(APPLY, tmp_path, *where, service_groups_services=services)
    assert [fleet.groups_of(server) for server in SERVERS] == [
        ["default", "https", "metrics", "ssh"],
        ["default", "https"],
        ["default", "ssh"],
    ]


# Batches


def test_batches_with_an_unreachable_host(fleet: Fleet, tmp_path: Path) -> None:
    """Each host has its groups from the call of its own batch, also when no later one has lost a host."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts: dict[str, Any] = {"web2": here, "web1": UNREACHABLE, "db1": here}
    tasks = [
        {"ansible.builtin.ping": {}},
        {"ansible.builtin.import_role": {"name": INSTANCE_GROUPS}},
        {
            "ansible.builtin.debug": {
                "msg": "servers {{ instance_groups_result.servers | map(attribute='name') | join(' ') }}"
            }
        },
    ]
    playbook = play(tmp_path, serial=2, tasks=tasks)
    done = run(fleet, tmp_path, playbook, *inventory(tmp_path, hosts, instance_groups_security_groups=["ssh"]))
    assert [done.count("changed", host) for host in ("web2", "db1")] == [1, 1], done.output
    assert "servers web1 web2" in done.output
    assert "servers db1" in done.output
    assert with_group(fleet, "ssh") == list(SERVERS)


# The region


def test_the_region(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clouds_yaml = fleet.project.write_clouds_yaml(tmp_path)
    variables = {"service_groups_services": [HTTPS], "instance_groups_hosts": []}
    for playbook, name in (
        (SERVICE_GROUPS, "service_groups_region_name"),
        (APPLY, "service_groups_region_name"),
        (INSTANCE_GROUPS, "service_groups_region_name"),
        (INSTANCE_GROUPS, "instance_groups_region_name"),
    ):
        attach = {"instance_groups_attachments": [{"servers": ["web1"], "security_groups": ["ssh"]}]}
        failed = run_playbook(playbook, clouds_yaml, variables={**variables, **attach, name: "nowhere"})
        assert failed.status != 0
        assert "nowhere" in failed.output
