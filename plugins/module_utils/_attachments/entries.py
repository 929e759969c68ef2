# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attachments as a user writes them, and the servers that they select."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from .._common.errors import InputError, Problems, UnknownNameError
from .._common.names import Names, attachment_label, host_label
from .._common.text import judge_text, shown
from .._common.time_limits import TimeLimit, parse_until

STATES: Final = ("present", "absent", "exact", "owned")
# The state of an entry whose time is over: it detaches its groups, except those that other entries attach.
ENDED: Final = "ended"


@dataclass(frozen=True)
class Selector:
    """Selects servers that match everything given: a name pattern, metadata, tags."""

    name: str | None = None
    metadata: Mapping[str, str | bool] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()

    @property
    def needs_details(self) -> bool:
        """Whether it looks at what only Nova's detailed list contains."""
        return bool(self.metadata or self.tags)

    def matches(self, server: Mapping[str, Any]) -> bool:
        """Return whether a server of Nova's list is selected."""
        metadata = server.get("metadata") or {}
        return (
            (self.name is None or fnmatch.fnmatchcase(server["name"], self.name))
            and all(_is_value(value, metadata.get(key)) for key, value in self.metadata.items())
            and self.tags <= set(server.get("tags") or ())
        )

    def __str__(self) -> str:
        parts = [f"name {self.name}"] if self.name is not None else []
        parts += [f"metadata {key}={value}" for key, value in self.metadata.items()]
        return shown(", ".join(parts + [f"tag {tag}" for tag in sorted(self.tags)]))


def _is_value(wanted: str | bool, found: str | None) -> bool:
    """Tell whether metadata of a server has a value.

    Nova keeps texts alone: clients for the shell store a boolean as ``true``, and those in Python as ``True``.
    """
    if isinstance(wanted, bool):
        return found is not None and found.lower() == str(wanted).lower()
    return found == wanted


@dataclass(frozen=True)
class Attachment:
    """One entry: security groups for ports, those of some servers, in some networks or in all, and those named.

    ``label`` is how errors name the entry. ``state`` is :data:`ENDED` if the entry has ended.
    """

    label: str
    security_groups: tuple[str, ...]
    state: str = "present"
    servers: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    selector: Selector | None = None
    networks: tuple[str, ...] = ()
    limit: TimeLimit | None = None

    @property
    def detaches(self) -> bool:
        """Whether it only detaches groups."""
        return self.state in {"absent", ENDED}


def parse_attachments(
    entries: Sequence[Mapping[str, Any]], *, owner: str | None, now: datetime | None = None
) -> list[Attachment]:
    """Return the entries that module options describe; missing and None are the same.

    :param owner: the owner of the run, whose groups ``owned`` is about
    :param now: the time of the run, at which some entries may have ended; without it, none has
    :raises InputError: for entries that cannot be right, naming them
    """
    parsed = []
    with Problems() as problems:
        for position, options in enumerate(entries, start=1):
            if problems.take(options):
                continue
            named = [*(options.get("servers") or ()), *(options.get("ports") or ())]
            host = options.get("host")
            label = attachment_label(position, named) if host is None else host_label(host)
            with problems.within(label):
                parsed.append(parse_attachment(options, label, owner, now))
    return parsed


def parse_attachment(
    options: Mapping[str, Any], label: str, owner: str | None, now: datetime | None = None
) -> Attachment:
    """Return the entry that options describe; see :func:`parse_attachments`."""
    selector = options.get("selector")
    if options.get("security_groups") is None:
        raise InputError("security_groups", "the list is missing; write [] for no groups")
    if all(options.get(option) is None for option in ("servers", "ports", "selector")):
        raise InputError("servers", "give servers, ports or a selector")
    if selector is not None and not any(selector.values()):
        raise InputError("selector", "it is empty; give a name, metadata or tags. The name '*' selects all servers")
    for option in ("security_groups", "servers", "ports", "networks"):
        for name in options.get(option) or ():
            judge_text(option, name)
    if options.get("networks") == []:
        raise InputError("networks", "the list is empty; leave it out for all networks")
    state = options.get("state") or "present"
    if state == "owned" and owner is None:
        raise InputError("state", "'owned' needs an owner; set the option owner")
    limit = parse_until(options.get("until"), label, now)
    if limit is not None and state == "absent":
        raise InputError("until", "an entry that detaches groups gives no access that could end; remove until")
    return Attachment(
        label=label,
        security_groups=tuple(options["security_groups"]),
        state=ENDED if limit is not None and limit.has_ended else state,
        servers=tuple(options.get("servers") or ()),
        ports=tuple(options.get("ports") or ()),
        selector=None if selector is None else _parse_selector(selector),
        networks=tuple(options.get("networks") or ()),
        limit=limit,
    )


def _parse_selector(options: Mapping[str, Any]) -> Selector:
    metadata = options.get("metadata") or {}
    return Selector(
        name=options.get("name"),
        metadata={str(key): value if isinstance(value, bool) else str(value) for key, value in metadata.items()},
        tags=frozenset(options.get("tags") or ()),
    )


@dataclass(frozen=True)
class SelectedServers:
    """The ids of the servers that an entry names, and of those that its selector selects; and what does not exist."""

    named: frozenset[str]
    selected: frozenset[str]
    missing: tuple[UnknownNameError, ...]

    @property
    def ids(self) -> frozenset[str]:
        """All of them."""
        return self.named | self.selected


def select_servers(attachment: Attachment, servers: Sequence[Mapping[str, Any]], names: Names) -> SelectedServers:
    """Return the servers of an entry.

    :param names: those of the servers
    :raises InputError: for a name that several servers have
    """
    named, missing = names.find_all("servers", attachment.servers)
    selected = frozenset[str]()
    if attachment.selector is not None:
        selected = frozenset(server["id"] for server in servers if attachment.selector.matches(server))
        if not selected:
            missing.append(UnknownNameError("selector", f"no server matches {attachment.selector}"))
    return SelectedServers(frozenset(named), selected, tuple(missing))
