# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud whose network backend is OVN, and a site in each test's own project."""

from __future__ import annotations

import subprocess
from collections import Counter, defaultdict

import pytest

from ansible_collections.portcullis.openstack.tests.integration.conftest import (
    admin,
    administrator,
    booted_fleet,
    cloud,
    fleet,
    new_project,
    project,
    requests,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import OPENSTACK, RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.ovn.site import Site

__all__ = ["admin", "administrator", "booted_fleet", "cloud", "fleet", "new_project", "project", "requests"]

OUTCOMES = ("passed", "failed", "error", "xfailed", "skipped")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for those who have time."""
    parser.addoption("--all", action="store_true", help="ask all questions about exposure, not only a share of them")


@pytest.fixture(scope="session")
def network_backend() -> str:
    """What the cloud's ports are connected to, whatever is the default."""
    return "ovn"


@pytest.fixture
def site(cloud: RunningCloud, project: Project) -> Site:
    """An empty project's networks and instances."""
    return Site(project.api, cloud.sockets)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how the tests of each file ended, and what they ran on."""
    ended: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in OUTCOMES:
        for report in terminalreporter.stats.get(outcome, ()):
            ended[report.nodeid.split("::")[0]][outcome] += 1
    width = max(map(len, ended), default=0)
    terminalreporter.section("on OVN")
    terminalreporter.write_line(f"{'':<{width}}" + "".join(f"{outcome:>9}" for outcome in OUTCOMES))
    for name, counts in sorted(ended.items()):
        terminalreporter.write_line(f"{name:<{width}}" + "".join(f"{counts[outcome]:>9}" for outcome in OUTCOMES))
    for line in versions():
        terminalreporter.write_line(line)


def versions() -> list[str]:
    """Return what Neutron and OVN call themselves."""
    neutron = [
        str(OPENSTACK / "python"),
        "-c",
        "from importlib.metadata import version; print('neutron', version('neutron'))",
    ]
    printed = [
        subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        for command in (neutron, ["ovn-northd", "--version"])
    ]
    return [output.splitlines()[0] for output in printed]
