# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of the playbook apply costs: one start of a module and few requests, which are all named here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

APPLY = "portcullis.openstack.apply"
Variables = dict[str, Any]
# The version of the API, a token, and lists of groups, servers and ports.
FIRST_LOOK = [
    "GET /v3",
    "POST /v3/auth/tokens",
    "GET /v2.0/security-groups",
    "GET /v2.1/servers",
    "GET /v2.0/ports",
]


def service(name: str, *ports: int) -> Variables:
    return {"name": name, "allow": [{"ports": list(ports), "remote_ips": ["192.0.2.0/24"]}]}


def attached(service: str, *servers: str) -> Variables:
    return {"servers": list(servers), "services": [service]}


def owned(services: list[Variables], attachments: list[Variables], **options: Any) -> Variables:
    return {
        "service_groups_services": services,
        "service_groups_owner": "team-a",
        "service_groups_prune": True,
        "instance_groups_attachments": attachments,
        **options,
    }


@dataclass(frozen=True)
class Case:
    """A run, the variables of the run before it, and what it takes after the first look: writes in order, and reads."""

    before: Variables | None
    run: Variables
    summary: str
    writes: list[str] = field(default_factory=list)
    reads: int = 0


FRONT = owned([service("front", 443)], [attached("front", "web1", "db1")])
NEW_GROUP = ["POST security-groups", "PUT security-groups", "POST security-group-rules"]
# The server web1 has two ports.
THREE_PORTS = ["PUT ports"] * 3
CASES = {
    "no change": Case(FRONT, FRONT, "Nothing to change."),
    "create": Case(
        None,
        FRONT,
        "Done: 1 group created, 0 changed, 0 deleted; 3 rules added, 0 removed; 3 of 3 ports changed.",
        [*NEW_GROUP, *THREE_PORTS],
        reads=9,
    ),
    "change": Case(
        FRONT,
        owned([service("front", 443, 8443)], [attached("front", "web1", "db1", "web2")]),
        "Done: 0 groups created, 1 changed, 0 deleted; 1 rule added, 0 removed; 1 of 4 ports changed.",
        ["POST security-group-rules", "PUT ports"],
        reads=5,
    ),
    "rename with detach": Case(
        FRONT,
        owned([service("site", 443)], [attached("site", "web1", "db1")], service_groups_detach=True),
        "Done: 1 group created, 0 changed, 1 deleted; 3 rules added, 3 removed; 3 of 3 ports changed.",
        [*NEW_GROUP, *THREE_PORTS, *THREE_PORTS, "DELETE security-groups"],
        reads=15,
    ),
    "prune": Case(
        owned([service("front", 443), service("old", 80)], [attached("front", "web1", "db1")]),
        FRONT,
        "Done: 0 groups created, 0 changed, 1 deleted; 0 rules added, 3 removed; 0 of 3 ports changed.",
        ["DELETE security-groups"],
        reads=7,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_requests_of_a_run(fleet: Fleet, tmp_path: Path, requests: RequestLog, case: Case) -> None:
    if case.before is not None:
        fleet.project.play(APPLY, tmp_path, **case.before)
    clouds_yaml = fleet.project.write_clouds_yaml(tmp_path)
    with requests.record() as traffic:
        run = run_playbook(APPLY, clouds_yaml, variables=case.run, diff=False)
    assert run.status == 0, run.output
    assert traffic.calls()[: len(FIRST_LOOK)] == FIRST_LOOK
    # Every module that starts logs in.
    assert len(traffic.to("POST", "/auth/tokens")) == 1
    assert traffic.writes().steps() == case.writes
    assert len(traffic) == len(FIRST_LOOK) + len(case.writes) + case.reads
    assert run.last_task.startswith("Summary]")
    assert f'"msg": "{case.summary}"' in run.last_task
