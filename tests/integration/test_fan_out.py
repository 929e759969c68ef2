# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One inventory of many projects: with forks, in slices as AWX cuts them, and with a project that nobody can reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import REPOSITORY
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

EXAMPLE: Final = REPOSITORY / "examples" / "fan_out"
FORKS: Final = 10
EGRESS: Final = ["egress IPv4 any", "egress IPv6 any"]
WEB: Final = [
    f"ingress {family} tcp {port} {world}"
    for family, world in (("IPv4", "0.0.0.0/0"), ("IPv6", "::/0"))
    for port in ("443:443", "80:80")
]
BASTIONS: Final = {"europe": "192.0.2.0/25", "america": "192.0.2.128/25"}
GROUPS: Final = {"europe": ["metrics", "ssh", "web"], "america": ["ssh", "web"]}


class Fan:
    """The example's inventory, with more hosts until it has so many, each of which is a project of the test cloud."""

    def __init__(self, directory: Path, new_project: Callable[[], Project], number: int) -> None:
        regions = yaml.safe_load((EXAMPLE / "inventory.yml").read_text())["projects"]["children"]
        self.regions = {name: list(region["hosts"]) for name, region in regions.items()}
        more = [f"team-{number:02}" for number in range(number - sum(map(len, self.regions.values())))]
        self.regions["europe"] += more
        self.projects = {host: new_project() for hosts in self.regions.values() for host in hosts}
        self.inventory = directory / "more.yml"
        self.inventory.write_text(yaml.safe_dump({"europe": {"hosts": dict.fromkeys(more)}}))
        self.clouds_yaml = directory / "clouds.yaml"
        self.write_clouds({})

    def write_clouds(self, others: Mapping[str, Any]) -> None:
        """Write an entry for each project, with other ones for some."""
        entries = {host: project.cloud for host, project in self.projects.items()}
        self.clouds_yaml.write_text(yaml.safe_dump({"clouds": {**entries, **others}}))

    def play(self, *options: str) -> PlaybookRun:
        where: list[str | Path] = ["-i", EXAMPLE / "inventory.yml", "-i", self.inventory, "--forks", str(FORKS)]
        return run_playbook(EXAMPLE / "apply.yml", self.clouds_yaml, *where, *options, variables={})

    def judge(self, region: str) -> None:
        """Make sure that all projects of a region have what the example says."""
        for host in self.regions[region]:
            api = self.projects[host].api
            assert api.group_names() == GROUPS[region], host
            assert api.rules("web") == [*EGRESS, *WEB], host
            assert api.rules("ssh") == [*EGRESS, f"ingress IPv4 tcp 22:22 {BASTIONS[region]}"], host

    def close(self) -> None:
        for project in self.projects.values():
            project.close()


@pytest.fixture
def fan(tmp_path: Path, new_project: Callable[[], Project], request: pytest.FixtureRequest) -> Iterator[Fan]:
    fan = Fan(tmp_path, new_project, request.param)
    yield fan
    fan.close()


@pytest.mark.parametrize("fan", [20], indirect=True)
def test_many_projects_in_one_run(fan: Fan) -> None:
    plan = fan.play("--check")
    assert plan.status == 0, plan.output
    assert all(project.api.group_names() == [] for project in fan.projects.values())
    applied = fan.play()
    assert applied.status == 0, applied.output
    assert sorted(applied.diff.splitlines()) == sorted(plan.diff.splitlines())
    assert [applied.count("changed", host) for host in fan.projects] == [1] * len(fan.projects)
    for region in fan.regions:
        fan.judge(region)
    again = fan.play()
    assert again.status == 0, again.output
    assert [again.count("changed", host) for host in fan.projects] == [0] * len(fan.projects)


@pytest.mark.parametrize("fan", [6], indirect=True)
def test_slices_at_the_same_time(fan: Fan) -> None:
    """AWX gives every slice of a job each so-manieth host of the inventory, and runs the slices on its nodes."""
    hosts = sorted(fan.projects)
    slices = [hosts[number::3] for number in range(3)]
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda part: fan.play("--limit", ",".join(part)), slices))
    for run, part in zip(runs, slices, strict=True):
        assert run.status == 0, run.output
        assert [run.count("changed", host) for host in part] == [1] * len(part)
        assert not any(host in run.output for host in set(hosts) - set(part))
    for region in fan.regions:
        fan.judge(region)


@pytest.mark.parametrize("fan", [4], indirect=True)
def test_a_project_that_refuses_holds_up_no_other(fan: Fan) -> None:
    refusing = fan.regions["america"].pop()
    cloud = fan.projects[refusing].cloud
    fan.write_clouds({refusing: {**cloud, "auth": {**cloud["auth"], "password": "wrong"}}})
    run = fan.play()
    assert run.status != 0
    assert run.count("failed", refusing) == 1
    assert "cannot log in to the cloud" in run.output
    assert fan.projects[refusing].api.group_names() == []
    for region in fan.regions:
        fan.judge(region)
    fan.write_clouds({})
    mended = fan.play()
    assert mended.status == 0, mended.output
    assert [host for host in fan.projects if mended.count("changed", host)] == [refusing]
