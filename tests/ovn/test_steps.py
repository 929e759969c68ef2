# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What security groups mean on OVN over time, between projects, across routers, and for special packets."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.ovn.site import Site, Way
from ansible_collections.portcullis.openstack.tests.ovn.test_facts import DCCP, OUT, SSH, SSH6, UDPLITE
from ansible_collections.portcullis.openstack.tests.ovn.traces import Endpoint, Packet
from ansible_collections.portcullis.openstack.tests.torture.states import Given, port, set_up

# Groups


def test_a_port_without_port_security_takes_no_groups(site: Site) -> None:
    site.api.create_group("web")
    site.add_open("open")
    with pytest.raises(Exception, match="400"):
        site.attach("open", "web")


def test_an_empty_remote_group_opens_nothing_until_it_has_a_member(site: Site) -> None:
    set_up(site.api, [Given("web", [port(22, remote_group="db")]), Given("db", OUT)])
    site.add("web", "web")
    site.add("db")
    site.add_open("open")
    assert not site.passes("open", "web", SSH)
    site.attach("db", "db")
    assert site.passes("db", "web", SSH)
    assert not site.passes("open", "web", SSH)


def test_a_group_that_only_rules_name_can_be_deleted_and_they_are_deleted_too(site: Site) -> None:
    set_up(site.api, [Given("web", [port(22, remote_group="db"), port(80)]), Given("db")])
    site.add("web", "web")
    site.add_open("open")
    site.api.delete("network", f"/security-groups/{site.api.group('db')['id']}")
    assert site.api.rules("web") == ["ingress IPv4 tcp 80:80"]
    assert site.passes("open", "web", Packet("tcp", 80))


@pytest.mark.parametrize(("protocol", "packet"), [("udplite", UDPLITE), ("dccp", DCCP)])
def test_rules_that_differ_only_in_ports_are_one(site: Site, protocol: str, packet: Packet) -> None:
    """Deleting one closes the protocol, while Neutron lists the other; a new rule opens it again."""
    set_up(site.api, [Given("web")])
    group = site.api.group("web")["id"]
    first, second = (
        site.api.create_rule(group, protocol=protocol, port_range_min=number, port_range_max=number)
        for number in (1000, 2000)
    )
    site.add("web", "web")
    site.add_open("open")
    assert site.passes("open", "web", packet)
    site.api.delete("network", f"/security-group-rules/{first}")
    assert [rule["id"] for rule in site.api.group("web")["security_group_rules"]] == [second]
    assert not site.passes("open", "web", packet)
    site.api.create_rule(group, protocol=protocol, port_range_min=3000, port_range_max=3000)
    assert site.passes("open", "web", packet)


def test_the_borrower_of_a_group_is_a_member_for_its_owner(
    site: Site, project: Project, cloud: RunningCloud, new_project: Callable[[], Project]
) -> None:
    """The owner sees no port of the borrower's. The borrower sees the rules inside the group, but not in their list.

    Rules of the borrower may name the group.
    """
    borrower = new_project()
    shared = project.share("security_group", "shared", borrower)
    project.api.create_group("web", [{"protocol": "tcp", "remote_group_id": shared}])
    site.add("web", "web", addresses=["10.0.0.1", "2001:db8::1"])
    site.add_open("stranger", "10.0.0.50", "2001:db8::50")
    assert not site.passes("stranger", "web", SSH)
    body: Body = {"network_id": Site(borrower.api, cloud.sockets).network(), "security_groups": [shared]}
    body["fixed_ips"] = [{"ip_address": "10.0.0.50"}]
    member = borrower.api.post("network", "/ports", {"port": body})["port"]
    assert site.passes("stranger", "web", SSH)
    assert member["id"] not in {port["id"] for port in project.api.ports()}
    assert borrower.api.group("shared")["security_group_rules"]
    rules = borrower.api.get("network", "/security-group-rules", params={"security_group_id": shared})
    assert rules["security_group_rules"] == []
    borrower.api.create_group("named", [{"protocol": "tcp", "remote_group_id": shared}])
    assert [rule["remote_group_id"] for rule in borrower.api.group("named")["security_group_rules"]].count(shared) == 1
    borrower.close()


def test_an_address_group_is_live(site: Site) -> None:
    """Empty, it matches nothing; a prefix of length 0 opens its family and no other."""
    set_up(site.api, [Given("web")])
    body = {"address_group": {"name": "offices", "addresses": []}}
    offices = site.api.post("network", "/address-groups", body)["address_group"]["id"]
    for family in ("IPv4", "IPv6"):
        rule = {"protocol": "tcp", "ethertype": family, "remote_address_group_id": offices}
        site.api.create_rule(site.api.group("web")["id"], **rule)
    site.add("web", "web")
    site.add_open("open")
    way = Way("open", "web")
    assert site.passing({way: [SSH, SSH6]}) == {way: set()}
    for action, prefix, passing in [
        ("add_addresses", "2001:db8::/64", {SSH6}),
        ("add_addresses", "0.0.0.0/0", {SSH, SSH6}),
        ("remove_addresses", "2001:db8::/64", {SSH}),
        ("remove_addresses", "0.0.0.0/0", set()),
    ]:
        site.api.put("network", f"/address-groups/{offices}/{action}", {"addresses": [prefix]})
        assert site.passing({way: [SSH, SSH6]}) == {way: passing}, f"{action} {prefix}"


# Connections


@dataclass(frozen=True)
class Reply:
    """What a server sends: the state in which packets find their connection, and a match for ``ovn-trace``."""

    connections: str
    match: str


ANSWER = Reply("est,rpl", "tcp.src == 22 && tcp.dst == 40000")
# Such as that a port is unreachable, which belongs to a connection and is no packet of it.
ERROR = Reply("rel,rpl", "icmp4.type == 3 && icmp4.code == 3")


@pytest.mark.parametrize("reply", [ANSWER, ERROR], ids=["answer", "error"])
@pytest.mark.parametrize(("stateful", "passes"), [(True, True), (False, False)], ids=["stateful", "stateless"])
def test_replies_pass_without_a_rule_if_the_group_is_stateful(
    site: Site, reply: Reply, stateful: bool, passes: bool
) -> None:
    group = create_group(site.api, "web", [port(22)], stateful=stateful)
    site.add("web", "web")
    site.add_open("client")
    assert site.passes("client", "web", SSH)
    assert is_answered(site, "web", "client", reply) == passes
    site.api.create_rule(group, direction="egress")
    assert is_answered(site, "web", "client", reply)


def test_a_stateless_client_needs_a_rule_for_answers(site: Site) -> None:
    group = create_group(site.api, "client", [{"direction": "egress"}], stateful=False)
    site.add("client", "client")
    site.add_open("server")
    assert site.passes("client", "server", SSH)
    assert not is_answered(site, "server", "client")
    site.api.create_rule(group, protocol="tcp")
    assert is_answered(site, "server", "client")


def is_answered(site: Site, server: str, client: str, reply: Reply = ANSWER) -> bool:
    """Whether a server's reply over ssh reaches a client, both of which know the connection."""
    source, target = site.instances[server], site.instances[client]
    addresses = f"ip4.src == {source.address(4)} && ip4.dst == {target.address(4)} && ip.ttl == 64"
    with site.flows(reply.connections) as flows:
        return target.id in flows.receivers(source, target.mac, f"{addresses} && {reply.match}")


def create_group(api: Api, name: str, rules: list[Body], **attributes: Any) -> str:
    """Create a group that has these rules and none of the template."""
    group = api.post("network", "/security-groups", {"security_group": {"name": name, **attributes}})["security_group"]
    for rule in group["security_group_rules"]:
        api.delete("network", f"/security-group-rules/{rule['id']}")
    for rule in rules:
        api.create_rule(group["id"], **rule)
    return str(group["id"])


# What an instance needs to start, and how neighbours find each other


@dataclass(frozen=True)
class Special:
    """A packet to nobody in particular; in ``match``, ``mac`` and ``address`` are those of the sender."""

    name: str
    mac: str
    match: str


DHCP = Special(
    "DHCP", "ff:ff:ff:ff:ff:ff", "ip4.src == 0.0.0.0 && ip4.dst == 255.255.255.255 && udp.src == 68 && udp.dst == 67"
)
DHCP6 = Special(
    "DHCPv6", "33:33:00:01:00:02", "ip6.src == {link} && ip6.dst == ff02::1:2 && udp.src == 546 && udp.dst == 547"
)
METADATA = Special("metadata", "{peer}", "ip4.src == {ip4} && ip4.dst == 169.254.169.254 && tcp.dst == 80")
VRRP = Special("VRRP", "01:00:5e:00:00:12", "ip4.src == {ip4} && ip4.dst == 224.0.0.18 && ip.proto == 112")
ND = "ip6.src == {link} && ip.ttl == 255 && icmp6.code == 0 &&"
NEIGHBOURS = [
    Special("ARP", "ff:ff:ff:ff:ff:ff", "arp.op == 1 && arp.sha == {mac} && arp.spa == {ip4} && arp.tpa == 10.255.0.1"),
    Special("NS", "33:33:ff:00:00:99", ND + "ip6.dst == ff02::1:ff00:99 && icmp6.type == 135 && nd.sll == {mac}"),
    Special(
        "NA",
        "33:33:00:00:00:01",
        ND + "ip6.dst == ff02::1 && icmp6.type == 136 && nd.tll == {mac} && nd.target == {ip6}",
    ),
    Special("RS", "33:33:00:00:00:02", ND + "ip6.dst == ff02::2 && icmp6.type == 133"),
    Special("RA", "33:33:00:00:00:01", ND + "ip6.dst == ff02::1 && icmp6.type == 134"),
    Special("MLD", "33:33:00:00:00:16", ND.replace("255", "1") + "ip6.dst == ff02::16 && icmp6.type == 143"),
]


def arrives(site: Site, source: str, target: str, special: Special) -> bool:
    """Whether a special packet of one instance reaches another, or is answered by OVN itself."""
    sender, receiver = site.instances[source], site.instances[target]
    values = {"mac": sender.mac, "link": sender.link_local, "ip4": sender.address(4), "ip6": sender.address(6)}
    with site.flows() as flows:
        mac = special.mac.format(peer=receiver.mac)
        return bool({sender.id, receiver.id} & flows.receivers(sender, mac, special.match.format(**values)))


@pytest.mark.parametrize("special", NEIGHBOURS, ids=lambda special: special.name)
def test_neighbours_find_each_other_without_rules(site: Site, special: Special) -> None:
    site.add("closed")
    site.add_open("open")
    assert arrives(site, "closed", "open", special)
    assert arrives(site, "open", "closed", special)


@pytest.mark.parametrize(
    ("special", "rule"),
    [
        (DHCP, {"protocol": "udp", "port_range_min": 67, "port_range_max": 67}),
        (DHCP, {"remote_ip_prefix": "255.255.255.255/32"}),
        (DHCP6, {"protocol": "udp", "ethertype": "IPv6", "port_range_min": 547, "port_range_max": 547}),
        (METADATA, {"protocol": "tcp", "remote_ip_prefix": "169.254.169.254/32"}),
    ],
    ids=["DHCP by port", "DHCP by address", "DHCPv6", "metadata"],
)
def test_dhcp_and_metadata_need_an_egress_rule(site: Site, special: Special, rule: Body) -> None:
    group = create_group(site.api, "web", [port(22)])
    site.add("web", "web")
    site.add_open("open")
    assert not arrives(site, "web", "open", special)
    site.api.create_rule(group, direction="egress", **rule)
    assert arrives(site, "web", "open", special)


def test_multicast_comes_from_members_and_goes_to_none(site: Site) -> None:
    """Ingress looks at the source, which is a member; egress at the destination, which never is."""
    set_up(site.api, [Given("vrrp", [{"protocol": "vrrp", "remote_group": "vrrp"}])])
    group = site.api.group("vrrp")["id"]
    site.add("one", "vrrp")
    site.add("two", "vrrp")
    site.add_open("open")
    assert not arrives(site, "open", "one", VRRP)
    site.api.create_rule(group, direction="egress", protocol="vrrp", remote_group_id=group)
    assert not arrives(site, "one", "two", VRRP)
    site.api.create_rule(group, direction="egress", protocol="vrrp", remote_ip_prefix="224.0.0.18/32")
    assert arrives(site, "one", "two", VRRP)


# Routers


def test_rules_for_groups_hold_across_a_router(site: Site) -> None:
    """Nothing translates addresses between networks of one router; without it there is no way."""
    set_up(site.api, [Given("web", [port(22, remote_group="db")]), Given("db", OUT), Given("other", OUT)])
    router, elsewhere = (
        site.api.post("network", "/routers", {"router": {"name": name}})["router"]["id"]
        for name in ("router", "elsewhere")
    )
    site.connect(router, "one", "10.1.0.0/24")
    macs = {"two": site.connect(router, "two", "10.2.0.0/24"), "three": site.connect(elsewhere, "three", "10.3.0.0/24")}
    web = site.add("web", "web", network="one")
    site.add("db", "db", network="two")
    site.add("other", "other", network="two")
    site.add("far", "db", network="three")
    with site.flows() as flows:
        for name, network, passes in (("db", "two", True), ("other", "two", False), ("far", "three", False)):
            source = site.instances[name]
            match = SSH.match(source.address(4), web.address(4))
            assert (web.id in flows.receivers(source, macs[network], match)) == passes, name


@pytest.fixture
def gateway(cloud: RunningCloud) -> Iterator[Callable[[str], None]]:
    """Give a router's port a hypervisor, without which OVN translates no addresses."""
    northbound, southbound = (f"--db=unix:{cloud.sockets}/{database}.sock" for database in ("nb", "sb"))
    subprocess.run(["ovn-sbctl", southbound, "chassis-add", "gateway", "geneve", "127.0.0.1"], check=True)

    def give(port_id: str) -> None:
        command = ["ovn-nbctl", northbound, "lrp-set-gateway-chassis", f"lrp-{port_id}", "gateway"]
        subprocess.run(command, check=True)

    yield give
    subprocess.run(["ovn-sbctl", southbound, "chassis-del", "gateway"], check=True)


def test_a_floating_ip_hides_that_its_client_is_a_member(
    site: Site, admin: Api, gateway: Callable[[str], None]
) -> None:
    """Groups see a client's own address and the fixed one; a neighbour comes with an address of the router's."""
    set_up(
        site.api,
        [
            Given("web", [port(22, remote_group="db"), port(80), port(443, remote_ip_prefix="198.51.100.0/24")]),
            Given("db", OUT),
        ],
    )
    public = admin.post("network", "/networks", {"network": {"name": "public", "router:external": True}})["network"][
        "id"
    ]
    subnet = {"network_id": public, "cidr": "203.0.113.0/24", "ip_version": 4, "enable_dhcp": False}
    admin.post("network", "/subnets", {"subnet": subnet})
    router = site.api.post("network", "/routers", {"router": {"external_gateway_info": {"network_id": public}}})[
        "router"
    ]
    inner = site.connect(router["id"], "one", "10.1.0.0/24")
    web, db = site.add("web", "web", network="one"), site.add("db", "db", network="one")
    floating = {"floating_network_id": public, "port_id": web.id}
    address = site.api.post("network", "/floatingips", {"floatingip": floating})["floatingip"]["floating_ip_address"]
    body: Body = {"network_id": public, "port_security_enabled": False}
    client = Endpoint.of(admin.post("network", "/ports", {"port": body})["port"])
    query = {"network_id": public, "device_owner": "network:router_gateway"}
    (outer,) = admin.get("network", "/ports", params=query)["ports"]
    gateway(outer["id"])
    packets = [Packet("tcp", number) for number in (22, 80, 443)]
    with site.flows() as flows:
        direct = {packet.port for packet in packets if flows.passes(db, web, packet)}
        through, outside = (
            {packet.port for packet in packets if web.id in flows.receivers(end, mac, packet.match(sender, address))}
            for end, mac, sender in [(db, inner, db.address(4)), (client, outer["mac_address"], "198.51.100.7")]
        )
    assert (direct, through, outside) == ({22, 80}, {80}, {80, 443})
