# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired and current groups become a plan: data that can be counted, shown, and carried out."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._common.difference import Action
from .._common.errors import InputError, Problems, UnknownNameError
from .._common.text import MAX_TAGS, differing
from .._rules.rule import Rule, RuleKey
from .group import DesiredGroup, Group, References, is_owner_tag, new_reference, owner_tag, resolve_rules


@dataclass(frozen=True)
class RuleChanges:
    """What happens to the rules of one group; ``replace`` pairs old and new where only the description differs.

    ``renew`` are rules that stay, but are deleted and created again, as OVN would delete them along with others.
    """

    create: tuple[Rule, ...] = ()
    replace: tuple[tuple[Rule, Rule], ...] = ()
    delete: tuple[Rule, ...] = ()
    renew: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.create or self.replace or self.delete)

    @property
    def removed(self) -> tuple[Rule, ...]:
        """All rules that are deleted."""
        return (*self.renew, *(old for old, _new in self.replace), *self.delete)

    @property
    def added(self) -> tuple[Rule, ...]:
        """All rules that are created."""
        return (*self.create, *(new for _old, new in self.replace), *self.renew)

    @property
    def swaps(self) -> list[tuple[list[Rule], list[Rule]]]:
        """Old and new rules that cannot exist at the same time, so that the old ones must be deleted first.

        Neutron refuses two rules that differ only in the description. OVN deletes the ACL of a deleted rule, even if
        other rules share it. A rule that is created again is deleted before all others: if the run is interrupted, the
        next one finds it missing.
        """
        old, new = _by_acl(self.removed), _by_acl(self.added)
        return [(old[acl], rules) for acl, rules in new.items() if acl in old]

    @property
    def probe(self) -> Rule:
        """A rule of the group after the change, whose creation shows whether the cloud lets this run create rules.

        If possible, it is a rule that exists now, so that the request changes nothing. It is never a rule to delete: if
        someone else had deleted that one in the meantime, the request would create it again.
        """
        return next(iter((*(old for old, _new in self.replace), *self.renew, *self.create)))

    @property
    def create_first(self) -> list[Rule]:
        """The new rules that can exist beside the old ones."""
        removed = _by_acl(self.removed)
        return [rule for rule in self.create if rule.acl not in removed]

    @property
    def delete_last(self) -> list[Rule]:
        """The old rules that can exist beside the new ones."""
        added = _by_acl(self.added)
        return [rule for rule in self.delete if rule.acl not in added]

    @property
    def interrupted(self) -> list[Rule]:
        """The rules whose traffic OVN denies for a moment, because rules that share their ACL are deleted first."""
        removed = _by_acl(self.delete)
        return [rule for rule in (*self.create, *self.renew) if rule.acl in removed]


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

    @property
    def differs(self) -> bool:
        """Whether there is anything to do to a group that stays."""
        parts = (self.current is None, self.attributes, self.tags is not None, self.rules, self.share, self.unshare)
        return any(parts)

    @property
    def reference(self) -> str:
        """The id of the group, or what stands for it until the group exists."""
        return self.current.id if self.current else new_reference(self.name)

    def value_after(self, attribute: str) -> Any:
        """Return an attribute of the group as it will be."""
        return self.attributes.get(attribute, getattr(self.current, attribute, None))

    @property
    def stays(self) -> bool:
        """Whether the group exists when the plan is done."""
        return self.action is Action.CREATE or (self.current is not None and self.action is not Action.DELETE)


@dataclass(frozen=True)
class GroupPlan:
    """The changes of all groups, sorted by name, including those that stay the same.

    ``duplicates`` are groups that runs at the same time have created under one name, without the one that is kept.
    ``project_names`` has the names of projects that groups are shared with, by id, as far as they are known.
    """

    changes: tuple[GroupChange, ...]
    references: References
    duplicates: tuple[Group, ...] = ()
    project_names: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.duplicates) or any(change.action is not Action.NOTHING for change in self.changes)

    def of(self, action: Action) -> list[GroupChange]:
        """Return the changes of one kind."""
        return [change for change in self.changes if change.action is action]

    def by_project(self, new: str) -> dict[str, GroupPlan]:
        """Return the changes in each project.

        :param new: the project of groups that do not exist yet
        """
        projects: dict[str, list[GroupChange]] = defaultdict(list)
        for change in self.changes:
            projects[change.current.project_id if change.current else new].append(change)
        return {id_: dataclasses.replace(self, changes=tuple(changes)) for id_, changes in projects.items()}

    def deleted_groups(self) -> dict[str, Group]:
        """Return the groups that are deleted, by id."""
        return {change.current.id: change.current for change in self.of(Action.DELETE) if change.current is not None}

    def restated_groups(self) -> dict[str, Group]:
        """Return the groups that become stateful or stateless, by id."""
        changed = [change for change in self.of(Action.UPDATE) if "stateful" in change.attributes]
        return {change.current.id: change.current for change in changed if change.current is not None}

    def shrunk_groups(self) -> dict[str, Group]:
        """Return the groups that stay and lose rules, by id."""
        changed = [change for change in self.of(Action.UPDATE) if change.rules.delete]
        return {change.current.id: change.current for change in changed if change.current is not None}

    def unshared_groups(self) -> dict[str, Group]:
        """Return the groups that are no longer shared with some project, by id."""
        return {change.current.id: change.current for change in self.changes if change.current and change.unshare}

    def stateless_groups(self) -> set[str]:
        """Return the ids, or what stands for them, of the groups that will be stateless, in the set or not.

        A deleted group counts with what it is, as ports may have it until the run detaches it.
        """
        changed = {change.reference: change.value_after("stateful") for change in self.changes if change.stays}
        stateful = {**{group.id: group.stateful for group in self.references.groups}, **changed}
        return {reference for reference, value in stateful.items() if value is False}


def plan_groups(
    desired: Iterable[DesiredGroup],
    current: Iterable[Group],
    references: References,
    *,
    owner: str | None = None,
    any_owner: bool = False,
    prune: bool = False,
    duplicates: Iterable[Group] = (),
    problems: Problems,
) -> GroupPlan:
    """Compare desired and current groups.

    :param current: the project's groups, at least those that are named; with ``prune`` all of them
    :param owner: the label that groups of the set carry
    :param any_owner: change groups whoever owns them
    :param prune: delete the owner's groups that are not in the set
    :param duplicates: groups of names that others have too, which are not among ``current`` and are deleted
    :param problems: keeps the errors of names that mean nothing or several groups, and of groups of another owner,
        which the plan leaves out
    """
    wanted = {group.name: group for group in desired}
    surplus = [group for group in current if group.name not in wanted] if prune and owner is not None else []
    pruned = [group for group in surplus if group.owner == owner]
    references.mark_deleted(pruned)
    changes = [_deletion(group.name, group) for group in pruned]
    with problems.within():
        if any(group.name == "default" for group in pruned):
            problem = "the cloud keeps the group 'default'; list it, with 'rules: []' to allow nothing"
            raise InputError("prune", problem)
    for group in wanted.values():
        with problems.within(group.label):
            current_group = references.find(group)
            if not any_owner:
                _judge_owner(current_group, owner)
            changes.append(_plan_group(group, current_group, references, owner))
    return GroupPlan(tuple(sorted(changes, key=lambda change: change.name)), references, tuple(duplicates))


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
    changes = RuleChanges(
        create=tuple(rule for key, rule in wishes if key not in standing),
        replace=tuple(
            (standing[key], _described(standing[key], rule.description))
            for key, rule in wishes
            if key in standing and rule.description not in (None, standing[key].description)
        ),
        delete=tuple(rule for key, rule in surplus if purge or key in unwanted_keys),
    )
    return dataclasses.replace(changes, renew=_renewed(current, changes)) if changes.delete else changes


def _described(standing: Rule, description: str | None) -> Rule:
    """Return a rule with a new description, its prefix as stored: OVN distinguishes prefixes that Neutron does not."""
    return dataclasses.replace(standing, description=description, id=None)


def _renewed(current: Collection[Rule], changes: RuleChanges) -> tuple[Rule, ...]:
    """Return one rule for each ACL that OVN deletes along with a rule, but other rules that stay need."""
    lost = _by_acl(changes.delete).keys() - _by_acl(changes.added).keys()
    removed = {rule.id for rule in changes.removed}
    stay = _by_acl(rule for rule in current if rule.id not in removed)
    return tuple(rules[0] for acl, rules in stay.items() if acl in lost)


def _by_acl(rules: Iterable[Rule]) -> dict[tuple[object, ...], list[Rule]]:
    found: dict[tuple[object, ...], list[Rule]] = defaultdict(list)
    for rule in rules:
        found[rule.acl].append(rule)
    return found


def _plan_group(desired: DesiredGroup, current: Group | None, references: References, owner: str | None) -> GroupChange:
    if current is None and not desired.may_create:
        if desired.rules is None:
            return GroupChange(desired.name, Action.NOTHING, None)
        raise UnknownNameError(
            desired.name_option, "there is no such group in the project", lambda: references.hint(desired.name)
        )
    _judge_default(desired, current)
    if not desired.present:
        return _deletion(current.name if current else desired.name, current)
    wanted = None if desired.rules is None else resolve_rules(desired.rules, references, label=desired.entry)
    unwanted = resolve_rules(desired.unwanted, references, label=desired.entry, to_delete=True)
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
    )
    return change if change.differs else dataclasses.replace(change, action=Action.NOTHING)


def _judge_default(desired: DesiredGroup, current: Group | None) -> None:
    """Refuse what Neutron refuses: to create, rename or delete the group ``default``, which it gives every project.

    Neutron would accept the deletion from an administrator.
    """
    names = {desired.name.lower(), current.name if current else None}
    kept = desired.present and current is not None and (desired.id is None or desired.name == current.name)
    if "default" in names and not kept:
        raise InputError("name", "the cloud alone creates, names and deletes the group 'default'; use another group")


def _judge_owner(current: Group | None, owner: str | None) -> None:
    owners = sorted(current.owners) if current is not None else []
    if len(owners) > 1:
        listed = " and ".join(map(repr, owners))
        raise InputError("owner", f"it has the tags of several owners, {listed}; remove the tags of all but one")
    if owners and owners != [owner]:
        raise InputError("owner", f"it belongs to owner {owners[0]!r}" + _advice(owners[0], owner))


def _advice(current_owner: str, owner: str | None) -> str:
    if owner is None:
        return f"; set owner to {current_owner!r} to manage it"
    return f", not to {owner!r}; choose another name, or ask its owner to release it"


def _attributes_after(desired: DesiredGroup, current: Group | None) -> dict[str, Any]:
    """Return the attributes to set; the name among them for a new group, and for one that is given by its id."""
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
    marks = owners if owner is None else owners | {owner_tag(owner)}
    own = before - owners
    if desired.tags is not None:
        own = desired.tags if desired.purge_tags else own | desired.tags
    after = own | marks
    if len(after) > MAX_TAGS:
        raise InputError(
            "tags", f"with the tag of its owner, it would have {len(after)} tags; the cloud takes {MAX_TAGS}"
        )
    return None if after == before else after


def _deletion(name: str, current: Group | None) -> GroupChange:
    return GroupChange(name, Action.NOTHING if current is None else Action.DELETE, current)
