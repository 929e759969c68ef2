# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recipe does what its page says: its commands, as they are printed, and the plans that the page shows."""

from __future__ import annotations

from collections.abc import Callable
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
VARIABLES: Final = sorted({*RECIPES.glob("*.yml")} - {MANY_PROJECTS, SHARED_GROUP})


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
