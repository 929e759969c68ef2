# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reuse: the examples as they are printed, and the roles called more than once and in every way that Ansible knows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness import peer
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import REPOSITORY
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

EXAMPLES: Final = REPOSITORY / "examples"
APPLY: Final = "portcullis.openstack.apply"
SERVICE_GROUPS: Final = "portcullis.openstack.service_groups"
INSTANCE_GROUPS: Final = "portcullis.openstack.instance_groups"
EGRESS: Final = ["egress IPv4 any", "egress IPv6 any"]
HTTPS: Final = {"name": "https", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def write(path: Path, content: Any) -> str:
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return str(path)


def write_play(directory: Path, **play: Any) -> str:
    return write(directory / "play.yml", [{"hosts": "localhost", "gather_facts": False, **play}])


# The examples


def test_a_small_team(fleet: Fleet, tmp_path: Path) -> None:
    fleet.project.settle_play(APPLY, tmp_path, **read(EXAMPLES / "small_team" / "services.yml"))
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "ssh", "web"]
    assert fleet.groups_of("db1") == ["db", "ssh"]


def test_a_company(project: Project, tmp_path: Path) -> None:
    """Both environments in one project, which is where one could prune what is the other's."""
    company = EXAMPLES / "company"

    def play(limit: str, **variables: Any) -> PlaybookRun:
        options = ("-i", str(company / "inventory.yml"), "--limit", limit)
        return project.play(company / "security_groups.yml", tmp_path, *options, **variables)

    hosts = [f"{team}-{stage}" for team in ("platform", "shop") for stage in ("staging", "production")]
    names = [service["name"] for team in ("platform", "shop") for service in listed(company, team)]
    play("staging")
    staging = project.api.outline()
    assert [group["name"] for group in staging] == sorted(f"staging-{name}" for name in names)
    assert project.api.rules("staging-web") == [
        *EGRESS,
        "ingress IPv4 tcp 443:443 192.0.2.0/24",
        "ingress IPv6 tcp 443:443 2001:db8::/48",
    ]

    both = play("all")
    assert [both.count("changed", host) for host in hosts] == [0, 1, 0, 1]
    assert "ingress IPv4 tcp 443:443 0.0.0.0/0" in project.api.rules("production-web")
    assert "ingress IPv4 tcp 8443:8443 production-web" in project.api.rules("production-orders")
    assert project.api.tags("production-ssh") == ["portcullis-owner:platform-production"]

    play("shop-production", service_groups_services=listed(company, "shop")[:2])
    everything = {f"{stage}-{name}" for stage in ("staging", "production") for name in names}
    assert set(project.api.group_names()) == everything - {"production-events"}
    assert [group for group in project.api.outline() if group["name"].startswith("staging-")] == staging


def listed(company: Path, team: str) -> list[dict[str, Any]]:
    return list(read(company / "group_vars" / f"{team}.yml")["service_groups_services"])


def test_groups_of_an_inventory_plugin(fleet: Fleet, tmp_path: Path) -> None:
    """That of openstack.cloud; it gives hosts whose servers have one name their ids as names."""
    peer.install()
    inventory = shutil.copytree(EXAMPLES / "inventory_groups", tmp_path / "example") / "openstack.yml"
    inventory.write_text(inventory.read_text().replace("mycloud", "project"))
    with fleet.renamed("web2", "web1"):
        fleet.project.settle_play(APPLY, tmp_path, "-i", str(inventory))
    assert fleet.groups_of("web1") == fleet.groups_of("web2") == ["default", "web"]
    assert fleet.groups_of("db1") == ["db"]


def test_migration(project: Project, new_project: Callable[[], Project], tmp_path: Path) -> None:
    example = EXAMPLES / "migration"
    renamed = (example / "before.yml").read_text().replace("openstack.cloud.", "portcullis.openstack.")
    assert read(example / "renamed.yml") == yaml.safe_load(renamed)

    peer.install()
    assert project.play(example / "before.yml", tmp_path).count("changed") == 3
    before = project.api.snapshot()
    steps: list[tuple[str | Path, Any]] = [
        (example / "renamed.yml", {}),
        (SERVICE_GROUPS, read(example / "services.yml")),
    ]
    for playbook, variables in steps:
        assert project.play(playbook, tmp_path, **variables).count("changed") == 0
    assert project.api.snapshot() == before

    empty = new_project()
    empty.play(example / "renamed.yml", tmp_path)
    assert empty.api.outline() == project.api.outline()
    empty.close()


# The roles, twice in one play

TURNS: Final = ("first", "second")
WAYS: Final = ("roles", "import", "include")


def in_every_way(role: str, option: str) -> dict[str, Any]:
    """Return the parts of a play that call a role in every way, twice, each time with another value of an option."""
    calls = {(way, turn): {"vars": {option: f"{way}-{turn}-"}, "tags": [turn]} for way in WAYS for turn in TURNS}
    imported = [{"ansible.builtin.import_role": {"name": role}, **calls["import", turn]} for turn in TURNS]
    included = [
        {"ansible.builtin.include_role": {"name": role, "apply": {"tags": [turn]}}, **calls["include", turn]}
        for turn in TURNS
    ]
    return {
        "roles": [{"role": role, **calls["roles", turn]} for turn in TURNS],
        "tasks": [*imported, *included],
    }


SERVICES_OF_OTHERS: Final[dict[str, Any]] = {
    "offices": ["192.0.2.0/24", "2001:db8::/48"],
    "ports": {"web": 443, "proxies": "8000:8010"},
    "common": [{"name": "web", "allow": [{"ports": "{{ ports.values() }}", "remote_ips": "{{ offices }}"}]}],
    "more": ["cache", "queue"],
    "service_groups_services": "{{ common + [{'name': more | first, 'default_egress': false}] }}",
}


def write_services_in_every_way(directory: Path) -> str:
    return write_play(directory, vars=SERVICES_OF_OTHERS, **in_every_way(SERVICE_GROUPS, "service_groups_prefix"))


def test_every_way_to_call_a_role(project: Project, tmp_path: Path) -> None:
    """With a list made of others, in check mode, for real and again."""
    project.settle_play(write_services_in_every_way(tmp_path), tmp_path)
    prefixes = [f"{way}-{turn}-" for way in WAYS for turn in TURNS]
    assert project.api.group_names() == sorted(prefix + name for prefix in prefixes for name in ("cache", "web"))
    for prefix in prefixes:
        assert project.api.rules(f"{prefix}cache") == []
        assert project.api.rules(f"{prefix}web") == [
            *EGRESS,
            "ingress IPv4 tcp 443:443 192.0.2.0/24",
            "ingress IPv4 tcp 8000:8010 192.0.2.0/24",
            "ingress IPv6 tcp 443:443 2001:db8::/48",
            "ingress IPv6 tcp 8000:8010 2001:db8::/48",
        ]


def test_tags(project: Project, tmp_path: Path) -> None:
    project.play(write_services_in_every_way(tmp_path), tmp_path, "--tags", "second")
    assert project.api.group_names() == sorted(f"{way}-second-{name}" for way in WAYS for name in ("cache", "web"))


def test_every_way_to_attach(fleet: Fleet, tmp_path: Path) -> None:
    """With a list made of others, in check mode, for real and again, and by tags."""
    prefixes = [f"{way}-{turn}-" for way in WAYS for turn in TURNS]
    for prefix in prefixes:
        fleet.api.create_group(f"{prefix}web")
    servers = {"servers": "{{ [first, 'db1'] }}", "services": ["web"]}
    variables = {"first": "web2", "entry": servers, "instance_groups_attachments": "{{ [entry] }}"}
    playbook = write_play(tmp_path, vars=variables, **in_every_way(INSTANCE_GROUPS, "instance_groups_prefix"))
    tagged = fleet.project.play(playbook, tmp_path, "--tags", "second")
    assert tagged.count("changed") == len(WAYS)
    assert fleet.groups_of("db1") == sorted(["default", *(f"{way}-second-web" for way in WAYS)])
    fleet.project.settle_play(playbook, tmp_path)
    assert (
        fleet.groups_of("web2")
        == fleet.groups_of("db1")
        == sorted(["default", *(f"{prefix}web" for prefix in prefixes)])
    )


def test_check_mode_of_a_play(fleet: Fleet, tmp_path: Path) -> None:
    """The keyword does what --check does."""
    variables = {
        "service_groups_services": [HTTPS],
        "instance_groups_attachments": [{"servers": ["web2"], "services": ["https"]}],
    }
    roles = [{"role": APPLY}]
    before = fleet.api.snapshot()
    check = fleet.project.play(write_play(tmp_path, vars=variables, roles=roles, check_mode=True, diff=True), tmp_path)
    assert check.count("changed") == 1
    assert fleet.api.snapshot() == before
    real = fleet.project.play(write_play(tmp_path, vars=variables, roles=roles), tmp_path)
    assert real.diff == check.diff
    assert fleet.groups_of("web2") == ["default", "https"]


def test_an_owner_who_prunes_by_module_defaults(project: Project, tmp_path: Path) -> None:
    defaults = {"portcullis.openstack.security_group_set": {"owner": "a", "prune": True}}
    for services in ([HTTPS, {"name": "more"}], [HTTPS]):
        variables = {"service_groups_services": services}
        playbook = write_play(tmp_path, module_defaults=defaults, vars=variables, roles=[{"role": SERVICE_GROUPS}])
        project.settle_play(playbook, tmp_path)
    assert project.api.group_names() == ["https"]


def test_two_projects_in_one_play(project: Project, new_project: Callable[[], Project], tmp_path: Path) -> None:
    """Variables of a role win over the defaults for modules, which hold where a variable is not set."""
    projects = {"shop": project, "billing": new_project()}
    clouds = {"clouds": {name: one.cloud for name, one in projects.items()}}
    clouds_yaml = Path(write(tmp_path / "clouds.yaml", clouds))
    given: list[dict[str, Any]] = [{}, {"service_groups_cloud": "billing"}]
    roles = [
        {"role": SERVICE_GROUPS, "vars": {"service_groups_services": [{**HTTPS, "name": name}], **variables}}
        for name, variables in zip(projects, given, strict=True)
    ]
    defaults = {"group/portcullis.openstack.openstack": {"cloud": "shop"}}
    playbook = write_play(tmp_path, module_defaults=defaults, roles=roles)
    for changed in (2, 0):
        run = run_playbook(playbook, clouds_yaml, variables={})
        assert [run.status, run.count("changed")] == [0, changed], run.output
    assert {name: one.api.group_names() for name, one in projects.items()} == {name: [name] for name in projects}
    projects["billing"].close()


def test_the_role_apply_for_two_prefixes_with_module_defaults(fleet: Fleet, tmp_path: Path) -> None:
    """In check mode too, when the groups to attach do not exist yet; there are two clouds, so that none can guess."""
    servers = {"blue": "web1", "green": "web2"}
    roles = [
        {
            "ansible.builtin.include_role": {"name": APPLY},
            "vars": {
                "service_groups_prefix": f"{prefix}-",
                "instance_groups_attachments": [{"servers": [server], "networks": ["demo"], "services": ["https"]}],
            },
        }
        for prefix, server in servers.items()
    ]
    defaults = {"group/portcullis.openstack.openstack": {"cloud": "fleet"}}
    playbook = write_play(tmp_path, module_defaults=defaults, vars={"service_groups_services": [HTTPS]}, tasks=roles)
    clouds = {"clouds": {"fleet": fleet.project.cloud, "other": {"auth": {}}}}
    clouds_yaml = Path(write(tmp_path / "clouds.yaml", clouds))
    check, real, again = (run_playbook(playbook, clouds_yaml, *mode, variables={}) for mode in (["--check"], [], []))
    assert [run.status for run in (check, real, again)] == [0, 0, 0], check.output + real.output + again.output
    assert [run.count("changed") for run in (check, real, again)] == [2, 2, 0]
    assert check.diff == real.diff
    assert fleet.groups_of("web1") == ["blue-https", "default"]
    assert fleet.groups_of("web2") == ["default", "green-https"]


# Hosts that are projects

DIFFERENT: Final[list[dict[str, Any]]] = [
    {
        "front": {"instance_groups_attachments": [{"servers": ["web1"], "security_groups": ["ssh"]}]},
        "back": {"instance_groups_attachments": [{"servers": ["db1"], "security_groups": ["ssh"]}]},
    },
    *(
        {"front": {option: "project"}, "back": {option: "other"}}
        for option in (
            "instance_groups_cloud",
            "instance_groups_prefix",
            "instance_groups_project",
            "service_groups_cloud",
            "service_groups_prefix",
            "service_groups_project",
        )
    ),
    *(
        {"front": {option: []}, "back": {option: [HTTPS]}}
        for option in ("instance_groups_known_services", "service_groups_services")
    ),
    {"front": {"instance_groups_hosts": ["front"]}, "back": {"instance_groups_hosts": ["back"]}},
]


def write_projects(directory: Path, hosts: dict[str, Any]) -> str:
    variables = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return write(directory / "inventory.yml", {"projects": {"hosts": hosts, "vars": variables}})


@pytest.mark.parametrize("hosts", DIFFERENT, ids=lambda hosts: next(iter(hosts["front"])))
def test_instances_of_several_hosts_that_differ(fleet: Fleet, tmp_path: Path, hosts: dict[str, Any]) -> None:
    """A role that runs once for all hosts reads the variables of one, so others are an error."""
    before = fleet.api.snapshot()
    playbook = write_play(tmp_path, hosts="projects", roles=[INSTANCE_GROUPS])
    clouds_yaml = fleet.project.write_clouds_yaml(tmp_path)
    run = run_playbook(playbook, clouds_yaml, "-i", write_projects(tmp_path, hosts), variables={})
    assert run.status != 0
    assert f"{next(iter(hosts['front']))}: hosts of the play have different values" in run.output
    assert fleet.api.snapshot() == before


def test_instances_of_one_host_after_the_other(fleet: Fleet, tmp_path: Path) -> None:
    playbook = write_play(tmp_path, hosts="projects", serial=1, roles=[INSTANCE_GROUPS])
    run = fleet.project.play(playbook, tmp_path, "-i", write_projects(tmp_path, DIFFERENT[0]))
    assert [run.count("changed", host) for host in DIFFERENT[0]] == [1, 1]
    assert [fleet.groups_of(server) for server in ("web1", "web2", "db1")] == [
        ["default", "ssh"],
        ["default"],
        ["default", "ssh"],
    ]


def test_hosts_that_are_instances_in_several_clouds(fleet: Fleet, tmp_path: Path) -> None:
    """Each batch is about its own instances only: the first changes none of those of the second."""
    groups = {"instance_groups_security_groups": ["ssh"]}
    hosts = {
        "web1": {**groups, "instance_groups_cloud": "one"},
        "far": {**groups, "instance_groups_cloud": "two", "instance_groups_server": "db1"},
    }
    playbook = write_play(tmp_path, hosts="projects", serial=1, roles=[INSTANCE_GROUPS])
    clouds = {"clouds": dict.fromkeys(("one", "two"), fleet.project.cloud)}
    clouds_yaml = Path(write(tmp_path / "clouds.yaml", clouds))
    run = run_playbook(playbook, clouds_yaml, "-i", write_projects(tmp_path, hosts), variables={})
    assert run.status == 0, run.output
    assert [run.count("changed", host) for host in hosts] == [1, 1]
    assert [fleet.groups_of(server) for server in ("web1", "db1")] == [["default", "ssh"]] * 2
