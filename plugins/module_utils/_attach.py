# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances wear which groups: selection of servers and ports, and the plan of their changes."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ._attributes import judge_text, shown, truth
from ._errors import InputError
from ._names import Names, attachment_label, port_label

STATES: Final = ("present", "absent", "exact")


@dataclass(frozen=True)
class Selector:
    """Picks servers that match all that is given: a name pattern, metadata, tags."""

    name: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()

    def matches(self, server: Mapping[str, Any]) -> bool:
        """Tell whether a server of Nova's detailed answer is picked."""
        metadata = server.get("metadata") or {}
        return (
            (self.name is None or fnmatch.fnmatchcase(server["name"], self.name))
            and all(metadata.get(key) == value for key, value in self.metadata.items())
            and self.tags <= set(server.get("tags") or ())
        )

    def __str__(self) -> str:
        parts = [f"name {self.name}"] if self.name is not None else []
        parts += [f"metadata {key}={value}" for key, value in self.metadata.items()]
        return shown(", ".join(parts + [f"tag {tag}" for tag in sorted(self.tags)]))


@dataclass(frozen=True)
class Attachment:
    """One entry as the user writes it: groups for the ports of some servers, in some networks or in all."""

    security_groups: tuple[str, ...]
    state: str = "present"
    servers: tuple[str, ...] = ()
    selector: Selector | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Port:
    """A port of a server. ``address`` is how people know it; ``revision`` guards its change, where clouds have one."""

    id: str
    server_id: str
    network_id: str
    address: str
    port_security: bool
    security_groups: tuple[str, ...]
    revision: int | None


@dataclass(frozen=True)
class Wish:
    """One resolved entry, for one port: ids of groups, and what to do with them."""

    state: str
    group_ids: tuple[str, ...]


@dataclass(frozen=True)
class PortChange:
    """A port, the wishes for it, and the groups it will have."""

    port: Port
    server: str
    wishes: tuple[Wish, ...]
    after: tuple[str, ...]

    def __bool__(self) -> bool:
        return set(self.after) != set(self.port.security_groups)


@dataclass(frozen=True)
class AttachmentPlan:
    """The ports of all selected servers, sorted by server and address, with those that stay as they are."""

    ports: tuple[PortChange, ...]

    def __bool__(self) -> bool:
        return any(self.ports)

    def render(self, name_of: Callable[[str], str]) -> str:
        """Return the plan for people: a heading per changed port and a line per group, without ids."""
        lines: list[str] = []
        for change in filter(None, self.ports):
            before, after = set(change.port.security_groups), set(change.after)
            lines.append(f"server {shown(change.server)}, port {shown(change.port.address)}")
            lines += [f"  + security group {shown(name)}" for name in sorted(map(name_of, after - before))]
            lines += [f"  - security group {shown(name)}" for name in sorted(map(name_of, before - after))]
        return "".join(f"{line}\n" for line in lines)


def parse_attachments(entries: Sequence[Mapping[str, Any]]) -> list[Attachment]:
    """Return the entries that module options describe; missing and None are the same.

    :raises InputError: for the first entry that cannot be right, naming its position
    """
    parsed = []
    for position, options in enumerate(entries, start=1):
        try:
            parsed.append(_parse_attachment(options))
        except InputError as error:
            raise error.within(attachment_label(position, options.get("servers") or ())) from None
    return parsed


def _parse_attachment(options: Mapping[str, Any]) -> Attachment:
    selector = options.get("selector")
    if options.get("security_groups") is None:
        raise InputError("security_groups", "they are not given; an empty list means none")
    if options.get("servers") is None and selector is None:
        raise InputError("servers", "neither servers nor a selector is given; name servers, or select some")
    if selector is not None and not any(selector.values()):
        raise InputError("selector", "it is empty; give a name, metadata or tags. The name '*' selects all servers")
    for option in ("security_groups", "servers", "networks"):
        for name in options.get(option) or ():
            judge_text(option, name)
    if options.get("networks") == []:
        raise InputError("networks", "the list is empty; leave it out for all networks")
    return Attachment(
        security_groups=tuple(options["security_groups"]),
        state=options.get("state") or "present",
        servers=tuple(options.get("servers") or ()),
        selector=None if selector is None else _parse_selector(selector),
        networks=tuple(options.get("networks") or ()),
    )


def _parse_selector(options: Mapping[str, Any]) -> Selector:
    metadata = options.get("metadata") or {}
    return Selector(
        name=options.get("name"),
        metadata={str(key): str(value) for key, value in metadata.items()},
        tags=frozenset(options.get("tags") or ()),
    )


def port_from_api(body: Mapping[str, Any]) -> Port:
    """Return the port of an API answer."""
    return Port(
        id=body["id"],
        server_id=body["device_id"],
        network_id=body["network_id"],
        address=port_label(body),
        port_security=body.get("port_security_enabled", True),
        security_groups=tuple(body["security_groups"]),
        revision=body.get("revision_number"),
    )


def select_servers(
    attachment: Attachment, servers: Sequence[Mapping[str, Any]], names: Names
) -> tuple[set[str], set[str]]:
    """Return the ids of the servers that an entry names, and of those that its selector picks.

    :param names: those of the servers
    :raises InputError: for a name that no server or several have, and for a selector that picks none
    """
    named = {names.find("servers", name) for name in attachment.servers}
    if attachment.selector is None:
        return named, set()
    picked = {server["id"] for server in servers if attachment.selector.matches(server)}
    if not picked:
        raise InputError("selector", f"no server matches {attachment.selector}")
    return named, picked


def groups_after(before: Sequence[str], wishes: Iterable[Wish]) -> tuple[str, ...]:
    """Return the groups of a port after its wishes; their order has no meaning.

    ``exact`` replaces what the port has, ``present`` adds, ``absent`` removes.

    :raises InputError: if one wish adds what another removes
    """
    by_state: dict[str, list[str]] = {state: [] for state in STATES}
    exact = False
    for wish in wishes:
        by_state[wish.state] += wish.group_ids
        exact = exact or wish.state == "exact"
    added = [*by_state["exact"], *by_state["present"]]
    if set(added) & set(by_state["absent"]):
        raise InputError("security_groups", "one entry attaches a group to a port from which another entry detaches it")
    base = [] if exact else list(before)
    return tuple(dict.fromkeys(group for group in (*base, *added) if group not in by_state["absent"]))


def plan_port(port: Port, server: str, wishes: Sequence[Wish]) -> PortChange:
    """Return the change of one port.

    :raises InputError: if its groups would change, but it has no port security and so takes none
    """
    change = PortChange(port, server, tuple(wishes), groups_after(port.security_groups, wishes))
    if change and not port.port_security:
        raise InputError(
            "networks",
            f"port {port.address} of server {server} has port security disabled and takes no security groups; "
            "limit the networks, or enable it on the port",
        )
    return change


def parse_planned(options: Mapping[str, Any]) -> dict[str, bool | None]:
    """Return whether groups to come are stateful, by name; None where that is empty and so left to the cloud.

    :raises InputError: for a value that is neither true nor false nor empty
    """
    return {str(name): None if value in (None, "") else truth("planned", value) for name, value in options.items()}


def stateless_after(before: Collection[str], stateful: Mapping[str, bool | None]) -> set[str]:
    """Return the ids of the groups that are stateless once all groups are what they will be.

    :param before: those that are stateless now
    :param stateful: what groups will be, by id; None where nothing is said, which for a new one means stateful
    """
    return {id_ for id_ in before if not stateful.get(id_)} | {id_ for id_, told in stateful.items() if told is False}


def judge_states(plan: AttachmentPlan, stateless: Collection[str], name_of: Callable[[str], str]) -> None:
    """Make sure that no port gets stateful and stateless groups together, which Neutron refuses.

    :param stateless: ids of groups
    :raises InputError: for the first port that would have both
    """
    for change in filter(None, plan.ports):
        mixed = set(change.after) & set(stateless)
        if mixed and set(change.after) - mixed:
            raise InputError(
                "security_groups",
                f"port {change.port.address} of server {change.server} would have stateful and stateless groups, which "
                f"the cloud refuses; stateless are {', '.join(sorted(map(name_of, mixed)))}",
            )
