# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of one name that several runs have created at the same time, as Neutron takes a name more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from .._common.moments import created_at, created_together
from .._rules.rule import RuleKey
from .group import Group


def groups_by_name(groups: Iterable[Group], names: Collection[str]) -> dict[str, list[Group]]:
    """Return the groups of each name that more than one group of a project has.

    :param names: look at these names only
    """
    found: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for group in groups:
        if group.name in names:
            found[group.project_id, group.name].append(group)
    return {name: same for (_project, name), same in found.items() if len(same) > 1}


def superfluous_groups(
    groups: Collection[Group],
    *,
    created: Collection[str],
    template: Collection[RuleKey],
    tags: Collection[str],
    description: str,
    in_use: Collection[str],
) -> list[Group]:
    """Return the groups of one name that can be deleted, so that one is left.

    Unused groups that only have the rules of a new group are deleted before others, and newer groups before older ones.
    All runs use this order, and so keep the same group. A run may delete the groups that it has created. It may delete
    a group of another run, which may have been interrupted, only if the group has not changed since it was created.

    :param created: ids of groups that this run has created
    :param template: keys of the rules that the cloud gives a new group
    :param tags: tags that a new group may have
    :param description: what a new group is described as
    :param in_use: ids of groups that ports have, or that rules name
    """

    def is_unused(group: Group) -> bool:
        return {rule.key for rule in group.rules} == set(template) and group.id not in in_use

    def is_unchanged(group: Group) -> bool:
        own_tags = (group.tags or frozenset()) <= set(tags)
        return is_unused(group) and own_tags and group.description == description

    kept = min(groups, key=lambda group: (is_unused(group), created_at(group.body), group.id))
    others = [group for group in groups if group is not kept]
    return [
        group
        for group in others
        if group.id in created or (is_unchanged(group) and created_together(group.body, kept.body))
    ]
