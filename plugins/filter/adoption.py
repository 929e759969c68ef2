# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters with which the role adopt judges its variables, writes its file, and reads the plan with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.filter.services import judge_play, of_result
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.adopted_file import (
    adopted_file,
    judge_file,
    left_out_lines,
    unexpected,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError, Problems, carried
from ansible_collections.portcullis.openstack.plugins.module_utils._common.options import given
from ansible_collections.portcullis.openstack.plugins.module_utils._services.variables import VARIABLES_OF_ADOPT


def adoption_errors(
    path: Any,
    *,
    exists: bool,
    force: Any = None,
    play: Iterable[Mapping[str, Any]] = (),
    variables: Iterable[str] = (),
    booleans: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return what is wrong with the variables of the role.

    :param path: that of the file to write
    :param exists: whether the file exists
    :param play: the variables of the hosts of the play
    """
    try:
        with Problems() as problems:
            judge_play(problems, play, VARIABLES_OF_ADOPT, variables, booleans)
            with problems.within():
                judge_file(given(path), exists=exists, force=given(force))
    except InputError as error:
        return carried(error)
    return []


def _of_result(function: Callable[..., Any]) -> Callable[..., Any]:
    return of_result(function, "service_groups_info", "left_out")


def adoption_differences(plan: Mapping[str, Any], owner: str | None = None) -> str:
    """Return what the result of security_group_set would change, apart from marking groups as an owner's."""
    return unexpected(given(plan).get("diff") or (), owner)


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters."""
        return {
            "adopted_file": _of_result(adopted_file),
            "adoption_differences": adoption_differences,
            "adoption_errors": adoption_errors,
            "adoption_left_out": _of_result(left_out_lines),
        }
