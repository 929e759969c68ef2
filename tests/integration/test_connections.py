# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan ends with the connections that it opens and closes, for two requests at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Call,
    Forward,
    Proxy,
    neutron_error,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog, Traffic

MODULE = "security_group_set"
APPLY = "portcullis.openstack.apply"
OWNED: dict[str, Any] = {"owner": "team", "prune": True, "detach": True}
EGRESS = {"direction": "egress", "ether_type": "any"}
FRONTEND = {"name": "frontend", "rules": [EGRESS, {"service": "https", "remote_ip_prefix": "anywhere"}]}
BACKEND = {
    "name": "backend",
    "rules": [EGRESS, {"service": "postgresql", "ether_type": "any", "remote_group": "frontend"}],
}
ATTACHMENTS = [
    {"servers": ["web1", "web2"], "networks": ["demo"], "security_groups": ["frontend"], "state": "exact"},
    {"servers": ["db1"], "security_groups": ["backend"], "state": "exact"},
]


@pytest.fixture
def closed(fleet: Fleet) -> Fleet:
    """The instances without security groups."""
    for server, network in (("web1", "demo"), ("web1", "demo2"), ("web2", "demo"), ("db1", "demo")):
        fleet.set_groups(server, network=network)
    return fleet


def settle(fleet: Fleet, **options: Any) -> list[str]:
    """Call the module as it must always go, and return the lines at the end of its plan."""
    result = fleet.project.settle(MODULE, **options)
    text = result["plan"].partition("connections:\n")[2]
    shown = text.splitlines()
    counted = [one["change"] for one in result["connections"]]
    assert [line[2] for line in shown if line[2] in "+-"] == ["+-"[change == "closed"] for change in reversed(counted)]
    return [line.removeprefix("  ") for line in shown]


def test_attaching_opens_connections(closed: Fleet) -> None:
    assert settle(closed, groups=[FRONTEND, BACKEND], attachments=ATTACHMENTS) == [
        "+ Internet → frontend tcp/443 (2 instances)",
        "+ frontend → backend tcp/5432 (1 instance)",
        "+ backend → Internet any (1 instance)",
        "+ frontend → Internet any (2 instances)",
    ]


def test_groups_that_no_port_has_open_nothing(closed: Fleet, requests: RequestLog) -> None:
    assert closed.project.call(MODULE, groups=[FRONTEND, BACKEND])["connections"] == []
    with requests.record() as traffic:
        assert settle(closed, groups=[{**FRONTEND, "description": "Web"}, BACKEND]) == []
    assert not traffic.to("GET", "/ports")


def test_rules_change_connections(closed: Fleet) -> None:
    closed.project.call(MODULE, groups=[FRONTEND, BACKEND], attachments=ATTACHMENTS)
    more = {**BACKEND, "rules": [EGRESS, {"service": "ssh", "remote_ip_prefix": "192.0.2.0/24"}]}
    assert settle(closed, groups=[FRONTEND, more]) == [
        "- frontend → backend tcp/5432 (1 instance)",
        "+ 192.0.2.0/24 → backend tcp/22 (1 instance)",
    ]


def test_a_group_that_gets_another_name_closes_nothing_else(closed: Fleet) -> None:
    closed.project.call(MODULE, groups=[FRONTEND, BACKEND], attachments=ATTACHMENTS, **OWNED)
    renamed = {**FRONTEND, "name": "web"}
    backend = {
        "name": "backend",
        "rules": [EGRESS, {"service": "postgresql", "ether_type": "any", "remote_group": "web"}],
    }
    attachments = [{**ATTACHMENTS[0], "security_groups": ["web"]}, ATTACHMENTS[1]]
    assert settle(closed, groups=[renamed, backend], attachments=attachments, **OWNED) == []


def test_pruning_closes_connections(closed: Fleet) -> None:
    closed.project.call(MODULE, groups=[FRONTEND, BACKEND], attachments=ATTACHMENTS, **OWNED)
    alone = {"name": "backend", "rules": [EGRESS]}
    assert settle(closed, groups=[alone], attachments=ATTACHMENTS[1:], **OWNED) == [
        "- Internet → frontend tcp/443 (2 instances)",
        "- frontend → backend tcp/5432 (1 instance)",
        "- frontend → Internet any (2 instances)",
    ]


def test_groups_outside_the_run_count_too(fleet: Fleet) -> None:
    """All instances have the group default, which takes everything from its members and lets everything leave."""
    lenient = {"name": "lenient", "rules": [EGRESS, {"protocol": "tcp", "remote_group": "default"}]}
    assert settle(fleet, groups=[lenient], attachments=[{"servers": ["db1"], "security_groups": ["lenient"]}]) == []


@pytest.fixture
def offices(closed: Fleet) -> Iterator[dict[str, Any]]:
    """An address group, and a security group with a rule for it."""
    body = {"name": "offices", "addresses": ["192.0.2.0/24"]}
    id_ = closed.api.post("network", "/address-groups", {"address_group": body})["address_group"]["id"]
    yield {"name": "bastion", "rules": [EGRESS, {"service": "ssh", "remote_address_group": "offices"}]}
    closed.reset()
    closed.api.delete("network", f"/address-groups/{id_}")


BASTION = {"servers": ["db1"], "security_groups": ["bastion"]}


@pytest.mark.needs("security-groups-remote-address-group")
def test_address_groups(closed: Fleet, offices: dict[str, Any]) -> None:
    assert settle(closed, groups=[offices], attachments=[BASTION]) == [
        "+ offices → bastion tcp/22 (1 instance, IPv4)",
        "+ bastion → Internet any (1 instance)",
    ]


def test_new_groups_that_keep_the_rules_of_the_cloud(closed: Fleet) -> None:
    kept = {"name": "kept", "rules": [{"service": "ssh", "remote_ip_prefix": "0.0.0.0/0"}], "purge_rules": False}
    assert settle(closed, groups=[kept], attachments=[{"servers": ["db1"], "security_groups": ["kept"]}]) == [
        "+ Internet → kept tcp/22 (1 instance, IPv4)",
        "+ kept → Internet any (1 instance)",
    ]


def reads(traffic: Traffic) -> list[str]:
    """Return the lists that were read, in order."""
    return [request.path.split("/")[-1] for request in traffic if request.method == "GET"]


def additional(fleet: Fleet, requests: RequestLog, **options: Any) -> list[str]:
    """Return what a plan reads more for its connections."""
    found = []
    for connections in (False, True):
        with requests.record() as traffic:
            result = fleet.project.call(MODULE, check_mode=True, connections=connections, **options)
        assert bool(result["connections"]) is connections
        assert ("connections:" in result["plan"]) is connections
        found.append(reads(traffic))
    without, more = found
    assert more[: len(without)] == without
    return more[len(without) :]


def test_requests(closed: Fleet, requests: RequestLog) -> None:
    wanted: dict[str, Any] = {"groups": [FRONTEND, BACKEND], "attachments": ATTACHMENTS}
    assert additional(closed, requests, **wanted) == ["ports"]
    closed.set_groups("web1", "ssh", network="demo2")
    assert additional(closed, requests, **wanted) == ["ports", "security-groups"]
    assert additional(closed, requests, **wanted, owner="team", prune=True) == ["ports"]


@pytest.mark.needs("security-groups-remote-address-group")
def test_no_more_than_two_requests(closed: Fleet, offices: dict[str, Any], requests: RequestLog) -> None:
    closed.set_groups("web1", "ssh", network="demo2")
    wanted: dict[str, Any] = {"groups": [offices], "attachments": [BASTION]}
    assert additional(closed, requests, **wanted) == ["ports", "security-groups"]
    plan = closed.project.call(MODULE, check_mode=True, **wanted)["plan"]
    assert plan.endswith("\n  not known: not all addresses of offices can be seen\n")
    assert additional(closed, requests, **wanted, owner="team", prune=True) == ["ports", "address-groups"]


@pytest.mark.parametrize("playbook", ["apply", "service_groups", "instance_groups"])
def test_playbooks(closed: Fleet, tmp_path: Path, playbook: str) -> None:
    """The roles show connections, and do not if their variable says so."""
    ssh = {"service": "ssh", "remote_ips": ["anywhere"]}
    variables: dict[str, Any] = {
        "service_groups_services": [{"name": "ssh", "allow": [ssh]}],
        "instance_groups_attachments": [{"servers": ["db1"], "services": ["ssh"]}],
    }
    name = f"portcullis.openstack.{playbook}"
    if playbook == "service_groups":
        closed.set_groups("db1", "ssh")
    if playbook == "instance_groups":
        closed.project.call(
            MODULE, groups=[{"name": "ssh", "rules": [{"service": "ssh", "remote_ip_prefix": "anywhere"}]}]
        )
    off = closed.project.play(name, tmp_path, "--check", "--diff", service_groups_connections=False, **variables)
    assert "→" not in off.diff
    _check, real = closed.project.settle_plan(name, tmp_path, "--diff", **variables)
    assert "connections\n  + Internet → ssh tcp/22 (1 instance)" in real.diff


def test_a_cloud_that_does_not_show_ports(closed: Fleet) -> None:
    """The plan says why, and the run goes on."""
    closed.project.call(MODULE, groups=[FRONTEND], attachments=ATTACHMENTS[:1])
    more = {**FRONTEND, "rules": [EGRESS, {"service": "ssh"}]}

    def no_ports(call: Call, forward: Forward) -> Answer:
        refusal = neutron_error(403, "PolicyNotAuthorized", "get_ports is disallowed by policy")
        return refusal if call.path.endswith("/ports") else forward(call)

    with Proxy(no_ports) as proxy, closed.project.through(proxy) as connection:
        result = closed.project.call(MODULE, groups=[more], connection=connection)
    assert result["changed"]
    assert result["connections"] == []
    last = result["plan"].splitlines()[-1]
    assert last.startswith("  not known: ")
    assert "get_ports is disallowed by policy" in last
    assert result["diff"][-1]["prepared"].startswith("connections: not known: ")


def test_groups_of_other_projects(closed: Fleet, new_project: Callable[[], Project]) -> None:
    other = new_project()
    id_ = other.share("security_group", "lent", closed.project)
    rules = [EGRESS, {"service": "ssh", "remote_group": id_}]
    entry = {"servers": ["db1"], "security_groups": ["own", id_]}
    result = closed.project.call(MODULE, groups=[{"name": "own", "rules": rules}], attachments=[entry], check_mode=True)
    assert result["plan"].endswith(
        "  not known: the rules of security group lent cannot be seen\n"
        "  not known: not all addresses of lent can be seen\n"
    )
    # The servers are other tests' too, whose project has groups of its own alone.
    other.api.delete("network", f"/security-groups/{id_}")
    other.close()
