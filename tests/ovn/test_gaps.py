# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At no moment of a run does OVN drop packets between instances that pass before and after it, or pass others.

These are the runs of torture/test_gaps.py. That judges groups and pairs of ports by Neutron's answers;
here OVN is asked about the way from one instance to another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Body
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.ovn.site import Site
from ansible_collections.portcullis.openstack.tests.ovn.traces import Endpoint, Packet, flows_now
from ansible_collections.portcullis.openstack.tests.torture.states import Given, set_up
from ansible_collections.portcullis.openstack.tests.torture.test_gaps import (
    CHANGES,
    INSTANCE_CHANGES,
    MODULE,
    WITHOUT_EGRESS,
    Change,
    Look,
    Sight,
    arrange,
    filmed,
    with_egress,
)

UDPLITE = Packet("136")
PACKETS = [
    *(Packet("tcp", number, version) for number, version in product((22, 80, 443, 8080), (4, 6))),
    *(Packet("udp", 80, version) for version in (4, 6)),
    Packet("icmp", 8),
    Packet("ipv6-icmp", 128, 6),
    UDPLITE,
]
# Instances that send and receive everything, in and out of the prefixes that the changes have.
OUTSIDE = {"near", "far"}


def between(endpoints: Mapping[str, Endpoint], cloud: RunningCloud, packets: Sequence[Packet] = PACKETS) -> Look:
    """Return what looks at each pair of instances, in both directions."""
    pairs = [
        (f"{source} → {target}", endpoints[source], endpoints[target])
        for source, target in permutations(endpoints, 2)
        if not {source, target} <= OUTSIDE
    ]

    def look() -> Sight:
        with flows_now(cloud.sockets) as flows:
            return {
                pair: frozenset(packet for packet in packets if flows.passes(source, target, packet))
                for pair, source, target in pairs
            }

    return look


# Groups


def add_instances(site: Site, change: Change) -> None:
    """Give instances to each group that outlives a run, some of which have a group more that lets everything out."""
    site.api.create_group("out")
    for number, name in enumerate(("near", "far")):
        site.add_open(name, f"10.0.{number}.1", f"2001:db8:{number}::1")
    groups = [given.name for given in change.start if given.name not in change.deletes]
    for number, group in enumerate(groups):
        site.add(group, group, addresses=(f"10.9.0.{number + 10}", f"2001:db8:9::{number + 10}"))
        site.add(f"{group} and out", group, "out", addresses=(f"10.9.0.{number + 20}", f"2001:db8:9::{number + 20}"))
    site.add("all", *groups, "out", addresses=("10.9.0.30", "2001:db8:9::30"))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_groups(site: Site, project: Project, cloud: RunningCloud, change: Change) -> None:
    set_up(project.api, change.start)
    add_instances(site, change)
    with filmed(project, between(site.instances, cloud)) as (film, connection):
        assert project.call(MODULE, connection=connection, groups=change.groups, **change.options)["changed"]
        assert film.writes
        film.judge()


@dataclass(frozen=True)
class OneAcl:
    """Rules before and after a run, some of which share an ACL, and a packet that they allow."""

    before: list[Body]
    after: list[Body]
    packet: Packet


def lite(*ports: int) -> list[Body]:
    """Return rules of udplite, in the words of Neutron."""
    return [{"protocol": "udplite", "port_range_min": port, "port_range_max": port} for port in ports]


SHARED_ACLS = {
    "other ports of udplite": OneAcl(lite(22), [{"protocol": "udplite", "ports": [80]}], UDPLITE),
    "fewer ports of udplite": OneAcl(lite(22, 80), [{"protocol": "udplite", "ports": [80]}], UDPLITE),
    "no ports of udplite": OneAcl(lite(22), [{"protocol": "udplite"}], UDPLITE),
    "hopopt beside ip": OneAcl([{"protocol": "hopopt"}, {"protocol": "ip"}], [{"protocol": "0"}], Packet("0")),
    "hopopt becomes 0": OneAcl([{"protocol": "hopopt"}], [{"protocol": "0"}], Packet("0")),
}


@pytest.mark.parametrize("case", SHARED_ACLS.values(), ids=SHARED_ACLS)
def test_rules_that_share_an_acl(site: Site, project: Project, cloud: RunningCloud, case: OneAcl) -> None:
    """OVN deletes what it cannot tell from a deleted rule. The path closes for a moment only, and the plan says so."""
    change = Change("shared", [Given("a", case.before)], [{"name": "a", "rules": case.after}])
    set_up(project.api, change.start)
    add_instances(site, change)
    endpoints = {name: site.instances[name] for name in ("near", "a")}
    with filmed(project, between(endpoints, cloud, [case.packet])) as (film, connection):
        result = project.call(MODULE, connection=connection, groups=change.groups)
    open_at = [case.packet in sight["near → a"] for sight in film.sights]
    # Between the deletion of the old rule, that of the rule which stays, and its creation.
    assert open_at.count(False) == 2, film.writes
    assert open_at[0]
    assert open_at[-1], f"open: {open_at}; the run was: {film.writes}"
    assert "denied for a moment on OVN" in result["plan"]
    assert not project.call(MODULE, groups=change.groups)["changed"]


# Instances


@pytest.mark.parametrize("name", INSTANCE_CHANGES)
def test_instances(fleet: Fleet, cloud: RunningCloud, near: Endpoint, name: str) -> None:
    change = INSTANCE_CHANGES[name] if name == WITHOUT_EGRESS else with_egress(INSTANCE_CHANGES[name])
    arrange(fleet, change)
    inside = {server: Endpoint.of(fleet.port(server)) for server in fleet.ids}
    with filmed(fleet.project, between({"near": near, **inside}, cloud)) as (film, connection):
        change.run(fleet, connection)
        assert film.writes
        # Otherwise there would be nothing to lose.
        assert any(film.sights[0][pair] & film.sights[-1][pair] for pair in film.sights[0])
        film.judge()


@pytest.fixture(scope="module")
def near(booted_fleet: Fleet) -> Endpoint:
    """An instance of somebody else's in the network of the fleet."""
    body: Body = {"network_id": booted_fleet.networks["demo"], "port_security_enabled": False}
    return Endpoint.of(booted_fleet.admin.post("network", "/ports", {"port": body})["port"])
