# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, as Markdown for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .measure import Measured, Spread
from .verdicts import Verdict, show
from .works import FLOOR, IDLE, OURS

_INTRODUCTION: Final = """\
What a run costs, side by side on the test cloud: median (lowest…highest) of rounds in which the competitors take turns,
all of them with the same Python, ansible-core and SDK. Ratios are taken round by round. The *floor* is a playbook with
`ping` alone, which is given the same variables, as Ansible reads them whatever does the work, and then the requests
that Neutron itself needs, sent one after the other by a minimal client. Requests are counted by a proxy, or by that
client, in a run of their own; in a quick look, and where hundreds of ports change, that one run is the one that is
timed. Loops that take long are measured on a part and scaled; the last column tells."""

_MET: Final[Mapping[bool | None, str]] = {True: "reached", False: "**missed**", None: "not judged"}


@dataclass(frozen=True)
class Report:
    """All that one run of the benchmarks has found."""

    machine: Mapping[str, str]
    measured: Sequence[Measured]
    start_ups: Mapping[str, Sequence[float]]
    tuning: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]
    """The choices, by what they are about; each has, by circumstance, the seconds that its values take."""
    verdicts: Sequence[Verdict]

    def markdown(self) -> str:
        """Return tables: goals and what was reached, and all times."""
        lines = [
            "# Benchmarks",
            "",
            _INTRODUCTION,
            "",
            *(f"- {name}: {value}" for name, value in self.machine.items()),
            "",
            "## Goals",
            "",
            *_table(["work", "goal", "reached", ""], self._goals()),
            "",
            "## All figures",
            "",
            *_table(["work", "by", "seconds", "times the floor", "requests", "measured on"], self._figures()),
        ]
        if self.start_ups:
            lines += ["", "## Start of a module", "", *_table(["module", "ms to the first request"], self._starts())]
        for choice, circumstances in self.tuning.items():
            values = next(iter(circumstances.values()))
            lines += ["", f"## {choice}", "", *_table(["", *values], _choices(circumstances))]
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """Return everything, with the seconds of each round."""
        content: dict[str, Any] = {
            "machine": self.machine,
            "works": [
                {"work": m.work.name, "seconds": m.seconds, "requests": m.requests, "shares": m.shares}
                for m in self.measured
            ],
            "start_ups": self.start_ups,
            "tuning": self.tuning,
            "goals": [{**dataclasses.asdict(verdict), "kind": verdict.kind.value} for verdict in self.verdicts],
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def _goals(self) -> Iterator[list[str]]:
        for verdict in self.verdicts:
            yield [verdict.what, verdict.goal, verdict.reached, _MET[verdict.met]]

    def _figures(self) -> Iterator[list[str]]:
        for result in self.measured:
            for name in sorted(result.seconds, key=[IDLE, FLOOR, OURS, *result.seconds].index):
                shares = result.shares.get(name, 1)
                whole = "all" if len(result.seconds[name]) > 1 else "all, one run"
                yield [
                    result.work.name,
                    name,
                    show(Spread.of(result.seconds[name])),
                    show(result.ratio(name, FLOOR)) if FLOOR in result.seconds else "",
                    f"{result.requests[name]:,}",
                    whole if shares == 1 else f"1/{shares}, scaled",
                ]

    def _starts(self) -> Iterator[list[str]]:
        for name, seconds in self.start_ups.items():
            yield [name, _milliseconds(seconds)]


def _choices(circumstances: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[list[str]]:
    for circumstance, values in circumstances.items():
        yield [circumstance, *map(_milliseconds, values.values())]


def _milliseconds(seconds: Sequence[float]) -> str:
    return show(Spread.of([1000 * second for second in seconds]))


def _table(head: Sequence[str], rows: Iterator[list[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
