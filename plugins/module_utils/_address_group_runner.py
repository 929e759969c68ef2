# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address groups: read, plan, apply, verify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ._address_group import AddressGroupPlan, DesiredAddressGroup, address_group_from_api, plan_address_group
from ._cloud import Cloud
from ._errors import CloudError
from ._plan import Action
from ._settle import report, settle

# Neutron needs some milliseconds for each address: few enough for one request to be answered in time.
_BULK: Final = 500


def converge_address_group(
    cloud: Cloud, desired: DesiredAddressGroup, *, project: str | None, check_mode: bool
) -> dict[str, Any]:
    """Make an address group what it should be and return the result of the module.

    :raises InputError: before anything is changed
    :raises CloudError: with what had been changed by then
    """
    run = _Run(cloud, desired, cloud.project_id(project))
    plan = run.plan()
    in_use = _in_use(cloud, plan)
    if in_use and not check_mode:
        raise CloudError("; ".join(in_use))
    left = settle(plan, run.walk, run.plan) if plan and not check_mode else plan
    group = left.after()
    return {**report(plan, in_use), **({} if group is None else {"address_group": group})}


@dataclass(frozen=True)
class _Run:
    """One converge: what is wanted, and where."""

    cloud: Cloud
    desired: DesiredAddressGroup
    project_id: str

    def plan(self) -> AddressGroupPlan:
        """Read the cloud and compare."""
        desired, project_id = self.desired, self.project_id
        bodies = []
        if desired.id is not None:
            bodies = self.cloud.address_groups([("id", desired.id)])
            project_id = next((body["project_id"] for body in bodies), project_id)
        if desired.name is not None:
            bodies += self.cloud.address_groups([("project_id", project_id), ("name", desired.name)])
        groups = {body["id"]: address_group_from_api(body) for body in bodies}
        return plan_address_group(desired, groups.values())

    def walk(self, plan: AddressGroupPlan, done: list[str]) -> None:
        """Carry out a plan, new addresses before old ones go, and note every step."""
        if plan.action is Action.DELETE and plan.current is not None:
            self.cloud.delete_address_group(plan.current.id)
            done.append(f"deleted address group {plan.name}")
            return
        add, remove = ([str(address) for address in addresses] for addresses in (plan.add, plan.remove))
        if plan.current is None:
            first, add = add[:_BULK], add[_BULK:]
            attributes = {**plan.attributes, "project_id": self.project_id, "addresses": first}
            group_id = str(self.cloud.create_address_group(attributes)["id"])
            done.append(f"created address group {plan.name}")
        else:
            group_id = plan.current.id
            if plan.attributes:
                self.cloud.update_address_group(group_id, plan.attributes)
                done.append(f"updated address group {plan.name}")
        for start in range(0, len(add), _BULK):
            batch = add[start : start + _BULK]
            self.cloud.add_addresses(group_id, batch)
            done.append(f"added {len(batch)} addresses to address group {plan.name}")
        for start in range(0, len(remove), _BULK):
            batch = remove[start : start + _BULK]
            self.cloud.remove_addresses(group_id, batch)
            done.append(f"removed {len(batch)} addresses from address group {plan.name}")


def _in_use(cloud: Cloud, plan: AddressGroupPlan) -> list[str]:
    """Return a message if rules have the group that is to be deleted.

    Neutron refuses where rules of security groups have it. It does not look at default rules, but without the group
    of one of these it fails to create any security group.
    """
    if plan.action is not Action.DELETE or plan.current is None:
        return []
    naming = [("remote_address_group_id", plan.current.id)]
    rules = cloud.find_rules([*naming, ("fields", "security_group_id")])
    group_ids = {rule["security_group_id"] for rule in rules}
    names = cloud.security_group_names(ids=group_ids)
    users = sorted(f"security group {names.get(id_, id_)}" for id_ in group_ids)
    users += ["the default rules of the cloud"] if cloud.default_rules_if_told(naming) else []
    return [f"address group {plan.name} cannot be deleted while rules have it: {', '.join(users)}"] if users else []
