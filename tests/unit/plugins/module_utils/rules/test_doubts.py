# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is possible in a rule and probably not meant is named, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import ATTACHMENT, RULE
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.doubts import doubts, doubts_of

GROUPS: dict[str, dict[str, Any]] = {
    "groups": {"options": {"name": {}, "rules": {"options": RULE}}},
    "attachments": {"options": ATTACHMENT},
}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"ports": [1342]}, "ports: YAML reads 22:22 without quotes as 1342; write 22, or '1342' in quotes if"),
        ({"ports": 1342}, "ports: YAML reads 22:22 without quotes as 1342"),
        ({"ports": [61]}, "ports: YAML reads 1:1 without quotes as 61"),
        ({"ports": [3599]}, "ports: YAML reads 59:59 without quotes as 3599"),
        ({"ports": []}, "ports: the list is empty"),
        ({"remote_ips": []}, "remote_ips: the list is empty"),
        ({"remote_services": [], "remote_ips": ["anywhere"]}, "remote_services: the list is empty"),
        ({"remote_ip_prefixes": []}, "remote_ip_prefixes: the list is empty"),
    ],
)
def test_a_doubt(options: dict[str, Any], expected: str) -> None:
    (line,) = doubts(options)
    assert line.startswith(expected)


@pytest.mark.parametrize(
    "options",
    [{}, {"ports": ["1342", "22:22", 22, 443, 3660, 0, -61]}, {"ports": "1342"}, {"ports": None, "remote_ips": None}],
)
def test_no_doubt(options: dict[str, Any]) -> None:
    assert list(doubts(options)) == []


def test_doubts_of_a_module_name_their_places() -> None:
    options = {
        "groups": [
            {"name": "web", "rules": [{}, {"ports": [1342]}]},
            {"name": "db", "service": "db", "rules": [{"remote_groups": []}]},
            {"name": "cache", "rules": "no list"},
            "no mapping",
        ],
        "attachments": [{"ports": [1342]}],
    }
    (line,) = doubts_of(GROUPS, options)
    assert line.startswith("security group web, rule 2, ports: YAML reads")
    assert len(list(doubts_of(RULE, {"ports": [1342, 61]}))) == 2
