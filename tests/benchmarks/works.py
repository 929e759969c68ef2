# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: works, how each competitor does them, and what we must reach."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Final

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

from . import floor
from .client import Client
from .plays import Play
from .site import Site
from .wanted import Options, Wanted, as_loop, as_services, as_set, wanted, with_other_port

OURS: Final = "portcullis.openstack"
FLOOR: Final = "floor"
IDLE: Final = "ping without variables"
GROUP_LOOP: Final = "openstack.cloud, loop of groups"
RULE_LOOP: Final = "openstack.cloud, loop of rules"
SERVER_LOOP: Final = "openstack.cloud, loop of servers"
BOTH_LOOPS: Final = "openstack.cloud, loops of groups and servers"

_LOOPS: Final = {GROUP_LOOP: "peer_groups", RULE_LOOP: "peer_rules"}
_SERVICES: Final = "portcullis.openstack.service_groups"
_INSTANCES: Final = "portcullis.openstack.instance_groups"
_APPLY: Final = "portcullis.openstack.apply"
_OWNER: Final = "team-a"
_ATTACHED: Final = "web"
# How many groups of the set each instance of the works of apply has.
_GROUPS_OF_INSTANCE: Final = 2


@dataclass(frozen=True)
class Task:
    """One run of a work: where, the playbooks of the competitors, and the requests that it takes at least."""

    project: Project
    plays: Mapping[str, Play]
    floor: Callable[[Client], object]


@dataclass(frozen=True)
class Goals:
    """What must be reached: requests, at most so many, and just as many as it is known to take; and ratios of times."""

    requests: int | None = None
    exactly: int | None = None
    times_floor: float | None = None
    faster_than: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """Something to do. ``tasks`` prepares the cloud for every next run of it, the same for all competitors."""

    name: str
    tasks: Callable[[Site], Iterator[Task]]
    goals: Goals
    groups: int | None = None
    """For how many groups there is nothing to do, in the works that show how time grows with groups."""
    timed: bool = True
    """Whether it is timed in rounds; otherwise in the one run in which requests are counted."""


def works(*, quick: bool) -> list[Work]:
    """Return the works, for a quick look fewer and smaller ones, of which it counts the requests of writes."""
    writes = partial(Goals, times_floor=None if quick else 1.2)
    rules, surplus = (110, 10) if quick else (350, 50)
    return [
        *(_nothing_to_do(number, quick=quick) for number in ((10, 100) if quick else (10, 100, 1000))),
        Work("create 100 groups of 5 rules", partial(_create, wanted(100)), writes(exactly=109)),
        Work(f"create 1 group of {rules} rules", partial(_create_wide, rules), writes(exactly=11 if quick else 15)),
        Work("change 1 rule in each of 100 groups", partial(_change, 100), writes(exactly=206)),
        Work(f"prune {surplus} of {2 * surplus} groups", partial(_prune, surplus), writes(exactly=surplus + 9)),
        *(_apply(*size) for size in ([(10, 10)] if quick else [(10, 10), (100, 100), (1000, 500)])),
        *([] if quick else [_apply(100, 50, shares=10)]),
        Work("apply 1 new rule and 1 port", _apply_change, Goals(requests=12, exactly=12)),
        *([] if quick else [Work("attach 1 group to 3 instances", _attach_few, Goals())]),
        *(work for ports in ((20,) if quick else (500, 2000)) for work in _attachments(ports, quick=quick)),
    ]


def _nothing_to_do(number: int, *, quick: bool) -> Work:
    faster = {GROUP_LOOP: 40.0, RULE_LOOP: 200.0} if number == 100 else {}
    # So many groups that a loop has at least 10 items, but none of a loop of which that would be too small a part.
    samples = {10: {GROUP_LOOP: 10, RULE_LOOP: 2}, 100: {GROUP_LOOP: 10, RULE_LOOP: 4}, 1000: {GROUP_LOOP: 10}}
    goals = Goals(requests=5, exactly=3, times_floor=1.6, faster_than=faster)
    chosen = dict.fromkeys(_LOOPS, 2) if quick else samples[number]
    return Work(f"no change in {number} groups of 5 rules", partial(_no_change, number, chosen), goals, number)


def _attachments(ports: int, *, quick: bool) -> list[Work]:
    few = Goals(requests=None if quick else ports * 105 // 100, exactly=ports + 9)
    return [
        Work(f"attach 1 group to {ports} ports", partial(_attach, ports), few, timed=False),
        Work(f"no change at {ports} ports", partial(_attached, ports), Goals(requests=5, exactly=5)),
    ]


def _no_change(number: int, samples: Mapping[str, int], site: Site) -> Iterator[Task]:
    groups = wanted(number)
    project = _project(site, number)
    plays = {OURS: _ours(groups, changes=False), **_loops(groups, samples, changes=False)}
    yield from itertools.repeat(Task(project, plays, floor.look))


def _create(groups: Wanted, site: Site) -> Iterator[Task]:
    plays = {OURS: _ours(groups), **_loops(groups, {GROUP_LOOP: 10, RULE_LOOP: 4})}
    while True:
        yield Task(site.new_project(), plays, partial(floor.create, groups=groups))


def _create_wide(rules: int, site: Site) -> Iterator[Task]:
    """One group, for which the loop of groups has a single item; of the loop of rules a tenth is done."""
    groups = wanted(1, rules)
    tenth = replace(_loops(wanted(1, rules // 10), {RULE_LOOP: 1})[RULE_LOOP], shares=10)
    plays = {OURS: _ours(groups), **_loops(groups, {GROUP_LOOP: 1}), RULE_LOOP: tenth}
    while True:
        yield Task(site.new_project(), plays, partial(floor.create, groups=groups))


def _change(number: int, site: Site) -> Iterator[Task]:
    """Let every run open another port, so that none depends on what the run before it has done."""
    project = _project(site, number)
    for port in itertools.count(2000):
        groups = with_other_port(wanted(number), port)
        plays = {OURS: _ours(groups), **_loops(groups, {GROUP_LOOP: 10})}
        yield Task(project, plays, partial(floor.change, groups=groups))


def _prune(surplus: int, site: Site) -> Iterator[Task]:
    """Prune half of the groups; of the loop a part is done, the first of them."""
    all_groups = wanted(2 * surplus)
    kept = dict(list(all_groups.items())[surplus:])
    absent = list(all_groups)[:surplus]
    plays = {
        OURS: _ours(kept, service_groups_owner=_OWNER, service_groups_prune=True),
        GROUP_LOOP: Play("peer_absent", {"absent_groups": absent[:10]}, surplus // 10, changes=True),
    }
    project = site.new_project(kept)
    while True:
        project.run("security_group_set", groups=as_set(all_groups), owner=_OWNER)
        yield Task(project, plays, partial(floor.prune, kept=kept))


def _attach(ports: int, site: Site) -> Iterator[Task]:
    """Add a group to ports that have another one: each is written once."""
    servers = _fleet(site, ports)
    task = _attaching(servers, changes=True)
    with Client(servers.project.cloud) as client:
        while True:
            floor.set_groups(client, servers.ids.values(), "default")
            yield task


def _attach_few(site: Site) -> Iterator[Task]:
    """Change ports that Nova has created, the only ones that a loop of servers knows."""
    servers = _fleet(site, 0)
    loop = Play(
        "peer_servers", {"servers": sorted(servers.ids), "groups_of_servers": ["default", _ATTACHED]}, changes=True
    )
    for task in _attach(0, site):
        yield replace(task, plays={**task.plays, SERVER_LOOP: loop})


def _attached(ports: int, site: Site) -> Iterator[Task]:
    task = _attaching(_fleet(site, ports), changes=False)
    with Client(task.project.cloud) as client:
        task.floor(client)
    yield from itertools.repeat(task)


def _apply(groups: int, instances: int, *, shares: int | None = None) -> Work:
    """Return the work of finding that neither groups nor instances differ.

    :param shares: compare with loops of openstack.cloud, of which one of so many shares is done
    """
    goals = Goals(6, 5, times_floor=1.6, faster_than={} if shares is None else {BOTH_LOOPS: 60.0})
    name = f"apply without changes, {groups} groups and {instances} instances"
    return Work(name, partial(_applied, groups, instances, shares), goals)


def _applied(groups: int, instances: int, shares: int | None, site: Site) -> Iterator[Task]:
    servers = _applied_fleet(site, groups, instances)
    task = _applying(servers, wanted(groups), changes=False)
    if shares is not None:
        attachment = _attachment(servers, wanted(groups))
        variables: Options = {
            "groups_with_rules": as_loop(wanted(groups // shares)),
            "servers": attachment["servers"][: instances // shares],
            "groups_of_servers": ["default", *attachment["security_groups"]],
        }
        task = replace(task, plays={**task.plays, BOTH_LOOPS: Play("peer_apply", variables, shares)})
    yield from itertools.repeat(task)


def _apply_change(site: Site) -> Iterator[Task]:
    """Let every run open another port of one group, and attach a group to one port that has lost it."""
    servers = _applied_fleet(site, 10, 10)
    groups = wanted(10)
    first, *_others = groups
    port, *_other_ports = servers.api.ports()
    for number in itertools.count(2000):
        groups = {**groups, first: [*groups[first], number]}
        servers.api.put("network", f"/ports/{port['id']}", {"port": {"security_groups": port["security_groups"][:1]}})
        yield _applying(servers, groups, changes=True)


@cache
def _applied_fleet(site: Site, groups: int, instances: int) -> Fleet:
    """Return instances that have groups of a set."""
    servers = site.new_instances(instances)
    servers.project.run("security_group_set", groups=as_set(wanted(groups)))
    servers.project.run("server_security_groups", **_attachment(servers, wanted(groups)))
    return servers


def _attachment(servers: Fleet, groups: Wanted) -> Options:
    return {"servers": sorted(servers.ids), "security_groups": list(groups)[:_GROUPS_OF_INSTANCE]}


def _applying(servers: Fleet, groups: Wanted, *, changes: bool) -> Task:
    variables = {
        "service_groups_services": as_services(groups),
        "instance_groups_attachments": [_attachment(servers, groups)],
    }
    ours = Play(_APPLY, variables, changes=changes)
    return Task(servers.project, {OURS: ours}, partial(floor.look_at_ports, device_ids=servers.ids.values()))


@cache
def _project(site: Site, number: int) -> Project:
    """Return the groups that several works are about, as the first of them finds them."""
    return site.new_project(wanted(number))


@cache
def _fleet(site: Site, ports: int) -> Fleet:
    """Boot the servers that several works are about."""
    return site.new_fleet(ports)


def _attaching(servers: Fleet, *, changes: bool) -> Task:
    attachment = {"servers": sorted(servers.ids), "security_groups": [_ATTACHED]}
    ours = Play(_INSTANCES, {"instance_groups_attachments": [attachment]}, changes=changes)
    attach = partial(floor.set_groups, device_ids=servers.ids.values(), group_name=_ATTACHED)
    return Task(servers.project, {OURS: ours}, attach)


def _ours(groups: Wanted, *, changes: bool = True, **variables: Any) -> Play:
    return Play(_SERVICES, {"service_groups_services": as_services(groups), **variables}, changes=changes)


def _loops(groups: Wanted, samples: Mapping[str, int], *, changes: bool = True) -> dict[str, Play]:
    """Return loops of openstack.cloud over so many of the groups, which tell how long all would take."""
    plays = {}
    for name, sample in samples.items():
        variables: Options = {"groups_with_rules": as_loop(dict(list(groups.items())[:sample]))}
        plays[name] = Play(_LOOPS[name], variables, len(groups) // sample, changes)
    return plays
