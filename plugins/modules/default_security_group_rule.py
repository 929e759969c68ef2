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
  - Makes sure that the cloud's template for security groups has a rule, or that it does not have it.
    Other rules stay as they are, and so do the groups that exist already. Needs an administrator of the cloud.
  - Default groups, one for each project, and all other groups can get different rules.
  - Rules are identified as Neutron identifies them, in any valid spelling.
    No rule is taken for another that allows more or less.
  - The options with lists, and O(service), make several rules at once.
  - Neutron cannot change a default rule. Where its description, or what it is used in, differs, the rule is created
    anew. Neutron refuses a rule that already exists for other than default groups, so that one is deleted first.
options:
  remote_group:
    description:
      - V(PARENT) for the group itself that gets the rule, so that its members may talk to each other.
      - Otherwise the id of a security group, or its name in the project of the credentials.
    type: str
  remote_groups:
    description: Security groups of the other side, as for O(remote_group). Each makes a rule.
    type: list
    elements: str
  used_in_default_sg:
    description: Whether the default groups of new projects get the rule.
    type: bool
    default: false
  used_in_non_default_sg:
    description: Whether all other new groups get the rule.
    type: bool
    default: true
  state:
    description:
      - Whether the rules should exist.
      - Rules that should not are deleted whatever they are used in.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Needs the extension C(security-groups-default-rules) of Neutron.
  - While a default rule names a group that does not exist any more, Neutron cannot create any security group.
    This module refuses names and ids that it does not find.
extends_documentation_fragment:
  - portcullis.openstack.rule
  - portcullis.openstack.auth
  - portcullis.openstack.attributes
seealso:
  - module: portcullis.openstack.security_group_info
"""

EXAMPLES = r"""
- name: Let every new group answer pings
  portcullis.openstack.default_security_group_rule:
    cloud: admin
    service: ping
    remote_ip_prefix: anywhere
    used_in_default_sg: true

- name: Let members of a default group talk to each other, by SSH only
  portcullis.openstack.default_security_group_rule:
    cloud: admin
    service: ssh
    ether_type: any
    remote_group: PARENT
    used_in_default_sg: true
    used_in_non_default_sg: false

- name: Take that back
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
    - The default rules that the options stand for, as Neutron has them.
    - In check mode as they would be, without what only the cloud can give.
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
      description: Name or number of the protocol, none for any.
      type: str
      sample: tcp
    remote_address_group_id:
      description: Id of the address group of the other side.
      type: str
      sample: null
    remote_group_id:
      description: Id of the security group of the other side, or V(PARENT) for the group that gets the rule.
      type: str
      sample: PARENT
    remote_ip_prefix:
      description: Network of the other side.
      type: str
      sample: null
    used_in_default_sg:
      description: Whether the default groups of new projects get the rule.
      type: bool
      sample: true
    used_in_non_default_sg:
      description: Whether all other new groups get the rule.
      type: bool
      sample: false
applied:
  description: What had been changed before the run failed, in the order of time.
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
