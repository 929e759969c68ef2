#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: address_group
short_description: Create, update and delete an address group
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Creates, updates and deletes an address group.
  - Security group rules can name an address group as their remote. When its addresses change, the rules apply to the
    new addresses.
  - Compares addresses as Neutron does, so that a second run changes nothing, whatever valid spelling the list uses.
  - Adds new addresses before it removes old ones.
options:
  name:
    description:
      - Name of the address group. It must be the only one of this name in the project.
      - With O(id), the new name of the address group.
    type: str
  id:
    description: Id of an existing address group.
    type: str
  description:
    description: Description of the group. By default, an existing description is kept.
    type: str
  addresses:
    description:
      - Addresses and networks, such as V(192.0.2.7), V(198.51.100.0/24) and V(2001:db8::/32).
      - Neutron removes host bits. It stores V(192.0.2.7/24) as V(192.0.2.0/24).
      - V(anywhere) means all addresses of both families.
      - By default, existing addresses are kept.
    type: list
    elements: str
  purge_addresses:
    description: Remove addresses that are not in O(addresses). Enabled by default.
    type: bool
    default: true
  state:
    description:
      - Whether the address group should exist.
      - Deleting an address group that rules name is an error. The message names the security groups of these rules.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Requires the Neutron extension C(address-group).
extends_documentation_fragment:
  - portcullis.openstack.project
  - portcullis.openstack.auth
  - portcullis.openstack.attributes
seealso:
  - module: portcullis.openstack.address_group_info
  - module: portcullis.openstack.security_group_rule
"""

EXAMPLES = r"""
- name: Create an address group with the networks of all offices
  portcullis.openstack.address_group:
    cloud: mycloud
    name: offices
    description: All offices
    addresses: [192.0.2.0/24, 198.51.100.7, "2001:db8::/64"]

- name: Add a network and keep the others
  portcullis.openstack.address_group:
    cloud: mycloud
    name: offices
    addresses: [203.0.113.0/24]
    purge_addresses: false

- name: Delete an address group
  portcullis.openstack.address_group:
    cloud: mycloud
    name: offices
    state: absent
"""

RETURN = r"""
address_group:
  description:
    - The address group, as read from Neutron. Attributes that the OpenStack release does not support are null.
    - In check mode, the predicted state, without values that only the cloud assigns, such as the id of a new group.
  returned: when O(state=present)
  type: dict
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
      description: Former name of RV(address_group.project_id), with the same value.
      type: str
      sample: 9b4417383149447788738f83c98e8849
    updated_at:
      description: Time of the last change, in UTC.
      type: str
      sample: "2026-11-23T12:58:27Z"
applied:
  description: Changes made before the run failed, in chronological order.
  returned: failure
  type: list
  elements: str
  sample: ["added 2 addresses to address group offices"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._address_groups.address_group import (
    desired_address_group,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.address_groups import (
    converge_address_group,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import PROJECT, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run

ARGUMENT_SPEC: Spec = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "description": {"type": "str"},
    "addresses": {"type": "list", "elements": "str"},
    "purge_addresses": {"type": "bool", "default": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    **PROJECT,
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    desired = desired_address_group(params)
    return lambda cloud, check_mode: converge_address_group(
        cloud, desired, project=params["project"], check_mode=check_mode
    )


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare, required_one_of=[("name", "id")])


if __name__ == "__main__":
    main()
