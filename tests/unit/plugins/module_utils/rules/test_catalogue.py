# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service catalogue is well-formed, read-only, and right about what everybody knows."""

from __future__ import annotations

import re

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
NUMBER = r"(?:0|[1-9][0-9]*)"
ENTRY = re.compile(rf"(?P<protocol>[a-z0-9-]+)(?:/(?P<first>{NUMBER})(?::(?P<second>{NUMBER}))?)?")

WITH_PORTS = {"dccp", "sctp", "tcp", "udp", "udplite"}
WITH_TYPES = {"icmp", "ipv6-icmp"}
BARE = {
    "ah",
    "egp",
    "esp",
    "gre",
    "igmp",
    "ipip",
    "ipv6-encap",
    "ipv6-frag",
    "ipv6-nonxt",
    "ipv6-opts",
    "ipv6-route",
    "ospf",
    "pgm",
    "rsvp",
    "vrrp",
}

PAIRS = [(name, entry) for name, entries in SERVICES.items() for entry in entries]


def fault(entry: str) -> str | None:
    """Say what is wrong with an entry; None is praise."""
    match = ENTRY.fullmatch(entry)
    if match is None:
        return "not protocol, protocol/number or protocol/number:number"
    protocol = match["protocol"]
    numbers = [int(value) for value in (match["first"], match["second"]) if value is not None]
    if protocol in BARE:
        return "a protocol without ports has a port" if numbers else None
    if protocol in WITH_TYPES:
        return None if all(number <= 255 for number in numbers) else "type or code above 255"
    return fault_of_ports(numbers) if protocol in WITH_PORTS else "unknown protocol"


def fault_of_ports(numbers: list[int]) -> str | None:
    """Say what is wrong with one port, or with the first and last of a range."""
    if not numbers:
        return "all ports of a protocol are no service"
    if not all(1 <= number <= 65535 for number in numbers):
        return "port outside 1..65535"
    if numbers != sorted(set(numbers)):
        return "range of one port or upside down"
    return None


def ports(entry: str) -> tuple[str, range] | None:
    """Give the protocol and the ports of an entry that has ports."""
    protocol, _slash, rest = entry.partition("/")
    if protocol not in WITH_PORTS:
        return None
    low, _colon, high = rest.partition(":")
    return protocol, range(int(low), int(high or low) + 1)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "tcp",
        "tcp/",
        "tcp/0",
        "tcp/022",
        "tcp/65536",
        "tcp/90:80",
        "tcp/80:80",
        "tcp/80-90",
        "tcp/80,81",
        "TCP/80",
        "tcp/http",
        "tcp/80 ",
        "tcp/80\n",
        " tcp/80",
        "80/tcp",
        "esp/50",
        "icmp/256",
        "icmp/8:256",
        "icmpv6/128",
        "quic/443",
    ],
)
def test_the_checker_finds_faults(entry: str) -> None:
    assert fault(entry) is not None


@pytest.mark.parametrize("entry", ["tcp/1", "udp/65535", "sctp/1:65535", "esp", "icmp", "icmp/8", "ipv6-icmp/128:0"])
def test_the_checker_accepts_what_is_right(entry: str) -> None:
    assert fault(entry) is None


@pytest.mark.parametrize(("name", "entry"), PAIRS)
def test_entry_is_well_formed(name: str, entry: str) -> None:
    assert fault(entry) is None, f"{name}: {entry!r} is {fault(entry)}"


@pytest.mark.parametrize("name", SERVICES)
def test_name_is_well_formed(name: str) -> None:
    assert NAME.fullmatch(name)


@pytest.mark.parametrize("name", SERVICES)
def test_service_has_entries_and_says_nothing_twice(name: str) -> None:
    entries = SERVICES[name]
    assert isinstance(entries, tuple)
    assert entries
    assert len(set(entries)) == len(entries)
    spans = [span for span in map(ports, entries) if span is not None]
    taken = [(protocol, port) for protocol, span in spans for port in span]
    assert len(set(taken)) == len(taken), "two entries overlap"


def test_no_name_is_a_protocol_with_another_meaning() -> None:
    """``service: gre`` and ``protocol: gre`` must not differ."""
    assert not set(SERVICES) & (WITH_PORTS | WITH_TYPES)
    assert {name: SERVICES[name] for name in SERVICES if name in BARE} == {
        name: (name,) for name in SERVICES if name in BARE
    }


def test_ping_covers_both_families() -> None:
    assert {entry.partition("/")[0] for entry in SERVICES["ping"]} == WITH_TYPES


def test_there_is_plenty() -> None:
    assert len(SERVICES) >= 60


def test_it_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        SERVICES["ssh"] = ("tcp/2222",)  # type: ignore[index]


# Written from what is common knowledge, without looking at the catalogue.
FACTS = {
    "amqp": {"tcp/5672"},
    "amqps": {"tcp/5671"},
    "bgp": {"tcp/179"},
    "cassandra": {"tcp/9042"},
    "dns": {"tcp/53", "udp/53"},
    "dns-over-tls": {"tcp/853"},
    "elasticsearch": {"tcp/9200"},
    "etcd": {"tcp/2379"},
    "etcd-peer": {"tcp/2380"},
    "ftp": {"tcp/21"},
    "geneve": {"udp/6081"},
    "gre": {"gre"},
    "http": {"tcp/80"},
    "http3": {"udp/443"},
    "https": {"tcp/443"},
    "imap": {"tcp/143"},
    "imaps": {"tcp/993"},
    "ipsec": {"udp/500", "udp/4500", "esp"},
    "iscsi": {"tcp/3260"},
    "kafka": {"tcp/9092"},
    "kerberos": {"tcp/88", "udp/88"},
    "kubelet": {"tcp/10250"},
    "kubernetes-api": {"tcp/6443"},
    "kubernetes-nodeport": {"tcp/30000:32767", "udp/30000:32767"},
    "l2tp": {"udp/1701"},
    "ldap": {"tcp/389"},
    "ldaps": {"tcp/636"},
    "memcached": {"tcp/11211"},
    "mongodb": {"tcp/27017"},
    "mqtt": {"tcp/1883"},
    "mqtts": {"tcp/8883"},
    "mssql": {"tcp/1433"},
    "mysql": {"tcp/3306"},
    "nfs": {"tcp/2049"},
    "node-exporter": {"tcp/9100"},
    "ntp": {"udp/123"},
    "openvpn": {"udp/1194"},
    "oracle": {"tcp/1521"},
    "ospf": {"ospf"},
    "ping": {"icmp/8:0", "ipv6-icmp/128:0"},
    "pop3": {"tcp/110"},
    "pop3s": {"tcp/995"},
    "postgresql": {"tcp/5432"},
    "prometheus": {"tcp/9090"},
    "radius": {"udp/1812"},
    "rdp": {"tcp/3389", "udp/3389"},
    "redis": {"tcp/6379"},
    "rpcbind": {"tcp/111", "udp/111"},
    "rsync": {"tcp/873"},
    "sip": {"tcp/5060", "udp/5060"},
    "smb": {"tcp/445"},
    "smtp": {"tcp/25"},
    "snmp": {"udp/161"},
    "snmp-trap": {"udp/162"},
    "ssh": {"tcp/22"},
    "submission": {"tcp/587"},
    "submissions": {"tcp/465"},
    "syslog": {"udp/514"},
    "syslog-tls": {"tcp/6514"},
    "tftp": {"udp/69"},
    "vnc": {"tcp/5900"},
    "vrrp": {"vrrp"},
    "vxlan": {"udp/4789"},
    "winrm": {"tcp/5985"},
    "winrm-https": {"tcp/5986"},
    "wireguard": {"udp/51820"},
    "zabbix-agent": {"tcp/10050"},
    "zookeeper": {"tcp/2181"},
}


@pytest.mark.parametrize(("name", "entries"), FACTS.items())
def test_well_known_fact(name: str, entries: set[str]) -> None:
    assert set(SERVICES[name]) == entries
