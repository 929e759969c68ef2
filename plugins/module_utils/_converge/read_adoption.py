# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what is needed to describe a project as variables: one list of each kind, whatever the size of the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from .._address_groups.address_group import AddressGroup, address_group_from_api
from .._adoption.live import Live
from .._attachments.ports import port_from_api
from .._cloud.cloud import Cloud
from .._common.names import Names
from .._groups.group import Group, group_from_api
from .capabilities import SHARING
from .permitted import Permitted

_ADDRESS_GROUPS: Final = "address-group"


class AdoptionReader:
    """Reads one project. What these credentials may not read is noted as unknown, except groups and ports."""

    def __init__(self, cloud: Cloud, project_id: str) -> None:
        """Prepare to read a project."""
        self._cloud = cloud
        self._project_id = project_id
        self._permitted = Permitted(cloud)

    @property
    def unknown(self) -> list[str]:
        """What cannot be read, for people."""
        return self._permitted.unknown

    def read(self) -> Live:
        """Read everything.

        :raises CloudError: if security groups or ports cannot be read
        """
        bodies = self._cloud.security_groups(self._project_id, None)
        groups = [group_from_api({**body, "project_id": body["project_id"] or self._project_id}) for body in bodies]
        ports = self._cloud.project_ports(self._project_id)
        servers = self._permitted.read("servers", lambda: self._cloud.servers(project_id=self._project_id))
        networks = self._permitted.read("networks", self._cloud.networks)
        address_groups, own_address_groups = self._address_groups(groups)
        return Live(
            groups=self._with_shares(groups),
            ports=[port_from_api(body) for body in ports],
            port_names={port["id"]: port.get("name") or "" for port in ports},
            servers={server["id"]: server["name"] for server in servers},
            networks={network["id"]: network["name"] for network in networks},
            address_groups=address_groups,
            own_address_groups=own_address_groups,
        )

    def _address_groups(self, groups: Sequence[Group]) -> tuple[Names, list[AddressGroup]]:
        """Return the names of address groups, and those of the project; nothing if no rule names one."""
        if not any(rule.remote_address_group for group in groups for rule in group.rules):
            return Names(), []
        found = self._permitted.read(
            "address groups", lambda: self._cloud.address_groups(()), extension=_ADDRESS_GROUPS
        )
        own = {group["id"]: group["name"] for group in found if group["project_id"] == self._project_id}
        others = {group["id"]: group["name"] for group in found if group["id"] not in own}
        return Names(own, others), [address_group_from_api(group) for group in found if group["id"] in own]

    def _with_shares(self, groups: Sequence[Group]) -> list[Group]:
        """Return groups with the projects that they are shared with, as far as the credentials may know."""
        shares = dict(
            self._permitted.read("RBAC policies", lambda: self._cloud.all_shares().items(), extension=SHARING)
        )
        return [replace(group, shares=shares.get(group.id, {})) for group in groups]
