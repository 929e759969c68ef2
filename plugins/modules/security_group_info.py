#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group_info
short_description: Read security groups with their rules
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Lists the security groups that the credentials can see. The cloud does the filtering.
options:
  name:
    description: Name or id of the group. If no group matches, the returned list is empty.
    type: str
  description:
    description: Return only groups with this description.
    type: str
  revision_number:
    description: Return only groups with this revision number.
    type: int
  tags:
    description: Return only groups that have all of these tags.
    type: list
    elements: str
  any_tags:
    description: Return only groups that have at least one of these tags.
    type: list
    elements: str
  not_tags:
    description: Leave out groups that have all of these tags.
    type: list
    elements: str
  not_any_tags:
    description: Leave out groups that have at least one of these tags.
    type: list
    elements: str
  project:
    description:
      - Name or id of the project whose groups to list.
      - By default, all groups that the credentials can see. For an administrator, these are the groups of all projects.
    type: str
    aliases: [project_id]
extends_documentation_fragment:
  - portcullis.openstack.auth
  - portcullis.openstack.attributes.info
seealso:
  - module: portcullis.openstack.security_group_set
"""

EXAMPLES = r"""
- name: Read one group
  portcullis.openstack.security_group_info:
    cloud: mycloud
    name: allow-ssh-from-anywhere

- name: Read the groups of an owner
  portcullis.openstack.security_group_info:
    cloud: mycloud
    tags: ["portcullis-owner:team-a"]
"""

RETURN = r"""
security_groups:
  description: The groups, sorted by name. Attributes that the OpenStack release does not support are null.
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
    description:
      description: Description of the group.
      type: str
      sample: Example
    project_id:
      description: Id of the project of the group.
      type: str
      sample: b15cde70d85749689e08106f973bb002
    security_group_rules:
      description:
        - The rules of the group, with the key names of Neutron. M(portcullis.openstack.security_group_rule_info) uses
          the key names of the SDK.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the rule.
          type: str
          sample: 694a0573-b4c3-423c-847d-550f79e83f2b
        direction:
          description: V(ingress) or V(egress).
          type: str
          sample: ingress
        ethertype:
          description: V(IPv4) or V(IPv6).
          type: str
          sample: IPv4
        protocol:
          description: Name or number of the protocol. Null means any protocol.
          type: str
          sample: tcp
        port_range_min:
          description: First port of the range, or type of ICMP.
          type: int
          sample: 22
        port_range_max:
          description: Last port of the range, or code of ICMP.
          type: int
          sample: 22
        remote_ip_prefix:
          description: Network of the remote.
          type: str
          sample: 0.0.0.0/0
        remote_group_id:
          description: Id of the remote security group.
          type: str
          sample: null
        remote_address_group_id:
          description: Id of the remote address group.
          type: str
          sample: null
        normalized_cidr:
          description: Network of the remote without host bits.
          type: str
          sample: 0.0.0.0/0
        belongs_to_default_sg:
          description: Whether the rule belongs to the V(default) group of its project.
          type: bool
          sample: false
        description:
          description: Description of the rule.
          type: str
          sample: ""
    shared:
      description: Whether the group is shared with the project of the credentials.
      type: bool
      sample: false
    template_rules:
      description:
        - Ids of the rules that the cloud also adds to a new group, by its default rules or, before OpenStack 2023.2, by
          its built-in ones.
        - Empty if the credentials are not allowed to read the default rules.
      type: list
      elements: str
      sample: [c9299e59-a6e8-481d-a97d-687f2cce5665]
    stateful:
      description: Whether the group is stateful.
      type: bool
      sample: true
    tags:
      description: Tags of the group.
      type: list
      elements: str
      sample: []
    created_at:
      description: Time of creation, in UTC.
      type: str
      sample: "2026-11-23T12:01:42Z"
    revision_number:
      description: Revision number, which increases with each change of the group.
      type: int
      sample: 3
    tenant_id:
      description: Former name of RV(security_groups[].project_id), with the same value.
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
from ansible_collections.portcullis.openstack.plugins.module_utils._common.text import judge_tags, judge_texts
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.capabilities import judge_search
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.template import default_rules
from ansible_collections.portcullis.openstack.plugins.module_utils._default_rules.default_rule import (
    template_rule_ids,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import PROJECT, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run

# The API takes several tags as one filter, joined by commas.
TAG_FILTERS = {"tags": "tags", "any_tags": "tags-any", "not_tags": "not-tags", "not_any_tags": "not-tags-any"}

ARGUMENT_SPEC: Spec = {
    "name": {"type": "str"},
    **{option: {"type": "list", "elements": "str"} for option in TAG_FILTERS},
    "description": {"type": "str"},
    "revision_number": {"type": "int"},
    "project": {**PROJECT["project"], "aliases": ["project_id"]},
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    judge_texts(params, "name", "description")
    for option in TAG_FILTERS:
        judge_tags(option, params[option] or ())
    # Neutron answers 500 where one query has several of `tags` and also `tags-any`.
    any_tags = set(params["any_tags"] or ()) if params["tags"] else set()
    asked = [option for option in TAG_FILTERS if params[option] and not (any_tags and option == "any_tags")]
    filters = [(TAG_FILTERS[option], ",".join(params[option])) for option in asked]
    exact = [option for option in ("description", "revision_number") if params[option] is not None]
    filters += [(option, str(params[option])) for option in exact]

    def read(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        judge_search(cloud, {TAG_FILTERS.get(option, option): option for option in asked + exact})
        own = [*filters, ("project_id", cloud.project_id(params["project"]))] if params["project"] else filters
        found = cloud.find_security_groups(own, params["name"])
        groups = [group for group in found if not any_tags or any_tags & set(group["tags"])]
        template = default_rules(cloud) if groups else ()
        found = [{**group, "template_rules": template_rule_ids(group, template)} for group in groups]
        return {"changed": False, "security_groups": found}

    return read


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare)


if __name__ == "__main__":
    main()
