# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it: built, installed into an empty place, run by its full name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.processes import clean_environment
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

CHECKOUT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
# What the artefact may hold at its top, and nothing else.
SHIPPED = {"COPYING", "FILES.json", "MANIFEST.json", "README.md", "changelogs", "meta", "playbooks", "plugins", "roles"}
SHIPPED |= {"requirements.txt", "docs"}


def run(*command: str | Path, **environment: str) -> str:
    completed = subprocess.run(
        command,
        env=clean_environment() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout
    return completed.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections with this one, as ``ansible-galaxy`` builds and installs it."""
    folder = tmp_path_factory.mktemp("galaxy")
    galaxy = (TOOLS / "ansible-galaxy", "collection")
    run(*galaxy, "build", "--output-path", folder, CHECKOUT)
    (artefact,) = folder.glob("portcullis-openstack-*.tar.gz")
    run(*galaxy, "install", "--force", "--offline", "--collections-path", folder / "collections", artefact)
    return folder / "collections"


def test_the_artefact_holds_what_users_need(installed: Path) -> None:
    shipped = {path.name for path in (installed / "ansible_collections/portcullis/openstack").iterdir()}
    assert shipped <= SHIPPED
    assert {"plugins", "roles", "playbooks", "meta", "README.md"} <= shipped


def test_a_playbook_of_the_installed_collection(installed: Path, project: Project, tmp_path: Path) -> None:
    marked = installed / "ansible_collections/portcullis/openstack/playbooks/quickstart.yml"
    marked.write_text(marked.read_text().replace("name: Guided tour", "name: Tour as installed"))
    output = run(
        TOOLS / "ansible-playbook",
        "portcullis.openstack.quickstart",
        ANSIBLE_COLLECTIONS_PATH=str(installed),
        OS_CLIENT_CONFIG_FILE=str(project.write_clouds_yaml(tmp_path)),
    )
    assert "PLAY [Tour as installed]" in output
    assert {"allow-ssh-from-anywhere", "web", "db"} <= set(project.api.group_names())
