# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters of the role audit do beside the functions that they call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.portcullis.openstack.plugins.filter.exposure import FilterModule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.audit.results import (
    INTERNET,
    answer,
    exposure,
    of_class,
    result,
)

ROOT = Path(__file__).parents[4]
FILTERS = FilterModule().filters()
OF_RESULTS = sorted(FILTERS.keys() - {"exposure_questions", "exposure_time_limits"})
RESULT = result(exposure(INTERNET, of_class("web"), "any"), answers=[answer(expected="allowed")])
QUESTION = {"from": "internet", "to": "db"}


def test_every_filter_is_documented() -> None:
    assert {path.stem for path in (ROOT / "plugins" / "filter").glob("exposure_*.yml")} == FILTERS.keys()


@pytest.mark.parametrize("name", OF_RESULTS)
def test_formats(name: str) -> None:
    """Whatever Ansible adds to a result, each filter finds what it is about."""
    found = FILTERS[name]({**RESULT, "changed": False, "failed": False})
    assert ("web" in found) if isinstance(found, str) else (len(found) == 1)


def test_the_title_of_the_page() -> None:
    assert "Shop &amp; more" in FILTERS["exposure_page"](RESULT, title="Shop & more")


@pytest.mark.parametrize("name", OF_RESULTS)
@pytest.mark.parametrize("wrong", [None, "text", {"failed": True, "msg": "no cloud"}])
def test_what_is_no_result(name: str, wrong: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="not a result of portcullis"):
        FILTERS[name](wrong)


def test_questions() -> None:
    expected = {**QUESTION, "verdict": "denied"}
    assert FILTERS["exposure_questions"]([QUESTION], [expected]) == [QUESTION, expected]
    assert FILTERS["exposure_questions"]([QUESTION]) == [QUESTION]


def test_entries_with_an_end() -> None:
    group = {
        "name": "p-web",
        "service": "web",
        "rules": [{"service": "ssh"}, {"service": "ssh", "until": "2027-01-31"}],
    }
    attachments = [{"servers": ["db1"], "until": "2027-02-01"}, {"servers": ["db1"]}]
    assert FILTERS["exposure_time_limits"]([group], attachments) == [
        {"entry": "service web, allow 2", "until": "2027-01-31"},
        {"entry": "attachment 1 (db1)", "until": "2027-02-01"},
    ]
    assert FILTERS["exposure_time_limits"]([]) == []
    (error,) = FILTERS["exposure_time_limits"]([], {"servers": []}, on_error="return")
    assert error["error"].startswith("instance_groups_attachments: it is a mapping")


def test_all_errors_at_once() -> None:
    hosts = [{"audit_to": ["web"], "_raw_params": "services.yml"}, {"audit_to": ["db"]}]
    options: dict[str, Any] = {"play": hosts, "variables": ["audit_expects"], "booleans": {"a_boolean": "perhaps"}}
    with pytest.raises(AnsibleFilterError) as caught:
        FILTERS["exposure_questions"]([], [QUESTION], **options)
    errors = str(caught.value).splitlines()
    assert [error.partition(":")[0] for error in errors] == [
        *("audit_expects", "a_boolean", "audit_to", "-e", "audit_expect 1, verdict"),
    ]
    returned = FILTERS["exposure_questions"]([], [QUESTION], **options, on_error="return")
    assert returned == [{"error": error} for error in errors]
