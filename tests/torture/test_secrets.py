# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No password, token or application credential in what modules, roles and playbooks print, log or leave behind."""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import MODULES
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, create_user
from ansible_collections.portcullis.openstack.tests.integration.harness.template import restored
from ansible_collections.portcullis.openstack.tests.integration.harness.tls import TlsKeystone, tls_keystone
from ansible_collections.portcullis.openstack.tests.torture.calls import READING, Options, calls
from ansible_collections.portcullis.openstack.tests.torture.conftest import Share
from ansible_collections.portcullis.openstack.tests.torture.leaks import Scene, leaks, new_secret
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

ANSIBLE = Path(sys.executable).parent / "ansible"
ANSIBLE_PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
UNREACHABLE = "http://127.0.0.1:9/v3"

# What logs in, and which part of it is the secret.
KINDS = {
    "password": "password",
    "v3applicationcredential": "application_credential_secret",
    "v3token": "token",
    "token": "token",
}
# Where it is written.
AS_OPTIONS = ("auth", "cloud")
WAYS = (*AS_OPTIONS, "clouds.yaml", "environment")
# What then happens, and whether the run fails.
OUTCOMES = {
    "success": False,
    "check": False,
    "wrong secret": True,
    "unreachable": True,
    "forbidden": True,
    "bad value": True,
    "refused option": True,
}
LEVELS = ("INFO", "DEBUG")


@dataclass(frozen=True)
class Login:
    """A way for a user to log in, as an entry of clouds.yaml."""

    kind: str
    entry: Options

    @property
    def secret(self) -> str:
        return str(self.entry["auth"][KINDS[self.kind]])

    def with_auth(self, **auth: str) -> Login:
        return dataclasses.replace(self, entry={**self.entry, "auth": {**self.entry["auth"], **auth}})

    def with_secret(self, secret: str) -> Login:
        return self.with_auth(**{KINDS[self.kind]: secret})


@dataclass(frozen=True)
class User:
    """A user with all kinds of login."""

    logins: Mapping[str, Login]


@dataclass(frozen=True)
class Users:
    """Who may do everything in the project of the fleet, and who may only read."""

    fleet: Fleet
    administrator: User
    reader: User

    @property
    def secrets(self) -> list[str]:
        logins = (*self.administrator.logins.values(), *self.reader.logins.values())
        return [login.secret for login in logins]


def new_user(admin: Api, fleet: Fleet, role: str) -> User:
    """Create a user with a role in the project of the fleet, and secrets of all kinds."""
    name, password = f"{role}-{fleet.project.name}", new_secret()
    user_id = create_user(admin, fleet.project.id, name, password, role)
    auth = {**fleet.project.cloud["auth"], "username": name, "password": password}
    by_password = {**fleet.project.cloud, "auth_type": "password", "auth": auth}
    api = Api(by_password)
    credential = {"application_credential": {"name": "tests", "secret": new_secret()}}
    credential = api.post("identity", f"/users/{user_id}/application_credentials", credential)["application_credential"]
    place = {"auth_url": auth["auth_url"]}
    scope = {key: auth[key] for key in ("project_name", "project_domain_id")}
    auths: dict[str, Options] = {
        "password": auth,
        "v3applicationcredential": place
        | {"application_credential_id": credential["id"], "application_credential_secret": credential["secret"]},
        "v3token": {**place, **scope, "token": issue_token(api, user_id, password)},
        "token": {**place, **scope, "token": issue_token(api, user_id, password)},
    }
    return User({kind: Login(kind, {**by_password, "auth_type": kind, "auth": auths[kind]}) for kind in KINDS})


def issue_token(api: Api, user_id: str, password: str) -> str:
    """Return a token without a scope."""
    identity = {"methods": ["password"], "password": {"user": {"id": user_id, "password": password}}}
    answer = api.call("POST", "identity", "/auth/tokens", {"auth": {"identity": identity}})
    return str(answer.headers["X-Subject-Token"])


@pytest.fixture(scope="module")
def users(booted_fleet: Fleet, admin: Api) -> Users:
    """Users with secrets of their own."""
    booted_fleet.reset()
    return Users(booted_fleet, *(new_user(admin, booted_fleet, role) for role in ("admin", "reader")))


@pytest.fixture(scope="module")
def marks() -> Iterator[int]:
    """Numbers that make every call a new one."""
    return itertools.count()


@pytest.fixture(scope="module", autouse=True)
def template(admin: Api) -> Iterator[None]:
    """The rules that the cloud gives new groups, which are put back."""
    with restored(admin):
        yield


def written(login: Login, way: str, directory: Path) -> tuple[Options, dict[str, str]]:
    """Return a login as options and as environment of a module."""
    entry = login.entry
    if way == "auth":
        return {option: entry[option] for option in ("auth", "auth_type", "region_name")}, {}
    if way == "cloud":
        return {"cloud": entry}, {}
    if way == "clouds.yaml":
        path = directory / "clouds.yaml"
        path.write_text(yaml.safe_dump({"clouds": {"secretive": entry}}))
        return {"cloud": "secretive"}, {"OS_CLIENT_CONFIG_FILE": str(path)}
    variables = {**entry["auth"], "auth_type": entry["auth_type"], "region_name": entry["region_name"]}
    return {}, {f"OS_{name.upper()}": value for name, value in variables.items()}


# The search itself


@pytest.mark.parametrize(
    "spell",
    [
        str,
        str.lower,
        quote,
        quote_plus,
        repr,
        json.dumps,
        lambda text: json.dumps(json.dumps(text)),
        lambda text: quote(json.dumps(text)),
        *(lambda text, before=before: b64encode(f"{before}{text}:".encode()).decode() for before in ("", "u", "u:")),
    ],
)
def test_the_search_finds_a_secret(spell: Callable[[str], str]) -> None:
    secret = new_secret()
    assert leaks(f"before {spell(secret)} after", [new_secret(), secret]) == [secret[-16:]]
    assert leaks(f"before {spell('innocent')} after", [secret]) == []


def test_the_search_finds_tokens(users: Users) -> None:
    token = users.reader.logins["token"].secret
    assert all(leaks(text, []) for text in (f"X-Auth-Token: {token}", b64encode(f"t:{token}".encode()).decode()))


def test_the_search_finds_what_another_module_shows(tmp_path: Path) -> None:
    """Which has no reason to hide it: in the output, in the log of the system and in a file that stays."""
    secret = new_secret()
    scene = Scene(tmp_path)
    (scene.given / "secret").write_text(secret)
    copy = f"tee $TMPDIR/copy < {scene.given / 'secret'} #{secret[-16:]}"
    command = [str(ANSIBLE), "localhost", "-vvvv", "-m", "ansible.builtin.shell", "-a", copy]
    assert scene.run(command, {}) == 0, scene.output
    assert scene.leaks([secret]).keys() == {"output", "syslog", "tmp/copy"}


# Modules


@dataclass(frozen=True)
class Case:
    """A run of a module."""

    outcome: str
    kind: str
    way: str
    level: str

    @property
    def possible(self) -> bool:
        """Whether the module can know, when it judges its options, that one of them repeats a secret."""
        return self.outcome not in ("bad value", "refused option") or self.way in AS_OPTIONS


# By outcome: so a share, which is spread evenly, has cases of different outcomes for every module.
ALL = list(itertools.starmap(Case, itertools.product(OUTCOMES, KINDS, WAYS, LEVELS)))
CASES = [case for case in ALL if case.possible]
# Three has no divisor in common with the numbers of kinds, ways, outcomes and levels: in these any two of them meet.
SOME = [case for case in ALL[::3] if case.possible]


def test_some_cases_have_any_two_things_together() -> None:
    for two in itertools.combinations(("kind", "way", "outcome", "level"), 2):
        pair = attrgetter(*two)
        assert set(map(pair, SOME)) == set(map(pair, CASES))


def arranged(case: Case, users: Users) -> Login:
    """Return the login that makes it come as the case wants."""
    if case.outcome == "forbidden":
        # No instance has what the calls attach: otherwise there is nothing to forbid.
        users.fleet.reset()
        return users.reader.logins[case.kind]
    login = users.administrator.logins[case.kind]
    if case.outcome == "wrong secret":
        return login.with_secret(new_secret())
    return login.with_auth(auth_url=UNREACHABLE) if case.outcome == "unreachable" else login


def spoilt(outcome: str, module: str, options: Options, secret: str) -> Options:
    """Return options, one of which is the secret and cannot be right if the outcome wants it so."""
    if outcome == "refused option":
        return {**options, "passphrase": secret}
    if outcome != "bad value":
        return options
    bad: dict[str, Options] = {
        "address_group": {"addresses": [secret]},
        "default_security_group_rule": {"remote_ip_prefix": secret},
        "security_group": {"security_group_rules": [{"protocol": secret}]},
        "security_group_rule": {"remote_ip_prefix": secret},
        "security_group_set": {"groups": [{"name": "a", "rules": [{"service": secret}]}]},
        "server_security_groups": {"security_groups": [secret]},
        **{module: {"project": secret} for module in READING},
    }
    return {**options, **bad[module]}


def fails(module: str, case: Case) -> bool:
    return OUTCOMES[case.outcome] and not (case.outcome == "forbidden" and module in READING)


@pytest.mark.parametrize("module", list(calls(0)))
def test_modules(module: str, users: Users, marks: Iterator[int], tmp_path: Path, tally: Tally, share: Share) -> None:
    tally.expect(*(f"secrets: {outcome}" for outcome in OUTCOMES))
    cases = CASES if module == "security_group_set" else SOME
    for number, case in enumerate(share(cases, at_most=4)):
        with tally(f"secrets: {case.outcome}", (module, case)):
            judge_module(module, case, users, next(marks), Scene(tmp_path / str(number)))


def judge_module(module: str, case: Case, users: Users, mark: int, scene: Scene) -> None:
    login = arranged(case, users)
    options = spoilt(case.outcome, module, calls(mark)[module], login.secret)
    login_options, environment = written(login, case.way, scene.given)
    log = {"sdk_log_path": str(scene.sdk_log), "sdk_log_level": case.level}
    modes = {"_ansible_check_mode": case.outcome == "check", "_ansible_diff": True, "_ansible_no_log": False}
    stdin = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, **login_options, **log, **modes}})
    status = scene.run([sys.executable, "-m", f"{MODULES}.{module}"], environment, stdin)
    assert "Traceback" not in scene.output
    assert status == fails(module, case), f"{case}: {scene.output}"
    assert scene.leaks([*users.secrets, login.secret]) == {}, case
    assert case.level == "INFO" or status or "/v2.0/" in scene.sdk_log.read_text(), "there is nothing to search"


# Roles and playbooks

PLAYBOOKS = ("quickstart", "service_groups", "instance_groups", "apply")


def run_playbook(playbook: str | Path, case: Case, scene: Scene, environment: Options, variables: Options) -> int:
    """Run a playbook that tells all that Ansible can tell, and return its status."""
    # With this, Ansible itself prints the options of every module, also those with no_log.
    debug = {} if case.way in AS_OPTIONS else {"ANSIBLE_DEBUG": "1"}
    file = scene.given / "variables.json"
    file.write_text(json.dumps(variables))
    mode = ["--check"] if case.outcome == "check" else []
    command = [ANSIBLE_PLAYBOOK, playbook, "-vvvv", "--diff", *mode, "-e", f"@{file}"]
    return scene.run(command, {**debug, **environment})


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_playbooks(
    playbook: str, users: Users, marks: Iterator[int], tmp_path: Path, tally: Tally, share: Share
) -> None:
    cases = [c for c in SOME if c.way != "auth" and c.outcome != "refused option"]
    for number, case in enumerate(share(cases, at_most=2)):
        with tally(f"secrets: {case.outcome}", (playbook, case)):
            scene, login, mark = Scene(tmp_path / str(number)), arranged(case, users), next(marks)
            login_options, environment = written(login, case.way, scene.given)
            bad = login.secret if case.outcome == "bad value" else None
            variables = variables_of_roles(login_options.get("cloud"), mark, bad)
            status = run_playbook(f"portcullis.openstack.{playbook}", case, scene, environment, variables)
            assert "Traceback" not in scene.output
            assert (status != 0) == OUTCOMES[case.outcome], f"{case}: {scene.output}"
            assert scene.leaks([*users.secrets, login.secret]) == {}, case


def variables_of_roles(cloud: Any, mark: int, bad: str | None) -> Options:
    """Return variables for all playbooks, with a bad value for both roles if there is one."""
    service = {"name": f"web-{mark}", "allow": [{"ports": [1024 + mark], "remote_ips": [bad or "anywhere"]}]}
    group = bad or ("ssh", "web")[mark % 2]
    return {
        "service_groups_services": [service],
        "instance_groups_attachments": [{"servers": ["web1"], "security_groups": [group], "state": "exact"}],
        **dict.fromkeys(("service_groups_cloud", "instance_groups_cloud"), cloud),
    }


def test_a_playbook_of_all_modules(
    users: Users, marks: Iterator[int], tmp_path: Path, tally: Tally, share: Share
) -> None:
    for number, case in enumerate(share(SOME, at_most=2)):
        with tally(f"secrets: {case.outcome}", case):
            scene, login = Scene(tmp_path / str(number)), arranged(case, users)
            login_options, environment = written(login, case.way, scene.given)
            login_options |= {"sdk_log_path": str(scene.sdk_log), "sdk_log_level": case.level}
            playbook = playbook_of_modules(login_options, calls(next(marks)), case.outcome, scene.given)
            run_playbook(playbook, case, scene, environment, {"login_options": login_options, "secret": login.secret})
            failing = [module for module in calls(0) if fails(module, case)]
            assert "Traceback" not in scene.output
            assert f"failed=0    skipped=0    rescued=0    ignored={len(failing)}" in scene.output, case
            assert scene.leaks([*users.secrets, login.secret]) == {}, case


def playbook_of_modules(login_options: Options, options: dict[str, Options], outcome: str, directory: Path) -> Path:
    """Write a playbook that calls every module; what is secret comes from variables, as Ansible shows its source."""
    tasks = [
        {f"portcullis.openstack.{module}": spoilt(outcome, module, options[module], "{{ secret }}")}
        for module in options
    ]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "ignore_errors": True,
        "module_defaults": {
            "group/portcullis.openstack.openstack": {key: f"{{{{ login_options.{key} }}}}" for key in login_options}
        },
        "tasks": tasks,
    }
    path = directory / "modules.yml"
    path.write_text(yaml.safe_dump([play]))
    return path


# TLS


@pytest.fixture
def https(project: Project, tmp_path: Path) -> Iterator[TlsKeystone]:
    """The Keystone of the cloud behind a certificate that nobody knows."""
    with tls_keystone(project.cloud["auth"]["auth_url"], tmp_path) as keystone:
        yield keystone


def over_https(project: Project, keystone: TlsKeystone) -> Options:
    """Return a cloud whose logins go over https; this plugin asks Keystone nothing but a token."""
    return {**project.cloud, "auth_type": "v3password", "auth": {**project.cloud["auth"], "auth_url": keystone.url}}


def read_groups(scene: Scene, options: Options, environment: Mapping[str, str] | None = None) -> Options:
    """Run a module, which must not print anything but its result, and return that."""
    stdin = json.dumps({"ANSIBLE_MODULE_ARGS": options})
    scene.run([sys.executable, "-m", f"{MODULES}.security_group_info"], environment or {}, stdin)
    return dict(json.loads(scene.output))


def test_certificates_are_verified(project: Project, https: TlsKeystone, tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene")
    result = read_groups(scene, {"cloud": over_https(project, https)})
    assert result["failed"]
    assert "certificate" in result["msg"]
    assert "ca_cert" in result["msg"]
    assert "validate_certs" in result["msg"]
    assert "warnings" not in result


def test_an_authority_that_is_given_is_trusted(project: Project, https: TlsKeystone, tmp_path: Path) -> None:
    entry = over_https(project, https)
    options = {"auth": entry["auth"], "auth_type": entry["auth_type"], "region_name": entry["region_name"]}
    for given in ({**options, "ca_cert": str(https.ca_cert)}, {"cloud": {**entry, "cacert": str(https.ca_cert)}}):
        result = read_groups(Scene(tmp_path / f"scene-{len(given)}"), given)
        assert [group["name"] for group in result["security_groups"]] == ["default"]
        assert "warnings" not in result


@pytest.mark.parametrize("way", WAYS)
def test_who_does_not_verify_is_warned(project: Project, https: TlsKeystone, tmp_path: Path, way: str) -> None:
    scene = Scene(tmp_path / "scene")
    entry = {**over_https(project, https), "region_name": "RegionOne"}
    login = Login("password", entry if way == "auth" else {**entry, "verify": False})
    login_options, environment = written(login, way, scene.given)
    if way == "auth":
        login_options["validate_certs"] = False
    if way == "environment":
        environment["OS_INSECURE"] = "true"
    result = read_groups(scene, login_options, environment)
    assert [group["name"] for group in result["security_groups"]] == ["default"]
    (warning,) = result["warnings"]
    assert "not verified" in str(warning)
