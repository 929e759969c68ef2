# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of pytest that all tests on a cloud have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose the cloud, which ``tests/cloud start --help`` explains, and those of some tests."""
    parser.addoption("--release", metavar="NAME", help="release of OpenStack in the test cloud (default: the newest)")
    parser.addoption("--network-backend", default="none", help="network backend of the test cloud: none, or ovn")
    parser.addoption("--cases", type=int, metavar="N", help="run at most N cases of a test, spread evenly")
    parser.addoption("--write-plans", action="store_true", help="store the plans of the recipes in docs/plans")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep at most ``--cases`` of each test's cases, the same ones in every run, but all where a test asks for it."""
    at_most: int | None = config.getoption("--cases")
    if at_most is None:
        return
    of_test = defaultdict(list)
    for item in items:
        of_test[item.nodeid.partition("[")[0]].append(item)
    kept = {item for cases in of_test.values() for item in spread(cases, at_most)}
    kept |= {item for item in items if item.get_closest_marker("every_case")}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def spread(cases: Sequence[pytest.Item], at_most: int) -> list[pytest.Item]:
    """Return some of the cases, among them the first and the last, which differ in every parameter."""
    steps = min(at_most, len(cases)) - 1
    return [cases[round(step * (len(cases) - 1) / max(steps, 1))] for step in range(steps + 1)]
