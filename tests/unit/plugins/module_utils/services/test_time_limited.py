# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit finds the entries that have an end, by the names that plans give them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._services.time_limited import time_limited_entries

OMIT = "__omit_place_holder__f8cb1d41d04b5ebb5fb8a6b0a8f9c0bd3a4a4f4b"
RULES = [{"service": "http"}, {"service": "ssh", "until": "2027-01-31"}]


@pytest.mark.parametrize(
    ("group", "entries"),
    [
        ({"name": "p-web", "service": "web", "rules": RULES}, ["service web, allow 2"]),
        ({"name": "web", "rules": RULES}, ["security group web, rule 2"]),
        ({"name": "web", "service": "web", "rules": RULES, "state": "absent"}, []),
        ({"name": "web", "service": "web"}, []),
        ({"name": "", "error": "service web, state: gone"}, []),
    ],
)
def test_groups(group: dict[str, Any], entries: list[str]) -> None:
    assert time_limited_entries([group]) == [{"entry": entry, "until": "2027-01-31"} for entry in entries]


@pytest.mark.parametrize(
    ("attachment", "entries"),
    [
        ({"servers": ["db1"], "until": "2027-01-31"}, ["attachment 1 (db1)"]),
        ({"selector": {"name": "db*"}, "until": date(2027, 1, 31)}, ["attachment 1"]),
        ({"servers": ["db1"], "until": OMIT}, []),
        ({"servers": ["db1"], "until": None, "services": 7}, []),
    ],
)
def test_attachments(attachment: dict[str, Any], entries: list[str]) -> None:
    assert time_limited_entries([], [attachment]) == [{"entry": entry, "until": "2027-01-31"} for entry in entries]


def test_no_attachments() -> None:
    assert time_limited_entries([], OMIT) == time_limited_entries([]) == []


def test_what_is_no_list() -> None:
    with pytest.raises(InputError, match=r"^instance_groups_attachments: it is a mapping"):
        time_limited_entries([], {"servers": ["db1"]})
