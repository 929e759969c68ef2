# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook apply as a whole: it judges before it writes, tells machines what it does, and lives in tight quotas."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

APPLY = "portcullis.openstack.apply"
Counts = dict[str, int] | None
HTTPS = {"name": "https", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]}


def fail(fleet: Fleet, directory: Path, *options: str, **variables: Any) -> PlaybookRun:
    """Run the playbook, which must fail."""
    run = run_playbook(APPLY, fleet.project.write_clouds_yaml(directory), *options, variables=variables)
    assert run.status != 0, run.output
    assert run.count("failed") == 1
    assert "Traceback" not in run.output
    return run


def report_of(run: PlaybookRun) -> dict[str, Any]:
    """Return what the run leaves for machines, which ansible-playbook shows when asked to."""
    (line,) = re.findall(r"^\tRUN: (.*)$", run.output, re.MULTILINE)
    return dict(json.loads(line)["portcullis_report"])


BAD: list[tuple[dict[str, Any], str]] = [
    ({"servers": ["wbe1"], "services": ["https"]}, "attachment 1 (wbe1), servers: there is no server 'wbe1'"),
    ({"servers": ["web1"], "services": ["htps"]}, "attachment 1 (web1), services: there is no service 'htps'"),
    ({"servers": ["web1"], "security_groups": ["shh"]}, "attachment 1 (web1), security_groups: there is no"),
    ({"servers": ["web1"], "services": ["gone"]}, "attachment 1 (web1), services: 'gone' has state absent"),
    (
        {"servers": ["web1"], "security_groups": ["gone"]},
        "attachment 1 (web1), security_groups: 'gone' has state absent",
    ),
]


@pytest.mark.parametrize("mode", [["--check"], []], ids=["check", "real"])
@pytest.mark.parametrize(("attachment", "expected"), BAD)
def test_attachments_are_judged_before_groups_are_created(
    fleet: Fleet, tmp_path: Path, requests: RequestLog, attachment: dict[str, Any], expected: str, mode: list[str]
) -> None:
    before = fleet.api.snapshot()
    services = [HTTPS, {"name": "gone", "state": "absent"}]
    with requests.record() as traffic:
        run = fail(fleet, tmp_path, *mode, service_groups_services=services, instance_groups_attachments=[attachment])
    assert expected in run.output
    assert not traffic.writes()
    assert fleet.api.snapshot() == before


def test_stateless_groups_from_the_first_run_on(fleet: Fleet, tmp_path: Path, requests: RequestLog) -> None:
    services = [{**HTTPS, "stateful": False}, {"name": "more", "stateful": False}]
    attachment = {"servers": ["db1"], "services": ["https", "more"]}
    variables = {"service_groups_services": services, "instance_groups_attachments": [attachment]}
    with requests.record() as traffic:
        mixed = fail(fleet, tmp_path, **variables)
    assert "would have stateful and stateless security groups" in mixed.output
    assert not traffic.writes()
    fleet.project.settle_play(
        APPLY, tmp_path, **{**variables, "instance_groups_attachments": [{**attachment, "state": "exact"}]}
    )
    assert fleet.groups_of("db1") == ["https", "more"]


@pytest.mark.parametrize("mode", [["--check"], []], ids=["check", "real"])
def test_a_rule_that_names_a_deleted_service(
    fleet: Fleet, tmp_path: Path, requests: RequestLog, mode: list[str]
) -> None:
    from_gone = {"name": "web", "allow": [{"service": "https", "remote_services": ["gone"]}]}
    services = [from_gone, {"name": "gone", "state": "absent"}]
    with requests.record() as traffic:
        run = fail(fleet, tmp_path, *mode, service_groups_services=services)
    assert "service web, allow 1, remote_services: 'gone' has state absent; name another one, or keep it" in run.output
    assert not traffic.writes()


def test_what_stops_the_deletion_of_a_group_stops_all(fleet: Fleet, tmp_path: Path) -> None:
    """Detaching the group first would be no help: rules of a group that nobody lists name it."""
    owned = {"service_groups_owner": "team-a", "service_groups_prune": True}
    old = {**HTTPS, "name": "old"}
    attachment = {"servers": ["web1"], "services": ["old"]}
    fleet.project.play(
        APPLY, tmp_path, **owned, service_groups_services=[old], instance_groups_attachments=[attachment]
    )
    rule = {"protocol": "tcp", "remote_group_id": fleet.api.group("old")["id"]}
    fleet.api.create_group("theirs", [rule])
    before = fleet.api.snapshot()
    off = {"servers": ["web1"], "security_groups": ["old"], "state": "absent"}
    run = fail(fleet, tmp_path, **owned, service_groups_services=[HTTPS], instance_groups_attachments=[off])
    assert "rules of security group theirs name old, and Neutron would delete them" in run.output
    assert fleet.api.snapshot() == before


def test_one_task_changes_groups_and_ports(fleet: Fleet, tmp_path: Path) -> None:
    attachments = [{"servers": ["web1", "web2"], "networks": ["demo"], "services": ["https"]}]
    run = fleet.project.play(APPLY, tmp_path, service_groups_services=[HTTPS], instance_groups_attachments=attachments)
    assert run.count("changed") == 1
    assert run.diff.count("server web1") == run.diff.count("server web2") == 1
    assert fleet.groups_of("web1") == ["default", "https"]


@pytest.mark.parametrize(
    ("playbook", "groups", "ports"),
    [
        ("service_groups", {"created": 1, "updated": 0, "deleted": 0}, {"selected": 0, "updated": 0}),
        ("instance_groups", {"created": 0, "updated": 0, "deleted": 0}, {"selected": 1, "updated": 1}),
        ("apply", {"created": 1, "updated": 0, "deleted": 0}, {"selected": 1, "updated": 1}),
    ],
)
def test_drift(fleet: Fleet, tmp_path: Path, playbook: str, groups: Counts, ports: Counts) -> None:
    """Drift is reported to machines and fails the run; without check mode the run removes the drift instead."""
    if playbook == "instance_groups":
        fleet.api.create_group("https")
    variables: dict[str, Any] = {
        "service_groups_services": [HTTPS],
        "instance_groups_attachments": [{"servers": ["db1"], "services": ["https"]}],
        "portcullis_fail_on_drift": True,
    }
    name = f"portcullis.openstack.{playbook}"
    drift = run_playbook(name, fleet.project.write_clouds_yaml(tmp_path), "--check", variables=variables)
    assert drift.status != 0
    assert "The cloud differs from the files." in drift.output
    mend = fleet.project.play(name, tmp_path, **variables)
    found = report_of(drift)
    assert found == report_of(mend)
    assert [found["state"], found["changed"], found["message"]] == ["changed", True, ""]
    assert [found["counts"].get("groups"), found["counts"].get("ports")] == [groups, ports]
    assert found["plan"]
    again = report_of(fleet.project.play(name, tmp_path, "--check", **variables))
    assert [again["state"], again["changed"], again["plan"]] == ["unchanged", False, ""]


@pytest.mark.parametrize("options", [["--check"], []], ids=["check", "real"])
@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ({"servers": ["web9"], "services": ["https"]}, "there is no server 'web9'"),
        ({"servers": ["web1"], "services": ["htps"]}, "there is no service 'htps'"),
    ],
    ids=["module", "filter"],
)
def test_a_failure_is_no_drift(
    fleet: Fleet, tmp_path: Path, attachment: dict[str, Any], expected: str, options: list[str]
) -> None:
    failed = fail(
        fleet,
        tmp_path,
        *options,
        service_groups_services=[HTTPS],
        instance_groups_attachments=[attachment],
        portcullis_fail_on_drift=True,
    )
    assert "The cloud differs from the files." not in failed.output
    report = report_of(failed)
    assert [report["state"], report["changed"], report["counts"], report["plan"]] == ["failed", False, {}, ""]
    assert expected in report["message"]


def test_delete_first(fleet: Fleet, tmp_path: Path, requests: RequestLog) -> None:
    """Rules of a group in use are deleted before others are created, so that the quota needs no room for both."""
    attachments = [{"servers": ["db1"], "services": ["https"], "state": "exact"}]
    fleet.project.play(APPLY, tmp_path, service_groups_services=[HTTPS], instance_groups_attachments=attachments)
    groups = fleet.api.get("network", "/security-groups")["security_groups"]
    used = sum(len(group["security_group_rules"]) for group in groups)
    quota = f"/quotas/{fleet.project.id}"
    fleet.admin.put("network", quota, {"quota": {"security_group_rule": used}})
    moved = {**HTTPS, "allow": [{"ports": [8443], "remote_ips": ["anywhere"]}]}
    variables: dict[str, Any] = {"service_groups_services": [moved], "instance_groups_attachments": attachments}
    try:
        before = fleet.api.snapshot()
        assert "the project's quota is" in fail(fleet, tmp_path, **variables).output
        assert fleet.api.snapshot() == before
        with requests.record() as traffic:
            fleet.project.settle_play(APPLY, tmp_path, service_groups_delete_first=True, **variables)
    finally:
        fleet.admin.delete("network", quota)
    writes = traffic.writes().steps()
    assert writes == ["DELETE security-group-rules", "DELETE security-group-rules", "POST security-group-rules"]
    assert fleet.groups_of("db1") == ["https"]
    assert "ingress IPv4 tcp 8443:8443 0.0.0.0/0" in fleet.api.rules("https")
