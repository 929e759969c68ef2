# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds objects by their names, and describes in messages those that have no name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from .errors import InputError, UnknownNameError
from .nearest import hint
from .text import shown


@dataclass(frozen=True)
class Names:
    """Names by id.

    Objects of the project are found by name or id. Others are found by id only, because other projects choose their
    names.

    ``known`` returns all names that an unknown one may be a misspelling of.
    """

    own: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    known: Callable[[], Iterable[str]] | None = None

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

        :param option: the option that has the name, which shows what it names
        :raises UnknownNameError: if nothing has the name
        :raises InputError: if several have it
        """
        found = self.candidates(option, name)
        if len(found) > 1:
            raise InputError(option, several(f"{_kind(option)}s", name, found))
        return found[0]

    def candidates(self, option: str, name: str) -> list[str]:
        """Return the ids that a name or an id may mean, at least one.

        :raises UnknownNameError: if nothing has the name
        """
        if name in self.own or name in self.others:
            return [name]
        if name not in self._ids:
            problem = f"there is no {_kind(option)} {name!r} in the project"
            raise UnknownNameError(option, problem, lambda: hint(name, self.known()) if self.known else "")
        return self._ids[name]

    def find_all(self, option: str, names: Iterable[str]) -> tuple[list[str], list[UnknownNameError]]:
        """Return the ids that names mean, and an error for each name that nothing has.

        :raises InputError: if several have a name
        """
        found, missing = [], []
        for name in names:
            try:
                found.append(self.find(option, name))
            except UnknownNameError as error:
                missing.append(error)
        return found, missing


def _kind(option: str) -> str:
    """Return what an option names one of."""
    return option.removeprefix("remote_").removesuffix("s").replace("_", " ")


def several(kind: str, name: str, ids: Iterable[str]) -> str:
    """Return the message for a name that more than one object has."""
    listed = ", ".join(sorted(ids))
    return f"there are several {kind} named {name!r}: {listed}; rename all but one, or refer to one by its id"


def looks_like_id(text: str) -> bool:
    """Return whether a text may be an id of Neutron, which are UUIDs, and so is worth looking up."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def group_label(name: object, service: object) -> str:
    """Return what errors call a group: what the user has described, which may be a service."""
    return f"security group {shown(str(name))}" if service is None else f"service {shown(str(service))}"


def rule_label(service: str | None) -> str:
    """Return what errors call an entry of a group's rules."""
    return "rule" if service is None else "allow"


def attachment_label(position: int, servers: Sequence[object]) -> str:
    """Return how errors name an entry of a list of attachments: by its position, and by its only server."""
    return f"attachment {position} ({shown(str(servers[0]))})" if len(servers) == 1 else f"attachment {position}"


def host_label(host: str) -> str:
    """Return how errors name the attachment of a host of the inventory, which no list of the user's contains."""
    return f"host {shown(host)}"


def port_label(body: Mapping[str, Any]) -> str:
    """Return how people know a port of an API answer: its first address, or its name."""
    addresses = [str(ip["ip_address"]) for ip in body.get("fixed_ips") or ()]
    return addresses[0] if addresses else shown(body.get("name") or "without an address")
