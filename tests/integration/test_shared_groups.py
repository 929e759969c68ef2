# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups that another project uses: what its ports prevent is tried first, and quotas and rights are judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Call,
    Forward,
    Proxy,
    neutron_error,
)

WHY = "cannot be changed while a port of another project has it, which these credentials cannot see"
OTHER = {"name": "other", "rules": [{"service": "https"}]}


@pytest.fixture
def borrower(new_project: Callable[[], Project]) -> Project:
    return new_project()


@pytest.fixture
def web(project: Project, borrower: Project) -> Project:
    """A project with an owned group that a port of another project has."""
    project.call("security_group_set", groups=[{"name": "web", "rules": [{"service": "ssh"}]}], owner="team-a")
    project.call("security_group", name="web", shared_with=[borrower.id])
    network = borrower.api.post("network", "/networks", {"network": {"name": "net"}})["network"]["id"]
    body = {"network_id": network, "security_groups": [project.api.group("web")["id"]]}
    borrower.api.post("network", "/ports", {"port": body})
    return project


CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "taken back": (
        "security_group",
        {"name": "web", "shared_with": [], "description": "changed", "tags": ["t"], "security_group_rules": []},
    ),
    "stateless": (
        "security_group_set",
        {"groups": [{"name": "web", "stateful": False, "rules": []}, OTHER], "owner": "team-a"},
    ),
    "pruned": ("security_group_set", {"groups": [OTHER], "owner": "team-a", "prune": True}),
    "deleted": ("security_group_set", {"groups": [{"name": "web", "state": "absent"}, OTHER], "owner": "team-a"}),
    "deleted alone": ("security_group", {"name": "web", "state": "absent"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_port_elsewhere_prevents(web: Project, borrower: Project, what: str) -> None:
    """Nothing else is changed, the message says why, and the next run does it once the port is gone."""
    module, options = CHANGES[what]
    before = web.api.outline()
    check = web.call(module, check_mode=True, **options)
    assert any(
        f"is shared with project {borrower.id}, whose ports this run cannot see" in line for line in check["warnings"]
    )
    for _time in range(2):
        with pytest.raises(CloudError, match=WHY) as caught:
            web.call(module, **options)
        assert [step for step in caught.value.done if step != "created security group other"] == []
        assert [group for group in web.api.outline() if group["name"] != "other"] == before
    (port,) = [port for port in borrower.api.ports() if web.api.group("web")["id"] in port["security_groups"]]
    borrower.api.delete("network", f"/ports/{port['id']}")
    web.settle(module, **options)


def test_a_conflict_of_a_group_that_is_not_shared(project: Project) -> None:
    """Something else than a port elsewhere causes it, so that the cloud's own words are all that is known."""
    project.call("security_group", name="web", security_group_rules=[])

    def conflict(call: Call, forward: Forward) -> Answer:
        return neutron_error(409, "SecurityGroupInUse", "in use") if call.method == "PUT" else forward(call)

    with Proxy(conflict) as proxy, project.through(proxy) as connection, pytest.raises(CloudError) as caught:
        project.call("security_group", connection=connection, name="web", stateful=False)
    assert "in use" in str(caught.value)
    assert WHY not in str(caught.value)


def test_a_warning_names_only_the_projects_that_a_change_concerns(project: Project) -> None:
    """Those with which it stops to be shared; all of them if it is deleted or becomes stateless."""
    kept, dropped = "1" * 32, "2" * 32
    project.call("security_group", name="web", shared_with=[kept, dropped])

    def warned(**options: Any) -> str:
        (warning,) = project.call("security_group", name="web", check_mode=True, **options)["warnings"]
        return str(warning)

    assert f"is shared with project {dropped}, whose" in warned(shared_with=[kept])
    both = f"is shared with project {kept}, {dropped}, whose"
    assert both in warned(shared_with=[kept], stateful=False)
    assert both in warned(state="absent")


def policies(project: Project) -> list[str]:
    found = project.api.get("network", "/rbac-policies")["rbac_policies"]
    return sorted(policy["target_tenant"] for policy in found)


def test_the_quota_of_policies(project: Project, borrower: Project, admin: Api) -> None:
    admin.put("network", f"/quotas/{project.id}", {"quota": {"rbac_policy": 1}})
    others = ["1" * 32, "2" * 32]
    message = project.prevent("security_group", name="web", shared_with=others, security_group_rules=[])
    assert message.startswith(
        "the plan needs 2 more RBAC policies, but the project's quota is 1 and 0 are used. Ask for"
    )
    project.settle("security_group", name="web", shared_with=[borrower.id])
    project.settle("security_group", name="web", shared_with=others[:1])
    assert policies(project) == others[:1]


def test_a_project_over_its_quota_of_policies(project: Project, admin: Api) -> None:
    """One is withdrawn before another one is created, which the cloud refuses even so."""
    old, new = ["1" * 32, "2" * 32], ["1" * 32, "3" * 32]
    project.call("security_group", name="web", shared_with=old)
    admin.limit(project.id, rbac_policy=1)
    message = project.prevent("security_group", name="web", shared_with=new)
    assert message.startswith(
        "the project's quota of RBAC policies is 1, and 2 are used: the cloud creates no more. Ask for a higher quota"
    )


def test_sharing_with_all_as_a_member(project: Project) -> None:
    message = project.prevent("security_group", name="web", shared_with=["*"], security_group_rules=[])
    assert message.startswith(
        "security group web cannot be shared with all projects ('*'): POST /rbac-policies was answered 403"
    )


def test_sharing_with_all_as_an_administrator(administrator: Project) -> None:
    result = administrator.settle("security_group", name="for-all", shared_with=["*"])
    assert "  + shared with project *" in lines(result)
    administrator.settle("security_group", name="for-all", shared_with=[])
    administrator.settle("security_group", name="for-all", state="absent")


def test_sharing_is_shown_by_names(administrator: Project, borrower: Project) -> None:
    """In both directions, whether the user writes the name or the id."""
    for written in (borrower.name, borrower.id):
        result = administrator.settle("security_group", name="web", shared_with=[written])
        assert f"  + shared with project {borrower.name}" in lines(result)
        result = administrator.settle("security_group", name="web", shared_with=[])
        assert lines(result) == ["security group web", f"  - shared with project {borrower.name}"]
    administrator.settle("security_group", name="web", shared_with=[borrower.id])
    check = administrator.call("security_group", name="web", state="absent", check_mode=True)
    assert f"security group web is shared with project {borrower.name}" in check["warnings"][0]
    administrator.settle("security_group", name="web", state="absent")


def test_groups_of_a_set_are_shared(project: Project, borrower: Project) -> None:
    """A list with several groups can say of each whom it is shared with."""
    groups: list[dict[str, Any]] = [{"name": "lent", "shared_with": [borrower.id], "rules": []}, OTHER]
    assert f"  + shared with project {borrower.id}" in lines(project.set(groups))
    assert "lent" in borrower.api.group_names()
    project.set([{"name": "lent"}, OTHER])
    assert "lent" in borrower.api.group_names()
    project.set([{"name": "lent", "shared_with": []}, OTHER])
    assert "lent" not in borrower.api.group_names()
