# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud that is a mapping has the region itself, and says so in words that fit options and variables of roles."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

ERROR = "cloud: it is a mapping, which must contain all options of the login; move region_name into it"


def test_an_option(project: Project) -> None:
    assert project.fail("security_group", name="web", region_name="RegionOne")["msg"].startswith(ERROR)


@pytest.mark.parametrize("playbook", ["apply", "instance_groups", "service_groups"])
def test_a_variable_of_a_role(project: Project, tmp_path: Path, playbook: str) -> None:
    login = {"service_groups_cloud": project.cloud, "service_groups_region_name": "RegionOne"}
    clouds_yaml = project.write_clouds_yaml(tmp_path)
    attachments = [{"servers": ["web1"], "security_groups": ["web"]}]
    lists = {"service_groups_services": [], "instance_groups_attachments": attachments}
    run = run_playbook(f"portcullis.openstack.{playbook}", clouds_yaml, variables={**login, **lists})
    assert run.status != 0
    assert ERROR in run.output
