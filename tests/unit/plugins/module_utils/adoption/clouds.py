# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random projects to adopt, and a cloud in memory that answers the engine's questions about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.adopt import Adoption
from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.entries import parse_attachments
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.plan import Plan
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.read import Reader
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.wanted import Scope, Wanted
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import desired_groups
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule
from ansible_collections.portcullis.openstack.plugins.module_utils._services.groups import groups_of_services
from ansible_collections.portcullis.openstack.plugins.module_utils._services.services import attachments_of_services
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import api_group, rules

Body = dict[str, Any]

PROJECT = "project-id"


def uid(name: str) -> str:
    """Return the id of something, as Neutron has it."""
    return str(uuid5(NAMESPACE_URL, name))


# Names that a careless writer or reader of YAML takes for something else, or for two.
NAMES = (
    *(
        "web",
        "db",
        "prod-web",
        "prod-db",
        "web-2",
        "prod-",
        "on",
        "1e3",
        "22:22",
        "null",
        "~",
        "{{ x }}",
        "a, b",
        "- a",
    ),
    *(" padded ", "a: b", "a #b", "Grün-日本", "it's", 'say "hi"', "a\nb", "x" * 255, "default", "a\\b", "!unsafe"),
    *("lb-694a0573-b4c3-423c-847d-550f79e83f2b", "694a0573-b4c3-423c-847d-550f79e83f2b", "", "=", "0x1F", "{%"),
    uid("group-1"),
)


@dataclass
class Memory:
    """A cloud that only answers, from lists in memory."""

    groups: Sequence[Body]
    ports: Sequence[Body] = ()
    servers_: Sequence[Body] = ()
    networks_: Sequence[Body] = ()
    address_groups_: Sequence[Body] = ()
    policies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    extensions: Collection[str] = frozenset(
        {"address-group", "rbac-security-groups", "revision-if-match", "standard-attr-tag", "stateful-security-group"}
    )

    def project_id(self, project: str | None = None) -> str:
        return project or PROJECT

    def security_groups(self, _project_id: str, names: Collection[str] | None, ids: Collection[str] = ()) -> list[Body]:
        return [g for g in self.groups if names is None or g["name"] in names or g["id"] in ids]

    def security_group_names(self, *, project_id: str | None = None, ids: Collection[str] = ()) -> dict[str, str]:
        return {g["id"]: g["name"] for g in self.groups if project_id or g["id"] in ids}

    def groups_in_short(self, ids: Collection[str]) -> list[Body]:
        return [group for group in self.groups if group["id"] in ids]

    def address_groups(self, _filters: Any) -> list[Body]:
        return list(self.address_groups_)

    def address_group_names(self, *, project_id: str | None = None, ids: Collection[str] = ()) -> dict[str, str]:
        return {g["id"]: g["name"] for g in self.address_groups_ if g["project_id"] == project_id or g["id"] in ids}

    def networks(self) -> list[Body]:
        return list(self.networks_)

    def network_names(self, names: Collection[str] | None = None) -> dict[str, str]:
        return {n["id"]: n["name"] for n in self.networks_ if names is None or n["name"] in names or n["id"] in names}

    def servers(self, _names: Any = None, **_options: Any) -> list[Body]:
        return list(self.servers_)

    def project_ports(self, _project_id: str) -> list[Body]:
        return list(self.ports)

    def ports_of(self, _project_id: str, server_ids: Collection[str]) -> list[Body]:
        return [port for port in self.ports if port["device_id"] in server_ids]

    def named_ports(self, _project_id: str, names: Collection[str]) -> list[Body]:
        return [port for port in self.ports if port["name"] in names or port["id"] in names]

    def ports_having(self, group_ids: Collection[str]) -> list[Body]:
        return [port for port in self.ports if set(port["security_groups"]) & set(group_ids)]

    def shares(self, group_ids: Collection[str]) -> dict[str, dict[str, str]]:
        return {id_: dict(self.policies.get(id_, {})) for id_ in group_ids}

    def all_shares(self) -> Mapping[str, Mapping[str, str]]:
        return self.policies

    def as_cloud(self) -> Cloud:
        return cast(Cloud, self)


def plan(memory: Memory, adopted: Adoption, *, prefix: str = "", owner: str | None = None) -> Plan:
    """Return what the roles plan with the variables, by the way that their values take."""
    groups = groups_of_services(adopted.services, prefix=prefix, default_egress=True)
    attachments = attachments_of_services(adopted.attachments, adopted.services, prefix=prefix)
    wanted = Wanted(desired_groups(groups, SERVICES), parse_attachments(attachments, owner=owner))
    return Reader(memory.as_cloud(), wanted, Scope(owner=owner), PROJECT).plan()


def server(id_: str, name: str) -> Body:
    return {"id": id_, "name": name}


def port(id_: str, server_id: str = "", network: str = "net-a", groups: Sequence[str] = (), **more: Any) -> Body:
    return {
        "id": id_,
        "name": "",
        "project_id": PROJECT,
        "device_id": server_id,
        "device_owner": "compute:nova" if server_id else "",
        "network_id": network,
        "fixed_ips": [],
        "security_groups": list(groups),
        "port_security_enabled": True,
        "revision_number": 1,
        **more,
    }


def address_group(name: str, project: str = PROJECT, **more: Any) -> Body:
    return {"id": uid(f"address-{name}"), "name": name, "project_id": project, "addresses": [], **more}


EGRESS = [Rule("egress", family) for family in ("IPv4", "IPv6")]


@st.composite
def memories(draw: st.DrawFn) -> Memory:
    """Draw a project: groups of any names and rules, some in both families, and servers with ports."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
    ids = [uid(f"group-{number}") for number in range(len(names))]
    groups = [draw(_groups(id_, name, ids)) for id_, name in zip(ids, names, strict=True)]
    networks = [server(uid(f"net-{letter}"), draw(st.sampled_from(["front", "back"]))) for letter in "abc"]
    servers = [server(uid(f"server-{n}"), draw(st.sampled_from(["web1", "web2", "on", ""]))) for n in range(4)]
    return Memory(
        groups,
        [draw(_ports(uid(f"port-{number}"), ids)) for number in range(draw(st.integers(0, 8)))],
        servers[: draw(st.integers(0, 4))],
        networks[: draw(st.integers(1, 3))],
        [address_group("a"), address_group("b"), address_group("c", "other")],
        {id_: {"*": "policy"} for id_ in ids if draw(st.integers(0, 9)) == 0},
    )


@st.composite
def _groups(draw: st.DrawFn, id_: str, name: str, ids: Sequence[str]) -> Body:
    drawn: list[Rule] = draw(st.lists(rules(), max_size=8))
    if draw(st.booleans()):
        drawn += [replace(r, ether_type="IPv6") for r in drawn if r.remote_ip_prefix is None and r.protocol != "icmp"]
    if draw(st.booleans()):
        drawn += EGRESS
    placed = {}
    for rule in drawn:
        remote = None if rule.remote_group is None else draw(st.sampled_from([*ids, uid("foreign")]))
        other = {"a": uid("address-a"), "b": uid(f"address-{draw(st.sampled_from(['b', 'c', 'hidden']))}")}
        address = None if rule.remote_address_group is None else other[rule.remote_address_group]
        one = replace(rule, remote_group=remote, remote_address_group=address)
        placed[one.key] = one
    body = api_group(name, *placed.values(), id=id_, description=draw(st.sampled_from(["", "d", "1e3", " {{ y }}"])))
    for number, rule in enumerate(body["security_group_rules"]):
        rule["id"] = f"{id_}-{number}"
    return {
        **body,
        "stateful": draw(st.sampled_from([True, False, None])),
        "tags": draw(st.sampled_from([[], ["b", "a"], ["portcullis-owner:team-a", "a"]])),
    }


@st.composite
def _ports(draw: st.DrawFn, id_: str, ids: Sequence[str]) -> Body:
    return port(
        id_,
        draw(st.sampled_from(["", *(uid(f"server-{number}") for number in range(4))])),
        draw(st.sampled_from([uid(f"net-{letter}") for letter in "abc"])),
        draw(st.lists(st.sampled_from([*ids, uid("foreign")]), unique=True, max_size=3)),
        name=draw(st.sampled_from(["", "vip", "vip2"])),
        port_security_enabled=draw(st.integers(0, 9)) > 0,
    )
