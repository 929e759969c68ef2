# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of every module run as they are printed, one after the other, and return what is documented."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import REPOSITORY, RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import SERVERS, Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import MODULES, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.template import default_rules, restored

NAMES = sorted(path.stem for path in (REPOSITORY / "plugins" / "modules").glob("*.py"))
ANSIBLES_OWN = {"changed", "failed", "diff", "warnings", "deprecations", "invocation", "ansible_facts"}
TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "dict": dict,
    "float": (int, float),
    "int": int,
    "list": list,
    "str": str,
}
# What examples take for granted, by the options that name it.
GROUP_OPTIONS = ("security_group", "security_groups")


@pytest.fixture
def template(admin: Api) -> Iterator[None]:
    """The rules that the cloud gives new groups, which are put back."""
    before = {rule["id"] for rule in default_rules(admin)}
    with restored(admin):
        yield
        after = {rule["id"] for rule in default_rules(admin)}
    assert before <= after, "examples must not delete what the cloud came with"


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("name", NAMES)
def test_examples(
    name: str, cloud: RunningCloud, project: Project, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    module = importlib.import_module(f"{MODULES}.{name}")
    examples = yaml.safe_load(module.EXAMPLES)
    assert examples, "a module without examples"
    assert all(f"portcullis.openstack.{name}" in example for example in examples), "an example of something else"
    if any(server in module.EXAMPLES for server in SERVERS):
        fleet: Fleet = request.getfixturevalue("fleet")
        project = fleet.project
    if name.endswith("_info"):
        prepare_to_read(project)
    for group in needed_groups(examples) - {group["name"] for group in project.api.groups()} - {"default"}:
        project.api.create_group(group)
    results = play(examples, project, cloud, tmp_path)
    documented = yaml.safe_load(module.RETURN)
    assert set().union(*results) - ANSIBLES_OWN == {
        key for key, facts in documented.items() if facts["returned"] != "failure"
    }
    for result in results:
        assert not name.endswith("_info") or any(result[key] for key in documented), "nothing was found"
        judge({key: facts for key, facts in documented.items() if key in result}, result, name)


def prepare_to_read(project: Project) -> None:
    """Make what examples that only read are about, so that they find something."""
    ssh = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    project.api.create_group("allow-ssh-from-anywhere", [ssh], tags=["portcullis-owner:team-a"])
    address_group = {"name": "offices", "addresses": ["192.0.2.0/24"]}
    project.api.post("network", "/address-groups", {"address_group": address_group})


def needed_groups(options: Any) -> set[str]:
    """Return the names of groups that examples expect to be there."""
    if isinstance(options, list):
        return set[str]().union(*map(needed_groups, options))
    if not isinstance(options, dict):
        return set()
    here = [options[option] for option in GROUP_OPTIONS if option in options]
    named = {name for value in here for name in (value if isinstance(value, list) else [value])}
    return named.union(*map(needed_groups, options.values()))


def play(examples: list[Body], project: Project, cloud: RunningCloud, directory: Path) -> list[Body]:
    """Run the examples with the clouds that they name, and return their results."""
    clouds_yaml = directory / "clouds.yaml"
    clouds_yaml.write_text(yaml.safe_dump({"clouds": {"mycloud": project.cloud, "admin": cloud.credentials("admin")}}))
    results = directory / "results.json"
    names = [f"example_{number}" for number in range(len(examples))]
    tasks = [{**example, "register": name} for example, name in zip(examples, names, strict=True)]
    content = "{{ [" + ", ".join(names) + "] | to_json }}"
    save = {"content": content, "dest": str(results), "mode": "0600"}
    tasks.append({"name": "Save the results", "ansible.builtin.copy": save, "diff": False})
    playbook = directory / "playbook.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    run = run_playbook(playbook, clouds_yaml, variables={})
    assert run.status == 0, run.output
    return list(json.loads(results.read_text()))


def judge(documented: Body, result: Body, path: str) -> None:
    """Every documented key must be there, with the documented type or none."""
    for key, facts in documented.items():
        place = f"{path}.{key}"
        assert key in result, f"{place} is documented, but is not there"
        value = result[key]
        assert value is None or isinstance(value, TYPES[facts["type"]]), f"{place} is {value!r}"
        if value is not None and "contains" in facts:
            for part in result[key] if facts["type"] == "list" else [result[key]]:
                judge(facts["contains"], part, place)
