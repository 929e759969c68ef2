# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network backends ignore."""

from __future__ import annotations

from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import DesiredGroup, Group
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.ignored import ignored_ports
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import (
    group,
    planned,
    references,
    tcp,
    wanted,
)


def ports(protocol: str) -> Rule:
    return make_rule(protocol=protocol, port_range_min=1, port_range_max=2)


def warnings(desired: list[DesiredGroup], current: list[Group]) -> list[str]:
    return ignored_ports(planned(desired, current, references(desired, current)))


def test_ports_that_are_ignored() -> None:
    desired = [wanted("new", ports("udplite"), ports("dccp")), wanted("web", ports("udplite"), tcp(22))]
    protocols = {"new": "dccp and udplite", "web": "udplite"}
    assert warnings(desired, [group("web")]) == [
        f"security group {name} has rules for ports of {listed}: OVN and Open vSwitch ignore these ports and allow the "
        "whole protocol"
        for name, listed in protocols.items()
    ]


def test_what_stands_is_no_news() -> None:
    assert warnings([wanted("web", ports("udplite"))], [group("web", ports("udplite"))]) == []
    assert warnings([wanted("new", make_rule(protocol="udplite"), tcp(22)), wanted("bare", rules=None)], []) == []
