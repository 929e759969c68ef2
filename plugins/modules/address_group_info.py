#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: address_group_info
short_description: Read address groups
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Lists the address groups that the credentials can see. The cloud does the filtering.
options:
  name:
    description: Name or id of the address group. If no address group matches, the returned list is empty.
    type: str
  project:
    description:
      - Name or id of the project whose address groups to list.
      - By default, all address groups that the credentials can see. For an administrator, these are the address groups
        of all projects.
    type: str
notes:
  - Requires the Neutron extension C(address-group).
extends_documentation_fragment:
  - portcullis.openstack.auth
  - portcullis.openstack.attributes.info
seealso:
  - module: portcullis.openstack.address_group
"""

EXAMPLES = r"""
- name: Read one address group
  portcullis.openstack.address_group_info:
    cloud: mycloud
    name: offices

- name: Read all address groups
  portcullis.openstack.address_group_info:
    cloud: mycloud
"""

RETURN = r"""
address_groups:
  description: The address groups, sorted by name. Attributes that the OpenStack release does not support are null.
  returned: success
  type: list
  elements: dict
  contains:
    addresses:
      description: Networks of the group, in no particular order.
      type: list
      elements: str
      sample: ["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/64"]
    created_at:
      description: Time of creation, in UTC.
      type: str
      sample: "2026-11-23T12:58:27Z"
    description:
      description: Description of the group.
      type: str
      sample: All offices
    id:
      description: Id of the group.
      type: str
      sample: 9eb478d3-9047-4584-abba-d862735e0601
    name:
      description: Name of the group.
      type: str
      sample: offices
    project_id:
      description: Id of the project of the group.
      type: str
      sample: 9b4417383149447788738f83c98e8849
    revision_number:
      description: Revision number, which increases with each change of the group.
      type: int
      sample: 3
    tenant_id:
      description: Former name of RV(address_groups[].project_id), with the same value.
      type: str
      sample: 9b4417383149447788738f83c98e8849
    updated_at:
      description: Time of the last change, in UTC.
      type: str
      sample: "2026-11-23T12:58:27Z"
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.text import judge_texts
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import PROJECT, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run

ARGUMENT_SPEC: Spec = {"name": {"type": "str"}, **PROJECT}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    judge_texts(params, "name")

    def read(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        own = [("project_id", cloud.project_id(params["project"]))] if params["project"] else []
        return {"changed": False, "address_groups": cloud.find_address_groups(own, params["name"])}

    return read


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare)


if __name__ == "__main__":
    main()
