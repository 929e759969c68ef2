#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group_rule_info
short_description: Read rules of security groups
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Lists the rules that match all options, whichever valid spelling the options use.
  - Accepts all options of the module of the same name in C(openstack.cloud).
  - A rule must have exactly the given values. A rule that allows more, such as a larger range of ports, does not match.
options:
  id:
    description: Id of the rule.
    type: str
    aliases: [rule]
  security_group:
    description: Name or id of the security group of the rules. If no group matches, the returned list is empty.
    type: str
  direction:
    description: Whether the rule allows traffic to the instance or from it.
    type: str
    choices: [ingress, egress]
  ether_type:
    description: Address family.
    type: str
    choices: [IPv4, IPv6]
    aliases: [ethertype]
  protocol:
    description:
      - Name or number of the IP protocol. Accepts every name that Neutron knows, in upper or lower case.
      - V(any) matches rules that allow every protocol.
    type: str
  port_range_min:
    description: First port of the range, or type of ICMP. V(-1) matches rules without one.
    type: int
  port_range_max:
    description: Last port of the range, or code of ICMP. V(-1) matches rules without one.
    type: int
  remote_ip_prefix:
    description:
      - Address or network of the remote.
      - V(anywhere), V(0.0.0.0/0) and V(::/0) also match rules without a remote, which allow the same traffic.
    type: str
  remote_group:
    description: Name or id of the remote security group.
    type: str
  remote_address_group:
    description: Name or id of the remote address group.
    type: str
  description:
    description: Description of the rule.
    type: str
  revision_number:
    description: Revision number of the rule.
    type: int
  project:
    description:
      - Name or id of the project whose rules to list.
      - By default, all rules that the credentials can see. For an administrator, these are the rules of all projects.
      - Without O(project), names of groups are looked up in the project of the credentials.
    type: str
extends_documentation_fragment:
  - portcullis.openstack.auth
  - portcullis.openstack.attributes.info
seealso:
  - module: portcullis.openstack.security_group_rule
"""

EXAMPLES = r"""
- name: List rules that allow exactly TCP port 22 from anywhere
  portcullis.openstack.security_group_rule_info:
    cloud: mycloud
    direction: ingress
    protocol: tcp
    port_range_min: 22
    port_range_max: 22
    remote_ip_prefix: anywhere

- name: List the rules of a group
  portcullis.openstack.security_group_rule_info:
    cloud: mycloud
    security_group: default
"""

RETURN = r"""
security_group_rules:
  description: The rules. Attributes that the OpenStack release does not support are null.
  returned: success
  type: list
  elements: dict
  contains:
    belongs_to_default_sg:
      description: Whether the rule belongs to the V(default) group of its project.
      type: bool
      sample: false
    created_at:
      description: Time of creation, in UTC.
      type: str
      sample: "2026-11-23T12:02:15Z"
    description:
      description: Description of the rule.
      type: str
      sample: ""
    direction:
      description: V(ingress) or V(egress).
      type: str
      sample: ingress
    ether_type:
      description: V(IPv4) or V(IPv6).
      type: str
      sample: IPv4
    id:
      description: Id of the rule.
      type: str
      sample: 694a0573-b4c3-423c-847d-550f79e83f2b
    name:
      description: Always null, as rules have no names in Neutron.
      type: str
      sample: null
    normalized_cidr:
      description: Network of the remote without host bits.
      type: str
      sample: 0.0.0.0/0
    port_range_max:
      description: Last port of the range, or code of ICMP.
      type: int
      sample: 22
    port_range_min:
      description: First port of the range, or type of ICMP.
      type: int
      sample: 22
    project_id:
      description: Id of the project of the rule.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    protocol:
      description: Name or number of the protocol. Null means any protocol.
      type: str
      sample: tcp
    remote_address_group_id:
      description: Id of the remote address group.
      type: str
      sample: null
    remote_group_id:
      description: Id of the remote security group.
      type: str
      sample: null
    remote_ip_prefix:
      description: Network of the remote.
      type: str
      sample: 0.0.0.0/0
    revision_number:
      description: Revision number, which increases with each change of the rule.
      type: int
      sample: 0
    security_group_id:
      description: Id of the security group of the rule.
      type: str
      sample: 1cab4a62-0fda-40d9-bac8-fd73275b472d
    tags:
      description: Tags of the rule.
      type: list
      elements: str
      sample: []
    tenant_id:
      description: Former name of RV(security_group_rules[].project_id), with the same value.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    updated_at:
      description: Time of the last change, in UTC.
      type: str
      sample: "2026-11-23T12:02:15Z"
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import Names, looks_like_id
from ansible_collections.portcullis.openstack.plugins.module_utils._common.text import judge_texts
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.capabilities import judge_search
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import PROJECT, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.filters import rule_filter
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import rule_from_api, rule_result

ARGUMENT_SPEC: Spec = {
    "id": {"type": "str", "aliases": ["rule"]},
    "security_group": {"type": "str"},
    "direction": {"type": "str", "choices": ["ingress", "egress"]},
    "ether_type": {"type": "str", "choices": ["IPv4", "IPv6"], "aliases": ["ethertype"]},
    "protocol": {"type": "str"},
    "port_range_min": {"type": "int"},
    "port_range_max": {"type": "int"},
    "remote_ip_prefix": {"type": "str"},
    "remote_group": {"type": "str"},
    "remote_address_group": {"type": "str"},
    "description": {"type": "str"},
    "revision_number": {"type": "int"},
    **PROJECT,
}

# Fields that have one spelling, by their names in the API.
EXACT = {
    "id": "id",
    "direction": "direction",
    "ether_type": "ethertype",
    "description": "description",
    "revision_number": "revision_number",
}
# Fields that have an id, where users may write a name.
NAMED = {
    "security_group": "security_group_id",
    "remote_group": "remote_group_id",
    "remote_address_group": "remote_address_group_id",
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    judge_texts(params, "id", "security_group", "remote_group", "remote_address_group", "description")
    matches = rule_filter(params)
    exact = [(query, str(params[option])) for option, query in EXACT.items() if params[option] is not None]
    asked = {query: option for option, query in {**EXACT, **NAMED}.items() if params[option] is not None}

    def read(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        judge_search(cloud, asked)
        named = named_filters(cloud, params)
        rules = [] if named is None else cloud.find_rules([*exact, *named])
        return {
            "changed": False,
            "security_group_rules": [rule_result(rule) for rule in rules if matches(rule_from_api(rule))],
        }

    return read


def named_filters(cloud: Cloud, params: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """Return the API's filters for options that take a name or an id, or None where nothing has a name."""
    filters = [("project_id", cloud.project_id(params["project"]))] if params["project"] else []
    for option, query in NAMED.items():
        if (name := params[option]) is not None:
            lookup = cloud.address_group_names if option == "remote_address_group" else cloud.security_group_names
            known = lookup(project_id=cloud.project_id(params["project"]))
            if name not in known and name not in known.values():
                if not looks_like_id(name):
                    return None
                known = {name: name}
            filters.append((query, Names(known).find(option, name)))
    return filters


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare, mutually_exclusive=[("remote_ip_prefix", "remote_group")])


if __name__ == "__main__":
    main()
