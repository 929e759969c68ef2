#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group
short_description: Create, update and delete a security group
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Creates, updates and deletes a security group and, if O(security_group_rules) is set, its rules.
  - Accepts all options of the module of the same name in C(openstack.cloud).
  - Compares rules as Neutron does, and adds new rules before it deletes old ones.
options:
  name:
    description:
      - Name of the security group. It must be the only one of this name in the project.
      - With O(id), the new name of the group.
    type: str
    required: true
  id:
    description: Id of an existing security group. The group is then found by its id, not by its name.
    type: str
  description:
    description: Description of the group. By default, an existing description is kept.
    type: str
  stateful:
    description:
      - Whether reply traffic is allowed automatically.
      - By default, an existing group keeps its setting, and a new group gets the default of the cloud.
      - Neutron refuses to change this while the group is attached to ports.
    type: bool
  tags:
    description:
      - Tags of the group. By default, existing tags are kept.
      - Do not list the tag in which M(portcullis.openstack.security_group_set) stores the owner. It is always kept.
    type: list
    elements: str
  purge_tags:
    description: Remove tags that are not in O(tags). Enabled by default.
    type: bool
    default: true
  security_group_rules:
    description:
      - The rules of the group. By default, existing rules are kept.
      - An entry with lists, such as several ports, creates several rules.
    type: list
    elements: dict
    suboptions:
      service:
        description:
          - Name of a service in the catalogue. Sets the protocol and the ports.
          - Cannot be combined with O(security_group_rules[].protocol) or the options for ports.
        type: str
      direction:
        description: Whether the rule allows traffic to the instance or from it.
        type: str
        choices: [ingress, egress]
        default: ingress
      ether_type:
        description:
          - Address family. V(any) creates one rule for each family.
          - By default, the family of the remote address. The remote V(anywhere) creates one rule for each family.
          - For a rule without an address, the default is V(IPv4), as in Neutron, or V(IPv6) for a protocol that exists
            only in IPv6.
        type: str
        choices: [IPv4, IPv6, any]
        aliases: [ethertype]
      protocol:
        description:
          - Name or number of the IP protocol. Accepts every name that Neutron knows, in upper or lower case.
          - V(any), the default, allows every protocol.
        type: str
      ports:
        description:
          - Ports and ranges, such as V(22), V(100:200) or V(100-200). Creates one rule for each.
          - Quote a range with a colon. Without quotes, YAML may read V(22:22) as the number 1342, in base 60.
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
          - First port of the range. For ICMP, the type.
          - V(-1) means any, the same as leaving out the option.
        type: int
      port_range_max:
        description:
          - Last port of the range. For ICMP, the code.
          - V(-1) means any, the same as leaving out the option.
        type: int
      remote_ip_prefix:
        description:
          - Address or network of the remote, or V(anywhere).
          - A rule without a remote allows traffic from or to any address.
        type: str
      remote_ip_prefixes:
        description:
          - Addresses and networks of the remotes. Creates one rule for each.
          - Options with lists of remotes can be combined. They create rules for all listed remotes, and none if the
            lists are empty.
        type: list
        elements: str
      remote_group:
        description: Name or id of the remote security group. Can be the group of the rule itself.
        type: str
      remote_groups:
        description: Names or ids of remote security groups. Creates one rule for each.
        type: list
        elements: str
      remote_address_group:
        description: Name or id of a remote address group.
        type: str
      remote_address_groups:
        description: Names or ids of remote address groups. Creates one rule for each.
        type: list
        elements: str
      description:
        description: Description of the rule. By default, an existing description is kept.
        type: str
  purge_rules:
    description:
      - Delete rules that are not in O(security_group_rules), including the rules that the cloud adds to a new group.
        Enabled by default.
    type: bool
    default: true
  shared_with:
    description:
      - Names or ids of all projects to share the group with, by RBAC policies. By default, existing policies are kept.
      - V(*) shares the group with all projects, which usually requires administrator rights.
    type: list
    elements: str
  state:
    description:
      - Whether the group should exist.
      - Deleting a group that is attached to ports is an error. The message names the ports.
    type: str
    choices: [present, absent]
    default: present
  delete_first:
    description:
      - Delete old rules before creating new ones. By default, they are deleted last.
      - Interrupts traffic that both the old and the new rules allow. Meant for a quota that is too small for old and
        new rules at the same time.
    type: bool
    default: false
  cascade:
    description:
      - Neutron deletes a rule when the remote security group that it names is deleted.
      - Do not warn if Neutron then deletes rules of other groups. By default, a warning names these groups.
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
- name: Create a group with the default rules of the cloud
  portcullis.openstack.security_group:
    cloud: mycloud
    name: web
    description: Web servers

- name: Create a group with exactly these rules
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

- name: Delete a group
  portcullis.openstack.security_group:
    cloud: mycloud
    name: web
    state: absent
"""

RETURN = r"""
security_group:
  description:
    - The group, as read from Neutron. Attributes that the OpenStack release does not support are null.
    - In check mode, the predicted state, without values that only the cloud assigns, such as ids.
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
      description: Id of the project of the group.
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
      description: Revision number, which increases with each change of the group.
      type: int
      sample: 3
    tenant_id:
      description: Former name of RV(security_group.project_id), with the same value.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    updated_at:
      description: Time of the last change, in UTC.
      type: str
      sample: "2026-11-23T12:02:15Z"
applied:
  description: Changes made before the run failed, in chronological order.
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
