# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of ``security_group_exposure_info`` as the page contains it: each text and each rule once, and numbers.

A page of 10,000 ports and 30,000 connections has 3 MB. Each connection is therefore a number in each of several
columns, and where a column rises slowly, it has the differences. ``page_files/page.js`` reads this form.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from .._common.names import looks_like_id
from .rows import named_traffic, time_limits

Thing = TypeVar("Thing", bound=Hashable)

# Where the text of a rule names its remote. Many rules share what is before it, and many what is after it.
_BEFORE_REMOTE: Final = re.compile(r"(?= (?:from|to) )")


class _Numbers(Generic[Thing]):
    """Numbers things in the order in which they are first seen."""

    def __init__(self, things: Iterable[Thing] = ()) -> None:
        self._numbers: dict[Thing, int] = {}
        for thing in things:
            self.of(thing)

    def of(self, thing: Thing) -> int:
        """Return the number of a thing."""
        return self._numbers.setdefault(thing, len(self._numbers))

    @property
    def things(self) -> list[Thing]:
        """All things that have a number, in the order of their numbers."""
        return list(self._numbers)


class _Texts(_Numbers[str]):
    """Numbers texts that people will see."""

    def of(self, thing: str) -> int:
        return super().of(visible(thing))

    def all(self, things: Iterable[str]) -> tuple[int, ...]:
        """Return the number of each of several texts."""
        return tuple(self.of(thing) for thing in things)


def page_data(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a result."""
    texts, rules = _Texts(), _Numbers[str]()
    connections = _Connections(result, texts, rules)
    answers = [_answer(answer, rules) for answer in result["answers"]]
    return {
        "summary": visible(result["summary"]),
        "assumptions": [visible(text) for text in result["assumptions"]],
        "unknown": [visible(text) for text in result["unknown"]],
        "answers": answers,
        "limits": [visible(text) for text in time_limits(result)],
        "classes": [_class(one, texts) for one in result["classes"]],
        "ports": _ports([port for one in result["classes"] for port in one["ports"]], texts),
        **connections.data(),
        "rules": _rules(rules.things, result["rules"], texts),
        "texts": texts.things,
    }


def visible(text: str) -> str:
    """Return a text whose characters can all be seen: one that turns the direction of writing is a trick in a name."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode("ascii") for one in text
    )


def _class(one: Mapping[str, Any], texts: _Texts) -> list[Any]:
    return [
        texts.of(one["id"]),
        texts.of(one["name"]),
        texts.all(one["security_groups"]),
        texts.all(one["owners"]),
        texts.of(one["network"]),
        texts.all(one["families"]),
        int(one["enforced"]),
        texts.all(one["public"]),
        texts.of(one["unknown"]),
        one["instances"],
        len(one["ports"]),
    ]


def _ports(ports: Sequence[Mapping[str, Any]], texts: _Texts) -> dict[str, Any]:
    """Return the ports of all classes, one class after the other."""
    return {
        "ids": _packed([port["id"] for port in ports]),
        "names": [texts.of(port["name"]) for port in ports],
        "servers": [texts.of(port["server"] or "") for port in ports],
        "addresses": [" ".join(port["addresses"]) for port in ports],
    }


class _Connections:
    """The exposures, and what they refer to.

    An end is a class, which has the number of the class, or something else, whose numbers begin after those. The
    instances of a class are counted already, and rules name their groups: only what differs from that is stored.
    """

    def __init__(self, result: Mapping[str, Any], texts: _Texts, rules: _Numbers[str]) -> None:
        self._texts, self._rules = texts, rules
        self._instances = [one["instances"] for one in result["classes"]]
        self._groups_of_rules = {id_: rule["security_group"] for id_, rule in result["rules"].items()}
        self._ends = _Numbers[tuple[Any, ...]](("class", one["id"]) for one in result["classes"])
        self._traffic, self._verdicts, self._sets = (_Numbers[tuple[Any, ...]]() for _table in range(3))
        self._rows = [self._row(row) for row in result["exposures"]]
        self._groups = [
            (number, texts.all(row["security_groups"]))
            for number, row in enumerate(result["exposures"])
            if row["security_groups"] != self._groups_of(row)
        ]

    def _row(self, row: Mapping[str, Any]) -> tuple[int, ...]:
        source, target = self._ends.of(_end(row["from"])), self._ends.of(_end(row["to"]))
        counted = target if target < len(self._instances) else source
        return (
            source,
            target,
            self._traffic.of((tuple(row["traffic"]), tuple(row["services"]))),
            self._verdicts.of((tuple(row["families"]), row["verdict"], row["reason"], row["path"])),
            row["instances"] - (self._instances[counted] if counted < len(self._instances) else 0),
            self._sets.of(tuple(map(self._rules.of, row["rules"]))),
        )

    def _groups_of(self, row: Mapping[str, Any]) -> list[str]:
        return sorted({self._groups_of_rules[rule] for rule in row["rules"]})

    def data(self) -> dict[str, Any]:
        """Return the columns, and the tables that they refer to."""
        texts, sets = self._texts, self._sets.things
        source, target, traffic, verdict, instances, rules = zip(*self._rows, strict=True) if self._rows else [()] * 6
        return {
            "ends": [
                [texts.of(kind), texts.of(name), addresses]
                for kind, name, addresses in self._ends.things[len(self._instances) :]
            ],
            "traffic": [
                [texts.all(entries), texts.all(named_traffic(entries, services))]
                for entries, services in self._traffic.things
            ],
            "verdicts": [[texts.all(families), *texts.all(words)] for families, *words in self._verdicts.things],
            "sets": {
                "sizes": [len(one) for one in sets],
                "rules": _differences([rule for one in sets for rule in one]),
            },
            "rows": {
                "from": _differences(source),
                "to": _differences(target),
                "traffic": traffic,
                "verdicts": verdict,
                "instances": instances,
                "sets": _differences(rules),
            },
            "groups": self._groups,
        }


def _end(end: Mapping[str, Any]) -> tuple[Any, ...]:
    if end["kind"] == "class":
        return "class", end["class"]
    return end["kind"], end["name"], tuple(end.get("addresses", ()))


def _rules(ids: Sequence[str], rules: Mapping[str, Mapping[str, str]], texts: _Texts) -> dict[str, Any]:
    halves = [[*_BEFORE_REMOTE.split(rules[one]["text"], maxsplit=1), ""] for one in ids]
    return {
        "ids": _packed(ids),
        "groups": [texts.of(rules[one]["security_group"]) for one in ids],
        "starts": [texts.of(half[0]) for half in halves],
        "ends": [texts.of(half[1]) for half in halves],
    }


def _answer(answer: Mapping[str, Any], rules: _Numbers[str]) -> dict[str, Any]:
    texts = {name: visible(value) if isinstance(value, str) else value for name, value in answer.items()}
    return {**texts, "rules": [rules.of(rule) for rule in answer["rules"]]}


def _differences(numbers: Sequence[int]) -> list[int]:
    """Return the first number, and how much each of the others is more than the one before it."""
    return [following - number for number, following in pairwise([0, *numbers])]


def _packed(ids: Sequence[str]) -> str | list[str]:
    """Return UUIDs as one text, the Base64 of their bytes, in which each takes 22 characters; other ids as they are."""
    if all(map(looks_like_id, ids)):
        return b64encode(b"".join(UUID(one).bytes for one in ids)).decode("ascii")
    return [visible(one) for one in ids]
