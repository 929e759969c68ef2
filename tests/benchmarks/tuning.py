# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What choices rest on: what is listed, how large bulks are, and how many groups are changed at once."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy, hold

from . import floor
from .client import Client
from .site import Site
from .wanted import as_bodies, as_set, wanted, with_other_port

_BULKS: Final = (25, 50, 100, 200)
# Of the things to create: numbers of groups, or ports of rules.
_NUMBERS: Final = range(1000, 1200)
_AT_ONCE: Final = (1, 2, 4, 8)
_CHANGED: Final = 24
# A cloud in the same room, and one behind a wide-area network.
_LATENCIES: Final = (0.0, 0.05)
_LISTED: Final = 100
_NEEDED: Final = "fields=id&fields=name&fields=description&fields=stateful&fields=tags&fields=security_group_rules"

Seconds = Mapping[str, list[float]]


def bulks(site: Site, rounds: int) -> dict[str, Seconds]:
    """Return for every size of bulks the seconds that each thing created in them takes, by the kind of things."""
    kinds = {"rules of one group": _create_rules, "groups": _create_groups}
    return {
        kind: _in_turns({str(size): partial(_each, site, create, size) for size in _BULKS}, rounds)
        for kind, create in kinds.items()
    }


def at_once(site: Site, rounds: int) -> dict[str, Seconds]:
    """Return for every number of groups changed at once the seconds that a run takes, by the latency of the cloud."""
    project = site.new_project(wanted(_CHANGED))
    ports = itertools.count(2000)

    def change(number: int, latency: float) -> float:
        port = next(ports)
        groups = with_other_port(wanted(_CHANGED), port)
        with Proxy(hold(latency)) as proxy, project.through(proxy) as connection:
            start = time.perf_counter()
            project.call("security_group_set", connection=connection, groups=as_set(groups), parallel=number)
            return time.perf_counter() - start

    measured = {
        f"{latency * 1000:.0f} ms more for each request": _in_turns(
            {str(number): partial(change, number, latency) for number in _AT_ONCE}, rounds
        )
        for latency in _LATENCIES
    }
    project.close()
    return measured


def lists(site: Site, rounds: int) -> dict[str, Seconds]:
    """Return the seconds that ways take to read the same groups and rules."""
    ways = {
        "groups with their rules": "/security-groups",
        "the same, fields that are needed": f"/security-groups?{_NEEDED}",
        "rules alone": "/security-group-rules",
    }
    project = site.new_project(wanted(_LISTED))
    with Client(project.cloud) as client:
        client.neutron("GET", "/security-groups")
        measured = _in_turns({way: partial(_listed, client, path) for way, path in ways.items()}, rounds)
    project.close()
    return {f"{_LISTED} groups of 5 rules": measured}


def _listed(client: Client, path: str) -> float:
    start = time.perf_counter()
    client.neutron("GET", path)
    return time.perf_counter() - start


def _in_turns(competitors: Mapping[str, Callable[[], float]], rounds: int) -> Seconds:
    taken: dict[str, list[float]] = {name: [] for name in competitors}
    for _round in range(rounds):
        for name, measure in competitors.items():
            taken[name].append(measure())
    return taken


def _each(site: Site, create: Callable[[Client, int], None], size: int) -> float:
    with Client(site.new_project().cloud) as client:
        client.neutron("GET", "/security-groups")
        start = time.perf_counter()
        create(client, size)
        return (time.perf_counter() - start) / len(_NUMBERS)


def _create_rules(client: Client, size: int) -> None:
    group = client.neutron("POST", "/security-groups", {"security_group": {"name": "wide"}})["security_group"]["id"]
    for ports in floor.bulks(_NUMBERS, size):
        client.neutron("POST", "/security-group-rules", {"security_group_rules": as_bodies(group, ports)})


def _create_groups(client: Client, size: int) -> None:
    for numbers in floor.bulks(_NUMBERS, size):
        client.neutron("POST", "/security-groups", {"security_groups": [{"name": f"g-{n}"} for n in numbers]})
