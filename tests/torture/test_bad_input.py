# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the options are: a correct result, or one clear line and not one write request. Never a traceback."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.filter.services import FilterModule
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import (
    InputError,
    MultipleInputError,
    PortcullisError,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import REPOSITORY
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import (
    MODULES,
    run_module,
    run_playbook,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.template import restored
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog, Traffic
from ansible_collections.portcullis.openstack.tests.torture.conftest import Share
from ansible_collections.portcullis.openstack.tests.torture.in_process import Outcome, run_here
from ansible_collections.portcullis.openstack.tests.torture.strategies import (
    AWKWARD_NAMES,
    HOSTILE_TEXTS,
    Spec,
    anything,
    arguments,
)
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

SET = "security_group_set"
ATTACH = "server_security_groups"
IN_A_PROJECT = (SET, "security_group", "security_group_rule", "address_group")
READERS = ("security_group_info", "security_group_rule_info", "address_group_info", "service_groups_info")
PLAYBOOKS = {
    "service_groups": ["service_groups"],
    "instance_groups": ["instance_groups"],
    "apply": ["service_groups", "instance_groups"],
}
WEB = {"name": "web", "rules": [{"service": "https", "remote_ip_prefix": "anywhere"}], "description": "", "tags": []}
SSH = {"name": "ssh", "rules": [{"service": "ssh", "remote_group": "web"}]}
OFFICES: dict[str, Any] = {"name": "offices", "addresses": ["192.0.2.0/24"]}
# What RFC 3986 lets a URL hold.
URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
# Clouds refuse by these what a user may not do, or what is not there; any other is for input that we let through.
HONEST_REFUSALS = (403, 404)

Examples = Callable[[str, st.SearchStrategy[Any], int, Callable[[Any], object]], None]


@pytest.fixture
def examples(try_all: bool, tally: Tally) -> Examples:
    """Tries a property with some examples, or with ten times as many where all cases are wanted, and counts them."""

    def try_some(part: str, strategy: st.SearchStrategy[Any], count: int, judge: Callable[[Any], object]) -> None:
        # The same examples on every machine and in every run, so that a failure is everyone's.
        @settings(
            max_examples=count * 10 if try_all else count,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(example=strategy)
        def run(example: Any) -> None:
            with tally(f"bad input: {part}", go_on=False):
                judge(example)

        run()

    return try_some


@dataclass
class Ground:
    """A project in which a module may do what it likes, and the way back."""

    project: Project
    connection: Cloud
    restore: Callable[[], None]
    ids: dict[str, str] = field(default_factory=dict)

    def filled(self, drawn: Any) -> Any:
        """Return arguments with ids where the strategies have only words for them."""
        text = json.dumps(drawn)
        for name, id_ in self.ids.items():
            text = text.replace(f"<id of {name}>", id_)
        return json.loads(text)

    def learn_ids(self) -> None:
        api = self.project.api
        found = api.groups() + api.get("network", "/address-groups")["address_groups"]
        self.ids = {thing["name"]: thing["id"] for thing in found}


@pytest.fixture
def ground(project: Project) -> Ground:
    """Two groups that rules tie together, and an address group."""

    def restore() -> None:
        api = project.api
        for group in api.groups():
            api.delete("network", f"/security-groups/{group['id']}")
        for group in api.get("network", "/address-groups")["address_groups"]:
            api.delete("network", f"/address-groups/{group['id']}")
        project.call("address_group", **OFFICES)
        project.call(SET, groups=[WEB, SSH])
        made.learn_ids()

    made = Ground(project, project.connection, restore)
    restore()
    return made


@pytest.fixture
def instances(fleet: Fleet) -> Ground:
    """Instances, and groups that they do not have."""
    ground = Ground(fleet.project, fleet.project.connection, fleet.reset)
    ground.learn_ids()
    return ground


@pytest.fixture
def template(administrator: Project, admin: Api) -> Iterator[Ground]:
    """The default rules of the cloud, as its administrator sees them."""
    with restored(admin) as restore:
        yield Ground(administrator, administrator.connection, restore)


# Modules


@pytest.mark.parametrize("module", IN_A_PROJECT)
def test_modules_of_a_project(module: str, ground: Ground, requests: RequestLog, examples: Examples) -> None:
    examples(module, arguments(spec_of(module)), 60, lambda drawn: judge_writer(module, ground, requests, drawn))


@pytest.mark.parametrize("module", READERS)
def test_modules_that_read(module: str, ground: Ground, requests: RequestLog, examples: Examples) -> None:
    examples(module, arguments(spec_of(module)), 60, lambda drawn: judge(module, ground, requests, drawn))


def test_groups_on_instances(instances: Ground, requests: RequestLog, examples: Examples) -> None:
    examples(ATTACH, arguments(spec_of(ATTACH)), 60, lambda drawn: judge_writer(ATTACH, instances, requests, drawn))


def test_default_rules(template: Ground, requests: RequestLog, examples: Examples) -> None:
    module = "default_security_group_rule"
    examples(module, arguments(spec_of(module)), 60, lambda drawn: judge_writer(module, template, requests, drawn))


@pytest.mark.parametrize("module", [SET, "address_group_info"])
def test_projects(module: str, administrator: Project, requests: RequestLog, examples: Examples) -> None:
    """Only an administrator's search for projects reaches Keystone's database."""
    ground = Ground(administrator, administrator.connection, lambda: None)
    needed = {"groups": [WEB]} if module == SET else {}
    texts = st.sampled_from([*AWKWARD_NAMES, *HOSTILE_TEXTS])
    examples(
        module, texts, 60, lambda text: judge(module, ground, requests, {"project": text, **needed}, check_mode=True)
    )


def spec_of(module: str) -> Spec:
    spec: Spec = importlib.import_module(f"{MODULES}.{module}").ARGUMENT_SPEC
    return spec


def option_names(spec: Spec) -> set[str]:
    """Return the names of all options, also of those within options."""
    return set(spec).union(*(option_names(option["options"]) for option in spec.values() if "options" in option))


def judge_writer(module: str, ground: Ground, requests: RequestLog, drawn: Any) -> None:
    """Judge the check, the real run, and a second one, which has nothing to do."""
    check = judge(module, ground, requests, drawn, check_mode=True)
    real = judge(module, ground, requests, drawn)
    if check.failed:
        assert real.message == check.message
    if not real.failed:
        again = judge(module, ground, requests, drawn)
        assert not again.failed, again.message
        assert not again.result["changed"], again.result["diff"]
    if real.result.get("changed"):
        ground.restore()


def judge(module: str, ground: Ground, requests: RequestLog, drawn: Any, *, check_mode: bool = False) -> Outcome:
    """Run a module: a success that may write unless in check mode, or clear lines and no write."""
    with requests.record() as traffic:
        outcome = run_here(module, ground.connection, ground.filled(drawn), check_mode=check_mode)
    assert "exception" not in outcome.result, outcome.result["exception"]
    assert "Traceback" not in outcome.message
    # To write in another project's name is an administrator's right. Neutron answers 400 where others try.
    rights = (400, 403) if drawn.get("project") else (403,)
    forbidden = [request for request in traffic.writes() if request.status in rights]
    judge_traffic(Traffic(request for request in traffic if request not in forbidden))
    if check_mode or (outcome.failed and not forbidden):
        # Whether these credentials may share with all projects is a question that Neutron answers with 403.
        accepted = [request for request in traffic.writes() if request not in forbidden]
        assert not accepted, f"{outcome.message}: {accepted}"
    if outcome.error is not None:
        judge_message(str(outcome.error))
    for error in input_errors(outcome.error):
        assert error.field.split(", ")[-1] in option_names(spec_of(module)), error
    return outcome


def judge_message(message: str) -> None:
    """Errors are lines without characters that could pass for others."""
    assert all(line.isprintable() for line in message.split("\n")), f"not clear lines: {message!r}"


def input_errors(error: PortcullisError | None) -> list[InputError]:
    """Return the single errors of one that may be several."""
    if isinstance(error, MultipleInputError):
        return [single for several in error.errors for single in input_errors(several)]
    return [error] if isinstance(error, InputError) else []


def judge_traffic(traffic: Traffic) -> None:
    for request in traffic:
        assert URL.fullmatch(request.url), f"not encoded: {request.url!r}"
        assert len(request.url) < 8192, f"longer than servers take: {request.url}"
        assert request.status < 400 or request.status in HONEST_REFUSALS, f"let through: {request}"


# Modules as processes

WRONG_LOGINS: list[dict[str, Any]] = [
    {"cloud": "elsewhere"},
    {"cloud": ""},
    {"cloud": "a\nb"},
    {"cloud": 5},
    {"cloud": True},
    {"cloud": 1.5},
    {"cloud": []},
    {"cloud": ["project"]},
    {"cloud": {}},
    {"cloud": {"auth": None}},
    {"cloud": {"auth": "password"}},
    {"cloud": {"auth": []}},
    {"cloud": {"auth": {"auth_url": 5}}},
    {"cloud": {"auth": {"auth_url": "not a url"}}},
    {"cloud": {"auth": {"auth_url": "http://[::1"}}},
    {"cloud": {"auth": {"auth_url": "http://127.0.0.1:99999/v3"}}},
    {"cloud": {"auth_type": "nonsense"}},
    {"cloud": {"nonsense": {"a": []}}},
    {"cloud": {"verify": "perhaps"}},
    {"cloud": {"profile": "nowhere"}},
    {"auth": "password"},
    {"auth": []},
    {"auth": {}},
    {"auth": {"auth_url": None}},
    {"auth": {"password": {}}},
    {"auth": {"nonsense": 1}, "auth_type": "nonsense"},
    {"auth_type": []},
    {"region_name": "nowhere"},
    {"region_name": ["RegionOne"]},
    {"validate_certs": "perhaps"},
    {"ca_cert": "/nowhere"},
    {"client_cert": "/nowhere"},
    {"client_key": "\0"},
    {"timeout": "soon"},
    {"api_timeout": "soon"},
    {"interface": "private"},
    {"sdk_log_path": "/nowhere/log"},
    {"sdk_log_path": "a\0b"},
    {"sdk_log_level": "LOUD"},
    {"nonsense": 1},
]


def test_wrong_logins(
    project: Project,
    requests: RequestLog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tally: Tally,
    share: Share,
) -> None:
    """The options that all modules share, in a process, as they are read before there is a connection."""
    project.write_clouds_yaml(tmp_path)
    monkeypatch.chdir(tmp_path)
    for options in share(WRONG_LOGINS, at_most=8):
        with tally("bad input: login options", options):
            wrong = complete(options, project.cloud)
            with requests.record() as traffic:
                result = run_module("security_group_info", wrong)
            judge_process(result, traffic, project)


def complete(options: dict[str, Any], login: dict[str, Any]) -> dict[str, Any]:
    """Return options that a login lacks nothing but what is wrong in them."""
    cloud = options.get("cloud")
    if isinstance(cloud, dict) and cloud and "auth" not in cloud:
        return {**options, "cloud": {**login, **cloud}}
    return options


def judge_process(result: dict[str, Any], traffic: Traffic, project: Project) -> None:
    text = json.dumps(result)
    assert "Traceback" not in text
    assert project.cloud["auth"]["password"] not in text, "the password is shown"
    assert not (result.get("failed") and traffic.writes())
    if "applied" in result:
        problem, _newline, _rest = result["msg"].partition("\nThis task changed nothing.")
        judge_message(problem)


@pytest.mark.parametrize("module", [*IN_A_PROJECT, *READERS])
def test_modules_as_processes(module: str, ground: Ground, requests: RequestLog, examples: Examples) -> None:
    """The same options, some of them, to a process of its own: it prints one result in any case."""

    def judge_run(drawn: Any) -> None:
        with requests.record() as traffic:
            result = run_module(module, {**ground.filled(drawn), "cloud": ground.project.cloud}, check_mode=True)
        judge_process(result, traffic, ground.project)
        assert not traffic.writes()

    examples(f"{module} as a process", arguments(spec_of(module)), 1, judge_run)


# Roles


def role_spec(role: str) -> Spec:
    path = REPOSITORY / "roles" / role / "meta" / "argument_specs.yml"
    spec: Spec = yaml.safe_load(path.read_text())["argument_specs"]["run"]["options"]
    return spec


def entry_of(spec: Spec, option: str) -> Any:
    """Draw lists of an option's entries, or whatever."""
    return st.one_of(arguments({option: spec[option]}).map(lambda drawn: drawn.get(option)), anything)


def test_filters(examples: Examples) -> None:
    """What the roles' filters cannot use is an error of a filter; what they make is what modules take."""
    filters = FilterModule().filters()
    services = entry_of(role_spec("service_groups"), "service_groups_services")
    attachments = entry_of(role_spec("instance_groups"), "instance_groups_attachments")
    hosts = st.one_of(st.lists(arguments(role_spec("instance_groups")), max_size=3), anything)
    prefixes = st.one_of(st.just(""), st.none(), anything)
    calls = st.one_of(
        st.tuples(
            st.just("service_groups"),
            st.tuples(services),
            st.fixed_dictionaries({"prefix": prefixes, "default_egress": st.booleans()}),
        ),
        st.tuples(
            st.just("service_attachments"),
            st.tuples(attachments, services),
            st.fixed_dictionaries({"prefix": prefixes, "hosts": hosts}),
        ),
    )

    def judge_call(drawn: tuple[str, tuple[Any, ...], dict[str, Any]]) -> None:
        name, positional, named = drawn
        made, message = [], ""
        try:
            made = filters[name](*positional, **named)
        except AnsibleFilterError as error:
            message = str(error)
        judge_message(message)
        assert all(isinstance(entry, dict) for entry in made)

    examples("filters of the roles", calls, 400, judge_call)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_playbooks(playbook: str, instances: Ground, requests: RequestLog, tmp_path: Path, examples: Examples) -> None:
    """Hostile variables of the roles: an error of Ansible's or ours, and nothing written."""
    spec = {name: option for role in PLAYBOOKS[playbook] for name, option in role_spec(role).items()}
    clouds_yaml = instances.project.write_clouds_yaml(tmp_path)

    def judge_run(drawn: Any) -> None:
        drawn = instances.filled({name: value for name, value in drawn.items() if name.isidentifier()})
        with requests.record() as traffic:
            run = run_playbook(f"portcullis.openstack.{playbook}", clouds_yaml, variables=drawn)
        assert "Traceback" not in run.output, run.output
        assert "object has no attribute" not in run.output, run.output
        judge_traffic(traffic)
        if run.status != 0:
            assert not traffic.writes(), run.output
        else:
            again = run_playbook(f"portcullis.openstack.{playbook}", clouds_yaml, variables=drawn)
            assert again.status == 0, again.output
            assert again.count("changed") == 0, again.output
            instances.restore()

    examples(f"playbook {playbook}", arguments(spec), 3, judge_run)


# Names in URLs


def test_awkward_names_mean_one_group(instances: Ground, requests: RequestLog, tally: Tally, share: Share) -> None:
    """Create, read, attach, delete by names that a URL could tear apart, among others that they could be taken for."""
    project = instances.project
    names = share([*AWKWARD_NAMES, *(text for text in HOSTILE_TEXTS if is_group_name(text))], at_most=10)
    with requests.record() as traffic:
        groups = [{"name": name, "rules": [{"service": "ssh", "remote_group": name}]} for name in names]
        project.call(SET, groups=groups)
        assert not project.call(SET, groups=groups)["changed"]
        for name in names:
            with tally("bad input: awkward names", repr(name)):
                standing = project.api.group_names()
                (read,) = project.call("security_group_info", name=name)["security_groups"]
                (rule,) = project.call("security_group_rule_info", security_group=name)["security_group_rules"]
                assert read["name"] == name
                assert {rule["security_group_id"], rule["remote_group_id"]} == {read["id"]}
                attachment: dict[str, Any] = {"servers": ["db1"], "security_groups": [name]}
                (server,) = project.call(ATTACH, **attachment, state="exact")["servers"]
                assert [port["after"] for port in server["ports"]] == [[name]]
                project.call(ATTACH, **attachment, state="absent")
                project.call("security_group", name=name, state="absent")
                assert project.api.group_names() == sorted(set(standing) - {name})
    for request in traffic:
        assert URL.fullmatch(request.url), request.url
    asked = {
        name for request in traffic if request.path == "/v2.0/security-groups" for name in request.query.get("name", [])
    }
    # Attachments read the default group along, which most ports have.
    assert asked - {"default"} == set(names)


def is_group_name(text: str) -> bool:
    """Tell whether Neutron takes a name."""
    surrogate = any("\ud800" <= char <= "\udfff" for char in text)
    return bool(text.strip()) and len(text) <= 255 and not surrogate


def test_awkward_names_mean_one_address_group(project: Project, tally: Tally, share: Share) -> None:
    """The same for address groups, by which rules name addresses."""
    for name in share(AWKWARD_NAMES, at_most=8):
        with tally("bad input: awkward names", repr(name)):
            project.call("address_group", name=name, addresses=["192.0.2.0/24"])
            (read,) = project.call("address_group_info", name=name)["address_groups"]
            project.call(SET, groups=[{"name": "web", "rules": [{"service": "ssh", "remote_address_group": name}]}])
            (rule,) = project.api.group("web")["security_group_rules"]
            assert [read["name"], rule["remote_address_group_id"]] == [name, read["id"]]
