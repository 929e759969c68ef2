# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook, the role and the module with which existing groups become a file of variables."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.filter.services import FilterModule
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import make_rule
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import (
    PlaybookRun,
    run_client,
    run_playbook,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, create_reader
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy, refuse
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog
from ansible_collections.portcullis.openstack.tests.integration.test_properties import ICMP, entries, repeatable

MODULE: Final = "service_groups_info"
ADOPT: Final = "portcullis.openstack.adopt"
APPLY: Final = "portcullis.openstack.apply"
FILTERS: Final = FilterModule().filters()
SERVICES: Final[list[Body]] = [
    {
        "name": "db",
        "tags": ["blue"],
        "default_egress": False,
        "allow": [
            {"service": "ping", "remote_ips": ["192.0.2.0/24", "2001:db8::/32"]},
            {"service": "postgresql", "remote_services": ["web"], "description": "The shop"},
        ],
    },
    {
        "name": "web",
        "description": "Web servers",
        "allow": [{"service": "ssh", "remote_services": ["db"]}, {"service": "https", "remote_ips": ["anywhere"]}],
    },
]
ATTACHMENTS: Final[list[Body]] = [
    {"servers": ["db1"], "services": ["db"], "state": "exact"},
    {"servers": ["web1"], "networks": ["demo"], "services": ["web"], "state": "exact"},
    {"servers": ["web2"], "services": ["web"], "security_groups": ["default"], "state": "exact"},
]
VARIABLES: Final[Body] = {"service_groups_services": SERVICES, "instance_groups_attachments": ATTACHMENTS}
# Names that a careless writer of YAML, or Ansible, takes for something else.
NAMES: Final = ("{{ x }}", "on", "1e3", "22:22", "a: b", "a\nb", "Grün-日本", "x" * 255, "{% raw %}", " padded ")


class Loader(yaml.SafeLoader):
    """Reads the tag of Ansible for texts that are no templates."""


Loader.add_constructor("!unsafe", lambda _loader, node: str(node.value))


@pytest.fixture
def shop(fleet: Fleet, tmp_path: Path) -> Fleet:
    """Instances with the groups of two services."""
    fleet.project.play(APPLY, tmp_path, **VARIABLES)
    fleet.api.delete("network", f"/security-groups/{fleet.api.group('ssh')['id']}")
    return fleet


def fail(project: Project, directory: Path, *options: str, playbook: str | Path = ADOPT, **variables: Any) -> str:
    """Run the playbook, which must fail, and return the message."""
    run = run_playbook(playbook, project.write_clouds_yaml(directory), *options, variables=variables)
    assert run.status == 2, run.output
    assert "Traceback" not in run.output
    return str(json.loads(re.findall(r'"msg": ("(?:[^"\\]|\\.)*")', run.output)[-1]))


def report_of(run: PlaybookRun) -> Body:
    """Return what the run leaves for machines."""
    (line,) = re.findall(r"^\tRUN: (.*)$", run.output, re.MULTILINE)
    return dict(json.loads(line)["portcullis_adopt"])


def adopt(project: Project, directory: Path, *options: str, **variables: Any) -> tuple[PlaybookRun, str]:
    """Write a file, apply it, which must change nothing, and return its text."""
    path = directory / "adopted.yml"
    before = project.api.snapshot()
    run = project.play(ADOPT, directory, *options, adopt_file=str(path), **variables)
    again = project.play(APPLY, directory, "-e", f"@{path}")
    assert again.count("changed") == 0, again.output
    assert project.api.snapshot() == before
    assert path.stat().st_mode & 0o777 == 0o600
    return run, path.read_text()


def plan_with(project: Project, found: Body) -> Body:
    """Return what the roles plan with what the module has found."""
    found = json.loads(json.dumps(found))
    groups = FILTERS["service_groups"](found["services"], prefix=found["prefix"], default_egress=True)
    attachments = FILTERS["service_attachments"](found["attachments"], found["services"], prefix=found["prefix"])
    return project.call("security_group_set", check_mode=True, groups=groups, attachments=attachments)


def test_a_project(shop: Fleet, tmp_path: Path) -> None:
    """The file has what a person has written, and a second one is the same."""
    run, text = adopt(shop.project, tmp_path)
    assert "security group default: every project has it" in run.output
    assert yaml.safe_load(text) == VARIABLES
    _run, again = adopt(shop.project, tmp_path, adopt_force=True)
    assert again == text


def test_the_file_restores_what_it_describes(shop: Fleet, tmp_path: Path) -> None:
    before = shop.api.outline(), shop.all_groups()
    _run, _text = adopt(shop.project, tmp_path)
    shop.reset()
    for name in ("web", "db"):
        shop.api.delete("network", f"/security-groups/{shop.api.group(name)['id']}")
    shop.project.play(APPLY, tmp_path, "-e", f"@{tmp_path / 'adopted.yml'}")
    shop.api.delete("network", f"/security-groups/{shop.api.group('ssh')['id']}")
    assert (shop.api.outline(), shop.all_groups()) == before


def test_names_that_yaml_and_ansible_misread(project: Project, tmp_path: Path) -> None:
    for name in NAMES:
        rule = {"protocol": "tcp", "description": name}
        project.api.create_group(name, [rule], description=name, tags=[name] if "," not in name else [])
    _run, text = adopt(project, tmp_path)
    services = yaml.load(text, Loader)["service_groups_services"]
    assert sorted(service["name"] for service in services) == sorted(NAMES)


def test_address_groups(project: Project, tmp_path: Path) -> None:
    """The file names them, and says in a comment what they contain."""
    body = {"address_group": {"name": "offices", "addresses": ["192.0.2.0/24"]}}
    offices = project.api.post("network", "/address-groups", body)["address_group"]["id"]
    project.api.create_group("web")
    project.api.create_rule(project.api.group("web")["id"], protocol="tcp", remote_address_group_id=offices)
    _run, text = adopt(project, tmp_path)
    assert "# address_groups:\n#   - name: offices\n#     addresses: [192.0.2.0/24]\n" in text
    (web,) = yaml.safe_load(text)["service_groups_services"]
    assert web["allow"] == [{"protocol": "tcp", "ether_type": "IPv4", "remote_address_groups": ["offices"]}]


def test_the_report(shop: Fleet, tmp_path: Path) -> None:
    """For AWX, which keeps nothing of a job but its output and what it reports."""
    path = tmp_path / "adopted.yml"
    run = shop.project.play(ADOPT, tmp_path, adopt_file=str(path), portcullis_file_artifact=True)
    report = report_of(run)
    assert report["file"] == path.read_text()
    assert report["summary"] == "2 services, 3 attachments; 1 left out."
    assert report["left_out"] == ["security group default: every project has it; to adopt it, list it by name"]
    assert report["message"] == ""
    run = run_playbook(
        ADOPT, tmp_path / "clouds.yaml", variables={"adopt_file": str(tmp_path / "b.yml"), "adopt_names": ["wbe"]}
    )
    report = report_of(run)
    assert report["message"].startswith("names: there is no security group 'wbe'")
    assert (report["file"], report["summary"], report["left_out"]) == ("", "", [])


def test_an_existing_file(shop: Fleet, tmp_path: Path, requests: RequestLog) -> None:
    path = tmp_path / "mine.yml"
    path.write_text("mine")
    with requests.record() as traffic:
        message = fail(shop.project, tmp_path, adopt_file=str(path))
    assert message.startswith(f"adopt_file: '{path}' exists; choose another path, or set adopt_force: true")
    assert traffic.calls() == []
    assert path.read_text() == "mine"


def test_check_mode_writes_nothing(shop: Fleet, tmp_path: Path) -> None:
    shop.project.play(ADOPT, tmp_path, "--check", adopt_file=str(tmp_path / "adopted.yml"))
    assert not (tmp_path / "adopted.yml").exists()


def test_a_plan_that_is_not_empty(shop: Fleet, tmp_path: Path) -> None:
    """Such as with defaults of the play that would change every group."""
    defaults = {"portcullis.openstack.security_group_set": {"owner": "team-b"}}
    play = tmp_path / "play.yml"
    content = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "roles": [ADOPT]}
    play.write_text(yaml.safe_dump([content]))
    message = fail(shop.project, tmp_path, playbook=play, adopt_file=str(tmp_path / "adopted.yml"))
    assert message.splitlines()[1:] == [
        *("security group db", "  + owner: team-b"),
        *("security group web", "  + owner: team-b"),
    ]


def test_owners(shop: Fleet, tmp_path: Path) -> None:
    """The file has the owner; groups of others are left out."""
    path = tmp_path / "adopted.yml"
    shop.api.put("network", f"/security-groups/{shop.api.group('db')['id']}/tags", {"tags": ["portcullis-owner:b"]})
    run = shop.project.play(ADOPT, tmp_path, adopt_file=str(path), adopt_owner="a")
    assert "security group db: it belongs to the owner b" in run.output
    found = yaml.safe_load(path.read_text())
    assert found["service_groups_owner"] == "a"
    assert [service["name"] for service in found["service_groups_services"]] == ["web"]
    shop.project.play(APPLY, tmp_path, "-e", f"@{path}")
    assert shop.api.tags("web") == ["portcullis-owner:a"]
    _run, text = adopt(shop.project, tmp_path, adopt_owner="a", adopt_owned=True, adopt_force=True)
    assert text == path.read_text()
    found = shop.project.call(MODULE)
    assert found["services"] == []
    assert "owner" in shop.project.refuse(MODULE, owned=True)


def test_a_part_of_a_project(shop: Fleet, tmp_path: Path) -> None:
    _run, text = adopt(shop.project, tmp_path, adopt_servers=["db*"], adopt_prefix="d", adopt_cloud="project")
    found = yaml.safe_load(text)
    assert found["service_groups_cloud"] == "project"
    assert found["service_groups_prefix"] == "d"
    assert [service["name"] for service in found["service_groups_services"]] == ["b"]
    assert found["service_groups_services"][0]["allow"][1]["remote_groups"] == ["web"]
    assert found["instance_groups_attachments"] == [{"servers": ["db1"], "services": ["b"], "state": "exact"}]
    message = fail(shop.project, tmp_path, adopt_file=str(tmp_path / "other.yml"), adopt_names=["wbe"])
    assert message.startswith("names: there is no security group 'wbe' in the project. Did you mean web?")


def test_shared_groups(project: Project, administrator: Project) -> None:
    project.share("security_group", "lent", administrator)
    found = project.call(MODULE)
    assert [service["shared_with"] for service in found["services"]] == [[administrator.id]]
    assert not plan_with(project, found)["changed"]


def test_variables_that_cannot_be_right(project: Project, tmp_path: Path) -> None:
    message = fail(project, tmp_path, adopt_flie="a.yml", service_groups_preffix="x", adopt_me="of another role")
    assert message.splitlines() == [
        "adopt_flie: there is no such variable. Did you mean adopt_file?",
        "service_groups_preffix: there is no such variable. Did you mean service_groups_prefix?",
        "adopt_file: it is missing; give the path of the file to write",
    ]


def test_few_requests(shop: Fleet, admin: Api, requests: RequestLog) -> None:
    """They are as many, however large the project is, and a reader may send them."""
    reader = create_reader(admin, shop.project)
    address_group = {"address_group": {"name": "offices", "addresses": []}}
    offices = shop.api.post("network", "/address-groups", address_group)["address_group"]["id"]
    shop.api.create_rule(shop.api.group("web")["id"], remote_address_group_id=offices)
    for number in range(20):
        shop.api.create_group(f"group-{number}")
    with requests.record() as traffic:
        found = reader.run(MODULE)
    assert not traffic.writes()
    assert len([request for request in traffic if not request.path.startswith("/v3")]) <= 8
    assert len(found["services"]) == 22
    assert {**found, "invocation": None} == {**shop.project.run(MODULE), "invocation": None}
    # Other tests have these instances, and address groups of their own.
    shop.reset()
    shop.api.delete("network", f"/address-groups/{offices}")


def test_without_nova(shop: Fleet) -> None:
    """Ports are named in place of servers."""
    refusal = refuse(403)
    with (
        Proxy(lambda call, forward: refusal(call, forward) if call.path.endswith("/servers") else forward(call)) as p,
        shop.project.through(p) as connection,
    ):
        found = shop.project.call(MODULE, connection=connection)
    assert found["unknown"][0].startswith("Servers cannot be read: ")
    assert [entry["ports"] for entry in found["attachments"]]
    assert not plan_with(shop.project, found)["changed"]


@settings(repeatable, max_examples=6)
@given(
    wanted=st.fixed_dictionaries({name: st.lists(entries(), max_size=8) for name in ("a", "b")}),
    having=st.lists(st.lists(st.sampled_from(["a", "b", "default"]), max_size=2, unique=True), min_size=4, max_size=4),
)
def test_random_groups(fleet: Fleet, wanted: dict[str, list[Body]], having: list[list[str]]) -> None:
    """Whatever rules groups have, and ports of groups, the plan with the variables is empty."""
    fleet.reset()
    for name in wanted:
        fleet.api.create_group(name)
    for name, rules in wanted.items():
        place = fleet.api.group(name)["id"]
        for rule in {make_rule(**rule).key: rule for rule in rules}.values():
            _create_rule(fleet.api, place, rule)
    for (server, network), groups in zip(
        [("web1", "demo"), ("web1", "demo2"), ("web2", "demo"), ("db1", "demo")], having, strict=True
    ):
        fleet.set_groups(server, *groups, network=network)
    found = fleet.project.call(MODULE)
    plan = plan_with(fleet.project, found)
    assert not plan["changed"], plan["plan"]
    assert fleet.project.call(MODULE) == found
    assert {service["name"] for service in found["services"]} == {"a", "b", "ssh", "web", "db"}
    assert {one["kind"] for one in found["left_out"]} == {"security_group"}


distinct = st.lists(entries(), min_size=6, max_size=12, unique_by=lambda rule: make_rule(**rule).key)


@settings(repeatable, max_examples=2, phases=[Phase.generate])  # Each example takes seconds.
@given(wanted=st.fixed_dictionaries(dict.fromkeys(("a", "b"), distinct)))
def test_random_groups_of_the_client(project: Project, wanted: dict[str, list[Body]]) -> None:
    """The openstack client spells rules in its own way, such as -1 and all ports for any."""
    for group in project.api.groups():
        if group["name"] in wanted:
            project.api.delete("network", f"/security-groups/{group['id']}")
    lines = [f"security group create {name}" for name in wanted]
    lines += [shlex.join(_command(name, rule)) for name, rules in wanted.items() for rule in rules]
    with TemporaryDirectory() as directory:
        run_client(project.write_clouds_yaml(Path(directory)), commands="\n".join(lines) + "\n")
    created = sum(len(project.api.rules(name)) for name in wanted)
    assert created > 4 + len(lines) // 2, "the client has created few of the rules"
    found = project.call(MODULE)
    assert [service["name"] for service in found["services"]] == sorted(wanted)
    assert [one["kind"] for one in found["left_out"]] == ["security_group"]
    plan = plan_with(project, found)
    assert not plan["changed"], plan["plan"]


def _command(group: str, options: Body) -> list[str]:
    """Return the command with which the openstack client creates a rule."""
    command = ["security", "group", "rule", "create", f"--{options.get('direction', 'ingress')}"]
    names = {"ether_type": "ethertype", "protocol": "protocol", "remote_ip_prefix": "remote-ip"}
    names["remote_group"] = "remote-group"
    for name, option in names.items():
        if name in options:
            command += [f"--{option}", str(options[name])]
    if str(options.get("protocol")).lower() in ICMP:
        for name, option in (("port_range_min", "icmp-type"), ("port_range_max", "icmp-code")):
            if options.get(name) is not None:
                command += [f"--{option}", str(options[name])]
    elif "port_range_min" in options:
        command += ["--dst-port", f"{options['port_range_min']}:{options['port_range_max']}"]
    return [*command, group]


def _create_rule(api: Api, group_id: str, options: Body) -> None:
    """Create a rule as someone else would, unless the group has it already."""
    names = {"ether_type": "ethertype", "remote_group": "remote_group_id"}
    body = {names.get(name, name): value for name, value in options.items()}
    if "remote_group_id" in body:
        body["remote_group_id"] = api.group(body["remote_group_id"])["id"]
    rule = {"security_group_rule": {"direction": "ingress", **body, "security_group_id": group_id}}
    assert api.call("POST", "network", "/security-group-rules", rule).status_code in (201, 409)
