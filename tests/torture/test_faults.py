# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of fault at every request of a run: the run tells what it has done, and the next one gets there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.filter.retirement import FilterModule as RetirementFilters
from ansible_collections.portcullis.openstack.plugins.filter.services import FilterModule as ServiceFilters
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import PortcullisError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Body
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, Result
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Behaviour,
    Call,
    Fault,
    Forward,
    Proxy,
    answer_late,
    cut_after,
    cut_before,
    cut_within,
    hold,
    refuse,
)
from ansible_collections.portcullis.openstack.tests.torture.conftest import Share
from ansible_collections.portcullis.openstack.tests.torture.states import (
    EGRESS,
    Given,
    everything,
    own_address_groups,
    port,
    set_up,
)
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

# Seconds until the client times out, in the cases about time-outs and in all others. TOO_LONG is longer than the first.
SHORT_TIMEOUT = 1
LONG_TIMEOUT = 60
TOO_LONG = 1.3
CASES_OF_A_SHARE = 4


def without_token(call: Call, forward: Forward) -> Answer:
    """Let the token have expired."""
    return refuse(401)(call, forward) if "X-Auth-Token" in call.headers else forward(call)


KINDS: dict[str, Behaviour] = {
    **{str(status): refuse(status) for status in (409, 412, 500, 502, 503, 504)},
    "401 for the token": without_token,
    "429 with Retry-After": refuse(429, **{"Retry-After": "1"}),
    "slow": hold(0.1),
    "held until after the time-out": hold(TOO_LONG),
    "answered after the time-out": answer_late(TOO_LONG),
    "cut before the service": cut_before,
    "cut after the service": cut_after,
    "cut within the answer": cut_within,
}
# Those that, from some request on, are all that is left of a cloud.
OUTAGES = ("503", "cut before the service", "cut after the service")
ONCE, LASTING = "once", "from there on"
FAULTS = [*product(KINDS, [ONCE]), *product(OUTAGES, [LASTING])]
NAMES = {(kind, duration): f"fault: {kind}, {duration}" for kind, duration in FAULTS}
LATE = ("held until after the time-out", "answered after the time-out")
# After these, a request may still be carried out.
UNSURE = ("502", "504", "held until after the time-out", "cut before the service")
CREATES_OF_GROUPS = ("POST /v2.0/security-groups", "POST /v2.0/address-groups")
READS_AND_LOGINS = ("GET ", "POST /v3/auth/tokens")


@dataclass(frozen=True)
class Scenario:
    """A call of a module on a project that starts with ``start``, and how it looks when all is done."""

    name: str
    module: str
    options: dict[str, Any]
    start: Sequence[Given] = ()
    groups: list[Body] = field(default_factory=list)
    address_groups: list[Body] = field(default_factory=list)
    groups_before: dict[str, list[str]] = field(default_factory=dict)
    groups_after: dict[str, list[str]] = field(default_factory=dict)


def group(name: str, *rules: str, description: str = "", tags: Sequence[str] = ()) -> Body:
    """Return the outline of a group."""
    return {"name": name, "description": description, "tags": sorted(tags), "rules": sorted(rules)}


SERVICES = ServiceFilters().filters()
RETIREMENT = RetirementFilters().filters()

SSH = {"service": "ssh"}
HTTPS = {"service": "https"}
OWNED = "portcullis-owner:team-a"
SSH_LINE = "ingress IPv4 tcp 22:22"
HTTPS_LINE = "ingress IPv4 tcp 443:443"

GROUP_SCENARIOS = [
    Scenario(
        "groups that name each other",
        "security_group_set",
        {
            "owner": "team-a",
            "groups": [
                {"name": "a", "description": "first", "tags": ["x"], "rules": [{**SSH, "remote_group": "b"}, HTTPS]},
                {"name": "b", "rules": [{**SSH, "remote_group": "a"}]},
                {"name": "c", "purge_rules": False},
            ],
        },
        groups=[
            group("a", f"{SSH_LINE} b", HTTPS_LINE, description="first", tags=["x", OWNED]),
            group("b", f"{SSH_LINE} a", tags=[OWNED]),
            group("c", *EGRESS, tags=[OWNED]),
        ],
    ),
    Scenario(
        "attributes and tags",
        "security_group_set",
        {
            "groups": [
                {"name": "a", "description": "new", "tags": ["new"]},
                {"name": "b", "tags": []},
                {"name": "c", "description": "new", "rules": [SSH]},
            ]
        },
        start=[
            Given("a", [port(22)], description="old", tags=["old"]),
            Given("b", tags=["old"]),
            Given("c", [port(443)], description="old"),
        ],
        groups=[
            group("a", SSH_LINE, description="new", tags=["new"]),
            group("b"),
            group("c", SSH_LINE, description="new"),
        ],
    ),
    Scenario(
        "fewer rules",
        "security_group_set",
        {"groups": [{"name": "a", "rules": [SSH]}, {"name": "b", "rules": []}]},
        start=[
            Given("a", [port(22), port(80), port(443), port(22, remote_group="b")]),
            Given("b", [port(22), port(22, direction="egress")]),
        ],
        groups=[group("a", SSH_LINE), group("b")],
    ),
    Scenario(
        "other descriptions",
        "security_group_set",
        {
            "groups": [
                {"name": "a", "rules": [{**SSH, "description": "new"}, {**HTTPS, "description": "new"}]},
                {"name": "b", "rules": [{**SSH, "description": "new"}]},
            ]
        },
        start=[
            Given("a", [port(22, description="old"), port(443, description="old")]),
            Given("b", [port(22, description="old"), port(80)]),
        ],
        groups=[group("a", f"{SSH_LINE} (new)", f"{HTTPS_LINE} (new)"), group("b", f"{SSH_LINE} (new)")],
    ),
    Scenario(
        "prune with owner",
        "security_group_set",
        {"owner": "team-a", "prune": True, "groups": [{"name": "a", "rules": [SSH]}]},
        start=[
            Given("a", [port(22), port(80, remote_group="old")], tags=[OWNED]),
            Given("old", [port(22)], tags=[OWNED]),
            Given("older", tags=[OWNED]),
            Given("theirs", [port(22)]),
        ],
        groups=[group("a", SSH_LINE, tags=[OWNED]), group("theirs", SSH_LINE)],
    ),
    Scenario(
        "groups that come, change and go",
        "security_group_set",
        {
            "cascade": True,
            "groups": [
                {"name": "new", "rules": [{**SSH, "remote_group": "a"}]},
                {"name": "a", "rules": [{**SSH, "remote_group": "new"}, {**HTTPS, "description": "new"}]},
                {"name": "old", "state": "absent"},
            ],
        },
        start=[
            Given("a", [port(22), port(443, description="old")]),
            Given("other", [port(80, remote_group="old")]),
            Given("old", [port(22, remote_group="a")]),
        ],
        groups=[
            group("a", f"{SSH_LINE} new", f"{HTTPS_LINE} (new)"),
            group("new", f"{SSH_LINE} a"),
            group("other"),
        ],
    ),
    Scenario(
        "absent",
        "security_group_set",
        {"groups": [{"name": "a", "state": "absent"}, {"name": "b", "state": "absent"}]},
        start=[Given("a", [port(22, remote_group="b")]), Given("b", [port(22)]), Given("c")],
        groups=[group("c")],
    ),
    Scenario(
        "one group",
        "security_group",
        {"name": "a", "description": "new", "security_group_rules": [SSH, HTTPS]},
        start=[Given("b")],
        groups=[group("a", SSH_LINE, HTTPS_LINE, description="new"), group("b")],
    ),
    Scenario(
        "one rule",
        "security_group_rule",
        {"security_group": "a", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22},
        start=[Given("a", [port(443)])],
        groups=[group("a", SSH_LINE, HTTPS_LINE)],
    ),
    Scenario(
        "one rule less",
        "security_group_rule",
        {"security_group": "a", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "state": "absent"},
        start=[Given("a", [port(22), port(443)])],
        groups=[group("a", HTTPS_LINE)],
    ),
    Scenario(
        "address group",
        "address_group",
        {"name": "offices", "description": "all", "addresses": ["192.0.2.0/24", "2001:db8::/32"]},
        address_groups=[{"name": "offices", "description": "all", "addresses": ["192.0.2.0/24", "2001:db8::/32"]}],
    ),
]

ATTACH_SCENARIOS = [
    Scenario(
        "attach",
        "server_security_groups",
        {"attachments": [{"servers": ["web1", "web2"], "security_groups": ["web", "ssh"]}]},
        groups_before={"web2": ["db"]},
        groups_after={
            "web1 demo": ["default", "ssh", "web"],
            "web1 demo2": ["default", "ssh", "web"],
            "web2 demo": ["db", "ssh", "web"],
            "db1 demo": ["default"],
        },
    ),
    Scenario(
        "exactly",
        "server_security_groups",
        {"attachments": [{"selector": {"metadata": {"role": "web"}}, "security_groups": ["web"], "state": "exact"}]},
        groups_before={"web1": ["db", "web"], "web2": ["ssh"]},
        groups_after={"web1 demo": ["web"], "web1 demo2": ["web"], "web2 demo": ["web"], "db1 demo": ["default"]},
    ),
    Scenario(
        "detach",
        "server_security_groups",
        {"servers": ["web1", "db1"], "security_groups": ["ssh"], "state": "absent"},
        groups_before={"web1": ["ssh", "web"], "db1": ["ssh"], "web2": ["ssh"]},
        groups_after={"web1 demo": ["web"], "web1 demo2": ["default"], "web2 demo": ["ssh"], "db1 demo": []},
    ),
]


@pytest.fixture(scope="module")
def own_project(new_project: Callable[[], Project]) -> Iterator[Project]:
    project = new_project()
    yield project
    project.close()


@pytest.mark.parametrize("scenario", GROUP_SCENARIOS, ids=lambda scenario: scenario.name)
def test_security_groups(own_project: Project, scenario: Scenario, tally: Tally, share: Share) -> None:
    def reset() -> None:
        set_up(own_project.api, scenario.start)

    def judge() -> None:
        assert own_project.api.outline() == scenario.groups
        described = [
            {"name": g["name"], "description": g["description"], "addresses": sorted(g["addresses"])}
            for g in own_address_groups(own_project.api)
        ]
        assert described == scenario.address_groups

    torture(Trial(scenario, own_project, reset, judge), tally, share)


@pytest.mark.parametrize("scenario", ATTACH_SCENARIOS, ids=lambda scenario: scenario.name)
def test_groups_on_instances(fleet: Fleet, scenario: Scenario, tally: Tally, share: Share) -> None:
    def reset() -> None:
        fleet.reset()
        for server, groups in scenario.groups_before.items():
            fleet.set_groups(server, *groups)

    def judge() -> None:
        assert fleet.all_groups() == scenario.groups_after

    torture(Trial(scenario, fleet.project, reset, judge), tally, share)


def test_retirement(fleet: Fleet, tally: Tally, share: Share) -> None:
    """As the role retire does it: groups that name each other, on instances. Every case starts with restored groups."""
    fleet.reset()
    ids = {name: fleet.api.group(name)["id"] for name in ("web", "db")}
    for name, remote in (("web", "db"), ("db", "web"), ("db", "db")):
        fleet.api.create_rule(ids[name], **port(5432, remote_group_id=ids[remote]))
    for server, groups in {"web1": ["web", "db"], "web2": ["web", "default"], "db1": ["db"]}.items():
        fleet.set_groups(server, *groups)
    before = fleet.api.outline(), fleet.all_groups()
    found = fleet.project.call("service_groups_info", names=["web", "db"])
    groups = SERVICES["service_groups"](found["services"], prefix="", default_egress=True)
    attachments = SERVICES["service_attachments"](found["attachments"], found["services"], prefix="")
    options = {"detach": True, "groups": RETIREMENT["retired_groups"](found, names=["web", "db"])}

    def restore() -> None:
        fleet.project.call("security_group_set", groups=groups, attachments=attachments)
        assert (fleet.api.outline(), fleet.all_groups()) == before

    def judge() -> None:
        assert fleet.api.group_names() == ["ssh"]
        assert fleet.all_groups() == {
            "web1 demo": [],
            "web1 demo2": ["default"],
            "web2 demo": ["default"],
            "db1 demo": [],
        }

    torture(Trial(Scenario("retire", "security_group_set", options), fleet.project, restore, judge), tally, share)


@dataclass(frozen=True)
class Trial:
    """A scenario in a project: ``reset`` lets it start, and ``judge`` compares the state with how it should end."""

    scenario: Scenario
    project: Project
    reset: Callable[[], None]
    judge: Callable[[], None]

    def call(self, connection: Cloud) -> Result:
        return self.project.call(self.scenario.module, connection=connection, **self.scenario.options)

    def count_requests(self) -> int:
        """Return how many requests a run without faults makes."""
        self.reset()
        with Proxy() as proxy, self.project.through(proxy) as cloud:
            assert self.call(cloud)["changed"]
            self.judge()
            return len(proxy.traffic)


def torture(trial: Trial, tally: Tally, share: Share) -> None:
    """Run a scenario with every kind of fault at every request."""
    tally.expect(*NAMES.values())
    requests = range(trial.count_requests())
    # By fault, so that a few cases that are spread evenly over all have different ones.
    cases = [(*fault, position) for fault in FAULTS for position in requests]
    with Proxy() as straight, trial.project.through(straight) as cloud:
        for kind, duration, position in share(cases, CASES_OF_A_SHARE):
            with tally(NAMES[kind, duration], f"{trial.scenario.name}, request {position}"):
                trial.reset()
                run_with(trial, kind, position, lasting=duration == LASTING)
                trial.call(cloud)
                trial.judge()
                written = len(straight.traffic.writes())
                assert not trial.call(cloud)["changed"], "one more run has something to do"
                assert len(straight.traffic.writes()) == written, "one more run writes"


def run_with(trial: Trial, kind: str, position: int, *, lasting: bool) -> None:
    """Run a scenario with a fault: it succeeds, or where it may fail, tells truly how far it came."""
    hit: list[str] = []

    def noted(call: Call, forward: Forward) -> Answer:
        hit.append(f"{call.method} {call.path}")
        return KINDS[kind](call, forward)

    before = everything(trial.project.api)
    sent: list[str] = []
    try:
        timeout = SHORT_TIMEOUT if kind in LATE else LONG_TIMEOUT
        with through_fault(trial.project, Fault(position, noted, lasting), sent, timeout) as cloud:
            result = trial.call(cloud)
    except PortcullisError as error:
        judge_failure(error, sent, has_changed=everything(trial.project.api) != before)
        if not lasting and not may_end(kind, hit[0]):
            raise AssertionError("the fault has passed, and the run fails") from error
    else:
        trial.judge()
        assert result["changed"]


def may_end(kind: str, request: str) -> bool:
    """Return whether a run may end with a fault that one request has met.

    The cloud refuses a write with 409 for reasons that last, and with 412 because someone else has changed the object.
    It accepts several groups of one name, so a create is not repeated while the first may still be carried out.
    """
    if kind == "412":
        return request.startswith(READS_AND_LOGINS)
    return kind == "409" or (kind in UNSURE and request in CREATES_OF_GROUPS)


@contextmanager
def through_fault(project: Project, fault: Fault, sent: list[str], timeout: float) -> Iterator[Cloud]:
    """Connect through a fault, wait for what is still under way in the end, and tell of the requests."""
    proxy = Proxy(fault)
    try:
        with proxy, project.through(proxy, api_timeout=timeout) as cloud:
            yield cloud
    finally:
        sent += map(str, proxy.traffic)


def judge_failure(error: PortcullisError, traffic: Sequence[str], *, has_changed: bool) -> None:
    """Judge what the user learns from a failure."""
    requests = "\n".join(traffic)
    message = f"{error}\ndone: {list(error.done)}\nrequests:\n{requests}"
    assert re.search(r"\b(GET|POST|PUT|DELETE) /|cannot log in to the cloud", str(error)), f"no request: {message}"
    if has_changed:
        assert error.done, f"it has changed something, and does not tell: {message}"
    if any(not step.startswith("perhaps ") for step in error.done):
        assert has_changed, f"it has changed nothing, and tells so: {message}"
