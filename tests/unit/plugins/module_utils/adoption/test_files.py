# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file says the same to every reader, whatever texts are in it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.adopted_file import (
    adopted_file,
    left_out_lines,
    unexpected,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.yaml_text import scalar, yaml_lines
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.adoption.clouds import NAMES

RESULT: dict[str, Any] = {
    "services": [
        {"name": "web", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]},
        {"name": "{{ x }}", "default_egress": False, "tags": []},
    ],
    "attachments": [{"servers": ["web1"], "services": ["web"], "state": "exact"}],
    "address_groups": [],
    "left_out": [],
    "unknown": [],
    "owner": None,
    "prefix": "",
}


class Loader(yaml.SafeLoader):
    """Reads YAML 1.1 and the tag of Ansible for texts that are no templates."""


Loader.add_constructor("!unsafe", lambda _loader, node: str(node.value))


def read(text: str) -> Any:
    return yaml.load(text, Loader)


def test_a_file() -> None:
    text = adopted_file(RESULT, {"service_groups_cloud": "mycloud", "service_groups_project": ""})
    assert text == (
        "# Security groups as portcullis.openstack.adopt found them. This file is yours to edit.\n"
        "---\n"
        "# Set an owner to mark these groups as yours. Other owners cannot change them then.\n"
        "# service_groups_owner: NAME\n"
        "service_groups_cloud: mycloud\n"
        "service_groups_services:\n"
        "  - name: web\n"
        "    allow:\n"
        "      - service: https\n"
        "        remote_ips: [anywhere]\n"
        '  - name: !unsafe "{{ x }}"\n'
        "    default_egress: false\n"
        "    tags: []\n"
        "instance_groups_attachments:\n"
        "  - servers: [web1]\n"
        "    services: [web]\n"
        "    state: exact\n"
    )


def test_a_file_with_an_owner_and_with_what_is_left_out() -> None:
    left_out = [
        {"kind": "security_group", "name": "default", "id": "d", "reason": "every project has it"},
        {"kind": "security_group", "name": " ", "id": "b", "reason": "it has no name"},
        {"kind": "rule", "name": "we\nb", "id": "r", "reason": "ingress\n- name: evil"},
        {"kind": "tags", "name": "web", "id": "w", "reason": "no"},
    ]
    result = {**RESULT, "services": [], "attachments": [], "owner": "on", "prefix": "1e3", "left_out": left_out}
    text = adopted_file({**result, "unknown": ["Servers cannot be read: 403"]})
    assert text.splitlines()[1:] == [
        "#",
        "# Left out:",
        "# - security group default: every project has it",
        "# - security group b: it has no name",
        r"# - a rule of security group 'we\nb': 'ingress\n- name: evil'",
        "# - tags of web: no",
        "# - Servers cannot be read: 403",
        "---",
        'service_groups_owner: "on"',
        'service_groups_prefix: "1e3"',
        "service_groups_services: []",
        "instance_groups_attachments: []",
    ]
    assert left_out_lines(result)[0] == "security group default: every project has it"


def test_address_groups_are_comments() -> None:
    """The roles would refuse a variable for them."""
    offices = {"name": "offices\n- evil", "addresses": ["192.0.2.0/24", "2001:db8::/32"]}
    text = adopted_file({**RESULT, "services": [], "attachments": [], "owner": "a", "address_groups": [offices]})
    assert text.splitlines()[1:] == [
        "#",
        "# Rules name these address groups. The module address_group creates them. A run with this file does not.",
        "# address_groups:",
        r'#   - name: "offices\n- evil"',
        '#     addresses: [192.0.2.0/24, "2001:db8::/32"]',
        "---",
        "service_groups_owner: a",
        "service_groups_services: []",
        "instance_groups_attachments: []",
    ]


def test_a_file_that_restores_groups() -> None:
    """It needs no owner: it is applied once."""
    lines = adopted_file({**RESULT, "services": []}, playbook="retire").splitlines()
    assert lines[:3] == [
        "# Security groups as portcullis.openstack.retire found them. Apply this file to restore them.",
        "---",
        "service_groups_services: []",
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("web", "web"),
        ("tcp/443", "tcp/443"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("Web servers (old)", "Web servers (old)"),
        ("udp/1:2", '"udp/1:2"'),
        ("2001:db8::/32", '"2001:db8::/32"'),
        ("22:22", '"22:22"'),
        ("Yes", '"Yes"'),
        ("n", '"n"'),
        ("1e3", '"1e3"'),
        ("", '""'),
        ("it's", '"it\'s"'),
        ('"\\', '"\\"\\\\"'),
        ("Grün", '"Grün"'),
        ("a\n\x1b\x85\N{RIGHT-TO-LEFT OVERRIDE}\U000e0001", '"a\\n\\x1b\\x85\\u202e\\U000e0001"'),
        ("{% raw %}", '!unsafe "{% raw %}"'),
        (True, "true"),
        (80, "80"),
    ],
)
def test_scalars(value: Any, expected: str) -> None:
    assert scalar(value) == expected
    assert read(expected) == value


@settings(derandomize=True, database=None, deadline=None, max_examples=500)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(NAMES))
def test_any_text(text: str) -> None:
    assert read(scalar(text)) == text
    assert read("\n".join(yaml_lines({"one": text, "list": [text, text], "map": [{"a": text}]}))) == {
        "one": text,
        "list": [text, text],
        "map": [{"a": text}],
    }


def test_long_lists_have_a_line_for_each_entry() -> None:
    names = [f"instance-{number}" for number in range(20)]
    lines = list(yaml_lines({"servers": names}))
    assert lines[:2] == ["servers:", "  - instance-0"]
    assert read("\n".join(lines)) == {"servers": names}


def test_what_a_plan_would_change() -> None:
    mark = {"before_header": "security group web", "after_header": "security group web", "before": ""}
    other = {**mark, "before": "ingress IPv4 tcp 22\n", "after": "owner: a\n"}
    assert unexpected([{**mark, "after": "owner: a\n"}], "a") == ""
    assert unexpected([{**mark, "after": "owner: a\n"}], None) == "security group web\n  + owner: a\n"
    assert unexpected([other], "a") == "security group web\n  - ingress IPv4 tcp 22\n  + owner: a\n"
