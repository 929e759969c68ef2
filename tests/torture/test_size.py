# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds that give lists in small pages, and projects with many groups."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_module, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy, SmallPages
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog
from ansible_collections.portcullis.openstack.tests.torture.calls import READING, Options
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

ANYWHERE = {"service": "https", "remote_ip_prefixes": ["anywhere"]}
PORTS = {"protocol": "tcp", "ports": ["1", "3", "5"]}
NETWORKS = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
PROJECTS = [f"{number:032}" for number in range(3)]

CONVERGES: list[tuple[str, Options]] = [
    ("address_group", {"name": "offices", "addresses": NETWORKS}),
    ("address_group", {"name": "addresses-3", "state": "absent"}),
    ("security_group", {"name": "group-3", "security_group_rules": [ANYWHERE, PORTS], "shared_with": PROJECTS}),
    ("security_group_rule", {"security_group": "group-4", "remote_group": "group-2", **PORTS}),
    ("security_group_rule", {"security_group": "group-4", "remote_address_group": "addresses-4", **PORTS}),
    (
        "security_group_set",
        {"groups": [{"name": f"group-{n}", "rules": [{**PORTS, "remote_group": "web"}]} for n in range(9)]}
        | {"owner": "team-a"},
    ),
    ("security_group_set", {"groups": [{"name": "group-0"}], "owner": "team-a", "prune": True}),
    ("server_security_groups", {"selector": {"name": "*"}, "security_groups": ["ssh", "web", "db"], "state": "exact"}),
    ("server_security_groups", {"servers": ["web1", "web2", "db1"], "security_groups": ["ssh"], "state": "absent"}),
]


@pytest.fixture
def crowded(fleet: Fleet) -> Iterator[Project]:
    """A project in which every list is longer than two pages of two."""
    api = fleet.api
    for number in range(5):
        body = {"name": f"addresses-{number}", "addresses": NETWORKS[: number % 3 + 1]}
        api.post("network", "/address-groups", {"address_group": body})
        rules = [{"protocol": "tcp", "port_range_min": port, "port_range_max": port} for port in range(1, 5)]
        api.create_group(f"group-{number}", rules, tags=["portcullis-owner:team-a"])
    yield fleet.project
    fleet.reset()
    for group in api.get("network", "/address-groups")["address_groups"]:
        api.delete("network", f"/address-groups/{group['id']}")


@contextmanager
def in_small_pages(project: Project) -> Iterator[Cloud]:
    """Give a connection to a cloud whose pages hold two items; some list must need a second page."""
    with Proxy(SmallPages(2)) as proxy, project.through(proxy) as connection:
        yield connection
        assert_paged(proxy)


def assert_paged(proxy: Proxy) -> None:
    assert any("marker" in request.query for request in proxy.traffic), "all lists were short"


@pytest.mark.parametrize("module", READING)
def test_reading_in_small_pages(module: str, crowded: Project, tally: Tally) -> None:
    with tally("pages of 2: info", module), in_small_pages(crowded) as connection:
        paged = crowded.call(module, connection=connection)
        assert paged == crowded.call(module)
        (found,) = [value for value in paged.values() if isinstance(value, list)]
        assert len(found) > 4


def test_converging_in_small_pages(crowded: Project, tally: Tally) -> None:
    with in_small_pages(crowded) as connection:
        for module, options in CONVERGES:
            with tally("pages of 2: converge", (module, options)):
                judge_converge(crowded, connection, module, options)


def test_default_rules_in_small_pages(crowded: Project, cloud: RunningCloud, tally: Tally) -> None:
    administrator = dataclasses.replace(crowded, cloud=cloud.credentials("admin"))
    with in_small_pages(administrator) as connection:
        for state in ("present", "absent"):
            options = {"service": "ssh", "state": state}
            with tally("pages of 2: converge", options):
                judge_converge(administrator, connection, "default_security_group_rule", options)
    administrator.close()


def judge_converge(project: Project, connection: Cloud, module: str, options: Options) -> None:
    """Plan, converge and look again, in pages and without: the messages and the results must be the same."""
    plan = project.call(module, check_mode=True, **options)
    assert plan["changed"]
    assert project.call(module, check_mode=True, connection=connection, **options) == plan
    real = project.call(module, connection=connection, **options)
    assert real["diff"] == plan["diff"]
    again = project.call(module, **options)
    assert not again["changed"]
    assert project.call(module, connection=connection, **options) == again


def test_playbooks_in_small_pages(crowded: Project, tmp_path: Path, tally: Tally) -> None:
    services = [{"name": f"group-{n}", "allow": [{"service": "ssh", "remote_ips": ["anywhere"]}]} for n in range(5)]
    attachments = [{"servers": ["web1", "web2", "db1"], "services": ["group-1", "group-2"]}]
    variables: Options = {"service_groups_services": services, "instance_groups_attachments": attachments}
    variables |= {"service_groups_owner": "team-a"}
    playbook, clouds_yaml = "portcullis.openstack.apply", crowded.write_clouds_yaml(tmp_path)
    with tally("pages of 2: playbook", playbook), Proxy(SmallPages(2)) as proxy:
        plan = crowded.play(playbook, tmp_path, "--check", **variables)
        paged = run_playbook(playbook, clouds_yaml, "--check", variables=variables, proxy=proxy.url)
        assert paged.diff == plan.diff
        real = run_playbook(playbook, clouds_yaml, variables=variables, proxy=proxy.url)
        assert real.status == 0, real.output
        assert real.diff == plan.diff
        assert "server db1, port " in plan.diff
        assert crowded.play(playbook, tmp_path, **variables).count("changed") == 0
        assert_paged(proxy)


# Many groups

RULES = [{"service": name} for name in ("ssh", "http", "https")] + [{"direction": "egress", "ether_type": "any"}]
PRUNED = 20
PAGE = 100


@dataclass(frozen=True)
class Many:
    """A project with many groups, and what describes them."""

    project: Project
    groups: list[Options]
    say: Callable[[str], None]

    def converge(
        self, what: str, groups: list[Options], *, check_mode: bool = False, proxy: str | None = None
    ) -> dict[str, Any]:
        """Run a module that owns and prunes all groups, and say how long that takes."""
        arguments = {"cloud": self.project.cloud, "groups": groups, "owner": "team-a", "prune": True}
        start = time.monotonic()
        result = run_module("security_group_set", arguments, check_mode=check_mode, proxy=proxy)
        self.say(f"{what}: {time.monotonic() - start:.1f} s")
        assert not result.get("failed"), result["msg"]
        return result


@pytest.fixture(scope="module")
def many(new_project: Callable[[], Project], try_all: bool, request: pytest.FixtureRequest) -> Iterator[Many]:
    """120 groups with 5 rules each, or 1000 if there is time."""
    number = 1000 if try_all else 120
    groups = [{"name": f"group-{position:04}", "rules": RULES} for position in range(number)]
    project = new_project()
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{number} groups, {line}")

    many = Many(project, groups, say)
    created = many.converge("create", groups)
    assert created["counts"] == {
        "groups": {"created": number, "updated": 0, "deleted": 0},
        "rules": {"created": number * 5, "updated": 0, "deleted": 0},
        "ports": {"updated": 0, "selected": 0},
    }
    yield many
    project.close()


def test_many_groups_are_there(many: Many) -> None:
    assert many.project.api.group_names() == [group["name"] for group in many.groups]
    assert {len(group["security_group_rules"]) for group in many.project.api.groups()} == {5}


def test_many_groups_as_variables(many: Many, requests: RequestLog, tally: Tally) -> None:
    """A list of each kind, and one entry for the rules that groups have in common."""
    start = time.monotonic()
    with tally("many groups"), requests.record() as traffic:
        found = run_module("service_groups_info", {"cloud": many.project.cloud, "owner": "team-a"})
        many.say(f"as variables: {time.monotonic() - start:.1f} s")
        assert time.monotonic() - start < 20
        assert not found.get("failed"), found["msg"]
        assert [service["name"] for service in found["services"]] == [group["name"] for group in many.groups]
        assert not traffic.writes()
        assert len([request for request in traffic if not request.path.startswith("/v3")]) <= 8


def test_many_groups_again(many: Many, requests: RequestLog, tally: Tally) -> None:
    """A version, a token and a list, as for one group."""
    before = many.project.api.snapshot()
    with tally("many groups"), requests.record() as traffic:
        assert not many.converge("again, nothing to do", many.groups)["changed"]
    assert traffic.calls() == [
        "GET /v3",
        "POST /v3/auth/tokens",
        "GET /v2.0/security-groups",
    ]
    assert many.project.api.snapshot() == before


def test_many_groups_in_pages(many: Many, tally: Tally) -> None:
    """As many lists more as there are further pages, which hold the project's own default group too."""
    with tally("many groups"), Proxy(SmallPages(PAGE)) as proxy:
        assert not many.converge(f"again, in pages of {PAGE}", many.groups, proxy=proxy.url)["changed"]
        assert len(proxy.traffic.to("GET", "/security-groups")) == (len(many.groups) + 1) // PAGE + 1


def test_the_plan_for_many_groups(many: Many, tally: Tally) -> None:
    before = many.project.api.snapshot()
    wider = [{**group, "rules": [*RULES, {"service": "postgresql"}]} for group in many.groups[::10]]
    new = [{"name": f"new-{position}", "rules": RULES} for position in range(10)]
    unchanged = [group for position, group in enumerate(many.groups) if position % 10]
    with tally("many groups"):
        plan = many.converge("plan", [*wider, *unchanged, *new], check_mode=True)
        assert plan["counts"] == {
            "groups": {"created": 10, "updated": len(wider), "deleted": 0},
            "rules": {"created": 10 * 5 + len(wider), "updated": 0, "deleted": 0},
            "ports": {"updated": 0, "selected": 0},
        }
        headings = [line for line in lines(plan) if not line.startswith(" ")]
        assert sorted(headings) == sorted(
            [f"security group {group['name']}" for group in wider]
            + [f"security group {group['name']} (does not exist)" for group in new]
        )
        assert many.project.api.snapshot() == before


def test_pruning_some_of_many_groups(many: Many, requests: RequestLog, tally: Tally) -> None:
    before = many.project.api.groups()
    with tally("many groups"), requests.record() as traffic:
        pruned = many.converge(f"prune {PRUNED}", many.groups[:-PRUNED])
    assert pruned["counts"]["groups"] == {"created": 0, "updated": 0, "deleted": PRUNED}
    assert many.project.api.groups() == before[:-PRUNED]
    assert set(traffic.writes().calls()) == {
        f"DELETE /v2.0/security-groups/{group['id']}" for group in before[-PRUNED:]
    }
    assert many.converge("create the pruned ones again", many.groups)["counts"]["groups"]["created"] == PRUNED
