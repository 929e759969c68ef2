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
  - Writes only the ports that differ, and only if nobody has changed them since they were read. A port that was changed
    is read again, so that what others attach at the same time is kept.
  - The same engine as O(portcullis.openstack.security_group_set#module:attachments).
options:
  servers:
    description: Names or ids of servers.
    type: list
    elements: str
  ports:
    description: Names or ids of ports, for ports that no instance has.
    type: list
    elements: str
  selector:
    description: Selects the servers that match everything given here.
    type: dict
    suboptions:
      name:
        description: Pattern of the name, with C(*), C(?) and C([...]) as in a shell.
        type: str
      metadata:
        description: Metadata that a server must have. A boolean matches in any case, as V(true) and V(True).
        type: dict
      tags:
        description: Tags that a server must have, all of them.
        type: list
        elements: str
  networks:
    description:
      - Names or ids of networks. Limits servers to their ports in these networks. All networks by default.
      - Of several networks of one name, the one in which the server has a port is meant.
    type: list
    elements: str
  security_groups:
    description: Names or ids of security groups.
    type: list
    elements: str
  state:
    description:
      - V(present), the default, attaches the groups and leaves others alone. V(absent) detaches them.
      - V(exact) detaches all other groups, so that the port has exactly these; an empty list of groups detaches all.
      - V(owned) detaches the other groups of O(owner), and leaves groups of others and V(default) alone.
    type: str
    choices: [present, absent, exact, owned]
extends_documentation_fragment:
  - portcullis.openstack.attachments
  - portcullis.openstack.parallel
  - portcullis.openstack.project
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

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.entries import parse_attachments
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.parallel import judge_parallel
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.converge import converge
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.wanted import Scope, Wanted
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import judge_owner
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import (
    ATTACHMENT,
    ATTACHMENTS,
    PARALLEL,
    PROJECT,
    Spec,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run

ARGUMENT_SPEC: Spec = {**ATTACHMENT, **ATTACHMENTS, **PARALLEL, **PROJECT}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    judge_owner(params["owner"])
    judge_parallel(params["parallel"])
    entries = [params] if params["attachments"] is None else params["attachments"]
    wanted = Wanted(attachments=parse_attachments(entries, owner=params["owner"]))
    options = {option: params[option] for option in ("project", "owner", "parallel")}
    scope = Scope(**options, ignore_missing=params["missing"] == "warn")

    def work(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        outcome = converge(cloud, wanted, scope, check_mode=check_mode)
        counts = {"ports": outcome.plan.counts()["ports"]}
        return {**outcome.common(), "servers": outcome.servers(), "ports": outcome.ports(), "counts": counts}

    return work


def main() -> None:
    """Run the module."""
    run(
        ARGUMENT_SPEC,
        prepare,
        required_one_of=[("attachments", "security_groups")],
        mutually_exclusive=[("attachments", option) for option in ATTACHMENT],
    )


if __name__ == "__main__":
    main()
