# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups become services, as the roles take them in ``service_groups_services``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Final

from .._common.errors import InputError
from .._common.text import judge_tags, judge_text
from .._groups.group import Group, is_owner_tag
from .._rules.rule import Rule, RuleKey, make_rule
from .folding import ANY, IPS, Entry, Remote, fold, prefix_text
from .live import LeftOut
from .tokens import Token

_ANYTHING: Final = frozenset([Token(None)])
# What make_rule takes of a rule.
_OPTIONS: Final = (
    *("direction", "ether_type", "protocol", "port_range_min", "port_range_max"),
    *("remote_ip_prefix", "remote_group", "remote_address_group"),
)


def service_names(groups: Sequence[Group], prefix: str) -> dict[str, str]:
    """Return a name of a service for each group, by the group's id, each name once.

    That is the name of the group without the prefix, or the whole name where it has no prefix; with a number, where
    another service has that name.
    """
    names = {group.id: short for group in groups if (short := _short(group.name, prefix))}
    taken = set(names.values())
    for group in groups:
        if group.id not in names:
            numbered = (f"{group.name}-{number}" for number in count(2))
            names[group.id] = next(name for name in chain([group.name], numbered) if name not in taken)
            taken.add(names[group.id])
    return names


def _short(name: str, prefix: str) -> str:
    """Return a name without the prefix; an empty text if it has no prefix, or nothing else."""
    rest = name[len(prefix) :] if name.startswith(prefix) else ""
    return rest if rest.strip() else ""


@dataclass(frozen=True)
class Words:
    """How variables refer to what rules name, by ids.

    ``services`` are the names of the services of adopted groups, ``groups`` names and ids of the project's other
    groups. ``address_groups`` are those that can be seen.
    """

    prefix: str
    services: Mapping[str, str]
    groups: Mapping[str, str]
    address_groups: Mapping[str, str]

    def remote_of(self, rule: Rule) -> Remote:
        """Return the remote of a rule that has one."""
        if rule.remote_group is not None:
            if rule.remote_group in self.services:
                return Remote("remote_services", self.services[rule.remote_group])
            return Remote("remote_groups", self.groups.get(rule.remote_group, rule.remote_group))
        if rule.remote_address_group is not None:
            return Remote("remote_address_groups", self.address_groups[rule.remote_address_group])
        return Remote(IPS, prefix_text(str(rule.remote_ip_prefix)))


def service_of(group: Group, words: Words) -> tuple[dict[str, Any], list[LeftOut]]:
    """Return the service of a group, and what of the group it does not describe.

    Where that is a rule, the service keeps rules that it does not list.
    """
    rules, left_out = _possible(group, words)
    name = words.services[group.id]
    service: dict[str, Any] = {"name": name}
    if group.name != f"{words.prefix}{name}":
        service["group"] = group.name
    if group.description:
        service["description"] = group.description
    if group.stateful is False:
        service["stateful"] = False
    if left_out:
        service["purge_rules"] = False
    tags = sorted(tag for tag in group.tags or () if not is_owner_tag(tag))
    if tags and (problem := _problem_of_tags(tags)):
        left_out.append(LeftOut("tags", group.name, group.id, problem))
    elif tags:
        service["tags"] = tags
    if group.shares:
        service["shared_with"] = sorted(group.shares)
    return {**service, **_allow(fold(rules, words.remote_of))}, left_out


def _allow(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the entries, without the egress that a service has by default."""
    egress = [entry for entry in entries if entry.direction == "egress"]
    options: dict[str, Any] = {}
    if not egress:
        options["default_egress"] = False
    elif [_is_default(entry) for entry in egress] == [True]:
        entries = [entry for entry in entries if entry not in egress]
    if entries:
        options["allow"] = [entry.options() for entry in entries]
    return options


def _is_default(entry: Entry) -> bool:
    anywhere = frozenset([Remote(IPS, "anywhere")])
    return (entry.description, entry.ether_type, entry.tokens, entry.remotes) == ("", ANY, _ANYTHING, anywhere)


def _possible(group: Group, words: Words) -> tuple[list[Rule], list[LeftOut]]:
    """Return the rules that entries of ``allow`` can describe, and those that they cannot."""
    possible: dict[RuleKey, Rule] = {}
    left_out = []
    # With one key, the rule that was found first would stand for the others.
    for rule in sorted(group.rules, key=lambda rule: str(rule.id)):
        problem = _problem(rule, words)
        if not problem and rule.key in possible:
            problem = f"to Neutron, it is the same as the rule {possible[rule.key].id}; delete one of the two"
        if problem:
            text = rule.render(lambda id_: id_)
            left_out.append(LeftOut("rule", group.name, str(rule.id), f"{text}: {problem}"))
        else:
            possible[rule.key] = rule
    return list(possible.values()), left_out


def _problem(rule: Rule, words: Words) -> str:
    """Return why no entry can stand for a rule."""
    if sum(value is not None for value in (rule.remote_ip_prefix, rule.remote_group, rule.remote_address_group)) > 1:
        return "it has several remotes at once"
    if rule.remote_address_group is not None and rule.remote_address_group not in words.address_groups:
        return "the credentials cannot see the address group"
    try:
        judge_text("description", rule.description)
        make_rule(**{option: getattr(rule, option) for option in _OPTIONS})
    except InputError as error:
        return str(error)
    return ""


def _problem_of_tags(tags: Sequence[str]) -> str:
    try:
        judge_tags("tags", tags)
    except InputError as error:
        return error.problem
    return ""
