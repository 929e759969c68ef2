# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all cruel tests have: the real cloud of the integration tests, a share of the cases, and a count of them.

A test that goes through many cases runs each of them like this, so that one that fails does not hide the others::

    KINDS = ("fault: 503", "fault: cut")

    def test_faults(project: Project, tally: Tally, share: Share) -> None:
        tally.expect(*KINDS)
        for kind, position in share(list(product(KINDS, range(40))), at_most=8):
            with tally(kind, f"request {position}"):
                ...

``pytest tests/torture`` tries a share of the cases, always the same ones; with ``--all`` it tries all of them. Run by
several processes, the cases of all of them are counted together.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from typing import Any, Final, Protocol, TypeVar

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud import session as _session
from ansible_collections.portcullis.openstack.plugins.module_utils._converge import ports as _ports
from ansible_collections.portcullis.openstack.plugins.module_utils._converge import settle as _settle
from ansible_collections.portcullis.openstack.tests.integration.conftest import (
    admin,
    administrator,
    booted_fleet,
    cloud,
    fleet,
    network_backend,
    new_project,
    project,
    requests,
)
from ansible_collections.portcullis.openstack.tests.torture.tally import Count, Tally

__all__ = [
    "admin",
    "administrator",
    "booted_fleet",
    "cloud",
    "fleet",
    "network_backend",
    "new_project",
    "project",
    "requests",
]

Case = TypeVar("Case")
_GOLDEN: Final = 0.6180339887
_COUNT = pytest.StashKey[Count]()
_SENT: Final = "cases"


class Share(Protocol):
    """Chooses the cases to try."""

    def __call__(self, cases: Sequence[Case], at_most: int) -> list[Case]:
        """Return all cases with ``--all``, and otherwise at most so many, spread evenly over the sequence."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for those who have time."""
    parser.addoption("--all", action="store_true", help="try all cases, not only a share of them")


def pytest_configure(config: pytest.Config) -> None:
    """Start to count."""
    config.stash[_COUNT] = Count()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Let a test fail with all the failures that it has gone on after."""
    result = yield
    tally = pyfuncitem.funcargs.get("tally")
    if isinstance(tally, Tally):
        tally.judge()
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what one of several processes has counted; a process that broke down has sent nothing."""
    node.config.stash[_COUNT].add(getattr(node, "workeroutput", {}).get(_SENT, ({}, {})))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if a kind of case was announced and never tried; one of several processes only tells what it has counted."""
    if (sent := getattr(session.config, "workeroutput", None)) is not None:
        sent[_SENT] = session.config.stash[_COUNT].numbers()
    elif session.config.stash[_COUNT].untried and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how many cases of which kind were tried."""
    lines = config.stash[_COUNT].table()
    if lines:
        terminalreporter.section("cases")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def try_all(request: pytest.FixtureRequest) -> bool:
    """Whether all cases are tried."""
    return bool(request.config.getoption("--all"))


@pytest.fixture
def share(request: pytest.FixtureRequest, try_all: bool) -> Share:
    """See :class:`Share`. Every test's begins elsewhere, so that over several tests no kind of case is left out."""
    # From 0 to 1, and spread evenly however many are taken.
    offsets = ((number * _GOLDEN) % 1 for number in itertools.count(request.session.items.index(request.node)))

    def choose(cases: Sequence[Case], at_most: int) -> list[Case]:
        if try_all or len(cases) <= at_most:
            return list(cases)
        offset = next(offsets)
        return [cases[int((number + offset) * len(cases) / at_most)] for number in range(at_most)]

    return choose


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Count the cases of a test and collect their failures; see :class:`Tally`."""
    return Tally(request.config.stash[_COUNT])


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the collection try as often as ever, without a pause."""
    for module in (_ports, _session, _settle):
        monkeypatch.setattr(module, "_PAUSES", (0.0,) * len(module._PAUSES))
    monkeypatch.setattr(_session, "_LONGEST_PAUSE", 0)
