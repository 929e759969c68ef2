# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a run needs of the cloud, in as few requests as possible, and plans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from .._attachments.ports import Port
from .._cloud.cloud import Cloud
from .._common.errors import InputError, Problems
from .._groups.plan import GroupPlan
from .plan import Plan
from .read_groups import GroupReader
from .read_ports import PortReader
from .wanted import Scope, Wanted


class Reader:
    """Reads the cloud and compares it with what a user wants. Each call reads all data that can change."""

    def __init__(self, cloud: Cloud, wanted: Wanted, scope: Scope, project_id: str) -> None:
        """Prepare to read."""
        self.cloud = cloud
        self.scope = scope
        self.created: set[str] = set()
        """The ids of the groups that this run has created so far."""
        self._wanted = wanted
        self.lost: list[str] = []
        """Errors about objects that have disappeared since the run began. They do not stop other changes."""
        self._begun = False
        self._groups = GroupReader(cloud, wanted, scope, project_id, self.created)

    def plan(self) -> Plan:
        """Read the cloud and return what this run has to do.

        :raises InputError: for everything about groups and attachments that cannot be right when the run begins
        """
        self.lost = []
        problems = Problems()
        existing = self._groups.existing()
        groups = self._groups.plan(existing, problems)
        selection = self._ports.select(existing.references, problems)
        self._judge(problems)
        # Without attachments no port gains a group, and so none that loses rules.
        shrunk = groups.shrunk_groups() if self._wanted.attachments else {}
        users = self._ports.having({*groups.deleted_groups(), *groups.restated_groups(), *shrunk})
        ports = self._ports.plan(selection, groups, users, problems)
        self._judge(problems)
        shared = self._shared_groups(groups)
        idle = self._idle(shrunk, users)
        self._groups.learn_names(groups, shared)
        self.lost += selection.lost
        self._begun = True
        return Plan(groups, ports, users, idle, selection.warnings, selection.disappeared, shared)

    def _judge(self, problems: Problems) -> None:
        """Raise errors before anything is changed. Later, note them: a missing object does not stop other changes."""
        try:
            problems.judge()
        except InputError as error:
            if not self._begun:
                raise
            self.lost.append(str(error))

    @property
    def project_id(self) -> str:
        """The project of the groups."""
        return self._groups.project_id

    @property
    def knows_all_groups(self) -> bool:
        """Whether the plan is made from all groups of the project, and not only from those that are named."""
        return self._groups.knows_all

    @property
    def server_names(self) -> Mapping[str, str]:
        """Names of servers by id, as far as they were read."""
        return self._ports.server_names

    def places(self, ports: Iterable[Port]) -> dict[str, str]:
        """Return how people know ports, by id."""
        return self._ports.places(ports)

    @cached_property
    def _ports(self) -> PortReader:
        """The reader of ports, in the project that reading the groups has shown."""
        return PortReader(self.cloud, self._wanted.attachments, self.scope, self.project_id)

    def _shared_groups(self, plan: GroupPlan) -> dict[str, dict[str, str]]:
        """Return the policies that share groups whose change a port of another project may prevent."""
        return self._groups.shares({**plan.deleted_groups(), **plan.restated_groups(), **plan.unshared_groups()})

    def _idle(self, groups: Collection[str], users: Iterable[Port]) -> frozenset[str]:
        """Return the ids of the groups that no port has; ports of projects that a group is shared with are hidden."""
        idle = frozenset(groups).difference(*(port.security_groups for port in users))
        return idle.difference(self._groups.shares(idle.difference(self.created)))
