#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: default_security_group_rule
short_description: Create and delete the rules that new security groups get
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Creates or deletes a default rule, which the cloud adds to new security groups. Other default rules and existing
    groups are not changed.
  - Requires administrator rights in the cloud.
  - A default rule can apply to the group V(default) of each new project, to all other new groups, or to both.
  - Compares rules as Neutron does, whichever valid spelling the options use. A rule matches only if it allows exactly
    the same traffic.
  - Manages several rules in one call with O(service) and the options that take lists.
  - If the description or the use of a default rule differs, the module replaces the rule, as Neutron cannot change it.
    It creates the new rule first where Neutron allows it, and otherwise deletes the old rule first.
options:
  remote_group:
    description:
      - V(PARENT) for the group that gets the rule, so that instances with this group can reach each other.
      - Otherwise, the id of a security group, or its name in the project of the credentials.
    type: str
  remote_groups:
    description: Remote security groups, with values as in O(remote_group). Creates one rule for each.
    type: list
    elements: str
  used_in_default_sg:
    description: Whether the groups V(default) of new projects get the rule.
    type: bool
    default: false
  used_in_non_default_sg:
    description: Whether all other new groups get the rule.
    type: bool
    default: true
  state:
    description:
      - Whether the rules should exist.
      - V(absent) deletes the rules regardless of O(used_in_default_sg) and O(used_in_non_default_sg).
    type: str
    choices: [present, absent]
    default: present
notes:
  - Requires the Neutron extension C(security-groups-default-rules).
  - If a default rule names a security group that no longer exists, Neutron cannot create any security group. This
    module refuses names and ids of groups that do not exist.
extends_documentation_fragment:
  - portcullis.openstack.rule
  - portcullis.openstack.auth
  - portcullis.openstack.attributes
seealso:
  - module: portcullis.openstack.security_group_info
"""

EXAMPLES = r"""
- name: Allow ping in every new security group
  portcullis.openstack.default_security_group_rule:
    cloud: admin
    service: ping
    remote_ip_prefix: anywhere
    used_in_default_sg: true

- name: Allow SSH between instances that have the group default
  portcullis.openstack.default_security_group_rule:
    cloud: admin
    service: ssh
    ether_type: any
    remote_group: PARENT
    used_in_default_sg: true
    used_in_non_default_sg: false

- name: Delete these rules
  portcullis.openstack.default_security_group_rule:
    cloud: admin
    service: ssh
    ether_type: any
    remote_group: PARENT
    state: absent
"""

RETURN = r"""
default_security_group_rules:
  description:
    - The default rules that the options describe, as read from Neutron.
    - In check mode, the predicted rules, without values that only the cloud assigns, such as ids.
  returned: when O(state=present)
  type: list
  elements: dict
  contains:
    description:
      description: Description of the rule.
      type: str
      sample: ""
    direction:
      description: V(ingress) or V(egress).
      type: str
      sample: ingress
    ethertype:
      description: V(IPv4) or V(IPv6).
      type: str
      sample: IPv4
    id:
      description: Id of the rule.
      type: str
      sample: 6258a77f-2d94-4b95-95b5-ecbb4efcfe1f
    port_range_max:
      description: Last port of the range, or code of ICMP.
      type: int
      sample: 22
    port_range_min:
      description: First port of the range, or type of ICMP.
      type: int
      sample: 22
    protocol:
      description: Name or number of the protocol. Null means any protocol.
      type: str
      sample: tcp
    remote_address_group_id:
      description: Id of the remote address group.
      type: str
      sample: null
    remote_group_id:
      description: Id of the remote security group, or V(PARENT) for the group that gets the rule.
      type: str
      sample: PARENT
    remote_ip_prefix:
      description: Network of the remote.
      type: str
      sample: null
    used_in_default_sg:
      description: Whether the groups V(default) of new projects get the rule.
      type: bool
      sample: true
    used_in_non_default_sg:
      description: Whether all other new groups get the rule.
      type: bool
      sample: false
applied:
  description: Changes made before the run failed, in chronological order.
  returned: failure
  type: list
  elements: str
  sample: ["created default rule ingress IPv4 tcp 22 from group PARENT, in default groups"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._converge.default_rules import converge_default_rules
from ansible_collections.portcullis.openstack.plugins.module_utils._default_rules.default_rule import (
    desired_default_rules,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import RULE, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES

ARGUMENT_SPEC: Spec = {
    **RULE,
    "used_in_default_sg": {"type": "bool", "default": False},
    "used_in_non_default_sg": {"type": "bool", "default": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    desired = desired_default_rules(params, SERVICES)
    return lambda cloud, check_mode: converge_default_rules(cloud, desired, check_mode=check_mode)


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare)


if __name__ == "__main__":
    main()
