# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names mean: one object, none, or several; and how people know what has none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from ._attributes import shown
from ._errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Names:
    """Names by id: of a project's own things, and of others, whose owners choose their names and only ids mean them."""

    own: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, str]:
        """The names of both, for people to read."""
        return {**self.others, **self.own}

    @cached_property
    def _ids(self) -> dict[str, list[str]]:
        """Own ids by name."""
        ids: dict[str, list[str]] = defaultdict(list)
        for id_, name in self.own.items():
            ids[name].append(id_)
        return ids

    def find(self, option: str, name: str) -> str:
        """Return the id that a name or an id means.

        :param option: the option the name stands in, which tells what it names
        :raises UnknownNameError: if nothing has the name
        :raises InputError: if several have it
        """
        if name in self.own or name in self.others:
            return name
        found = self._ids.get(name, [])
        kind = option.removeprefix("remote_").removesuffix("s").replace("_", " ")
        if not found:
            raise UnknownNameError(option, f"there is no {kind} {name!r} in the project")
        if len(found) > 1:
            raise InputError(option, several(f"{kind}s", name, found))
        return found[0]


def several(kind: str, name: str, ids: Iterable[str]) -> str:
    """Return the message for a name that more than one object has."""
    listed = ", ".join(sorted(ids))
    return f"there are several {kind} named {name!r}: {listed}; rename all but one, or refer to one by its id"


def looks_like_id(text: str) -> bool:
    """Tell whether a text may be an id of Neutron, which are UUIDs, and so is worth to be looked for."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def twins(things: Iterable[Mapping[str, Any]], made: Collection[str]) -> tuple[set[str], set[str]]:
    """Judge things of one name that several runs have created at the same time: the oldest stays.

    :param things: answers of the API, with ``id``, ``name`` and, on most clouds, ``created_at`` in whole seconds
    :param made: ids of those that this run has created
    :return: the ids of those that this run has created and that are not the oldest of their name, and of those that it
        has created and that are the oldest, where another run has created a younger one
    """
    by_name: dict[str, list[str]] = defaultdict(list)
    for thing in sorted(things, key=lambda thing: (thing.get("created_at") or "", thing["id"])):
        by_name[thing["name"]].append(thing["id"])
    ours_later = {id_ for ids in by_name.values() for id_ in ids[1:] if id_ in made}
    return ours_later, {ids[0] for ids in by_name.values() if ids[0] in made and set(ids[1:]) - ours_later}


def attachment_label(position: int, servers: Sequence[object]) -> str:
    """Return how errors name an entry of a list of attachments: by its position, and by the server if it is one alone.

    Each host of an inventory that says what it wears becomes such an entry, of a list that nobody has seen.
    """
    return f"attachment {position} ({shown(str(servers[0]))})" if len(servers) == 1 else f"attachment {position}"


def port_label(body: Mapping[str, Any]) -> str:
    """Return how people know a port of an API answer: its first address, or its name."""
    addresses = [str(ip["ip_address"]) for ip in body.get("fixed_ips") or ()]
    return addresses[0] if addresses else body.get("name") or "without an address"
