# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs at once, and others who change the same things: nothing twice, nothing lost, nothing revived."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError, PortcullisError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import SERVERS, Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_module
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Answer, Call, Cut, Forward, Proxy
from ansible_collections.portcullis.openstack.tests.torture.conftest import Share
from ansible_collections.portcullis.openstack.tests.torture.states import (
    Given,
    own_address_groups,
    port,
    set_up,
)
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

SSH = {"service": "ssh"}

FIRST_RUNS: dict[str, dict[str, Any]] = {
    "security_group_set": {
        "groups": [
            {"name": "web", "rules": [SSH, {"service": "https"}]},
            {"name": "db", "rules": [{"service": "postgresql", "remote_group": "web"}], "tags": ["data"]},
            {"name": "jump", "rules": [{**SSH, "description": "by hand"}]},
        ],
        "owner": "team-a",
    },
    "security_group": {"name": "web", "description": "front", "security_group_rules": [SSH], "tags": ["t"]},
    "address_group": {"name": "offices", "addresses": ["192.0.2.0/24", "2001:db8::/32"]},
}


def at_once(*runs: Callable[[], Any]) -> list[Any]:
    """Do all of them at the same time and return what they return."""
    with ThreadPoolExecutor(len(runs)) as pool:
        return [future.result() for future in [pool.submit(run) for run in runs]]


def names_of_all(api: Api) -> Counter[str]:
    return Counter(str(group["name"]) for group in (*api.groups(), *own_address_groups(api)))


@pytest.mark.parametrize("module", FIRST_RUNS)
def test_first_runs_at_once(module: str, project: Project, tally: Tally, share: Share) -> None:
    """Neutron takes several groups of one name. Every run ends well, and one complete group is left of each name."""
    arguments = FIRST_RUNS[module]
    # By number of runs, so that a few cases that are spread evenly have different ones.
    for runs, number in share(list(itertools.product((2, 3, 4, 8), range(20))), at_most=4):
        with tally(f"race: first runs of {module}", f"round {number}: {runs} runs"):
            set_up(project.api, [])
            results = at_once(*[lambda: run_module(module, {"cloud": project.cloud, **arguments})] * runs)
            assert [result["msg"] for result in results if result.get("failed")] == []
            assert set(names_of_all(project.api).values()) == {1}
            assert not project.run(module, **arguments)["changed"]


@dataclass
class KilledAfterCreate:
    """Cuts a run off from the cloud as soon as its first create is done."""

    created: threading.Event
    dead: bool = False

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if self.dead:
            raise Cut
        answer = forward(call)
        if call.writes:
            self.dead = True
            self.created.set()
            raise Cut
        return answer


@dataclass
class SlowAfterRead:
    """Holds a run back after its first list of groups."""

    read: threading.Event
    go_on: threading.Event

    def __call__(self, call: Call, forward: Forward) -> Answer:
        answer = forward(call)
        if call.method == "GET" and call.path.endswith("-groups") and not self.read.is_set():
            self.read.set()
            assert self.go_on.wait(120)
        return answer


@pytest.mark.parametrize("module", FIRST_RUNS)
def test_a_run_is_killed_after_its_create(module: str, project: Project, tally: Tally) -> None:
    """A run at the same time creates the same groups and leaves one of each name."""
    arguments = FIRST_RUNS[module]
    with tally(f"race: killed first run of {module}"):
        set_up(project.api, [])
        read, created = threading.Event(), threading.Event()
        with (
            Proxy(SlowAfterRead(read, created)) as slow,
            project.through(slow) as survivor,
            Proxy(KilledAfterCreate(created)) as killed,
            project.through(killed) as victim,
            ThreadPoolExecutor(1) as pool,
        ):
            outcome = pool.submit(project.call, module, connection=survivor, **arguments)
            assert read.wait(120)
            with pytest.raises(CloudError):
                project.call(module, connection=victim, **arguments)
            assert outcome.result()["changed"]
        assert set(names_of_all(project.api).values()) == {1}
        assert not project.call(module, **arguments)["changed"]


def test_two_writers_on_the_same_ports(fleet: Fleet, tally: Tally, share: Share) -> None:
    """No attachment is lost, and none comes back: each writer has one group, and takes turns in state."""
    project = fleet.project
    connections = [Cloud({"cloud": project.cloud}) for _writer in range(2)]

    def write(connection: Cloud, group: str, state: str) -> None:
        project.call(
            "server_security_groups",
            connection=connection,
            servers=list(SERVERS),
            security_groups=[group],
            state=state,
        )

    states = itertools.cycle(itertools.product(("present", "absent"), ("absent", "present")))
    for number, (ssh, web) in zip(share(range(100), at_most=8), states, strict=False):
        with tally("race: two writers on the same ports", f"round {number}: ssh {ssh}, web {web}"):
            at_once(lambda: write(connections[0], "ssh", ssh), lambda: write(connections[1], "web", web))  # noqa: B023
            expected = {"default"} | {group for group, state in (("ssh", ssh), ("web", web)) if state == "present"}
            for server in SERVERS:
                assert fleet.groups_of(server) == sorted(expected)


def test_two_owners(project: Project, tally: Tally, share: Share) -> None:
    """Owners with the same services under different prefixes prune at the same time, each their own."""
    connections = {owner: Cloud({"cloud": project.cloud}) for owner in ("a", "b")}

    def run(owner: str, services: str) -> None:
        groups = [{"name": f"{owner}-{service}", "rules": [SSH]} for service in services]
        project.call("security_group_set", connection=connections[owner], groups=groups, owner=owner, prune=True)

    for number in share(range(20), at_most=4):
        lists = ("xyz", "xy", "z", "")[number % 4], ("", "yz", "x", "xyz")[number % 4]
        with tally("race: two owners who prune", f"round {number}: {lists}"):
            at_once(lambda: run("a", lists[0]), lambda: run("b", lists[1]))  # noqa: B023
            expected = {
                f"{owner}-{service}": owner for owner, names in zip("ab", lists, strict=True) for service in names
            }
            assert {group["name"]: group["tags"] for group in project.api.groups()} == {
                name: [f"portcullis-owner:{owner}"] for name, owner in expected.items()
            }


def test_two_owners_of_one_group(project: Project, tally: Tally, share: Share) -> None:
    """At most one of them gets a group that has no owner, whole; if none does, the group is as before."""
    connections = {owner: Cloud({"cloud": project.cloud}) for owner in ("a", "b")}
    rules = {"a": "ingress IPv4 tcp 22:22", "b": "ingress IPv4 tcp 443:443"}

    def run(owner: str, service: str) -> None:
        groups = [{"name": "web", "rules": [{"service": service}]}]
        with suppress(PortcullisError):
            project.call("security_group_set", connection=connections[owner], groups=groups, owner=owner)

    for number in share(range(40), at_most=8):
        with tally("race: two owners of one group", f"round {number}"):
            group = project.api.create_group("web")
            before = project.api.rules("web")
            at_once(partial(run, "a", "ssh"), partial(run, "b", "https"))
            outcome = project.api.tags("web"), project.api.rules("web")
            won = [([f"portcullis-owner:{owner}"], [rule]) for owner, rule in rules.items()]
            assert outcome in [*won, ([], before)]
            project.api.delete("network", f"/security-groups/{group}")


@dataclass
class Meddler:
    """Someone who acts right before a request of ours."""

    position: int
    act: Callable[[], object]

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if call.position == self.position:
            self.act()
        return forward(call)


def test_someone_else_changes_a_port(fleet: Fleet, tally: Tally, share: Share) -> None:
    """Whenever they do it: what they attach stays, and what they detach stays away."""
    project = fleet.project
    ours: dict[str, Any] = {"servers": ["web2"], "security_groups": ["ssh"]}
    with Proxy() as proxy, project.through(proxy) as connection:
        project.call("server_security_groups", connection=connection, **ours)
    theirs = {"attaches": (["default", "db"], ["db", "default", "ssh"]), "detaches": ([], ["ssh"])}
    cases = list(itertools.product(range(len(proxy.traffic)), theirs))
    for position, what in share(cases, at_most=20):
        with tally("race: someone else changes a port", f"{what} before request {position}"):
            fleet.set_groups("web2", "default")
            meddler = Meddler(position, lambda: fleet.set_groups("web2", *theirs[what][0]))  # noqa: B023
            with Proxy(meddler) as meddled, project.through(meddled) as connection:
                project.call("server_security_groups", connection=connection, **ours)
            assert fleet.groups_of("web2") == theirs[what][1]


def test_someone_else_changes_a_group(project: Project, tally: Tally, share: Share) -> None:
    """Whenever they do it: a rule, a tag and a description that we say nothing about are as they want them."""
    ours: dict[str, Any] = {"groups": [{"name": "web", "rules": [SSH], "purge_rules": False}], "owner": "team-a"}
    start = [Given("web", [port(80)], description="old", tags=["old"])]

    def meddle() -> None:
        group = project.api.group("web")
        path = f"/security-groups/{group['id']}"
        project.api.create_rule(group["id"], protocol="udp")
        project.api.put("network", path, {"security_group": {"description": "theirs"}})
        project.api.put("network", f"{path}/tags/theirs")
        project.api.delete("network", f"{path}/tags/old")

    set_up(project.api, start)
    with Proxy() as proxy, project.through(proxy) as connection:
        project.call("security_group_set", connection=connection, **ours)
    for position in share(range(len(proxy.traffic)), at_most=10):
        with tally("race: someone else changes a group", f"before request {position}"):
            set_up(project.api, start)
            with Proxy(Meddler(position, meddle)) as meddled, project.through(meddled) as connection:
                project.call("security_group_set", connection=connection, **ours)
            assert project.api.rules("web") == ["ingress IPv4 tcp 22:22", "ingress IPv4 tcp 80:80", "ingress IPv4 udp"]
            assert project.api.tags("web") == ["portcullis-owner:team-a", "theirs"]
            assert project.api.group("web")["description"] == "theirs"


def test_someone_else_creates_the_same_group(project: Project, tally: Tally, share: Share) -> None:
    """Before the run's create, their group is used. Between its reads there are two, of which one is kept."""
    ours: dict[str, Any] = {"groups": [{"name": "web", "rules": [SSH]}]}
    with Proxy() as proxy, project.through(proxy) as connection:
        project.call("security_group_set", connection=connection, **ours)
    for position in share(range(len(proxy.traffic)), at_most=10):
        with tally("race: someone else creates the same group", f"before request {position}"):
            set_up(project.api, [])
            meddler = Meddler(position, lambda: project.api.create_group("web"))
            with Proxy(meddler) as meddled, project.through(meddled) as connection:
                project.call("security_group_set", connection=connection, **ours)
            # What they create after the run's last look is deleted by the next run.
            project.call("security_group_set", **ours)
            assert project.api.group_names() == ["web"]
            assert project.api.rules("web") == ["ingress IPv4 tcp 22:22"]
