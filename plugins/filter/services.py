# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters with which the roles turn their variables into the options of modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Final

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import (
    InputError,
    Problems,
    carried,
    written_as,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.options import given
from ansible_collections.portcullis.openstack.plugins.module_utils._services.counterparts import judge_counterparts
from ansible_collections.portcullis.openstack.plugins.module_utils._services.groups import groups_of_services
from ansible_collections.portcullis.openstack.plugins.module_utils._services.services import (
    attachments_of_services,
    judge_read,
    judge_same,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._services.variables import (
    VARIABLES_OF_PLAY,
    judge_variables,
)

_ON_ERROR: Final = ("fail", "return")
# What attachments may have in place of a variable of the groups.
_OF_ATTACHMENTS: Final = {"service_groups_prefix": "instance_groups_prefix"}


def service_groups(
    services: Any,
    *,
    prefix: Any,
    default_egress: Any,
    catalogue: Any = None,
    variables: Iterable[str] = (),
    booleans: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return the groups of services, and warn of what is probably not meant."""
    groups = []
    with Problems() as problems:
        with problems.within():
            judge_variables(variables, booleans=booleans)
        with problems.within():
            groups = groups_of_services(
                services, prefix=prefix, default_egress=default_egress, catalogue=catalogue, warn=Display().warning
            )
    return groups


def service_attachments(
    attachments: Any,
    services: Any,
    *,
    prefix: Any,
    hosts: Iterable[Mapping[str, Any]] | None = None,
    play: Iterable[Mapping[str, Any]] = (),
    counterparts: Mapping[str, Any] | None = None,
    variables: Iterable[str] = (),
    booleans: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return attachments of services, after a look whether the hosts of the play agree.

    :param hosts: the variables of the hosts that may have groups, by default those of the play
    :param play: the variables of the hosts of the play
    """
    result = []
    members, names = list(play), set(variables)
    if hosts is None:
        hosts = members
    with Problems() as problems:
        with problems.within():
            judge_variables(names, hosts, booleans)
        with problems.within():
            judge_same(members, VARIABLES_OF_PLAY)
        with problems.within():
            judge_read(members)
        with problems.within():
            judge_counterparts(counterparts or {})
        with problems.within(), written_as(_OF_ATTACHMENTS if "instance_groups_prefix" in names else {}):
            result = attachments_of_services(attachments, services, prefix=prefix, hosts=hosts)
    return result


def judged(function: Callable[..., list[dict[str, Any]]], **needed: str) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that raises its errors as those of a filter, or returns them for the module to report.

    :param needed: options that the module wants in any case
    """

    @wraps(function)
    def judge(*arguments: Any, on_error: str = "fail", **named: Any) -> list[dict[str, Any]]:
        if on_error not in _ON_ERROR:
            raise AnsibleFilterError(f"on_error: {on_error!r} is not a valid value; choose {' or '.join(_ON_ERROR)}")
        try:
            return function(*arguments, **named)
        except InputError as error:
            if on_error == "return":
                return [{**needed, "error": text} for text in carried(error)]
            raise AnsibleFilterError(str(error)) from error

    return judge


def judge_play(
    problems: Problems,
    play: Iterable[Mapping[str, Any]],
    own: Iterable[str],
    variables: Iterable[str],
    booleans: Mapping[str, Any] | None,
) -> None:
    """Judge the variables of a role that runs once for all hosts of a play.

    :param play: the variables of the hosts of the play
    :param own: the names of the variables that the role reads
    :param variables: the names of all variables
    :param booleans: values of other variables, by their names
    """
    members = list(play)
    with problems.within():
        judge_variables(variables, booleans=booleans)
    with problems.within():
        judge_same(members, own)
    with problems.within():
        judge_read(members)


def of_result(function: Callable[..., Any], module: str, key: str) -> Callable[..., Any]:
    """Return a function that reads a result once: Ansible's own lists and mappings render a value at each read.

    :param module: the module that the result is of
    :param key: what only results of this module have
    """

    @wraps(function)
    def read(result: Any, **options: Any) -> Any:
        if not isinstance(result, Mapping) or key not in result:
            raise AnsibleFilterError(f"this is not a result of portcullis.openstack.{module}")
        return function(given(result), **options)

    return read


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters."""
        return {"service_groups": judged(service_groups, name=""), "service_attachments": judged(service_attachments)}
