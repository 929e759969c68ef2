# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role apply refuses the variables of instance_groups that it does not read."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._services.counterparts import (
    COUNTERPARTS,
    judge_counterparts,
)

ROLES = Path(__file__).parents[5] / "roles"


def documented(role: str) -> set[str]:
    return {
        *yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["run"]["options"]
    }


def test_every_variable_that_apply_does_not_document_is_judged() -> None:
    of_a_host = {f"instance_groups_{name}" for name in ("networks", "security_groups", "server", "services", "state")}
    assert COUNTERPARTS.keys() == documented("instance_groups") - documented("apply") - of_a_host
    assert {*COUNTERPARTS.values()} <= documented("apply")


def test_what_agrees_or_is_not_set_is_no_error() -> None:
    judge_counterparts({})
    judge_counterparts(dict.fromkeys(COUNTERPARTS, ""))
    judge_counterparts(dict.fromkeys([*COUNTERPARTS, *COUNTERPARTS.values()], "same"))
    judge_counterparts(dict.fromkeys(COUNTERPARTS.values(), "only these"))


@pytest.mark.parametrize("others", [{}, dict.fromkeys(COUNTERPARTS.values(), "other")])
def test_what_would_be_ignored(others: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        judge_counterparts({**dict.fromkeys(COUNTERPARTS, "mine"), **others})
    assert str(caught.value).splitlines() == [
        f"{name}: the role apply does not read this variable; set {read} instead" for name, read in COUNTERPARTS.items()
    ]
