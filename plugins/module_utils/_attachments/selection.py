# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports that attachments select, and the errors and warnings about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .._common.errors import InputError, Problems
from .._common.names import Names, several
from .._common.text import few, shown
from .ports import Port, PortChange, Wish, contradiction


@dataclass
class Selection:
    """The ports that attachments select: what the entries want for each port, by its id.

    ``ports`` are the ports of the project that were read. ``names`` has the names of those that entries name.
    ``foreign`` has ports of other projects that entries name: the id of the project, by the id of the port.
    ``warnings`` tell which ports are skipped. ``lost`` has an error for everything that has disappeared since the run
    began, and ``disappeared`` the ids of such ports.
    """

    wishes: dict[str, list[Wish]] = field(default_factory=lambda: defaultdict(list))
    ports: dict[str, Port] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    foreign: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    disappeared: frozenset[str] = frozenset()


def choose_ports(
    ports: Iterable[Port], server_ids: Collection[str], networks: Mapping[str, Collection[str]]
) -> list[Port]:
    """Return the ports of some servers, in some networks or in all.

    :param networks: the ids of the networks of each name that is given; none for all networks
    :raises InputError: for a name of several networks, unless each server has ports in one of them
    """
    chosen = [port for port in ports if port.server_id in server_ids]
    if not networks:
        return chosen
    with Problems() as problems:
        for name, ids in networks.items():
            with problems.within():
                _judge_network(name, ids, chosen)
    wanted = set[str]().union(*networks.values())
    return [port for port in chosen if port.network_id in wanted]


def _judge_network(name: str, ids: Collection[str], ports: Iterable[Port]) -> None:
    """Refuse a name of several networks, unless the ports of the servers tell which is meant.

    Another project that shares a network chooses its name, so a second network of the same name can appear at any time.
    """
    meant: dict[str | None, set[str]] = defaultdict(set)
    for port in ports:
        if port.network_id in ids:
            meant[port.server_id].add(port.network_id)
    if len(ids) > 1 and (not meant or any(len(found) > 1 for found in meant.values())):
        raise InputError("networks", several("networks", name, ids))


def ports_of_other_projects(ports: Iterable[Port], server_names: Mapping[str, str]) -> list[str]:
    """Return a warning for each server that ports of other projects claim to belong to.

    :param ports: ports of other projects
    """
    found: dict[str, list[str]] = defaultdict(list)
    for port in ports:
        if port.server_id is not None:
            found[port.server_id].append(f"port {port.address} ({port.id}) of project {port.project_id}")
    return [
        f"ports of other projects claim to belong to server {shown(server_names[id_])}, and are left alone: "
        f"{few(claiming)}"
        for id_, claiming in found.items()
    ]


def judge_contradictions(
    wishes: Mapping[str, Sequence[Wish]], places: Mapping[str, str], name_of: Callable[[str], str]
) -> None:
    """Refuse entries that contradict each other: one attaches a group to a port, and another one detaches it.

    :param wishes: those of each port, by its id
    :param places: how people know ports, by their ids
    :param name_of: returns the name of a group by its id
    :raises InputError: naming the entries, the groups and the ports
    """
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for port_id, wanted in wishes.items():
        if clash := contradiction(wanted):
            labels = " and ".join(wish.label for wish in wanted if clash.intersection(wish.group_ids))
            found[labels, ", ".join(sorted(shown(name_of(id_)) for id_ in clash))].append(places[port_id])
    with Problems() as problems:
        for (labels, groups), clashing in found.items():
            with problems.within(labels):
                raise InputError(
                    "security_groups",
                    "one entry attaches a group to a port from which another entry detaches it: security group "
                    f"{groups}, {few(sorted(clashing))}",
                )


def without_port_security(changes: Iterable[PortChange]) -> tuple[list[InputError], list[str]]:
    """Return what is wrong with changes that Neutron refuses.

    A port that an entry names, or whose server it names, is an error. One that only selectors select is left out, with
    a warning.
    """
    errors: list[InputError] = []
    skipped: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        attaching = [wish for wish in change.wishes if wish.attaches]
        if named := [wish.label for wish in attaching if wish.named]:
            problem = (
                f"{change.place} has port security disabled and takes no security groups; choose other ports of the "
                "server with networks or ports, or enable port security on this one"
            )
            errors.append(InputError(_option(change, named=True), problem).within(" and ".join(named)))
        else:
            skipped[" and ".join(wish.label for wish in attaching)].append(change.place)
    return errors, [
        f"{labels}, selector: ports with port security disabled take no security groups, and are left out: "
        f"{few(sorted(places))}"
        for labels, places in skipped.items()
    ]


def disappeared(changes: Iterable[PortChange]) -> tuple[list[str], list[str]]:
    """Return errors for ports that have disappeared and that entries name, and warnings for the others."""
    errors: list[str] = []
    warnings: list[str] = []
    for change in changes:
        named = [wish.label for wish in change.wishes if wish.named]
        labels = " and ".join(named or [wish.label for wish in change.wishes])
        error = InputError(_option(change, named=bool(named)), f"{change.place} disappeared during the run")
        (errors if named else warnings).append(str(error.within(labels)))
    return errors, warnings


def _option(change: PortChange, *, named: bool) -> str:
    """Return the option by which an entry means a port."""
    if not named:
        return "selector"
    return "ports" if change.port.server_id is None else "servers"
