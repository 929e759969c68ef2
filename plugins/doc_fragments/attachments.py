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
      - Only ports of the project are changed. A port of another project that claims to belong to a server is named in a
        warning.
      - Where several entries select the same port, it gets the groups of all of them. It is an error if one entry
        attaches a group that another entry detaches.
    type: list
    elements: dict
    suboptions:
      host:
        description: Host of the inventory that the entry is for. Errors name it in place of the entry's position.
        type: str
      error:
        description: What is wrong with the entry, if a filter has found that. The task fails with it.
        type: str
      servers:
        description: Names or ids of servers.
        type: list
        elements: str
      ports:
        description:
          - Names or ids of ports. Meant for ports that no instance has, such as a virtual address of Octavia or VRRP,
            or a subport of a trunk.
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
        description: Names or ids of security groups. Required; an empty list means none.
        type: list
        elements: str
      state:
        description:
          - V(present), the default, attaches the groups and leaves others alone. V(absent) detaches them.
          - V(exact) detaches all other groups, so that the port has exactly these.
          - V(owned) detaches the other groups of O(owner), and leaves groups of others and V(default) alone.
        type: str
        choices: [present, absent, exact, owned]
  owner:
    description:
      - A label for who manages the groups of this run, kept in a tag on each of them.
      - Required where an attachment has the state V(owned).
    type: str
  missing:
    description:
      - What to do about servers and ports that do not exist, and selectors that select no server.
      - V(warn) leaves them out with a warning. Meant for check mode of a whole site before its instances exist, and for
        inventories of instances to come.
    type: str
    choices: [error, warn]
    default: error
"""
