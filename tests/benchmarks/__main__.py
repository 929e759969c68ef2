# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the benchmarks: ``make bench`` and ``make bench-quick``.

The exit status is 0 if every goal is reached; with ``--quick``, if every goal is that counts requests.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from ansible_collections.portcullis.openstack.tests.integration.harness import peer
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import REPOSITORY

from . import exposing, machine, picture, processes
from .exposing import PORTS, report_takes
from .measure import Bench, Measured
from .planning import plan_seconds
from .report import Report
from .site import Site, started
from .tuning import Seconds, at_once, bulks, lists
from .verdicts import Kind, Verdict, at_most, judge
from .wanted import wanted
from .works import works

_GROUPS, _RULES = 1000, 50


def main() -> int:
    """Measure, print and write the report."""
    options = _options()
    # Whatever ends the run, the cloud is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    peer.install()
    conditions = machine.describe()
    with started(f"bench-{os.getpid()}") as site, tempfile.TemporaryDirectory() as directory:
        report = _measure(site, Path(directory), conditions, options)
    print(report.markdown())
    if options.output is not None:
        _write(report, options.output)
    return int(any(verdict.met is False for verdict in report.verdicts))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description="What runs of the collection cost, and what others do.")
    parser.add_argument("--quick", action="store_true", help="fewer works, timed once, while requests are counted")
    parser.add_argument("--rounds", type=int, default=3, help="how often each work is timed (default: 3)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only works that have this in their name")
    parser.add_argument("--output", type=Path, help="where to write benchmarks.md, benchmarks.json and no_change.svg")
    return parser.parse_args()


def _measure(site: Site, directory: Path, conditions: Mapping[str, str], options: argparse.Namespace) -> Report:
    bench = Bench(site, directory, rounds=options.rounds, quick=options.quick)
    measured = []
    for work in works(quick=options.quick):
        if options.only in work.name:
            print(f"{work.name}…", file=sys.stderr, flush=True)
            measured.append(bench.measure(work))
            for verdict in judge(measured[-1:]):
                print(f"  {verdict.goal}: {verdict.reached}", file=sys.stderr, flush=True)
    verdicts = [_leniently(verdict) if options.quick else verdict for verdict in judge(measured)]
    starts: dict[str, list[float]] = {}
    choices: dict[str, dict[str, Seconds]] = {}
    if not options.quick and not options.only:
        starts, of_process = _process(site, options.rounds)
        verdicts += of_process
        print("lists, sizes of bulks, groups at once…", file=sys.stderr, flush=True)
        # On a cloud without all that the works have left behind: Neutron takes longer the more it has.
        with started(f"tuning-{os.getpid()}") as empty:
            choices["Ways to read a project, ms"] = lists(empty, options.rounds)
            choices["Things in one request, ms for each"] = bulks(empty, options.rounds)
            choices["Groups changed at once, ms for all"] = at_once(empty, options.rounds)
    return Report(conditions, measured, starts, choices, verdicts)


def _leniently(verdict: Verdict) -> Verdict:
    """Judge no times by a quick look."""
    return verdict if verdict.kind is Kind.COUNT else dataclasses.replace(verdict, met=None)


def _process(site: Site, rounds: int) -> tuple[dict[str, list[float]], list[Verdict]]:
    """Measure a module's process, and the plan alone."""
    print("start, memory, plan…", file=sys.stderr, flush=True)
    small, project = site.new_project(wanted(1)), site.new_project(wanted(1, _RULES))
    turns = [processes.start_ups(small) for _round in range(rounds)]
    starts = {name: [turn[name] for turn in turns] for name in turns[0]}
    memory = processes.peak_memory(project, _GROUPS, _RULES)
    template = project.api.group(next(iter(wanted(1))))
    project.close()
    plans = [(plan_seconds(template, _GROUPS // 10), plan_seconds(template, _GROUPS)) for _round in range(rounds)]
    growth = median(large / small for small, large in plans)
    size = f"{_GROUPS} groups of {_RULES} rules"
    reports = [(report_takes(PORTS // 10), report_takes(PORTS)) for _round in range(rounds)]
    exposure = f"exposure alone, {exposing.GROUPS} groups of {exposing.RULES} rules"
    return starts, [
        at_most(f"memory of the module, {size}", Kind.COUNT, 200, memory, "MB"),
        at_most(f"plan alone, {size}", Kind.TIME, 1, median(large for _small, large in plans), "s"),
        at_most("plan alone, 10 times the rules", Kind.TIME, 12, growth, "times the time"),
        at_most(f"{exposure}, {PORTS} ports", Kind.TIME, 10, median(large.seconds for _small, large in reports), "s"),
        at_most(f"{exposure}, memory", Kind.COUNT, 400, max(large.megabytes for _small, large in reports), "MB"),
        at_most(
            "exposure alone, 10 times the ports",
            Kind.TIME,
            12,
            median(large.seconds / small.seconds for small, large in reports),
            "times the time",
        ),
    ]


def _write(report: Report, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "benchmarks.md").write_text(report.markdown(), encoding="utf-8")
    (directory / "benchmarks.json").write_text(report.json(), encoding="utf-8")
    if lines := dict(_lines(report.measured)):
        title = "A run that changes nothing, by the number of groups"
        picture.draw(directory / "no_change.svg", title, "groups of 5 rules", "seconds; hollow: from a part", lines)
    print(f"written to {os.path.relpath(directory, REPOSITORY)}", file=sys.stderr)


def _lines(measured: Sequence[Measured]) -> Iterator[tuple[str, list[picture.Point]]]:
    """Return what the picture shows: by competitor, how many groups take how long."""
    sized = [(result.work.groups, result) for result in measured if result.work.groups is not None]
    for name in sized[0][1].seconds if sized else ():
        yield (
            name,
            [
                picture.Point(groups, median(result.seconds[name]), whole=result.shares.get(name, 1) == 1)
                for groups, result in sized
                if name in result.seconds
            ],
        )


if __name__ == "__main__":
    sys.exit(main())
