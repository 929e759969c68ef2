# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address groups: read, plan, apply, verify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from .._address_groups.address_group import (
    AddressGroup,
    AddressGroupPlan,
    DesiredAddressGroup,
    address_group_from_api,
    plan_address_group,
)
from .._cloud.cloud import Cloud
from .._cloud.requests import REMOTE_ADDRESS_GROUP
from .._cloud.session import Body
from .._common.difference import Action
from .._common.errors import CloudError
from .settle import Steps, report, settle
from .template import default_rules

# Neutron needs some milliseconds for each address: few enough for one request to be answered in time.
_BULK: Final = 500
_BAD_REQUEST: Final = 400
_CONFLICT: Final = 409


def converge_address_group(
    cloud: Cloud, desired: DesiredAddressGroup, *, project: str | None, check_mode: bool
) -> dict[str, Any]:
    """Make an address group what it should be and return the result of the module.

    :raises InputError: before anything is changed
    :raises CloudError: with what had been changed by then
    """
    run = _Run(cloud, desired, cloud.project_id(project))
    plan = run.plan()
    if in_use := _in_use(cloud, plan):
        raise CloudError(in_use)
    left = settle(plan, run.walk, run.plan) if plan and not check_mode else plan
    group = left.after()
    return {**report(plan), **({} if group is None else {"address_group": group})}


@dataclass(frozen=True)
class _Run:
    """One converge: what is wanted, and where."""

    cloud: Cloud
    desired: DesiredAddressGroup
    project_id: str
    created: set[str] = field(default_factory=set)
    unsure: list[CloudError] = field(default_factory=list)

    def plan(self) -> AddressGroupPlan:
        """Read the cloud and compare."""
        groups = [address_group_from_api(body) for body in self._read()]
        return plan_address_group(self.desired, groups, self.created, self._in_use(groups))

    def _in_use(self, groups: Sequence[AddressGroup]) -> set[str]:
        """Return the ids of the groups that rules have, if there are several to choose from."""
        if len(groups) < 2 or REMOTE_ADDRESS_GROUP not in self.cloud.extensions:
            return set()
        naming = [("remote_address_group_id", group.id) for group in groups]
        rules = self.cloud.find_rules([*naming, ("fields", "remote_address_group_id")])
        return {rule["remote_address_group_id"] for rule in rules}

    def _read(self) -> list[Body]:
        desired, project_id = self.desired, self.project_id
        bodies = []
        if desired.id is not None:
            bodies = self.cloud.address_groups([("id", desired.id)])
            project_id = next((body["project_id"] for body in bodies), project_id)
        if desired.name is not None:
            bodies += self.cloud.address_groups([("project_id", project_id), ("name", desired.name)])
        return list({body["id"]: body for body in bodies}.values())

    def walk(self, plan: AddressGroupPlan, done: Steps) -> None:
        """Carry out a plan, and note every step: new addresses are added before old ones are removed.

        After duplicates were deleted, the cloud is read again.
        """
        for group in plan.duplicates:
            with done.step(f"deleted address group {group.id}, a duplicate of {group.name}"):
                self.cloud.delete_address_group(group.id)
        if plan.duplicates:
            return
        if plan.action is Action.DELETE and plan.current is not None:
            with done.step(f"deleted address group {plan.name}"):
                self.cloud.delete_address_group(plan.current.id)
        elif plan.current is None:
            self._create(plan, done)
        else:
            self._update(plan, plan.current.id, done)

    def _create(self, plan: AddressGroupPlan, done: Steps) -> None:
        """Create the group with as many of its addresses as a request takes; another look tells what is left."""
        if self.unsure:
            raise self.unsure[0]
        addresses = [str(address) for address in plan.add[:_BULK]]
        attributes = {**plan.attributes, "project_id": self.project_id, "addresses": addresses}
        try:
            with done.step(f"created address group {plan.name}"):
                self.created.add(str(self.cloud.create_address_group(attributes)["id"]))
        except CloudError as error:
            if error.unsure:
                self.unsure.append(error)
            raise

    def _update(self, plan: AddressGroupPlan, group_id: str, done: Steps) -> None:
        if plan.attributes:
            with done.step(f"updated address group {plan.name}"):
                self.cloud.update_address_group(group_id, plan.attributes)
        for what, verb, addresses in (
            ("added {} addresses to", self.cloud.add_addresses, plan.add),
            ("removed {} addresses from", self.cloud.remove_addresses, plan.remove),
        ):
            for start in range(0, len(addresses), _BULK):
                batch = [str(address) for address in addresses[start : start + _BULK]]
                with done.step(f"{what.format(len(batch))} address group {plan.name}"), _crossed():
                    verb(group_id, batch)


@contextmanager
def _crossed() -> Iterator[None]:
    """Take the refusal of addresses for a conflict: someone else was faster.

    Neutron answers 400 to an address that is there already (``neutron_lib.exceptions.address_group``), not 409.
    """
    try:
        yield
    except CloudError as error:
        if error.status != _BAD_REQUEST:
            raise
        raise CloudError(str(error), status=_CONFLICT) from error


def _in_use(cloud: Cloud, plan: AddressGroupPlan) -> str:
    """Return a message if rules have the group that the plan deletes, otherwise an empty text.

    Neutron refuses where rules of security groups have it. It does not look at default rules, but without the group
    of one of these it fails to create any security group.
    """
    if plan.action is not Action.DELETE or plan.current is None or REMOTE_ADDRESS_GROUP not in cloud.extensions:
        # Before the extension that came after address groups, no rule could have one.
        return ""
    rules = cloud.find_rules([("remote_address_group_id", plan.current.id), ("fields", "security_group_id")])
    group_ids = {rule["security_group_id"] for rule in rules}
    names = cloud.security_group_names(ids=group_ids)
    users = sorted(f"security group {names.get(id_, id_)}" for id_ in group_ids)
    if any(default_rule.rule.remote_address_group == plan.current.id for default_rule in default_rules(cloud)):
        users.append("the default rules of the cloud")
    return f"address group {plan.name} cannot be deleted while rules have it: {', '.join(users)}" if users else ""
