# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role instance_groups, and the playbooks that join it with the groups: apply and quickstart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

APPLY = "portcullis.openstack.apply"
INSTANCE_GROUPS = "portcullis.openstack.instance_groups"
SERVICES = [
    {"name": "https", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]},
    {"name": "postgresql", "allow": [{"service": "postgresql", "remote_services": ["https"]}]},
]


def write_inventory(directory: Path) -> str:
    """Write an inventory whose groups of hosts list the groups of their instances."""
    inventory = {
        "webservers": {
            "hosts": {"web1": {"instance_groups_networks": ["demo"]}, "frontend": {"instance_groups_server": "web2"}},
            "vars": {"instance_groups_services": ["https"], "instance_groups_security_groups": ["ssh"]},
        },
        "databases": {
            "hosts": {"db1": {}},
            "vars": {"instance_groups_services": ["postgresql"], "instance_groups_state": "exact"},
        },
        "strangers": {"hosts": {"printer": {}}},
    }
    path = directory / "inventory.yml"
    path.write_text(yaml.safe_dump(inventory))
    return str(path)


def test_from_a_list(fleet: Fleet, tmp_path: Path) -> None:
    attachments = [
        {"selector": {"metadata": {"role": "web"}}, "networks": ["demo"], "security_groups": ["web", "ssh"]},
        {"servers": ["db1"], "security_groups": ["db"], "state": "exact"},
    ]
    run = fleet.project.settle_play(INSTANCE_GROUPS, tmp_path, instance_groups_attachments=attachments)
    assert run.diff.count("server ") == 3
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "ssh", "web"]
    assert fleet.groups_of("web1", "demo2") == ["default"]
    assert fleet.groups_of("db1") == ["db"]

    detach = [{"selector": {"name": "web*"}, "security_groups": ["web"], "state": "absent"}]
    fleet.project.settle_play(INSTANCE_GROUPS, tmp_path, instance_groups_attachments=detach)
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "ssh"]


def test_services_by_their_names(fleet: Fleet, tmp_path: Path) -> None:
    for name in ("prod-https", "data"):
        fleet.api.create_group(name)
    services = [{"name": "https"}, {"name": "postgresql", "group": "data"}]
    fleet.project.play(
        INSTANCE_GROUPS,
        tmp_path,
        instance_groups_known_services=services,
        instance_groups_prefix="prod-",
        instance_groups_attachments=[{"servers": ["web2"], "services": ["https", "postgresql"]}],
    )
    assert fleet.groups_of("web2") == ["data", "default", "prod-https"]


def test_apply_from_an_inventory(fleet: Fleet, tmp_path: Path) -> None:
    """Also in check mode before the first run, when the groups to attach do not exist yet."""
    inventory = write_inventory(tmp_path)
    variables = {"service_groups_services": SERVICES, "service_groups_prefix": "prod-"}
    run = fleet.project.settle_play(APPLY, tmp_path, "-i", inventory, **variables)
    assert "security group prod-https (does not exist)" in run.diff
    assert "  + security group prod-https" in run.diff
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "prod-https", "ssh"]
    assert fleet.groups_of("web1", "demo2") == ["default"]
    assert fleet.groups_of("db1") == ["prod-postgresql"]


def test_apply_prunes_what_it_has_detached(fleet: Fleet, tmp_path: Path) -> None:
    owned: dict[str, Any] = {"service_groups_owner": "team-a", "service_groups_prune": True}
    both = [{"servers": ["db1"], "services": ["https", "postgresql"], "state": "exact"}]
    fleet.project.play(APPLY, tmp_path, service_groups_services=SERVICES, instance_groups_attachments=both, **owned)
    assert fleet.groups_of("db1") == ["https", "postgresql"]
    one = [{"servers": ["db1"], "services": ["https"], "state": "exact"}]
    fleet.project.settle_play(
        APPLY, tmp_path, service_groups_services=SERVICES[:1], instance_groups_attachments=one, **owned
    )
    assert fleet.groups_of("db1") == ["https"]
    assert "postgresql" not in fleet.api.group_names()


def test_a_rule_moves_to_another_service_without_a_gap(fleet: Fleet, tmp_path: Path, requests: RequestLog) -> None:
    https, ssh = ({"service": name, "remote_ips": ["anywhere"]} for name in ("https", "ssh"))
    one = [{"name": "both", "allow": [https, ssh]}]
    attachments = [{"servers": ["db1"], "services": ["both"], "state": "exact"}]
    fleet.project.play(APPLY, tmp_path, service_groups_services=one, instance_groups_attachments=attachments)
    two = [{"name": "both", "allow": [https]}, {"name": "shell", "allow": [ssh]}]
    attachments = [{"servers": ["db1"], "services": ["both", "shell"], "state": "exact"}]
    with requests.record() as traffic:
        fleet.project.settle_play(APPLY, tmp_path, service_groups_services=two, instance_groups_attachments=attachments)
    writes = traffic.writes().steps()
    assert writes.index("PUT ports") < writes.index("DELETE security-group-rules")
    assert fleet.groups_of("db1") == ["both", "shell"]


def test_a_service_is_retired_that_an_instance_has(fleet: Fleet, tmp_path: Path) -> None:
    attachments = [{"servers": ["db1"], "services": ["https"]}]
    fleet.project.play(APPLY, tmp_path, service_groups_services=SERVICES, instance_groups_attachments=attachments)
    retired = [{"name": "https", "state": "absent"}]
    bare = [{"servers": ["db1"], "services": ["https"], "state": "absent"}]
    fleet.project.settle_play(
        APPLY,
        tmp_path,
        service_groups_services=[*retired, {"name": "postgresql"}],
        instance_groups_attachments=bare,
    )
    assert "https" not in fleet.api.group_names()


def test_pruning_a_group_in_use_is_an_error_before_any_change(fleet: Fleet, tmp_path: Path) -> None:
    owned: dict[str, Any] = {"service_groups_owner": "team-a", "service_groups_prune": True}
    attachments = [{"servers": ["db1"], "services": ["postgresql"]}]
    fleet.project.play(
        APPLY, tmp_path, service_groups_services=SERVICES, instance_groups_attachments=attachments, **owned
    )
    before = fleet.api.snapshot()
    run = run_playbook(
        "portcullis.openstack.service_groups",
        fleet.project.write_clouds_yaml(tmp_path),
        variables={"service_groups_services": SERVICES[:1], **owned},
    )
    address = fleet.port("db1")["fixed_ips"][0]["ip_address"]
    assert run.status != 0
    assert f"security group postgresql cannot be deleted while ports have it: server db1, port {address}" in run.output
    assert fleet.api.snapshot() == before


def test_an_unknown_service_is_an_error(fleet: Fleet, tmp_path: Path) -> None:
    before = fleet.api.snapshot()
    run = run_playbook(
        INSTANCE_GROUPS,
        fleet.project.write_clouds_yaml(tmp_path),
        variables={
            "instance_groups_known_services": SERVICES,
            "instance_groups_attachments": [{"servers": ["web2"], "services": ["htps"]}],
        },
    )
    assert run.status != 0
    assert "attachment 1 (web2), services: there is no service 'htps'" in run.output
    assert fleet.api.snapshot() == before


def test_quickstart(fleet: Fleet, tmp_path: Path) -> None:
    run = fleet.project.settle_play("portcullis.openstack.quickstart", tmp_path, quickstart_server="web1")
    assert fleet.groups_of("web1") == ["allow-ssh-from-anywhere", "default", "web"]
    assert fleet.api.rules("allow-ssh-from-anywhere") == [
        "egress IPv4 any",
        "egress IPv6 any",
        "ingress IPv4 tcp 22:22 0.0.0.0/0",
    ]
    assert "ingress IPv4 tcp 5432:5432 web" in fleet.api.rules("db")
    assert "allow-ssh-from-anywhere: Example" in run.output
    assert "ingress IPv4 tcp 22:22 from 0.0.0.0/0" in run.output


def test_quickstart_without_an_instance(fleet: Fleet, tmp_path: Path) -> None:
    fleet.project.play("portcullis.openstack.quickstart", tmp_path)
    assert "allow-ssh-from-anywhere" in fleet.api.group_names()
    assert fleet.groups_of("web1") == ["default"]
