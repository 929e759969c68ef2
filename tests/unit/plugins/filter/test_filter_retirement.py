# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters of the role retire do beside the functions that they call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.portcullis.openstack.plugins.filter.retirement import FilterModule

ROOT = Path(__file__).parents[4]
FILTERS = FilterModule().filters()
RESULT: dict[str, Any] = {"services": [{"name": "web"}], "left_out": [], "prefix": ""}


def test_every_filter_is_documented() -> None:
    assert {path.stem for path in (ROOT / "plugins" / "filter").glob("retire*.yml")} == FILTERS.keys()


def test_results() -> None:
    assert FILTERS["retired_groups"]({**RESULT, "changed": False}) == [{"name": "web", "state": "absent"}]
    (error,) = FILTERS["retired_groups"](RESULT, undo="undo.yml", exists=True)
    assert error["error"].startswith("retire_undo: 'undo.yml' exists")
    for wrong in (None, "text", {"failed": True, "msg": "no cloud"}):
        with pytest.raises(AnsibleFilterError, match="not a result of portcullis"):
            FILTERS["retired_groups"](wrong)


def test_all_errors_at_once() -> None:
    hosts = [{"retire_names": ["web"], "_raw_params": "services.yml"}, {"retire_names": ["db"]}]
    found = FILTERS["retirement_errors"](
        [],
        services=["shp"],
        known=[{"name": "shop"}],
        play=hosts,
        variables=["retire_nmaes", "retire_me_early", "service_groups_preffix"],
        booleans={"portcullis_file_artifact": "perhaps"},
    )
    assert [line.partition(":")[0] for line in found] == [
        "retire_nmaes",
        "service_groups_preffix",
        "portcullis_file_artifact",
        "retire_names",
        "-e",
        "retire_names",
        "retire_undo",
        "retire_services",
    ]
    assert FILTERS["retirement_errors"](["web"], undo="undo.yml") == []
