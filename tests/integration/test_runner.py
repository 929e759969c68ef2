# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Others who change the same groups while a run is under way: really, on the real cloud."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.plugins.module_utils._converge import settle as _settle
from ansible_collections.portcullis.openstack.tests.integration.harness.crowd import Crowded
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

SSH = {"service": "ssh"}
HTTPS = {"service": "https"}
MODULE = "security_group_set"


def web(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"name": "web", "rules": list(rules)}


def test_what_someone_keeps_undoing_is_reported(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def undo() -> None:
        for rule_id in project.api.rule_ids("web").values():
            project.api.delete("network", f"/security-group-rules/{rule_id}")

    monkeypatch.setattr(_settle, "_PAUSES", (0.0,))
    project.set([web()])
    crowded = Crowded(project, "create_rules", after=undo, always=True)
    with pytest.raises(CloudError, match="at the same time") as caught:
        project.call(MODULE, connection=crowded, groups=[web(SSH)])
    assert "  + ingress IPv4 tcp 22 from 0.0.0.0/0" in str(caught.value)
    assert caught.value.done == ["created 1 rule in security group web"] * 2
    project.set([web(SSH)])
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22"]


def test_what_someone_undoes_once_is_done_again(project: Project) -> None:
    def undo() -> None:
        for rule_id in project.api.rule_ids("web").values():
            project.api.delete("network", f"/security-group-rules/{rule_id}")

    project.set([web()])
    assert project.call(MODULE, connection=Crowded(project, "create_rules", after=undo), groups=[web(SSH)])["changed"]
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22"]


def test_a_rule_that_someone_else_was_faster_to_make(project: Project) -> None:
    """Neutron refuses the whole bulk; the run looks again and makes what is missing."""
    project.set([web()])
    group_id = project.api.group("web")["id"]
    ssh = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    cloud = Crowded(project, "create_rules", before=lambda: project.api.create_rule(group_id, **ssh))
    assert project.call(MODULE, connection=cloud, groups=[web(SSH, HTTPS)])["changed"]
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22", "ingress IPv4 tcp 443:443"]


def test_a_rule_that_someone_else_was_faster_to_delete(project: Project) -> None:
    project.set([web(SSH)])
    (ssh,) = project.api.rule_ids("web").values()
    gone = Crowded(project, "delete_rule", before=lambda: project.api.delete("network", f"/security-group-rules/{ssh}"))
    assert project.call(MODULE, connection=gone, groups=[web(HTTPS)])["changed"]
    assert project.api.rules("web") == ["ingress IPv4 tcp 443:443"]


def test_a_group_that_someone_else_was_faster_to_delete(project: Project) -> None:
    project.set([web(SSH)])
    web_id = project.api.group("web")["id"]
    gone = Crowded(
        project, "delete_security_group", before=lambda: project.api.delete("network", f"/security-groups/{web_id}")
    )
    assert project.call(MODULE, connection=gone, groups=[{"name": "web", "state": "absent"}])["changed"]
    assert project.api.group_names() == []


def test_an_older_group_of_the_same_name_stays(project: Project) -> None:
    older = []

    def create() -> None:
        older.append(project.api.create_group("web"))
        time.sleep(1.1)  # Neutron's time stamps are in whole seconds

    crowded = Crowded(project, "create_security_groups", before=create)
    project.call(MODULE, connection=crowded, groups=[web(SSH)])
    assert [group["id"] for group in project.api.groups()] == older
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22"]
    assert not project.call(MODULE, groups=[web(SSH)])["changed"]


def test_a_younger_group_of_the_same_name_is_a_duplicate(project: Project) -> None:
    """As it was created, it may be what a run has left that ended right after its create."""

    def create() -> None:
        time.sleep(1.1)
        project.api.create_group("web")

    crowded = Crowded(project, "create_security_groups", after=create)
    result = project.call(MODULE, connection=crowded, groups=[web(SSH)])
    assert [group["id"] for group in project.api.groups()] == [group["id"] for group in result["groups"]]
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22"]
    assert not project.call(MODULE, groups=[web(SSH)])["changed"]


def test_a_younger_group_that_someone_uses_is_no_duplicate(project: Project) -> None:
    younger = []

    def create() -> None:
        time.sleep(1.1)
        younger.append(project.api.create_group("web", [{"protocol": "udp"}]))

    crowded = Crowded(project, "create_security_groups", after=create)
    project.call(MODULE, connection=crowded, groups=[web(SSH)])
    assert [group["id"] for group in project.api.groups()] == younger
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22"]


def test_a_group_that_someone_else_deletes_is_made_again(project: Project) -> None:
    project.set([web()])
    web_id = project.api.group("web")["id"]
    gone = Crowded(project, "create_rules", before=lambda: project.api.delete("network", f"/security-groups/{web_id}"))
    assert project.call(MODULE, connection=gone, groups=[web(SSH)])["changed"]
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22"]


def test_an_interrupted_create_is_finished_by_the_next_run(project: Project) -> None:
    """The groups stand, but the run ended before their tags and rules came."""

    class Interrupted(Cloud):
        def add_security_group_tag(self, group_id: str, tag: str) -> None:
            raise CloudError("the line was cut")

    groups = [web(SSH), {"name": "db", "rules": [{**SSH, "remote_group": "web"}]}]
    with pytest.raises(CloudError) as caught:
        project.call(MODULE, connection=Interrupted({"cloud": project.cloud}), groups=groups, owner="team-a")
    assert caught.value.done == ["created security groups db, web"]
    project.set(groups, owner="team-a")
    assert project.api.rules("db") == ["ingress IPv4 tcp 22:22 web"]
    assert project.api.tags("web") == ["portcullis-owner:team-a"]
