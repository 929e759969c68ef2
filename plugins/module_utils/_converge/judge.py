# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the state after a plan, before the first write: what prevents the plan, and what else it would delete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from .._attachments.ports import Port, is_mixed
from .._cloud.cloud import Cloud
from .._common.difference import Action
from .._groups.group import Group
from .._groups.limits import RULES, needed_extensions, needed_policies, needed_room, shortage
from .._groups.plan import GroupChange, GroupPlan
from .capabilities import SHARING, missing_extensions
from .plan import Plan
from .read import Reader
from .template import default_rules, template_rules

_DETACH: Final = (
    "Detach it from them, or set detach (service_groups_detach for the roles) to detach it before it is deleted"
)
_OF_OTHERS: Final = (
    "These ports are in other projects, and a run detaches groups only in its own. Ask those projects to detach it"
)


def judge(reader: Reader, plan: Plan) -> tuple[list[str], list[str]]:
    """Return a message for everything that prevents a plan, and warnings of what could not be judged."""
    cloud = reader.cloud
    quotas = _Quotas(cloud)
    problems = [
        *missing_extensions(cloud, needed_extensions(plan.groups)),
        *_shortages(quotas, plan.groups, reader.project_id, delete_first=reader.scope.delete_first),
        *_in_use(reader, plan),
        *_in_default_rules(cloud, plan.groups),
        *_mixed(plan),
        *_shared_with_all(cloud, plan.groups),
    ]
    return problems, quotas.warnings


def rules_lost(cloud: Cloud, plan: Plan) -> list[str]:
    """Return a message for every group with rules that Neutron deletes along with the groups that they name.

    Rules that the plan deletes itself are no loss.
    """
    deleted = plan.groups.deleted_groups()
    planned = {rule.id for change in plan.groups.changes for rule in change.rules.delete}
    losses: dict[str, set[str]] = defaultdict(set)
    for rule in cloud.rules_naming(deleted):
        if rule["security_group_id"] not in deleted and rule["id"] not in planned:
            losses[rule["security_group_id"]].add(deleted[rule["remote_group_id"]].name)
    names = cloud.security_group_names(ids=losses)
    return [
        f"rules of security group {names.get(id_, id_)} name {', '.join(sorted(losses[id_]))}, and Neutron would "
        "delete them with it; change them first, or set cascade"
        for id_ in sorted(losses, key=lambda id_: names.get(id_, id_))
    ]


def shared_groups(plan: Plan) -> list[str]:
    """Return a message for every shared group that Neutron may refuse to change, as a port elsewhere may have it.

    Neutron counts the ports of other projects, and does not show them to the owner of the group.
    """
    shared = [change for change in plan.groups.changes if change.reference in plan.shared]
    return [
        f"security group {change.name} is shared with project {', '.join(_affected_projects(change, plan))}, whose "
        "ports this run cannot see; if the group is attached to one of them, the cloud refuses this change"
        for change in shared
    ]


def _affected_projects(change: GroupChange, plan: Plan) -> list[str]:
    """Return the names of the projects whose ports may prevent a change: those with which sharing stops, or all."""
    only_unshared = change.stays and "stateful" not in change.attributes
    projects = change.unshare if only_unshared else plan.shared[change.reference]
    return sorted(map(plan.groups.project_names.__getitem__, projects))


class _Quotas:
    """The quotas of projects, and warnings of those that the cloud does not show."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.warnings: list[str] = []

    def of(self, project_id: str) -> Mapping[str, Mapping[str, int]]:
        """Return what is known of a project's quota."""
        quota, refusal = self.cloud.quota(project_id)
        if refusal:
            warning = f"the cloud does not show the quota of project {project_id}, so the plan may exceed it: {refusal}"
            self.warnings += [warning] if warning not in self.warnings else []
        return quota


def _shortages(quotas: _Quotas, plan: GroupPlan, project_id: str, *, delete_first: bool) -> Iterator[str]:
    """Yield a message for every quota that has no room for a plan.

    :param project_id: the project of new groups
    """
    if policies := needed_policies(plan):
        # Policies belong to the project of the credentials, whoever has the group.
        yield from filter(None, [shortage(policies, policies, quotas.of(quotas.cloud.project_id()))])
    for id_, part in plan.by_project(project_id).items():
        if not needed_room(part, (), delete_first=delete_first):
            continue
        quota = quotas.of(id_)
        limited = quota.get(RULES, {}).get("limit", -1) >= 0
        template = template_rules(quotas.cloud) if part.of(Action.CREATE) and limited else ()
        needed = needed_room(part, template, delete_first=delete_first)
        if problem := shortage(needed, needed_room(part, template, delete_first=True), quota):
            yield problem


def _in_use(reader: Reader, plan: Plan) -> Iterator[str]:
    """Yield a message for every group that Neutron would refuse to delete or to make stateful, as ports have it."""
    deleted, restated = plan.groups.deleted_groups(), plan.groups.restated_groups()
    after = {change.port.id: change.after for change in plan.ports}
    remaining = {port.id: after.get(port.id, frozenset(port.security_groups)) for port in plan.users}
    affected = {*deleted, *restated}
    places = reader.places(port for port in plan.users if affected.intersection(port.security_groups))
    for id_, group in _by_name(deleted):
        if using := [port for port in plan.users if id_ in remaining[port.id]]:
            advice = _OF_OTHERS if reader.scope.detach else _DETACH
            listed = _listed(using, places)
            yield f"security group {group.name} cannot be deleted while ports have it: {listed}. {advice}"
    for id_, group in _by_name(restated):
        if using := [port for port in plan.users if id_ in port.security_groups]:
            yield (
                f"security group {group.name} cannot be made stateful or stateless while ports have it: "
                f"{_listed(using, places)}"
            )


def _in_default_rules(cloud: Cloud, plan: GroupPlan) -> Iterator[str]:
    """Yield a message for every group to delete that a default rule names.

    Neutron would delete it, and from then on fail to create any security group.
    """
    deleted = plan.deleted_groups()
    named = {default_rule.rule.remote_group for default_rule in default_rules(cloud)} if deleted else set()
    for id_, group in _by_name(deleted):
        if id_ in named:
            yield f"security group {group.name} cannot be deleted while default rules of the cloud name it"


def _shared_with_all(cloud: Cloud, plan: GroupPlan) -> Iterator[str]:
    """Yield a message for every group to share with all projects, which clouds let few users do."""
    groups = [change.name for change in plan.changes if "*" in change.share]
    if groups and SHARING in cloud.extensions and (refusal := cloud.refusal_to_share_with_all()):
        yield from (f"security group {name} cannot be shared with all projects ('*'): {refusal}" for name in groups)


def _mixed(plan: Plan) -> Iterator[str]:
    """Yield a message for every port that would get stateful and stateless groups together, which Neutron refuses."""
    for change in filter(None, plan.ports):
        if is_mixed(change.after, change.context.stateless):
            stateless = sorted(plan.name_of(id_) for id_ in change.after & change.context.stateless)
            yield (
                f"{change.place} would have stateful and stateless security groups, which the cloud refuses; stateless "
                f"are {', '.join(stateless)}"
            )


def _by_name(groups: Mapping[str, Group]) -> list[tuple[str, Group]]:
    return sorted(groups.items(), key=lambda item: item[1].name)


def _listed(ports: Collection[Port], places: Mapping[str, str]) -> str:
    return "; ".join(sorted(f"{places[port.id]} ({port.id})" for port in ports))
