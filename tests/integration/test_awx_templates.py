# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What awx/controller makes in AWX, and what ansible-builder makes of the execution environment: without any cloud.

``configure.yml`` runs as it is. In place of ``awx.awx`` there are modules that have the same options and only note down
what they were given.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.awx import PROJECT, templates
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import REPOSITORY
from ansible_collections.portcullis.openstack.tests.integration.harness.collection import install, run_tool

MODULES = yaml.safe_load(Path(__file__).with_name("awx_modules.yml").read_text())
RECORDER = """
import json
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec=json.loads('''{spec}'''))
with open({calls!r}, "a") as calls:
    calls.write(json.dumps({{"module": {name!r}, **module.params}}) + "\\n")
module.exit_json(changed=True)
"""
Call = dict[str, Any]

# How AWX finds playbooks: awx/main/utils/ansible.py.
LISTED = re.compile(r"^\s*?-?\s*?(?:hosts|include|import_playbook):\s*?.*?$", re.MULTILINE)
# What AWX takes as types of questions and of their defaults, and as keys: awx/api/views, JobTemplateSurveySpec, and
# the form in which its own pages store questions.
TYPES: dict[str, type] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": float,
}
REQUIRED = {"type": str, "question_name": str, "variable": str, "required": bool}
OPTIONAL = {"question_description": str, "default": object, "min": int, "max": int, "choices": list}


def configure(folder: Path, **variables: Any) -> list[Call]:
    """Run the playbook and return what its modules were given, in the order of time."""
    calls = folder / "calls"
    modules = folder / "ansible_collections/awx/awx/plugins/modules"
    modules.mkdir(parents=True)
    for name, module in MODULES.items():
        recorder = RECORDER.format(spec=json.dumps(module["options"]), calls=str(calls), name=name)
        (modules / f"{name}.py").write_text(recorder)
    run_tool(
        "ansible-playbook",
        PROJECT / "controller" / "configure.yml",
        "-e",
        json.dumps({"awx_scm_url": "https://example.org/project.git", **variables}),
        ANSIBLE_COLLECTIONS_PATH=str(folder),
    )
    return [json.loads(line) for line in calls.read_text().splitlines()]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """All that the playbook can be asked for."""
    return configure(
        tmp_path_factory.mktemp("awx"),
        awx_image="portcullis",
        awx_credential_type="OpenStack application credential",
        awx_credential_inputs={"auth_url": "https://example.org:5000/v3"},
    )


@pytest.fixture(scope="module")
def job_templates(calls: list[Call]) -> dict[str, Call]:
    return {call["name"]: call for call in calls if call["module"] == "job_template"}


@pytest.fixture(scope="module")
def surveys(calls: list[Call]) -> list[Call]:
    return [call["survey_spec"] for call in calls if call.get("survey_spec")]


def variables_of(survey: Call) -> list[str]:
    return [question["variable"] for question in survey["spec"]]


def test_everything_is_made_before_it_is_used(calls: list[Call]) -> None:
    """AWX looks names up when something that uses them is made."""
    made = [(call["module"], call["name"]) for call in calls]
    assert {module for module, _name in made} == MODULES.keys()
    uses = ("inventory", "project", "execution_environment", "source_project")
    for position, call in enumerate(calls):
        used = {(option.removeprefix("source_"), call[option]) for option in uses if call.get(option)}
        used |= {("credential", name) for name in call.get("credentials", ())}
        used |= {
            (node["unified_job_template"]["type"], node["unified_job_template"]["name"])
            for node in call.get("schema", ())
            if node["unified_job_template"]["type"] == "job_template"
        }
        assert used <= set(made[:position])


def test_without_an_image_and_a_credential_of_ones_own(tmp_path: Path) -> None:
    calls = configure(tmp_path)
    made = {call["module"] for call in calls}
    assert not {"credential", "credential_type", "execution_environment"} & made
    images = [call["execution_environment"] for call in calls if call["module"] == "job_template"]
    assert images == [None] * len(templates()["awx_job_templates"])


def test_awx_finds_the_playbooks(job_templates: dict[str, Call]) -> None:
    found = {path.name for path in PROJECT.glob("*.yml") if LISTED.search(path.read_text())}
    assert found >= {call["playbook"] for call in job_templates.values()}


def test_awx_finds_the_inventory(calls: list[Call]) -> None:
    (source,) = [call["source_path"] for call in calls if call["module"] == "inventory_source"]
    assert (PROJECT / source).is_file()


def test_the_templates_check_or_run(job_templates: dict[str, Call]) -> None:
    assert {name: (call["job_type"], call["ask_job_type_on_launch"]) for name, call in job_templates.items()} == {
        "Portcullis plan": ("check", False),
        "Portcullis apply": ("run", True),
        "Portcullis attach": ("run", True),
    }
    assert all(call["diff_mode"] and call["survey_enabled"] for call in job_templates.values())


def test_awx_takes_the_surveys(surveys: list[Call]) -> None:
    assert len(surveys) == 4
    for survey in surveys:
        assert {key: type(value) for key, value in survey.items()} == {"name": str, "description": str, "spec": list}
        assert survey["spec"]
        assert len(set(variables_of(survey))) == len(survey["spec"])
        for question in survey["spec"]:
            judge_question(question)


def judge_question(question: Call) -> None:
    """Judge a question as AWX does."""
    assert question.keys() >= REQUIRED.keys()
    for key, value in question.items():
        assert isinstance(value, {**REQUIRED, **OPTIONAL}[key]), (question["variable"], key)
    assert isinstance(question["default"], TYPES[question["type"]])
    assert ("choices" in question) == (question["type"] in ("multiplechoice", "multiselect"))
    if "choices" in question:
        assert all(isinstance(choice, str) for choice in question["choices"])
        defaults = str(question["default"]).splitlines()
        assert set(defaults) <= set(question["choices"])
        assert question["type"] == "multiselect" or len(defaults) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "boolean", "default": False},
        {"type": "multiplechoice", "default": "false"},
        {"type": "multiplechoice", "choices": ["false", "true"], "default": "perhaps"},
        {"type": "multiplechoice", "choices": ["false", "true"], "default": "false\ntrue"},
        {"type": "multiselect", "choices": ["a", "b"], "default": ["a"]},
        {"type": "text", "default": 1},
        {"type": "text", "default": "", "max": "255"},
        {"type": "text", "default": "", "help": "unknown"},
        {"type": "text", "default": "", "required": "false"},
    ],
)
def test_a_wrong_question_is_noticed(wrong: Call) -> None:
    right = {"variable": "x", "question_name": "X", "required": False, "type": "text", "default": ""}
    judge_question(right)
    with pytest.raises((AssertionError, KeyError)):
        judge_question({**right, **wrong})


def known_variables(playbook: str) -> set[str]:
    """Return the variables that the roles of a playbook of the project know."""
    roles = {"apply.yml": ("service_groups", "instance_groups"), "attach.yml": ("instance_groups",)}[playbook]
    specs = [REPOSITORY / "roles" / role / "meta" / "argument_specs.yml" for role in roles]
    options = [yaml.safe_load(spec.read_text())["argument_specs"]["run"]["options"] for spec in specs]
    inherited = (REPOSITORY / "roles" / "instance_groups" / "tasks" / "run.yml").read_text()
    return set().union(*options, re.findall(r"service_groups_\w+", inherited))


def read_by_the_survey() -> dict[str, set[str]]:
    """Return the variables that survey.yml sets, by the question that it reads them from."""
    (play,) = yaml.safe_load((PROJECT / "survey.yml").read_text())
    facts = [task["ansible.builtin.set_fact"] for task in play["tasks"] if "ansible.builtin.set_fact" in task]
    read: dict[str, set[str]] = {}
    for name, expression in (item for fact in facts for item in fact.items()):
        (question,) = re.findall(r"survey_\w+", expression)
        read.setdefault(question, set()).add(name)
    return read


# The file has all variables of the roles, and what drift means is a variable of the playbooks.
OF_NO_ROLE = {"survey_file", "portcullis_fail_on_drift"}


def test_every_question_is_about_a_variable_that_exists(job_templates: dict[str, Call]) -> None:
    for call in job_templates.values():
        for question in set(variables_of(call["survey_spec"])) - OF_NO_ROLE:
            assert read_by_the_survey()[question] <= known_variables(call["playbook"])
    asked = {name for call in job_templates.values() for name in variables_of(call["survey_spec"])}
    assert asked == {question["variable"] for question in templates()["awx_questions"]}


def test_the_workflow(calls: list[Call], job_templates: dict[str, Call]) -> None:
    """Plan, approve, apply; what its survey asks, the surveys of its jobs take."""
    (workflow,) = [call for call in calls if call["module"] == "workflow_job_template"]
    nodes = {node["identifier"]: node for node in workflow["schema"]}
    after = {name: node.get("related", {}).get("success_nodes", []) for name, node in nodes.items()}
    assert after == {"plan": [{"identifier": "approve"}], "approve": [{"identifier": "apply"}], "apply": []}
    jobs = {name: node["unified_job_template"]["name"] for name, node in nodes.items()}
    assert nodes["approve"]["unified_job_template"]["type"] == "workflow_approval"
    assert job_templates[jobs["plan"]]["job_type"] == "check"
    assert job_templates[jobs["apply"]]["job_type"] == "run"
    asked = set(variables_of(workflow["survey_spec"]))
    for job in ("plan", "apply"):
        assert asked <= set(variables_of(job_templates[jobs[job]]["survey_spec"]))


def test_the_credential_type(calls: list[Call]) -> None:
    """As AWX judges it: awx/main/fields.py. What its file holds is shown with a job in test_awx.py."""
    (made,) = [call for call in calls if call["module"] == "credential_type"]
    ids = [field["id"] for field in made["inputs"]["fields"]]
    assert len(set(ids)) == len(ids)
    assert set(made["inputs"]["required"]) <= set(ids)
    for field in made["inputs"]["fields"]:
        assert field.keys() <= {"id", "label", "type", "format", "secret", "multiline", "help_text", "default"}
        assert field["type"] in ("string", "boolean")
        assert field["type"] == "string" or not field.keys() & {"format", "secret", "multiline"}
    assert [field["id"] for field in made["inputs"]["fields"] if field.get("secret")] == [
        "application_credential_secret"
    ]
    assert made["injectors"]["env"] == {"OS_CLIENT_CONFIG_FILE": "{{ tower.filename }}"}
    assert made["injectors"]["file"].keys() == {"template"}


def test_the_execution_environment(tmp_path: Path) -> None:
    definition = REPOSITORY / "execution-environment.yml"
    where = ("--context", tmp_path / "context", "--output-filename", "Containerfile")
    run_tool("ansible-builder", "create", "--file", definition, *where)
    containerfile = (tmp_path / "context" / "Containerfile").read_text()
    assert re.search(r'^ARG EE_BASE_IMAGE="ubi9:latest"$', containerfile, re.MULTILINE)
    wanted = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text())
    assert wanted == {"collections": [{"name": "portcullis.openstack"}]}
    # What ansible-builder does next, inside the image: it asks the installed collection for what it needs.
    said = yaml.safe_load(run_tool("ansible-builder", "introspect", install(tmp_path / "galaxy")))
    requirements = (REPOSITORY / "requirements.txt").read_text().splitlines()
    needed = [line for line in requirements if line and not line.startswith("#")]
    named = [f"{line}  # from collection portcullis.openstack" for line in needed]
    assert said == {"python": named, "system": []}
