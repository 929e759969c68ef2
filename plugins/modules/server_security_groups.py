#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: server_security_groups
short_description: Attach security groups to instances
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Attaches security groups to the ports of instances and detaches them, for many instances in one call.
  - Writes only the ports that differ, and each only as long as nobody else has changed it since it was read. One that
    was changed is read again, so that what others attach at the same time stays.
options:
  servers:
    description: Names or ids of servers.
    type: list
    elements: str
  selector:
    description: Picks servers that match everything given here.
    type: dict
    suboptions:
      name:
        description: Pattern of the name, with C(*), C(?) and C([...]) as in a shell.
        type: str
      metadata:
        description: Metadata that a server must have.
        type: dict
      tags:
        description: Tags that a server must have, all of them.
        type: list
        elements: str
  networks:
    description: Names or ids of networks. Only ports in these are touched; in all networks when not given.
    type: list
    elements: str
  security_groups:
    description: Names or ids of security groups.
    type: list
    elements: str
  state:
    description:
      - V(present) attaches the groups and leaves others alone, V(absent) detaches them.
      - V(exact) leaves nothing but these groups on the ports; an empty list of groups detaches all.
      - When not given, V(present).
    type: str
    choices: [present, absent, exact]
  attachments:
    description:
      - Several such entries at once, in place of the options above. Each has a state of its own.
      - Where several entries meet at a port, all that they attach is attached. It is an error if one entry attaches
        what another detaches.
    type: list
    elements: dict
    suboptions:
      servers:
        description: Names or ids of servers.
        type: list
        elements: str
      selector:
        description: Picks servers that match everything given here.
        type: dict
        suboptions:
          name:
            description: Pattern of the name, with C(*), C(?) and C([...]) as in a shell.
            type: str
          metadata:
            description: Metadata that a server must have.
            type: dict
          tags:
            description: Tags that a server must have, all of them.
            type: list
            elements: str
      networks:
        description: Names or ids of networks. Only ports in these are touched; in all networks when not given.
        type: list
        elements: str
      security_groups:
        description: Names or ids of security groups.
        type: list
        elements: str
        required: true
      state:
        description: What to do with the groups, as in O(state).
        type: str
        choices: [present, absent, exact]
  project:
    description:
      - Name or id of the project of the security groups. Servers and networks are those of the credentials.
      - When not given, the project of the credentials. Another one usually needs an administrator.
    type: str
  planned:
    description:
      - Security groups that an earlier task creates or changes, by name. In check mode, when that task has done
        neither, they count as existing. Without check mode this option means nothing.
      - The values tell whether they will be V(stateful), as the option of M(portcullis.openstack.security_group_set),
        and are empty where that is not given.
    type: dict
    default: {}
extends_documentation_fragment:
  - portcullis.openstack.parallel
  - portcullis.openstack.auth
  - portcullis.openstack.attributes
seealso:
  - module: portcullis.openstack.security_group_set
"""

EXAMPLES = r"""
- name: Let two instances be reached by SSH
  portcullis.openstack.server_security_groups:
    cloud: mycloud
    servers: [web1, web2]
    security_groups: [allow-ssh-from-anywhere]

- name: Nothing but these groups, on one network of all instances of a role
  portcullis.openstack.server_security_groups:
    cloud: mycloud
    selector:
      metadata:
        role: web
    networks: [demo]
    security_groups: [allow-ssh-from-anywhere, web]
    state: exact

- name: Many at once
  portcullis.openstack.server_security_groups:
    cloud: mycloud
    attachments:
      - selector:
          name: web*
        security_groups: [web]
      - servers: [db1]
        security_groups: [db]
"""

RETURN = r"""
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
counts:
  description: How many ports were selected, and how many of them the run changed, or in check mode would.
  returned: success
  type: dict
  sample:
    ports: {selected: 2, updated: 1}
applied:
  description: What had been changed before the run failed, in the order of time.
  returned: failure
  type: list
  elements: str
  sample: ["set the security groups of port 192.0.2.10 of server web1"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._argspec import PARALLEL, PROJECT, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._attach import (
    STATES,
    parse_attachments,
    parse_planned,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._attach_runner import attach
from ansible_collections.portcullis.openstack.plugins.module_utils._module import Work, run
from ansible_collections.portcullis.openstack.plugins.module_utils._parallel import judge_parallel

SELECTOR: Spec = {
    "name": {"type": "str"},
    "metadata": {"type": "dict"},
    "tags": {"type": "list", "elements": "str"},
}


def attachment_spec(*, required: bool) -> Spec:
    """Return the options of one attachment."""
    return {
        "servers": {"type": "list", "elements": "str"},
        "selector": {"type": "dict", "options": SELECTOR},
        "networks": {"type": "list", "elements": "str"},
        "security_groups": {"type": "list", "elements": "str", **({"required": True} if required else {})},
        "state": {"type": "str", "choices": list(STATES)},
    }


ARGUMENT_SPEC: Spec = {
    **attachment_spec(required=False),
    "attachments": {"type": "list", "elements": "dict", "options": attachment_spec(required=True)},
    **PARALLEL,
    "planned": {"type": "dict", "default": {}},
    **PROJECT,
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    attachments = parse_attachments([params] if params["attachments"] is None else params["attachments"])
    judge_parallel(params["parallel"])
    planned = parse_planned(params["planned"])
    told = {option: params[option] for option in ("project", "parallel")}
    return lambda cloud, check_mode: attach(cloud, attachments, planned=planned, **told, check_mode=check_mode)


def main() -> None:
    """Run the module."""
    run(
        ARGUMENT_SPEC,
        prepare,
        required_one_of=[("attachments", "security_groups")],
        mutually_exclusive=[("attachments", option) for option in attachment_spec(required=False)],
    )


if __name__ == "__main__":
    main()
