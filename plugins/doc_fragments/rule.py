# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of a rule."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_argspec.RULE``."""

    DOCUMENTATION = r"""
options:
  service:
    description:
      - Name of a service in the catalogue. Sets the protocol and the ports.
      - Cannot be combined with O(protocol) or the options for ports.
    type: str
  direction:
    description: Whether the rule allows traffic to the instance or from it.
    type: str
    choices: [ingress, egress]
    default: ingress
  ether_type:
    description:
      - Address family. V(any) creates one rule for each family.
      - By default, the family of the remote address. The remote V(anywhere) creates one rule for each family.
      - For a rule without an address, the default is V(IPv4), as in Neutron, or V(IPv6) for a protocol that exists only
        in IPv6.
    type: str
    choices: [IPv4, IPv6, any]
    aliases: [ethertype]
  protocol:
    description:
      - Name or number of the IP protocol. Accepts every name that Neutron knows, in upper or lower case.
      - V(any), the default, allows every protocol.
    type: str
  ports:
    description:
      - Ports and ranges, such as V(22), V(100:200) or V(100-200). Creates one rule for each.
      - Quote a range with a colon. Without quotes, YAML may read V(22:22) as the number 1342, in base 60.
    type: list
    elements: str
  traffic:
    description:
      - Protocols, with ports where they have any, such as V(tcp/443), V(udp/6000:6010), V(esp), or V(any).
      - V(icmp/3:4) is type 3 and code 4 of ICMP. Each entry makes a rule.
      - Takes the place of O(protocol) and the options for ports.
    type: list
    elements: str
  port_range_min:
    description:
      - First port of the range. For ICMP, the type.
      - V(-1) means any, the same as leaving out the option.
    type: int
  port_range_max:
    description:
      - Last port of the range. For ICMP, the code.
      - V(-1) means any, the same as leaving out the option.
    type: int
  remote_ip_prefix:
    description:
      - Address or network of the remote, or V(anywhere).
      - A rule without a remote allows traffic from or to any address.
    type: str
  remote_ip_prefixes:
    description:
      - Addresses and networks of the remotes. Creates one rule for each.
      - Options with lists of remotes can be combined. They create rules for all listed remotes, and none if the lists
        are empty.
    type: list
    elements: str
  remote_group:
    description: Name or id of the remote security group. Can be the group of the rule itself.
    type: str
  remote_groups:
    description: Names or ids of remote security groups. Creates one rule for each.
    type: list
    elements: str
  remote_address_group:
    description: Name or id of a remote address group.
    type: str
  remote_address_groups:
    description: Names or ids of remote address groups. Creates one rule for each.
    type: list
    elements: str
  description:
    description: Description of the rule. By default, an existing description is kept.
    type: str
"""
