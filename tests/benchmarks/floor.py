# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests that each work takes at least, whoever sends them: one look at the cloud, then the writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from .client import Body, Client
from .wanted import Wanted, as_bodies

Item = TypeVar("Item")

# The floor does as well as can be done: see the sizes in tuning.py.
_BULK: Final = 50
# As many ids of devices as fit into a URL that servers take.
_DEVICES: Final = 100


def look(client: Client) -> list[Body]:
    """Read all groups of the project."""
    return list(client.neutron("GET", "/security-groups")["security_groups"])


def create(client: Client, groups: Wanted) -> None:
    """Create the groups that are not there, with their rules."""
    there = {group["name"] for group in look(client)}
    ids: dict[str, str] = {}
    for names in bulks([name for name in groups if name not in there]):
        body = {"security_groups": [{"name": name} for name in names]}
        answer = client.neutron("POST", "/security-groups", body)
        ids |= {group["name"]: group["id"] for group in answer["security_groups"]}
    for name, group_id in ids.items():
        for bulk in bulks(as_bodies(group_id, groups[name])):
            client.neutron("POST", "/security-group-rules", {"security_group_rules": bulk})


def change(client: Client, groups: Wanted) -> None:
    """Create the rules that groups lack, and then delete those that they have too many."""
    current = [group for group in look(client) if group["name"] in groups]
    surplus: list[str] = []
    for group in current:
        have = {rule["port_range_min"]: rule["id"] for rule in group["security_group_rules"] if rule["protocol"]}
        want = groups[group["name"]]
        lacking = as_bodies(group["id"], sorted(set(want) - have.keys()))
        client.neutron("POST", "/security-group-rules", {"security_group_rules": lacking})
        surplus += [have[port] for port in have.keys() - set(want)]
    for rule_id in surplus:
        client.neutron("DELETE", f"/security-group-rules/{rule_id}")


def prune(client: Client, kept: Collection[str]) -> None:
    """Delete all groups but some."""
    for group in look(client):
        if group["name"] not in {"default", *kept}:
            client.neutron("DELETE", f"/security-groups/{group['id']}")


def set_groups(client: Client, device_ids: Iterable[str], group_name: str) -> None:
    """Give the ports of devices one group and no other."""
    (group,) = client.neutron("GET", f"/security-groups?name={group_name}&fields=id")["security_groups"]
    for port in _ports(client, sorted(device_ids)):
        if port["security_groups"] != [group["id"]]:
            body = {"port": {"security_groups": [group["id"]]}}
            client.neutron("PUT", f"/ports/{port['id']}", body)


def look_at_ports(client: Client, device_ids: Iterable[str]) -> None:
    """Read all groups of the project, and the ports of devices."""
    look(client)
    list(_ports(client, sorted(device_ids)))


def _ports(client: Client, device_ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(device_ids), _DEVICES):
        query = [("device_id", device_id) for device_id in device_ids[start : start + _DEVICES]]
        fields = [("fields", "id"), ("fields", "security_groups")]
        yield from client.neutron("GET", f"/ports?{urlencode([*query, *fields])}")["ports"]


def bulks(items: Sequence[Item], size: int = _BULK) -> Iterator[Sequence[Item]]:
    """Return the items in slices, of the best size or of another one."""
    return (items[start : start + size] for start in range(0, len(items), size))
