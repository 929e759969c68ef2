# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is asked for, and what it may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._attachments.entries import Attachment
from .._common.time_limits import TimeLimit
from .._groups.group import DesiredGroup


@dataclass(frozen=True)
class Wanted:
    """What a user wants: groups, and attachments of groups to ports."""

    groups: Sequence[DesiredGroup] = ()
    attachments: Sequence[Attachment] = ()

    @property
    def limits(self) -> list[TimeLimit]:
        """The time limits of all entries."""
        of_attachments = [attachment.limit for attachment in self.attachments if attachment.limit is not None]
        return [*(limit for group in self.groups for limit in group.limits), *of_attachments]


@dataclass(frozen=True)
class Scope:
    """What a run may change: the groups of a project, of an owner or of anybody, and rules elsewhere that name them.

    With ``detach``, groups that the run deletes are first detached from the ports that have them. With ``cascade`` off,
    no group is deleted that rules in other groups name, unless ``warn`` makes that a warning. With ``delete_first``,
    what is no longer wanted is removed before anything new is created, for want of quota. With ``ignore_missing``,
    servers and ports that do not exist are a warning. ``parallel`` is how many requests are sent at once. With
    ``connections``, the connections that the plan opens and closes are found out.
    """

    project: str | None = None
    owner: str | None = None
    any_owner: bool = False
    prune: bool = False
    detach: bool = False
    delete_first: bool = False
    ignore_missing: bool = False
    cascade: bool = False
    warn: bool = False
    parallel: int = 1
    connections: bool = False
