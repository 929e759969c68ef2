# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule is found by its fields in any spelling, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.filters import rule_filter
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import make_rule

RULES = {
    "ssh": make_rule(protocol="tcp", port_range_min=22, port_range_max=22),
    "ssh from the world": make_rule(protocol="tcp", port_range_min=22, port_range_max=22, remote_ip_prefix="0.0.0.0/0"),
    "ssh from a network": make_rule(
        protocol="tcp", port_range_min=22, port_range_max=22, remote_ip_prefix="10.0.0.0/8"
    ),
    "ssh from a group": make_rule(protocol="tcp", port_range_min=22, port_range_max=22, remote_group="web"),
    "ssh from addresses": make_rule(protocol="tcp", port_range_min=22, port_range_max=22, remote_address_group="a"),
    "tcp on IPv6": make_rule(protocol="tcp", ether_type="IPv6"),
    "ping": make_rule(protocol="icmp", port_range_min=8, port_range_max=0),
    "ping on IPv6": make_rule(protocol="ipv6-icmp", ether_type="IPv6", port_range_min=128, port_range_max=0),
    "any": make_rule(),
    "host": make_rule(remote_ip_prefix="2001:db8::1"),
}
SSH = {name for name in RULES if name.startswith("ssh")}


def found(**options: Any) -> set[str]:
    matches = rule_filter(options)
    return {name for name, rule in RULES.items() if matches(rule)}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, set(RULES)),
        ({"protocol": None, "remote_ip_prefix": None}, set(RULES)),
        ({"protocol": "TCP"}, SSH | {"tcp on IPv6"}),
        ({"protocol": "6", "port_range_min": 22}, SSH),
        ({"port_range_max": 22}, SSH),
        ({"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535}, {"tcp on IPv6"}),
        ({"protocol": "tcp", "port_range_min": -1, "port_range_max": -1}, {"tcp on IPv6"}),
        ({"protocol": "icmp"}, {"ping", "ping on IPv6"}),
        ({"protocol": "1", "port_range_min": 8}, {"ping"}),
        ({"protocol": "58"}, {"ping on IPv6"}),
        ({"protocol": "any"}, {"any", "host"}),
        ({"remote_ip_prefix": "0.0.0.0/0", "protocol": "tcp"}, {"ssh", "ssh from the world"}),
        ({"remote_ip_prefix": "::/0"}, {"tcp on IPv6", "ping on IPv6"}),
        ({"remote_ip_prefix": "anywhere", "protocol": "tcp"}, {"ssh", "ssh from the world", "tcp on IPv6"}),
        ({"remote_ip_prefix": "10.0.0.0/255.0.0.0"}, {"ssh from a network"}),
        ({"remote_ip_prefix": "10.0.0.0/9"}, set()),
        ({"remote_ip_prefix": "2001:DB8:0::1/128"}, {"host"}),
    ],
)
def test_spellings(options: dict[str, Any], expected: set[str]) -> None:
    assert found(**options) == expected


@pytest.mark.parametrize("options", [{"protocol": "tpc"}, {"remote_ip_prefix": "10.0.0"}])
def test_a_value_that_no_rule_can_have_is_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        rule_filter(options)
