# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters of the role adopt do beside the functions that they call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.portcullis.openstack.plugins.filter.adoption import FilterModule

ROOT = Path(__file__).parents[4]
FILTERS = FilterModule().filters()
RESULT: dict[str, Any] = {
    "services": [{"name": "web"}],
    "attachments": [],
    "address_groups": [],
    "left_out": [{"kind": "rule", "name": "web", "id": "r", "reason": "why"}],
    "unknown": [],
    "owner": None,
    "prefix": "",
}


def test_every_filter_is_documented() -> None:
    assert {path.stem for path in (ROOT / "plugins" / "filter").glob("adopt*.yml")} == FILTERS.keys()


@pytest.mark.parametrize("name", ["adopted_file", "adoption_left_out"])
def test_results(name: str) -> None:
    assert "a rule of security group web: why" in str(FILTERS[name]({**RESULT, "changed": False}))
    for wrong in (None, "text", {"failed": True, "msg": "no cloud"}):
        with pytest.raises(AnsibleFilterError, match="not a result of portcullis"):
            FILTERS[name](wrong)


def test_differences() -> None:
    entry = {"before_header": "x", "after_header": "x", "before": "a\n", "after": ""}
    assert FILTERS["adoption_differences"]({"changed": True, "diff": [entry]}, owner="team-a") == "x\n  - a\n"
    assert FILTERS["adoption_differences"]({"changed": False}) == ""


@pytest.mark.parametrize(
    ("path", "exists", "force", "errors"),
    [
        ("a.yml", False, None, []),
        ("a.yml", True, "yes", []),
        ("a.yml", True, False, ["adopt_file: 'a.yml' exists; choose another path, or set adopt_force: true to"]),
        ("a.yml", True, "perhaps", ["adopt_force: 'perhaps' is neither true nor false"]),
        ("", False, None, ["adopt_file: it is missing; give the path of the file to write"]),
    ],
)
def test_the_file(path: str, exists: bool, force: Any, errors: list[str]) -> None:
    found = FILTERS["adoption_errors"](path, exists=exists, force=force)
    assert len(found) == len(errors)
    assert all(line.startswith(error) for line, error in zip(found, errors, strict=True))


def test_all_errors_at_once() -> None:
    hosts = [{"adopt_names": ["web"], "_raw_params": "services.yml"}, {"adopt_names": ["db"]}]
    variables = ["adopt_flie", "adopt_me", "service_groups_preffix"]
    found = FILTERS["adoption_errors"]("", exists=False, play=hosts, variables=variables)
    assert [line.partition(":")[0] for line in found] == [
        "adopt_flie",
        "service_groups_preffix",
        "adopt_names",
        "-e",
        "adopt_file",
    ]
