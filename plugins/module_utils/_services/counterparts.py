# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the role instance_groups that the role apply does not read: it has one value for both roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._common.errors import InputError, Problems
from .._common.options import given

# What the role instance_groups reads, and what apply reads in its place.
COUNTERPARTS: Final = {
    **{
        f"instance_groups_{name}": f"service_groups_{name}"
        for name in ("api_timeout", "cloud", "connections", "owner", "prefix", "project", "region_name")
    },
    "instance_groups_known_services": "service_groups_services",
}


def judge_counterparts(variables: Mapping[str, Any]) -> None:
    """Refuse variables that apply would ignore, unless they say the same as those that it reads.

    :param variables: the variables of both roles that the task sees, at least those that may be refused
    :raises InputError: for each such variable
    """
    with Problems() as problems:
        for name, read in COUNTERPARTS.items():
            value = given(variables.get(name))
            with problems.within():
                if value not in (None, "") and value != given(variables.get(read)):
                    raise InputError(name, f"the role apply does not read this variable; set {read} instead")
