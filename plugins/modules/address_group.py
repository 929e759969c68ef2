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
  - Makes sure that a project has an address group with these addresses, or that it does not have it.
  - Rules of security groups can name an address group as their remote. They follow it when its addresses change.
  - Compares addresses as Neutron does, so that a second run changes nothing, whatever valid spelling the list uses.
  - Adds new addresses before it removes old ones.
options:
  name:
    description:
      - Name of the address group. It must be the only one of this name in the project.
      - With O(id), the name that the group should have.
    type: str
  id:
    description: Id of an existing address group.
    type: str
  description:
    description: Description of the group. Left as it is when not given.
    type: str
  addresses:
    description:
      - Addresses and networks, such as V(192.0.2.7), V(198.51.100.0/24) and V(2001:db8::/32).
      - Neutron keeps the network that an address with host bits is in, V(192.0.2.7/24) as V(192.0.2.0/24).
      - V(anywhere) means all addresses of both families.
      - Left as they are when not given.
    type: list
    elements: str
  purge_addresses:
    description: Remove addresses that are not in O(addresses).
    type: bool
    default: true
  state:
    description:
      - Whether the address group should exist.
      - One that rules have is not deleted. The error names their security groups.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Needs the extension C(address-group) of Neutron.
extends_documentation_fragment:
  - portcullis.openstack.project
  - portcullis.openstack.auth
  - portcullis.openstack.attributes
seealso:
  - module: portcullis.openstack.address_group_info
  - module: portcullis.openstack.security_group_rule
"""

EXAMPLES = r"""
- name: The networks of all offices
  portcullis.openstack.address_group:
    cloud: mycloud
    name: offices
    description: All offices
    addresses: [192.0.2.0/24, 198.51.100.7, "2001:db8::/64"]

- name: One office more, whichever the others are
  portcullis.openstack.address_group:
    cloud: mycloud
    name: offices
    addresses: [203.0.113.0/24]
    purge_addresses: false

- name: No offices
  portcullis.openstack.address_group:
    cloud: mycloud
    name: offices
    state: absent
"""

RETURN = r"""
address_group:
  description:
    - The address group as Neutron has it. What the cloud's release does not have is null.
    - In check mode as it would be, without what only the cloud can give, such as the id of a new group.
  returned: when O(state=present)
  type: dict
  contains:
    addresses:
      description: Networks of the group, in no order.
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
      description: Id of the project that has the group.
      type: str
      sample: 9b4417383149447788738f83c98e8849
    revision_number:
      description: Counts the changes of the group.
      type: int
      sample: 3
    tenant_id:
      description: The same as RV(address_group.project_id), by its former name.
      type: str
      sample: 9b4417383149447788738f83c98e8849
    updated_at:
      description: Time of the last change, in UTC.
      type: str
      sample: "2026-11-23T12:58:27Z"
applied:
  description: What had been changed before the run failed, in the order of time.
  returned: failure
  type: list
  elements: str
  sample: ["added 2 addresses to address group offices"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._address_group import desired_address_group
from ansible_collections.portcullis.openstack.plugins.module_utils._address_group_runner import converge_address_group
from ansible_collections.portcullis.openstack.plugins.module_utils._argspec import PROJECT, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module import Work, run

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
