# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Default rules of the cloud: read, plan, apply, verify."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ._cloud import Cloud
from ._default_rule import (
    IN_OTHERS,
    PARENT,
    DefaultRule,
    DefaultRulePlan,
    DesiredDefaultRules,
    default_rule_from_api,
    plan_default_rules,
)
from ._group import References, group_from_api, looks_like_id
from ._rule import Rule
from ._settle import report, settle


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
        references = self._references([default_rule.rule for default_rule in current])
        return plan_default_rules(self.desired, current, references)

    def walk(self, plan: DefaultRulePlan, done: list[str]) -> None:
        """Carry out a plan and note every step.

        A rule is created before others of its key are deleted, where Neutron allows it: it refuses any rule of a key
        that a rule for other than default groups has.
        """
        for change in plan.changes:
            in_the_way = [rule for rule in change.delete if change.create is not None and IN_OTHERS in rule.uses]
            self._delete(plan, in_the_way, done)
            if change.create is not None:
                self.cloud.create_default_rule(change.create.to_api())
                done.append(f"created default rule {plan.line(change.create)}")
            self._delete(plan, [rule for rule in change.delete if rule not in in_the_way], done)

    def _delete(self, plan: DefaultRulePlan, default_rules: Iterable[DefaultRule], done: list[str]) -> None:
        for default_rule in default_rules:
            self.cloud.delete_default_rule(default_rule.body["id"])
            done.append(f"deleted default rule {plan.line(default_rule)}")

    def _references(self, current: Iterable[Rule]) -> References:
        """Look up the groups that rules name: in the project of the credentials, and any by id.

        What the current rules name may be gone; it is known as well, so that these rules can be deleted.
        """
        project_id = self.cloud.project_id()
        wanted, known = _named("remote_group", self.desired.rules), _named("remote_group", current)
        groups = [group_from_api(body) for body in self.cloud.security_groups(project_id, wanted)]
        ids = set(filter(looks_like_id, wanted | known))
        names = {PARENT: PARENT, **{id_: id_ for id_ in known}, **self.cloud.security_group_names(ids=ids)}
        wanted, known = _named("remote_address_group", self.desired.rules), _named("remote_address_group", current)
        own = self.cloud.address_group_names(project_id=project_id) if wanted else {}
        ids = set(filter(looks_like_id, wanted | known)) - set(own)
        address_groups = {**{id_: id_ for id_ in known}, **self.cloud.address_group_names(ids=ids), **own}
        return References((), groups, names, address_groups)


def _named(option: str, rules: Iterable[Rule]) -> set[str]:
    return {value for rule in rules if (value := getattr(rule, option)) not in (None, PARENT)}
