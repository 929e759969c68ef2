# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may only read sees the plan that a member sees, and is refused by the cloud, in its words, before any change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, create_reader, lines
from ansible_collections.portcullis.openstack.tests.torture.calls import READING, Options, calls
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

# Beside calls that create: those that change and delete what the project has.
CHANGES: list[tuple[str, Options]] = [
    ("address_group", {"name": "offices", "addresses": ["198.51.100.0/24"], "description": "moved"}),
    ("address_group", {"name": "spare", "state": "absent"}),
    ("security_group", {"name": "ours", "description": "changed", "tags": ["green"], "security_group_rules": []}),
    ("security_group", {"name": "ours", "shared_with": ["1" * 32]}),
    ("security_group", {"name": "ours", "state": "absent"}),
    ("security_group_rule", {"security_group": "ours", "service": "ssh", "state": "absent"}),
    ("security_group_rule", {"security_group": "ours", "service": "ssh", "description": "changed"}),
    ("security_group_set", {"groups": [{"name": "ours", "stateful": False, "rules": []}], "owner": "team-a"}),
    ("security_group_set", {"groups": [], "owner": "team-b", "prune": True}),
    ("server_security_groups", {"selector": {"metadata": {"role": "web"}}, "security_groups": [], "state": "exact"}),
    ("server_security_groups", {"servers": ["web1"], "security_groups": ["ssh"], "state": "absent"}),
]
WRITES = [*((module, options) for module, options in calls(1).items() if module not in READING), *CHANGES]
READS: list[tuple[str, Options]] = [
    *((module, {}) for module in READING),
    ("address_group_info", {"name": "offices"}),
    ("security_group_info", {"name": "ours"}),
    ("security_group_info", {"tags": ["blue"]}),
    ("security_group_rule_info", {"security_group": "ours", "remote_address_group": "offices"}),
]
SERVICE = {"name": "new", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]}
ATTACHMENT = {"servers": ["web2"], "security_groups": ["web"], "state": "exact"}
VARIABLES: Options = {"service_groups_services": [SERVICE], "instance_groups_attachments": [ATTACHMENT]}
PLAYBOOKS: dict[str, tuple[Options, list[str]]] = {
    "service_groups": (VARIABLES, ["security group new (does not exist)"]),
    "instance_groups": (VARIABLES, ["server web2, port "]),
    "apply": (VARIABLES, ["security group new (does not exist)", "server web2, port "]),
    "quickstart": (
        {"quickstart_server": "web1"},
        ["security group allow-ssh-from-anywhere (does not exist)", "server web1, port "],
    ),
}


@pytest.fixture(scope="module")
def reader(booted_fleet: Fleet, admin: Api) -> Project:
    """The project of the fleet, as someone sees it who may only read."""
    return create_reader(admin, booted_fleet.project)


@pytest.fixture(scope="module")
def member(booted_fleet: Fleet) -> Iterator[Project]:
    """The same project for a member, with groups, rules and addresses that can be changed."""
    booted_fleet.reset()
    api = booted_fleet.api
    offices, spare = (create_addresses(api, name) for name in ("offices", "spare"))
    ssh = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    api.create_group("ours", [ssh, {"protocol": "udp", "remote_address_group_id": offices}], tags=["blue"])
    api.create_group("theirs", tags=["portcullis-owner:team-b"])
    booted_fleet.set_groups("web1", "ssh", "default")
    yield booted_fleet.project
    booted_fleet.reset()
    for group_id in (offices, spare):
        api.delete("network", f"/address-groups/{group_id}")


def create_addresses(api: Api, name: str) -> str:
    body = {"address_group": {"name": name, "addresses": ["192.0.2.0/24"]}}
    return str(api.post("network", "/address-groups", body)["address_group"]["id"])


def plan(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without what tells who asked."""
    return {key: value for key, value in result.items() if key != "invocation"}


def test_check_mode(member: Project, reader: Project, tally: Tally) -> None:
    for module, options in WRITES:
        with tally("reader: check mode", (module, options)):
            seen = reader.run(module, check_mode=True, **options)
            assert seen["changed"]
            assert lines(seen)
            assert plan(seen) == plan(member.run(module, check_mode=True, **options))


def test_a_real_run_is_refused(member: Project, reader: Project, tally: Tally) -> None:
    for module, options in WRITES:
        with tally("reader: real run", (module, options)):
            before = member.api.snapshot()
            result = reader.fail(module, **options)
            assert "was answered 403: " in result["msg"]
            assert "disallowed by policy" in result["msg"]
            assert result["msg"].endswith("This task changed nothing.")
            assert result["changed"] is False
            assert result["applied"] == []
            assert member.api.snapshot() == before


def test_reading(member: Project, reader: Project, tally: Tally) -> None:
    for module, options in READS:
        with tally("reader: info", (module, options)):
            seen = plan(reader.run(module, **options))
            assert any(seen.values()), "nothing was found"
            assert seen == plan(member.run(module, **options))


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_playbooks(member: Project, reader: Project, tmp_path: Path, playbook: str, tally: Tally) -> None:
    name, (variables, lines) = f"portcullis.openstack.{playbook}", PLAYBOOKS[playbook]
    before = member.api.snapshot()
    with tally("reader: playbook", playbook):
        seen = reader.play(name, tmp_path, "--check", **variables)
        shown = member.play(name, tmp_path, "--check", **variables)
        assert seen.diff == shown.diff
        assert seen.count("changed") == shown.count("changed") > 0
        assert all(line in seen.diff for line in lines)
        real = run_playbook(name, reader.write_clouds_yaml(tmp_path), variables=variables)
        assert real.status != 0
        assert "was answered 403: " in real.output
        assert real.count("changed") == 0
        assert member.api.snapshot() == before
