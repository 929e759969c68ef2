# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At no moment of a run is traffic denied that old and new state allow, or allowed that both deny."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import owner_tag
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Behaviour,
    Call,
    Fault,
    Observer,
    Proxy,
    cut_after,
    cut_before,
    refuse,
)
from ansible_collections.portcullis.openstack.tests.torture.conftest import Share
from ansible_collections.portcullis.openstack.tests.torture.packets import Packet, Remote, grid, passing
from ansible_collections.portcullis.openstack.tests.torture.states import Given, port, set_up
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

MODULE = "security_group_set"
GROUPS = ("a", "b", "c")
# Addresses inside and outside of all prefixes that the states have, and instances in none, one and two of the groups.
REMOTES = [
    *(Remote(address) for address in ("10.0.0.1", "10.0.1.1", "198.51.100.7", "2001:db8::1", "2001:db8:1::1")),
    *(Remote(address, frozenset({group})) for group in GROUPS for address in ("10.9.0.1", "2001:db8:9::1")),
    Remote("10.9.0.2", frozenset({"a", "b"})),
]
PACKETS = grid(REMOTES, (8, 22, 80, 443, 8080))

Sight = Mapping[str, frozenset[Hashable]]
"""The packets that pass, by what they pass to or from: a group, or a port of an instance."""
Look = Callable[[], Sight]


class GapError(AssertionError):
    """Traffic was denied, or allowed, that the old and the new state treat alike."""


@dataclass
class Film:
    """What passed before a run and after each of its writes."""

    look: Look
    sights: list[Sight] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sights.append(self.look())

    def take(self, call: Call, answer: Answer) -> None:
        self.writes.append(f"{call.method} {call.path} {answer.status}")
        self.sights.append(self.look())

    def gaps(self) -> dict[int, list[str]]:
        """Return what was wrong at which moment; moment n is that after the n-th write, from 1."""
        found = {moment: list(self._wrong(sight)) for moment, sight in enumerate(self.sights)}
        return {moment: wrong for moment, wrong in found.items() if wrong}

    def _wrong(self, sight: Sight) -> Iterator[str]:
        old, new = self.sights[0], self.sights[-1]
        # No port has a group that is created or deleted in the run: Neutron refuses to delete a group in use.
        for name in old.keys() & new.keys() & sight.keys():
            yield from (f"{name} denies {packet}" for packet in old[name] & new[name] - sight[name])
            yield from (f"{name} allows {packet}" for packet in sight[name] - old[name] - new[name])

    def judge(self) -> None:
        """Fail if there was a gap."""
        shown = [f"after {self.writes[moment - 1]}: {wrong[:3]}" for moment, wrong in self.gaps().items()]
        if shown:
            raise GapError("\n".join([*shown, "the run was:", *self.writes]))


@contextmanager
def filmed(project: Project, look: Look, *faults: Behaviour) -> Iterator[tuple[Film, Cloud]]:
    """Connect through a proxy that looks after every write."""
    film = Film(look)
    with Proxy(*faults, Observer(film.take)) as proxy, project.through(proxy) as cloud:
        yield film, cloud


def groups_of(api: Api) -> Look:
    """Return what looks at each group of a project by itself."""

    def look() -> Sight:
        return {name: passing(PACKETS, rules) for name, rules in named_rules(api).items()}

    return look


def named_rules(api: Api) -> dict[str, list[Body]]:
    """Return rules by the names of their groups, with names for remote groups too."""
    groups = api.get("network", "/security-groups")["security_groups"]
    names = {group["id"]: group["name"] for group in groups}
    return {
        group["name"]: [
            {**rule, "remote_group_id": names.get(rule["remote_group_id"])} for rule in group["security_group_rules"]
        ]
        for group in groups
    }


@dataclass(frozen=True)
class Change:
    """A run from one state to another; ``deletes`` names the groups that it deletes."""

    name: str
    start: Sequence[Given]
    groups: Sequence[Body]
    options: Body = field(default_factory=dict)
    deletes: Sequence[str] = ()


SSH = {"service": "ssh"}
WEB = {"protocol": "tcp", "ports": [80, 443]}
NEAR = {"remote_ip_prefix": "10.0.0.0/24"}
OWNED = ["portcullis-owner:team-a"]

CHANGES = [
    Change(
        "widen",
        [Given("a", [port(22, **NEAR), port(80)])],
        [{"name": "a", "rules": [SSH, {"protocol": "tcp", "ports": ["80:443"]}]}],
    ),
    Change(
        "narrow",
        [Given("a", [{"protocol": "tcp"}, {"ethertype": "IPv6"}])],
        [{"name": "a", "rules": [{**SSH, **NEAR}, {**WEB, "remote_ip_prefix": "2001:db8::/48"}]}],
    ),
    Change(
        "another prefix",
        [Given("a", [port(22, remote_ip_prefix="10.0.0.0/23"), port(80, remote_ip_prefix="10.0.0.0/25")])],
        [{"name": "a", "rules": [{**SSH, **NEAR}, {"protocol": "tcp", "ports": [80], "remote_ip_prefix": "10.0.0.1"}]}],
    ),
    Change(
        "another family",
        [Given("a", [port(22), {"protocol": "icmp"}])],
        [{"name": "a", "rules": [{**SSH, "ether_type": "IPv6"}, {"protocol": "icmp", "ether_type": "IPv6"}]}],
    ),
    Change(
        "other remote groups",
        [Given("a", [port(22, remote_group="b")]), Given("b", [port(22, remote_group="a"), port(80)])],
        [
            {"name": "a", "rules": [{**SSH, "remote_groups": ["b", "c"]}]},
            {"name": "b", "rules": [{**SSH, "remote_ip_prefix": "10.9.0.0/24"}, WEB]},
            {"name": "c", "rules": [{**SSH, "remote_group": "a"}]},
        ],
    ),
    Change(
        "purge",
        [Given("a", [port(number) for number in (22, 80, 443, 8080)]), Given("b", [{"direction": "egress"}])],
        [{"name": "a", "rules": [{"protocol": "tcp", "ports": ["80:443"]}]}, {"name": "b", "rules": []}],
    ),
    Change(
        "prune",
        [
            Given("a", [port(22, remote_group="b"), port(80)], tags=OWNED),
            Given("b", [port(22)], tags=OWNED),
            Given("c", [port(443)]),
        ],
        [{"name": "a", "rules": [{**SSH, "remote_ip_prefix": "10.9.0.0/24"}, WEB]}],
        {"owner": "team-a", "prune": True},
        deletes=["b"],
    ),
    Change(
        "a group that others name is deleted",
        [Given("a", [port(22, remote_group="b"), port(80, remote_group="b"), port(443)]), Given("b", [port(22)])],
        [{"name": "a", "rules": [SSH, WEB]}, {"name": "b", "state": "absent"}],
        deletes=["b"],
    ),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_groups(project: Project, change: Change, tally: Tally) -> None:
    set_up(project.api, change.start)
    kind = f"gap: {change.name}"
    with tally(kind), filmed(project, groups_of(project.api)) as (film, cloud):
        assert project.call(MODULE, connection=cloud, groups=change.groups, **change.options)["changed"]
        assert film.writes
        film.judge()


FAULTS = {"500": refuse(500), "429": refuse(429), "cut before": cut_before, "cut after": cut_after}


def count_requests(project: Project, change: Change) -> int:
    """Return how many requests a run without faults makes."""
    set_up(project.api, change.start)
    with Proxy() as proxy, project.through(proxy) as cloud:
        project.call(MODULE, connection=cloud, groups=change.groups, **change.options)
        return len(proxy.traffic)


def test_groups_with_faults(project: Project, tally: Tally, share: Share) -> None:
    """A run that looks again and goes on after a fault, and the run after one that has failed."""
    tally.expect("gap: run with a fault")
    # The first two are the login.
    requests = {change.name: range(2, count_requests(project, change)) for change in CHANGES}
    cases = [(change, kind, position) for change in CHANGES for kind in FAULTS for position in requests[change.name]]
    for change, kind, position in share(cases, 12):
        with tally("gap: run with a fault", f"{change.name}, {kind}, request {position}"):
            set_up(project.api, change.start)
            with filmed(project, groups_of(project.api), Fault(position, FAULTS[kind])) as (film, cloud):
                for _run in range(2):
                    with suppress(CloudError):
                        project.call(MODULE, connection=cloud, groups=change.groups, **change.options)
                film.judge()


def test_a_new_description_closes_for_two_requests(project: Project, tally: Tally) -> None:
    """Neutron takes no second rule of the same key: each is deleted and, next, created again."""
    with tally("gap: description"):
        described = [port(number, description="old") for number in (22, 80, 443)]
        set_up(project.api, [Given("a", [*described, port(8080)]), Given("b", described)])
        rules = [{**SSH, "description": "new"}, {**WEB, "description": "new"}]
        wanted = [{"name": "a", "rules": [*rules, {"protocol": "udp"}]}, {"name": "b", "rules": rules}]
        with filmed(project, groups_of(project.api)) as (film, cloud):
            project.call(MODULE, connection=cloud, groups=wanted)
        gaps = film.gaps()
        assert len(gaps) == 6, "one for each of the rules"
        for moment in gaps:
            assert film.writes[moment - 1].startswith("DELETE /v2.0/security-group-rules/")
            assert film.writes[moment] == "POST /v2.0/security-group-rules 201"
            assert moment + 1 not in gaps


# Rules that overlap in all ways, as options of the module and as Neutron takes them.
TRAFFIC: list[Body] = [
    {},
    {"protocol": "udp"},
    *(
        {"protocol": "tcp", "port_range_min": low, "port_range_max": high}
        for low, high in [(22, 22), (22, 80), (80, 443)]
    ),
]
OPTIONS: list[Body] = [
    {"direction": direction, "ether_type": family, **traffic, **remote}
    for direction in ("ingress", "egress")
    for family, prefixes in {"IPv4": ["10.0.0.0/24", "10.0.0.0/23"], "IPv6": ["2001:db8::/48", "2001:db8::/32"]}.items()
    for traffic in TRAFFIC
    for remote in (
        {},
        *({"remote_ip_prefix": prefix} for prefix in prefixes),
        *({"remote_group": group} for group in ("a", "b")),
    )
]


def states() -> st.SearchStrategy[dict[str, list[Body]]]:
    """Draw rules of the groups a and b, which name each other."""
    rules = st.lists(st.sampled_from(OPTIONS), max_size=5, unique_by=str)
    return st.fixed_dictionaries({"a": rules, "b": rules})


def test_random_changes(project: Project, tally: Tally, try_all: bool) -> None:
    tally.expect("gap: random change")

    @settings(
        max_examples=400 if try_all else 15,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(old=states(), new=states())
    def change(old: dict[str, list[Body]], new: dict[str, list[Body]]) -> None:
        with tally("gap: random change", go_on=False):
            set_up(project.api, [Given(name, [as_given(rule) for rule in rules]) for name, rules in old.items()])
            wanted = [{"name": name, "rules": rules} for name, rules in new.items()]
            with filmed(project, groups_of(project.api)) as (film, cloud):
                result = project.call(MODULE, connection=cloud, groups=wanted)
                assert result["changed"] == bool(film.writes)
                film.judge()
            for name, rules in new.items():
                assert film.sights[-1][name] == passing(PACKETS, map(as_neutron_gives, rules))

    change()


def as_given(options: Body) -> Body:
    return {"ethertype" if option == "ether_type" else option: value for option, value in options.items()}


def as_neutron_gives(options: Body) -> Body:
    unset = ("protocol", "port_range_min", "port_range_max", "remote_ip_prefix")
    return {**dict.fromkeys(unset), "remote_group_id": options.get("remote_group"), **as_given(options)}


# Instances


def pairs_of(fleet: Fleet) -> Look:
    """Return what looks at the connections from each instance's port to each other one, and with what is outside.

    A connection between instances needs a rule at both ends. A rule that names a remote group depends on the groups
    that the *other* port has.
    """
    api = fleet.api

    def look() -> Sight:
        rules = named_rules(api)
        names = {group["id"]: group["name"] for group in api.get("network", "/security-groups")["security_groups"]}
        ports = api.ports()
        groups = {port["id"]: frozenset(names[id_] for id_ in port["security_groups"]) for port in ports}
        ends = {port["id"]: Remote(port["fixed_ips"][0]["ip_address"], groups[port["id"]]) for port in ports}

        def allows(port_id: str, direction: str, remote: Remote) -> frozenset[tuple[str, int]]:
            packets = [packet for packet in grid([remote], NUMBERS) if packet.direction == direction]
            passed = passing(packets, [rule for name in groups[port_id] for rule in rules[name]])
            return frozenset((packet.protocol, packet.port) for packet in passed)

        def connections(
            remote: Remote, allowed: frozenset[tuple[str, int]], direction: str = "ingress"
        ) -> frozenset[Packet]:
            # A remote is known by its address, whatever groups it has at the moment.
            return frozenset(
                Packet(direction, protocol, number, Remote(remote.address)) for protocol, number in allowed
            )

        return {
            target: frozenset[Packet]().union(
                *(connections(remote, allows(target, "ingress", remote)) for remote in OUTSIDE),
                *(connections(remote, allows(target, "egress", remote), "egress") for remote in OUTSIDE),
                *(
                    connections(end, allows(source, "egress", ends[target]) & allows(target, "ingress", end))
                    for source, end in ends.items()
                    if source != target
                ),
            )
            for target in ends
        }

    return look


NUMBERS = (8, 22, 80, 443, 8080)
OUTSIDE = [Remote("198.51.100.7"), Remote("10.0.0.1")]


@dataclass(frozen=True)
class InstanceChange:
    """A run that gives instances other groups: rules and attachments before it, and what it is called with."""

    rules: dict[str, list[Body]]
    attached: dict[str, list[str]]
    attachment: Body
    groups: Sequence[Body] = ()
    options: Body = field(default_factory=dict)

    def run(self, fleet: Fleet, cloud: Cloud) -> None:
        wanted: Body = {"groups": self.groups, "attachments": [self.attachment], **self.options}
        fleet.project.call(MODULE, connection=cloud, **wanted)


INSTANCE_CHANGES = {
    # Both groups allow some of the same traffic.
    "other groups on instances": InstanceChange(
        {"ssh": [port(22)], "web": [port(80), port(22)], "db": [port(80)]},
        {"web1": ["ssh"], "web2": ["web"]},
        {"servers": ["web1", "web2"], "security_groups": ["web", "db"], "state": "exact"},
    ),
    # Each group admits itself: one instance with the new group alone would not reach one with the old alone.
    "instances that reach each other change groups": InstanceChange(
        {name: [port(80, remote_group=name)] for name in ("ssh", "web")},
        {"web1": ["ssh"], "web2": ["ssh"]},
        {"servers": ["web1", "web2"], "security_groups": ["web"], "state": "exact"},
    ),
    "a service moves from one group to another": InstanceChange(
        {"ssh": [port(22), port(80)], "web": [port(443)], "db": [port(8080, remote_group="ssh")]},
        {"web1": ["ssh"], "web2": ["ssh", "web"], "db1": ["db"]},
        {"servers": ["web1", "web2"], "security_groups": ["ssh", "web"]},
        [
            {"name": "ssh", "rules": [SSH]},
            {"name": "web", "rules": [WEB]},
            {"name": "db", "rules": [{"protocol": "tcp", "ports": [8080], "remote_group": "web"}]},
        ],
    ),
    # A new group has rules of the cloud's template that the list does not have.
    "a new group restricts egress": InstanceChange(
        {"ssh": [port(22)]},
        {"web1": ["ssh"], "web2": ["ssh"]},
        {"servers": ["web1", "web2"], "security_groups": ["entry"], "state": "exact"},
        [{"name": "entry", "rules": [SSH]}, {"name": "ssh", "rules": []}],
    ),
    # The old group is pruned: detached and then deleted, along with the rules that name it.
    "a service is renamed": InstanceChange(
        {
            "ssh": [port(22), port(80), port(443, remote_group="ssh")],
            "db": [port(8080, remote_group="ssh"), port(22, remote_group="db")],
        },
        {"web1": ["ssh"], "web2": ["ssh"], "db1": ["db"]},
        {"servers": ["web1", "web2"], "security_groups": ["entry"]},
        [
            {"name": "entry", "rules": [SSH, WEB, {"protocol": "tcp", "ports": [443], "remote_group": "entry"}]},
            {"name": "db", "rules": [{"protocol": "tcp", "ports": ["8000:8080"], "remote_group": "entry"}]},
        ],
        {"owner": "team-a", "prune": True, "detach": True},
    ),
}
EGRESS: list[Body] = [{"direction": "egress", "ethertype": family} for family in ("IPv4", "IPv6")]
EGRESS_OPTIONS: list[Body] = [{"direction": "egress", "ether_type": family} for family in ("IPv4", "IPv6")]


def with_egress(change: InstanceChange) -> InstanceChange:
    """Return a change whose groups allow all egress, before and after it, so that pairs of instances can connect."""
    groups = [
        {**group, "rules": [*group["rules"], *EGRESS_OPTIONS]} if "rules" in group else group for group in change.groups
    ]
    return replace(change, rules={name: [*rules, *EGRESS] for name, rules in change.rules.items()}, groups=groups)


WITHOUT_EGRESS = "a new group restricts egress"


@pytest.mark.parametrize("name", INSTANCE_CHANGES)
def test_instances(fleet: Fleet, name: str, tally: Tally) -> None:
    change = INSTANCE_CHANGES[name] if name == WITHOUT_EGRESS else with_egress(INSTANCE_CHANGES[name])
    with tally(f"gap: {name}"):
        arrange(fleet, change)
        with filmed(fleet.project, pairs_of(fleet)) as (film, cloud):
            change.run(fleet, cloud)
        assert any(write.startswith("PUT /v2.0/ports/") for write in film.writes)
        assert film.writes[-1].startswith("DELETE") == bool(change.groups)
        # Otherwise there would be nothing to lose.
        assert any(film.sights[0][port] & film.sights[-1][port] for port in film.sights[0])
        film.judge()


def arrange(fleet: Fleet, change: InstanceChange) -> None:
    """Give the fleet's groups and instances what they have before a change; the groups belong to the run's owner."""
    fleet.reset()
    tags = [owner_tag(change.options["owner"])] if "owner" in change.options else []
    set_up(fleet.api, [Given(name, entries, tags=tags) for name, entries in change.rules.items()])
    for server, groups in change.attached.items():
        for network in networks_of(fleet, server):
            fleet.set_groups(server, *groups, network=network)


def networks_of(fleet: Fleet, server: str) -> list[str]:
    names = {id_: name for name, id_ in fleet.networks.items()}
    return [names[port["network_id"]] for port in fleet.api.ports() if port["device_id"] == fleet.ids[server]]
