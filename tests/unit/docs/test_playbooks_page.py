# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of the playbooks has every variable that each of them reads, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.plugins.module_utils._services.counterparts import COUNTERPARTS
from ansible_collections.portcullis.openstack.plugins.module_utils._services.variables import KNOWN

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "docsite" / "rst" / "playbooks.rst"
PLAYBOOKS = {path.stem: path for path in (ROOT / "playbooks").glob("*.yml")}
# A row of a table of variables: the variable, as a link to its role or as it is, and the playbooks that read it.
ROW = re.compile(
    r"   \* - (?::ansopt:`portcullis\.openstack\.(?P<role>\w+)#role:run:(?P<link>\w+)`|``(?P<plain>\w+)``)\n"
    r"     - (?P<playbooks>all playbooks|(?:``\w+``(?:, )?)+)\n"
)
OF_HOSTS = {f"instance_groups_{name}" for name in ("services", "security_groups", "server", "networks", "state")}
# Variables that tasks set or hand on, and nobody else.
NOT_FOR_USERS = {
    *("adopt_result", "audit_result", "instance_groups_result", "retire_result", "service_groups_result"),
    *("portcullis_adopt", "portcullis_audit", "portcullis_report", "portcullis_retire", "portcullis_revision"),
    *("quickstart_group", "quickstart_info", "quickstart_rules"),
}


def options(role: str) -> dict[str, Any]:
    """Return the variables in the argument specs of a role."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
    return dict(specs["argument_specs"]["run"]["options"])


def read_by(playbook: str) -> set[str]:
    """Return the variables that a playbook reads: those of its role, of its report and of its own."""
    text = PLAYBOOKS[playbook].read_text()
    if "tasks/report.yml" in text:
        text += (ROOT / "playbooks" / "tasks" / "report.yml").read_text()
    (role,) = re.findall(r"name: portcullis\.openstack\.(\w+)$", text, flags=re.MULTILINE)
    found = set(options(role)) | {name for name in KNOWN if re.search(rf"\b{name}\b", text)}
    if role == "instance_groups":
        found |= set(COUNTERPARTS.values())
    # The quickstart has no hosts with attachments.
    return (found | OF_HOSTS if playbook == "apply" else found) - NOT_FOR_USERS


def on_the_page() -> dict[str, set[str]]:
    """Return the playbooks that read each variable, as the page says."""
    return {
        row["link"] or row["plain"]: set(
            PLAYBOOKS if row["playbooks"] == "all playbooks" else re.findall(r"\w+", row["playbooks"])
        )
        for row in ROW.finditer(PAGE.read_text())
    }


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_all_variables_of_a_playbook_are_on_the_page(playbook: str) -> None:
    assert {name for name, playbooks in on_the_page().items() if playbook in playbooks} == read_by(playbook)


def test_the_page_has_all_known_variables() -> None:
    assert set(on_the_page()) == KNOWN - NOT_FOR_USERS


def test_variables_link_to_their_roles() -> None:
    rows = list(ROW.finditer(PAGE.read_text()))
    links = [(row["role"], row["link"]) for row in rows if row["link"]]
    assert all(link in options(role) for role, link in links)
    assert {row["plain"] for row in rows if row["plain"]} == {
        name for name in KNOWN if name.startswith(("portcullis_", "quickstart_"))
    } - NOT_FOR_USERS


def test_hosts_have_the_variables_of_hosts() -> None:
    described = {name: str(option["description"]) for name, option in options("instance_groups").items()}
    assert {name for name, text in described.items() if "For a host, " in text} == OF_HOSTS


def test_the_report() -> None:
    """The page has each key of the report."""
    tasks = yaml.safe_load((ROOT / "playbooks" / "tasks" / "report.yml").read_text())
    report = tasks[0]["ansible.builtin.set_stats"]["data"]["portcullis_report"]
    section = PAGE.read_text().partition("The report\n---")[2]
    assert re.findall(r"^   \* - ``(\w+)``$", section, flags=re.MULTILINE) == list(report)
