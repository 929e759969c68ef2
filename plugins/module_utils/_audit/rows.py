# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit in words: what all formats say in the same way of exposures, classes and answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .._common.text import shown
from .._common.time_limits import IN_FORCE
from .._rules.catalogue import SERVICES
from .._rules.expand import Catalogue

# What security_group_exposure_info returns.
Result = Mapping[str, Any]

HEADINGS: Final = ("From", "To", "Traffic", "Instances", "Security groups", "Path")
# The column of numbers.
NUMBERS: Final = HEADINGS.index("Instances")
_PATHS: Final = {
    "same_network": "same network",
    "floating_ip": "floating IP",
    "port_forwarding": "port forwarding",
    "routed_ipv6": "routed IPv6",
    "external_network": "external network",
    "none_seen": "none seen",
}
# Groups may have names that read like another kind of end.
_MISLEADING: Final = re.compile(r"Internet|address group |hidden members of |[\da-fA-F.:]+/\d+$")
# The entries of the catalogue that are for one family alone.
_ICMP: Final = ("icmp/", "ipv6-icmp/")


@dataclass(frozen=True)
class Row:
    """An exposure in words; ``notes`` say how far its traffic is allowed, if not in every respect."""

    source: Sequence[str]
    target: Sequence[str]
    traffic: Sequence[str]
    notes: Sequence[str]
    instances: int
    groups: Sequence[str]
    path: str

    def cells(self, most: int | None = None) -> tuple[str, ...]:
        """Return a text for each of the headings.

        :param most: how many parts of a list to name; all of them by default
        """
        traffic = listed(self.traffic, most) + (f" ({listed(self.notes)})" if self.notes else "")
        source, target, groups = (listed(parts, most) for parts in (self.source, self.target, self.groups))
        return (source, target, traffic, str(self.instances), groups, self.path)


def rows(result: Result, catalogue: Catalogue | None = None) -> Iterator[Row]:
    """Yield the exposures in the order of the result.

    :param catalogue: services in addition to the built-in ones
    """
    families = {one["id"]: set(one["families"]) for one in result["classes"]}
    for exposure in result["exposures"]:
        yield Row(
            endpoint(exposure["from"]),
            endpoint(exposure["to"]),
            named_traffic(exposure["traffic"], exposure["services"], catalogue),
            tuple(_notes(exposure, families)),
            exposure["instances"],
            [shown(name) for name in exposure["security_groups"]],
            path_text(exposure["path"]),
        )


def _notes(exposure: Mapping[str, Any], families: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield what a reader must know who sees the traffic alone."""
    ends = [families[end["class"]] for end in (exposure["from"], exposure["to"]) if end["kind"] == "class"]
    if ends and set(exposure["families"]) < set.intersection(*ends):
        yield f"{' and '.join(exposure['families'])} only"
    if exposure["verdict"] != "allowed":
        yield exposure["verdict"]


def endpoint(end: Mapping[str, Any]) -> list[str]:
    """Return what an end of an exposure is called: several texts where it is several networks."""
    if end["kind"] == "addresses":
        return list(end["addresses"])
    if end["kind"] == "class":
        return [f"class {shown(end['class'])}" if _MISLEADING.match(end["class"]) else shown(end["class"])]
    before = {"address_group": "address group ", "hidden_members": "hidden members of "}.get(end["kind"], "")
    return [f"{before}{shown(end['name'])}"]


def path_text(path: str) -> str:
    """Return a path in words."""
    return _PATHS.get(path, path)


def named_traffic(traffic: Sequence[str], services: Iterable[str], catalogue: Catalogue | None = None) -> list[str]:
    """Return traffic by the names of services.

    Traffic of which several services are possible keeps its port: port 8080 need not be that of Jenkins.

    :param services: the names that are possible
    :param catalogue: services in addition to the built-in ones
    """
    known = {**SERVICES, **(catalogue or {})}
    named = [(name, entry) for name in services for entry in _of_family(known.get(name, ()), set(traffic))]
    found = []
    for entry in traffic:
        names = [name for name, own in named if own == entry]
        found.append(names[0] if len(names) == 1 else entry)
    return list(dict.fromkeys(found))


def _of_family(entries: Iterable[str], traffic: set[str]) -> set[str]:
    """Return the entries of a service as results write traffic, if the traffic has all of them in some family."""
    written = {entry if entry.startswith(_ICMP) else entry.replace(":", "-") for entry in entries}
    families = [{entry for entry in written if not entry.startswith(other)} for other in reversed(_ICMP)]
    return {entry for family in families if family <= traffic for entry in family}


def listed(things: Sequence[str], most: int | None = None) -> str:
    """Return things as a list for people to read.

    :param most: how many things to name; all of them by default
    """
    more = 0 if most is None else len(things) - most
    return f"{', '.join(things[:most])} and {more} more" if more > 0 else ", ".join(things)


def sections(result: Result, most: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yield what belongs below the exposures: a heading, and texts that may have several lines.

    :param most: how many instances of a class to name; all of them by default
    """
    found = {
        "Classes": [_class_text(one, most) for one in result["classes"] if one["id"] != one["name"]],
        "Assumptions": list(result["assumptions"]),
        "Unknown": _unknown(result),
        "Answers": [_answer_text(answer) for answer in result["answers"]],
        "Ends soon, or has ended": time_limits(result),
    }
    yield from ((heading, texts) for heading, texts in found.items() if texts)


def _class_text(one: Mapping[str, Any], most: int | None) -> str:
    """Return what tells a class from others of its name."""
    ways = [path_text(way) for way in one["public"]]
    parts = [listed(_members(one["ports"]), most), f"network {shown(one['network'])}", *ways]
    return f"{shown(one['id'])}: {'; '.join(parts)}"


def _members(ports: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of the instances that have ports; a port without instance or name has an address or its id."""
    found = [port["server"] or port["name"] or (*port["addresses"], port["id"])[0] for port in ports]
    return [shown(name) for name in dict.fromkeys(found)]


def _unknown(result: Result) -> list[str]:
    """Return what could not be read, and why verdicts of exposures are unknown, each reason once."""
    return list(dict.fromkeys(filter(None, [*result["unknown"], *(row["reason"] for row in result["exposures"])])))


def time_limits(result: Result) -> list[str]:
    """Return the entries that end soon, and those that have ended; results of other versions may have none."""
    return [shown(one["text"]) for one in result.get("time_limited", ()) if one["state"] != IN_FORCE]


def question(answer: Mapping[str, Any]) -> str:
    """Return what a question asks."""
    protocol, port = answer["protocol"], answer["port"]
    if port is None:
        traffic = "any traffic" if protocol is None else protocol
    else:
        traffic = f"port {port}" if protocol is None else f"{protocol}/{port}"
    return f"{shown(str(answer['from']))} → {shown(str(answer['to']))} {traffic}"


def _answer_text(answer: Mapping[str, Any]) -> str:
    """Return a question with its verdict, then the reason."""
    verdict = answer["verdict"]
    if answer.get("expected") not in (None, verdict):
        verdict = f"{verdict}, expected: {answer['expected']}"
    if answer["verdict"] != "denied":
        verdict = f"{verdict} (path: {path_text(answer['path'])})"
    return f"{question(answer)}: {verdict}\n{answer['reason']}"
