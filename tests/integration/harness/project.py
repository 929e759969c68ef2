# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A project of its own for a test, and what a user does in it."""

from __future__ import annotations

import copy
import importlib
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from requests import Session

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.requests import complete
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import (
    CloudError,
    InputError,
    PortcullisError,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import AUTH

from .api import Api, Body
from .processes import MODULES, PlaybookRun, run_module, run_playbook
from .proxy import Proxy

Result = dict[str, Any]
# The last part of a diff, which is about no object.
CONNECTIONS = "connections"


@dataclass(frozen=True)
class Project:
    """A Keystone project with one member; ``cloud`` is what modules take as that option."""

    id: str
    name: str
    cloud: dict[str, Any]

    @cached_property
    def api(self) -> Api:
        """The member's view of the cloud."""
        return Api(self.cloud)

    @cached_property
    def connection(self) -> Cloud:
        """The collection's own connection, for tests that run its code in this process."""
        return Cloud({"cloud": self.cloud})

    @contextmanager
    def through(self, proxy: Proxy, **options: Any) -> Iterator[Cloud]:
        """Give a fresh connection of the collection, all of whose requests go through a proxy.

        :param options: further options of the cloud, such as ``api_timeout``
        """
        cloud = Cloud({"cloud": {**self.cloud, **options}})
        http = _http_session(cloud)
        http.proxies["http"] = proxy.url
        try:
            yield cloud
        finally:
            http.close()

    def close(self) -> None:
        """Hang up: the cloud's services accept only so many connections, and look for dead ones twice a minute."""
        for name in ("api", "connection"):
            if name in vars(self):
                _http_session(vars(self)[name]).close()

    def share(self, kind: str, name: str, other: Project) -> str:
        """Create a ``security_group`` or ``address_group`` that another project may use, and return its id."""
        id_ = str(self.api.post("network", f"/{kind.replace('_', '-')}s", {kind: {"name": name}})[kind]["id"])
        policy = {"object_type": kind, "object_id": id_, "action": "access_as_shared", "target_tenant": other.id}
        self.api.post("network", "/rbac-policies", {"rbac_policy": policy})
        return id_

    def write_clouds_yaml(self, directory: Path) -> Path:
        """Write a clouds.yaml whose only cloud is named ``project``."""
        path = directory / "clouds.yaml"
        path.write_text(yaml.safe_dump({"clouds": {"project": self.cloud}}))
        return path

    def run(self, module: str, *, check_mode: bool = False, **arguments: Any) -> Result:
        """Run a module as a process, which must succeed."""
        result = run_module(module, {"cloud": self.cloud, **arguments}, check_mode=check_mode)
        assert not result.get("failed"), result["msg"]
        return result

    def fail(self, module: str, *, check_mode: bool = False, **arguments: Any) -> Result:
        """Run a module as a process, which must fail, with a message rather than a traceback."""
        result = run_module(module, {"cloud": self.cloud, **arguments}, check_mode=check_mode)
        assert result.get("failed"), result
        assert "Traceback" not in str(result)
        return result

    def call(
        self, module: str, *, check_mode: bool = False, connection: Cloud | None = None, **arguments: Any
    ) -> Result:
        """Do in this process what a module does between reading its options and reporting: faster by a second.

        The options go through the module's own argument spec.

        :param connection: one to use in place of the project's own
        :raises PortcullisError: what the module would fail with
        """
        imported = importlib.import_module(f"{MODULES}.{module}")
        options = json.loads(json.dumps(arguments))
        validated = ModuleArgumentSpecValidator({**AUTH, **imported.ARGUMENT_SPEC}).validate(options)
        assert not validated.error_messages, validated.error_messages
        result: Result = imported.prepare(validated.validated_parameters)(connection or self.connection, check_mode)
        return result

    def set(self, groups: Sequence[Any], **options: Any) -> Result:
        """Call ``security_group_set`` as :meth:`settle` does."""
        return self.settle("security_group_set", groups=groups, **options)

    def attach(self, *attachments: dict[str, Any], **options: Any) -> Result:
        """Call ``server_security_groups`` as :meth:`settle` does."""
        return self.settle("server_security_groups", attachments=attachments, **options)

    def settle(self, module: str, **arguments: Any) -> Result:
        """Call a module as it must always go, and return the result of the call that counts.

        In check mode it changes nothing and promises what the real call then does; once more it has nothing to do.
        """
        before = self.api.snapshot()
        check = self.call(module, check_mode=True, **arguments)
        assert self.api.snapshot() == before, "check mode has changed something"
        real = self.call(module, **arguments)
        assert [check["changed"], check.get("counts")] == [real["changed"], real.get("counts")]
        assert check.get("diff") == real.get("diff"), f"check: {check.get('diff')}, real: {real.get('diff')}"
        assert check.get("connections") == real.get("connections")
        assert ("diff" in real) == real["changed"]
        settled = self.api.snapshot()
        assert real["changed"] == (settled != before)
        again = self.call(module, **arguments)
        assert not again["changed"], lines(again)
        assert not again.get("connections")
        assert self.api.snapshot() == settled, "a second run has changed something"
        return real

    def play(self, playbook: str | Path, directory: Path, *options: str, **variables: Any) -> PlaybookRun:
        """Run a playbook on this project, which a clouds.yaml in ``directory`` names; it must succeed."""
        run = run_playbook(playbook, self.write_clouds_yaml(directory), *options, variables=variables)
        assert run.status == 0, run.output
        return run

    def settle_play(self, playbook: str, directory: Path, *options: str, **variables: Any) -> PlaybookRun:
        """Run a playbook as :meth:`settle` calls a module: check, for real, again."""
        return self.settle_plan(playbook, directory, *options, **variables)[1]

    def settle_plan(
        self, playbook: str, directory: Path, *options: str, **variables: Any
    ) -> tuple[PlaybookRun, PlaybookRun]:
        """Do the same, and return the run in check mode too, which has printed the plan."""
        before = self.api.snapshot()
        check = self.play(playbook, directory, "--check", *options, **variables)
        assert self.api.snapshot() == before, "check mode has changed something"
        real = self.play(playbook, directory, *options, **variables)
        assert check.diff == real.diff, f"check:\n{check.diff}\nreal:\n{real.diff}"
        assert check.count("changed") == real.count("changed")
        settled = self.api.snapshot()
        again = self.play(playbook, directory, *options, **variables)
        assert again.count("changed") == 0, again.output
        assert self.api.snapshot() == settled, "a second run has changed something"
        return check, real

    def refuse(self, module: str, **arguments: Any) -> str:
        """Call a module with what cannot be right: check mode and real call must say the same and change nothing."""
        return self._failure(module, InputError, arguments)

    def prevent(self, module: str, **arguments: Any) -> str:
        """Call a module with what the cloud would refuse: check mode and real call say the same and change nothing."""
        return self._failure(module, CloudError, arguments)

    def _failure(self, module: str, kind: type[PortcullisError], arguments: Any) -> str:
        before = self.api.snapshot()
        messages = set()
        for check_mode in (True, False):
            with pytest.raises(kind) as caught:
                self.call(module, check_mode=check_mode, **arguments)
            assert not caught.value.done
            messages.add(str(caught.value))
        assert self.api.snapshot() == before, "refused, but something has changed"
        (message,) = messages
        return message


def completed(group: Body) -> Body:
    """Return a group of Neutron's answer with None for what its release lacks, as results have it."""
    body = copy.deepcopy(group)
    complete("/security-groups", [body])
    return body


def lines(result: Result) -> list[str]:
    """Return the diff of a result as text: a heading for each object, then what it loses and what it gains."""
    found = []
    for entry in (one for one in result["diff"] if one["before_header"] != CONNECTIONS):
        found.append(max(entry["before_header"], entry["after_header"], key=len))
        found += [f"  - {line}" for line in entry["before"].splitlines()]
        found += [f"  + {line}" for line in entry["after"].splitlines()]
    return found


def _http_session(cloud: Cloud | Api) -> Session:
    session: Session = vars(cloud)["_region"].get_session().session
    return session


def create_project(admin: Api, like: dict[str, Any]) -> Project:
    """Create a project and a user who is its member.

    :param like: an entry of clouds.yaml of the same cloud
    """
    name = f"test-{uuid.uuid4().hex[:8]}"
    secret = uuid.uuid4().hex
    project = admin.post("identity", "/projects", {"project": {"name": name, "domain_id": "default"}})["project"]
    create_user(admin, project["id"], name, secret, "member")
    auth = {**like["auth"], "username": name, "password": secret, "project_name": name}
    return Project(project["id"], name, {**like, "auth": auth})


def create_reader(admin: Api, project: Project) -> Project:
    """Create a user who may only read a project, and return the project as this user sees it."""
    secret = uuid.uuid4().hex
    name = f"reader-{secret[:8]}"
    create_user(admin, project.id, name, secret, "reader")
    auth = {**project.cloud["auth"], "username": name, "password": secret}
    return replace(project, cloud={**project.cloud, "auth": auth})


def create_user(admin: Api, project_id: str, name: str, password: str, role: str) -> str:
    """Create a user who has a role in a project, and return the id."""
    body = {"user": {"name": name, "password": password, "domain_id": "default"}}
    user_id = str(admin.post("identity", "/users", body)["user"]["id"])
    (found,) = admin.get("identity", "/roles", params={"name": role})["roles"]
    admin.put("identity", f"/projects/{project_id}/users/{user_id}/roles/{found['id']}")
    return user_id
