# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud seen with independent eyes: the services' own JSON, without any code of the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from openstack.config import get_cloud_region
from openstack.connection import Connection

Body = dict[str, Any]

# All that modules can change in the network, and the extension that it is there by.
_KINDS = {
    "security_groups": "security-group",
    "address_groups": "address-group",
    "default_security_group_rules": "security-groups-default-rules",
    "rbac_policies": "rbac-policies",
}


class Api:
    """Requests as one user of one project. An error of the cloud is an error of the test."""

    def __init__(self, cloud: Mapping[str, Any]) -> None:
        # Not openstack.connect: in a process that has imported the collection's code first, the package is empty.
        self._region = get_cloud_region(app_name="tests", **cloud)
        self._connection = Connection(config=self._region)

    def call(self, method: str, service: str, path: str, body: Body | None = None, **arguments: Any) -> Any:
        """Send a request and return the answer with its status."""
        proxy = getattr(self._connection, service)
        return proxy.request(path, method, json=body, raise_exc=False, **arguments)

    def get(self, service: str, path: str, **arguments: Any) -> Body:
        return self._body("GET", service, path, None, **arguments)

    def post(self, service: str, path: str, body: Body, **arguments: Any) -> Body:
        return self._body("POST", service, path, body, **arguments)

    def put(self, service: str, path: str, body: Body | None = None, **arguments: Any) -> Body:
        return self._body("PUT", service, path, body, **arguments)

    def limit(self, project_id: str, **quota: int) -> None:
        """Set quotas of a project, also to less than is used, which newer releases only do by force."""
        force = {"force": True} if "quota-check-limit" in self.extensions else {}
        self.put("network", f"/quotas/{project_id}", {"quota": {**quota, **force}})

    def delete(self, service: str, path: str) -> None:
        self._body("DELETE", service, path, None)

    def _body(self, method: str, service: str, path: str, body: Body | None, **arguments: Any) -> Body:
        answer = self.call(method, service, path, body, **arguments)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json() or {}) if answer.content else {}

    def endpoint(self, service: str) -> str:
        return str(getattr(self._connection, service).get_endpoint())

    @property
    def project_id(self) -> str:
        return str(self._connection.current_project_id)

    # Security groups

    def groups(self) -> list[Body]:
        """Return the project's groups, but not the one that every project has."""
        found = self.get("network", "/security-groups")["security_groups"]
        return sorted((group for group in found if group["name"] != "default"), key=lambda group: str(group["name"]))

    def groups_in_short(self) -> list[Body]:
        return [{name: group.get(name) for name in ("id", "name", "project_id", "stateful")} for group in self.groups()]

    def group_names(self) -> list[str]:
        return [group["name"] for group in self.groups()]

    def group(self, name: str) -> Body:
        """Return the one group of a name."""
        (group,) = self.get("network", "/security-groups", params={"name": name})["security_groups"]
        return dict(group)

    def create_group(self, name: str, rules: Sequence[Body] = (), tags: Sequence[str] = (), **attributes: Any) -> str:
        """Create a group as someone else would, with the cloud's template rules and more, and return its id."""
        body = {"security_group": {"name": name, **attributes}}
        group_id = str(self.post("network", "/security-groups", body)["security_group"]["id"])
        for rule in rules:
            self.create_rule(group_id, **rule)
        if tags:
            self.put("network", f"/security-groups/{group_id}/tags", {"tags": list(tags)})
        return group_id

    def create_rule(self, group_id: str, **rule: Any) -> str:
        body = {"direction": "ingress", **rule, "security_group_id": group_id}
        answer = self.post("network", "/security-group-rules", {"security_group_rule": body})
        return str(answer["security_group_rule"]["id"])

    def rules(self, name: str) -> list[str]:
        """Return the rules of a group as sorted lines, with names for the ids of remote groups of the project."""
        groups = self.get("network", "/security-groups")["security_groups"]
        names = {group["id"]: group["name"] for group in groups}
        (rules,) = [group["security_group_rules"] for group in groups if group["name"] == name]
        return sorted(_line(rule, names) for rule in rules)

    def rule_ids(self, name: str) -> dict[str, str]:
        """Return the ids of a group's rules by their lines."""
        return {_line(rule, {}): rule["id"] for rule in self.group(name)["security_group_rules"]}

    def tags(self, name: str) -> list[str]:
        return sorted(self.group(name)["tags"])

    def outline(self) -> list[Body]:
        """Return the project's groups as people would write them down: names rather than ids, and no times."""
        groups = self.get("network", "/security-groups")["security_groups"]
        names = {group["id"]: group["name"] for group in groups}
        outlines = [
            {
                "name": group["name"],
                "description": group["description"],
                "tags": sorted(group["tags"]),
                "rules": sorted(_line(rule, names) for rule in group["security_group_rules"]),
            }
            for group in groups
            if group["name"] != "default"
        ]
        return sorted(outlines, key=lambda outline: str(outline["name"]))

    # Ports

    def ports(self) -> list[Body]:
        """Return the project's ports."""
        found = self.get("network", "/ports", params={"project_id": self.project_id})["ports"]
        return sorted(found, key=lambda port: str(port["id"]))

    def snapshot(self) -> list[Body]:
        """Return all that modules can change, to compare: revisions and time stamps tell every write."""
        kinds = [kind for kind, extension in _KINDS.items() if extension in self.extensions]
        found = [thing for kind in kinds for thing in self.get("network", f"/{kind.replace('_', '-')}")[kind]]
        return [*found, *self.ports()]

    @cached_property
    def extensions(self) -> frozenset[str]:
        """What the network service can do, in its own words; old releases can do less."""
        return frozenset(extension["alias"] for extension in self.get("network", "/extensions")["extensions"])


def _line(rule: Body, names: Mapping[str, str]) -> str:
    words = [rule["direction"], rule["ethertype"], rule["protocol"] or "any"]
    if rule["port_range_min"] is not None:
        words.append(f"{rule['port_range_min']}:{rule['port_range_max']}")
    remote = rule["remote_group_id"] or rule.get("remote_address_group_id") or rule["remote_ip_prefix"]
    if remote:
        words.append(names.get(remote, remote))
    if rule["description"]:
        words.append(f"({rule['description']})")
    return " ".join(words)
