#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group_rule
short_description: Create and delete rules of a security group
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Creates or deletes a rule of a security group. Other rules of the group are not changed.
  - Accepts all options of the module of the same name in C(openstack.cloud).
  - Compares rules as Neutron does, whichever valid spelling the options use. A rule matches only if it allows exactly
    the same traffic.
  - Manages several rules in one call with O(service) and the options that take lists.
  - For many rules, M(portcullis.openstack.security_group) and M(portcullis.openstack.security_group_set) need fewer
    requests.
options:
  security_group:
    description: Name or id of the security group.
    type: str
    required: true
  state:
    description: Whether the rules should exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - portcullis.openstack.rule
  - portcullis.openstack.project
  - portcullis.openstack.auth
  - portcullis.openstack.attributes
seealso:
  - module: portcullis.openstack.security_group
  - module: portcullis.openstack.security_group_rule_info
"""

EXAMPLES = r"""
- name: Allow SSH from anywhere over IPv4
  portcullis.openstack.security_group_rule:
    cloud: mycloud
    security_group: web
    protocol: tcp
    port_range_min: 22
    port_range_max: 22
    remote_ip_prefix: 0.0.0.0/0

- name: Allow web traffic from anywhere over IPv4 and IPv6, with four rules
  portcullis.openstack.security_group_rule:
    cloud: mycloud
    security_group: web
    protocol: tcp
    ports: [80, 443]
    remote_ip_prefix: anywhere

- name: Delete the rule for SSH
  portcullis.openstack.security_group_rule:
    cloud: mycloud
    security_group: web
    service: ssh
    remote_ip_prefix: 0.0.0.0/0
    state: absent
"""

RETURN = r"""
rule:
  description:
    - The rule, or the first one if there are several. Attributes that the OpenStack release does not support are null.
    - In check mode, the predicted state, without values that only the cloud assigns, such as ids.
  returned: when O(state=present)
  type: dict
  contains:
    belongs_to_default_sg:
      description: Whether the rule belongs to the V(default) group of its project. Null if Neutron does not report it.
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
      description: Former name of RV(rule.project_id), with the same value.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    updated_at:
      description: Time of the last change, in UTC.
      type: str
      sample: "2026-11-23T12:02:15Z"
rules:
  description: All rules that the options describe, each with the keys of RV(rule).
  returned: when O(state=present)
  type: list
  elements: dict
applied:
  description: Changes made before the run failed, in chronological order.
  returned: failure
  type: list
  elements: str
  sample: ["created 1 rule in security group web"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.converge import converge
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.wanted import Scope, Wanted
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import desired_rules
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import PROJECT, RULE, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import rule_result

ARGUMENT_SPEC: Spec = {
    **RULE,
    "security_group": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    **PROJECT,
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    desired = desired_rules(params["security_group"], params, SERVICES)

    def work(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        scope = Scope(project=params["project"], any_owner=True)
        outcome = converge(cloud, Wanted([desired]), scope, check_mode=check_mode)
        if params["state"] == "absent":
            return outcome.common()
        rules = [rule_result(body) for body in outcome.wanted_rules()]
        return {**outcome.common(), "rules": rules, "rule": rules[0] if rules else None}

    return work


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare)


if __name__ == "__main__":
    main()
