# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan of groups shows to people, and what the groups look like after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from .._common.difference import Action, Difference, attribute_lines
from .._common.text import shown
from .._rules.rule import Rule
from .group import Group, is_owner_tag, owner_of_tag
from .plan import GroupChange, GroupPlan

_INTERRUPTED: Final = ", denied for a moment on OVN"


def differences(plan: GroupPlan) -> Iterator[Difference]:
    """Return the change of each group that changes, without ids."""
    for group in plan.duplicates:
        yield _deletion(f"security group {shown(group.name)} (duplicate, {group.id})", group, plan.references.name_of)
    for change in plan.changes:
        title = f"security group {shown(plan.references.name_of(change.reference))}"
        if change.action is Action.DELETE and change.current is not None:
            yield _deletion(title, change.current, plan.references.name_of)
        elif change.action is not Action.NOTHING:
            before, after = _lines(change, plan)
            yield Difference(title, change.action, tuple(before), tuple(after))


def shown_rules(plan: GroupPlan) -> list[Rule]:
    """Return the rules that :func:`differences` shows."""
    rules: list[Rule] = [rule for group in plan.duplicates for rule in group.rules]
    for change in plan.changes:
        if change.action is Action.DELETE and change.current is not None:
            rules += change.current.rules
        rules += (*change.rules.create, *change.rules.removed)
    return rules


def counts(plan: GroupPlan) -> dict[str, dict[str, int]]:
    """Return how many groups and rules are created, updated and deleted, as :func:`differences` shows them.

    A rule that is deleted and created again, such as for a new description, counts as updated. Rules of deleted groups
    count as deleted.
    """
    deleted = [*plan.duplicates, *plan.deleted_groups().values()]
    rules = [change.rules for change in plan.changes]
    return {
        "groups": {
            "created": len(plan.of(Action.CREATE)),
            "updated": len(plan.of(Action.UPDATE)),
            "deleted": len(deleted),
        },
        "rules": {
            "created": sum(len(change.create) for change in rules),
            "updated": sum(len(change.replace) + len(change.renew) for change in rules),
            "deleted": sum(len(change.delete) for change in rules) + sum(len(group.rules) for group in deleted),
        },
    }


def groups_after(plan: GroupPlan) -> list[dict[str, Any]]:
    """Return the groups that exist after the plan, as they will be, in the shape of Neutron's answers.

    Ids and time stamps that only the cloud can give are left out.
    """
    return [_body_after(change) for change in plan.changes if change.stays]


def _deletion(title: str, group: Group, name_of: Callable[[str], str]) -> Difference:
    return Difference(title, Action.DELETE, tuple(_rule_lines(group.rules, name_of)))


def _lines(change: GroupChange, plan: GroupPlan) -> tuple[list[str], list[str]]:
    """Return the lines that a group loses and gains: attributes, tags, sharing, rules."""
    name_of = plan.references.name_of
    before, after = attribute_lines(change.current, change.attributes)
    if change.tags is not None:
        tags = frozenset() if change.current is None or change.current.tags is None else change.current.tags
        before += map(_tag_line, sorted(tags - change.tags))
        after += map(_tag_line, sorted(change.tags - tags))
    before += _share_lines(plan.project_names.get(project, project) for project in change.unshare)
    after += _share_lines(plan.project_names.get(project, name) for project, name in change.share.items())
    before += _rule_lines(change.rules.removed, name_of)
    after += _rule_lines(change.rules.added, name_of, interrupted=change.rules.interrupted)
    return before, after


def _share_lines(projects: Iterable[str]) -> list[str]:
    return [f"shared with project {shown(project)}" for project in sorted(projects)]


def _tag_line(tag: str) -> str:
    return f"owner: {owner_of_tag(tag)}" if is_owner_tag(tag) else f"tag {shown(tag)}"


def _rule_lines(rules: Iterable[Rule], name_of: Callable[[str], str], interrupted: Collection[Rule] = ()) -> list[str]:
    return sorted(f"{rule.render(name_of)}{_INTERRUPTED if rule in interrupted else ''}" for rule in rules)


def _body_after(change: GroupChange) -> dict[str, Any]:
    before: Mapping[str, Any] = change.current.body if change.current else {"description": ""}
    deleted = {rule.id for rule in change.rules.removed}
    body: dict[str, Any] = {**before, **change.attributes}
    if change.tags is not None:
        body["tags"] = sorted(change.tags)
    body["security_group_rules"] = [
        *(rule for rule in body.get("security_group_rules", ()) if rule["id"] not in deleted),
        *(rule.to_api() for rule in change.rules.added),
    ]
    return body
