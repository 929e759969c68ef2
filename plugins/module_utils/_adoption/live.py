# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a project has, and what of it a user wants to adopt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from .._address_groups.address_group import AddressGroup
from .._attachments.ports import Port
from .._common.names import Names, looks_like_id
from .._groups.group import Group


@dataclass(frozen=True)
class Live:
    """A project, as far as its credentials show it; names are by id.

    ``servers`` and ``own_address_groups`` are those of the project. ``networks`` and ``address_groups`` contain those
    of other projects too.
    """

    groups: Sequence[Group]
    ports: Sequence[Port] = ()
    port_names: Mapping[str, str] = field(default_factory=dict)
    servers: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    address_groups: Names = field(default_factory=Names)
    own_address_groups: Sequence[AddressGroup] = ()


@dataclass(frozen=True)
class Criteria:
    """What to adopt: groups that match everything given here, and the attachments of these groups.

    ``names`` are names, ids and patterns of groups, ``servers`` the same of servers that have the groups. With
    ``owned``, only groups that ``owner`` has already. ``prefix`` is left out of the names of services. With
    ``ignore_missing``, names that match nothing are a warning.
    """

    names: Sequence[str] = ()
    tags: Collection[str] = ()
    servers: Sequence[str] = ()
    owner: str | None = None
    owned: bool = False
    prefix: str = ""
    ignore_missing: bool = False

    @property
    def whole(self) -> bool:
        """Whether no group of the project is left to others."""
        return not (self.names or self.tags or self.owned)


@dataclass(frozen=True)
class LeftOut:
    """Something that the variables do not describe, and why."""

    kind: str
    name: str
    id: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """Return it as the module returns it."""
        return {"kind": self.kind, "name": self.name, "id": self.id, "reason": self.reason}


def references(names: Mapping[str, str], ids: Collection[str]) -> dict[str, str]:
    """Return how variables refer to things, by their ids: by name, and by id where the name is not enough.

    :param names: the names of everything that a name may mean, by id
    :param ids: the things to refer to
    """
    numbers = Counter(names.values())
    return {id_: _reference(id_, names.get(id_, ""), numbers) for id_ in ids}


def _reference(id_: str, name: str, numbers: Mapping[str, int]) -> str:
    is_enough = name.strip() and numbers[name] == 1 and not looks_like_id(name)
    return name if is_enough else id_
