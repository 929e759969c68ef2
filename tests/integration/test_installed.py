# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it: built, installed into an empty place, run by its full name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.collection import install, run_tool
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

# What the artefact may hold at its top, and nothing else.
SHIPPED = {"COPYING", "FILES.json", "MANIFEST.json", "README.md", "changelogs", "meta", "playbooks", "plugins", "roles"}
SHIPPED |= {"CHANGELOG.rst", "requirements.txt", "docs"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections with this one."""
    return install(tmp_path_factory.mktemp("galaxy"))


def test_the_artefact_holds_what_users_need(installed: Path) -> None:
    root = installed / "ansible_collections/portcullis/openstack"
    shipped = {path.name for path in root.iterdir()}
    assert shipped <= SHIPPED
    assert [path.name for path in (root / "docs").iterdir()] == ["docsite"]
    assert {"plugins", "roles", "playbooks", "meta", "README.md"} <= shipped


def test_a_playbook_of_the_installed_collection(installed: Path, project: Project, tmp_path: Path) -> None:
    marked = installed / "ansible_collections/portcullis/openstack/playbooks/quickstart.yml"
    marked.write_text(marked.read_text().replace("name: Guided tour", "name: Tour as installed"))
    output = run_tool(
        "ansible-playbook",
        "portcullis.openstack.quickstart",
        ANSIBLE_COLLECTIONS_PATH=str(installed),
        OS_CLIENT_CONFIG_FILE=str(project.write_clouds_yaml(tmp_path)),
    )
    assert "PLAY [Tour as installed]" in output
    assert {"allow-ssh-from-anywhere", "web", "db"} <= set(project.api.group_names())


def test_a_project_of_three_files(installed: Path, project: Project, tmp_path: Path) -> None:
    """A requirements.yml, group_vars and a playbook of three lines are all that a project needs."""
    (artefact,) = installed.parent.glob("portcullis-openstack-*.tar.gz")
    service = {"name": "web", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]}
    files = {
        "requirements.yml": {"collections": [{"name": str(artefact), "type": "file"}]},
        "group_vars/all.yml": {"service_groups_services": [service], "service_groups_prefix": "ours-"},
        "site.yml": [{"hosts": "localhost", "gather_facts": False, "roles": ["portcullis.openstack.service_groups"]}],
    }
    (tmp_path / "group_vars").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content, sort_keys=False))
    collections = tmp_path / "collections"
    options = ("--force", "--offline", "--collections-path", collections)
    run_tool("ansible-galaxy", "collection", "install", *options, "-r", tmp_path / "requirements.yml")
    output = run_tool(
        "ansible-playbook",
        "-vv",
        tmp_path / "site.yml",
        ANSIBLE_COLLECTIONS_PATH=str(collections),
        OS_CLIENT_CONFIG_FILE=str(project.write_clouds_yaml(tmp_path)),
    )
    assert f"task path: {collections}/ansible_collections/portcullis/openstack/roles/service_groups" in output
    assert project.api.group_names() == ["ours-web"]
