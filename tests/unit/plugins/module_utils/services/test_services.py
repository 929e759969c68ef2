# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' words become options that the modules take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._services.groups import groups_of_services
from ansible_collections.portcullis.openstack.plugins.module_utils._services.services import (
    attachments_of_services,
    judge_read,
    judge_same,
)

ROLE = Path(__file__).parents[5] / "roles" / "service_groups"
ANYWHERE = {"remote_ips": ["anywhere"]}
EGRESS = {"direction": "egress", "ether_type": "any"}
SERVICES = [{"name": "web"}, {"name": "db", "group": "databases"}]


def groups(*services: dict[str, Any], prefix: str = "", default_egress: bool = False) -> list[dict[str, Any]]:
    return groups_of_services(services, prefix=prefix, default_egress=default_egress)


def rule(**entry: Any) -> dict[str, Any]:
    """Return the first rule of a service that allows one thing."""
    (group,) = groups({"name": "one", "allow": [entry]})
    first: dict[str, Any] = group["rules"][0]
    return first


def test_a_service_becomes_a_group_with_its_attributes() -> None:
    service = {"name": "web", "description": "d", "stateful": False, "tags": ["t"], "state": "absent", "allow": None}
    assert groups(service, prefix="prod-") == [
        {
            "name": "prod-web",
            "service": "web",
            "description": "d",
            "stateful": False,
            "tags": ["t"],
            "state": "absent",
            "rules": [],
        }
    ]


def test_a_service_names_its_own_group_without_the_prefix() -> None:
    assert [group["name"] for group in groups(*SERVICES, prefix="p-")] == ["p-web", "databases"]


def test_no_prefix_is_an_empty_prefix() -> None:
    (group,) = groups_of_services([{"name": "web"}], prefix=None, default_egress=False)
    (entry,) = attachments_of_services([{"servers": ["vm"], "services": ["web"]}], SERVICES, prefix=None)
    assert [group["name"], *entry["security_groups"]] == ["web", "web"]


@pytest.mark.parametrize("prefix", [0, "0"])
def test_a_prefix_that_yaml_reads_as_a_number(prefix: Any) -> None:
    (group,) = groups_of_services([{"name": "web"}], prefix=prefix, default_egress=False)
    (entry,) = attachments_of_services([{"servers": ["vm"], "services": ["web"]}], [], prefix=prefix)
    assert [group["name"], *entry["security_groups"]] == ["0web", "0web"]


def test_a_prefix_that_is_no_text() -> None:
    message = r"service_groups_prefix: \['a'\] is not a text"
    with pytest.raises(InputError, match=message):
        groups_of_services([{"name": "web"}], prefix=["a"], default_egress=False)
    with pytest.raises(InputError, match=message):
        attachments_of_services([], [{"name": "web"}], prefix=["a"])


class Picky(dict[str, Any]):
    """The variables of a host, one of which nobody can render."""

    def __getitem__(self, name: str) -> Any:
        assert name != "broken"
        return super().__getitem__(name)

    def items(self) -> Any:
        return [(name, self[name]) for name in self]


def test_only_what_matters_of_a_host_is_read() -> None:
    """Its other variables may be many, slow, or such as cannot be rendered here."""
    host = Picky(inventory_hostname="web1", instance_groups_services=["web"], broken="{{ undefined }}")
    (attachment,) = attachments_of_services([], SERVICES, prefix="", hosts=[host])
    assert attachment["servers"] == ["web1"]


@pytest.mark.parametrize("protocol", ["", 0])
def test_a_protocol_that_cannot_be_does_not_become_the_default(protocol: Any) -> None:
    with pytest.raises(InputError, match=r"^service one, allow 1, (ports|protocol): "):
        rule(ports=[22], protocol=protocol, **ANYWHERE)


def test_names_that_yaml_reads_as_numbers() -> None:
    (entry,) = attachments_of_services(
        [{"servers": ["vm"], "services": [443, "80"]}], [{"name": "443"}, {"name": 80}], prefix="p-"
    )
    assert entry["security_groups"] == ["p-443", "p-80"]


@pytest.mark.parametrize(
    ("role", "own", "direction", "expected"),
    [
        (True, None, "ingress", True),
        (True, None, "egress", False),
        (True, False, "ingress", False),
        (False, None, "ingress", False),
        (False, True, "ingress", True),
        (False, True, "egress", False),
        (True, "false", "ingress", False),
        (False, "yes", "ingress", True),
    ],
)
def test_egress_is_open_by_default(role: bool, own: bool | str | None, direction: str, expected: bool) -> None:
    service = {"name": "a", "default_egress": own, "allow": [{"service": "ssh", "direction": direction, **ANYWHERE}]}
    (group,) = groups(service, default_egress=role)
    assert (EGRESS in group["rules"]) is expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"service": "ssh"}, {"service": "ssh"}),
        ({"ports": [80, "443"]}, {"protocol": "tcp", "ports": ["80", "443"]}),
        ({"ports": 53, "protocol": "udp"}, {"protocol": "udp", "ports": ["53"]}),
        ({"protocol": "any"}, {"protocol": "any"}),
        ({"protocol": "any", "remote_groups": []}, {"protocol": "any", "remote_groups": []}),
        (
            {"protocol": "tcp", "description": "d", "direction": "egress"},
            {"protocol": "tcp", "description": "d", "direction": "egress"},
        ),
    ],
)
def test_an_entry_becomes_a_dense_rule(entry: dict[str, Any], expected: dict[str, Any]) -> None:
    assert rule(**entry, **ANYWHERE) == {"ether_type": "any", "remote_ip_prefixes": ["anywhere"], **expected}


@pytest.mark.parametrize(
    ("service", "place", "path"),
    [
        ({"name": "a", "alow": []}, "service a, alow", []),
        ({"name": "a", "allow": [{"port": 22}]}, "service a, allow 1, port", ["allow"]),
    ],
)
def test_options_are_those_of_the_argument_spec(service: dict[str, Any], place: str, path: list[str]) -> None:
    """Nobody else judges them, as Ansible does not validate the role's arguments."""
    spec = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["run"]
    for option in ["service_groups_services", *path]:
        spec = spec["options"][option]
    with pytest.raises(InputError) as caught:
        groups(service)
    assert str(caught.value) == f"{place}: there is no such option; there are {', '.join(sorted(spec['options']))}"


def test_an_empty_variable_is_not_an_empty_list() -> None:
    assert groups_of_services([], prefix=None, default_egress=True) == []
    with pytest.raises(InputError, match=r"^service_groups_services: the list is not set"):
        groups_of_services(None, prefix=None, default_egress=True)


def test_a_file_that_was_not_read() -> None:
    judge_read([{"inventory_hostname": "web1"}])
    with pytest.raises(InputError, match=r"-e: 'services.yml' was not read; .*, write -e @services.yml"):
        judge_read([{"_raw_params": "services.yml"}])


def test_a_mapping_in_place_of_the_list() -> None:
    with pytest.raises(InputError, match="service_groups_services: it is a mapping, not a list"):
        groups_of_services({"web": {"allow": []}}, prefix=None, default_egress=True)


@pytest.mark.parametrize(
    ("host", "services", "groups"),
    [
        ({"instance_groups_services": ["a"], "instance_groups_services_x": ["b", "a"]}, ["a", "b"], []),
        ({"instance_groups_services_x": None, "instance_groups_security_groups_x": "c"}, [], ["c"]),
        ({"instance_groups_security_groups": ["d"], "instance_groups_security_groups_1": ["c"]}, [], ["d", "c"]),
    ],
)
def test_variables_of_a_host_add_up(host: dict[str, Any], services: list[str], groups: list[str]) -> None:
    (attachment,) = attachments_of_services([], [], prefix="p-", hosts=[{"inventory_hostname": "web1", **host}])
    assert attachment["security_groups"] == [*groups, *(f"p-{name}" for name in services)]


def test_a_host_that_lists_nothing() -> None:
    host = {"inventory_hostname": "web1", "instance_groups_services_x": None, "instance_groups_server": "web1"}
    assert attachments_of_services([], [], prefix="", hosts=[host]) == []


def test_remotes_add_up_and_services_become_groups() -> None:
    entry = {
        "service": "ssh",
        "remote_ips": "192.0.2.1",
        "remote_groups": "jump",
        "remote_services": ["web", "db"],
        "remote_address_groups": ("offices",),
    }
    dense = groups(*SERVICES, {"name": "ssh", "allow": [entry]}, prefix="p-")[2]["rules"][0]
    assert dense["remote_ip_prefixes"] == ["192.0.2.1"]
    assert dense["remote_groups"] == ["jump", "p-web", "databases"]
    assert dense["remote_address_groups"] == ["offices"]


@pytest.mark.parametrize(
    ("services", "message"),
    [
        ([{"name": "a"}, {}], "service number 2, name: it is missing"),
        ([{"name": "a"}, {"name": "a", "group": "b"}], "service a, name: the list has it already"),
        (
            [{"name": "a", "default_egress": "perhaps"}],
            "service a, default_egress: 'perhaps' is neither true nor false",
        ),
        (["name=a"], "service_groups_services: entry 1 is 'name=a'; write a mapping"),
        ([{"name": "a"}, None], "service_groups_services: entry 2 is None; write a mapping"),
        ([{"name": "a", "allow": "ssh"}], "service a, allow: entry 1 is 'ssh'; write a mapping"),
        ([{"name": 1}, {"name": "1"}], "service 1, name: the list has it already"),
        ([{"name": "a\nb", "allow": [{}]}], r"service 'a\nb', allow 1, service: it allows no traffic"),
        ([{"name": "a", "allow": [ANYWHERE]}], "service a, allow 1, service: it allows no traffic"),
        (
            [{"name": "a", "allow": [{"service": "ssh", **ANYWHERE}, {"ports": [1]}]}],
            "service a, allow 2, remote_ips: it has no remote",
        ),
        (
            [{"name": "a", "allow": [{"service": "ssh", "remote_services": ["b"]}]}],
            "service a, allow 1, remote_services: there is no service 'b' in the list. There are a",
        ),
    ],
)
def test_an_error_names_the_service_and_the_entry(services: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InputError) as caught:
        groups(*services)
    assert message in str(caught.value)


def test_attachments_name_groups_by_their_services() -> None:
    entries = [{"servers": ["vm"], "services": ["db", "web"], "security_groups": ["own"], "state": "exact"}]
    assert attachments_of_services(entries, SERVICES, prefix="p-") == [
        {"servers": ["vm"], "security_groups": ["own", "databases", "p-web"], "state": "exact"}
    ]


def test_without_known_services_the_prefix_alone_makes_the_name() -> None:
    (entry,) = attachments_of_services([{"servers": ["vm"], "services": "web"}], [], prefix="p-")
    assert entry["security_groups"] == ["p-web"]


def test_an_unknown_service_of_an_attachment_is_an_error() -> None:
    entries = [{"servers": ["a"], "services": ["db"]}, {"servers": ["b"], "services": ["dbb"]}]
    with pytest.raises(InputError, match=r"^attachment 2 \(b\), services: there is no service 'dbb' .* you mean db"):
        attachments_of_services(entries, SERVICES, prefix="")


@pytest.mark.parametrize(
    ("entry", "label"),
    [
        ({"servers": ["vm"]}, "attachment 1 (vm)"),
        ({"ports": ["vip"]}, "attachment 1 (vip)"),
        ({"ports": "vip"}, "attachment 1 (vip)"),
        ({"servers": ["vm"], "ports": ["vip"]}, "attachment 1"),
        ({"ports": ["vip1", "vip2"]}, "attachment 1"),
        ({}, "attachment 1"),
    ],
)
def test_an_attachment_names_something(entry: dict[str, Any], label: str) -> None:
    with pytest.raises(InputError) as caught:
        attachments_of_services([{**entry, "state": "exact"}], SERVICES, prefix="")
    assert str(caught.value).startswith(f"{label}, services: neither services nor security_groups is set")


def test_an_attachment_may_name_an_empty_list() -> None:
    (entry,) = attachments_of_services([{"servers": ["vm"], "services": []}], SERVICES, prefix="")
    assert entry["security_groups"] == []


def test_all_errors_of_services_at_once() -> None:
    services: list[dict[str, Any]] = [
        {"name": "a", "allow": [{"service": "ssh", **ANYWHERE}, {"ports": [1]}, ANYWHERE]},
        {"allow": []},
        {"name": "a"},
        {},
    ]
    with pytest.raises(InputError) as caught:
        groups(*services)
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "service a, allow 2, remote_ips",
        "service a, allow 3, service",
        "service number 2, name",
        "service a, name",
        "service number 4, name",
    ]
    assert str(caught.value).count("name: it is missing") == 2


def test_all_errors_of_attachments_at_once() -> None:
    with pytest.raises(InputError) as caught:
        attachments_of_services([{"services": ["x"]}, {"servers": ["vm"]}, {"services": []}], SERVICES, prefix="")
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "attachment 1, services",
        "attachment 1, servers",
        "attachment 2 (vm), services",
        "attachment 3, servers",
    ]


HOSTS: list[dict[str, Any]] = [
    {"inventory_hostname": "plain"},
    {"inventory_hostname": "web1", "instance_groups_services": ["web"]},
    {
        "inventory_hostname": "db",
        "instance_groups_server": "db1",
        "instance_groups_security_groups": ["own"],
        "instance_groups_networks": "back",
        "instance_groups_state": "exact",
    },
]


def test_hosts_that_list_groups_become_attachments() -> None:
    assert attachments_of_services([], SERVICES, prefix="p-", hosts=HOSTS) == [
        {"host": "web1", "servers": ["web1"], "security_groups": ["p-web"], "state": "present"},
        {"host": "db", "servers": ["db1"], "networks": ["back"], "security_groups": ["own"], "state": "exact"},
    ]


def test_hosts_come_after_the_attachments_that_are_listed() -> None:
    entries = [{"servers": ["vm"], "services": ["db"]}]
    found = attachments_of_services(entries, SERVICES, prefix="", hosts=HOSTS)
    assert [entry["servers"] for entry in found] == [["vm"], ["web1"], ["db1"]]


def test_an_error_names_the_host() -> None:
    host = {"inventory_hostname": "web1", "instance_groups_services": ["none"]}
    with pytest.raises(
        InputError, match=r"^host web1, instance_groups_services: there is no service 'none' in the list"
    ):
        attachments_of_services([{"servers": ["a"], "services": []}], SERVICES, prefix="", hosts=[host])


def test_an_entry_of_allow_names_no_service_that_is_absent() -> None:
    db = {"name": "db", "allow": [{"service": "ssh", "remote_services": ["gone", "none"]}]}
    absent = {"name": "gone", "state": "absent"}
    with pytest.raises(InputError) as caught:
        groups(db, absent)
    gone, none = str(caught.value).splitlines()
    assert gone == "service db, allow 1, remote_services: 'gone' has state absent; name another one, or keep it"
    assert none.startswith("service db, allow 1, remote_services: there is no service 'none' in the list")


def test_services_that_are_deleted_together_may_name_each_other() -> None:
    allow = [{"service": "ssh", "remote_services": ["b"]}]
    absent = [{"name": name, "state": "absent", "allow": allow} for name in "ab"]
    assert [group["rules"][0]["remote_groups"] for group in groups(*absent)] == [["b"], ["b"]]


@pytest.mark.parametrize("state", [None, "present", "exact", "owned"])
@pytest.mark.parametrize(("option", "name"), [("services", "web"), ("security_groups", "a-web")])
def test_a_service_that_is_absent_is_not_attached(state: str | None, option: str, name: str) -> None:
    services: list[dict[str, Any]] = [{"name": "web", "state": "absent"}, {"name": 443}]
    with pytest.raises(InputError, match=rf"^attachment 1 \(vm\), {option}: '{name}' has state absent; name"):
        attachments_of_services([{"servers": ["vm"], option: [name], "state": state}], services, prefix="a-")


def test_a_service_that_is_absent_can_be_detached() -> None:
    services: list[dict[str, Any]] = [{"name": "web", "state": "absent"}, {"name": 443}]
    (entry,) = attachments_of_services(
        [{"servers": ["vm"], "services": ["web"], "state": "absent"}], services, prefix=""
    )
    assert entry["security_groups"] == ["web"]
    (entry,) = attachments_of_services([{"servers": ["vm"], "services": [443]}], services, prefix="")
    assert entry["security_groups"] == ["443"]


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param([], id="no hosts"),
        pytest.param([{"a": 1, "b": 2}], id="one host"),
        pytest.param([{"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}], id="another variable differs"),
        pytest.param([{"a": 1}, {"a": 1, "b": None}], id="null is as good as missing"),
    ],
)
def test_hosts_of_a_play_that_agree(hosts: list[dict[str, Any]]) -> None:
    judge_same(hosts, ["a", "b"])


def test_hosts_of_a_play_that_differ() -> None:
    with pytest.raises(InputError) as caught:
        judge_same([{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 0, "c": 3}, {"a": 1, "b": 2}], ["a", "b", "c"])
    problem = "hosts of the play have different values, but the role runs once for all of them; give the play serial: 1"
    assert str(caught.value) == f"b: {problem}\nc: {problem}"
