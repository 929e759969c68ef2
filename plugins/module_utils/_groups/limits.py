# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan needs of the cloud: extensions of Neutron, and room in the project's quota."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from .._common.difference import Action
from .._rules.rule import Rule
from .plan import GroupChange, GroupPlan, plan_rules

GROUPS: Final = "security_group"
RULES: Final = "security_group_rule"
POLICIES: Final = "rbac_policy"
_PLURALS: Final = {GROUPS: "security groups", RULES: "security group rules", POLICIES: "RBAC policies"}

_IN_PLACE: Final = ", not even to replace a rule whose description changes"


def needed_extensions(plan: GroupPlan) -> dict[str, str]:
    """Return the extensions of Neutron that a plan needs: what needs the extension, by its alias."""
    needs: dict[str, str] = {}
    for change in plan.changes:
        needs |= dict.fromkeys(_extensions_of(change), f"security group {change.name}")
    return needs


def _extensions_of(change: GroupChange) -> Iterator[str]:
    if change.tags is not None:
        yield "standard-attr-tag"
    if "stateful" in change.attributes:
        yield "stateful-security-group"
    if change.share or change.unshare:
        yield "rbac-security-groups"
    if any(rule.remote_address_group is not None for rule in change.rules.create):
        yield "security-groups-remote-address-group"


def needed_room(plan: GroupPlan, template: Collection[Rule], *, delete_first: bool) -> dict[str, int]:
    """Return how many more objects of a kind there are at the peak of a plan, for the kinds that it creates.

    Neutron counts the rules that it gives new groups, but never refuses them.

    :param template: the rules that the cloud gives new groups
    :param delete_first: whether groups and rules are deleted before others are created
    """
    created, deleted = len(plan.of(Action.CREATE)), len(plan.of(Action.DELETE))
    room = {GROUPS: created - (deleted if delete_first else 0)} if created else {}
    rules = [_rules_of(change, template) for change in plan.changes]
    if any(creates for creates, _more, _fewer in rules):
        _creates, more, fewer = (sum(column) for column in zip(*rules, strict=True))
        room[RULES] = more - (fewer if delete_first else 0)
    return room


def needed_policies(plan: GroupPlan) -> dict[str, int]:
    """Return how many more policies there are when groups are shared, after others have been taken back."""
    shared = sum(len(change.share) for change in plan.changes)
    unshared = sum(len(change.unshare) for change in plan.changes)
    return {POLICIES: shared - unshared} if shared else {}


def _rules_of(change: GroupChange, template: Collection[Rule]) -> tuple[bool, int, int]:
    """Return whether the plan creates any rules of a group, how many more there are at first, and fewer in the end."""
    if change.action is Action.DELETE:
        return False, 0, len(change.current.rules) if change.current else 0
    given, rules = 0, change.rules
    if change.action is Action.CREATE:
        given, rules = len(template), plan_rules(template, change.wanted, purge=change.purge_rules)
    more = [len(new) - len(old) for old, new in rules.swaps]
    created = len(rules.create_first) + sum(number for number in more if number > 0)
    deleted = len(rules.delete_last) - sum(number for number in more if number < 0)
    return bool(rules.added), given + created, deleted


def shortage(
    needed: Mapping[str, int], at_least: Mapping[str, int], quota: Mapping[str, Mapping[str, int]]
) -> str | None:
    """Return a message if a plan does not fit into a quota.

    :param needed: the room that the plan needs, by kind
    :param at_least: the room that it would need if things were deleted before others are created
    :param quota: ``limit`` (-1 for none), ``used`` and ``reserved`` by kind; kinds may be missing
    """
    for kind, room in needed.items():
        known = quota.get(kind, {})
        limit, used = known.get("limit", -1), known.get("used", 0) + known.get("reserved", 0)
        if limit >= 0 and used + room > limit:
            what = _PLURALS[kind]
            problem = f"the plan needs {room} more {what}, but the project's quota is {limit} and {used} are used"
            if room <= 0:
                problem = f"the project's quota of {what} is {limit}, and {used} are used: the cloud creates no more"
                problem += _IN_PLACE if kind == RULES else ""
            if used + at_least[kind] > limit:
                return f"{problem}. Ask for a higher quota, or delete what is no longer needed"
            return (
                f"{problem}. With delete_first, which deletes old ones first, the plan needs {max(at_least[kind], 0)} "
                "more, but traffic may be interrupted for a moment"
            )
    return None
