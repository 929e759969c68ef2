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
  - Changes only the ports that differ. If something else changes a port at the same time, the module reads the port
    again, so that no attachment is lost.
  - To manage groups and attachments in one call, use O(portcullis.openstack.security_group_set#module:attachments).
options:
  servers:
    description: Names or ids of servers.
    type: list
    elements: str
  ports:
    description: Names or ids of ports. Meant for ports that do not belong to an instance.
    type: list
    elements: str
  selector:
    description: Selects all servers that match every criterion given here.
    type: dict
    suboptions:
      name:
        description: Shell-style pattern of the server name, with C(*), C(?) and C([...]).
        type: str
      metadata:
        description:
          - Metadata that a server must have. A boolean matches in upper and lower case, such as V(true) and V(True).
        type: dict
      tags:
        description: Tags. A server must have all of them.
        type: list
        elements: str
  networks:
    description:
      - Names or ids of networks. Selects only ports of the servers in these networks. All networks by default.
      - If several networks have the same name, the one in which the server has a port is used.
    type: list
    elements: str
  security_groups:
    description: Names or ids of security groups.
    type: list
    elements: str
  state:
    description:
      - V(present), the default, attaches the groups and keeps all others. V(absent) detaches the groups.
      - V(exact) attaches the groups and detaches all others. With an empty list, it detaches all groups.
      - V(owned) attaches the groups and detaches other groups of O(owner). It keeps groups of other owners and groups
        without an owner, such as V(default).
    type: str
    choices: [present, absent, exact, owned]
  until:
    description:
      - The end of the attachment, a date or a time with its zone, such as V(2027-01-31) or
        V(2027-01-31T18:00:00+01:00). A date alone means the end of that day in UTC. By default, it has no end.
      - After it, a run detaches O(security_groups) from the ports, whatever O(state) was, and does nothing else. A
        server, port or network that no longer exists is then only a warning. Nothing in the cloud ends by itself, so
        run the task on a schedule.
      - Cannot be combined with O(state=absent).
    type: str
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
- name: Attach a security group to two instances
  portcullis.openstack.server_security_groups:
    cloud: mycloud
    servers: [web1, web2]
    security_groups: [allow-ssh-from-anywhere]

- name: Set the exact groups of all web servers in one network
  portcullis.openstack.server_security_groups:
    cloud: mycloud
    selector:
      metadata:
        role: web
    networks: [demo]
    security_groups: [allow-ssh-from-anywhere, web]
    state: exact

- name: Attach groups to several sets of instances in one call
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
time_limited:
  description: The entries with an end, and what is left of their time. Those that end first come first.
  returned: success
  type: list
  elements: dict
  contains:
    entry:
      description: The entry, as error messages name it.
      type: str
      sample: attachment 2 (web1)
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
      sample: "attachment 2 (web1): until 2027-01-31, 5 days left"
counts:
  description: Number of selected ports, and of ports that the run changed, or in check mode would change.
  returned: success
  type: dict
  sample:
    ports: {selected: 2, updated: 1}
applied:
  description: Changes made before the run failed, in chronological order.
  returned: failure
  type: list
  elements: str
  sample: ["set the security groups of port 192.0.2.10 of server web1"]
"""

from collections.abc import Mapping
from datetime import datetime, timezone
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
    now = datetime.now(timezone.utc)
    wanted = Wanted(attachments=parse_attachments(entries, owner=params["owner"], now=now))
    options = {option: params[option] for option in ("project", "owner", "parallel")}
    scope = Scope(**options, ignore_missing=params["missing"] == "warn")

    def work(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        outcome = converge(cloud, wanted, scope, check_mode=check_mode)
        return {
            **outcome.common(),
            "time_limited": outcome.time_limited(),
            "servers": outcome.servers(),
            "ports": outcome.ports(),
            "counts": {"ports": outcome.plan.counts()["ports"]},
        }

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
