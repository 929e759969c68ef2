# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the way of a plan, or would be lost by it, apart from the groups it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ._cloud import Cloud
from ._default_rule import BUILT_IN, IN_OTHERS, DefaultRule, default_rule_from_api
from ._errors import CloudError
from ._limits import RULES, needed_extensions, needed_room, shortage
from ._names import port_label
from ._plan import Action, Plan
from ._requests import NEEDS
from ._rule import Rule
from ._session import FORBIDDEN, NOT_FOUND


def judge_limits(cloud: Cloud, plan: Plan, frugal: Plan, project_id: str, *, delete_first: bool) -> None:
    """Make sure that the cloud can carry out a plan.

    :param frugal: the plan as it would be with ``delete_first``
    :param project_id: the project of new groups
    :raises CloudError: for extensions that it lacks, and for a plan that does not fit into the project's quota
    """
    judge_extensions(cloud, needed_extensions(plan))
    frugal_by_project = frugal.by_project(project_id)
    for id_, part in plan.by_project(project_id).items():
        _judge_quota(cloud, part, frugal_by_project[id_], id_, delete_first=delete_first)


def _judge_quota(cloud: Cloud, plan: Plan, frugal: Plan, project_id: str, *, delete_first: bool) -> None:
    """Make sure that a plan for one project fits into its quota."""
    if needed_room(plan, (), delete_first=delete_first):
        quota = cloud.quota(project_id)
        limited = quota.get(RULES, {}).get("limit", -1) >= 0
        template = _template(cloud) if plan.of(Action.CREATE) and limited else ()
        needed = needed_room(plan, template, delete_first=delete_first)
        if problem := shortage(needed, needed_room(frugal, template, delete_first=True), quota):
            raise CloudError(problem)


def judge_extensions(cloud: Cloud, needs: Mapping[str, str]) -> None:
    """Make sure that the cloud has what is needed.

    :param needs: what needs an extension, by its alias
    :raises CloudError: with the alias of the extension that is missing
    """
    for alias, what in needs.items():
        if alias not in cloud.extensions:
            raise CloudError(f"{what} needs the extension {alias}, which this cloud's Neutron lacks")


def judge_search(cloud: Cloud, options: Mapping[str, str]) -> None:
    """Make sure that the cloud can search for what is asked for.

    A Neutron that is set to ignore filters that it does not know would find too much.

    :param options: what the user calls the filters, by their names in the API
    :raises CloudError: with the alias of the extension that is missing
    """
    judge_extensions(cloud, {NEEDS[name]: option for name, option in options.items() if name in NEEDS})


def default_rules(cloud: Cloud) -> Sequence[DefaultRule]:
    """Return the rules that new groups get; none where these credentials may not see them.

    A Neutron that has no list of them gives every group those that are built in.
    """
    try:
        return [default_rule_from_api(body) for body in cloud.default_rules()]
    except CloudError as error:
        if error.status not in (FORBIDDEN, NOT_FOUND):
            raise
        return BUILT_IN if error.status == NOT_FOUND else ()


def _template(cloud: Cloud) -> list[Rule]:
    """Return the rules that the cloud gives new groups other than the default ones."""
    return [default_rule.rule for default_rule in default_rules(cloud) if IN_OTHERS in default_rule.uses]


def in_use(cloud: Cloud, plan: Plan) -> list[str]:
    """Return a message for every group that Neutron would refuse to delete or to make stateful, as ports have it."""
    intents = {
        change.current.id: "deleted" if change.action is Action.DELETE else "made stateful or stateless"
        for change in plan.changes
        if change.current is not None and (change.action is Action.DELETE or "stateful" in change.attributes)
    }
    ports_of: dict[str, list[str]] = defaultdict(list)
    for port in cloud.ports_wearing(intents):
        for group_id in intents.keys() & set(port["security_groups"]):
            ports_of[group_id].append(f"{port_label(port)} ({port['id']})")
    names = {id_: plan.references.name_of(id_) for id_ in ports_of}
    return [
        f"security group {names[id_]} cannot be {intents[id_]} while ports have it: {', '.join(sorted(ports_of[id_]))}"
        for id_ in sorted(names, key=lambda id_: names[id_])
    ]


def in_default_rules(cloud: Cloud, plan: Plan) -> list[str]:
    """Return a message for every group to be deleted that a default rule names.

    Neutron would delete it, and from then on fail to create any security group.
    """
    doomed = plan.doomed()
    named = {default_rule.rule.remote_group for default_rule in default_rules(cloud)} if doomed else set()
    return [
        f"security group {doomed[id_]} cannot be deleted while default rules of the cloud name it"
        for id_ in sorted(doomed.keys() & named, key=lambda id_: doomed[id_])
    ]


def vanishing(cloud: Cloud, plan: Plan, whole: Plan) -> list[str]:
    """Return a message for every group with rules that Neutron would delete along with the groups they name.

    Rules of groups that the plan deletes are no loss, nor are those that the whole deletes, of which it is a part.
    """
    doomed = plan.doomed()
    planned = {rule.id for change in whole.changes for rule in change.rules.delete}
    losses: dict[str, set[str]] = defaultdict(set)
    for rule in cloud.rules_naming(doomed):
        if rule["security_group_id"] not in doomed and rule["id"] not in planned:
            losses[rule["security_group_id"]].add(plan.references.name_of(rule["remote_group_id"]))
    names = cloud.security_group_names(ids=losses)
    return [
        f"rules of security group {names.get(id_, id_)} name {', '.join(sorted(losses[id_]))} and vanish with it"
        for id_ in sorted(losses, key=lambda id_: names.get(id_, id_))
    ]
