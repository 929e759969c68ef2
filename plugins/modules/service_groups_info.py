#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_groups_info
short_description: Read security groups as variables of the roles
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Returns existing security groups and their attachments in the form of the variables
    O(portcullis.openstack.service_groups#role:run:service_groups_services) and
    O(portcullis.openstack.instance_groups#role:run:instance_groups_attachments), so that a run of
    P(portcullis.openstack.apply#role) with them changes nothing.
  - Returns as few entries as possible. Rules that have the same ports or the same remotes become one entry, and traffic
    has its name from the catalogue of services where exactly one service has it.
  - Lists what the variables cannot describe, with the reason.
  - The playbook C(portcullis.openstack.adopt) writes the result to a file and proves that it is complete.
  - Reads one list of each kind of object, however large the project is. The rights of a reader suffice.
options:
  names:
    description:
      - Read only groups with these names or ids. Patterns such as V(web*) match several names. All groups by default.
      - V(default), and groups that Octavia, Magnum, Cluster API, Gardener or the OpenStack cloud provider of Kubernetes
        create, are left out unless you list them here by name.
    type: list
    elements: str
    default: []
  tags:
    description: Read only groups that have all of these tags.
    type: list
    elements: str
    default: []
  servers:
    description:
      - Read only groups that one of these servers has, and only the attachments of these servers. Names, ids, or
        patterns of names.
    type: list
    elements: str
    default: []
  owner:
    description:
      - Owner of the groups. Groups of other owners are left out.
      - Without it, all groups that have an owner are left out.
    type: str
  owned:
    description:
      - Read only groups that O(owner) already has. By default, groups without an owner are read too.
      - Groups of O(names) that O(owner) does not have are left out, with this reason.
    type: bool
    default: false
  missing:
    description:
      - What to do if one of O(names) or O(servers) matches nothing.
      - V(error), the default, fails. V(warn) shows a warning.
    type: str
    choices: [error, warn]
    default: error
  prefix:
    description: Beginning of the names of groups that is left out of the names of services.
    type: str
    default: ""
extends_documentation_fragment:
  - portcullis.openstack.auth
  - portcullis.openstack.attributes.info
  - portcullis.openstack.overrides
  - portcullis.openstack.project
seealso:
  - module: portcullis.openstack.security_group_info
  - module: portcullis.openstack.security_group_set
"""

EXAMPLES = r"""
- name: Read all groups of the project
  portcullis.openstack.service_groups_info:
    cloud: mycloud

- name: Read the groups of one server, without the prefix of their names
  portcullis.openstack.service_groups_info:
    cloud: mycloud
    servers: [web1]
    prefix: prod-
    owner: team-a
"""

RETURN = r"""
services:
  description:
    - Services, as in O(portcullis.openstack.service_groups#role:run:service_groups_services), sorted by name.
    - Where a rule cannot be described, the service has V(purge_rules=false), so that a run keeps the rule.
  returned: success
  type: list
  elements: dict
  sample:
    - name: web
      description: Web servers
      allow:
        - service: https
          remote_ips: [anywhere]
attachments:
  description:
    - Attachments of these services, as in
      O(portcullis.openstack.instance_groups#role:run:instance_groups_attachments).
    - The state is V(exact) if all groups of the project are read, and ports have no other groups than these and
      V(default).
  returned: success
  type: list
  elements: dict
  sample:
    - servers: [web1, web2]
      services: [web]
      state: exact
address_groups:
  description:
    - The address groups of the project that rules of these groups name, as options of
      M(portcullis.openstack.address_group), sorted by name. The roles do not manage address groups.
  returned: success
  type: list
  elements: dict
  sample:
    - name: offices
      addresses: [192.0.2.0/24]
left_out:
  description: What the variables do not describe.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: V(security_group), V(rule) or V(tags).
      type: str
      sample: security_group
    name:
      description: Name of the security group.
      type: str
      sample: default
    id:
      description: Id of the security group, or of the rule.
      type: str
      sample: 694a0573-b4c3-423c-847d-550f79e83f2b
    reason:
      description: Why it is left out.
      type: str
      sample: every project has it; to adopt it, list it by name
unknown:
  description: What these credentials cannot read, so that less can be described.
  returned: success
  type: list
  elements: str
  sample: []
owner:
  description: The value of O(owner).
  returned: success
  type: str
  sample: team-a
prefix:
  description: The value of O(prefix).
  returned: success
  type: str
  sample: prod-
summary:
  description: The result in numbers, as a sentence.
  returned: success
  type: str
  sample: 12 services, 5 attachments; 1 left out.
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.adopt import adopt
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.live import Criteria
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.selection import judge_criteria
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.read_adoption import AdoptionReader
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import judge_owner
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import OVERRIDES, PROJECT, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run

_TEXTS = {"type": "list", "elements": "str", "default": []}

ARGUMENT_SPEC: Spec = {
    "names": _TEXTS,
    "tags": _TEXTS,
    "servers": _TEXTS,
    "owner": {"type": "str"},
    "owned": {"type": "bool", "default": False},
    "missing": {"type": "str", "choices": ["error", "warn"], "default": "error"},
    "prefix": {"type": "str", "default": ""},
    **PROJECT,
    **OVERRIDES,
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    judge_owner(params["owner"])
    options = {option: params[option] for option in ("names", "tags", "servers", "owner", "owned", "prefix")}
    criteria = Criteria(**options, ignore_missing=params["missing"] == "warn")
    judge_criteria(criteria)

    def read(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        reader = AdoptionReader(cloud, cloud.project_id(params["project"]))
        adopted = adopt(reader.read(), criteria)
        return {
            "changed": False,
            "services": adopted.services,
            "attachments": adopted.attachments,
            "address_groups": adopted.address_groups,
            "left_out": [one.as_dict() for one in adopted.left_out],
            "unknown": reader.unknown,
            "owner": criteria.owner,
            "prefix": criteria.prefix,
            "summary": adopted.summary(),
            "warnings": list(adopted.missing),
        }

    return read


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare)


if __name__ == "__main__":
    main()
