# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name that nothing has: the error names what it may be a misspelling of, and never lists hundreds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

MODULE = "server_security_groups"
SET = "security_group_set"


@pytest.fixture
def vip(fleet: Fleet) -> Iterator[None]:
    body = {"port": {"network_id": fleet.networks["demo"], "name": "web-vip"}}
    port = fleet.api.post("network", "/ports", body)["port"]["id"]
    yield
    fleet.api.delete("network", f"/ports/{port}")


CASES: list[tuple[dict[str, Any], str]] = [
    ({"servers": ["WEB2"]}, "servers: there is no server 'WEB2' in the project. Did you mean web2?"),
    ({"servers": ["web1", "dp1"]}, "servers: there is no server 'dp1' in the project. Did you mean db1?"),
    (
        {"servers": ["db1"], "networks": ["Demo2"]},
        "networks: there is no network 'Demo2' in the project. Did you mean demo2?",
    ),
    ({"ports": ["web-vp"]}, "ports: there is no port 'web-vp' in the project. Did you mean web-vip?"),
    (
        {"servers": ["db1"], "security_groups": ["Web"]},
        "security_groups: there is no security group 'Web', neither in the project nor in this set. Did you mean web?",
    ),
]


@pytest.mark.usefixtures("vip")
@pytest.mark.parametrize(("entry", "problem"), CASES)
def test_attachments(fleet: Fleet, entry: dict[str, Any], problem: str) -> None:
    message = fleet.project.refuse(MODULE, attachments=[{"security_groups": ["web"], **entry}])
    assert message.endswith(problem)


def test_rules(fleet: Fleet) -> None:
    rules = [{"service": "ssh", "remote_group": "frontned"}, {"service": "ssh", "remote_group": "DB"}]
    groups = [{"name": "backend", "rules": rules}, {"name": "frontend", "rules": []}]
    message = fleet.project.refuse(SET, groups=groups)
    first, second = message.splitlines()
    assert first.endswith("nor in this set. Did you mean frontend?")
    assert second.endswith("nor in this set. Did you mean db?")


def test_the_group_of_a_single_rule(fleet: Fleet) -> None:
    message = fleet.project.refuse("security_group_rule", security_group="wbe", protocol="icmp")
    assert message.endswith("security_group: there is no such group in the project. Did you mean web?")


def test_hundreds_are_not_listed(fleet: Fleet) -> None:
    for number in range(40):
        fleet.api.create_group(f"group-{number}")
    message = fleet.project.refuse(MODULE, servers=["db1"], security_groups=["nothing like it"])
    assert "group-" not in message
    message = fleet.project.refuse(MODULE, servers=["db1"], security_groups=["Group-"])
    assert message.count("group-") <= 3


def test_no_request_for_what_is_only_warned_of(fleet: Fleet, requests: RequestLog) -> None:
    entries: list[dict[str, Any]] = [
        {"servers": ["WEB9"], "ports": ["web-vp"], "security_groups": ["web"]},
        {"servers": ["WEB9"], "security_groups": ["nobody"], "state": "absent"},
    ]
    with requests.record() as traffic:
        result = fleet.project.call(MODULE, attachments=entries, missing="warn")
    assert len(result["warnings"]) == 3
    assert sorted(traffic.calls()) == ["GET /v2.0/ports", "GET /v2.0/security-groups", "GET /v2.1/servers"]
