# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports: the groups that they have, the groups that they should have, and the plan between the two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .._common.difference import Action, Difference
from .._common.names import port_label
from .._common.text import shown
from .entries import ENDED, STATES

_NO_GROUPS: Final = "(no security groups: all traffic is denied)"
_IN_ONE_WRITE: Final = "(in one write: the cloud refuses stateful and stateless groups on one port)"


@dataclass(frozen=True)
class Port:
    """A port that exists.

    ``address`` identifies it in messages. ``revision`` protects its update against other changes, where clouds have
    one.

    ``server_id`` is the id of its server, or None where the port is no server's.
    """

    id: str
    project_id: str | None
    server_id: str | None
    network_id: str
    address: str
    port_security: bool
    security_groups: tuple[str, ...]
    revision: int | None


@dataclass(frozen=True)
class Context:
    """What all ports of a run have in common, as ids of groups.

    ``owned`` are the groups of the run's owner, ``deleted`` those that the run deletes, and ``stateless`` those that
    will be stateless. ``detach`` detaches deleted groups from all ports.
    """

    owned: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    stateless: frozenset[str] = frozenset()
    detach: bool = False


@dataclass(frozen=True)
class Wish:
    """What one entry wants of one port: ids of groups, and what to do with them.

    ``label`` is how errors name the entry. ``named`` tells that the entry names the port or its server, and not only
    selects it with a selector.
    """

    state: str
    group_ids: tuple[str, ...]
    label: str = ""
    named: bool = False

    @property
    def attaches(self) -> bool:
        """Whether it is there to attach groups."""
        return self.state not in {"absent", ENDED} and bool(self.group_ids)


@dataclass(frozen=True)
class PortChange:
    """A port, and the groups that it will have.

    ``place`` describes the port in messages. ``after`` is the result of ``wishes`` and ``context``.
    """

    port: Port
    place: str
    wishes: tuple[Wish, ...]
    context: Context
    after: frozenset[str]
    in_one_write: bool = False

    @property
    def before(self) -> frozenset[str]:
        """The groups that the port has."""
        return frozenset(self.port.security_groups)

    def __bool__(self) -> bool:
        return self.after != self.before

    @property
    def refused(self) -> bool:
        """Whether Neutron refuses it: without port security, a port has no groups."""
        return bool(self) and not self.port.port_security

    def opened(self) -> frozenset[str]:
        """Return the groups of the port when it has gained groups and not yet lost any."""
        return self.after if self.in_one_write else self.before | self.after

    def closed(self) -> frozenset[str]:
        """Return the groups of the port when it has lost those that the run deletes, and nothing else has changed."""
        return self.before - (self.context.deleted - self.after)

    def again(self, port: Port) -> PortChange:
        """Return what is left to do to the port, which was read once more."""
        return plan_port(port, self.place, self.wishes, self.context)


def server_id_of(body: Mapping[str, Any]) -> str | None:
    """Return the id of the server that has the port of an API answer, or None if the port is no server's."""
    return (body["device_id"] or None) if body["device_owner"].startswith("compute:") else None


def port_from_api(body: Mapping[str, Any]) -> Port:
    """Return the port of an API answer."""
    return Port(
        id=body["id"],
        project_id=body.get("project_id"),
        server_id=server_id_of(body),
        network_id=body["network_id"],
        address=port_label(body),
        port_security=body.get("port_security_enabled", True),
        security_groups=tuple(body["security_groups"]),
        revision=body.get("revision_number"),
    )


def groups_after(before: Collection[str], wishes: Iterable[Wish], owned: Collection[str]) -> frozenset[str]:
    """Return the ids of a port's groups after its wishes, which do not contradict each other.

    ``exact`` replaces all that the port has, ``owned`` the groups of an owner; ``present`` adds, ``absent`` removes.
    A wish that has ended removes what no other wish adds.

    :param owned: ids of the owner's groups
    """
    wishes = list(wishes)
    states = {wish.state for wish in wishes}
    added, removed = _added_and_removed(wishes)
    ended = {id_ for wish in wishes if wish.state == ENDED for id_ in wish.group_ids}
    kept = frozenset(before) - ended
    if "owned" in states:
        kept -= frozenset(owned)
    if "exact" in states:
        kept = frozenset()
    return (kept | added) - removed


def contradiction(wishes: Iterable[Wish]) -> frozenset[str]:
    """Return the ids of the groups that one wish attaches to a port, and another detaches from it."""
    added, removed = _added_and_removed(wishes)
    return added & removed


def _added_and_removed(wishes: Iterable[Wish]) -> tuple[frozenset[str], frozenset[str]]:
    by_state: dict[str, set[str]] = {state: set() for state in (*STATES, ENDED)}
    for wish in wishes:
        by_state[wish.state] |= set(wish.group_ids)
    return frozenset(by_state["exact"] | by_state["owned"] | by_state["present"]), frozenset(by_state["absent"])


def plan_port(port: Port, place: str, wishes: Sequence[Wish], context: Context) -> PortChange:
    """Return the change of one port.

    :param place: how people know the port
    """
    after = groups_after(port.security_groups, wishes, context.owned)
    if context.detach:
        after -= context.deleted
    change = PortChange(port, place, tuple(wishes), context, after)
    united = is_mixed(change.before | after, context.stateless) and not is_mixed(after, context.stateless)
    return replace(change, in_one_write=united)


def is_mixed(groups: Collection[str], stateless: Collection[str]) -> bool:
    """Return whether a port with these groups would have stateful and stateless ones, which Neutron refuses."""
    return bool(set(groups) & set(stateless)) and not set(groups) <= set(stateless)


def port_difference(change: PortChange, name_of: Callable[[str], str]) -> Difference:
    """Return the change of a port: the groups that it loses and gains.

    :param name_of: returns the name of a group by its id
    """
    before = sorted(f"security group {shown(name_of(id_))}" for id_ in change.before - change.after)
    after = sorted(f"security group {shown(name_of(id_))}" for id_ in change.after - change.before)
    if not change.before:
        before.append(_NO_GROUPS)
    if not change.after:
        after.append(_NO_GROUPS)
    if change.in_one_write:
        after.append(_IN_ONE_WRITE)
    return Difference(shown(change.place), Action.UPDATE, tuple(before), tuple(after))


def result_of(port: Port, before: Iterable[str], after: Iterable[str]) -> dict[str, Any]:
    """Return a port as modules return it.

    :param before: names of its groups before the run
    :param after: names of its groups after the run
    """
    return {
        "id": port.id,
        "address": port.address,
        "network_id": port.network_id,
        "before": sorted(before),
        "after": sorted(after),
    }


def place_of(port: Port, server_names: Mapping[str, str], project_id: str) -> str:
    """Return how people know a port: by its server and address, or by its address or name alone.

    Anyone can write any server's id on a port. It counts only in the server's own project.

    :param project_id: that of the servers
    """
    if port.project_id != project_id:
        return f"port {port.address} of project {port.project_id}"
    if port.server_id is None:
        return f"port {port.address}"
    return f"server {server_names.get(port.server_id, port.server_id)}, port {port.address}"
