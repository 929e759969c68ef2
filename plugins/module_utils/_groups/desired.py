# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module options become desired groups; every value is judged here, before the cloud is asked anything."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from .._common.errors import InputError, Problems
from .._common.options import entry_label
from .._common.text import judge_tags, judge_text
from .._common.time_limits import TimeLimit, parse_until
from .._rules.expand import Catalogue, expand
from .._rules.rule import Rule, RuleKey
from .group import DesiredGroup, is_owner_tag

_OWNER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class _Entry(NamedTuple):
    """One entry of a list of rules. Without a time limit, it always counts."""

    rules: tuple[Rule, ...]
    limit: TimeLimit | None


def desired_groups(
    groups: Sequence[Mapping[str, Any]], catalogue: Catalogue, now: datetime | None = None
) -> list[DesiredGroup]:
    """Return the groups that a list of options describes.

    :param groups: the options of ``security_group_set``'s ``groups``; missing and None are the same
    :param catalogue: the services that rules may name
    :param now: the time of the run, at which some entries of rules may have ended; without it, none has
    :raises InputError: for values that cannot be right, naming the group, the rule's position and the option
    """
    desired = []
    names: set[str] = set()
    with Problems() as problems:
        for position, options in enumerate(groups, start=1):
            if problems.take(options):
                continue
            name = options.get("name") or ""
            with problems.within(entry_label("groups", position, options)):
                if name and name in names:
                    raise InputError("name", "the set has it already; describe every group once")
                names.add(name)
                desired.append(desired_group(options, catalogue, now))
    return desired


def desired_rules(group: str, options: Mapping[str, Any], catalogue: Catalogue) -> DesiredGroup:
    """Return an existing group, by name or id, with the rules that one entry stands for, or without them.

    :param options: the options of a rule, and ``state``
    :raises InputError: for the first value that cannot be right
    """
    rules = (expand(options, catalogue),)
    judge_text("description", options.get("description"))
    name = judge_text("security_group", group, required=True) or ""
    if options.get("state") == "absent":
        return DesiredGroup(name, may_create=False, unwanted=rules)
    return DesiredGroup(name, may_create=False, rules=rules, purge_rules=False)


def judge_owner(owner: str | None, *, prune: bool = False, groups: object = None) -> None:
    """Refuse an owner that would not be safe in a tag, and to prune without an owner or without a list of groups.

    :raises InputError: unless it is a short word, or None
    """
    if prune and owner is None:
        raise InputError("owner", "prune deletes the groups of an owner that are not in the list; set owner")
    if prune and groups is None:
        raise InputError("groups", "prune needs the list of groups to keep; an empty list keeps none")
    if owner is not None and not _OWNER.fullmatch(owner):
        raise InputError("owner", f"{owner!r} is not a label; use up to 100 letters, digits, dots, dashes, underscores")


def desired_group(options: Mapping[str, Any], catalogue: Catalogue, now: datetime | None = None) -> DesiredGroup:
    """Return the group that options describe; see :func:`desired_groups`.

    :raises InputError: for values that cannot be right, naming the option
    """
    tags = options.get("tags")
    shared_with = options.get("shared_with")
    desired = DesiredGroup(
        name=judge_text("name", options.get("name"), required=True) or "",
        service=options.get("service"),
        id=judge_text("id", options.get("id"), required=options.get("id") is not None),
        present=options.get("state") != "absent",
        description=judge_text("description", options.get("description")),
        stateful=options.get("stateful"),
        tags=None if tags is None else _tags(tags),
        purge_tags=options.get("purge_tags") is not False,
        shared_with=None if shared_with is None else {name: name for name in shared_with},
        purge_rules=options.get("purge_rules") is not False,
    )
    entries = options.get("rules")
    return desired if entries is None else _with_rules(desired, _entries(entries, catalogue, desired, now))


def _tags(tags: Sequence[str]) -> frozenset[str]:
    for tag in tags:
        if is_owner_tag(tag):
            raise InputError("tags", f"{tag!r} marks an owner; set the option owner instead")
    judge_tags("tags", tags)
    return frozenset(tags)


def _entries(
    written: Sequence[Mapping[str, Any]], catalogue: Catalogue, group: DesiredGroup, now: datetime | None
) -> list[_Entry]:
    entries = []
    with Problems() as problems:
        for position, options in enumerate(written, start=1):
            place = f"{group.entry} {position}"
            with problems.within(place):
                judge_text("description", options.get("description"))
                entries.append(_entry(options, catalogue, f"{group.label}, {place}", now))
    return entries


def _entry(options: Mapping[str, Any], catalogue: Catalogue, label: str, now: datetime | None) -> _Entry:
    with Problems() as problems:
        with problems.within():
            rules = expand(options, catalogue)
        with problems.within():
            limit = parse_until(options.get("until"), label, now)
    return _Entry(rules, limit)


def _with_rules(group: DesiredGroup, entries: Sequence[_Entry]) -> DesiredGroup:
    """Return a group with the rules of the entries that still count.

    The rules of the others are deleted even if the group keeps rules that are not listed, as their access is over.
    """
    ended = [entry.limit is not None and entry.limit.has_ended for entry in entries]
    unwanted = tuple(_undescribed(entry.rules) if over else () for entry, over in zip(entries, ended, strict=True))
    return replace(
        group,
        rules=tuple(() if over else entry.rules for entry, over in zip(entries, ended, strict=True)),
        unwanted=unwanted if any(ended) and not group.purge_rules else (),
        limits=tuple(_limits(entries)) if group.present else (),
    )


def _undescribed(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return rules that are the same whatever their descriptions, which two entries to delete may differ in."""
    return tuple(replace(rule, description=None) for rule in rules)


def _limits(entries: Sequence[_Entry]) -> list[TimeLimit]:
    """Return the time limits of entries; a rule of several entries stands as long as any of them counts."""
    found: dict[RuleKey, list[TimeLimit | None]] = defaultdict(list)
    for entry in entries:
        for rule in entry.rules:
            found[rule.key].append(entry.limit)
    return [
        replace(limit, outlasted=all(_outlasts(found[rule.key], limit) for rule in rules))
        for rules, limit in entries
        if limit is not None
    ]


def _outlasts(others: Sequence[TimeLimit | None], limit: TimeLimit) -> bool:
    return any(other is None or other.left > limit.left for other in others)
