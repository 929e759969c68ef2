# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every job template of awx/ launched as AWX does, on the test cloud, in check and in run mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.awx import (
    REQUIREMENTS,
    Controller,
    Credential,
    Job,
    templates,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.awx_workflow import run_workflow
from ansible_collections.portcullis.openstack.tests.integration.harness.collection import install, run_tool
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

PLAN, DRIFT, AUDIT, CHANGES, APPLY = (f"Portcullis {name}" for name in ("plan", "drift", "audit", "changes", "apply"))
ADOPT, RETIRE = "Portcullis adopt", "Portcullis retire"
FREE_FORM = "Portcullis apply, free form"
NAMES = [template["name"] for template in templates()["awx_job_templates"]]
ADMIN = [{"name": "admin", "allow": [{"service": "ssh", "remote_ips": ["192.0.2.0/24"]}]}]

Launch = Callable[..., Job]


def reviewed(services: list[dict[str, Any]], **variables: Any) -> dict[str, Any]:
    """Return what launches a template with services in a file of the project."""
    text = yaml.safe_dump({"service_groups_services": services, **variables})
    return {"files": {"reviewed.yml": text}, "survey_file": "reviewed.yml"}


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What AWX installs for the project: the collection, of a version that the project asks for."""
    folder = install(tmp_path_factory.mktemp("awx"))
    message = run_tool("ansible-galaxy", "collection", "install", "--offline", "-r", REQUIREMENTS, "-p", folder)
    assert "Nothing to do" in message
    return folder


@pytest.fixture
def controller(collections: Path, tmp_path: Path) -> Controller:
    return Controller(tmp_path, collections)


@pytest.fixture
def launch(controller: Controller) -> Launch:
    """Launches a job template by its name."""

    def launch(name: str, credential: Credential, **options: Any) -> Job:
        (template,) = [found for found in templates()["awx_job_templates"] if found["name"] == name]
        return controller.launch(template, credential, **options)

    return launch


@pytest.mark.parametrize("name", [name for name in NAMES if name not in (DRIFT, AUDIT, CHANGES, ADOPT, RETIRE)])
def test_a_template_as_it_comes(fleet: Fleet, launch: Launch, name: str) -> None:
    """With the project's own file, and no question answered: check mode tells what the run then does."""
    credential = Credential.openstack(fleet.project.cloud)
    before = fleet.api.snapshot()
    check = launch(name, credential, job_type="check")
    assert check.successful, check.output
    assert fleet.api.snapshot() == before
    real = launch(name, credential, job_type="run")
    assert real.successful, real.output
    assert fleet.api.snapshot() != before
    assert check.stats["portcullis_report"] == real.stats["portcullis_report"]
    assert real.stats["portcullis_report"]["counts"]["ports"] == {"selected": 3, "updated": 3}
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "ssh", "web"]
    again = launch(name, credential, job_type="run")
    assert again.successful, again.output
    assert (again.changed, again.stats["portcullis_report"]["plan"]) == (0, "")


def test_drift(project: Project, launch: Launch) -> None:
    """The scheduled job ends green as long as all is as described, and red with the diff when it is not."""
    credential = Credential.openstack(project.cloud)
    asked = reviewed(ADMIN)
    assert launch(APPLY, credential, **asked).successful
    green = launch(DRIFT, credential, **asked)
    assert green.successful, green.output
    assert green.stats["portcullis_report"]["changed"] is False

    project.api.create_rule(project.api.group("admin")["id"], protocol="tcp", port_range_min=23, port_range_max=23)
    before = project.api.snapshot()
    red = launch(DRIFT, credential, **asked)
    assert not red.successful
    assert "The cloud differs from the files." in red.output
    plan = "security group admin: update\n  - ingress IPv4 tcp 23 from 0.0.0.0/0\n"
    rules = {"created": 0, "updated": 0, "deleted": 1}
    assert red.stats["portcullis_report"]["plan"] == plan
    assert red.stats["portcullis_report"]["counts"]["rules"] == rules
    assert project.api.snapshot() == before
    tolerant = launch(PLAN, credential, **asked)
    assert tolerant.successful
    assert tolerant.stats == red.stats


def test_audit(fleet: Fleet, launch: Launch) -> None:
    """What the job found is kept with it, the page too: also if an answer is not the expected one."""
    credential = Credential.openstack(fleet.project.cloud)
    question = {"from": "internet", "to": "admin", "protocol": "tcp", "port": 23}
    attachment = {"servers": ["web1"], "services": ["admin"]}
    asked = [reviewed(ADMIN, audit_expect=[{**question, "verdict": verdict}]) for verdict in ("denied", "allowed")]
    attached = reviewed(ADMIN, instance_groups_attachments=[attachment])
    assert launch(APPLY, credential, **attached).successful
    before = fleet.api.snapshot()
    green, red = (launch(AUDIT, credential, **one) for one in asked)
    assert green.successful, green.output
    assert not red.successful
    assert green.changed == red.changed == 0
    assert fleet.api.snapshot() == before
    for job in (green, red):
        report = job.stats["portcullis_audit"]
        assert report["summary"] in job.output
        assert report["page"].lower().startswith("<!doctype html>")
    (failure,) = red.stats["portcullis_audit"]["failures"]
    assert "internet → admin tcp/23: expected allowed, is denied" in failure
    assert failure.splitlines()[0] in red.output


def test_adopt_and_retire(project: Project, launch: Launch) -> None:
    """The files are kept with the jobs. That of a job which deletes is in its output before it deletes anything."""
    credential = Credential.openstack(project.cloud)
    assert launch(APPLY, credential, **reviewed(ADMIN)).successful
    before = project.api.outline()
    adopted = launch(ADOPT, credential)
    assert adopted.successful, adopted.output
    text = adopted.stats["portcullis_adopt"]["file"]
    assert yaml.safe_load(text)["service_groups_services"] == ADMIN
    chosen = reviewed(ADMIN, retire_services=["admin"])
    check = launch(RETIRE, credential, job_type="check", **chosen)
    assert check.successful, check.output
    assert project.api.outline() == before
    real = launch(RETIRE, credential, **chosen)
    assert real.successful, real.output
    assert project.api.outline() == []
    assert real.stats["portcullis_report"]["plan"] == check.stats["portcullis_report"]["plan"]
    undo = real.stats["portcullis_retire"]["file"]
    assert 0 < real.output.index("found them. Apply this file to restore them.") < real.output.index("(deleted)")
    assert launch(APPLY, credential, files={"undo.yml": undo}, survey_file="undo.yml").successful
    assert project.api.outline() == before


def test_all_that_can_be_answered(fleet: Fleet, launch: Launch) -> None:
    """Texts in place of the file, an owner whose name YAML reads as a number, and a cloud of several."""
    entry = yaml.safe_load(Credential.openstack(fleet.project.cloud).text)["clouds"]["devstack"]
    nowhere = {**entry, "auth": {**entry["auth"], "auth_url": "http://127.0.0.1:9/v3"}}
    several = Credential(yaml.safe_dump({"clouds": {"nowhere": nowhere, "here": entry}}))
    owned = {"survey_cloud": "here", "survey_owner": "1234", "survey_prune": "true"}
    both = [*ADMIN, {"name": "mail", "allow": [{"service": "smtp", "remote_ips": ["anywhere"]}]}]
    attachments = yaml.safe_dump([{"servers": ["db1"], "services": ["admin"], "state": "exact"}])
    for services in (both, ADMIN):
        texts = {"survey_services": yaml.safe_dump(services), "survey_attachments": attachments}
        job = launch(FREE_FORM, several, **texts, **owned)
        assert job.successful, job.output
    assert job.stats["portcullis_report"]["counts"]["groups"] == {"created": 0, "updated": 0, "deleted": 1}
    assert "mail" not in fleet.api.group_names()
    assert fleet.api.tags("admin") == ["portcullis-owner:1234"]
    assert fleet.groups_of("db1") == ["admin"]


@pytest.mark.parametrize("owner", ["no", "0", "1.10"])
def test_an_owner_that_is_read_as_something_else(project: Project, launch: Launch, owner: str) -> None:
    before = project.api.snapshot()
    job = launch(FREE_FORM, Credential.openstack(project.cloud), survey_owner=owner)
    assert not job.successful
    assert "choose an owner that YAML reads as text" in " ".join(job.output.split())
    assert project.api.snapshot() == before


def test_a_file_outside_of_the_project(project: Project, launch: Launch) -> None:
    job = launch(APPLY, Credential.openstack(project.cloud), survey_file="../env/extravars")
    assert not job.successful
    assert "a file of the project" in " ".join(job.output.split())


def test_the_file_says_who_owns_and_whether_to_prune(project: Project, launch: Launch) -> None:
    for names in (("admin", "more"), ("admin",)):
        services = [{**ADMIN[0], "name": name} for name in names]
        owned = reviewed(services, service_groups_owner="a", service_groups_prune=True)
        job = launch(APPLY, Credential.openstack(project.cloud), **owned)
        assert job.successful, job.output
        assert {*project.api.group_names()} - {"default"} == {*names}
    assert project.api.tags("admin") == ["portcullis-owner:a"]


def test_texts_in_place_of_the_file_are_not_applied(project: Project, launch: Launch) -> None:
    """Even if the variables of the free form reach the job, as artifacts in a workflow do."""
    credential = Credential.openstack(project.cloud)
    owned = reviewed([*ADMIN, {"name": "more"}], service_groups_owner="a")
    assert launch(APPLY, credential, **owned).successful
    before = project.api.snapshot()
    texts = {"survey_services": "[]", "survey_attachments": "[]", "survey_owner": "b", "survey_prune": "true"}
    for name in (APPLY, "Portcullis attach"):
        job = launch(name, credential, artifacts=texts, **owned)
        assert job.successful, job.output
        assert job.changed == 0
    assert project.api.snapshot() == before


(WORKFLOW,) = templates()["awx_workflows"]


def test_the_workflow(project: Project, controller: Controller) -> None:
    """What was planned is approved and applied; when nothing is left to do, nobody is asked."""
    credential = Credential.openstack(project.cloud)
    job = run_workflow(controller, WORKFLOW, credential, **reviewed(ADMIN))
    assert job.successful
    assert (list(job.jobs), job.approvals) == (["plan", "changes", "apply"], ["approve"])
    assert "security group admin: create" in job.jobs["changes"].output
    assert job.jobs["apply"].stats["portcullis_report"] == job.jobs["plan"].stats["portcullis_report"]
    assert "admin" in project.api.group_names()
    again = run_workflow(controller, WORKFLOW, credential, **reviewed(ADMIN))
    assert again.successful
    assert (list(again.jobs), again.approvals) == (["plan"], [])


def test_a_denied_plan(project: Project, controller: Controller) -> None:
    before = project.api.snapshot()
    job = run_workflow(controller, WORKFLOW, Credential.openstack(project.cloud), approve=False, **reviewed(ADMIN))
    assert not job.successful
    assert (list(job.jobs), job.approvals) == (["plan", "changes"], ["approve"])
    assert project.api.snapshot() == before


@pytest.mark.parametrize("failure", ["wrong file", "no cloud"])
def test_a_plan_that_fails_is_not_approved(project: Project, controller: Controller, failure: str) -> None:
    """Only a plan that has changes is; the workflow fails where planning itself does."""
    before = project.api.snapshot()
    bad = [{"name": "web", "allow": [{"ports": [70000], "remote_ips": ["anywhere"]}]}]
    auth = {**project.cloud["auth"], "auth_url": "http://127.0.0.1:9/v3"}
    cloud = {**project.cloud, "auth": auth} if failure == "no cloud" else project.cloud
    services = bad if failure == "wrong file" else ADMIN
    job = run_workflow(controller, WORKFLOW, Credential.openstack(cloud), **reviewed(services))
    assert not job.successful
    assert (list(job.jobs), job.approvals) == (["plan", "changes"], [])
    assert "there is nothing to approve" in " ".join(job.jobs["changes"].output.split())
    assert project.api.snapshot() == before


def test_what_was_approved_is_applied(project: Project, launch: Launch) -> None:
    """The branch may move on while somebody approves: the last job of the workflow gets the artifacts of the first."""
    credential = Credential.openstack(project.cloud)
    plan = launch(PLAN, credential, **reviewed(ADMIN))
    assert plan.successful, plan.output
    before = project.api.snapshot()
    moved_on = launch(APPLY, credential, revision="later", artifacts=plan.stats, **reviewed(ADMIN))
    assert not moved_on.successful
    refusal = "the plan was for revision c0ffee, but this is later; start the workflow again"
    assert refusal in " ".join(moved_on.output.split())
    assert project.api.snapshot() == before


def test_an_application_credential(project: Project, admin: Api, launch: Launch) -> None:
    """It needs a credential type of its own, which is filled in here as AWX does."""
    (user,) = admin.get("identity", "/users", params={"name": project.name})["users"]
    body = {"application_credential": {"name": "awx", "secret": 'it\'s "secret": {{ yes }}'}}
    created = project.api.post("identity", f"/users/{user['id']}/application_credentials", body)
    inputs = {
        "auth_url": project.cloud["auth"]["auth_url"],
        "application_credential_id": created["application_credential"]["id"],
        "application_credential_secret": body["application_credential"]["secret"],
    }
    (credential_type,) = templates()["awx_credential_types"]
    job = launch(APPLY, Credential.custom(credential_type, inputs), **reviewed(ADMIN))
    assert job.successful, job.output
    assert project.api.group_names() == ["admin"]
    assert inputs["application_credential_secret"] not in job.output


def test_a_wrong_answer(project: Project, launch: Launch) -> None:
    bad = yaml.safe_dump([{"name": "web", "allow": [{"ports": [70000], "remote_ips": ["anywhere"]}]}])
    before = project.api.snapshot()
    job = launch(FREE_FORM, Credential.openstack(project.cloud), survey_file="", survey_services=bad)
    assert not job.successful
    assert "service web, allow 1, ports" in job.output
    assert project.api.snapshot() == before
