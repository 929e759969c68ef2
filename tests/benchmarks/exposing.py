# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches what, of a large project: from what Neutron has answered to the module's result, without any request."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.directory import Directory
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.paths import Topology
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.report import Query, Sight, report
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import Port, State
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, rule_from_api

from .client import Body

GROUPS: Final = 1000
RULES: Final = 20
PORTS: Final = 10_000
_NETWORKS: Final = 20
_OFFICES: Final = "offices"


class Taken(NamedTuple):
    """What a report takes: seconds of the processor, and the most megabytes that the process has had."""

    seconds: float
    megabytes: float


def report_takes(ports: int) -> Taken:
    """Return what the report of a project takes, in a process of its own."""
    command = [sys.executable, "-m", __name__, str(ports)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Taken(**json.loads(answer))


def _sight(ports: int) -> Sight:
    """Return a project: each group is a service that three others use, and each instance has one and, some, two."""
    groups = [f"group-{number:04}" for number in range(GROUPS)]
    state = State(
        {group: list(_rules(number, groups)) for number, group in enumerate(groups)},
        [_port(number, groups) for number in range(ports)],
        {_OFFICES: ("198.51.100.0/24", "2001:db8:1::/48")},
        backend="ovn",
    )
    networks = {f"network-{number}": f"network-{number}" for number in range(_NETWORKS)}
    names = Directory(state, {group: group for group in groups}, {_OFFICES: _OFFICES}, networks=networks)
    subnets = {network: [f"10.{number}.0.0/16"] for number, network in enumerate(networks)}
    return Sight(names, Topology(subnets, routers={"router": frozenset(networks)}))


def _rules(number: int, groups: list[str]) -> Iterator[Rule]:
    """Yield the rules of a group: open egress, services for some groups, offices and networks, and for everyone."""
    base: Body = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
    yield from (rule_from_api({"direction": "egress", "ethertype": family}) for family in ("IPv4", "IPv6"))
    others = [{"remote_group_id": groups[(number * 7 + step) % GROUPS]} for step in (1, 2, 3)]
    outside = [{"remote_address_group_id": _OFFICES}, {"remote_ip_prefix": f"192.168.{number % 50}.0/24"}]
    remotes: list[Body] = [*others, *outside, *([{}] if number % 10 == 0 else [])]
    for position in range(RULES - 2):
        port = 1000 + number % 50 * 20 + position
        ends = {"port_range_min": port, "port_range_max": port}
        yield rule_from_api({"id": f"{number}-{position}", **base, **ends, **remotes[position % len(remotes)]})


def _port(number: int, groups: list[str]) -> Port:
    service = number % GROUPS
    more = [groups[0]] if number % 3 == 0 else []
    return Port(
        id=f"port-{number:05}",
        project_id="project",
        network_id=f"network-{service % _NETWORKS}",
        addresses=(f"10.{service % _NETWORKS}.{number // 250}.{number % 250 + 1}", f"2001:db8::{number:x}"),
        groups=frozenset({groups[service], *more}),
        server_id=f"server-{number:05}",
    )


def _peak() -> float:
    """Return the most memory that the process has had, in megabytes."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def main() -> None:
    """Print what the report of a project with so many ports takes."""
    sight = _sight(int(sys.argv[1]))
    start = time.process_time()
    result = report(sight, Query(), SERVICES)
    seconds = time.process_time() - start
    assert len(result["exposures"]) > GROUPS
    print(json.dumps(Taken(seconds, _peak())._asdict()))


if __name__ == "__main__":
    main()
