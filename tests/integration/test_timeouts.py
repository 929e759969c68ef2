# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a run waits for an answer: a minute, unless an option, a role's variable or clouds.yaml says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud import session
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy, hold

VARIABLES = {
    "apply": "service_groups_api_timeout",
    "instance_groups": "instance_groups_api_timeout",
    "service_groups": "service_groups_api_timeout",
}


@pytest.mark.parametrize(("options", "seconds"), [({}, 60), ({"api_timeout": 7}, 7)])
def test_seconds(project: Project, tmp_path: Path, options: dict[str, Any], seconds: int) -> None:
    clouds_yaml = project.write_clouds_yaml(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds_yaml))
        by_option = Cloud({"cloud": "project", **options})
    in_the_cloud = Cloud({"cloud": {**project.cloud, **options}})
    assert [cloud._region.config["api_timeout"] for cloud in (by_option, in_the_cloud)] == [seconds, seconds]


def test_a_request_times_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_API_TIMEOUT", 0.2)
    monkeypatch.setattr(session, "_PAUSES", (0.0,))
    with Proxy(hold(1)) as proxy, project.through(proxy) as cloud, pytest.raises(CloudError, match="timed out"):
        cloud.log_in()


@pytest.mark.parametrize(("playbook", "variable"), VARIABLES.items())
def test_the_roles_have_the_option(project: Project, tmp_path: Path, playbook: str, variable: str) -> None:
    lists: dict[str, Any] = {"service_groups_services": [], "instance_groups_attachments": []}
    clouds_yaml = project.write_clouds_yaml(tmp_path)
    run = run_playbook(f"portcullis.openstack.{playbook}", clouds_yaml, variables={**lists, variable: "soon"})
    assert run.status != 0
    assert "argument 'api_timeout' is of type" in run.output
