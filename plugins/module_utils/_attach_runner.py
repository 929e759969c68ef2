# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups on instances: read, plan, apply, each port guarded by its revision."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ._attach import (
    Attachment,
    AttachmentPlan,
    Port,
    PortChange,
    Wish,
    judge_states,
    plan_port,
    port_from_api,
    select_servers,
    stateless_after,
)
from ._cloud import Cloud
from ._errors import CloudError, InputError, PortcullisError, UnknownNameError
from ._group import new_reference
from ._names import Names, attachment_label, looks_like_id
from ._parallel import each
from ._settle import Steps

# The extension of Neutron that makes it look at If-Match.
GUARD: Final = "revision-if-match"
_UNGUARDED: Final = (
    f"this cloud's Neutron lacks the extension {GUARD}: ports are read again right before they are written, but what "
    "someone else changes between the two is lost"
)
# How long to wait, in seconds, after each try to write a port.
_PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 0.0)


@dataclass(frozen=True)
class _Entry:
    """An attachment with ids for names: of servers that it names, servers that its selector picks, and networks."""

    named: set[str]
    picked: set[str]
    network_ids: set[str]
    wish: Wish

    @property
    def server_ids(self) -> set[str]:
        return self.named | self.picked

    def means(self, port: Port) -> bool:
        """Tell whether the entry is about a port of one of its servers."""
        return not self.network_ids or port.network_id in self.network_ids


def attach(
    cloud: Cloud,
    attachments: Sequence[Attachment],
    *,
    project: str | None = None,
    planned: Mapping[str, bool | None] | None = None,
    parallel: int = 1,
    check_mode: bool = False,
) -> dict[str, Any]:
    """Give the ports of servers the groups they should have and return the result of the module.

    :param planned: groups that do not exist yet, or are not yet what they will be, because what changes them ran in
        check mode too: by name whether they will be stateful, None where nothing is said
    :param parallel: how many ports to change at once
    :raises InputError: before anything is changed
    :raises CloudError: with what had been changed by then
    """
    own = cloud.security_group_names(project_id=cloud.project_id(project))
    coming = planned or {} if check_mode else {}
    own = {new_reference(name): name for name in coming.keys() - set(own.values())} | own
    wanted = {name for attachment in attachments for name in attachment.security_groups}
    foreign = cloud.security_group_names(ids=set(filter(looks_like_id, wanted - set(own))))
    plan, server_names = _plan(cloud, attachments, Names(own, foreign))
    groups = own | foreign
    if plan and "stateful-security-group" in cloud.extensions:
        stateful = {id_: coming.get(name) for id_, name in own.items()}
        judge_states(plan, stateless_after(cloud.stateless_group_ids(), stateful), lambda id_: groups.get(id_, id_))
    guarded = not plan or GUARD in cloud.extensions
    applied = plan if check_mode else _apply(cloud, plan, guarded=guarded, parallel=parallel)
    shown = {id_ for change in applied.ports for id_ in (*change.port.security_groups, *change.after)}
    groups |= cloud.security_group_names(ids=shown - set(groups))
    result = {
        "changed": bool(applied),
        "servers": _report(applied, server_names, groups),
        "warnings": () if guarded else (_UNGUARDED,),
        "counts": {"ports": {"updated": sum(map(bool, applied.ports)), "selected": len(applied.ports)}},
    }
    if plan:
        result["diff"] = {"prepared": plan.render(lambda id_: groups.get(id_, id_))}
    return result


def _plan(cloud: Cloud, attachments: Sequence[Attachment], groups: Names) -> tuple[AttachmentPlan, dict[str, str]]:
    """Read servers, networks and ports, and compare."""
    servers = _servers(cloud, attachments)
    names = {server["id"]: server["name"] for server in servers}
    networks = Names(cloud.network_names({name for attachment in attachments for name in attachment.networks}))
    resolve = partial(_resolve, servers=servers, names=Names(names), groups=groups, networks=networks)
    labelled = {
        attachment_label(n, attachment.servers): attachment for n, attachment in enumerate(attachments, start=1)
    }
    resolved = {label: _within(label, resolve, attachment) for label, attachment in labelled.items()}
    ports = [
        port_from_api(body) for body in cloud.ports_of({id_ for entry in resolved.values() for id_ in entry.server_ids})
    ]
    by_server: dict[str, list[Port]] = defaultdict(list)
    for port in ports:
        by_server[port.server_id].append(port)
    wishes: dict[str, list[Wish]] = defaultdict(list)
    for label, entry in resolved.items():
        _within(label, _spread, wishes, by_server, entry, names)
    changes = [plan_port(port, names[port.server_id], wishes[port.id]) for port in ports if port.id in wishes]
    changes.sort(key=lambda change: (change.server, change.port.server_id, change.port.address))
    return AttachmentPlan(tuple(changes)), names


def _within(label: str, step: Any, *arguments: Any) -> Any:
    """Call a step for one entry; its errors name the entry."""
    try:
        return step(*arguments)
    except InputError as error:
        raise error.within(label) from None


def _servers(cloud: Cloud, attachments: Sequence[Attachment]) -> list[dict[str, Any]]:
    """Return servers, those among them that entries can mean, in one query with as little detail as they need."""
    selectors = [attachment.selector for attachment in attachments if attachment.selector is not None]
    names = {name for attachment in attachments for name in attachment.servers}
    if not selectors and not names:
        return []
    if selectors or any(map(looks_like_id, names)):
        # Nova filters by name, not by id.
        return cloud.servers(details=any(selector.metadata or selector.tags for selector in selectors))
    return cloud.servers(names)


def _resolve(
    attachment: Attachment, *, servers: Sequence[Mapping[str, Any]], names: Names, groups: Names, networks: Names
) -> _Entry:
    """Return ids for the names of an entry: servers, networks, groups."""
    wish = Wish(attachment.state, tuple(_group_ids(attachment, groups)))
    network_ids = {networks.find("networks", name) for name in attachment.networks}
    return _Entry(*select_servers(attachment, servers, names), network_ids, wish)


def _group_ids(attachment: Attachment, groups: Names) -> Iterator[str]:
    for name in attachment.security_groups:
        try:
            yield groups.find("security_groups", name)
        except UnknownNameError:
            # What does not exist is attached to nothing.
            if attachment.state != "absent":
                raise


def _spread(
    wishes: dict[str, list[Wish]], ports: Mapping[str, Sequence[Port]], entry: _Entry, names: Mapping[str, str]
) -> None:
    """Note an entry's wish at every port it is for.

    :param ports: by server
    :raises InputError: for a server that is named and has no such port, and if no server has one
    """
    chosen = [port for id_ in entry.server_ids for port in ports.get(id_, ()) if entry.means(port)]
    without = (entry.named if chosen else entry.server_ids) - {port.server_id for port in chosen}
    if without:
        where = " in these networks" if entry.network_ids else ""
        listed = ", ".join(sorted(names[server_id] for server_id in without))
        raise InputError("servers", f"server {listed} has no port{where}")
    for port in chosen:
        wishes[port.id].append(entry.wish)


def _apply(cloud: Cloud, plan: AttachmentPlan, *, guarded: bool, parallel: int) -> AttachmentPlan:
    """Change the ports that differ and return what was done, which is more or less if others changed them too."""
    done = Steps()
    try:
        apply_port = partial(_apply_port, cloud, done=done, guarded=guarded)
        return AttachmentPlan(tuple(each(apply_port, plan.ports, at_once=parallel)))
    except PortcullisError as error:
        error.done = done
        raise


def _apply_port(cloud: Cloud, change: PortChange, done: Steps, *, guarded: bool) -> PortChange:
    """Write one port; if someone else wrote it since it was read, or the answer is lost, read it again.

    :param guarded: whether the cloud refuses to write a port that is not as it was read. Where it does not, the port
        is read once more right before
    :return: what was done
    """
    lost: PortChange | None = None
    trouble = CloudError(f"port {change.port.address} of server {change.server} kept changing; run again")
    for pause in _PAUSES:
        if change and not guarded:
            change = _fresh(cloud, change)
        if not change:
            return lost or change
        try:
            with done.step(f"set the security groups of port {change.port.address} of server {change.server}"):
                cloud.set_port_groups(change.port.id, change.after, change.port.revision if guarded else None)
            return change
        except CloudError as error:
            if not error.may_pass or error.status in (404, 409):
                raise
            lost = change if error.unsure else lost
            if error.status != 412:
                trouble = error
                time.sleep(pause)
        change = _fresh(cloud, change)
    raise trouble


def _fresh(cloud: Cloud, change: PortChange) -> PortChange:
    """Read the port again and plan what is left to do."""
    return plan_port(port_from_api(cloud.port(change.port.id)), change.server, change.wishes)


def _report(plan: AttachmentPlan, server_names: Mapping[str, str], groups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what the module tells: per server its ports, with names of groups before and after."""
    by_server: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in plan.ports:
        by_server[change.port.server_id].append(
            {
                "id": change.port.id,
                "address": change.port.address,
                "network_id": change.port.network_id,
                "before": sorted(groups.get(id_, id_) for id_ in change.port.security_groups),
                "after": sorted(groups.get(id_, id_) for id_ in change.after),
            }
        )
    return [{"id": id_, "name": server_names[id_], "ports": ports} for id_, ports in by_server.items()]
