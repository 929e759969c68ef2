# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Default rules, which new security groups get: what a user wants, what the cloud has, and the plan between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .._common.difference import Action, Difference
from .._common.names import Names
from .._common.text import judge_text
from .._rules.expand import Catalogue, expand
from .._rules.rule import ETHER_TYPES, Rule, rule_from_api

# neutron.extensions.security_groups_default_rules.PARENT_SG: in a default rule, the group that gets it
PARENT: Final = "PARENT"
# What a rule is used in, by Neutron's names.
IN_DEFAULT: Final = "used_in_default_sg"
IN_OTHERS: Final = "used_in_non_default_sg"

_PLACES: Final[Mapping[frozenset[str], str]] = {
    frozenset(): "no groups",
    frozenset({IN_DEFAULT}): "default groups",
    frozenset({IN_OTHERS}): "non-default groups",
    frozenset({IN_DEFAULT, IN_OTHERS}): "all groups",
}


@dataclass(frozen=True)
class DefaultRule:
    """A rule, and what it is used in. ``body`` is the answer it was read from, if it was."""

    rule: Rule
    uses: frozenset[str]
    body: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def to_api(self) -> dict[str, Any]:
        """Return the body of a create request; Neutron insists on both flags."""
        return {**self.rule.to_api(), **{flag: flag in self.uses for flag in (IN_DEFAULT, IN_OTHERS)}}


# The rules of new groups before Neutron had default rules, in 2023.2: neutron.db.securitygroups_db
BUILT_IN: Final = tuple(
    DefaultRule(Rule(direction, ether_type, remote_group=remote_group), frozenset(uses))
    for ether_type in ETHER_TYPES
    for direction, remote_group, uses in (
        ("egress", None, (IN_DEFAULT, IN_OTHERS)),
        ("ingress", PARENT, (IN_DEFAULT,)),
    )
)


@dataclass(frozen=True)
class DesiredDefaultRules:
    """The rules that module options stand for."""

    rules: tuple[Rule, ...]
    uses: frozenset[str]
    present: bool = True


@dataclass(frozen=True)
class DefaultRuleChange:
    """What happens to the default rules of one of Neutron's keys."""

    keep: Sequence[DefaultRule] = ()
    create: DefaultRule | None = None
    delete: Sequence[DefaultRule] = ()


@dataclass(frozen=True)
class DefaultRulePlan:
    """The changes of all rules in the options, including those that stay the same.

    ``names`` are those of security groups and address groups, by id.
    """

    changes: Sequence[DefaultRuleChange]
    names: Mapping[str, str]

    def __bool__(self) -> bool:
        return any(change.create or change.delete for change in self.changes)

    def differences(self) -> Iterator[Difference]:
        """Return the change of the default rules, without ids."""
        if self:
            created = self._lines([change.create for change in self.changes if change.create is not None])
            deleted = self._lines([rule for change in self.changes for rule in change.delete])
            yield Difference("default security group rules", Action.UPDATE, deleted, created)

    def line(self, default_rule: DefaultRule) -> str:
        """Return a rule for people."""
        line = default_rule.rule.render(lambda id_: self.names.get(id_, id_))
        return f"{line}, in {_PLACES[default_rule.uses]}"

    def _lines(self, rules: Collection[DefaultRule]) -> tuple[str, ...]:
        return tuple(sorted(map(self.line, rules)))

    def after(self) -> list[dict[str, Any]]:
        """Return the rules in the options as they will be, in the form of Neutron's answers."""
        created = [change.create.to_api() for change in self.changes if change.create is not None]
        return [*(dict(rule.body) for change in self.changes for rule in change.keep), *created]


def default_rule_from_api(body: Mapping[str, Any]) -> DefaultRule:
    """Return the default rule of an API answer."""
    return DefaultRule(rule_from_api(body), frozenset(flag for flag in (IN_DEFAULT, IN_OTHERS) if body[flag]), body)


def template_rule_ids(group: Mapping[str, Any], default_rules: Collection[DefaultRule]) -> list[str]:
    """Return the ids of the rules that a group of an API answer has and a new one would get."""
    flag = IN_DEFAULT if group["name"] == "default" else IN_OTHERS
    template = [default_rule.rule for default_rule in default_rules if flag in default_rule.uses]
    own = [
        dataclasses.replace(rule, remote_group=group["id"]) if rule.remote_group == PARENT else rule
        for rule in template
    ]
    keys = {rule.key for rule in own}
    return [rule["id"] for rule in group["security_group_rules"] if rule_from_api(rule).key in keys]


def desired_default_rules(options: Mapping[str, Any], catalogue: Catalogue) -> DesiredDefaultRules:
    """Return the rules that module options stand for.

    :raises InputError: for the first value that cannot be right
    """
    judge_text("description", options["description"])
    uses = frozenset(flag for flag in (IN_DEFAULT, IN_OTHERS) if options[flag])
    return DesiredDefaultRules(expand(options, catalogue), uses, options["state"] == "present")


def plan_default_rules(
    desired: DesiredDefaultRules,
    current: Collection[DefaultRule],
    groups: Names,
    address_groups: Names,
) -> DefaultRulePlan:
    """Compare desired and current rules by Neutron's key.

    :param groups: the security groups that rules may name
    :param address_groups: the address groups that rules may name
    :raises InputError: for names that mean nothing or several groups
    """
    resolved = (_resolve(rule, groups, address_groups) for rule in desired.rules)
    rules = {rule.key: rule for rule in resolved}
    changes = []
    for key, rule in rules.items():
        standing = [default_rule for default_rule in current if default_rule.rule.key == key]
        if desired.present:
            changes.append(_plan_rule(DefaultRule(rule, desired.uses), standing))
        else:
            changes.append(DefaultRuleChange(delete=standing))
    return DefaultRulePlan(changes, groups.all | address_groups.all)


def _resolve(rule: Rule, groups: Names, address_groups: Names) -> Rule:
    """Return the rule with ids where the user wrote names."""
    if rule.remote_group is not None and rule.remote_group != PARENT:
        return dataclasses.replace(rule, remote_group=groups.find("remote_group", rule.remote_group))
    if rule.remote_address_group is not None:
        id_ = address_groups.find("remote_address_group", rule.remote_address_group)
        return dataclasses.replace(rule, remote_address_group=id_)
    return rule


def _plan_rule(wanted: DefaultRule, standing: Sequence[DefaultRule]) -> DefaultRuleChange:
    """Compare a rule with those that have its key. One for default and one for other groups equal one for both."""
    keep: list[DefaultRule] = []
    surplus: list[DefaultRule] = []
    used: frozenset[str] = frozenset()
    for default_rule in sorted(standing, key=lambda standing_rule: len(standing_rule.uses), reverse=True):
        described = wanted.rule.description in (None, default_rule.rule.description)
        needed = not keep or default_rule.uses
        if described and needed and default_rule.uses <= wanted.uses - used:
            keep.append(default_rule)
            used |= default_rule.uses
        else:
            surplus.append(default_rule)
    if keep and used == wanted.uses:
        return DefaultRuleChange(keep=keep, delete=surplus)
    description = next((rule.rule.description for rule in standing), "")
    if wanted.rule.description is None:
        wanted = dataclasses.replace(wanted, rule=dataclasses.replace(wanted.rule, description=description))
    return DefaultRuleChange(create=wanted, delete=standing)
