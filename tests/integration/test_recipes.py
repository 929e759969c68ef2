# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recipe does what its page says: its commands, as they are printed, and the plans that the page shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.recipes import (
    PLANS,
    RECIPES,
    commands,
    create_targets,
    transcript,
)

# Playbooks, which need more than one project.
MANY_PROJECTS: Final = RECIPES / "many_projects.yml"
SHARED_GROUP: Final = RECIPES / "shared_group.yml"
# Its plan depends on the time.
CONTRACTOR: Final = RECIPES / "contractor.yml"
VARIABLES: Final = sorted({*RECIPES.glob("*.yml")} - {MANY_PROJECTS, SHARED_GROUP, CONTRACTOR})


@pytest.fixture
def compare(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a recipe's plan with the stored one, or stores it."""

    def compare(recipe: Path, plan: str) -> None:
        stored = PLANS / f"{recipe.stem}.diff"
        if request.config.getoption("--write-plans"):
            stored.write_text(plan)
        assert plan == stored.read_text(), "the plan has changed: `make plans` stores the new one"

    return compare


@pytest.mark.parametrize("recipe", VARIABLES, ids=lambda recipe: recipe.stem)
def test_a_file_of_variables(
    recipe: Path, project: Project, compare: Callable[[Path, str], None], tmp_path: Path
) -> None:
    plans = []
    for command in commands(recipe):
        create_targets(project.api, recipe, command)
        check, _real = project.settle_plan(command.playbook, tmp_path, *command.options)
        plans.append((command, check))
    assert plans, "the recipe names no command"
    compare(recipe, transcript(plans))


def test_access_for_a_week(project: Project, compare: Callable[[Path, str], None], tmp_path: Path) -> None:
    """The plan is that of a week before the date in the file, whenever the test runs."""
    today = datetime.now(timezone.utc).date()
    week, yesterday = str(today + timedelta(days=7)), str(today - timedelta(days=1))
    (end,) = set(re.findall(r"until: (\S+)", CONTRACTOR.read_text()))
    recipe = tmp_path / CONTRACTOR.name
    recipe.write_text(CONTRACTOR.read_text().replace(end, week))
    (command,) = commands(recipe)
    create_targets(project.api, recipe, command)
    check, _real = project.settle_plan(command.playbook, tmp_path, *command.options)
    contractor = "ingress IPv4 tcp 22:22 198.51.100.20/32 (Contractor, ticket 4711)"
    assert contractor in project.api.rules("ssh")
    plan = transcript([(command, check)])

    recipe.write_text(CONTRACTOR.read_text().replace(end, yesterday))
    closed = project.settle_play(command.playbook, tmp_path, *command.options)
    assert contractor not in project.api.rules("ssh")
    assert "  - security group reporting" in closed.diff
    assert f"time-limited access: attachment 2 (db1): ended ({yesterday})" in closed.output
    compare(CONTRACTOR, plan.replace(week, end))


def test_environments_leave_each_other_alone(project: Project, tmp_path: Path) -> None:
    """Although both prune, and whether or not there are instances."""
    staging, production = commands(RECIPES / "environments.yml")
    runs = [
        project.play(command.playbook, tmp_path, *command.options, instance_groups_missing="warn")
        for command in (staging, production, staging)
    ]
    assert [run.count("changed") for run in runs] == [1, 1, 0]


def test_many_projects(
    new_project: Callable[[], Project], compare: Callable[[Path, str], None], tmp_path: Path
) -> None:
    (command,) = commands(MANY_PROJECTS)
    projects = {name: new_project() for name in ("shop", "billing")}
    clouds_yaml = tmp_path / "clouds.yaml"
    clouds_yaml.write_text(yaml.safe_dump({"clouds": {name: project.cloud for name, project in projects.items()}}))
    check, real, again = (
        run_playbook(command.playbook, clouds_yaml, *mode, *command.options, variables={})
        for mode in (["--check"], [], [])
    )
    assert [run.status for run in (check, real, again)] == [0, 0, 0], check.output + real.output + again.output
    assert check.diff == real.diff
    for name, project in projects.items():
        assert [run.count("changed", name) for run in (check, real, again)] == [1, 1, 0]
        assert project.api.group_names() == ["ssh", "web"]
        project.close()
    compare(MANY_PROJECTS, transcript([(command, check)]))


def test_a_shared_group(
    project: Project, new_project: Callable[[], Project], compare: Callable[[Path, str], None], tmp_path: Path
) -> None:
    (command,) = commands(SHARED_GROUP)
    other = new_project()
    check, _real = project.settle_plan(command.playbook, tmp_path, *command.options, other_project=other.id)
    (play,) = yaml.safe_load(SHARED_GROUP.read_text())
    plan = transcript([(command, check)]).replace(other.id, play["vars"]["other_project"])

    # What the page tells the other project to do.
    group = project.api.group("ssh-from-bastion")["id"]
    (network,) = other.api.get("network", "/networks", params={"name": "demo"})["networks"]
    other.api.post("network", "/ports", {"port": {"name": "app", "network_id": network["id"]}})
    attachment: dict[str, Any] = {"ports": ["app"], "security_groups": [group]}
    other.settle_play("portcullis.openstack.instance_groups", tmp_path, instance_groups_attachments=[attachment])
    (port,) = other.api.ports()
    assert group in port["security_groups"]
    other.close()
    compare(SHARED_GROUP, plan)
