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
  - If only the description of a rule differs, the rule is deleted and created again, as Neutron cannot change it.
  - Validates the complete plan before the first change, also in check mode.
  - Sends few requests. A run that changes nothing sends three requests for groups and two for attachments, however many
    there are. It sends one more if rules name address groups, and one for each further page of a long list.
  - A run that changes rules or attachments sends up to two more requests for O(connections).
options:
  groups:
    description:
      - The security groups. Their rules can name other groups of the list in any order, also in cycles.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the security group. It must be the only one of this name in the project.
        type: str
        required: true
      service:
        description:
          - Name of the service that the group was created from, set by the roles. Error messages name the service and
            its C(allow) entries instead of the group and its rules.
        type: str
      error:
        description: Error message that a filter returned for an invalid entry. The task fails with this message.
        type: str
      state:
        description: Whether the group should exist.
        type: str
        choices: [present, absent]
        default: present
      description:
        description: Description of the group. By default, an existing description is kept.
        type: str
      stateful:
        description:
          - Whether reply traffic is allowed automatically.
          - By default, an existing group keeps its setting, and a new group gets the default of the cloud.
        type: bool
      tags:
        description:
          - All tags of the group, except the tag of its owner, which O(owner) sets.
          - By default, existing tags are kept.
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
          - The rules of the group. By default, existing rules are kept.
          - An entry with lists, such as several ports, creates several rules.
        type: list
        elements: dict
        suboptions:
          service:
            description:
              - Name of a service in the catalogue. Sets the protocol and the ports.
              - Cannot be combined with O(groups[].rules[].protocol) or the options for ports.
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
              - For a rule without an address, the default is V(IPv4), as in Neutron, or V(IPv6) for a protocol that
                exists only in IPv6.
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
              - Takes the place of O(groups[].rules[].protocol) and the options for ports.
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
          until:
            description:
              - The end of the entry, a date or a time with its zone, such as V(2027-01-31) or
                V(2027-01-31T18:00:00+01:00). A date alone means the end of that day in UTC. By default, the entry has
                no end.
              - After it, the entry counts as absent, and a run deletes its rules, also without
                O(groups[].purge_rules). If several entries create the same rule, the rule stays until the last of
                them ends. Nothing in the cloud ends by itself, so run the task on a schedule.
              - The plan says how much time is left, and from 7 days before the end, every run warns.
            type: str
      purge_rules:
        description:
          - Delete rules that are not in O(groups[].rules), including the rules that the cloud adds to a new group.
            Enabled by default.
        type: bool
        default: true
  owner:
    description:
      - Label of the team or list that manages these groups. It is stored in a tag on each group.
      - An existing group without an owner gets this owner. A group of another owner is an error.
      - If not set, only groups without an owner can be managed.
    type: str
  prune:
    description: Delete the groups of O(owner) that are not in O(groups). Disabled by default. Requires O(owner).
    type: bool
    default: false
  detach:
    description:
      - Detach a group from all ports before deleting it. By default, deleting a group that is attached to ports is an
        error.
      - A port without any security group denies all traffic. The diff shows which ports are left without one.
    type: bool
    default: false
  delete_first:
    description:
      - Delete old groups and rules before creating new ones. By default, they are deleted last.
      - Interrupts traffic that both the old and the new rules allow. Meant for a quota that is too small for old and
        new rules at the same time.
    type: bool
    default: false
  cascade:
    description:
      - Neutron deletes a rule when the remote security group that it names is deleted.
      - Allow deleting a group even if Neutron then deletes rules of groups that are not in O(groups). By default, this
        is an error.
    type: bool
    default: false
  connections:
    description:
      - Show which connections the plan opens and closes, at its end.
      - Takes up to two requests, before the first change, and none if neither rules of existing groups nor attachments
        change.
    type: bool
    default: true
  catalogue:
    description:
      - Additional services that rules can name. A service replaces the built-in one of the same name.
      - Keys are names of services. Values are lists of strings such as V(tcp/443), V(udp/6000:6010), V(esp) and
        V(icmp/8:0). The numbers after V(icmp) are type and code.
    type: dict
    default: {}
notes:
  - O(groups[].rules[].service) takes names from a catalogue of well-known services, such as V(ssh), V(https), V(dns),
    V(postgresql) and V(ping).
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
- name: Manage one security group per service
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

- name: Manage security groups and attach them to instances
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

- name: Manage the groups of a team and delete its other groups
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
    - The groups in short form, sorted by name. Use M(portcullis.openstack.security_group_info) to read all attributes,
      such as rules.
    - In check mode, the predicted groups. Ids of new groups are null, as only the cloud assigns them.
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
      description: Id of the project of the group.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    stateful:
      description: Whether the group is stateful. Null if the cloud does not support stateless groups.
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
      description: The selected ports of the server.
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
          description: Names of the groups after the run. In check mode, the predicted names.
          type: list
          elements: str
          sample: [default, web]
ports:
  description: The selected ports that do not belong to a server, with the names of their groups.
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
      description: Names of the groups after the run. In check mode, the predicted names.
      type: list
      elements: str
      sample: [default, web]
summary:
  description:
    - Number of changes that the run made, or in check mode would make, as a sentence. Another sentence names the
      entry that ends next, if entries have an end.
  returned: success
  type: str
  sample: "Plan: 3 groups to create, 1 to change, 0 to delete; 14 rules to add, 4 to remove; 2 of 8 ports to change."
plan:
  description:
    - The changes as plain text, with a heading for each object and a line for each change.
    - At the end the connections that they open and close, up to 40 of each. RV(connections) has all of them.
    - After that the entries with an end, also if nothing changes.
  returned: success
  type: str
  sample: "security group web: create\n  + ingress IPv4 tcp 443 from 0.0.0.0/0\n"
connections:
  description:
    - The connections that the run opened and closed, or in check mode would, by the rules of both ends. A rule that
      other rules cover opens nothing. Whether the network has a route does not matter.
    - Empty if O(connections) is off, and if the cloud does not show the ports of the project. RV(plan) says what is not
      known.
  returned: success
  type: list
  elements: dict
  contains:
    change:
      description: V(opened) or V(closed).
      type: str
      sample: opened
    from:
      description: V(Internet), addresses, an address group, or security groups.
      type: str
      sample: Internet
    to:
      description: Security groups, V(Internet), addresses or an address group.
      type: str
      sample: web
    traffic:
      description: Protocols with ports, or with type and code of ICMP. V(any) is all traffic.
      type: list
      elements: str
      sample: [tcp/443]
    except:
      description: Traffic that V(any) does not include. Empty for other traffic.
      type: list
      elements: str
      sample: []
    instances:
      description:
        - How many instances have the groups whose rules make the difference. A port that no instance has counts as
          one.
      type: int
      sample: 2
    family:
      description: The only family that changes, if the instances have addresses of both. Otherwise null.
      type: str
      sample: IPv6
time_limited:
  description: The entries with an end, and what is left of their time. Those that end first come first.
  returned: success
  type: list
  elements: dict
  contains:
    entry:
      description: The entry, as error messages name it.
      type: str
      sample: service ssh, allow 2
    until:
      description: The end, as you wrote it.
      type: str
      sample: "2027-01-31"
    state:
      description: V(in_force), V(ends_soon) in the last 7 days, or V(ended).
      type: str
      sample: ends_soon
    text:
      description: The entry and its end, for people to read.
      type: str
      sample: "service ssh, allow 2: until 2027-01-31, 5 days left"
counts:
  description:
    - Number of groups, rules and ports that the run changed, or in check mode would change.
    - Rules of deleted groups count as deleted. A rule that differs only in its description counts as updated.
  returned: success
  type: dict
  sample:
    groups: {created: 3, updated: 0, deleted: 0}
    rules: {created: 9, updated: 0, deleted: 0}
    ports: {updated: 2, selected: 8}
applied:
  description: Changes made before the run failed, in chronological order.
  returned: failure
  type: list
  elements: str
  sample: ["created security group web"]
"""

from collections.abc import Mapping
from datetime import datetime, timezone
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
    UNTIL,
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
    "rules": {"type": "list", "elements": "dict", "options": {**RULE, **UNTIL}},
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
    "connections": {"type": "bool", "default": True},
    "catalogue": {"type": "dict", "default": {}},
    **PROJECT,
    **OVERRIDES,
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    now = datetime.now(timezone.utc)
    with Problems() as problems:
        with problems.within():
            judge_owner(params["owner"], prune=params["prune"], groups=params["groups"])
        with problems.within():
            judge_parallel(params["parallel"])
        with problems.within():
            groups = desired_groups(params["groups"] or (), merge_catalogues(SERVICES, params["catalogue"]), now)
        with problems.within():
            attachments = parse_attachments(params["attachments"] or (), owner=params["owner"], now=now)
    same_names = ("project", "owner", "prune", "detach", "delete_first", "parallel", "cascade", "connections")
    options = {option: params[option] for option in same_names}
    scope = Scope(**options, ignore_missing=params["missing"] == "warn")

    def work(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        outcome = converge(cloud, Wanted(groups, attachments), scope, check_mode=check_mode)
        return {
            **outcome.common(),
            **outcome.totals(),
            "connections": outcome.changed_connections(),
            "time_limited": outcome.time_limited(),
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
