# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook, the role and the module with which existing groups become a file of variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

ADOPT: Final = "portcullis.openstack.adopt"
APPLY: Final = "portcullis.openstack.apply"


def fail(project: Project, directory: Path, *options: str, **variables: Any) -> PlaybookRun:
    """Run the playbook, which must fail."""
    run = run_playbook(ADOPT, project.write_clouds_yaml(directory), *options, variables=variables)
    assert run.status == 2, run.output
    assert "Traceback" not in run.output
    return run


def adopt(project: Project, directory: Path, **variables: Any) -> str:
    """Write a file, apply it, which must change nothing, and return its text."""
    path = directory / "adopted.yml"
    before = project.api.snapshot()
    project.play(ADOPT, directory, adopt_file=str(path), **variables)
    again = project.play(APPLY, directory, "-e", f"@{path}")
    assert again.count("changed") == 0, again.output
    assert project.api.snapshot() == before
    assert path.stat().st_mode & 0o777 == 0o600
    return path.read_text()


def test_a_project(fleet: Fleet, tmp_path: Path) -> None:
    """Everything of a project, in the words that a person would choose."""
    services = [
        {
            "name": "web",
            "description": "Web servers",
            "allow": [{"service": "https", "remote_ips": ["anywhere"]}, {"service": "ssh", "remote_services": ["db"]}],
        },
        {
            "name": "db",
            "tags": ["blue"],
            "default_egress": False,
            "allow": [
                {"service": "ping", "remote_ips": ["192.0.2.0/24", "2001:db8::/32"]},
                {"service": "postgresql", "remote_services": ["web"], "description": "The shop"},
            ],
        },
    ]
    attachments = [
        {"servers": ["web1", "web2"], "networks": ["demo"], "services": ["web"], "state": "exact"},
        {"servers": ["db1"], "services": ["db"], "state": "exact"},
    ]
    variables = {"service_groups_services": services, "instance_groups_attachments": attachments}
    fleet.project.play(APPLY, tmp_path, **variables)
    found = yaml.safe_load(adopt(fleet.project, tmp_path))
    print(yaml.safe_dump(found))
    assert found["service_groups_services"] == sorted(services, key=lambda service: str(service["name"]))
