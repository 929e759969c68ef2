# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit in words: what all formats say in the same way of exposures, classes and answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .._common.text import shown
from .._rules.catalogue import SERVICES

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
_ICMP: Final = ("icmp", "ipv6-icmp")


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


def rows(result: Result) -> Iterator[Row]:
    """Yield the exposures in the order of the result."""
    families = {one["id"]: set(one["families"]) for one in result["classes"]}
    for exposure in result["exposures"]:
        yield Row(
            endpoint(exposure["from"]),
            endpoint(exposure["to"]),
            named_traffic(exposure["traffic"], exposure["services"]),
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
        return [shown(end["class"])]
    before = {"address_group": "address group ", "hidden_members": "hidden members of "}.get(end["kind"], "")
    return [f"{before}{shown(end['name'])}"]


def path_text(path: str) -> str:
    """Return a path in words."""
    return _PATHS.get(path, path)


def named_traffic(traffic: Sequence[str], services: Iterable[str]) -> list[str]:
    """Return traffic by the names of services.

    Traffic of which several services are possible keeps its port: port 8080 need not be that of Jenkins.
    """
    entries = {name: {_as_traffic(entry) for entry in SERVICES.get(name, ())} for name in services}
    whole = {name: own for name, own in entries.items() if own <= set(traffic)}
    found = []
    for entry in traffic:
        names = [name for name, own in whole.items() if entry in own]
        found.append(names[0] if len(names) == 1 else entry)
    return list(dict.fromkeys(found))


def _as_traffic(entry: str) -> str:
    """Return an entry of the catalogue as results write traffic."""
    protocol, slash, ports = entry.partition("/")
    return entry if protocol in _ICMP else f"{protocol}{slash}{ports.replace(':', '-')}"


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
        "Answers": [_answer_text(answer, result["rules"]) for answer in result["answers"]],
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
    """Return why verdicts are unknown or incomplete, each reason once."""
    of_rows = [row["reason"] for row in result["exposures"] if row["verdict"] == "unknown"]
    of_classes = [f"{shown(one['id'])}: {one['unknown']}" for one in result["classes"] if one["unknown"]]
    return list(dict.fromkeys(filter(None, [*result["unknown"], *of_classes, *of_rows])))


def question(answer: Mapping[str, Any]) -> str:
    """Return what a question asks."""
    protocol, port = answer["protocol"], answer["port"]
    if port is None:
        traffic = "any traffic" if protocol is None else protocol
    else:
        traffic = f"port {port}" if protocol is None else f"{protocol}/{port}"
    return f"{shown(str(answer['from']))} → {shown(str(answer['to']))} {traffic}"


def _answer_text(answer: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a question with its verdict, then the reason, then those rules that the reason does not quote."""
    verdict = answer["verdict"]
    if answer.get("expected", verdict) != verdict:
        verdict = f"{verdict}, expected: {answer['expected']}"
    if answer["verdict"] != "denied":
        verdict = f"{verdict} (path: {path_text(answer['path'])})"
    named = [rules[id_] for id_ in answer["rules"]]
    quoted = [
        f"{shown(rule['security_group'])}: {rule['text']}" for rule in named if rule["text"] not in answer["reason"]
    ]
    return "\n".join(filter(None, [f"{question(answer)}: {verdict}", answer["reason"], *quoted]))
