# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security_group_set over the life of groups: check, create, again, change, shrink, delete."""

from __future__ import annotations

from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines

WEB = {
    "name": "web",
    "description": "Web servers",
    "rules": [
        {"protocol": "tcp", "ports": [80, 443], "remote_ip_prefix": "anywhere"},
        {"direction": "egress", "ether_type": "any"},
    ],
}
DB = {"name": "db", "rules": [{"service": "postgresql", "remote_group": "web", "description": "from web"}]}
WEB_RULES = [
    "egress IPv4 any",
    "egress IPv6 any",
    "ingress IPv4 tcp 443:443 0.0.0.0/0",
    "ingress IPv4 tcp 80:80 0.0.0.0/0",
    "ingress IPv6 tcp 443:443 ::/0",
    "ingress IPv6 tcp 80:80 ::/0",
]


def test_create(project: Project) -> None:
    result = project.set([WEB, DB])
    assert lines(result) == [
        "security group db (does not exist)",
        "  + ingress IPv4 tcp 5432 from group web (from web)",
        "security group web (does not exist)",
        "  + description: 'Web servers'",
        "  + egress IPv4 any to 0.0.0.0/0",
        "  + egress IPv6 any to ::/0",
        "  + ingress IPv4 tcp 443 from 0.0.0.0/0",
        "  + ingress IPv4 tcp 80 from 0.0.0.0/0",
        "  + ingress IPv6 tcp 443 from ::/0",
        "  + ingress IPv6 tcp 80 from ::/0",
    ]
    assert result["counts"]["groups"] == {"created": 2, "updated": 0, "deleted": 0}
    assert result["groups"] == project.api.groups_in_short()
    assert project.api.rules("web") == WEB_RULES
    assert project.api.rules("db") == ["ingress IPv4 tcp 5432:5432 web (from web)"]
    assert project.api.group("web")["description"] == "Web servers"


def test_a_check_before_the_first_run_promises_the_groups(project: Project) -> None:
    check = project.run("security_group_set", check_mode=True, groups=[WEB, DB])
    real = project.run("security_group_set", groups=[WEB, DB])
    assert [group["name"] for group in check["groups"]] == [group["name"] for group in real["groups"]]
    assert check["diff"] == real["diff"]


def test_change(project: Project) -> None:
    project.set([WEB, DB])
    ids = {group["name"]: group["id"] for group in project.api.groups()}
    changed = {
        "name": "web",
        "description": "Frontends",
        "rules": [{"protocol": "tcp", "ports": ["8000-8080", 443], "remote_ip_prefix": "anywhere"}, *WEB["rules"][1:]],
    }
    result = project.set([changed, DB])
    assert lines(result) == [
        "security group web",
        "  - description: 'Web servers'",
        "  - ingress IPv4 tcp 80 from 0.0.0.0/0",
        "  - ingress IPv6 tcp 80 from ::/0",
        "  + description: 'Frontends'",
        "  + ingress IPv4 tcp 8000-8080 from 0.0.0.0/0",
        "  + ingress IPv6 tcp 8000-8080 from ::/0",
    ]
    assert result["counts"] == {
        "groups": {"created": 0, "updated": 1, "deleted": 0},
        "rules": {"created": 2, "updated": 0, "deleted": 2},
        "ports": {"updated": 0, "selected": 0},
    }
    assert result["summary"] == (
        "Done: 0 groups created, 1 changed, 0 deleted; 2 rules added, 2 removed; 0 of 0 ports changed."
    )
    assert {group["name"]: group["id"] for group in project.api.groups()} == ids
    assert "ingress IPv4 tcp 8000:8080 0.0.0.0/0" in project.api.rules("web")


def test_shrink(project: Project) -> None:
    project.set([WEB, DB])
    kept = project.api.rule_ids("web")["ingress IPv4 tcp 443:443 0.0.0.0/0"]
    small = {"name": "web", "rules": [{"protocol": "tcp", "ports": [443], "remote_ip_prefix": "0.0.0.0/0"}]}
    result = project.set([small, {"name": "db", "rules": []}])
    assert lines(result) == [
        "security group db",
        "  - ingress IPv4 tcp 5432 from group web (from web)",
        "security group web",
        "  - egress IPv4 any to 0.0.0.0/0",
        "  - egress IPv6 any to ::/0",
        "  - ingress IPv4 tcp 80 from 0.0.0.0/0",
        "  - ingress IPv6 tcp 443 from ::/0",
        "  - ingress IPv6 tcp 80 from ::/0",
    ]
    assert project.api.rule_ids("web") == {"ingress IPv4 tcp 443:443 0.0.0.0/0": kept}
    assert project.api.rules("db") == []
    assert project.api.group("web")["description"] == "Web servers"


def test_delete(project: Project) -> None:
    project.set([WEB, DB])
    project.api.create_group("bystander")
    result = project.set([{"name": "web", "state": "absent"}, {"name": "db", "state": "absent"}])
    assert lines(result)[:2] == [
        "security group db (deleted)",
        "  - ingress IPv4 tcp 5432 from group web (from web)",
    ]
    assert result["counts"]["groups"] == {"created": 0, "updated": 0, "deleted": 2}
    assert result["groups"] == []
    assert project.api.group_names() == ["bystander"]


def test_create_change_and_delete_in_one_run(project: Project) -> None:
    project.set([WEB, DB])
    result = project.set(
        [
            {"name": "cache", "rules": [{"service": "redis", "remote_group": "web"}]},
            {"name": "web", "rules": [{"service": "https", "remote_group": "cache"}]},
            {"name": "db", "state": "absent"},
        ]
    )
    assert result["counts"]["groups"] == {"created": 1, "updated": 1, "deleted": 1}
    assert project.api.rules("cache") == ["ingress IPv4 tcp 6379:6379 web"]
    assert project.api.rules("web") == ["ingress IPv4 tcp 443:443 cache"]
    assert project.api.group_names() == ["cache", "web"]


def test_absent_of_nothing_changes_nothing(project: Project) -> None:
    assert not project.set([{"name": "never-was", "state": "absent"}])["changed"]


def test_no_groups_are_no_work(project: Project) -> None:
    assert not project.set([])["changed"]
