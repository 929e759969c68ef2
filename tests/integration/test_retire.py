# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook and the role that delete groups, and leave a file that restores them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

RETIRE: Final = "portcullis.openstack.retire"
APPLY: Final = "portcullis.openstack.apply"
OWNER: Final = "team-a"
# Groups that name each other and themselves, on instances, and one group beside them.
SERVICES: Final[list[Body]] = [
    {
        "name": "shop",
        "description": "Web servers",
        "tags": ["blue"],
        "allow": [
            {"service": "https", "remote_ips": ["anywhere"], "description": "All"},
            {"service": "ssh", "remote_services": ["store", "shop"]},
        ],
    },
    {
        "name": "store",
        "default_egress": False,
        "allow": [{"service": "postgresql", "ether_type": "IPv4", "remote_services": ["shop"]}],
    },
]
ATTACHMENTS: Final[list[Body]] = [
    {"servers": ["web1"], "networks": ["demo"], "services": ["shop"]},
    {"servers": ["web2"], "services": ["shop", "store"], "state": "exact"},
    {"servers": ["db1"], "services": ["store"]},
]
VARIABLES: Final[Body] = {
    "service_groups_owner": OWNER,
    "service_groups_services": SERVICES,
    "instance_groups_attachments": ATTACHMENTS,
}


@pytest.fixture
def shop(fleet: Fleet, tmp_path: Path) -> Fleet:
    """Instances with the groups of two services."""
    fleet.project.play(APPLY, tmp_path, **VARIABLES)
    return fleet


def report_of(run: PlaybookRun) -> Body:
    """Return what the run leaves for machines."""
    (line,) = re.findall(r"^\tRUN: (.*)$", run.output, re.MULTILINE)
    return dict(json.loads(line))


def fail(project: Project, directory: Path, *options: str, **variables: Any) -> str:
    """Run the playbook, which must fail and change nothing, and return the message."""
    before = project.api.snapshot()
    run = run_playbook(RETIRE, project.write_clouds_yaml(directory), *options, variables=variables)
    assert run.status == 2, run.output
    assert "Traceback" not in run.output
    assert project.api.snapshot() == before
    return str(json.loads(re.findall(r'"msg": ("(?:[^"\\]|\\.)*")', run.output)[-1]))


def state_of(fleet: Fleet) -> tuple[list[Body], dict[str, list[str]]]:
    """Return groups and attachments without ids."""
    return fleet.api.outline(), fleet.all_groups()


def test_retired_and_restored(shop: Fleet, tmp_path: Path) -> None:
    """All groups of an owner: the plan, the run, once more, and back."""
    undo = tmp_path / "undo.yml"
    before = state_of(shop)
    snapshot = shop.api.snapshot()
    check = shop.project.play(RETIRE, tmp_path, "--check", retire_owner=OWNER, retire_undo=str(undo))
    assert shop.api.snapshot() == snapshot
    assert not undo.exists()
    real = shop.project.play(RETIRE, tmp_path, retire_owner=OWNER, retire_undo=str(undo))
    assert check.diff == real.diff
    assert check.count("changed") == real.count("changed")
    assert "security group shop (deleted)" in real.diff
    assert report_of(real)["portcullis_report"]["counts"]["groups"]["deleted"] == 2
    assert {*shop.api.group_names()} == {"ssh", "web", "db"}
    assert shop.all_groups() == {
        "db1 demo": ["default"],
        "web1 demo": ["default"],
        "web1 demo2": ["default"],
        "web2 demo": [],
    }
    assert undo.stat().st_mode & 0o777 == 0o600
    text = undo.read_text()
    # Once more there is nothing to delete, and so the file is no obstacle.
    again = shop.project.play(RETIRE, tmp_path, retire_owner=OWNER, retire_undo=str(undo))
    assert again.count("changed") == 0
    assert undo.read_text() == text
    shop.project.play(APPLY, tmp_path, "-e", f"@{undo}")
    assert state_of(shop) == before


def test_some_services(shop: Fleet, tmp_path: Path) -> None:
    """A list with services: their groups are found by the list, and the file alone restores them."""
    undo = tmp_path / "undo.yml"
    services = [{**SERVICES[0], "group": "store"}, {**SERVICES[1], "name": "other", "group": "shop"}]
    before = state_of(shop)
    shop.project.play(
        RETIRE,
        tmp_path,
        service_groups_services=services,
        service_groups_owner=OWNER,
        retire_services=["shop", "other"],
        retire_names=["ssh-of-yesterday"],
        retire_undo=str(undo),
    )
    assert {*shop.api.group_names()} == {"ssh", "web", "db"}
    found = yaml.safe_load(undo.read_text())
    assert [service["name"] for service in found["service_groups_services"]] == ["shop", "store"]
    shop.project.play(APPLY, tmp_path, "-e", f"@{undo}")
    assert state_of(shop) == before


def test_an_existing_file(shop: Fleet, tmp_path: Path) -> None:
    """Perhaps that of an interrupted run, and then it is the only one that restores everything."""
    undo = tmp_path / "undo.yml"
    undo.write_text("mine")
    for options in ([], ["--check"]):
        message = fail(shop.project, tmp_path, *options, retire_owner=OWNER, retire_undo=str(undo))
        assert message.startswith(f"retire_undo: '{undo}' exists, perhaps from a run that was interrupted;")
    assert undo.read_text() == "mine"


def test_rules_of_other_groups(shop: Fleet, tmp_path: Path) -> None:
    undo = tmp_path / "undo.yml"
    message = fail(shop.project, tmp_path, retire_names=["store"], retire_owner=OWNER, retire_undo=str(undo))
    assert message.startswith("rules of security group shop name store, and Neutron would delete them with it")
    assert not undo.exists()


def test_ports_of_other_projects(project: Project, administrator: Project, admin: Api, tmp_path: Path) -> None:
    """Groups that are lent cannot be detached elsewhere. The administrator sees these ports."""
    project.share("security_group", "lent", administrator)
    undo = tmp_path / "undo.yml"
    network = admin.post("network", "/networks", {"network": {"name": "theirs"}})["network"]["id"]
    lent = project.api.group("lent")["id"]
    port = {"network_id": network, "security_groups": [lent], "project_id": administrator.id}
    try:
        admin.post("network", "/ports", {"port": port})
        run = run_playbook(
            RETIRE,
            project.write_clouds_yaml(tmp_path),
            "--check",
            variables={"retire_names": ["lent"], "retire_undo": str(undo)},
        )
        assert f"security group lent is shared with project {administrator.id}" in " ".join(run.output.split())
    finally:
        for one in admin.get("network", "/ports", params={"network_id": network})["ports"]:
            admin.delete("network", f"/ports/{one['id']}")
        admin.delete("network", f"/networks/{network}")
    project.play(RETIRE, tmp_path, retire_names=["lent"], retire_undo=str(undo))
    assert "lent" not in project.api.group_names()
    project.play(APPLY, tmp_path, "-e", f"@{undo}")
    assert "lent" in administrator.api.group_names()


def test_groups_that_stay(shop: Fleet, tmp_path: Path) -> None:
    """Those of others, and what nobody should delete: an error if they are listed, otherwise left alone."""
    undo = str(tmp_path / "undo.yml")
    message = fail(shop.project, tmp_path, retire_names=["store", "ssh", "shop"], retire_undo=undo)
    assert [line.partition(";")[0] for line in message.splitlines()[:2]] == [
        "security group shop: it belongs to the owner team-a",
        "security group store: it belongs to the owner team-a",
    ]
    run = shop.project.play(RETIRE, tmp_path, retire_names=["s*", "d*"], retire_undo=undo)
    assert "security group default: every project has it" in run.output
    assert {*shop.api.group_names()} == {"shop", "store", "web"}


def test_what_cannot_be_restored(project: Project, tmp_path: Path) -> None:
    project.api.create_group("web")
    project.api.put("network", f"/security-groups/{project.api.group('web')['id']}/tags", {"tags": ["a,b"]})
    message = fail(project, tmp_path, retire_names=["web"], retire_undo=str(tmp_path / "undo.yml"))
    assert message.startswith("security group web: it could not be restored: ")


def test_variables_that_cannot_be_right(project: Project, tmp_path: Path, requests: RequestLog) -> None:
    with requests.record() as traffic:
        message = fail(project, tmp_path, retire_nmaes=["web"], service_groups_owner=OWNER)
        assert message.splitlines() == [
            "retire_nmaes: there is no such variable. Did you mean retire_names?",
            "retire_names: no groups are chosen; set retire_names or retire_services, or retire_owner for all of its",
            "retire_undo: it is missing; give the path of the file that will restore the groups",
        ]
        message = fail(project, tmp_path, retire_names=[], retire_owner=OWNER, retire_undo="undo.yml")
        assert message == "retire_names: the list is empty; remove it to retire all groups of retire_owner"
    assert [call for call in traffic.calls() if "/v2.0/" in str(call)] == []


def test_the_report_of_a_failure(project: Project, tmp_path: Path) -> None:
    """Whichever task fails, and with the file for AWX."""
    clouds_yaml = project.write_clouds_yaml(tmp_path)
    undo = str(tmp_path / "undo.yml")
    project.api.create_group("web")
    report = report_of(run_playbook(RETIRE, clouds_yaml, variables={"retire_undo": undo}))["portcullis_report"]
    assert (report["state"], report["changed"]) == ("failed", False)
    assert report["message"].startswith("retire_names: no groups are chosen")
    variables = {"retire_names": ["web"], "retire_undo": undo, "retire_project": "no-such-project"}
    run = run_playbook(RETIRE, clouds_yaml, variables=variables)
    assert "no-such-project" in report_of(run)["portcullis_report"]["message"]
    run = run_playbook(
        RETIRE,
        clouds_yaml,
        "--check",
        variables={"retire_names": ["web"], "retire_undo": undo, "portcullis_file_artifact": True}
        | {"portcullis_fail_on_drift": True},
    )
    assert run.status == 2
    report = report_of(run)
    assert report["portcullis_report"]["state"] == "changed"
    assert "- name: web" in report["portcullis_retire"]["file"]
