# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests make rules and groups with."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import Problems
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import Names
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import (
    DesiredGroup,
    Group,
    References,
    group_from_api,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.plan import GroupPlan, plan_groups
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import PROTOCOL_NUMBERS, Rule, make_rule

WORLD = "0.0.0.0/0"


def tcp(port: int, **options: Any) -> Rule:
    """Return a rule for one TCP port."""
    return make_rule(protocol="tcp", port_range_min=port, port_range_max=port, **options)


def standing(rule: Rule, rule_id: str = "rule-id") -> Rule:
    """Return a rule as it is once the cloud has it."""
    return dataclasses.replace(rule, description=rule.description or "", id=rule_id)


def api_group(name: str, *rules: Rule, **attributes: Any) -> dict[str, Any]:
    """Return a group as Neutron answers it; its ids are its name, or its rules' numbers, and ``-id``."""
    return {
        "id": f"{name}-id",
        "project_id": "project-id",
        "name": name,
        "description": "",
        "stateful": True,
        "tags": [],
        "security_group_rules": [{**rule.to_api(), "id": f"{name}-{n}-id"} for n, rule in enumerate(rules, start=1)],
        **attributes,
    }


def group(name: str, *rules: Rule, **attributes: Any) -> Group:
    """Return a group that exists."""
    return group_from_api(api_group(name, *rules, **attributes))


def planned(desired: Iterable[DesiredGroup], current: Iterable[Group], known: References, **options: Any) -> GroupPlan:
    """Return a plan; errors are raised, all of them."""
    with Problems() as problems:
        return plan_groups(desired, current, known, problems=problems, **options)


def wanted(name: str, *rules: Rule, **attributes: Any) -> DesiredGroup:
    """Return a desired group with one entry per rule; ``rules=None`` leaves its rules alone."""
    return DesiredGroup(name, **{"rules": tuple((rule,) for rule in rules), **attributes})


def references(
    desired: Iterable[DesiredGroup] = (),
    current: Iterable[Group] = (),
    foreign: Mapping[str, str] | None = None,
    address_groups: Mapping[str, str] | None = None,
) -> References:
    """Return what names mean."""
    return References(desired, current, foreign or {}, Names(address_groups or {}))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Draw any rule that Neutron would take."""
    version = draw(st.sampled_from((4, 6)))
    names = [name for name in PROTOCOL_NUMBERS if version == 6 or not name.startswith("ipv6-")]
    protocol = draw(st.none() | st.sampled_from(("tcp", "udp", "icmp")) | st.sampled_from(names))
    top = 255 if protocol in ("icmp", "ipv6-icmp") else 65535
    with_ports = protocol in ("tcp", "udp", "sctp", "dccp", "udplite", "icmp", "ipv6-icmp") and draw(st.booleans())
    ends = draw(st.tuples(st.integers(1, top), st.integers(1, top)).map(sorted)) if with_ports else (None, None)
    remote = draw(
        st.just({})
        | st.fixed_dictionaries({"remote_ip_prefix": prefixes(version)})
        | st.fixed_dictionaries({"remote_group": st.sampled_from("ab")})
        | st.fixed_dictionaries({"remote_address_group": st.sampled_from("ab")})
    )
    return make_rule(
        direction=draw(st.sampled_from(("ingress", "egress"))),
        ether_type=f"IPv{version}",
        protocol=protocol,
        port_range_min=ends[0],
        port_range_max=ends[1],
        description=draw(st.sampled_from((None, "", "one", "two"))),
        **remote,
    )


def prefixes(version: int) -> st.SearchStrategy[str]:
    """Draw addresses with a prefix length and, most of them, host bits."""
    lengths = st.integers(0, 32 if version == 4 else 128)
    addresses: st.SearchStrategy[Any] = st.ip_addresses(v=6 if version == 6 else 4)
    some = st.builds(lambda address, length: str(ipaddress.ip_interface((address, length))), addresses, lengths)
    return some | st.just(WORLD if version == 4 else "::/0")
