# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A project becomes variables of the roles, with which a run of ``apply`` changes nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._address_groups.address_group import AddressGroup
from .._common.text import counted
from .._groups.group import Group
from .attachments import Known, attachments_of
from .live import Criteria, LeftOut, Live, references
from .selection import DEFAULT, choose
from .services import Words, service_names, service_of


@dataclass(frozen=True)
class Adoption:
    """The variables that describe a project, and what they leave out.

    ``address_groups`` are those that rules of the services name. The roles do not manage them. ``missing`` are messages
    about names that match nothing.
    """

    services: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    address_groups: list[dict[str, Any]]
    left_out: list[LeftOut]
    missing: Sequence[str] = ()

    def summary(self) -> str:
        """Return the numbers as a sentence."""
        return (
            f"{counted(len(self.services), 'service')}, {counted(len(self.attachments), 'attachment')}; "
            f"{len(self.left_out)} left out."
        )


def adopt(live: Live, criteria: Criteria) -> Adoption:
    """Return the variables for what a user wants to adopt of a project.

    :raises InputError: for names and patterns that match nothing
    """
    chosen = choose(live, criteria)
    groups = sorted(chosen.groups, key=lambda group: group.name)
    services = service_names(groups, criteria.prefix)
    others = {group.id: group.name for group in live.groups if group.id not in services}
    refers_to = references(others, others)
    address_groups = live.address_groups
    words = Words(
        prefix=criteria.prefix,
        services=services,
        groups=refers_to,
        address_groups={
            **{id_: id_ for id_ in address_groups.others},
            **references(address_groups.own, address_groups.own),
        },
    )
    described = [service_of(group, words) for group in groups]
    left_out = [*chosen.left_out, *(one for _service, some in described for one in some)]
    default = {id_: DEFAULT for id_, name in refers_to.items() if name == DEFAULT}
    return Adoption(
        services=sorted((service for service, _left_out in described), key=lambda service: str(service["name"])),
        attachments=attachments_of(live, Known(services, default, criteria.whole), chosen.servers),
        address_groups=[_address_group(one) for one in _named(live.own_address_groups, groups)],
        left_out=sorted(left_out, key=lambda one: (one.kind != "security_group", one.name, one.id)),
        missing=chosen.missing,
    )


def _named(address_groups: Iterable[AddressGroup], groups: Iterable[Group]) -> list[AddressGroup]:
    """Return the address groups that rules of some groups name, sorted."""
    named = {rule.remote_address_group for group in groups for rule in group.rules}
    return sorted((one for one in address_groups if one.id in named), key=lambda one: (one.name, one.id))


def _address_group(one: AddressGroup) -> dict[str, Any]:
    """Return the options of the module ``address_group`` that describe an address group."""
    addresses = sorted(one.addresses, key=ipaddress.get_mixed_type_key)
    described = {"description": one.description} if one.description else {}
    return {"name": one.name, **described, "addresses": [str(address) for address in addresses]}
