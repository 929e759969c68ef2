# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which groups to retire: those that can be deleted, and restored afterwards from the file with their variables."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from .._common.errors import InputError, Problems
from .._common.options import given, read_mappings, read_options
from .._common.text import shown
from .._services.services import group_name, group_names, groups_of, read_prefix

_LIST: Final = {"type": "list", "elements": "str"}
_NAMES: Final = "retire_names"
_SERVICES: Final = "retire_services"


def retired_names(names: Any, services: Any, *, known: Any, prefix: Any) -> list[str]:
    """Return the names, ids and patterns of the groups that a user lists.

    :param names: names, ids and patterns of groups
    :param services: names of services
    :param known: the services that exist, as in ``service_groups_services``; without any, the group of a service is its
        name with the prefix
    :raises InputError: for values that are no lists, and for services that do not exist
    """
    lists = read_options({_NAMES: _LIST, _SERVICES: _LIST}, {_NAMES: given(names), _SERVICES: given(services)})
    start = read_prefix(prefix)
    group_of = group_names(read_mappings("service_groups_services", given(known)), start)
    listed = groups_of(lists.get(_SERVICES, []), group_of, start, _SERVICES)
    # A service means one group, whatever characters its name has.
    return [*lists.get(_NAMES, []), *map(glob.escape, listed)]


def judge_retirement(names: Any, services: Any, owner: Any, undo: Any) -> None:
    """Refuse to retire groups that nobody has chosen, and to do it without a file to restore them from.

    :raises InputError: if so
    """
    with Problems() as problems:
        with problems.within():
            if given(names) is None and given(services) is None and not given(owner):
                raise InputError(
                    _NAMES, "no groups are chosen; set retire_names or retire_services, or retire_owner for all of its"
                )
        with problems.within():
            if any(given(value) in ([], "") for value in (names, services)):
                raise InputError(
                    _NAMES if given(names) in ([], "") else _SERVICES,
                    "the list is empty; remove it to retire all groups of retire_owner",
                )
        with problems.within():
            if not given(undo):
                raise InputError("retire_undo", "it is missing; give the path of the file that will restore the groups")


def groups_to_retire(
    result: Mapping[str, Any], names: Collection[str], *, undo: str = "", exists: bool = False
) -> list[dict[str, Any]]:
    """Return the groups to retire as the option ``groups`` of ``security_group_set``.

    :param result: that of the module service_groups_info
    :param names: the names, ids and patterns that the user lists
    :param undo: path of the file to restore the groups from
    :param exists: whether the file exists
    :raises InputError: for groups that are listed and that nobody should delete, for groups that could not be restored,
        and for a file that exists
    """
    with Problems() as problems:
        for place, reason in _obstacles(result["left_out"], names):
            with problems.within():
                raise InputError(place, reason)
        with problems.within():
            if exists and result["services"]:
                raise InputError(
                    "retire_undo",
                    f"{undo!r} exists, perhaps from a run that was interrupted; keep it, and choose another path",
                )
    groups = [group_name(service, result["prefix"]) for service in result["services"]]
    return [{"name": name, "state": "absent"} for name in groups]


def _obstacles(left_out: Sequence[Mapping[str, str]], names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what prevents a retirement, and why: all that cannot be restored, and groups that are listed one by one.

    Groups that only match a pattern, or the owner, are left alone without an error.
    """
    for one in left_out:
        place = f"security group {shown(one['name'])}"
        if one["kind"] != "security_group":
            yield place, f"it could not be restored: {shown(one['reason'])}"
        elif {one["name"], one["id"], glob.escape(one["name"])} & {*names}:
            yield place, shown(one["reason"])
