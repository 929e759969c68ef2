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
      - Name of a service in the catalogue, which gives protocol and ports.
      - Takes the place of O(protocol) and the options for ports.
    type: str
  direction:
    description: Whether the rule allows traffic to the instance or from it.
    type: str
    choices: [ingress, egress]
    default: ingress
  ether_type:
    description:
      - Address family; V(any) makes a rule for each.
      - When not given, an address decides, and V(anywhere) makes a rule for each family.
      - Without an address it is IPv4, as in Neutron, or IPv6 for a protocol that exists there alone. A service
        has what its protocols need.
    type: str
    choices: [IPv4, IPv6, any]
    aliases: [ethertype]
  protocol:
    description:
      - Name or number of the IP protocol, in any case and by any name that Neutron knows.
      - Any protocol when V(any) or not given.
    type: str
  ports:
    description:
      - Ports and ranges, such as V(22), V(100:200) or V(100-200). Each makes a rule.
      - Quote a range with a colon. Without quotes YAML may read it as a number in base 60, V(22:22) as 1342.
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
      - First port of the range. For ICMP the type.
      - V(-1) means any, as if it were not given.
    type: int
  port_range_max:
    description:
      - Last port of the range. For ICMP the code.
      - V(-1) means any, as if it were not given.
    type: int
  remote_ip_prefix:
    description:
      - Address or network of the other side, or V(anywhere).
      - A rule without any remote allows traffic with everyone.
    type: str
  remote_ip_prefixes:
    description:
      - Addresses and networks of the other side. Each makes a rule.
      - Lists of remotes add up. An empty list makes no rule.
    type: list
    elements: str
  remote_group:
    description: Name or id of the security group of the other side, which may be the rule's own.
    type: str
  remote_groups:
    description: Names or ids of security groups of the other side. Each makes a rule.
    type: list
    elements: str
  remote_address_group:
    description: Name or id of an address group of the other side.
    type: str
  remote_address_groups:
    description: Names or ids of address groups of the other side. Each makes a rule.
    type: list
    elements: str
  description:
    description: Description of the rule. Left as it is when not given.
    type: str
"""
