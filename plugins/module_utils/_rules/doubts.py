# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of rules that are possible, and most probably not what the user means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .._common.options import Spec, entry_label

_LISTS: Final = (
    "ports",
    "traffic",
    "remote_ips",
    "remote_services",
    "remote_ip_prefixes",
    "remote_groups",
    "remote_address_groups",
)
# YAML 1.1 reads 22:22 as a number in base 60: 22 * 60 + 22. The second digit is at most 59.
_PAIRS: Final = {number * 61: number for number in range(1, 60)}


def doubts(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield a warning for everything in the options of a rule, as the user wrote them, that is probably a mistake."""
    ports = options.get("ports")
    for port in ports if isinstance(ports, list) else [ports]:
        # A text is what a user has quoted.
        if isinstance(port, int) and port in _PAIRS:
            meant = _PAIRS[port]
            yield (
                f"ports: YAML reads {meant}:{meant} without quotes as {port}; write {meant}, or '{port}' in quotes if "
                "you mean that port"
            )
    for option in _LISTS:
        if options.get(option) == []:
            yield f"{option}: the list is empty, so the entry allows nothing; remove the entry, or fill the list"


def doubts_of(spec: Spec, options: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Yield the same for all rules in the options of a module, as written, each with its place."""
    if "remote_ip_prefixes" in spec:
        yield from (f"{place}{doubt}" for doubt in doubts(options))
    for name, option in spec.items():
        entries = options.get(name) if "options" in option else None
        for position, entry in enumerate(entries if isinstance(entries, list) else (), start=1):
            # Of a group that a service became, the filter of the roles has warned, in the user's words.
            if isinstance(entry, Mapping) and not (name == "groups" and entry.get("service")):
                yield from doubts_of(option["options"], entry, f"{place}{entry_label(name, position, entry)}, ")
