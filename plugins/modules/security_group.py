#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group
short_description: Create, change and delete a security group
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Makes one security group what the options say and, if they are given, its rules.
  - Takes every option of the module of the same name in C(openstack.cloud).
  - Compares rules as Neutron does, and adds new rules before it deletes old ones.
options:
  name:
    description:
      - Name of the security group. It must be the only one of this name in the project.
      - With O(id), the name that the group gets.
    type: str
    required: true
  id:
    description: Id of an existing security group, to find it by that and not by its name.
    type: str
  description:
    description: Description of the group. Left as it is when not given.
    type: str
  stateful:
    description:
      - Whether answers to allowed traffic are allowed without a rule of their own.
      - Left as it is when not given; for a new group the cloud decides then.
      - Neutron refuses to change it while ports have the group.
    type: bool
  tags:
    description:
      - Tags of the group. Left as they are when not given.
      - The tag with which M(portcullis.openstack.security_group_set) marks an owner is not among them, and stays.
    type: list
    elements: str
  purge_tags:
    description: Remove tags that are not in O(tags).
    type: bool
    default: true
  security_group_rules:
    description:
      - The rules of the group. Left as they are when not given.
      - One entry may stand for several rules; see the options with lists.
    type: list
    elements: dict
    suboptions:
      service:
        description:
          - Name of a service in the catalogue, which gives protocol and ports.
          - Takes the place of O(security_group_rules[].protocol) and the options for ports.
        type: str
      direction:
        description: Whether the rule allows traffic to the instance or from it.
        type: str
        choices: [ingress, egress]
        default: ingress
      ether_type:
        description:
          - Address family; V(any) makes a rule for each.
          - When not given, an address decides, and V(anywhere) makes a rule for each family.
          - Without an address it is IPv4, as in Neutron, or IPv6 for a protocol that exists there alone. A service
            has what its protocols need.
        type: str
        choices: [IPv4, IPv6, any]
        aliases: [ethertype]
      protocol:
        description:
          - Name or number of the IP protocol, in any case and by any name that Neutron knows.
          - Any protocol when V(any) or not given.
        type: str
      ports:
        description:
          - Ports and ranges, such as V(22), V(100:200) or V(100-200). Each makes a rule.
          - Quote a range with a colon. Without quotes YAML may read it as a number in base 60, V(22:22) as 1342.
        type: list
        elements: str
      traffic:
        description:
          - Protocols, with ports where they have any, such as V(tcp/443), V(udp/6000:6010), V(esp), or V(any).
          - V(icmp/3:4) is type 3 and code 4 of ICMP. Each entry makes a rule.
          - Takes the place of O(security_group_rules[].protocol) and the options for ports.
        type: list
        elements: str
      port_range_min:
        description:
          - First port of the range. For ICMP the type.
          - V(-1) means any, as if it were not given.
        type: int
      port_range_max:
        description:
          - Last port of the range. For ICMP the code.
          - V(-1) means any, as if it were not given.
        type: int
      remote_ip_prefix:
        description:
          - Address or network of the other side, or V(anywhere).
          - A rule without any remote allows traffic with everyone.
        type: str
      remote_ip_prefixes:
        description:
          - Addresses and networks of the other side. Each makes a rule.
          - Lists of remotes add up. An empty list makes no rule.
        type: list
        elements: str
      remote_group:
        description: Name or id of the security group of the other side, which may be the rule's own.
        type: str
      remote_groups:
        description: Names or ids of security groups of the other side. Each makes a rule.
        type: list
        elements: str
      remote_address_group:
        description: Name or id of an address group of the other side.
        type: str
      remote_address_groups:
        description: Names or ids of address groups of the other side. Each makes a rule.
        type: list
        elements: str
      description:
        description: Description of the rule. Left as it is when not given.
        type: str
  purge_rules:
    description:
      - Delete rules that are not in O(security_group_rules), among them those that the cloud gives a new group.
    type: bool
    default: true
  shared_with:
    description:
      - Names or ids of all projects that may use the group too, by RBAC policies.
      - V(*) means all projects, which usually needs an administrator. Left as they are when not given.
    type: list
    elements: str
  state:
    description:
      - Whether the group should exist.
      - A group that ports have is not deleted. The error names them.
    type: str
    choices: [present, absent]
    default: present
  delete_first:
    description:
      - Delete rules before new ones are created, not after.
      - Traffic that old and new rules both allow may be refused for a moment. Meant for a quota that has no room for
        old and new rules at once.
    type: bool
    default: false
  cascade:
    description:
      - When a group is deleted, Neutron deletes the rules in other groups that name it as their remote group.
      - Do not warn of that.
    type: bool
    default: false
extends_documentation_fragment:
  - portcullis.openstack.project
  - portcullis.openstack.auth
  - portcullis.openstack.attributes
seealso:
  - module: portcullis.openstack.security_group_set
  - module: portcullis.openstack.security_group_rule
"""

EXAMPLES = r"""
- name: A group without rules of its own
  portcullis.openstack.security_group:
    cloud: mycloud
    name: web
    description: Web servers

- name: A group with all its rules
  portcullis.openstack.security_group:
    cloud: mycloud
    name: web
    tags: [public]
    security_group_rules:
      - service: https
        remote_ip_prefix: anywhere
      - protocol: tcp
        port_range_min: 22
        port_range_max: 22
        remote_ip_prefix: 192.0.2.0/24
      - direction: egress
        ether_type: any

- name: No group
  portcullis.openstack.security_group:
    cloud: mycloud
    name: web
    state: absent
"""

RETURN = r"""
security_group:
  description:
    - The group as Neutron has it. What the cloud's release does not have is null.
    - In check mode as it would be, without what only the cloud can give.
  returned: when O(state=present)
  type: dict
  contains:
    id:
      description: Id of the group.
      type: str
      sample: 1cab4a62-0fda-40d9-bac8-fd73275b472d
    name:
      description: Name of the group.
      type: str
      sample: allow-ssh-from-anywhere
    description:
      description: Description of the group.
      type: str
      sample: Example
    project_id:
      description: Id of the project that has the group.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    security_group_rules:
      description: The rules of the group, with the keys of
        RV(portcullis.openstack.security_group_info#module:security_groups[].security_group_rules).
      type: list
      elements: dict
    shared:
      description: Whether the group is shared with the project of the credentials.
      type: bool
      sample: false
    stateful:
      description: Whether the group is stateful.
      type: bool
      sample: true
    tags:
      description: Tags of the group.
      type: list
      elements: str
      sample: ["portcullis-owner:team-a"]
    created_at:
      description: Time of creation, in UTC.
      type: str
      sample: "2026-11-23T12:01:42Z"
    revision_number:
      description: Counts the changes of the group.
      type: int
      sample: 3
    tenant_id:
      description: The same as RV(security_group.project_id), by its former name.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    updated_at:
      description: Time of the last change, in UTC.
      type: str
      sample: "2026-11-23T12:02:15Z"
applied:
  description: What had been changed before the run failed, in the order of time.
  returned: failure
  type: list
  elements: str
  sample: ["created security group web"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.converge import converge
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.wanted import Scope, Wanted
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import desired_groups
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import PROJECT, RULE, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES

ARGUMENT_SPEC: Spec = {
    "name": {"type": "str", "required": True},
    "id": {"type": "str"},
    "description": {"type": "str"},
    "stateful": {"type": "bool"},
    "tags": {"type": "list", "elements": "str"},
    "purge_tags": {"type": "bool", "default": True},
    "security_group_rules": {"type": "list", "elements": "dict", "options": RULE},
    "purge_rules": {"type": "bool", "default": True},
    "shared_with": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "delete_first": {"type": "bool", "default": False},
    "cascade": {"type": "bool", "default": False},
    **PROJECT,
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    desired = desired_groups([{**params, "rules": params["security_group_rules"]}], SERVICES)
    options = {option: params[option] for option in ("project", "delete_first", "cascade")}
    scope = Scope(**options, any_owner=True, warn=True)

    def work(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        outcome = converge(cloud, Wanted(desired), scope, check_mode=check_mode)
        if params["state"] == "absent":
            return outcome.common()
        return {**outcome.common(), "security_group": outcome.groups[0]}

    return work


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare)


if __name__ == "__main__":
    main()
