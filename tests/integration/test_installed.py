# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it: built, installed into an empty place, run by its full name."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    shipped = {path.name for path in (installed / "ansible_collections/portcullis/openstack").iterdir()}
    assert shipped <= SHIPPED
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
