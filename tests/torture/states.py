# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of a project: set up in few requests, and read for comparison, without any code of the collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body

EGRESS = ["egress IPv4 any", "egress IPv6 any"]


@dataclass(frozen=True)
class Given:
    """A security group to start from; its rules have names for remote groups. It has no others."""

    name: str
    rules: Sequence[Body] = ()
    description: str = ""
    tags: Sequence[str] = ()


def port(number: int, **more: Any) -> Body:
    """Return a rule for a port of tcp, in the words of Neutron."""
    return {"protocol": "tcp", "port_range_min": number, "port_range_max": number, **more}


def set_up(api: Api, givens: Sequence[Given]) -> None:
    """Let the project have these security groups and address groups named by nobody else's rules, and no others."""
    for group in api.groups():
        api.delete("network", f"/security-groups/{group['id']}")
    for group in own_address_groups(api):
        api.delete("network", f"/address-groups/{group['id']}")
    if givens:
        bodies = [{"name": given.name, "description": given.description} for given in givens]
        made = api.post("network", "/security-groups", {"security_groups": bodies})["security_groups"]
        ids = {group["name"]: group["id"] for group in made}
        for given, group in zip(givens, made, strict=True):
            _fill(api, given, group, ids)


def _fill(api: Api, given: Given, group: Body, ids: dict[str, str]) -> None:
    for rule in group["security_group_rules"]:
        api.delete("network", f"/security-group-rules/{rule['id']}")
    if given.rules:
        place = {"security_group_id": group["id"]}
        rules = [{"direction": "ingress", **_with_id(rule, ids), **place} for rule in given.rules]
        api.post("network", "/security-group-rules", {"security_group_rules": rules})
    if given.tags:
        api.put("network", f"/security-groups/{group['id']}/tags", {"tags": list(given.tags)})


def _with_id(rule: Body, ids: dict[str, str]) -> Body:
    remote = rule.get("remote_group")
    others = {option: value for option, value in rule.items() if option != "remote_group"}
    return others if remote is None else {**others, "remote_group_id": ids[remote]}


def own_address_groups(api: Api) -> list[Body]:
    """Return the project's address groups; none on a release that lacks them."""
    if "address-group" not in api.extensions:
        return []
    found = api.get("network", "/address-groups", params={"project_id": api.project_id})["address_groups"]
    return list(found)


def everything(api: Api) -> list[Body]:
    """Return all that the modules can change in a project, to tell whether anything has changed."""
    found = api.get("network", "/security-groups")["security_groups"]
    return [*sorted(found, key=lambda group: str(group["id"])), *own_address_groups(api), *api.ports()]
