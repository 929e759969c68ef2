# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A project becomes variables of the roles, with which a run of ``apply`` changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .attachments import Known, attachments_of
from .live import LeftOut, Live, Wish, references
from .selection import DEFAULT, choose
from .services import Words, service_names, service_of


@dataclass(frozen=True)
class Adoption:
    """The variables that describe a project, and what they leave out."""

    services: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    left_out: list[LeftOut]

    def summary(self) -> str:
        """Return the numbers as a sentence."""
        return (
            f"{_number(len(self.services), 'service')}, {_number(len(self.attachments), 'attachment')}; "
            f"{len(self.left_out)} left out."
        )


def adopt(live: Live, wish: Wish) -> Adoption:
    """Return the variables for what a user wants to adopt of a project.

    :raises InputError: for names and patterns that match nothing
    """
    chosen = choose(live, wish)
    groups = sorted(chosen.groups, key=lambda group: group.name)
    services = service_names(groups, wish.prefix)
    others = {group.id: group.name for group in live.groups if group.id not in services}
    refers_to = references(others, others)
    address_groups = live.address_groups
    words = Words(
        prefix=wish.prefix,
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
        attachments=attachments_of(live, Known(services, default, wish.whole), chosen.servers),
        left_out=sorted(left_out, key=lambda one: (one.kind != "security_group", one.name, one.id)),
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
