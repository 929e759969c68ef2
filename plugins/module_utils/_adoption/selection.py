# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which groups and servers to adopt, and which groups not, with the reason."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .._common.errors import InputError, MultipleInputError, UnknownNameError
from .._common.names import several
from .._common.nearest import hint
from .._common.text import shown
from .._groups.group import Group
from .live import Criteria, LeftOut, Live

DEFAULT: Final = "default"
_UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# How controllers name the groups that they create, and whose rules and attachments they change.
_CONTROLLERS: Final = (
    # octavia.common.constants.VIP_SECURITY_GROUP_PREFIX
    ("Octavia", re.compile(rf"lb-{_UUID}")),
    # cloud-provider-openstack, pkg/openstack/loadbalancer.go: getSecurityGroupName
    ("the OpenStack cloud provider of Kubernetes", re.compile(rf"lb-sg-{_UUID}-.*", re.DOTALL)),
    # A resource of a Heat stack of Magnum: its name, and a part that Heat adds.
    ("Magnum", re.compile(r".+-secgroup_kube_(master|minion)-[0-9a-z]{12}", re.DOTALL)),
    # cluster-api-provider-openstack, pkg/cloud/services/networking/securitygroups.go
    ("Cluster API", re.compile(r"k8s-cluster-.+-secgroup-(controlplane|worker|bastion|allNodes|lbaas|all)", re.DOTALL)),
    # The namespace of a cluster in Gardener's seed.
    ("Gardener", re.compile(r"shoot--.+--.+", re.DOTALL)),
)


@dataclass(frozen=True)
class Chosen:
    """The groups to adopt, those that are left out, and the ids of the servers whose attachments count.

    Without ``servers``, the attachments of all servers and ports count. ``missing`` are messages about names that match
    nothing.
    """

    groups: Sequence[Group]
    left_out: Sequence[LeftOut]
    servers: frozenset[str] | None
    missing: Sequence[str] = ()


def judge_criteria(criteria: Criteria) -> None:
    """Refuse to look for the groups of an owner who is not given.

    :raises InputError: if so
    """
    if criteria.owned and criteria.owner is None:
        raise InputError("owner", "it is missing; owned means the groups of one owner, so set owner too")


def choose(live: Live, criteria: Criteria) -> Chosen:
    """Return what a user wants to adopt.

    :raises InputError: for names and patterns that match nothing, unless the user ignores these
    """
    servers = None
    missing = _unmatched(live, criteria)
    if missing and not criteria.ignore_missing:
        raise missing[0] if len(missing) == 1 else MultipleInputError(missing)
    if criteria.servers:
        servers = frozenset(id_ for id_, name in live.servers.items() if _matches(criteria.servers, id_, name))
    attached = frozenset(
        group
        for port in live.ports
        if servers is not None and port.server_id in servers
        for group in port.security_groups
    )
    wanted = [
        group for group in live.groups if _is_wanted(group, criteria) and (servers is None or group.id in attached)
    ]
    reasons = _reasons(wanted, live.groups, criteria)
    return Chosen(
        [group for group in wanted if group.id not in reasons],
        [LeftOut("security_group", group.name, group.id, reasons[group.id]) for group in wanted if group.id in reasons],
        servers,
        list(map(str, missing)),
    )


def _unmatched(live: Live, criteria: Criteria) -> list[UnknownNameError]:
    """Return an error for every name and pattern that matches nothing."""
    groups = {group.id: group.name for group in live.groups}
    sought = (
        ("names", "security group", criteria.names, groups),
        ("servers", "server", criteria.servers, live.servers),
    )
    return [
        _unknown(option, kind, pattern, names.values())
        for option, kind, patterns, names in sought
        for pattern in patterns
        if not any(_matches([pattern], id_, name) for id_, name in names.items())
    ]


def _unknown(option: str, kind: str, pattern: str, names: Collection[str]) -> UnknownNameError:
    return UnknownNameError(option, f"there is no {kind} {pattern!r} in the project", lambda: hint(pattern, names))


def _matches(patterns: Iterable[str], id_: str, name: str) -> bool:
    return any(pattern in (id_, name) or fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _is_wanted(group: Group, criteria: Criteria) -> bool:
    return (
        (not criteria.names or _matches(criteria.names, group.id, group.name))
        and set(criteria.tags) <= set(group.tags or ())
        # A group that is named is left out with a reason, so that nobody looks for it in vain.
        and (not criteria.owned or group.owner == criteria.owner or bool(criteria.names))
    )


def _reasons(wanted: Iterable[Group], groups: Iterable[Group], criteria: Criteria) -> dict[str, str]:
    """Return why groups are left out, by their ids.

    :param groups: all groups of the project
    """
    by_name: dict[str, list[str]] = defaultdict(list)
    for group in groups:
        by_name[group.name].append(group.id)
    ids = {id_ for named in by_name.values() for id_ in named}
    reasons = {group.id: _reason(group, by_name[group.name], ids, criteria) for group in wanted}
    return {id_: reason for id_, reason in reasons.items() if reason}


def _reason(group: Group, same_name: Collection[str], ids: Collection[str], criteria: Criteria) -> str:
    if problem := _problem_of_name(group.name, same_name, ids):
        return problem
    if owners := sorted(group.owners - {criteria.owner}):
        listed = " and ".join(map(shown, owners))
        return f"it belongs to the owner {listed}; adopt the groups of each owner into a file of their own"
    if criteria.owned and not group.owners:
        return f"it has no owner, and only groups of {shown(str(criteria.owner))} are wanted"
    if {group.name, group.id} & set(criteria.names):
        return ""
    if group.name == DEFAULT:
        return "every project has it; to adopt it, list it by name"
    controller = next((name for name, pattern in _CONTROLLERS if pattern.fullmatch(group.name)), None)
    return f"{controller} creates it, and changes its rules; to adopt it, list it by name" if controller else ""


def _problem_of_name(name: str, same_name: Collection[str], ids: Collection[str]) -> str:
    if not name.strip():
        return "it has no name; variables describe groups by their names"
    if len(same_name) > 1:
        return several("security groups", name, same_name)
    return "its name is the id of another security group" if name in ids else ""
