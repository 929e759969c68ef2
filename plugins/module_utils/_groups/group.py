# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups as the cloud has them and as a user wants them, and the names by which rules refer to them."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from .._common.errors import InputError, Problems, UnknownNameError
from .._common.names import Names, group_label, rule_label, several
from .._common.nearest import hint
from .._common.time_limits import TimeLimit
from .._rules.rule import Rule, RuleKey, rule_from_api

_OWNER_TAG: Final = "portcullis-owner:"
_NEW: Final = "new:"


@dataclass(frozen=True)
class Group:
    """A security group that exists.

    ``stateful`` and ``tags`` are None on clouds without these extensions. ``body`` is the answer it was read from.
    ``shares`` holds ids of RBAC policies by the ids of the projects they share the group with; it is read on demand.
    """

    id: str
    name: str
    description: str
    stateful: bool | None
    tags: frozenset[str] | None
    rules: tuple[Rule, ...]
    project_id: str
    body: Mapping[str, Any] = field(compare=False, repr=False)
    shares: Mapping[str, str] = field(default_factory=dict)

    @property
    def revision(self) -> int | None:
        """The number that every change of the group raises, on clouds that count revisions."""
        return self.body.get("revision_number")

    @property
    def owner(self) -> str | None:
        """The owner in the tags of the group, or None if there is none, or several."""
        owners = list(self.owners)
        return owners[0] if len(owners) == 1 else None

    @property
    def owners(self) -> frozenset[str]:
        """The owners in the tags of the group. There are several if runs have claimed the group at the same time."""
        return owners_of(self.tags or ())


@dataclass(frozen=True)
class DesiredGroup:
    """A security group as the user describes it; None leaves an attribute as it is.

    ``rules`` has one tuple for every entry that the user wrote, so that an error can name the entry's position, and so
    has ``unwanted``, the rules to delete. With an ``id``, ``name`` is the new name of the group. With ``may_create``
    off, ``name`` may be an id too. ``shared_with`` has the names of projects as the user wrote them, by their ids.
    ``service`` is the service of the roles that the group was created from. ``limits`` are the time limits of entries.
    """

    name: str
    id: str | None = None
    may_create: bool = True
    present: bool = True
    description: str | None = None
    stateful: bool | None = None
    tags: frozenset[str] | None = None
    purge_tags: bool = True
    shared_with: Mapping[str, str] | None = None
    rules: tuple[tuple[Rule, ...], ...] | None = None
    purge_rules: bool = True
    unwanted: tuple[tuple[Rule, ...], ...] = ()
    service: str | None = None
    limits: tuple[TimeLimit, ...] = ()

    @property
    def label(self) -> str:
        """What errors call it."""
        return group_label(self.name, self.service)

    @property
    def entry(self) -> str:
        """What errors call an entry of its rules."""
        return rule_label(self.service)

    @property
    def name_option(self) -> str:
        """The option that has the name."""
        return "name" if self.may_create else "security_group"

    def remotes(self, option: str) -> set[str]:
        """Return what the rules name as ``remote_group`` or ``remote_address_group``."""
        values = (getattr(rule, option) for entry in (*(self.rules or ()), *self.unwanted) for rule in entry)
        return {value for value in values if value is not None}


def group_from_api(body: Mapping[str, Any]) -> Group:
    """Return the group of an API answer."""
    tags = body.get("tags")
    return Group(
        id=body["id"],
        name=body["name"],
        description=body.get("description") or "",
        stateful=body.get("stateful"),
        tags=None if tags is None else frozenset(tags),
        rules=tuple(rule_from_api(rule) for rule in body["security_group_rules"]),
        project_id=body["project_id"],
        body=body,
    )


def owner_tag(owner: str) -> str:
    """Return the tag that marks a group as an owner's."""
    return _OWNER_TAG + owner


def is_owner_tag(tag: str) -> bool:
    """Tell whether a tag marks an owner, and so is not one of the user's own."""
    return tag.startswith(_OWNER_TAG)


def owners_of(tags: Iterable[str]) -> frozenset[str]:
    """Return the owners that tags mark."""
    return frozenset(owner_of_tag(tag) for tag in tags if is_owner_tag(tag))


def owner_of_tag(tag: str) -> str:
    """Return the owner that a tag marks."""
    return tag.removeprefix(_OWNER_TAG)


def new_reference(name: str) -> str:
    """Return what stands for the id of a group that is yet to be created."""
    return _NEW + name


class References:
    """What the names in rules mean: ids of groups and address groups, within one project.

    A name means, in this order: a group of the set, an existing group's id, an existing group of that name.
    """

    def __init__(
        self,
        desired: Iterable[DesiredGroup],
        groups: Iterable[Group],
        foreign_names: Mapping[str, str],
        address_groups: Names,
        known: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """Collect the names.

        :param groups: existing groups of the project
        :param foreign_names: names by id of further groups, such as those of other projects shared with this one
        :param known: returns the names of all groups of the project, for those who misspell one
        """
        self._by_name: dict[str, list[Group]] = defaultdict(list)
        for group in groups:
            self._by_name[group.name].append(group)
        desired = list(desired)
        self._present = {group.name: group.present for group in desired if group.may_create}
        self._given_ids = {group.name: group.id for group in desired if group.id is not None}
        self._by_id = {group.id: group for named in self._by_name.values() for group in named}
        self._names = {**foreign_names, **{id_: group.name for id_, group in self._by_id.items()}}
        self._shared_names: set[str] | None = None
        self._known = known
        self._address_groups = address_groups
        self._address_group_names = address_groups.all
        self._deleted = {group.id for group in self._by_id.values() if self._present.get(group.name) is False}

    def mark_deleted(self, groups: Iterable[Group]) -> None:
        """Note existing groups that the run deletes, so that no rule and no attachment may name them."""
        self._deleted |= {group.id for group in groups}

    @property
    def groups(self) -> Collection[Group]:
        """The existing groups."""
        return self._by_id.values()

    def unnamed(self, references: Iterable[str | None]) -> set[str]:
        """Return the ids among references whose names are not known yet."""
        return {r for r in references if r is not None and self._name(r) in (None, r)}

    def learn(self, names: Mapping[str, str]) -> None:
        """Add names by id, for :meth:`name_of`."""
        self._names |= names
        self._shared_names = None

    def find(self, desired: DesiredGroup) -> Group | None:
        """Return the existing group that a description is about, or None.

        :raises InputError: if there are several of its name, none of the id of one that should exist, or another one
            of the name it should get
        """
        if desired.id is not None:
            return self._find_by_id(desired.id, desired)
        by_id = None if desired.may_create else self._by_id.get(desired.name)
        return by_id or self.existing(desired.name, desired.name_option)

    def _find_by_id(self, id_: str, desired: DesiredGroup) -> Group | None:
        current = self._by_id.get(id_)
        if desired.present:
            if current is None:
                raise InputError("id", f"there is no security group with the id {id_!r}")
            taken = ", ".join(
                group.id
                for group in self._by_name.get(desired.name, ())
                if group.id != id_ and group.project_id == current.project_id
            )
            if taken and current.name != desired.name:
                raise InputError("name", f"the project has a security group {desired.name!r} already: {taken}")
        return current

    def existing(self, name: str, option: str = "name") -> Group | None:
        """Return the one existing group of a name, or None.

        :param option: the option the name stands in
        :raises InputError: if there are several
        """
        found = self._by_name.get(name, [])
        if len(found) > 1:
            raise InputError(option, several("security groups", name, [group.id for group in found]))
        return found[0] if found else None

    def name_of(self, reference: str) -> str:
        """Return the name behind the id of a group or address group, for people to read.

        Where groups share a name, the id is added.
        """
        name = self._name(reference)
        if name is None or name == reference:
            return reference
        if self._shared_names is None:
            new = [name for name, present in self._present.items() if present and name not in self._by_name]
            numbers = Counter([*self._names.values(), *new])
            self._shared_names = {name for name, number in numbers.items() if number > 1}
        return f"{name} ({reference})" if name in self._shared_names and reference in self._names else name

    def _name(self, reference: str) -> str | None:
        if reference.startswith(_NEW):
            return reference.removeprefix(_NEW)
        return self._names.get(reference) or self._address_group_names.get(reference)

    def resolve(self, rule: Rule, *, deleted: bool = False) -> Rule:
        """Return the rule with ids where the user wrote names.

        :param deleted: accept a group that the run deletes
        :raises InputError: for a name that means nothing, or more than one thing
        """
        if rule.remote_group is not None:
            option = rule.remote_option or "remote_group"
            return dataclasses.replace(rule, remote_group=self.group_id(rule.remote_group, option, deleted=deleted))
        if rule.remote_address_group is not None:
            id_ = self._address_groups.find(rule.remote_option or "remote_address_group", rule.remote_address_group)
            return dataclasses.replace(rule, remote_address_group=id_)
        return rule

    def group_id(self, name: str, option: str, *, deleted: bool = False) -> str:
        """Return the id of the security group that a name or an id means, or what stands for it until it exists.

        :param option: the option that the name is written in
        :param deleted: accept a group that the run deletes
        :raises UnknownNameError: if nothing has the name
        :raises InputError: if several have it, or if the run deletes the group
        """
        if name in self._given_ids:
            id_ = self._given_ids[name]
        elif name not in self._present and name in self._names:
            id_ = name
        elif (group := self.existing(name, option)) is not None:
            id_ = group.id
        elif name in self._present:
            id_ = new_reference(name)
        else:
            raise UnknownNameError(
                option,
                f"there is no security group {name!r}, neither in the project nor in this set",
                lambda: self.hint(name),
            )
        if not deleted and (id_ in self._deleted or self._present.get(name) is False):
            raise InputError(option, f"this run deletes security group {name!r}; name another one, or keep it")
        return id_

    def hint(self, name: str) -> str:
        """Return a hint for a name that no group has: which groups may be meant."""
        return hint(name, {*(one for one, present in self._present.items() if present), *self._known()})


def resolve_rules(
    entries: Iterable[Iterable[Rule]], references: References, *, label: str = "rule", to_delete: bool = False
) -> tuple[Rule, ...]:
    """Return the rules of a group's entries with ids for names, each of Neutron's keys once.

    :param label: what errors call an entry, before its position
    :param to_delete: leave out rules with unknown names, which no group can have, and accept groups that the run
        deletes: for rules that are not wanted
    :raises InputError: with the entry's position, for unknown names and for one rule with two descriptions
    """
    merged: dict[RuleKey, Rule] = {}
    skipped = (UnknownNameError,) if to_delete else ()
    with Problems() as problems:
        for position, entry in enumerate(entries, start=1):
            for rule in entry:
                with problems.within(f"{label} {position}"), suppress(*skipped):
                    _merge(merged, references.resolve(rule, deleted=to_delete))
    return tuple(merged.values())


def _merge(merged: dict[RuleKey, Rule], rule: Rule) -> None:
    known = merged.setdefault(rule.key, rule)
    if known.description is None:
        merged[rule.key] = rule
    elif rule.description not in (None, known.description):
        raise InputError(
            "description",
            f"an earlier entry has the same rule described as {known.description!r}, here it is {rule.description!r}; "
            "one rule has one description",
        )
