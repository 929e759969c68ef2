# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters with which the role audit asks its questions and shows the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.portcullis.openstack.plugins.filter.services import judge_play, judged, of_result
from ansible_collections.portcullis.openstack.plugins.module_utils._audit.csv_file import csv_text
from ansible_collections.portcullis.openstack.plugins.module_utils._audit.expectations import failures, questions
from ansible_collections.portcullis.openstack.plugins.module_utils._audit.markdown import markdown
from ansible_collections.portcullis.openstack.plugins.module_utils._audit.page import page
from ansible_collections.portcullis.openstack.plugins.module_utils._audit.table import table
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import Problems
from ansible_collections.portcullis.openstack.plugins.module_utils._services.time_limited import time_limited_entries
from ansible_collections.portcullis.openstack.plugins.module_utils._services.variables import VARIABLES_OF_AUDIT


def exposure_questions(
    ask: Any,
    expect: Any = None,
    *,
    play: Iterable[Mapping[str, Any]] = (),
    variables: Iterable[str] = (),
    booleans: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return the questions of the role, after a look at its variables.

    :param play: the variables of the hosts of the play
    """
    found = []
    with Problems() as problems:
        judge_play(problems, play, VARIABLES_OF_AUDIT, variables, booleans)
        with problems.within():
            found = questions(ask, expect)
    return found


def _of_result(function: Callable[..., Any]) -> Callable[..., Any]:
    return of_result(function, "security_group_exposure_info", "exposures")


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters."""
        return {
            "exposure_csv": _of_result(csv_text),
            "exposure_failures": _of_result(failures),
            "exposure_markdown": _of_result(markdown),
            "exposure_page": _of_result(page),
            "exposure_questions": judged(exposure_questions),
            "exposure_table": _of_result(table),
            "exposure_time_limits": judged(time_limited_entries),
        }
