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

FREE_FORM = "Portcullis apply, free form"
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


def configure(folder: Path, *, collection: str = "awx/awx", **variables: Any) -> list[Call]:
    """Run the playbook and return what its modules were given, in the order of time."""
    calls = folder / "calls"
    modules = folder / "ansible_collections" / collection / "plugins/modules"
    modules.mkdir(parents=True)
    for name, options in MODULES.items():
        recorder = RECORDER.format(spec=json.dumps(options), calls=str(calls), name=name)
        (modules / f"{name}.py").write_text(recorder)
    run_tool(
        "ansible-playbook",
        PROJECT / "controller" / "configure.yml",
        "-e",
        json.dumps({**REQUIRED_VARIABLES, **variables}),
        ANSIBLE_COLLECTIONS_PATH=str(folder),
    )
    return [json.loads(line) for line in calls.read_text().splitlines()]


REQUIRED_VARIABLES = {"awx_scm_url": "https://example.org/project.git", "awx_image": "portcullis"}
ALL_VARIABLES: dict[str, Any] = {
    "awx_credential_type": "OpenStack application credential",
    "awx_credential_inputs": {"auth_url": "https://example.org:5000/v3"},
    "awx_notification": "Firewall",
    "awx_notification_type": "slack",
    "awx_notification_configuration": {"channels": ["firewall"], "token": "secret"},
    "awx_launchers": ["Shop"],
    "awx_approvers": ["Security"],
    "awx_free_form": True,
}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """All that the playbook can be asked for."""
    return configure(tmp_path_factory.mktemp("awx"), **ALL_VARIABLES)


@pytest.fixture(scope="module")
def job_templates(calls: list[Call]) -> dict[str, Call]:
    return {call["name"]: call for call in calls if call["module"] == "job_template"}


@pytest.fixture(scope="module")
def surveys(calls: list[Call]) -> list[Call]:
    return [call["survey_spec"] for call in calls if call.get("survey_spec")]


def variables_of(survey: Call | None) -> list[str]:
    return [question["variable"] for question in survey["spec"]] if survey else []


def test_everything_is_made_before_it_is_used(calls: list[Call]) -> None:
    """AWX looks names up when something that uses them is made."""
    made = [(call["module"], call.get("name")) for call in calls]
    assert {module for module, _name in made} == MODULES.keys()
    for position, call in enumerate(calls):
        assert used_by(call) <= set(made[:position])


def used_by(call: Call) -> set[tuple[str, str]]:
    """Return the kinds and names of the things that a module looks up."""
    single = {"source_project": "project", "unified_job_template": "job_template"}
    single |= {kind: kind for kind in ("inventory", "project", "execution_environment")}
    several = {"credentials": "credential", "job_templates": "job_template", "workflows": "workflow_job_template"}
    several |= {option: "notification_template" for option in call if option.startswith("notification_templates_")}
    used = {(kind, call[option]) for option, kind in single.items() if call.get(option)}
    used |= {(kind, name) for option, kind in several.items() for name in call.get(option) or ()}
    nodes = [node["unified_job_template"] for node in call.get("workflow_nodes", ())]
    return used | {("job_template", node["name"]) for node in nodes if node["type"] == "job_template"}


def test_the_modules_of_ansible_automation_platform(calls: list[Call], tmp_path: Path) -> None:
    assert configure(tmp_path, collection="ansible/controller", **ALL_VARIABLES) == calls


@pytest.mark.parametrize(
    ("file", "collection", "version"),
    [("requirements.yml", "awx.awx", "24.6.1"), ("requirements-aap.yml", "ansible.controller", ">=4.5.0,<4.8.0")],
)
def test_the_modules_are_of_a_known_version(file: str, collection: str, version: str) -> None:
    wanted = yaml.safe_load((PROJECT / "controller" / file).read_text())
    assert wanted == {"collections": [{"name": collection, "version": version}]}


def test_as_little_as_can_be_asked_for(tmp_path: Path) -> None:
    """Only the repository and the image are given. Notifications that others have set stay, and no text is applied."""
    calls = configure(tmp_path, awx_scm_url="git@example.org:project.git")
    made = {call["module"] for call in calls}
    assert not {"credential", "credential_type", "notification_template", "role"} & made
    assert {call[option] for call in calls for option in call if option.startswith("notification_")} == {None}
    states = {call["name"]: call["state"] for call in calls if call["module"] == "job_template"}
    assert {name for name, state in states.items() if state == "absent"} == {FREE_FORM}


@pytest.mark.parametrize("url", ["", "/home/me/project", "file:///srv/a", "example.org/a"])
def test_the_variables_are_judged_first(tmp_path: Path, url: str) -> None:
    """All that is wrong is notified at once, and nothing was made."""
    with pytest.raises(AssertionError) as failure:
        configure(tmp_path, awx_scm_url=url, awx_image="", awx_notification_configuration={"token": "secret"})
    message = " ".join(str(failure.value).split())
    assert f"awx_scm_url is '{url}'; set it to the URL of the git repository" in message
    assert "awx_image is empty; set it to an image made from execution-environment.yml, because" in message
    assert "awx_notification_configuration needs awx_notification, a name, and awx_notification_type" in message
    assert not (tmp_path / "calls").exists()


def test_awx_finds_the_playbooks(job_templates: dict[str, Call]) -> None:
    found = {path.name for path in PROJECT.glob("*.yml") if LISTED.search(path.read_text())}
    assert found >= {call["playbook"] for call in job_templates.values()}


def test_awx_finds_the_inventory(calls: list[Call]) -> None:
    (source,) = [call["source_path"] for call in calls if call["module"] == "inventory_source"]
    assert (PROJECT / source).is_file()


def test_the_templates_check_or_run(job_templates: dict[str, Call]) -> None:
    assert {name: (call["job_type"], call["ask_job_type_on_launch"]) for name, call in job_templates.items()} == {
        "Portcullis plan": ("check", False),
        "Portcullis drift": ("check", False),
        "Portcullis audit": ("run", True),
        "Portcullis adopt": ("run", True),
        "Portcullis changes": ("check", False),
        "Portcullis apply": ("run", True),
        "Portcullis attach": ("run", True),
        "Portcullis retire": ("run", True),
        FREE_FORM: ("run", True),
    }
    assert all(call["diff_mode"] for call in job_templates.values())


REVIEWED = {"survey_file", "survey_cloud", "portcullis_fail_on_drift"}


def test_only_the_reviewed_file_is_applied(calls: list[Call], job_templates: dict[str, Call]) -> None:
    """Whoever launches a template or the workflow chooses a file of the project and a cloud, and enters nothing."""
    workflows = [call for call in calls if call["module"] == "workflow_job_template"]
    for call in [*job_templates.values(), *workflows]:
        assert call["ask_variables_on_launch"] is False
        assert call["ask_scm_branch_on_launch"] is False
        if call["name"] != FREE_FORM:
            assert set(variables_of(call["survey_spec"])) <= REVIEWED
            assert call.get("playbook") != job_templates[FREE_FORM]["playbook"]
    (project,) = [call for call in calls if call["module"] == "project"]
    assert project["allow_override"] is False


def test_what_runs_ends(calls: list[Call]) -> None:
    """Every kind of job has a time-out, and so has the approval."""
    timeouts = {"job_template", "project", "inventory_source"}
    assert all(call["timeout"] == 1800 for call in calls if call["module"] in timeouts)
    (workflow,) = [call for call in calls if call["module"] == "workflow_job_template"]
    approvals = [node["unified_job_template"] for node in workflow["workflow_nodes"]]
    assert [node["timeout"] for node in approvals if node["type"] == "workflow_approval"] == [86400]


def test_who_may_do_what(calls: list[Call]) -> None:
    """Launchers cannot approve, approvers cannot launch, and both can read what was found."""
    granted = [call for call in calls if call["module"] == "role"]
    assert all(call["lookup_organization"] == "Default" for call in granted)
    workflow = "Portcullis plan, approve, apply"
    assert {(team, call["role"], name) for call in granted for team in call["teams"] for name in named_by(call)} == {
        ("Shop", "execute", workflow),
        ("Shop", "execute", "Portcullis plan"),
        ("Shop", "execute", "Portcullis drift"),
        ("Shop", "execute", "Portcullis audit"),
        ("Shop", "execute", "Portcullis adopt"),
        ("Security", "approval", workflow),
        *{
            (team, "read", f"Portcullis {name}")
            for team in ("Shop", "Security")
            for name in ("plan", "drift", "audit", "adopt", "changes", "apply")
        },
    }


def named_by(role: Call) -> list[str]:
    return [*(role["job_templates"] or ()), *(role["workflows"] or ())]


def test_who_is_notified(calls: list[Call], job_templates: dict[str, Call]) -> None:
    """Of drift, audits and workflows that fail, and of plans that wait; plans in workflows fail by design."""
    notified = {name: call["notification_templates_error"] for name, call in job_templates.items()}
    assert {name for name, whom in notified.items() if whom} == {"Portcullis drift", "Portcullis audit"}
    assert notified["Portcullis drift"] == notified["Portcullis audit"] == ["Firewall"]
    (workflow,) = [call for call in calls if call["module"] == "workflow_job_template"]
    assert workflow["notification_templates_error"] == ["Firewall"]
    assert workflow["notification_templates_approvals"] == ["Firewall"]


# How AWX judges the rule of a schedule: awx/api/serializers.py, SchedulePreviewSerializer.
RRULE = re.compile(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY);INTERVAL=\d+")


def test_what_runs_every_night(calls: list[Call], job_templates: dict[str, Call]) -> None:
    schedules = [call for call in calls if call["module"] == "schedule"]
    assert all(RRULE.fullmatch(schedule["rrule"]) for schedule in schedules)
    drift, audit = (job_templates[schedule["unified_job_template"]] for schedule in schedules)
    assert (drift["job_type"], drift["extra_vars"]) == ("check", {"portcullis_fail_on_drift": True})
    assert (audit["playbook"], audit["extra_vars"]) == ("audit.yml", {"portcullis_page_artifact": True})
    for scheduled in (drift, audit):
        assert all(question["default"] or not question["required"] for question in scheduled["survey_spec"]["spec"])


def test_awx_takes_the_surveys(calls: list[Call], surveys: list[Call]) -> None:
    """A survey without questions is refused, and is not sent."""
    enabled = [call for call in calls if call.get("survey_enabled")]
    assert [call["survey_spec"] for call in enabled] == surveys
    assert len(surveys) == 9
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


ROLES = {
    "adopt.yml": ("adopt",),
    "attach.yml": ("instance_groups",),
    "audit.yml": ("audit",),
    "changes.yml": (),
    "retire.yml": ("retire",),
}


def known_variables(playbook: str) -> set[str]:
    """Return the variables that the roles of a playbook of the project know."""
    roles = ROLES.get(playbook, ("service_groups", "instance_groups"))
    specs = [REPOSITORY / "roles" / role / "meta" / "argument_specs.yml" for role in roles]
    options = [yaml.safe_load(spec.read_text())["argument_specs"]["run"]["options"] for spec in specs]
    inherited = (REPOSITORY / "roles" / "instance_groups" / "tasks" / "run.yml").read_text()
    return set().union(*options, re.findall(r"service_groups_\w+", inherited))


def read_by_the_survey(playbook: str) -> dict[str, set[str]]:
    """Return the variables that a playbook sets from its survey, by the question that it reads them from."""
    read: dict[str, set[str]] = {}
    for play in yaml.safe_load((PROJECT / playbook).read_text()):
        if "import_playbook" in play and (PROJECT / play["import_playbook"]).is_file():
            read |= read_by_the_survey(play["import_playbook"])
        facts = [task.get("ansible.builtin.set_fact", {}) for task in play.get("tasks", ())]
        for name, expression in (item for fact in facts for item in fact.items()):
            (question,) = re.findall(r"survey_\w+", expression)
            read.setdefault(question, set()).add(name)
    return read


# The file has all variables of the roles, and what drift means is a variable of the playbooks.
OF_NO_ROLE = {"survey_file", "portcullis_fail_on_drift"}


def test_every_question_is_about_a_variable_that_exists(job_templates: dict[str, Call]) -> None:
    for call in job_templates.values():
        read = read_by_the_survey(call["playbook"])
        assert read.keys() == set(variables_of(call["survey_spec"])) - OF_NO_ROLE
        assert set().union(*read.values()) <= known_variables(call["playbook"])
    asked = {name for call in job_templates.values() for name in variables_of(call["survey_spec"])}
    assert asked == {question["variable"] for question in templates()["awx_questions"]}


def test_the_workflow(calls: list[Call], job_templates: dict[str, Call]) -> None:
    """What its survey asks, the surveys of its jobs take. How it runs is shown in test_awx.py."""
    (workflow,) = [call for call in calls if call["module"] == "workflow_job_template"]
    assert workflow["destroy_current_nodes"] is True
    nodes = {node["identifier"]: node["unified_job_template"] for node in workflow["workflow_nodes"]}
    assert nodes["approve"]["type"] == "workflow_approval"
    assert job_templates[nodes["plan"]["name"]]["job_type"] == "check"
    assert job_templates[nodes["apply"]["name"]]["job_type"] == "run"
    asked = set(variables_of(workflow["survey_spec"]))
    for job in ("plan", "apply"):
        assert asked <= set(variables_of(job_templates[nodes[job]["name"]]["survey_spec"]))


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
    answer = yaml.safe_load(run_tool("ansible-builder", "introspect", install(tmp_path / "galaxy")))
    requirements = (REPOSITORY / "requirements.txt").read_text().splitlines()
    needed = [line for line in requirements if line and not line.startswith("#")]
    named = [f"{line}  # from collection portcullis.openstack" for line in needed]
    assert answer == {"python": named, "system": []}
