#!/usr/bin/python
# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group_exposure_info
short_description: Show who can reach what, and answer questions about it
version_added: 0.1.0
author: Portcullis contributors (@portcullis-openstack)
description:
  - Computes from security groups, address groups, and ports which traffic the security groups of a project allow, from
    the Internet, from addresses, and between instances. Traffic between instances needs a rule on both ends.
  - Whether the network has a path for the traffic is shown beside it.
  - Reads one list of each kind of object, however large the project is. The rights of a reader suffice. Without rights
    for some kind, or without Nova, the result says what is unknown.
  - Only reads, and sends no packets.
options:
  from:
    description:
      - Show only traffic from these ends. By default all.
      - An end is V(internet), an address or floating IP, a network such as V(192.0.2.0/24), or the name of a service,
        security group, server or network. A name in O(services) means the service. Where another name means several
        things, put C(group:), C(server:) or C(network:) before it.
    type: list
    elements: str
  to:
    description: Show only traffic to these ends, written as in O(from). By default all.
    type: list
    elements: str
  ask:
    description:
      - Questions to answer, whatever O(from) and O(to) select.
    type: list
    elements: dict
    suboptions:
      from:
        description: End that sends, written as in O(from).
        type: str
        required: true
      to:
        description: End that receives, written as in O(from).
        type: str
        required: true
      protocol:
        description: Name or number of the IP protocol. By default V(tcp) with O(ask[].port), and any without.
        type: str
      port:
        description: Port, range of ports such as V(6000-6010), or type of ICMP. By default any.
        type: str
      verdict:
        description: The verdict that you expect, which the answer repeats.
        type: str
        choices: [allowed, denied, partly, unknown]
  managed_only:
    description: Leave out instances whose security groups have no owner.
    type: bool
    default: false
  services:
    description: Names of security groups by the names of their services, for people who know the services.
    type: dict
    default: {}
  time_limited:
    description:
      - Entries of your files that have an end, which the cloud does not store. The result tells how much time is left.
    type: list
    elements: dict
    suboptions:
      entry:
        description: Name of the entry, for people to read.
        type: str
        required: true
      until:
        description:
          - The end, as in O(portcullis.openstack.security_group_set#module:groups[].rules[].until).
        type: str
        required: true
  catalogue:
    description: Names for traffic of your own, as in O(portcullis.openstack.security_group_set#module:catalogue).
    type: dict
    default: {}
  backend:
    description:
      - What enforces the security groups. Backends read a few rules differently, such as those for protocol 0.
      - With V(unknown), such a rule allows all that it allows on any backend.
    type: str
    choices: [ovn, ovs, iptables, unknown]
    default: unknown
extends_documentation_fragment:
  - portcullis.openstack.auth
  - portcullis.openstack.attributes.info
  - portcullis.openstack.overrides
  - portcullis.openstack.project
seealso:
  - module: portcullis.openstack.security_group_info
  - module: portcullis.openstack.security_group_set
"""

EXAMPLES = r"""
- name: See what the Internet reaches
  portcullis.openstack.security_group_exposure_info:
    cloud: mycloud
    from: [internet]
  register: exposure

- name: Ask two questions
  portcullis.openstack.security_group_exposure_info:
    cloud: mycloud
    ask:
      - from: internet
        to: allow-ssh-from-anywhere
        port: 22
      - from: 192.0.2.0/24
        to: network:demo
        protocol: icmp
  register: exposure
"""

RETURN = r"""
exposures:
  description:
    - Traffic that is allowed, an entry for each pair of ends and each set of traffic. Traffic from the Internet comes
      first, then from addresses, then between instances, then to the outside.
    - Traffic that an instance accepts from anywhere is not repeated for each instance that may send it.
  returned: success
  type: list
  elements: dict
  contains:
    from:
      description: End that sends.
      type: dict
      contains:
        kind:
          description: V(internet), V(addresses), V(address_group), V(class), or V(hidden_members) of a security group.
          type: str
          sample: internet
        name:
          description: Name for people to read.
          type: str
          sample: Internet
        class:
          description: Id of the class, null unless RV(exposures[].from.kind) is V(class).
          type: str
          sample: "web #1"
        addresses:
          description: Addresses of V(addresses) and V(address_group), empty otherwise.
          type: list
          elements: str
          sample: [192.0.2.0/24]
    to:
      description: End that receives.
      type: dict
      contains:
        kind:
          description: V(internet), V(addresses), V(address_group), V(class), or V(hidden_members) of a security group.
          type: str
          sample: internet
        name:
          description: Name for people to read.
          type: str
          sample: Internet
        class:
          description: Id of the class, null unless RV(exposures[].to.kind) is V(class).
          type: str
          sample: "web #1"
        addresses:
          description: Addresses of V(addresses) and V(address_group), empty otherwise.
          type: list
          elements: str
          sample: [192.0.2.0/24]
    families:
      description: Address families of the traffic.
      type: list
      elements: str
      sample: [IPv4, IPv6]
    traffic:
      description: Protocols with their ports, or types and codes of ICMP.
      type: list
      elements: str
      sample: [tcp/443, udp/6000-6010, icmp/8:0]
    services:
      description: Names that the catalogue has for parts of the traffic.
      type: list
      elements: str
      sample: [https]
    verdict:
      description: V(allowed), or V(unknown) where RV(exposures[].reason) says why.
      type: str
      sample: allowed
    reason:
      description: Why the verdict is unknown.
      type: str
      sample: ""
    path:
      description:
        - How the network carries the traffic, V(same_network), V(router), V(floating_ip), V(port_forwarding),
          V(routed_ipv6) or V(external_network).
        - V(none_seen) if there is no such path, and V(unknown) if these credentials cannot see whether there is.
      type: str
      sample: floating_ip
    instances:
      description: Number of instances that receive the traffic, or that send it to the outside.
      type: int
      sample: 2
    security_groups:
      description: Names of the security groups whose rules allow it.
      type: list
      elements: str
      sample: [web]
    rules:
      description: Ids of these rules, which RV(rules) describes.
      type: list
      elements: str
      sample: [694a0573-b4c3-423c-847d-550f79e83f2b]
classes:
  description:
    - Ports that are alike, with the same security groups in the same network, and to which the same rules for addresses
      apply.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Name of the class, with a number if there are several of one name.
      type: str
      sample: "web #1"
    name:
      description: Names of the services or security groups.
      type: str
      sample: web
    security_groups:
      description: Names of the security groups.
      type: list
      elements: str
      sample: [web]
    owners:
      description: Owners of the security groups.
      type: list
      elements: str
      sample: [team-a]
    network:
      description: Name of the network, or its id if the name cannot be seen.
      type: str
      sample: demo
    families:
      description: Families of which the ports have addresses.
      type: list
      elements: str
      sample: [IPv4]
    enforced:
      description: Whether security groups decide what passes. They do not without port security, nor on hardware ports.
      type: bool
      sample: true
    public:
      description: Ways in which the Internet may reach the ports, as in RV(exposures[].path).
      type: list
      elements: str
      sample: [floating_ip]
    unknown:
      description: Why not all that reaches the ports is known.
      type: str
      sample: ""
    instances:
      description: Number of servers that have such a port, and of ports that no server has.
      type: int
      sample: 2
    ports:
      description: The ports.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the port.
          type: str
          sample: 3f9b0e5b-4a0e-4a3e-a5d6-5f6d0d4b8c5e
        name:
          description: Name of the port.
          type: str
          sample: ""
        server:
          description: Name of the server, its id if the name cannot be seen, or null if no server has the port.
          type: str
          sample: web1
        addresses:
          description: Addresses of the port.
          type: list
          elements: str
          sample: [192.0.2.10]
answers:
  description: Answers to O(ask), in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    from:
      description: The end that sends, as you wrote it.
      type: str
      sample: internet
    to:
      description: The end that receives, as you wrote it.
      type: str
      sample: db
    protocol:
      description: Name of the protocol, null for any.
      type: str
      sample: tcp
    port:
      description: The port, as you wrote it.
      type: str
      sample: "5432"
    verdict:
      description:
        - V(allowed) if each address and instance of one end may send all of the traffic to each instance of the other,
          in some address family.
        - V(denied) if none may send any of it.
        - V(partly) for anything between.
        - V(unknown) if it depends on what these credentials cannot see.
      type: str
      sample: denied
    reason:
      description: The rules that allow it, or what is missing, a line for each.
      type: str
      sample: no rule of db allows ingress IPv4 tcp/5432 from the Internet
    rules:
      description: Ids of the rules that allow it, which RV(rules) describes.
      type: list
      elements: str
      sample: []
    path:
      description: How the network carries the traffic, as in RV(exposures[].path).
      type: str
      sample: none_seen
    expected:
      description: The verdict that you expect, null if the question does not say it.
      type: str
      sample: denied
rules:
  description: The rules that other results name, by id.
  returned: success
  type: dict
  sample:
    694a0573-b4c3-423c-847d-550f79e83f2b:
      security_group: web
      text: ingress IPv4 tcp 443 from 0.0.0.0/0
assumptions:
  description: What the result takes for granted.
  returned: success
  type: list
  elements: str
  sample: ["ARP, neighbour discovery and router advertisements always pass, and are not listed."]
unknown:
  description: What could not be read, and so is not part of the result.
  returned: success
  type: list
  elements: str
  sample: []
time_limited:
  description: The entries of O(time_limited), and what is left of their time. Those that end first come first.
  returned: success
  type: list
  elements: dict
  contains:
    entry:
      description: Name of the entry.
      type: str
      sample: service ssh, allow 2
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
      sample: "service ssh, allow 2: until 2027-01-31, 5 days left"
summary:
  description: What the Internet reaches, as a sentence.
  returned: success
  type: str
  sample: The Internet reaches 3 services on 7 instances; 1 answer is unknown.
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import Problems
from ansible_collections.portcullis.openstack.plugins.module_utils._common.time_limits import (
    limit_results,
    parse_time_limits,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.read_exposure import ExposureReader
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.questions import VERDICTS, parse_questions
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.report import Query, report
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.traffic import BACKENDS
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import OVERRIDES, PROJECT, Spec
from ansible_collections.portcullis.openstack.plugins.module_utils._module.module import Work, run
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.expand import merge_catalogues

QUESTION: Spec = {
    "from": {"type": "str", "required": True},
    "to": {"type": "str", "required": True},
    "protocol": {"type": "str"},
    "port": {"type": "str"},
    "verdict": {"type": "str", "choices": list(VERDICTS)},
}

TIME_LIMITED: Spec = {
    "entry": {"type": "str", "required": True},
    "until": {"type": "str", "required": True},
}

ARGUMENT_SPEC: Spec = {
    "from": {"type": "list", "elements": "str"},
    "to": {"type": "list", "elements": "str"},
    "ask": {"type": "list", "elements": "dict", "options": QUESTION},
    "managed_only": {"type": "bool", "default": False},
    "services": {"type": "dict", "default": {}},
    "time_limited": {"type": "list", "elements": "dict", "options": TIME_LIMITED},
    "catalogue": {"type": "dict", "default": {}},
    "backend": {"type": "str", "choices": list(BACKENDS), "default": "unknown"},
    **PROJECT,
    **OVERRIDES,
}


def prepare(params: Mapping[str, Any]) -> Work:
    """Judge the options and return the work."""
    with Problems() as problems:
        with problems.within():
            catalogue = merge_catalogues(SERVICES, params["catalogue"])
        with problems.within():
            questions = parse_questions(params["ask"] or ())
        with problems.within():
            limits = parse_time_limits(params["time_limited"] or (), datetime.now(timezone.utc))
    query = Query(params["from"] or (), params["to"] or (), questions, params["managed_only"])
    services = {str(service): str(group) for service, group in params["services"].items()}

    def read(cloud: Cloud, check_mode: bool) -> dict[str, Any]:
        project_id = cloud.project_id(params["project"])
        sight = ExposureReader(cloud, project_id, params["backend"], services).read()
        return {"changed": False, **report(sight, query, catalogue), "time_limited": limit_results(limits)}

    return read


def main() -> None:
    """Run the module."""
    run(ARGUMENT_SPEC, prepare)


if __name__ == "__main__":
    main()
