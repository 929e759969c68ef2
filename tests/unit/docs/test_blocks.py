# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles accept the lists of services and attachments in the README and in every guide."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.portcullis.openstack.plugins.filter.services import FilterModule
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import AUTH
from ansible_collections.portcullis.openstack.plugins.modules.security_group_set import ARGUMENT_SPEC, prepare

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))]
BLOCK = re.compile(r"^(?:```yaml\n([\s\S]*?)^```$|\.\. code-block:: yaml\n\n((?:   .*\n|\n)+))", re.MULTILINE)
SERVICES, ATTACHMENTS = "service_groups_services", "instance_groups_attachments"
FILTERS = FilterModule().filters()


def lists() -> list[Any]:
    """Return the variables of each block that has services without templates, with a name for the test."""
    found = []
    for page in PAGES:
        for number, (markdown, rst) in enumerate(BLOCK.findall(page.read_text())):
            variables = yaml.safe_load(textwrap.dedent(markdown or rst))
            if isinstance(variables, dict) and isinstance(variables.get(SERVICES), list):
                found.append(pytest.param(variables, id=f"{page.stem}-{number}"))
    return found


def variables_of_roles() -> set[str]:
    """Return the names of the variables of the role apply."""
    specs = yaml.safe_load((ROOT / "roles" / "apply" / "meta" / "argument_specs.yml").read_text())
    return set(specs["argument_specs"]["run"]["options"])


@pytest.mark.parametrize("variables", lists())
def test_the_roles_accept_the_lists_of_a_guide(variables: dict[str, Any]) -> None:
    assert variables.keys() <= variables_of_roles()
    prefix = variables.get("service_groups_prefix", "")
    groups = FILTERS["service_groups"](
        variables[SERVICES],
        prefix=prefix,
        default_egress=variables.get("service_groups_default_egress", True),
        catalogue=variables.get("service_groups_catalogue"),
    )
    attachments = FILTERS["service_attachments"](variables.get(ATTACHMENTS), variables[SERVICES], prefix=prefix)
    options = {"groups": groups, "attachments": attachments}
    for name in ("catalogue", "owner", "prune", "detach"):
        if f"service_groups_{name}" in variables:
            options[name] = variables[f"service_groups_{name}"]
    validated = ModuleArgumentSpecValidator({**AUTH, **ARGUMENT_SPEC}).validate(json.loads(json.dumps(options)))
    assert not validated.error_messages
    prepare(validated.validated_parameters)


def test_blocks_are_found() -> None:
    assert len(lists()) > 10
