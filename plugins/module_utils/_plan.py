# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired and current groups become a plan: data that can be counted, shown, and walked by the runner."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from ._attributes import MAX_TAGS, differing, render_attributes, shown
from ._errors import InputError
from ._group import DesiredGroup, Group, References, is_owner_tag, owner_tag, resolve_rules
from ._rule import Rule, RuleKey

ALL: Final = "all"
ADDITIONS: Final = "additions"
REMOVALS: Final = "removals"
# What of a plan to carry out, so that something else can happen between what opens paths and what closes some.
PARTS: Final = (ALL, ADDITIONS, REMOVALS)


class Action(Enum):
    """What happens to a group as a whole."""

    NOTHING = "unchanged"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class RuleChanges:
    """What happens to the rules of one group; ``replace`` pairs old and new where only the description differs."""

    create: tuple[Rule, ...] = ()
    replace: tuple[tuple[Rule, Rule], ...] = ()
    delete: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.create or self.replace or self.delete)


@dataclass(frozen=True)
class GroupChange:
    """What happens to one group.

    ``attributes`` holds new values by name (``name``, ``description``, ``stateful``), ``tags`` the complete new set or
    None to leave them. ``wanted`` are the resolved rules, None to leave the others alone.
    ``share`` holds names of projects by id, ``unshare`` ids of policies by the project's id.
    """

    name: str
    action: Action
    current: Group | None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tags: frozenset[str] | None = None
    wanted: tuple[Rule, ...] | None = None
    purge_rules: bool = False
    rules: RuleChanges = field(default_factory=RuleChanges)
    share: Mapping[str, str] = field(default_factory=dict)
    unshare: Mapping[str, str] = field(default_factory=dict)
    adopted_by: str | None = None

    @property
    def differs(self) -> bool:
        """Whether there is anything to do to a group that stays."""
        parts = (self.current is None, self.attributes, self.tags is not None, self.rules, self.share, self.unshare)
        return any(parts)

    @property
    def stays(self) -> bool:
        """Whether the group exists when the plan is done."""
        return self.action is Action.CREATE or (self.current is not None and self.action is not Action.DELETE)

    def part(self, part: str, idle: Collection[str]) -> GroupChange:
        """Return one of the :data:`PARTS` of the change. See :meth:`Plan.part`."""
        if part == ALL:
            return self
        kept = self._additions(idle) if part == ADDITIONS else self._removals(idle)
        return (
            kept if kept.action is Action.DELETE or kept.differs else dataclasses.replace(kept, action=Action.NOTHING)
        )

    def _additions(self, idle: Collection[str]) -> GroupChange:
        """Return the change without what closes a path; the rules of a group that nobody wears close none."""
        if self.action is Action.DELETE:
            return dataclasses.replace(self, action=Action.UPDATE)
        if self.current is None or self.current.id in idle:
            return dataclasses.replace(self, unshare={})
        return dataclasses.replace(self, rules=dataclasses.replace(self.rules, delete=()), unshare={})

    def _removals(self, idle: Collection[str]) -> GroupChange:
        """Return only what closes a path."""
        if self.action is not Action.UPDATE:
            return self if self.action is not Action.CREATE else GroupChange(self.name, Action.NOTHING, None)
        taken = self.current is not None and self.current.id in idle
        deletes = RuleChanges(delete=() if taken else self.rules.delete)
        return GroupChange(self.name, self.action, self.current, rules=deletes, unshare=self.unshare)


@dataclass(frozen=True)
class Plan:
    """The changes of all groups, sorted by name; those that stay as they are included."""

    changes: tuple[GroupChange, ...]
    references: References

    def __bool__(self) -> bool:
        return any(change.action is not Action.NOTHING for change in self.changes)

    def of(self, action: Action) -> list[GroupChange]:
        """Return the changes of one kind."""
        return [change for change in self.changes if change.action is action]

    def part(self, part: str, idle: Collection[str] = ()) -> Plan:
        """Return one of the :data:`PARTS` of the plan.

        :param idle: ids of groups that nobody wears, so that deleting their rules closes no path, and is no removal
        """
        return dataclasses.replace(self, changes=tuple(change.part(part, idle) for change in self.changes))

    def by_project(self, new: str) -> dict[str, Plan]:
        """Return the changes in each project.

        :param new: the project of groups that do not exist yet
        """
        projects: dict[str, list[GroupChange]] = defaultdict(list)
        for change in self.changes:
            projects[change.current.project_id if change.current else new].append(change)
        return {id_: dataclasses.replace(self, changes=tuple(changes)) for id_, changes in projects.items()}

    def shrunk(self) -> dict[str, str]:
        """Return the names of the groups that stay and lose rules, by id."""
        changes = [change for change in self.of(Action.UPDATE) if change.rules.delete]
        return {change.current.id: change.name for change in changes if change.current is not None}

    def doomed(self) -> dict[str, str]:
        """Return the names of the groups that are deleted, by id."""
        return {change.current.id: change.name for change in self.of(Action.DELETE) if change.current is not None}

    def shown_rules(self) -> list[Rule]:
        """Return the rules that :meth:`render` shows."""
        shown: list[Rule] = []
        for change in self.changes:
            if change.action is Action.DELETE and change.current is not None:
                shown += change.current.rules
            shown += (*change.rules.create, *change.rules.delete, *(old for old, _new in change.rules.replace))
        return shown

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many groups and rules are created, updated and deleted; a replaced rule counts as updated.

        Rules that come or go with their group by the cloud's doing are not counted.
        """
        rules = [change.rules for change in self.changes]
        return {
            "groups": {
                "created": len(self.of(Action.CREATE)),
                "updated": len(self.of(Action.UPDATE)),
                "deleted": len(self.of(Action.DELETE)),
            },
            "rules": {
                "created": sum(len(change.create) for change in rules),
                "updated": sum(len(change.replace) for change in rules),
                "deleted": sum(len(change.delete) for change in rules),
            },
        }

    def render(self) -> str:
        """Return the plan for people: a heading per changed group and a line per change, without ids."""
        lines: list[str] = []
        for change in self.changes:
            if change.action is not Action.NOTHING:
                lines.append(f"security group {shown(change.name)}: {change.action.value}")
                lines += [f"  {line}" for line in _render_change(change, self.references.name_of)]
        return "".join(f"{line}\n" for line in lines)

    def after(self) -> list[dict[str, Any]]:
        """Return the groups that the plan keeps, as they will be, in the shape of Neutron's answers.

        Ids and time stamps that only the cloud can give are left out.
        """
        return [_after(change) for change in self.changes if change.stays]


def plan_groups(
    desired: Iterable[DesiredGroup],
    current: Iterable[Group],
    references: References,
    *,
    owner: str | None = None,
    any_owner: bool = False,
    prune: bool = False,
) -> Plan:
    """Compare desired and current groups.

    :param current: the project's groups, at least those that are named; with ``prune`` all of them
    :param owner: the label that groups of the set carry
    :param any_owner: change groups whoever owns them
    :param prune: delete the owner's groups that are not in the set
    :raises InputError: for names that mean nothing or several groups, and for groups of another owner
    """
    wanted = {group.name: group for group in desired}
    surplus = [group for group in current if group.name not in wanted] if prune and owner is not None else []
    pruned = [group for group in surplus if group.owner == owner]
    if any(group.name == "default" for group in pruned):
        raise InputError("prune", "the cloud keeps the group 'default'; list it, with 'rules: []' to allow nothing")
    references.doom(pruned)
    changes = [_deletion(group.name, group) for group in pruned]
    for name, group in wanted.items():
        try:
            current_group = references.find(group)
            if not any_owner:
                _judge_owner(current_group, owner)
            changes.append(_plan_group(group, current_group, references, owner))
        except InputError as error:
            raise error.within(f"security group {shown(name)}") from None
    return Plan(tuple(sorted(changes, key=lambda change: change.name)), references)


def plan_rules(
    current: Collection[Rule], wanted: Collection[Rule] | None, *, purge: bool, unwanted: Collection[Rule] = ()
) -> RuleChanges:
    """Compare rules by Neutron's key.

    :param wanted: the rules to have; None leaves all as they are, but for ``unwanted``
    :param purge: delete all rules that are not wanted
    :param unwanted: delete these
    """
    if wanted is None:
        wanted, purge = (), False
    unwanted_keys = {rule.key for rule in unwanted}
    wishes = [(rule.key, rule) for rule in wanted]
    descriptions = {key: rule.description for key, rule in wishes}
    standing: dict[RuleKey, Rule] = {}
    surplus: list[tuple[RuleKey, Rule]] = []
    found = [(rule.key, rule) for rule in current]
    # Of several rules with one key (Neutron takes protocol 006 beside tcp) the one described as wanted stays.
    for key, rule in sorted(found, key=lambda pair: pair[1].description != descriptions.get(pair[0])):
        if key in standing or key not in descriptions:
            surplus.append((key, rule))
        else:
            standing[key] = rule
    return RuleChanges(
        create=tuple(rule for key, rule in wishes if key not in standing),
        replace=tuple(
            (standing[key], rule)
            for key, rule in wishes
            if key in standing and rule.description not in (None, standing[key].description)
        ),
        delete=tuple(rule for key, rule in surplus if purge or key in unwanted_keys),
    )


def _plan_group(desired: DesiredGroup, current: Group | None, references: References, owner: str | None) -> GroupChange:
    if current is None and not desired.may_create:
        if desired.rules is None:
            return GroupChange(desired.name, Action.NOTHING, None)
        raise InputError(desired.told_in, "there is no such group in the project")
    _judge_default(desired, current)
    if not desired.present:
        return _deletion(current.name if current else desired.name, current)
    wanted = None if desired.rules is None else resolve_rules(desired.rules, references)
    unwanted = resolve_rules(desired.unwanted, references, skip_unknown=True)
    shares = current.shares if current else {}
    shared_with = shares if desired.shared_with is None else desired.shared_with
    change = GroupChange(
        name=current.name if current else desired.name,
        action=Action.UPDATE if current else Action.CREATE,
        current=current,
        attributes=_attributes_after(desired, current),
        tags=_tags_after(desired, current, owner),
        wanted=wanted,
        purge_rules=desired.purge_rules,
        rules=plan_rules(current.rules if current else (), wanted, purge=desired.purge_rules, unwanted=unwanted),
        share={project: name for project, name in (desired.shared_with or {}).items() if project not in shares},
        unshare={project: policy for project, policy in shares.items() if project not in shared_with},
        adopted_by=owner if current is not None and current.owner is None else None,
    )
    return change if change.differs else dataclasses.replace(change, action=Action.NOTHING)


def _judge_default(desired: DesiredGroup, current: Group | None) -> None:
    """Refuse what Neutron refuses: to create, rename or delete the group ``default``, which it gives every project.

    As an administrator's, Neutron would take the deletion.
    """
    names = {desired.name.lower(), current.name if current else None}
    kept = desired.present and current is not None and (desired.id is None or desired.name == current.name)
    if "default" in names and not kept:
        raise InputError("name", "the cloud alone creates, names and deletes the group 'default'; use another group")


def _judge_owner(current: Group | None, owner: str | None) -> None:
    if current is not None and current.owner not in (None, owner):
        raise InputError("owner", f"it belongs to owner {current.owner!r}" + _advice(current.owner, owner))


def _advice(current_owner: str | None, owner: str | None) -> str:
    if owner is None:
        return f"; set owner to {current_owner!r} to manage it"
    return f", not to {owner!r}; choose another name, or let its owner give it up"


def _attributes_after(desired: DesiredGroup, current: Group | None) -> dict[str, Any]:
    """Return the attributes to set; the name among them for a new group, and for one that is told by its id."""
    values = {
        "name": desired.name if current is None or desired.id is not None else None,
        "description": desired.description,
        "stateful": desired.stateful,
    }
    return differing(current, values)


def _tags_after(desired: DesiredGroup, current: Group | None, owner: str | None) -> frozenset[str] | None:
    """Return the complete tags to set, or None if they are right already. Owner tags are not the user's to list."""
    before = frozenset() if current is None or current.tags is None else current.tags
    owners = frozenset(tag for tag in before if is_owner_tag(tag))
    marks = owners if owner is None else frozenset({owner_tag(owner)})
    own = before - owners
    if desired.tags is not None:
        own = desired.tags if desired.purge_tags else own | desired.tags
    after = own | marks
    if len(after) > MAX_TAGS:
        raise InputError("tags", f"with its owner's the group would have {len(after)}; the cloud takes {MAX_TAGS}")
    return None if after == before else after


def _deletion(name: str, current: Group | None) -> GroupChange:
    return GroupChange(name, Action.NOTHING if current is None else Action.DELETE, current)


def _render_change(change: GroupChange, name_of: Callable[[str], str]) -> Iterator[str]:
    if change.action is Action.DELETE and change.current is not None:
        yield from (f"- {line}" for line in _sorted_lines(change.current.rules, name_of))
        return
    if change.adopted_by is not None:
        yield f"~ adopted by owner {change.adopted_by}"
    yield from render_attributes(change.current, change.attributes)
    yield from _render_tags(change)
    yield from (f"+ shared with project {name}" for name in sorted(change.share.values()))
    yield from (f"- shared with project {project}" for project in sorted(change.unshare))
    replaced = [old for old, _new in change.rules.replace]
    replacing = [new for _old, new in change.rules.replace]
    yield from (f"+ {line}" for line in _sorted_lines((*change.rules.create, *replacing), name_of))
    yield from (f"- {line}" for line in _sorted_lines((*change.rules.delete, *replaced), name_of))


def _render_tags(change: GroupChange) -> Iterator[str]:
    if change.tags is not None:
        before = frozenset() if change.current is None or change.current.tags is None else change.current.tags
        yield from (f"+ tag {shown(tag)}" for tag in sorted(change.tags - before))
        yield from (f"- tag {shown(tag)}" for tag in sorted(before - change.tags))


def _sorted_lines(rules: Iterable[Rule], name_of: Callable[[str], str]) -> list[str]:
    return sorted(rule.render(name_of) for rule in rules)


def _after(change: GroupChange) -> dict[str, Any]:
    before: Mapping[str, Any] = change.current.body if change.current else {"description": ""}
    gone = {rule.id for rule in change.rules.delete} | {old.id for old, _new in change.rules.replace}
    new_rules = (*change.rules.create, *(new for _old, new in change.rules.replace))
    body: dict[str, Any] = {**before, **change.attributes}
    if change.tags is not None:
        body["tags"] = sorted(change.tags)
    body["security_group_rules"] = [
        *(rule for rule in body.get("security_group_rules", ()) if rule["id"] not in gone),
        *(rule.to_api() for rule in new_rules),
    ]
    return body
