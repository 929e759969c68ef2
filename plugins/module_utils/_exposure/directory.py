# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people call things: the names by which they ask, and those by which they are answered."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from .._common.errors import InputError, UnknownNameError
from .._common.names import several
from .._common.nearest import hint
from .._common.text import shown
from . import addresses
from .hidden import hidden_rules
from .intervals import Interval, Intervals, union
from .reach import PortClass
from .state import Port, State

INTERNET: Final = "internet"
KINDS: Final = ("service", "group", "server", "network")


@dataclass(frozen=True)
class Endpoint:
    """One end of a question: ports, or addresses by family; a network of addresses may also have ports in it.

    ``text`` is what people call it. ``within`` holds the addresses that count, of ports that were asked for by
    addresses. ``unseen`` is the id of a group that may have members which cannot be seen. ``floating`` means that the
    port was asked for by its floating IP.
    """

    text: str
    ports: frozenset[str] = frozenset()
    within: Mapping[str, Intervals] = field(default_factory=dict)
    outside: Mapping[str, Intervals] = field(default_factory=dict)
    unseen: str | None = None
    internet: bool = False
    floating: bool = False

    def covers(self, port_class: PortClass) -> bool:
        """Return whether a port of a class is among the ports."""
        return any(port.id in self.ports for port in port_class.ports)


@dataclass(frozen=True)
class Directory:
    """Names by id, and what they mean.

    ``services`` holds the names of the groups of services. ``owners`` are those of each group. ``floating`` holds the
    port and the fixed address of each floating IP, by its address.
    """

    state: State
    groups: Mapping[str, str] = field(default_factory=dict)
    address_groups: Mapping[str, str] = field(default_factory=dict)
    servers: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    floating: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def name_of(self, id_: str) -> str:
        """Return the name of a security group or address group for people to read."""
        return shown(self.groups.get(id_, self.address_groups.get(id_, id_)))

    def names_of(self, group_ids: Iterable[str]) -> list[str]:
        """Return the names of security groups, sorted; of the groups of services, those of the services."""
        # Where several services have one group, the first in the alphabet names it.
        by_group = {group: service for service, group in sorted(self.services.items(), reverse=True)}
        return sorted({shown(by_group.get(name, name)) for name in map(self.name_of, group_ids)})

    def label(self, port_class: PortClass) -> str:
        """Return what people call ports that are alike."""
        port = port_class.ports[0]
        if not port.secured:
            return "without port security"
        if not port.filtered:
            return f"not enforced ({port.vnic_type})"
        return ", ".join(self.names_of(port_class.groups)) or "without security groups"

    def find(self, option: str, text: str) -> Endpoint:
        """Return what a text means: ``internet``, a prefix, or a name, with its kind where several things have it.

        A name of a service means the service, whatever else has it.

        :raises UnknownNameError: if nothing has the name
        :raises InputError: if several kinds of things have it, or several things of one kind
        """
        if text.casefold() == INTERNET:
            # Instances are not the Internet, wherever their addresses are.
            free = {family: one & self.free[family] for family, one in addresses.INTERNET.items()}
            return Endpoint("the Internet", outside=free, internet=True)
        if (prefix := _prefix(text)) is not None:
            return self._behind(text) or self._inside(text, *prefix)
        kind, _colon, rest = text.partition(":")
        kinds, name = ((kind,), rest) if kind in KINDS and rest else (KINDS, text)
        found = {kind: ids for kind in kinds if (ids := self._ids(kind, name))}
        if "service" in found:
            # The services are those of the user's own file.
            found = {"service": found["service"]}
        if not found:
            what = kind if len(kinds) == 1 else "service, security group, server or network"
            raise UnknownNameError(option, f"there is no {what} {name!r}", lambda: hint(name, self._names(kinds)))
        if len(found) > 1:
            means = " or ".join(f"{kind}:{text}" for kind in found)
            raise InputError(option, f"{text!r} is the name of several kinds of things: write {means}")
        ((kind, ids),) = found.items()
        if len(ids) > 1:
            raise InputError(option, several(f"{kind}s", name, ids))
        return self._endpoint(text, kind, ids[0])

    def _ids(self, kind: str, name: str) -> list[str]:
        if kind == "service":
            return self._ids("group", self.services[name]) if name in self.services else []
        names = {"group": self.groups, "server": self.servers, "network": self.networks}[kind]
        return [name] if name in names else sorted(id_ for id_, own in names.items() if own == name)

    def _names(self, kinds: Iterable[str]) -> Iterator[str]:
        names = {"group": self.groups, "server": self.servers, "network": self.networks}
        for kind in kinds:
            yield from self.services if kind == "service" else names[kind].values()

    def _endpoint(self, text: str, kind: str, id_: str) -> Endpoint:
        def belongs(port: Port) -> bool:
            if kind in ("service", "group"):
                return id_ in port.groups
            return id_ == (port.server_id if kind == "server" else port.network_id)

        ports = frozenset(port.id for port in self.state.ports if belongs(port))
        unseen = id_ if kind in ("service", "group") and id_ in self.state.hidden_members else None
        return Endpoint(text, ports, unseen=unseen)

    def _behind(self, text: str) -> Endpoint | None:
        """Return the port behind a floating IP, if the text is the address of one."""
        interface = ipaddress.ip_interface(text)
        port_id, fixed = self.floating.get(str(interface.ip), ("", ""))
        alone = interface.network.num_addresses == 1
        if not alone or not any(port.id == port_id for port in self.state.ports):
            return None
        family, part = addresses.interval(fixed)
        return Endpoint(text, frozenset({port_id}), {family: Intervals((part,))}, floating=True)

    def _inside(self, text: str, family: str, found: Intervals) -> Endpoint:
        """Return the ports that have one of some addresses, and the addresses that no port has."""
        inside = frozenset(
            port.id
            for port in self.state.ports
            for own, part in map(addresses.interval, port.addresses)
            if own == family and part[0] in found
        )
        rest = found & self.free[family]
        return Endpoint(text, inside, {family: found} if inside else {}, {family: rest} if rest else {})

    @cached_property
    def free(self) -> Mapping[str, Intervals]:
        """The addresses that no port has."""
        taken: dict[str, list[Interval]] = {family: [] for family in addresses.WORLD}
        for family, part in (addresses.interval(text) for port in self.state.ports for text in port.addresses):
            taken[family].append(part)
        return {family: world - union(taken[family]) for family, world in addresses.WORLD.items()}

    def describe(self, port_class: PortClass) -> str:
        """Return why the rules of ports that are alike are not all known, or nothing."""
        names = [self.name_of(group) for group in sorted(port_class.hidden)]
        return hidden_rules(names) if names else ""


def _prefix(text: str) -> tuple[str, Intervals] | None:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return None
    family, part = addresses.interval(text)
    return family, Intervals((part,))
