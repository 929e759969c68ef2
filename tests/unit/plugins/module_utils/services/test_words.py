# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users write in the lists of the roles is taken as modules take it, and judged in the users' own words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._services.groups import groups_of_services
from ansible_collections.portcullis.openstack.plugins.module_utils._services.services import attachments_of_services
from ansible_collections.portcullis.openstack.plugins.module_utils._services.spec import (
    ALLOW,
    ATTACHMENT,
    HOST,
    SERVICE,
)

ROLES = Path(__file__).parents[5] / "roles"
OMIT = "__omit_place_holder__f8cb1d41d04b5ebb5fb8a6b0a8f9c0bd3a4a4f4b"
SSH = {"service": "ssh", "remote_ips": ["192.0.2.0/24"]}
WEB = {"name": "web", "allow": [{"ports": [80], "remote_services": ["web"]}]}


def groups(*services: Any, prefix: Any = "", default_egress: Any = False, **options: Any) -> list[dict[str, Any]]:
    return groups_of_services(list(services), prefix=prefix, default_egress=default_egress, **options)


def attachments(*entries: Any, services: Any = (WEB,), prefix: Any = "", **options: Any) -> list[dict[str, Any]]:
    return attachments_of_services(list(entries), list(services), prefix=prefix, **options)


def errors_of(*services: Any, **options: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        groups(*services, **{"catalogue": {}, **options})
    return str(caught.value).splitlines()


# The argument specs


def options_of(role: str, *path: str) -> dict[str, Any]:
    spec = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["run"]
    for option in path:
        spec = spec["options"][option]
    return dict(spec["options"])


def facts(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is judged of options."""
    return {
        name: {
            "type": option.get("type"),
            "elements": option.get("elements"),
            "choices": option.get("choices"),
            "options": facts(option.get("options", {})),
        }
        for name, option in spec.items()
    }


@pytest.mark.parametrize(
    ("spec", "role", "path"),
    [
        # The entries of allow are read one by one.
        (
            {**SERVICE, "allow": {"type": "list", "elements": "dict", "options": ALLOW}},
            "service_groups",
            ["service_groups_services"],
        ),
        (ATTACHMENT, "instance_groups", ["instance_groups_attachments"]),
    ],
)
def test_lists_take_what_the_argument_specs_of_the_roles_document(spec: Any, role: str, path: list[str]) -> None:
    assert facts(spec) == facts(options_of(role, *path))


def test_hosts_take_what_the_argument_specs_of_the_roles_document() -> None:
    documented = options_of("instance_groups")
    of_hosts = {name for name, option in documented.items() if "For a host, " in str(option["description"])}
    assert facts(HOST) == facts({name: documented[name] for name in of_hosts})


# Omitted values


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({**WEB, "group": OMIT, "description": OMIT, "tags": [OMIT], "state": OMIT}, {**WEB, "tags": []}),
        ({"name": "web", "allow": OMIT, "default_egress": OMIT}, {"name": "web"}),
        ({"name": "web", "allow": [OMIT, SSH]}, {"name": "web", "allow": [SSH]}),
        (
            {"name": "web", "allow": [{**SSH, "remote_services": OMIT, "description": OMIT, "remote_groups": [OMIT]}]},
            {"name": "web", "allow": [{**SSH, "remote_groups": []}]},
        ),
        (
            {"name": "web", "allow": [{"ports": [22, OMIT], "protocol": OMIT, "remote_ips": ["192.0.2.1"]}]},
            {"name": "web", "allow": [{"ports": [22], "remote_ips": ["192.0.2.1"]}]},
        ),
    ],
)
def test_an_omitted_value_of_a_service_is_as_if_not_written(written: Any, meant: Any) -> None:
    for default_egress in (False, True):
        assert groups(written, OMIT, default_egress=default_egress) == groups(meant, default_egress=default_egress)


def test_omitted_values_of_the_role_are_its_defaults() -> None:
    assert groups(WEB, prefix=OMIT, default_egress=OMIT, catalogue=OMIT) == groups(WEB, default_egress=True)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"name": OMIT}, "service number 1, name: it is missing"),
        (
            {"name": "web", "allow": [{"ports": [22], "remote_ips": OMIT}]},
            "service web, allow 1, remote_ips: it has no remote",
        ),
        (
            {"name": "web", "allow": [{"ports": OMIT, "remote_ips": ["192.0.2.1"]}]},
            "service web, allow 1, service: it allows no traffic",
        ),
    ],
)
def test_what_is_needed_cannot_be_omitted(service: Any, expected: str) -> None:
    """Anything else would allow more, or take away what is allowed."""
    (error,) = errors_of(service)
    assert error.startswith(expected)


def test_a_list_of_services_cannot_be_omitted() -> None:
    with pytest.raises(InputError, match=r"^service_groups_services: the list is not set"):
        groups_of_services(OMIT, prefix="", default_egress=True)


def test_an_omitted_value_of_an_attachment_is_as_if_not_written() -> None:
    written = {"servers": ["vm", OMIT], "services": ["web"], "networks": OMIT, "selector": OMIT, "state": OMIT}
    meant = {"servers": ["vm"], "services": ["web"]}
    assert attachments(written, OMIT, prefix=OMIT) == attachments(meant)
    assert attachments_of_services(OMIT, [], prefix="") == []
    selector = {"name": "web*", "tags": OMIT}
    assert attachments({"selector": selector, "services": []})[0]["selector"] == {"name": "web*"}
    assert attachments(meant, services=[{**WEB, "group": OMIT, "state": OMIT}]) == attachments(meant)


def test_an_omitted_variable_of_a_host_is_as_if_not_set() -> None:
    variables = ("networks", "security_groups", "server", "state")
    host = {f"instance_groups_{name}": OMIT for name in variables} | {"inventory_hostname": "web1"}
    assert attachments(hosts=[host]) == []
    assert attachments(hosts=[{**host, "instance_groups_services": ["web", OMIT]}]) == attachments(
        hosts=[{"inventory_hostname": "web1", "instance_groups_services": ["web"]}]
    )


# Ends

ENDS = [
    ("2027-01-31", "2027-01-31"),
    # What YAML makes of dates and times without quotes.
    (date(2027, 1, 31), "2027-01-31"),
    (datetime(2027, 1, 31, 18, tzinfo=timezone.utc), "2027-01-31 18:00:00+00:00"),
    (datetime(2027, 1, 31, 18, tzinfo=timezone(timedelta(hours=1))), "2027-01-31 18:00:00+01:00"),
]


@pytest.mark.parametrize(("written", "passed"), ENDS)
def test_an_end_is_passed_on_to_the_module(written: Any, passed: str) -> None:
    (group,) = groups({"name": "web", "allow": [{**SSH, "until": written}]})
    assert group["rules"][0]["until"] == passed
    (attachment,) = attachments({"servers": ["vm"], "services": ["web"], "until": written})
    assert attachment["until"] == passed


@pytest.mark.parametrize("written", [OMIT, None])
def test_an_omitted_end_is_as_if_not_written(written: Any) -> None:
    assert groups({"name": "web", "allow": [{**SSH, "until": written}]}) == groups({"name": "web", "allow": [SSH]})
    entry = {"servers": ["vm"], "services": ["web"]}
    assert attachments({**entry, "until": written}) == attachments(entry)


def test_bad_ends_are_named_with_all_other_errors() -> None:
    """Also a time that YAML has read without a zone."""
    without_zone = datetime(2027, 1, 31, 18)
    assert [
        error.split("; ")[0]
        for error in errors_of(
            {"name": "web", "allow": [{**SSH, "until": without_zone}, {**SSH, "service": "shs", "until": 20270131}]}
        )
    ] == [
        "service web, allow 1, until: '2027-01-31 18:00:00' has no time zone",
        "service web, allow 2, until: '20270131' is neither a date nor a time",
        "service web, allow 2, service: 'shs' is not in the catalogue",
    ]
    with pytest.raises(InputError) as caught:
        attachments(
            {"servers": ["vm"], "services": ["web"], "until": "next week"},
            {"servers": ["vm"], "services": ["none"]},
            {"servers": ["vm"], "services": ["web"], "state": "absent", "until": "2027-01-31"},
        )
    assert [error.partition(": ")[0] for error in str(caught.value).splitlines()] == [
        "attachment 1 (vm), until",
        "attachment 2 (vm), services",
        "attachment 3 (vm), until",
    ]


def test_an_egress_entry_with_an_end_turns_off_the_default_egress() -> None:
    """Whether it has ended or not: an end opens nothing."""
    egress = {"name": "web", "allow": [{**SSH, "direction": "egress", "until": "2020-01-31"}]}
    (group,) = groups(egress, default_egress=True)
    assert [rule.get("until") for rule in group["rules"]] == ["2020-01-31"]


# Lists


def test_texts_with_commas_are_lists_as_in_modules() -> None:
    entry = {"ports": "80, 443", "remote_ips": "192.0.2.1,2001:db8::/32", "remote_services": "web,db"}
    (web, _db) = groups({"name": "web", "allow": [entry], "tags": "a,b"}, {"name": "db"})
    (rule,) = web["rules"]
    assert web["tags"] == ["a", "b"]
    assert rule["ports"] == ["80", "443"]
    assert rule["remote_ip_prefixes"] == ["192.0.2.1", "2001:db8::/32"]
    assert rule["remote_groups"] == ["web", "db"]


def test_texts_with_commas_of_an_inventory_in_ini_are_lists() -> None:
    host = {
        "inventory_hostname": "web1",
        "instance_groups_services": "web,db",
        "instance_groups_security_groups": "a, b",
        "instance_groups_networks": "front,back",
    }
    (entry,) = attachments(hosts=[host], services=[WEB, {"name": "db"}])
    assert entry["security_groups"] == ["a", "b", "web", "db"]
    assert entry["networks"] == ["front", "back"]


# Errors in the users' words


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"name": "web", "state": "gone"}, "service web, state: 'gone' is not a valid value; choose present or absent"),
        ({"name": "web", "stateful": "ture"}, "service web, stateful: 'ture' is neither true nor false"),
        ({"name": "web", "purge_rules": "ture"}, "service web, purge_rules: 'ture' is neither true nor false"),
        ({"name": "web", "description": "x" * 256}, "service web, description: it has 256 characters"),
        ({"name": "web", "group": "x" * 256}, "service web, group: it has 256 characters"),
        ({"name": "web", "tags": ["portcullis-owner:me"]}, "service web, tags: 'portcullis-owner:me' marks an owner"),
        ({"name": "web", "allow": {"service": "ssh"}}, "service web, allow: it is a mapping, not a list"),
        ({"name": "web", "allow": [{**SSH, "direction": "Ingress"}]}, "service web, allow 1, direction: 'Ingress' is"),
        ({"name": "web", "allow": [{**SSH, "ether_type": "IPv5"}]}, "service web, allow 1, ether_type: 'IPv5' is"),
        ({"name": "web", "allow": [{**SSH, "remote_ips": ["a"]}]}, "service web, allow 1, remote_ips: 'a' is not an"),
        ({"name": "web", "allow": [{**SSH, "service": "SSH"}]}, "service web, allow 1, service: 'SSH' is not in the"),
        (
            {"name": "web", "allow": [{**SSH, "remote_services": ["Web"]}]},
            "service web, allow 1, remote_services: there is",
        ),
        (
            {"name": "web", "allow": [{**SSH, "remote_ips": ["2001:db8::/32"], "ether_type": "IPv4"}]},
            "service web, allow 1, remote_ips: 2001:db8::/32 is an IPv6 address",
        ),
    ],
)
def test_an_error_of_a_service(service: Any, expected: str) -> None:
    (error,) = errors_of(service)
    assert error.startswith(expected)


@pytest.mark.parametrize("name", ["SSH", "shh"])
def test_a_misspelt_service_of_the_catalogue(name: str) -> None:
    (error,) = errors_of({"name": "web", "allow": [{**SSH, "service": name}]})
    assert error.endswith(" Did you mean ssh?")


def test_a_misspelt_service_of_the_list() -> None:
    (error,) = errors_of({"name": "web", "allow": [{**SSH, "remote_services": ["WEB"]}]})
    assert error.endswith("there is no service 'WEB' in the list. Did you mean web?")


def test_all_errors_at_once() -> None:
    web = {
        "name": "web",
        "state": "gone",
        "allow": [
            {"ports": [70000, "x"], "remote_ips": ["a", "b"], "remote_services": ["no", "none"]},
            {},
            {**SSH, "direction": "in", "colour": "red"},
        ],
    }
    errors = errors_of(web, {"name": "db", "tags": [""]}, default_egress="ture", catalogue={"own": []})
    assert [error.partition(":")[0] for error in errors] == [
        "service_groups_default_egress",
        "service_groups_catalogue",
        "service web, state",
        "service web, allow 1, remote_services",
        "service web, allow 1, remote_services",
        "service web, allow 2, service",
        "service web, allow 2, remote_ips",
        "service web, allow 3, direction",
        "service web, allow 3, colour",
        "service db, tags",
    ]
    # With a catalogue that can be read, also what it takes to judge rules.
    assert [error.partition(":")[0] for error in errors_of(web)][3:7] == [
        "service web, allow 1, ports",
        "service web, allow 1, ports",
        "service web, allow 1, remote_ips",
        "service web, allow 1, remote_ips",
    ]


@pytest.mark.parametrize("catalogue", ["text", ["list"], {"own": ["http/80"]}])
def test_a_catalogue_that_cannot_be(catalogue: Any) -> None:
    (error,) = errors_of(WEB, catalogue=catalogue)
    assert error.startswith("service_groups_catalogue: ")


def test_a_catalogue_of_the_users() -> None:
    (own,) = groups({"name": "own", "allow": [{**SSH, "service": "own"}]}, catalogue={"own": ["tcp/8443"]})
    assert own["rules"][0]["service"] == "own"


def test_a_service_of_a_catalogue_that_only_the_module_knows() -> None:
    """That of module_defaults; the rest of the entry is judged all the same."""
    service = {"name": "own", "allow": [{**SSH, "service": "shop"}]}
    assert groups(service) == groups(service, catalogue={"shop": ["tcp/8443"]})
    service["allow"] = [{"service": "shop", "ports": [80], "remote_ips": ["a"]}]
    assert [error.partition(": ")[0] for error in errors_of(service, catalogue=None)] == [
        "service own, allow 1, service",
        "service own, allow 1, remote_ips",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("networks", [], "the list is empty; leave it out for all networks"),
        ("state", "gone", "'gone' is not a valid value"),
        ("services", ["Web"], "there is no service 'Web' in the list. Did you mean web?"),
        ("security_groups", [["a"]], "['a'] is not a text"),
        ("server", {}, "{} is not a text"),
    ],
)
def test_an_error_of_a_host(variable: str, value: Any, expected: str) -> None:
    host = {"inventory_hostname": "web1", "instance_groups_services": ["web"], f"instance_groups_{variable}": value}
    with pytest.raises(InputError) as caught:
        attachments(hosts=[host])
    assert str(caught.value).startswith(f"host web1, instance_groups_{variable}: {expected}")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"servers": ["vm"], "services": [], "state": "gone"}, "attachment 1 (vm), state: 'gone' is not a valid value"),
        ({"servers": "vm", "services": [], "service": []}, "attachment 1 (vm), service: there is no such option"),
        ({"selector": {"tag": "a"}, "services": []}, "attachment 1, selector, tag: there is no such option"),
        ({"selector": {}, "services": []}, "attachment 1, selector: it is empty"),
    ],
)
def test_an_error_of_an_attachment(entry: Any, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        attachments(entry)
    assert str(caught.value).startswith(expected)


def test_a_list_that_is_a_mapping() -> None:
    with pytest.raises(InputError, match=r"^instance_groups_attachments: it is a mapping"):
        attachments_of_services({"servers": ["vm"]}, [], prefix="")
    with pytest.raises(InputError, match=r"^service_groups_services: it is a mapping"):
        attachments_of_services([], {"name": "web"}, prefix="")


# What is possible and probably not meant


def test_warnings_name_the_entry() -> None:
    warnings: list[str] = []
    service = {"name": "web", "allow": [SSH, {"ports": [1342], "remote_ips": []}]}
    groups(service, warn=warnings.append)
    assert [warning.partition(": ")[0] for warning in warnings] == [
        "service web, allow 2, ports",
        "service web, allow 2, remote_ips",
    ]
    # It is the caller who shows them.
    groups(service)


# Families, and rules of others


def test_one_family_of_a_remote_that_has_both() -> None:
    (web,) = groups({"name": "web", "allow": [{"ports": [80], "remote_services": ["web"], "ether_type": "IPv4"}]})
    assert web["rules"][0]["ether_type"] == "IPv4"


@pytest.mark.parametrize("purge", [True, False])
def test_rules_that_others_add_are_kept_where_asked_for(purge: bool) -> None:
    (web,) = groups({**WEB, "purge_rules": purge})
    assert web["purge_rules"] is purge


@pytest.mark.parametrize("projects", [[], ["*"], ["shop", "back office"]])
def test_projects_that_may_use_a_group(projects: list[str]) -> None:
    (web,) = groups({**WEB, "shared_with": projects})
    assert web["shared_with"] == projects


@pytest.mark.parametrize("protocol", ["any", "esp", 200, "icmp"])
@pytest.mark.parametrize("family", ["IPv4", "IPv6"])
def test_egress_of_any_protocol_in_one_family(protocol: Any, family: str) -> None:
    entry = {"protocol": protocol, "direction": "egress", "ether_type": family, "remote_ips": ["anywhere"]}
    (web,) = groups({"name": "web", "allow": [entry]}, default_egress=True)
    assert web["rules"] == [
        {
            "direction": "egress",
            "ether_type": family,
            "protocol": str(protocol),
            "remote_ip_prefixes": ["anywhere"],
        }
    ]


def test_icmp_without_a_service_of_the_catalogue() -> None:
    (web,) = groups({"name": "web", "allow": [{"traffic": ["icmp/3:4", "ipv6-icmp/2"], "remote_ips": ["anywhere"]}]})
    assert web["rules"][0]["traffic"] == ["icmp/3:4", "ipv6-icmp/2"]
    assert errors_of({"name": "web", "allow": [{**SSH, "traffic": ["tcp/22"]}]}) == [
        "service web, allow 1, service: ssh already sets protocol and ports; remove traffic"
    ]


# Hosts of several groups of the inventory


def test_variables_of_several_groups_of_the_inventory_add_up() -> None:
    host = {
        "inventory_hostname": "web1",
        "instance_groups_services_web": ["web"],
        "instance_groups_services_all": "web,db",
        "instance_groups_security_groups_all": ["own"],
    }
    (entry,) = attachments(hosts=[host], services=[WEB, {"name": "db"}])
    assert entry["security_groups"] == ["own", "web", "db"]
