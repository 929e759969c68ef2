# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules become few entries, in the words that a person would choose, and stand for exactly the same rules."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.folding import IPS, Remote, fold
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.services import Words
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.expand import expand
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule
from ansible_collections.portcullis.openstack.plugins.module_utils._services.groups import groups_of_services
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import rules, tcp

Options = dict[str, Any]

WORDS = Words("", {"web": "web"}, {"a": "a", "b": "b"}, {"a": "a", "b": "b"})
ANYWHERE = {"remote_ips": ["anywhere"]}
OFFICES = {"remote_ips": ["192.0.2.0/24", "2001:db8::/32"]}


def expanded(*entries: Options) -> list[Rule]:
    """Return the rules of entries of ``allow``."""
    services = [{"name": "web", "allow": list(entries)}]
    (group,) = groups_of_services(services, prefix="", default_egress=False)
    return [rule for entry in group["rules"] for rule in expand(entry, SERVICES)]


def folded(*entries: Options) -> list[Options]:
    return [entry.options() for entry in fold(expanded(*entries), WORDS.remote_of)]


@pytest.mark.parametrize(
    "entries",
    [
        [{"service": "ssh", **ANYWHERE}],
        [{"ports": [80, 443, "8000:8010"], **ANYWHERE}],
        [{"protocol": "udp", "ports": [4000], "remote_ips": ["192.0.2.7"]}],
        [{"protocol": "icmp", **ANYWHERE}],
        [{"protocol": "any", "remote_services": ["web"]}],
        [{"protocol": "any", "direction": "egress", "ether_type": "IPv6", **ANYWHERE}],
        [{"protocol": "200", "remote_groups": ["a", "b"], "remote_address_groups": ["a"]}],
        [{"protocol": "ipv6-frag", **ANYWHERE}],
        [{"protocol": "icmp", "ether_type": "IPv6", "remote_groups": ["a"]}],
        [{"traffic": ["icmp/3:4"], "remote_groups": ["a"]}],
        [{"traffic": ["icmp/0", "ipv6-icmp/1"], "remote_groups": ["a"]}],
        [{"traffic": ["icmp", "ipv6-icmp", "tcp/22"], **OFFICES}],
        [{"traffic": ["esp", "udp/500"], **OFFICES}],
        [{"traffic": ["tcp", "tcp/22", "udp/4000:4001"], **ANYWHERE}],
        [{"traffic": ["any", "tcp/22"], **ANYWHERE}],
        [{"service": "ping", **OFFICES, "remote_services": ["web"]}, {"service": "ssh", **OFFICES}],
        [{"service": "ping", "remote_ips": ["2001:db8::/32"]}],
        [{"traffic": ["icmp/8:0"], **ANYWHERE}],
        [{"service": "ipsec", "remote_ips": ["anywhere", "192.0.2.0/24"]}],
        [{"service": "ssh", "ether_type": "IPv4", **ANYWHERE, "description": "old"}, {"service": "ssh", **OFFICES}],
        # The ports of node-exporter in common, and one more in one of the two.
        [{"service": "ssh", "remote_ips": ["192.0.2.1"]}, {"service": "node-exporter", **OFFICES}],
        [{"traffic": ["icmp/8:0", "tcp/22"], "ether_type": "IPv4", **ANYWHERE}],
    ],
    ids=str,
)
def test_what_is_minimal_stays_as_it_is(entries: list[Options]) -> None:
    assert folded(*entries) == entries


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param(
            [{"ports": [port], "remote_ips": [ip]} for port in (80, 443) for ip in ("192.0.2.1", "2001:db8::1/128")],
            [{"ports": [80, 443], "remote_ips": ["192.0.2.1", "2001:db8::1"]}],
            id="product of ports, remotes and families",
        ),
        pytest.param(
            [
                {"ports": [22], "ether_type": family, "remote_ips": [ip]}
                for family, ip in (("IPv4", "0.0.0.0/0"), ("IPv6", "::/0"))
            ],
            [{"service": "ssh", **ANYWHERE}],
            id="both families",
        ),
        pytest.param(
            [{"ports": [9090], **ANYWHERE}],
            [{"ports": [9090], **ANYWHERE}],
            id="two services of the catalogue have it",
        ),
        pytest.param(
            [{"ports": [22], "description": "a", **ANYWHERE}, {"ports": [80], "description": "b", **ANYWHERE}],
            [{"service": "ssh", **ANYWHERE, "description": "a"}, {"service": "http", **ANYWHERE, "description": "b"}],
            id="descriptions",
        ),
        pytest.param(
            [{"protocol": "icmp", "remote_groups": ["a", "b"]}, {"traffic": ["icmp/3:4"], "remote_groups": ["a"]}],
            [{"protocol": "icmp", "remote_groups": ["a", "b"]}, {"traffic": ["icmp/3:4"], "remote_groups": ["a"]}],
            id="the list that reads better",
        ),
        pytest.param(
            [
                {"traffic": ["icmp/0", "tcp/22"], "remote_ips": ["192.0.2.0/24"]},
                {"traffic": ["tcp/22"], "remote_ips": ["2001:db8::/32"]},
            ],
            [{"traffic": ["icmp/0", "tcp/22"], **OFFICES}],
            id="traffic of one family among prefixes of both",
        ),
        pytest.param(
            [
                {"traffic": ["icmp/8:0", "ipv6-icmp/128:0"], "remote_groups": ["a"]},
                {"ports": [22], "ether_type": "IPv4", "remote_groups": ["a"]},
            ],
            [
                {"service": "ping", "remote_groups": ["a"]},
                {"service": "ssh", "ether_type": "IPv4", "remote_groups": ["a"]},
            ],
            id="no more in one family than there is",
        ),
        pytest.param(
            [{"protocol": "tcp", "remote_ips": ["10.0.0.1/24", "10.0.0.0/24", "9.0.0.0/8", "anywhere"]}],
            [{"protocol": "tcp", "remote_ips": ["anywhere", "9.0.0.0/8", "10.0.0.0/24", "10.0.0.1/24"]}],
            id="sorted by number, and host bits stay",
        ),
    ],
)
def test_entries(entries: list[Options], expected: list[Options]) -> None:
    key = str
    assert sorted(folded(*entries), key=key) == sorted(expected, key=key)
    assert {rule.key for rule in expanded(*expected)} == {rule.key for rule in expanded(*entries)}


def remote_of(rule: Rule) -> Remote:
    return WORDS.remote_of(rule)


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(drawn=st.lists(rules(), max_size=20))
def test_entries_stand_for_exactly_the_rules(drawn: list[Rule]) -> None:
    given_rules = {rule.key: rule for rule in drawn}
    entries = [entry.options() for entry in fold(given_rules.values(), remote_of)]
    again = expanded(*[{**entry, "remote_services": []} if "remote_services" in entry else entry for entry in entries])
    assert sorted(map(str, (rule.key for rule in again))) == sorted(map(str, given_rules))
    assert all((given_rules[rule.key].description or "") == (rule.description or "") for rule in again)
    assert len(entries) <= len(given_rules)


def test_many_rules_take_little_time() -> None:
    many = [
        tcp(port, remote_ip_prefix=f"10.0.{port % 250}.{port % 7}", description=str(port % 3)) for port in range(1, 800)
    ]
    started = time.process_time()
    assert fold(many, remote_of)
    assert time.process_time() - started < 5


def test_remotes_have_an_order() -> None:
    options = (IPS, "remote_services", "remote_groups", "remote_address_groups")
    remotes = [Remote(option, "a") for option in options[1:]] + [Remote(IPS, "anywhere"), Remote(IPS, "::1")]
    assert [remote.option for remote in sorted(remotes, key=lambda remote: remote.order)] == [IPS, *options]
