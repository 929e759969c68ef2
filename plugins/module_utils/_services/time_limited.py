# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of services and attachments that have an end, for the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._common.names import group_label, rule_label
from .._common.options import given, read_mappings, read_options
from .services import attachment_name
from .spec import ATTACHMENT

_UNTIL = {"until": ATTACHMENT["until"]}


def time_limited_entries(groups: Any, attachments: Any = None) -> list[dict[str, str]]:
    """Return the name and the end of each entry that has an end, as errors name entries.

    :param groups: the groups of services, as :func:`groups_of_services` returns them
    :param attachments: attachments as users write them, of which only the names and the ends are read
    :raises InputError: if one of the two is no list of mappings
    """
    entries = read_mappings("instance_groups_attachments", given(attachments))
    return [*_of_groups(given(groups)), *_of_attachments(entries)]


def _of_groups(groups: Any) -> Iterator[dict[str, str]]:
    for group in read_mappings("groups", groups):
        if group.get("state") != "absent":
            service = group.get("service")
            for position, rule in enumerate(group.get("rules") or (), start=1):
                if "until" in rule:
                    place = f"{group_label(group['name'], service)}, {rule_label(service)} {position}"
                    yield {"entry": place, "until": rule["until"]}


def _of_attachments(entries: list[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    for position, entry in enumerate(entries, start=1):
        until = read_options(_UNTIL, {"until": entry.get("until")}).get("until")
        if until is not None:
            yield {"entry": attachment_name(position, entry), "until": until}
