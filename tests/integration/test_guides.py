# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README and the guides tell users to write does what it should, as it is printed."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import REPOSITORY
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

GUIDES = REPOSITORY / "docs" / "docsite" / "rst"
APPLY = "portcullis.openstack.apply"
ADOPT = "portcullis.openstack.adopt"
AUDIT = "portcullis.openstack.audit"
SERVICE_GROUPS = "portcullis.openstack.service_groups"
RST_BLOCK = re.compile(r"^\.\. code-block:: (\w+)\n\n((?:   .*\n|\n)+)", flags=re.MULTILINE)
README_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """Return a page's blocks of code in a language, in their order."""
    pattern = README_BLOCK if page.suffix == ".md" else RST_BLOCK
    found = pattern.findall(page.read_text())
    return [textwrap.dedent(text).strip("\n") + "\n" for marked, text in found if marked == language]


def written(guide: str) -> list[Any]:
    """Return what the YAML of a guide means, block by block."""
    return [yaml.safe_load(text) for text in blocks(GUIDES / f"{guide}.rst", "yaml")]


README: dict[str, Any] = yaml.safe_load(blocks(REPOSITORY / "README.md", "yaml")[0])
SERVICES = [
    block for guide in ("services", "ownership") for block in written(guide) if "service_groups_services" in block
]


@pytest.mark.parametrize("number", range(len(SERVICES)))
def test_services(number: int, project: Project, tmp_path: Path) -> None:
    run = project.settle_play(SERVICE_GROUPS, tmp_path, **SERVICES[number])
    services = SERVICES[number]["service_groups_services"]
    present = [service for service in services if service.get("state") != "absent"]
    assert run.diff.count(" (does not exist)") == len(present)


def test_services_that_are_deleted(project: Project, tmp_path: Path) -> None:
    (made,) = [block for block in SERVICES if "service_groups_prefix" in block]
    gone, *_others = written("removing")
    project.play(SERVICE_GROUPS, tmp_path, **made)
    assert project.api.group_names() == ["legacy-backoffice", "prod-shop"]
    project.settle_play(SERVICE_GROUPS, tmp_path, **gone)
    assert project.api.group_names() == []


def test_services_that_are_renamed(fleet: Fleet, tmp_path: Path) -> None:
    _gone, with_owner, without_owner, same_group, in_place = written("removing")
    for renamed in (with_owner, without_owner):
        fleet.reset()
        web = {**renamed["service_groups_services"][0], "name": "web"}
        attachments = [{"servers": ["web1", "web2"], "services": ["web"]}]
        before = {**renamed, "service_groups_services": [web], "instance_groups_attachments": attachments}
        fleet.project.play(APPLY, tmp_path, **before)
        assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "web"]
        fleet.project.settle_play(APPLY, tmp_path, **renamed)
        assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "frontend"]
        assert "web" not in fleet.api.group_names()

    fleet.reset()
    fleet.project.play(APPLY, tmp_path, service_groups_services=[web], instance_groups_attachments=attachments)
    again = fleet.project.play(APPLY, tmp_path, **same_group)
    assert again.count("changed") == 0, again.output

    in_place[0]["portcullis.openstack.security_group"]["id"] = fleet.api.group("web")["id"]
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": in_place}]))
    fleet.project.settle_play(str(playbook), tmp_path)
    again = fleet.project.play(APPLY, tmp_path, **without_owner)
    assert again.count("changed") == 0, again.output
    assert fleet.groups_of("web1") == ["default", "frontend"]


def test_groups_of_an_owner_that_are_all_deleted(project: Project, tmp_path: Path) -> None:
    (owned,) = [block for block in written("ownership") if "service_groups_services" in block]
    project.play(SERVICE_GROUPS, tmp_path, **owned)
    (command,) = [text for text in blocks(GUIDES / "ownership.rst", "console") if "-e '" in text]
    project.settle_play(SERVICE_GROUPS, tmp_path, **json.loads(command.split("'")[1]))
    assert project.api.group_names() == []


def test_a_role_in_a_playbook(project: Project, tmp_path: Path) -> None:
    (play,) = [block for block in written("services") if "service_groups_services" not in block]
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump(play))
    project.settle_play(str(playbook), tmp_path, **SERVICES[0])
    assert {"web", "db"} <= {*project.api.group_names()}


def test_the_quickstart(fleet: Fleet, tmp_path: Path) -> None:
    services, attachments = written("quickstart")
    plan, attached = blocks(GUIDES / "quickstart.rst", "diff")
    (summary,) = blocks(GUIDES / "quickstart.rst", "text")
    project = fleet.project
    check = project.play(SERVICE_GROUPS, tmp_path, "--check", **services)
    assert plan in check.output
    assert summary.strip() in check.output
    project.settle_play(SERVICE_GROUPS, tmp_path, **services)
    address = fleet.port("web1")["fixed_ips"][0]["ip_address"]
    printed = re.sub(r"port \S+", f"port {address}", attached)
    planned = project.play(APPLY, tmp_path, "--check", **services, **attachments).output
    # This instance has a second port, which the plan shows between the two.
    assert all(part in planned for part in printed.split("\n\n"))
    project.settle_play(APPLY, tmp_path, **services, **attachments)
    assert fleet.groups_of("web1") == ["allow-ssh-from-anywhere", "default"]
    project.play("portcullis.openstack.quickstart", tmp_path, quickstart_server="web1")
    assert fleet.groups_of("web1") == ["allow-ssh-from-anywhere", "default", "web"]


def test_the_readme(fleet: Fleet, tmp_path: Path) -> None:
    fleet.project.settle_play(APPLY, tmp_path, **README)
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["allow-ssh-from-anywhere", "default", "web"]
    assert fleet.groups_of("db1") == ["db"]


def test_the_readmes_of_roles(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def run_readme(role: str) -> None:
        (play,) = blocks(REPOSITORY / "roles" / role / "README.md", "yaml")
        playbook = tmp_path / f"{role}.yml"
        playbook.write_text(play)
        fleet.project.settle_play(str(playbook), tmp_path)

    for role in ("service_groups", "instance_groups", "apply", "audit", "adopt"):
        run_readme(role)
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "web"]
    assert fleet.groups_of("db1") == ["db"]
    assert (tmp_path / "audit.html").exists()
    adopted = yaml.safe_load((tmp_path / "adopted.yml").read_text())
    assert [service["name"] for service in adopted["service_groups_services"]] == ["db", "web"]
    run_readme("retire")
    assert not {"web", "db"} & {*fleet.api.group_names()}
    assert yaml.safe_load((tmp_path / "undo.yml").read_text())["service_groups_services"]


def test_attaching(fleet: Fleet, tmp_path: Path) -> None:
    from_a_list, in_a_network, of_a_port, limited, task = written("attaching")
    inventory, play = written("inventory")
    services = {"service_groups_services": from_a_list["service_groups_services"]}
    fleet.project.settle_play(APPLY, tmp_path, **from_a_list)
    assert fleet.groups_of("web2") == ["allow-ssh-from-anywhere", "default", "web"]
    assert fleet.groups_of("db1") == ["db"]

    fleet.reset()
    hosts = tmp_path / "inventory.yml"
    hosts.write_text(yaml.safe_dump(inventory))
    fleet.project.settle_play(APPLY, tmp_path, "-i", str(hosts), **services)
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["allow-ssh-from-anywhere", "default", "web"]
    assert fleet.groups_of("db1") == ["db"]

    fleet.reset()
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump(play))
    hosts.write_text(yaml.safe_dump({"webservers": {"hosts": dict.fromkeys(("web1", "web2"))}}))
    fleet.project.play(str(playbook), tmp_path, "-i", str(hosts), "--limit", "web2")
    assert (fleet.groups_of("web1"), fleet.groups_of("web2")) == (["default"], ["default", "web"])

    fleet.reset()
    fleet.project.settle_play(APPLY, tmp_path, **services, **in_a_network)
    assert (fleet.groups_of("web1"), fleet.groups_of("web1", "demo2")) == (["default", "web"], ["default"])

    body = {"name": "web-vip", "network_id": fleet.networks["demo"]}
    port = fleet.api.post("network", "/ports", {"port": body})["port"]["id"]
    fleet.project.settle_play(APPLY, tmp_path, **services, **of_a_port)
    web = fleet.api.group("web")["id"]
    assert web in fleet.api.get("network", f"/ports/{port}")["port"]["security_groups"]
    fleet.api.delete("network", f"/ports/{port}")

    fleet.reset()
    (entry,) = limited["instance_groups_attachments"]
    assert entry["until"]
    in_force = {"instance_groups_attachments": [{**entry, "until": "9999-12-31"}]}
    reporting = {"service_groups_services": [{"name": "reporting"}]}
    fleet.project.settle_play(APPLY, tmp_path, **reporting, **in_force)
    assert fleet.groups_of("db1") == ["default", "reporting"]

    fleet.reset()
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": task}]))
    fleet.project.settle_play(str(playbook), tmp_path)
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "web"]


def test_a_task_of_openstack_cloud_by_its_new_name(project: Project, tmp_path: Path) -> None:
    (task,) = written("migration")
    task[0]["portcullis.openstack.security_group"]["cloud"] = "project"
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": task}]))
    project.settle_play(str(playbook), tmp_path)
    assert "web" in project.api.group_names()


def test_what_terraform_and_the_command_create_is_described(fleet: Fleet, tmp_path: Path) -> None:
    """Groups, rules and attachments that another tool has created need no change."""
    (from_terraform,) = written("terraform")
    (from_commands,) = written("cli")
    for name in ("web", "db"):
        fleet.api.delete("network", f"/security-groups/{fleet.api.group(name)['id']}")
    web, db = fleet.api.create_group("web", description="Web servers"), fleet.api.create_group("db")
    for ether_type, prefix in (("IPv4", "0.0.0.0/0"), ("IPv6", "::/0")):
        fleet.api.create_rule(web, ethertype=ether_type, remote_ip_prefix=prefix, **tcp(443))
    fleet.api.create_rule(db, ethertype="IPv4", remote_group_id=web, **tcp(5432))
    fleet.set_groups("web1", "web")
    run = fleet.project.play(APPLY, tmp_path, **from_terraform)
    assert run.count("changed") == 0, run.output

    fleet.api.create_rule(web, remote_ip_prefix="192.0.2.0/24", **tcp(22))
    for network in ("demo", "demo2"):
        fleet.set_groups("web1", "web", "default", network=network)
    run = fleet.project.play(APPLY, tmp_path, **from_commands)
    assert run.count("changed") == 0, run.output


def test_adopting(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide shows the file that its own command writes."""
    (variables,) = written("adopt")
    monkeypatch.chdir(tmp_path)
    fleet.project.play(APPLY, tmp_path, **variables)
    fleet.api.delete("network", f"/security-groups/{fleet.api.group('ssh')['id']}")
    run = fleet.project.play(ADOPT, tmp_path, adopt_file="services.yml")
    assert "services.yml changes nothing." in run.output
    assert yaml.safe_load((tmp_path / "services.yml").read_text()) == variables


def test_retiring(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of the guide delete two groups, and restore them."""
    (adopted,) = written("adopt")
    plan, retire = blocks(GUIDES / "retire.rst", "console")[0].splitlines()
    assert plan == f"{retire.removesuffix(' --diff')} --check --diff"
    variables = json.loads(retire.split("'")[1])
    monkeypatch.chdir(tmp_path)
    fleet.project.play(APPLY, tmp_path, **adopted)
    before = fleet.api.outline(), fleet.all_groups()
    fleet.project.settle_play("portcullis.openstack.retire", tmp_path, **variables, retire_undo="undo.yml")
    assert fleet.api.group_names() == ["ssh"]
    fleet.project.play(APPLY, tmp_path, "-e", f"@{tmp_path / 'undo.yml'}")
    assert (fleet.api.outline(), fleet.all_groups()) == before


def test_limits_in_ci(project: Project, tmp_path: Path) -> None:
    (limits,) = [block for block in written("ci") if isinstance(block, list)]
    playbook = tmp_path / "limits.yml"
    playbook.write_text(yaml.safe_dump(limits))
    project.play(str(playbook), tmp_path, **SERVICES[0])
    deleted = [{"name": service["name"], "state": "absent"} for service in SERVICES[0]["service_groups_services"]]
    run = run_playbook(
        str(playbook),
        project.write_clouds_yaml(tmp_path),
        "--check",
        variables={"service_groups_services": deleted},
    )
    assert run.status == 2, run.output
    assert "Make sure that no group is deleted" in run.output


def open_shop(project: Project, admin: Api) -> None:
    """Connect a network with two ports for web servers, with floating IPs, and one for a database."""
    api = project.api
    bodies = ((api, {"name": "shop"}), (admin, {"name": f"outside-{project.id}", "router:external": True}))
    ids = [owner.post("network", "/networks", {"network": body})["network"]["id"] for owner, body in bodies]
    subnets = [
        owner.post("network", "/subnets", {"subnet": {"network_id": network, "cidr": cidr, "ip_version": 4}})
        for owner, network, cidr in zip((api, admin), ids, ("10.9.1.0/24", "203.0.113.0/24"), strict=True)
    ]
    gateway = {"external_gateway_info": {"network_id": ids[1]}}
    router = api.post("network", "/routers", {"router": {"name": "shop", **gateway}})["router"]["id"]
    subnet = {"subnet_id": subnets[0]["subnet"]["id"]}
    api.put("network", f"/routers/{router}/add_router_interface", subnet)
    ports = []
    for name, group in (("web1", "prod-web"), ("web2", "prod-web"), ("db1", "prod-db")):
        body = {"name": name, "network_id": ids[0], "security_groups": [api.group(group)["id"]]}
        ports.append(api.post("network", "/ports", {"port": body})["port"]["id"])
    for port in ports[:2]:
        api.post("network", "/floatingips", {"floatingip": {"floating_network_id": ids[1], "port_id": port}})


def test_audit(project: Project, admin: Api, tmp_path: Path) -> None:
    """The guide prints the table of its own services, and what a run says when one of its expectations fails."""
    services, ask, expect, _job = written("audit")
    table, answers, failure = blocks(GUIDES / "audit.rst", "text")
    project.play(SERVICE_GROUPS, tmp_path, **services)
    open_shop(project, admin)
    run = project.settle_play(AUDIT, tmp_path, **services, **expect)
    (text,) = re.findall(r'=> (\{\n    "msg": \[\n.*?^\})', run.output, re.MULTILINE | re.DOTALL)
    printed = "\n".join(json.loads(text)["msg"])
    assert table + "\n" in printed
    assert answers + "\n" in printed
    (asked,) = (question for question in ask["audit_ask"] if question["to"] == "server:db1")
    asked["to"] = "db"
    project.play(AUDIT, tmp_path, **services, **ask)
    rule = {"direction": "ingress", "ethertype": "IPv4", **tcp(5432)}
    project.api.create_rule(project.api.group("prod-db")["id"], **rule)
    red = run_playbook(AUDIT, project.write_clouds_yaml(tmp_path), variables={**services, **expect})
    assert red.status == 2
    (message,) = re.findall(r'"msg": ("These answers .*?")\}$', red.output, re.MULTILINE)
    assert json.loads(message) == failure.rstrip()


def tcp(port: int) -> dict[str, Any]:
    """Return protocol and ports of a rule for a single port."""
    return {"protocol": "tcp", "port_range_min": port, "port_range_max": port}
