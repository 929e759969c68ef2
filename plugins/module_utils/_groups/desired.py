# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module options become desired groups; every value is judged here, before the cloud is asked anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .._common.errors import InputError, Problems
from .._common.names import rule_label
from .._common.options import entry_label
from .._common.text import judge_tags, judge_text
from .._rules.expand import Catalogue, expand
from .._rules.rule import Rule
from .group import DesiredGroup, is_owner_tag

_OWNER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def desired_groups(groups: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> list[DesiredGroup]:
    """Return the groups that a list of options describes.

    :param groups: the options of ``security_group_set``'s ``groups``; missing and None are the same
    :param catalogue: the services that rules may name
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
                desired.append(desired_group(options, catalogue))
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


def desired_group(options: Mapping[str, Any], catalogue: Catalogue) -> DesiredGroup:
    """Return the group that options describe.

    :raises InputError: for values that cannot be right, naming the option
    """
    tags = options.get("tags")
    shared_with = options.get("shared_with")
    return DesiredGroup(
        name=judge_text("name", options.get("name"), required=True) or "",
        service=options.get("service"),
        id=judge_text("id", options.get("id"), required=options.get("id") is not None),
        present=options.get("state") != "absent",
        description=judge_text("description", options.get("description")),
        stateful=options.get("stateful"),
        tags=None if tags is None else _tags(tags),
        purge_tags=options.get("purge_tags") is not False,
        shared_with=None if shared_with is None else {name: name for name in shared_with},
        rules=_rules(options.get("rules"), catalogue, rule_label(options.get("service"))),
        purge_rules=options.get("purge_rules") is not False,
    )


def _tags(tags: Sequence[str]) -> frozenset[str]:
    for tag in tags:
        if is_owner_tag(tag):
            raise InputError("tags", f"{tag!r} marks an owner; set the option owner instead")
    judge_tags("tags", tags)
    return frozenset(tags)


def _rules(
    entries: Sequence[Mapping[str, Any]] | None, catalogue: Catalogue, label: str
) -> tuple[tuple[Rule, ...], ...] | None:
    if entries is None:
        return None
    rules = []
    with Problems() as problems:
        for position, entry in enumerate(entries, start=1):
            with problems.within(f"{label} {position}"):
                judge_text("description", entry.get("description"))
                rules.append(expand(entry, catalogue))
    return tuple(rules)
