# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Default rules of the cloud: read, plan, apply, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._cloud.cloud import Cloud
from .._cloud.session import CONFLICT
from .._common.errors import CloudError
from .._common.names import Names, looks_like_id
from .._default_rules.default_rule import (
    IN_OTHERS,
    PARENT,
    DefaultRule,
    DefaultRuleChange,
    DefaultRulePlan,
    DesiredDefaultRules,
    default_rule_from_api,
    plan_default_rules,
)
from .._rules.rule import Rule
from .settle import Steps, report, settle, undone_by


def converge_default_rules(cloud: Cloud, desired: DesiredDefaultRules, *, check_mode: bool) -> dict[str, Any]:
    """Make default rules what they should be and return the result of the module.

    :raises InputError: before anything is changed
    :raises CloudError: with what had been changed by then
    """
    run = _Run(cloud, desired)
    plan = run.plan()
    left = settle(plan, run.walk, run.plan) if plan and not check_mode else plan
    rules = {"default_security_group_rules": left.after()} if desired.present else {}
    return {**report(plan), **rules}


@dataclass(frozen=True)
class _Run:
    """One converge, and what is wanted."""

    cloud: Cloud
    desired: DesiredDefaultRules

    def plan(self) -> DefaultRulePlan:
        """Read the cloud and compare."""
        current = [default_rule_from_api(body) for body in self.cloud.default_rules()]
        rules = [default_rule.rule for default_rule in current]
        groups = self._names("remote_group", rules, self.cloud.security_group_names)
        address_groups = self._names("remote_address_group", rules, self.cloud.address_group_names)
        return plan_default_rules(self.desired, current, groups, address_groups)

    def walk(self, plan: DefaultRulePlan, done: Steps) -> None:
        """Carry out a plan and note every step.

        A rule is created before others with its key are deleted, where Neutron allows that: it refuses most rules whose
        key a rule for non-default groups has. So a run that may not create rules fails before it deletes any.
        """
        for change in plan.changes:
            deleted = [] if change.create is None else self._replace(plan, change, change.create, done)
            self._delete(plan, [rule for rule in change.delete if rule not in deleted], done)

    def _replace(
        self, plan: DefaultRulePlan, change: DefaultRuleChange, new: DefaultRule, done: Steps
    ) -> list[DefaultRule]:
        """Create a rule, and return those that had to be deleted for it."""
        in_the_way = [rule for rule in change.delete if IN_OTHERS in rule.uses]
        try:
            self._create(plan, new, done)
        except CloudError as error:
            if error.status != CONFLICT or not in_the_way:
                raise
            with undone_by(partial(self._create, plan, done=done)) as deleted:
                for rule in in_the_way:
                    self._delete(plan, [rule], done)
                    deleted.append(rule)
                self._create(plan, new, done)
            return in_the_way
        return []

    def _create(self, plan: DefaultRulePlan, default_rule: DefaultRule, done: Steps) -> None:
        with done.step(f"created default rule {plan.line(default_rule)}"):
            self.cloud.create_default_rule(default_rule.to_api())

    def _delete(self, plan: DefaultRulePlan, default_rules: Iterable[DefaultRule], done: Steps) -> None:
        for default_rule in default_rules:
            with done.step(f"deleted default rule {plan.line(default_rule)}"):
                self.cloud.delete_default_rule(default_rule.body["id"])

    def _names(self, option: str, current: Iterable[Rule], lookup: Callable[..., dict[str, str]]) -> Names:
        """Return names of the groups that rules may name: those of the credentials' project, and others.

        A current rule may name a group that no longer exists. The result has its id in place of a name, so that the
        rule can be deleted.
        """
        wanted, known = _named(option, self.desired.rules), _named(option, current)
        own = lookup(project_id=self.cloud.project_id()) if wanted else {}
        ids = set(filter(looks_like_id, wanted | known)) - set(own)
        known |= set() if self.desired.present else ids
        return Names(own, {**{id_: id_ for id_ in known}, **lookup(ids=ids)})


def _named(option: str, rules: Iterable[Rule]) -> set[str]:
    return {value for rule in rules if (value := getattr(rule, option)) not in (None, PARENT)}
