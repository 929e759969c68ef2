# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups of ports become attachments, as the roles take them in ``instance_groups_attachments``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._attachments.ports import Port
from .live import Live, references


@dataclass(frozen=True)
class Known:
    """The groups that attachments describe, by their ids: services, and the project's group ``default`` beside them.

    With ``whole``, no group of the project is left to others, so that what has only these can be described completely.
    """

    services: Mapping[str, str]
    default: Mapping[str, str]
    whole: bool


class _State(NamedTuple):
    """What an attachment says of ports: that they have these groups, and perhaps no others."""

    state: str
    group_ids: frozenset[str]


class _Target(NamedTuple):
    """An attachment without its servers or ports."""

    state: _State
    option: str
    networks: tuple[str, ...] = ()


def attachments_of(live: Live, known: Known, servers: Collection[str] | None) -> list[dict[str, Any]]:
    """Return attachments that describe all ports that have one of the services' groups, sorted.

    :param servers: ids of servers; describe their ports alone
    """
    by_server: dict[str | None, list[Port]] = defaultdict(list)
    for port in live.ports:
        by_server[port.server_id if port.server_id in live.servers else None].append(port)
    server_names = references(live.servers, live.servers)
    port_names = references(live.port_names, [port.id for port in live.ports])
    networks = references(live.networks, live.networks)
    found: dict[_Target, set[str]] = defaultdict(set)
    for server, ports in by_server.items():
        if servers is not None and server not in servers:
            continue
        targets = _alone(ports, known) if server is None else _of_server(ports, known, networks)
        for target, alone in targets:
            found[target].add(server_names[str(server)] if alone is None else port_names[alone.id])
    entries = [_options(target, sorted(members), known) for target, members in found.items()]
    return sorted(entries, key=lambda entry: ("ports" in entry, str(entry)))


def _of_server(
    ports: Sequence[Port], known: Known, networks: Mapping[str, str]
) -> Iterator[tuple[_Target, Port | None]]:
    """Yield what describes the ports of one server: all together, by network, or one by one."""
    if state := _common(ports, known):
        yield _Target(state, "servers"), None
        return
    by_network: dict[str, list[Port]] = defaultdict(list)
    for port in ports:
        by_network[port.network_id].append(port)
    names: dict[_State, set[str]] = defaultdict(set)
    for network, inside in by_network.items():
        state = _common(inside, known) if network in networks else None
        if state is None:
            yield from _alone(inside, known)
        else:
            names[state].add(networks[network])
    for state, some in names.items():
        yield _Target(state, "servers", tuple(sorted(some))), None


def _alone(ports: Iterable[Port], known: Known) -> Iterator[tuple[_Target, Port | None]]:
    """Yield what describes ports by themselves."""
    for port in ports:
        if state := _state(port, known):
            yield _Target(state, "ports"), port


def _common(ports: Iterable[Port], known: Known) -> _State | None:
    """Return what all ports have in common: what each of them has, or where one has other groups too, the services."""
    states = {_state(port, known) for port in ports}
    complete = all(state is not None and state.state == "exact" for state in states)
    if len(states) > 1 and None not in states and not complete:
        states = {_State("present", state.group_ids.intersection(known.services)) for state in states if state}
    return states.pop() if len(states) == 1 else None


def _state(port: Port, known: Known) -> _State | None:
    """Return the attachment of a port, None if it has no group of a service, or takes none."""
    having = frozenset(port.security_groups)
    services = having.intersection(known.services)
    if not services or not port.port_security:
        return None
    if known.whole and having <= services | known.default.keys():
        return _State("exact", having)
    return _State("present", services)


def _options(target: _Target, members: list[str], known: Known) -> dict[str, Any]:
    options: dict[str, Any] = {target.option: members}
    if target.networks:
        options["networks"] = list(target.networks)
    group_ids = target.state.group_ids
    options["services"] = sorted(known.services[id_] for id_ in group_ids if id_ in known.services)
    if others := sorted(known.default[id_] for id_ in group_ids if id_ in known.default):
        options["security_groups"] = others
    if target.state.state != "present":
        options["state"] = target.state.state
    return options
