# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Competitors do a work in turn: how many requests each sends, and how long it takes."""

from __future__ import annotations

import itertools
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy

from .client import Client
from .plays import PING, Play
from .site import Site
from .works import FLOOR, IDLE, OURS, Task, Work


@dataclass(frozen=True)
class Spread:
    """What several runs tell: the median, and the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Measured:
    """What a work takes: by competitor the seconds of all rounds, the requests, and of how many shares one was done."""

    work: Work
    seconds: Mapping[str, Sequence[float]]
    requests: Mapping[str, int]
    shares: Mapping[str, int]

    def ratio(self, competitor: str, to: str) -> Spread:
        """Return how many times as long as another a competitor takes, round by round."""
        pairs = zip(self.seconds[competitor], self.seconds[to], strict=True)
        return Spread.of([ours / theirs for ours, theirs in pairs])


class Bench:
    """Measures works on a site."""

    def __init__(self, site: Site, directory: Path, *, rounds: int, quick: bool) -> None:
        """Prepare to measure.

        :param directory: for files that the runs need
        :param rounds: how often to time each work
        :param quick: take the times while counting, through the proxy, and of the others only those with a goal
        """
        self._site = site
        self._directory = directory
        self._rounds = rounds
        self._quick = quick

    def measure(self, work: Work) -> Measured:
        """Let all competitors do a work, first to count requests, then in rounds against the clock."""
        tasks = work.tasks(self._site)
        names = self._competitors(work, task := next(tasks))
        tasks = itertools.chain([task], tasks)
        requests = {IDLE: 0}
        counted = dict(self._round(names, tasks, requests))
        seconds: dict[str, list[float]] = defaultdict(list)
        timed = self._timed(names, tasks) if work.timed and not self._quick else [counted]
        for of_round in timed:
            for name, taken in of_round.items():
                seconds[name].append(taken)
        shares = {name: task.plays[name].shares for name in names if name != FLOOR}
        return Measured(work, seconds, requests, shares)

    def _timed(self, names: Sequence[str], tasks: Iterator[Task]) -> Iterator[dict[str, float]]:
        """Take turns, each round beginning with another competitor."""
        for turn in range(self._rounds):
            start = turn % len(names)
            yield dict(self._round([*names[start:], *names[:start]], tasks))

    def _competitors(self, work: Work, task: Task) -> list[str]:
        judged = {OURS, *([FLOOR] if work.goals.times_floor else []), *work.goals.faster_than}
        return [name for name in (FLOOR, *task.plays) if name in judged or not self._quick]

    def _round(
        self, names: Sequence[str], tasks: Iterator[Task], requests: dict[str, int] | None = None
    ) -> Iterator[tuple[str, float]]:
        """Let each do the work once and return the seconds, of all shares.

        :param requests: where to note how many requests each has sent, if they are to be counted
        """
        ping = PING.run(self._directory)
        yield IDLE, ping
        for name, task in zip(names, tasks, strict=False):
            if name == FLOOR:
                # Whatever does the work, Ansible must have read what the work is.
                variables_alone = replace(PING, variables=task.plays[OURS].variables).run(self._directory)
                yield name, variables_alone + self._sent(task, requests)
            else:
                play = task.plays[name]
                taken = self._played(name, play, task, requests)
                yield name, ping + (taken - ping) * play.shares

    def _sent(self, task: Task, requests: dict[str, int] | None) -> float:
        start = time.perf_counter()
        with Client(task.project.cloud) as client:
            task.floor(client)
        if requests is not None:
            requests[FLOOR] = client.requests
        return time.perf_counter() - start

    def _played(self, name: str, play: Play, task: Task, requests: dict[str, int] | None) -> float:
        task.project.write_clouds_yaml(self._directory)
        if requests is None:
            return play.run(self._directory)
        with Proxy() as proxy:
            taken = play.run(self._directory, proxy)
            assert proxy.traffic, f"the requests of {name} went past the proxy"
            requests[name] = len(proxy.traffic) * play.shares
        return taken
