# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  attachments:
    description:
      - Security groups to attach to instances and other ports, or to detach from them.
      - Only ports of the project are changed. If a port of another project claims to belong to a selected server, a
        warning names the port.
      - If several entries select the same port, the port gets the groups of all of them. It is an error if one entry
        attaches a group that another entry detaches.
    type: list
    elements: dict
    suboptions:
      host:
        description:
          - Inventory host that the entry belongs to. Error messages name the host instead of the position of the entry.
        type: str
      error:
        description: Error message that a filter returned for an invalid entry. The task fails with this message.
        type: str
      servers:
        description: Names or ids of servers.
        type: list
        elements: str
      ports:
        description:
          - Names or ids of ports. Meant for ports that do not belong to an instance, such as the port of a virtual IP
            address of Octavia or VRRP, or a subport of a trunk.
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
              - Metadata that a server must have. A boolean matches in upper and lower case, such as V(true) and
                V(True).
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
        description: Names or ids of security groups. Required, but can be an empty list.
        type: list
        elements: str
      state:
        description:
          - V(present), the default, attaches the groups and keeps all others. V(absent) detaches the groups.
          - V(exact) attaches the groups and detaches all others. With an empty list, it detaches all groups.
          - V(owned) attaches the groups and detaches other groups of O(owner). It keeps groups of other owners and
            groups without an owner, such as V(default).
        type: str
        choices: [present, absent, exact, owned]
      until:
        description:
          - The end of the entry, a date or a time with its zone, such as V(2027-01-31) or V(2027-01-31T18:00:00+01:00).
            A date alone means the end of that day in UTC. By default, the entry has no end.
          - After it, a run detaches its groups from the ports, whatever the state was, and does nothing else for the
            entry. It keeps groups that another entry attaches. A server, port or network that no longer exists is then
            only a warning. Nothing in the cloud ends by itself, so run the task on a schedule.
          - Cannot be combined with the state V(absent).
        type: str
  owner:
    description:
      - Owner whose groups the state V(owned) detaches. A security group stores its owner in a tag.
      - Required if an attachment has the state V(owned).
    type: str
  missing:
    description:
      - What to do if a server or port does not exist, or if a selector matches no server.
      - V(error), the default, fails. V(warn) skips them with a warning, for example in check mode before the instances
        exist.
    type: str
    choices: [error, warn]
    default: error
"""
