# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them: the folder awx/ as project, what the job needs in a private data directory, ansible-runner.

The layout is that of AWX's ``awx/main/tasks/jobs.py``, ``awx/main/utils/safe_yaml.py`` and
``awx/main/models/credential``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .clouds import REPOSITORY
from .collection import TOOLS, run_tool
from .processes import clean_environment

PROJECT = REPOSITORY / "awx"
# The file that AWX reads what jobs of a project may need from.
REQUIREMENTS = PROJECT / "collections" / "requirements.yml"


def templates() -> dict[str, Any]:
    """Return what is to be made in AWX."""
    return dict(DataLoader().load_from_file(str(PROJECT / "controller" / "templates.yml"), unsafe=True))


@dataclass(frozen=True)
class Credential:
    """The text of a file that the job finds by ``OS_CLIENT_CONFIG_FILE``."""

    text: str

    @classmethod
    def openstack(cls, cloud: Mapping[str, Any]) -> Credential:
        """Return a credential of AWX's own type, for an entry of clouds.yaml."""
        auth = {key: cloud["auth"][key] for key in ("auth_url", "username", "password", "project_name")}
        auth |= {"project_domain_name": "Default", "domain_name": "Default"}
        entry = {"auth": auth, "verify": True, "region_name": cloud["region_name"]}
        return cls(yaml.safe_dump({"clouds": {"devstack": entry}}, default_flow_style=False))

    @classmethod
    def custom(cls, credential_type: Mapping[str, Any], inputs: Mapping[str, Any]) -> Credential:
        """Return a credential of a type that injects a file."""
        fields = credential_type["inputs"]["fields"]
        unticked = {field["id"]: False for field in fields if field["type"] == "boolean"}
        assert inputs.keys() <= {field["id"] for field in fields}
        assert set(credential_type["inputs"]["required"]) <= inputs.keys()
        template = ImmutableSandboxedEnvironment().from_string(credential_type["injectors"]["file"]["template"])
        return cls(template.render({**unticked, **inputs}))


@dataclass(frozen=True)
class Job:
    """A job that has ended."""

    artifacts: Path

    @property
    def successful(self) -> bool:
        return (self.artifacts / "status").read_text() == "successful"

    @property
    def output(self) -> str:
        return (self.artifacts / "stdout").read_text()

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        files = (self.artifacts / "job_events").glob("[0-9]*-*.json")
        return sorted((json.loads(file.read_text()) for file in files), key=lambda event: int(event["counter"]))

    @property
    def stats(self) -> dict[str, Any]:
        """What AWX keeps as the job's artifacts, and hands on to the next jobs of a workflow."""
        (stats,) = [event for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(stats["event_data"]["artifact_data"])

    @property
    def changed(self) -> int:
        """The number of tasks that changed something, or in check mode would."""
        (stats,) = [event for event in self.events if event["event"] == "playbook_on_stats"]
        return sum(stats["event_data"]["changed"].values())


@dataclass(frozen=True)
class Controller:
    """Launches jobs from job templates.

    :param folder: an empty one, for the jobs
    :param collections: a folder with the collection, as AWX's update of the project leaves it
    """

    folder: Path
    collections: Path

    def launch(
        self,
        template: Mapping[str, Any],
        credential: Credential,
        *,
        job_type: str | None = None,
        revision: str = "c0ffee",
        artifacts: Mapping[str, Any] | None = None,
        files: Mapping[str, str] | None = None,
        **answers: Any,
    ) -> Job:
        """Run a job.

        :param job_type: ``run`` or ``check``, in place of the template's own
        :param revision: of the project
        :param artifacts: of the jobs before this one in its workflow
        :param files: further files of the project
        :param answers: to questions of the survey; the others have their defaults
        """
        data = self.folder / f"job{len(list(self.folder.iterdir())) + 1}"
        for part in ("env", "inventory", "cp"):
            (data / part).mkdir(parents=True)
        shutil.copytree(PROJECT, data / "project")
        for name, text in (files or {}).items():
            (data / "project" / name).write_text(text)
        (data / "requirements_collections").symlink_to(self.collections)
        self._write_inventory(data)
        variables = {"awx_project_revision": revision, **template.get("extra_vars", {}), **(artifacts or {})}
        variables |= _answered(template, answers)
        (data / "env" / "extravars").write_text(_dump_unsafe(variables))
        check = ["--check"] if (job_type or template["job_type"]) == "check" else []
        (data / "env" / "cmdline").write_text(" ".join([*check, "--diff"]))
        (data / "env" / "envvars").write_text(yaml.safe_dump(_environment(data, credential)))
        subprocess.run(
            [TOOLS / "ansible-runner", "run", data, "--ident", "1", "--playbook", template["playbook"], "--quiet"],
            env=clean_environment() | {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"},
            check=False,
        )
        return Job(data / "artifacts" / "1")

    def _write_inventory(self, data: Path) -> None:
        """Write the project's inventory as AWX hands it to a job: a program that prints it."""
        listed = run_tool("ansible-inventory", "--list", "--export", "-i", PROJECT / "inventory.yml")
        hosts = data / "inventory" / "hosts"
        hosts.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(json.loads(listed))!r})\n")
        hosts.chmod(0o700)


def _answered(template: Mapping[str, Any], answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the variables of a survey; nobody can answer what is not asked, or choose what is not offered."""
    questions = {q["variable"]: q for q in templates()["awx_questions"] if q["variable"] in template["questions"]}
    assert answers.keys() <= questions.keys()
    for variable, question in questions.items():
        answer = answers.get(variable, question["default"])
        assert answer in question.get("choices", [answer])
        yield variable, answer


def _environment(data: Path, credential: Credential) -> dict[str, str]:
    file = data / "env" / "tmp_credential"
    file.write_text(credential.text)
    file.chmod(0o600)
    collections = f"{data / 'requirements_collections'}:~/.ansible/collections:/usr/share/ansible/collections"
    return {
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "AWX_PRIVATE_DATA_DIR": str(data),
        "JOB_ID": "1",
        "OS_CLIENT_CONFIG_FILE": str(file),
    }


class _Unsafe(yaml.SafeDumper):
    """Marks all texts, as AWX does with what users enter: Ansible must not read templates from them."""

    def represent_data(self, data: Any) -> yaml.Node:
        if isinstance(data, str):
            return self.represent_scalar("!unsafe", data)
        return super().represent_data(data)


def _dump_unsafe(variables: Mapping[str, Any]) -> str:
    return yaml.dump(variables, Dumper=_Unsafe, default_flow_style=False)
