# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters with which the role retire judges its variables and chooses groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.filter.services import judge_play, of_result
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.retirement import (
    groups_to_retire,
    judge_retirement,
    retired_names,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError, Problems, carried
from ansible_collections.portcullis.openstack.plugins.module_utils._services.variables import VARIABLES_OF_RETIRE


def retirement_errors(
    names: Any,
    *,
    services: Any = None,
    owner: Any = None,
    undo: Any = None,
    known: Any = None,
    prefix: Any = None,
    play: Iterable[Mapping[str, Any]] = (),
    variables: Iterable[str] = (),
    booleans: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return what is wrong with the variables of the role.

    :param play: the variables of the hosts of the play
    """
    try:
        with Problems() as problems:
            judge_play(problems, play, VARIABLES_OF_RETIRE, variables, booleans)
            with problems.within():
                judge_retirement(names, services, owner, undo)
            with problems.within():
                retired_names(names, services, known=known, prefix=prefix)
    except InputError as error:
        return carried(error)
    return []


def groups_to_delete(
    result: Mapping[str, Any], *, names: Iterable[str] = (), undo: str = "", exists: bool = False
) -> list[dict[str, Any]]:
    """Return the groups to delete, or entries with the errors for the module to report."""
    try:
        return groups_to_retire(result, list(names), undo=undo, exists=exists)
    except InputError as error:
        return [{"name": "", "error": text} for text in carried(error)]


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters."""
        return {
            "retired_groups": of_result(groups_to_delete, "service_groups_info", "left_out"),
            "retired_names": retired_names,
            "retirement_errors": retirement_errors,
        }
