#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group_set
short_description: Manage security groups, their rules and attachments in one call
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Creates, updates and deletes security groups with their rules, and attaches groups to instances, so that the project
    matches the lists.
  - Compares rules as Neutron does, so that a second run changes nothing, whatever valid spelling the lists use.
  - Never interrupts traffic that old and new rules and attachments both allow. Creates groups and rules first, then
    adds groups to all ports, then removes groups from ports, and deletes rules and groups last.
  - Neutron cannot change the description of a rule. Where that alone differs, the rule is deleted and created again.
  - Checks the state after all changes before it makes the first one, in check mode too.
  - Reads everything once. A run that changes nothing sends three requests for groups and two more for attachments,
    however many there are, one more where rules name address groups, and further pages of long lists.
options:
  groups:
    description:
      - The security groups. They may name each other in any order and in cycles.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the security group. It must be the only one of this name in the project.
        type: str
        required: true
      service:
        description:
          - Name of the service of the roles that the group is for. Errors name it in place of the group, and entries of
            its C(allow) in place of rules.
        type: str
      error:
        description: What is wrong with the entry, if a filter has found that. The task fails with it.
        type: str
      state:
        description: Whether the group should exist.
        type: str
        choices: [present, absent]
        default: present
      description:
        description: Description of the group. Left as it is when not given.
        type: str
      stateful:
        description:
          - Whether reply traffic is allowed automatically.
          - By default an existing group is left as it is, and the cloud decides for a new one.
        type: bool
      tags:
        description:
          - All tags of the group, except that of its owner, which O(owner) alone sets.
          - Left as they are when not given.
        type: list
        elements: str
      shared_with:
        description:
          - Names or ids of all projects that may use the group too, by RBAC policies.
          - V(*) means all projects, which usually needs an administrator. Left as they are when not given.
        type: list
        elements: str
      rules:
        description:
          - The rules of the group. Left as they are when not given.
          - One entry may stand for several rules; see the options with lists.
        type: list
        elements: dict
        suboptions:
          service:
            description:
              - Name of a service in the catalogue, which gives protocol and ports.
              - Takes the place of O(groups[].rules[].protocol) and the options for ports.
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
              - Takes the place of O(groups[].rules[].protocol) and the options for ports.
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
          - Delete rules that are not in O(groups[].rules), among them those that the cloud gives a new group.
        type: bool
        default: true
  owner:
    description:
      - A label for who manages these groups, kept in a tag on each of them.
      - An existing group without an owner gets this one. A group of another owner is an error.
      - Without it, only groups without an owner can be managed.
    type: str
  prune:
    description: Delete the groups of O(owner) that are not in O(groups).
    type: bool
    default: false
  detach:
    description:
      - Detach the groups that this run deletes from all ports that have them, before deleting them. By default a group
        in use is an error.
      - A port that is left without any group denies all traffic. The diff shows such ports.
    type: bool
    default: false
  delete_first:
    description:
      - Remove what is no longer wanted before creating anything. By default it is removed last.
      - Interrupts traffic that old and new rules both allow. Meant for a quota that has no room for old and new rules
        at once.
    type: bool
    default: false
  cascade:
    description:
      - When a group is deleted, Neutron deletes the rules in other groups that name it as their remote group.
      - Delete groups also where that happens to groups outside O(groups), which otherwise is an error.
    type: bool
    default: false
  catalogue:
    description:
      - Services that rules can name in addition to the built-in ones, or in place of them.
      - Keys are names. Values are lists of texts like V(tcp/443), V(udp/6000:6010), V(esp) and V(icmp/8:0), where
        the numbers of ICMP are type and code.
    type: dict
    default: {}
notes:
  - Rules for O(groups[].rules[].service) come from a catalogue of well-known services, such as V(ssh), V(https),
    V(dns), V(postgresql) and V(ping).
extends_documentation_fragment:
  - portcullis.openstack.attachments
  - portcullis.openstack.overrides
  - portcullis.openstack.parallel
  - portcullis.openstack.project
  - portcullis.openstack.auth
  - portcullis.openstack.attributes
seealso:
  - module: portcullis.openstack.security_group_info
  - module: portcullis.openstack.server_security_groups
"""

EXAMPLES = r"""
- name: One group per service
  portcullis.openstack.security_group_set:
    cloud: mycloud
    groups:
      - name: allow-ssh-from-anywhere
        description: Example
        rules:
          - service: ssh
            remote_ip_prefix: anywhere
      - name: web
        rules:
          - protocol: tcp
            ports: [80, 443]
            remote_ip_prefix: anywhere
          - direction: egress
            ether_type: any
      - name: db
        rules:
          - service: postgresql
            ether_type: any
            remote_group: web

- name: Security groups and the instances that have them
  portcullis.openstack.security_group_set:
    cloud: mycloud
    owner: web-team
    groups:
      - name: ssh
        rules:
          - service: ssh
            remote_ip_prefix: 192.0.2.0/24
    attachments:
      - servers: [web1, web2]
        security_groups: [ssh]
        state: owned

- name: Groups of a team, and no other groups of that team
  portcullis.openstack.security_group_set:
    cloud: mycloud
    owner: team-a
    prune: true
    groups:
      - name: team-a-metrics
        tags: [monitoring]
        rules:
          - service: node-exporter
            remote_ip_prefixes: [192.0.2.0/24, "2001:db8::/64"]
"""

RETURN = r"""
groups:
  description:
    - The groups, sorted by name, in short. For all that Neutron knows of them, such as their rules, ask
      M(portcullis.openstack.security_group_info).
    - In check mode as they would be, without what only the cloud can give, such as ids of new groups.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the group.
      type: str
      sample: 1cab4a62-0fda-40d9-bac8-fd73275b472d
    name:
      description: Name of the group.
      type: str
      sample: allow-ssh-from-anywhere
    project_id:
      description: Id of the project that has the group.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    stateful:
      description: Whether the group is stateful, null on clouds that do not know the difference.
      type: bool
      sample: true
servers:
  description: The selected servers and their ports, with the names of their groups.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the server.
      type: str
      sample: 7f0f58ab-5ac2-44a4-9d2c-3f1a3a4dbe3c
    name:
      description: Name of the server.
      type: str
      sample: web1
    ports:
      description: The ports of the server in the networks asked for.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the port.
          type: str
          sample: 3f9b0e5b-4a0e-4a3e-a5d6-5f6d0d4b8c5e
        address:
          description: First address of the port.
          type: str
          sample: 192.0.2.10
        network_id:
          description: Id of the network of the port.
          type: str
          sample: 0b3c1c55-6f8f-4b4b-8a41-6e5a0ac0c9a2
        before:
          description: Names of the groups before the run.
          type: list
          elements: str
          sample: [default]
        after:
          description: Names of the groups after the run, in check mode as they would be.
          type: list
          elements: str
          sample: [default, web]
ports:
  description: The selected ports that no server has, with the names of their groups.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the port.
      type: str
      sample: 3f9b0e5b-4a0e-4a3e-a5d6-5f6d0d4b8c5e
    address:
      description: First address of the port.
      type: str
      sample: 192.0.2.10
    network_id:
      description: Id of the network of the port.
      type: str
      sample: 0b3c1c55-6f8f-4b4b-8a41-6e5a0ac0c9a2
    before:
      description: Names of the groups before the run.
      type: list
      elements: str
      sample: [default]
    after:
      description: Names of the groups after the run, in check mode as they would be.
      type: list
      elements: str
      sample: [default, web]
summary:
  description: What the run changed, or in check mode would change, as a sentence.
  returned: success
  type: str
  sample: "Plan: 3 groups to create, 1 to change, 0 to delete; 14 rules to add, 4 to remove; 2 of 8 ports to change."
plan:
  description: The changes as plain text, a heading for each object and a line for each change.
  returned: success
  type: str
  sample: "security group web: create\n  + ingress IPv4 tcp 443 from 0.0.0.0/0\n"
counts:
  description:
    - How many groups, rules and ports the run changed, or in check mode would change.
    - Rules of deleted groups count as deleted. A rule of which only the description changes counts as updated.
  returned: success
  type: dict
  sample:
    groups: {created: 3, updated: 0, deleted: 0}
    rules: {created: 9, updated: 0, deleted: 0}
    ports: {updated: 2, selected: 8}
applied:
  description: What had been changed before the run failed, in the order of time.
  returned: failure
  type: list
  elements: str
  sample: ["created security group web"]
"""

from collections.abc import Mapping
from typing import Any, Final

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.entries import parse_attachments
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import Problems
from ansible_collections.portcullis.openstack.plugins.module_utils._common.parallel import judge_parallel
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.converge import converge
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.wanted import Scope, Wanted
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import desired_groups, judge_owner
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import (
    ATTACHMENTS,
    OVERRIDES,
    PARALLEL,
    PROJECT,
    RULE,
    Spec,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.expand import merge_catalogues

# What a result contains of a group: every value of a large set costs time on its way through Ansible.
_RESULT_KEYS: Final = ("id", "name", "project_id", "stateful")

GROUP: Spec = {
    "name": {"type": "str", "required": True},
    "service": {"type": "str"},
    "error": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
    "stateful": {"type": "bool"},
    "tags": {"type": "list", "elements": "str"},
    "shared_with": {"type": "list", "elements": "str"},
    "rules": {"type": "list", "elements": "dict", "options": RULE},
    "purge_rules": {"type": "bool", "default": True},
}

ARGUMENT_SPEC: Spec = {
    "groups": {"type": "list", "elements": "dict", "options": GROUP},
    **ATTACHMENTS,
    "prune": {"type": "bool", "default": False},
    "detach": {"type": "bool", "default": False},
    "delete_first": {"type": "bool", "default": False},
    **PARALLEL,
    "cascade": {"type": "bool", "default": False},
    "catalogue": {"type": "dict", "default": {}},
    **PROJECT,
    **OVERRIDES,
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    with Problems() as problems:
        with problems.within():
            judge_owner(params["owner"], prune=params["prune"], groups=params["groups"])
        with problems.within():
            judge_parallel(params["parallel"])
        with problems.within():
            groups = desired_groups(params["groups"] or (), merge_catalogues(SERVICES, params["catalogue"]))
        with problems.within():
            attachments = parse_attachments(params["attachments"] or (), owner=params["owner"])
    same_names = ("project", "owner", "prune", "detach", "delete_first", "parallel", "cascade")
    options = {option: params[option] for option in same_names}
    scope = Scope(**options, ignore_missing=params["missing"] == "warn")

    def work(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        outcome = converge(cloud, Wanted(groups, attachments), scope, check_mode=check_mode)
        return {
            **outcome.common(),
            **outcome.totals(),
            "groups": [{key: group.get(key) for key in _RESULT_KEYS} for group in outcome.groups],
            "servers": outcome.servers(),
            "ports": outcome.ports(),
        }

    return work


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare, required_one_of=[("groups", "attachments")])


if __name__ == "__main__":
    main()
