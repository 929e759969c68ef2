# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.portcullis.openstack.plugins.filter.results import FilterModule


def report(*results: dict[str, Any]) -> dict[str, Any]:
    return FilterModule().filters()["report"](results)


def test_results_add_up() -> None:
    opened = {"changed": True, "counts": {"rules": {"created": 2, "deleted": 0}}, "diff": {"prepared": "+ a\n"}}
    idle = {"changed": False, "counts": {"ports": {"selected": 3, "updated": 0}}}
    closed = {"changed": True, "counts": {"rules": {"created": 0, "deleted": 1}}, "diff": {"prepared": "- b\n"}}
    assert report(opened, idle, closed) == {
        "changed": True,
        "counts": {"rules": {"created": 2, "deleted": 1}, "ports": {"selected": 3, "updated": 0}},
        "diff": {"prepared": "+ a\n- b\n"},
    }


def test_nothing_to_do() -> None:
    idle = {"changed": False, "counts": {"groups": {"created": 0}}}
    assert report(idle, idle) == {"changed": False, "counts": {"groups": {"created": 0}}, "diff": {"prepared": ""}}
