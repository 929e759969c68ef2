# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenStack API calls. Contains no logic."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from .._common.errors import CloudError, InputError, hidden
from .._common.names import looks_like_id
from .._common.text import judge_text, shown
from .requests import REQUESTS, SERVER_TAGS_MICROVERSION, complete, not_shown
from .session import BAD_REQUEST, FORBIDDEN, NOT_FOUND, UNAUTHORIZED, Body, Params, Session

# Servers refuse URLs over about 8 KiB; the rest of the URL needs room too.
_MAX_QUERY: Final = 6000
# In larger bulks Neutron takes longer for each rule, in smaller ones no less: docs/benchmarks/benchmarks.md.
BULK: Final = 50
# What regular expressions give a meaning, apart from the bar.
_ESCAPED: Final = str.maketrans({char: f"\\{char}" for char in ".^$*+?()[]{}\\"})
_GROUPS: Final = "/security-groups"
_RULES: Final = "/security-group-rules"
_RULES_KEY: Final = "security_group_rules"
_POLICIES: Final = "/rbac-policies"
_ADDRESS_GROUPS: Final = "/address-groups"
_DEFAULT_RULES: Final = "/default-security-group-rules"
# keystone.resource.schema: the longest name of a project
_MAX_PROJECT: Final = 64
# Keystone's own ids; federated and migrated projects have dashes in theirs.
_UUID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What else an id may be: keystone.api.validation.parameter_types.id_string
_PROJECT_ID: Final = re.compile(r"[a-zA-Z0-9-]{1,64}")


class Cloud(Session):
    """One cloud, as one project sees it. Every method may raise :class:`CloudError`."""

    def project_id(self, project: str | None = None) -> str:
        """Return the id of a project by name or id, or that of the credentials' own project."""
        own, named = self.log_in()
        if project is not None and project not in (own, named):
            return self._find_project(project)
        if own is None:
            raise CloudError("the credentials are not scoped to a project; set project_name or project_id in them")
        return str(own)

    def project_name(self, project_id: str) -> str:
        """Return the name of a project for people to read, or its id where the cloud does not tell."""
        own, name = self.log_in()
        if project_id == own and name is not None:
            return str(name)
        if project_id == "*":
            return project_id
        try:
            return str(self._request("identity", "GET", f"/projects/{quote(project_id, safe='')}")["project"]["name"])
        except CloudError:
            return project_id

    @cached_property
    def extensions(self) -> frozenset[str]:
        """The aliases of the extensions that this cloud's Neutron has."""
        return frozenset(extension["alias"] for extension in self._list("network", "/extensions", "extensions", ()))

    def quota(self, project_id: str) -> tuple[dict[str, dict[str, int]], str | None]:
        """Return ``limit``, ``used`` and ``reserved`` by kind of resource, as far as the cloud knows them.

        If it does not show them to these credentials, its own words come second.
        """
        path = f"/quotas/{quote(project_id, safe='')}/details.json"
        try:
            answer = self._request("network", "GET", path)
        except CloudError as error:
            if error.status not in (UNAUTHORIZED, FORBIDDEN, NOT_FOUND):
                raise
            return {}, None if error.status == NOT_FOUND else str(error)
        kinds = answer.get("quota")
        if not isinstance(kinds, dict):
            return {}, f"GET {path} was answered with {shown(str(answer)[:100])}"
        return {kind: details for kind, details in kinds.items() if isinstance(details, dict)}, None

    def security_groups(self, project_id: str, names: Collection[str] | None, ids: Collection[str] = ()) -> list[Body]:
        """Return groups with their rules.

        :param names: at least a project's groups of these names, None for all of them; where the names do not fit
            into one request, one request for all groups is cheaper than several
        :param ids: also these groups, of any project
        """
        found = [g for chunk in _chunked("id", ids) for g in self._list("network", _GROUPS, "security_groups", chunk)]
        found += self._named_security_groups(project_id, names)
        return list({group["id"]: group for group in found}.values())

    def _named_security_groups(self, project_id: str, names: Collection[str] | None) -> list[Body]:
        filters = [("project_id", project_id)]
        if names is not None and len(chunks := list(_chunked("name", names))) <= 1:
            if not chunks:
                return []
            filters += chunks[0]
        return self._list("network", _GROUPS, "security_groups", filters)

    def find_security_groups(self, filters: Params, name: str | None = None) -> list[Body]:
        """Return the groups that match the API's own filters and have a name or an id, sorted by name."""
        return self._find(_GROUPS, "security_groups", filters, name)

    def security_group_names(self, *, project_id: str | None = None, ids: Collection[str] = ()) -> dict[str, str]:
        """Return names by id, of all groups of a project or of some groups of any project that can be seen."""
        return self._names(_GROUPS, "security_groups", project_id, ids)

    def groups_in_short(self, ids: Collection[str]) -> list[Body]:
        """Return id, name, project and, on clouds that have them, ``stateful`` and tags of groups that can be seen."""
        # No release of Neutron up to 2026.1 takes `stateful` as a filter.
        fields = _fields("id", "name", "project_id", "stateful", "tags")
        chunks = _chunked("id", ids)
        return [
            group for chunk in chunks for group in self._list("network", _GROUPS, "security_groups", [*chunk, *fields])
        ]

    def address_group_names(self, *, project_id: str | None = None, ids: Collection[str] = ()) -> dict[str, str]:
        """Return names by id, of all address groups of a project or of some of any project that can be seen."""
        return self._names(_ADDRESS_GROUPS, "address_groups", project_id, ids)

    def address_groups(self, filters: Params) -> list[Body]:
        """Return the address groups that match the API's own filters."""
        return self._list("network", _ADDRESS_GROUPS, "address_groups", filters)

    def find_address_groups(self, filters: Params, name: str | None = None) -> list[Body]:
        """Return the address groups that match the API's own filters and have a name or an id, sorted by name."""
        return self._find(_ADDRESS_GROUPS, "address_groups", filters, name)

    def create_address_group(self, attributes: Mapping[str, Any]) -> Body:
        """Create an address group and return it."""
        return dict(
            self._send("network", "POST", _ADDRESS_GROUPS, {"address_group": dict(attributes)})["address_group"]
        )

    def update_address_group(self, group_id: str, attributes: Mapping[str, Any]) -> None:
        """Change attributes of an address group."""
        self._send("network", "PUT", f"{_ADDRESS_GROUPS}/{group_id}", {"address_group": dict(attributes)})

    def add_addresses(self, group_id: str, addresses: Sequence[str]) -> None:
        """Add addresses, which must be new, to an address group."""
        self._send("network", "PUT", f"{_ADDRESS_GROUPS}/{group_id}/add_addresses", {"addresses": list(addresses)})

    def remove_addresses(self, group_id: str, addresses: Sequence[str]) -> None:
        """Remove addresses, which must be there, from an address group."""
        self._send("network", "PUT", f"{_ADDRESS_GROUPS}/{group_id}/remove_addresses", {"addresses": list(addresses)})

    def delete_address_group(self, group_id: str) -> None:
        """Delete an address group; one that is gone already is no error."""
        self._delete(f"{_ADDRESS_GROUPS}/{group_id}")

    def network_names(self, names: Collection[str] | None = None) -> dict[str, str]:
        """Return names by id of the networks that have one of these names or ids, or of all that can be seen."""
        fields = _fields("id", "name")
        ids = [name for name in names or () if looks_like_id(name)]
        chunks = [[]] if names is None else [*_chunked("name", names), *_chunked("id", ids)]
        found = (self._list("network", "/networks", "networks", [*chunk, *fields]) for chunk in chunks)
        return {network["id"]: network["name"] for networks in found for network in networks}

    def networks(self) -> list[Body]:
        """Return id, name and ``router:external`` of all networks that can be seen."""
        return self._list("network", "/networks", "networks", _fields("id", "name", "router:external"))

    def subnets(self) -> list[Body]:
        """Return network and prefix of all subnets that can be seen."""
        return self._list("network", "/subnets", "subnets", _fields("network_id", "cidr"))

    def routers(self, project_id: str) -> list[Body]:
        """Return id and gateway of a project's routers."""
        fields = _fields("id", "external_gateway_info")
        return self._list("network", "/routers", "routers", [("project_id", project_id), *fields])

    def floating_ips(self, project_id: str) -> list[Body]:
        """Return the addresses, port and port forwardings of a project's floating IPs."""
        fields = _fields("port_id", "port_forwardings", "floating_ip_address", "fixed_ip_address")
        return self._list("network", "/floatingips", "floatingips", [("project_id", project_id), *fields])

    def shared_group_ids(self) -> list[str]:
        """Return the ids of the groups that these credentials have shared, or that are shared with them."""
        filters = [("object_type", "security_group"), *_fields("object_id")]
        return [policy["object_id"] for policy in self._list("network", _POLICIES, "rbac_policies", filters)]

    def create_security_groups(self, groups: Sequence[Body]) -> list[Body]:
        """Create groups in one request; the answers hold the rules that the cloud's template gave them."""
        answer = self._send("network", "POST", _GROUPS, {"security_groups": list(groups)})
        return list(answer["security_groups"])

    def update_security_group(self, group_id: str, attributes: Mapping[str, Any]) -> None:
        """Change attributes of a group."""
        self._send("network", "PUT", f"{_GROUPS}/{group_id}", {"security_group": dict(attributes)})

    def set_security_group_tags(self, group_id: str, tags: Iterable[str]) -> None:
        """Replace all tags of a group."""
        self._send("network", "PUT", f"{_GROUPS}/{group_id}/tags", {"tags": sorted(tags)})

    def add_security_group_tag(self, group_id: str, tag: str) -> None:
        """Add a tag to a group."""
        self._request("network", "PUT", f"{_GROUPS}/{group_id}/tags/{quote(tag, safe='')}")

    def remove_security_group_tag(self, group_id: str, tag: str) -> None:
        """Remove a tag from a group; one that is gone already is no error."""
        self._delete(f"{_GROUPS}/{group_id}/tags/{quote(tag, safe='')}")

    def delete_security_group(self, group_id: str, revision: int | None = None) -> None:
        """Delete a group, if it is still at a revision, where one is given; one that is gone already is no error."""
        self._delete(f"{_GROUPS}/{group_id}", headers=_if_match(revision))

    def create_rules(self, group_id: str, project_id: str, rules: Sequence[Body]) -> None:
        """Create rules of one group, which is in a project, in one request: all or none."""
        place = {"security_group_id": group_id, "project_id": project_id}
        self._send("network", "POST", _RULES, {"security_group_rules": [{**rule, **place} for rule in rules]})

    def rules_naming(self, group_ids: Collection[str]) -> list[Body]:
        """Return the rules of all groups that have one of some groups as their remote group."""
        fields = _fields("id", "security_group_id", "remote_group_id")
        chunks = _chunked("remote_group_id", group_ids)
        return [rule for chunk in chunks for rule in self._list("network", _RULES, _RULES_KEY, [*chunk, *fields])]

    def find_rules(self, filters: Params) -> list[Body]:
        """Return all rules that match the API's own filters."""
        return self._list("network", _RULES, _RULES_KEY, filters)

    def delete_rule(self, rule_id: str) -> None:
        """Delete a rule; one that is gone already is no error."""
        self._delete(f"{_RULES}/{rule_id}")

    def default_rules(self) -> list[Body]:
        """Return the rules that the cloud gives new groups."""
        return self._list("network", _DEFAULT_RULES, "default_security_group_rules", ())

    def create_default_rule(self, rule: Body) -> None:
        """Create a rule that the cloud gives new groups."""
        self._send("network", "POST", _DEFAULT_RULES, {"default_security_group_rule": rule})

    def delete_default_rule(self, rule_id: str) -> None:
        """Delete a rule that the cloud gives new groups; one that is gone already is no error."""
        self._delete(f"{_DEFAULT_RULES}/{rule_id}")

    def servers(
        self, names: Collection[str] | None = None, *, project_id: str | None = None, details: bool = False
    ) -> list[Body]:
        """Return the servers of a project.

        :param names: only servers of this name, where it is one that Nova can look for, otherwise all
        :param project_id: another project than that of the credentials, which usually needs an administrator
        :param details: with metadata and tags
        """
        filters = [] if names is None else _server_filter(names)
        if project_id not in (None, self.log_in()[0]):
            # Without the first, Nova ignores the second.
            filters += [("all_tenants", "1"), ("project_id", str(project_id))]
        path = "/servers/detail" if details else "/servers"
        return self._list("compute", path, "servers", filters, microversion=SERVER_TAGS_MICROVERSION)

    def ports_of(self, project_id: str, server_ids: Collection[str]) -> list[Body]:
        """Return at least the ports of a project's servers, with what matters for their groups.

        Other projects' ports that claim to be the servers' are among them. Where the servers do not fit into one
        request, one request for all ports of the project is cheaper, and these are not.
        """
        chunks = list(_chunked("device_id", server_ids))
        if not chunks:
            return []
        return self._ports(chunks[0] if len(chunks) == 1 else [("project_id", project_id)])

    def port_names(self, project_id: str) -> list[str]:
        """Return the names of all of a project's ports that have one."""
        filters = [("project_id", project_id), *_fields("name")]
        return [port["name"] for port in self._list("network", "/ports", "ports", filters) if port["name"]]

    def named_ports(self, project_id: str, names: Collection[str]) -> list[Body]:
        """Return a project's ports of these names, and any project's ports of these ids."""
        named = [
            port for chunk in _chunked("name", names) for port in self._ports([*chunk, ("project_id", project_id)])
        ]
        ids = {name for name in names if looks_like_id(name)}
        return named + [port for chunk in _chunked("id", ids) for port in self._ports(chunk)]

    def project_ports(self, project_id: str) -> list[Body]:
        """Return all ports of a project, with what matters for who reaches them."""
        return self._ports([("project_id", project_id)], "allowed_address_pairs", "binding:vnic_type")

    def ports_having(self, group_ids: Collection[str]) -> list[Body]:
        """Return at least the ports that have one of some security groups; a Neutron may ignore the filter."""
        try:
            return [port for chunk in _chunked("security_groups", group_ids) for port in self._ports(chunk)]
        except CloudError as error:
            if error.status != BAD_REQUEST:
                raise
            raise CloudError(
                f"this cloud's Neutron cannot filter ports by security group (port-security-groups-filtering): {error}",
                status=BAD_REQUEST,
            ) from error

    def _ports(self, filters: Params, *more: str) -> list[Body]:
        """Return ports with what matters for their groups, and make sure that the cloud's policy hides none of it.

        :param more: further attributes, which may be hidden
        """
        needed = ("id", "project_id", "device_id", "device_owner", "network_id", "security_groups")
        fields = (*needed, "name", "fixed_ips", "port_security_enabled", "revision_number", *more)
        found = self._list("network", "/ports", "ports", [*filters, *_fields(*fields)])
        if missing := {field for port in found for field in needed if field not in port}:
            raise hidden(missing, "ports")
        return found

    def shares(self, group_ids: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the ids of the policies that share groups: by group, by the project that it is shared with."""
        shares: dict[str, dict[str, str]] = {id_: {} for id_ in group_ids}
        for chunk in _chunked("object_id", group_ids):
            for policy in self._group_policies(chunk):
                shares[policy["object_id"]][policy["target_tenant"]] = policy["id"]
        return shares

    def all_shares(self) -> dict[str, dict[str, str]]:
        """Return the same for all groups that are shared by, or with, the project of the credentials."""
        shares: dict[str, dict[str, str]] = {}
        for policy in self._group_policies(()):
            shares.setdefault(policy["object_id"], {})[policy["target_tenant"]] = policy["id"]
        return shares

    def _group_policies(self, filters: Params) -> list[Body]:
        return self._list("network", _POLICIES, "rbac_policies", [("object_type", "security_group"), *filters])

    def share_security_group(self, group_id: str, project_id: str) -> None:
        """Let a project use a group."""
        policy = {"object_type": "security_group", "object_id": group_id, "target_tenant": project_id}
        self._send("network", "POST", _POLICIES, {"rbac_policy": {**policy, "action": "access_as_shared"}})

    def refusal_to_share_with_all(self) -> str | None:
        """Return the cloud's own words if it does not let these credentials share groups with all projects.

        Neutron judges rights before it looks at the action, which no security group can have: nothing is shared.
        """
        policy = {"object_type": "security_group", "object_id": str(uuid4()), "target_tenant": "*"}
        try:
            self._send("network", "POST", _POLICIES, {"rbac_policy": {**policy, "action": "access_as_external"}})
        except CloudError as error:
            return str(error) if error.status == FORBIDDEN else None
        return None

    def delete_rbac_policy(self, policy_id: str) -> None:
        """Stop sharing something; a policy that is gone already is no error."""
        self._delete(f"{_POLICIES}/{policy_id}")

    def port(self, port_id: str) -> Body:
        """Return one port."""
        return dict(self._request("network", "GET", f"/ports/{port_id}")["port"])

    def set_port_groups(self, port_id: str, group_ids: Sequence[str], revision: int | None) -> Body:
        """Set the groups of a port if it is still at a revision, and return it; otherwise the status is 412.

        Clouds that count no revisions set them in any case.
        """
        return dict(
            self._request(
                "network",
                "PUT",
                f"/ports/{port_id}",
                json={"port": {"security_groups": list(group_ids)}},
                headers=_if_match(revision),
            )["port"]
        )

    def _find_project(self, project: str) -> str:
        if not (judge_text("project", project) or "").strip():
            raise InputError("project", "it is empty; leave it out for the project of the credentials")
        if len(project) > _MAX_PROJECT:
            raise InputError("project", f"it has {len(project)} characters; a project's name has up to {_MAX_PROJECT}")
        try:
            found = {p["id"] for p in self._list("identity", "/projects", "projects", [("name", project)])}
            if not found and _PROJECT_ID.fullmatch(project):
                found = {self._request("identity", "GET", f"/projects/{project}")["project"]["id"]}
        except CloudError as error:
            if error.status == FORBIDDEN and _UUID.fullmatch(project):
                # Only administrators may look up projects. Neutron itself takes an id without asking Keystone.
                return project
            if error.status not in (FORBIDDEN, NOT_FOUND):
                raise
            found = set()
        if not found:
            raise InputError("project", f"there is no project {project!r} that these credentials can see; try its id")
        if len(found) > 1:
            listed = ", ".join(sorted(found))
            raise InputError("project", f"there are several projects named {project!r}: {listed}; use an id")
        return str(found.pop())

    def _find(self, path: str, key: str, filters: Params, name: str | None) -> list[Body]:
        queries = [filters] if name is None else [[*filters, ("name", name)], [*filters, ("id", name)]]
        found = {thing["id"]: thing for query in queries for thing in self._list("network", path, key, query)}
        return sorted(found.values(), key=lambda thing: (thing["name"], thing["id"]))

    def _names(self, path: str, key: str, project_id: str | None, ids: Collection[str]) -> dict[str, str]:
        # Without the last, Neutron leaves out the address groups that other projects share with this one.
        fields = _fields("id", "name", "shared")
        queries = [[("project_id", project_id)]] if project_id is not None else _chunked("id", ids)
        return {o["id"]: o["name"] for q in queries for o in self._list("network", path, key, [*q, *fields])}

    def _list(self, service: str, path: str, key: str, filters: Params, **arguments: Any) -> list[Body]:
        extension = REQUESTS[f"GET {path}"].extension
        try:
            found = super()._list(service, path, key, filters, **arguments)
        except CloudError as error:
            if error.status == NOT_FOUND and extension is not None:
                message = f"this cloud has no {path.strip('/')}: its Neutron lacks the extension {extension}"
                raise CloudError(message, status=NOT_FOUND) from error
            raise
        if all(name != "fields" for name, _value in filters):
            if missing := not_shown(path, found):
                raise hidden(missing, path.strip("/").replace("-", " "))
            complete(path, found)
        return found


def _fields(*names: str) -> list[tuple[str, str]]:
    """Return the query for answers with these attributes alone."""
    return [("fields", name) for name in names]


def _if_match(revision: int | None) -> dict[str, str]:
    """Return the header that makes Neutron refuse a change of what is no longer as it was read."""
    return {} if revision is None else {"If-Match": f"revision_number={revision}"}


def _server_filter(names: Collection[str]) -> list[tuple[str, str]]:
    """Return the filter for servers of exactly one name, a regular expression; none for several names.

    With MySQL, Nova escapes every bar of the expression (``nova.db.utils``): no alternatives, and no bar in a name.
    """
    if len(names) != 1:
        return []
    (name,) = names
    expression = f"^{name.translate(_ESCAPED)}$"
    return [] if "|" in name or len(quote(expression)) > _MAX_QUERY else [("name", expression)]


def _chunked(option: str, values: Collection[str]) -> Iterator[list[tuple[str, str]]]:
    """Split repeated filters (``name=a&name=b``, which mean either) into queries that servers accept."""
    chunk: list[tuple[str, str]] = []
    length = 0
    for value in sorted(values):
        cost = len(option) + len(quote(value, safe="")) + 2
        if chunk and length + cost > _MAX_QUERY:
            yield chunk
            chunk, length = [], 0
        chunk.append((option, value))
        length += cost
    if chunk:
        yield chunk
