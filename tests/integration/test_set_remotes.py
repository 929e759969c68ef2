# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that name other groups: of the set in any order and in cycles, and outside of it."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines


def ssh_from(*groups: str) -> list[dict[str, object]]:
    return [{"service": "ssh", "remote_groups": list(groups)}]


def test_groups_name_each_other_in_a_cycle(project: Project) -> None:
    project.set(
        [
            {"name": "a", "rules": ssh_from("c")},
            {"name": "b", "rules": ssh_from("a")},
            {"name": "c", "rules": ssh_from("b", "c")},
        ]
    )
    assert project.api.rules("a") == ["ingress IPv4 tcp 22:22 c"]
    assert project.api.rules("b") == ["ingress IPv4 tcp 22:22 a"]
    assert project.api.rules("c") == ["ingress IPv4 tcp 22:22 b", "ingress IPv4 tcp 22:22 c"]


def test_a_cycle_is_deleted(project: Project) -> None:
    project.set([{"name": "a", "rules": ssh_from("b")}, {"name": "b", "rules": ssh_from("a")}])
    project.set([{"name": "a", "state": "absent"}, {"name": "b", "state": "absent"}])
    assert project.api.group_names() == []


def test_a_new_group_is_added_to_a_cycle(project: Project) -> None:
    project.set([{"name": "b", "rules": []}])
    project.set([{"name": "a", "rules": ssh_from("b")}, {"name": "b", "rules": ssh_from("a")}])
    assert project.api.rules("b") == ["ingress IPv4 tcp 22:22 a"]


def test_a_group_outside_the_set_by_name(project: Project) -> None:
    project.api.create_group("bastion")
    result = project.set([{"name": "web", "rules": ssh_from("bastion")}])
    assert "  + ingress IPv4 tcp 22 from group bastion" in lines(result)
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22 bastion"]


def test_a_group_outside_the_set_by_id(project: Project) -> None:
    bastion = project.api.create_group("bastion")
    result = project.set([{"name": "web", "rules": ssh_from(bastion)}])
    assert "  + ingress IPv4 tcp 22 from group bastion" in lines(result)
    assert not project.set([{"name": "web", "rules": ssh_from("bastion")}])["changed"]


def test_name_and_id_of_one_group_are_one_rule(project: Project) -> None:
    bastion = project.api.create_group("bastion")
    project.set([{"name": "web", "rules": ssh_from(bastion, "bastion")}])
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22 bastion"]


def test_a_group_of_the_set_by_its_id(project: Project) -> None:
    project.set([{"name": "web", "rules": []}])
    web = project.api.group("web")["id"]
    project.set([{"name": "web", "rules": []}, {"name": "db", "rules": ssh_from(web)}])
    assert project.api.rules("db") == ["ingress IPv4 tcp 22:22 web"]


def test_the_default_group_as_remote(project: Project) -> None:
    project.set([{"name": "web", "rules": ssh_from("default")}])
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22 default"]


def test_the_default_group_in_the_set(project: Project) -> None:
    project.set([{"name": "default", "rules": [{"direction": "egress"}]}])
    assert project.api.rules("default") == ["egress IPv4 any"]


def test_a_name_only_means_groups_of_the_same_project(project: Project, new_project: Callable[[], Project]) -> None:
    new_project().api.create_group("elsewhere")
    message = project.refuse("security_group_set", groups=[{"name": "web", "rules": ssh_from("elsewhere")}])
    assert "security group web, rule 1, remote_groups: there is no security group 'elsewhere'" in message


def test_a_group_of_another_project_that_is_shared_by_its_id(
    project: Project, new_project: Callable[[], Project]
) -> None:
    shared = new_project().share("security_group", "shared-bastion", project)
    result = project.set([{"name": "web", "rules": ssh_from(shared)}])
    assert "  + ingress IPv4 tcp 22 from group shared-bastion" in lines(result)


def test_a_rule_loses_a_remote_group_outside_the_set(project: Project) -> None:
    project.api.create_group("bastion")
    project.set([{"name": "web", "rules": ssh_from("bastion")}])
    result = project.set([{"name": "web", "rules": []}])
    assert "  - ingress IPv4 tcp 22 from group bastion" in lines(result)


def test_a_remote_group_that_the_run_deletes_is_an_error(project: Project) -> None:
    project.set([{"name": "bastion", "rules": []}])
    groups = [{"name": "bastion", "state": "absent"}, {"name": "web", "rules": ssh_from("bastion")}]
    message = project.refuse("security_group_set", groups=groups)
    assert "security group web, rule 1, remote_groups: this run deletes security group 'bastion'" in message


def test_address_groups_by_name_and_by_id(project: Project) -> None:
    body = {"address_group": {"name": "offices", "addresses": ["192.0.2.0/24"]}}
    offices = project.api.post("network", "/address-groups", body)["address_group"]["id"]
    result = project.set([{"name": "web", "rules": [{"service": "ssh", "remote_address_group": "offices"}]}])
    assert "  + ingress IPv4 tcp 22 from address group offices" in lines(result)
    assert project.api.rules("web") == [f"ingress IPv4 tcp 22:22 {offices}"]
    same = [{"name": "web", "rules": [{"service": "ssh", "remote_address_groups": [offices, "offices"]}]}]
    assert not project.set(same)["changed"]
    gone = project.set([{"name": "web", "rules": []}])
    assert "  - ingress IPv4 tcp 22 from address group offices" in lines(gone)


def test_an_address_group_of_another_project_is_not_meant_by_its_name(
    project: Project, new_project: Callable[[], Project]
) -> None:
    """Its owner could choose any name."""
    foreign = new_project().share("address_group", "offices", project)
    own = project.api.post("network", "/address-groups", {"address_group": {"name": "offices"}})["address_group"]["id"]
    rules = [{"service": "ssh", "remote_address_groups": [foreign, "offices"]}]
    result = project.set([{"name": "web", "rules": rules}])
    assert lines(result).count("  + ingress IPv4 tcp 22 from address group offices") == 2
    assert project.api.rules("web") == sorted(f"ingress IPv4 tcp 22:22 {id_}" for id_ in (foreign, own))
