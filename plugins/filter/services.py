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

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError, Problems, carried
from ansible_collections.portcullis.openstack.plugins.module_utils._services.counterparts import judge_counterparts
from ansible_collections.portcullis.openstack.plugins.module_utils._services.groups import groups_of_services
from ansible_collections.portcullis.openstack.plugins.module_utils._services.services import (
    attachments_of_services,
    judge_read,
    judge_same,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._services.variables import judge_variables

# What the roles read of one host of a play, for all of its hosts.
_OF_PLAY: Final = (
    "instance_groups_api_timeout",
    "instance_groups_attachments",
    "instance_groups_cloud",
    "instance_groups_hosts",
    "instance_groups_known_services",
    "instance_groups_missing",
    "instance_groups_owner",
    "instance_groups_prefix",
    "instance_groups_project",
    "instance_groups_region_name",
    "service_groups_api_timeout",
    "service_groups_catalogue",
    "service_groups_cloud",
    "service_groups_default_egress",
    "service_groups_delete_first",
    "service_groups_detach",
    "service_groups_owner",
    "service_groups_prefix",
    "service_groups_project",
    "service_groups_prune",
    "service_groups_region_name",
    "service_groups_services",
)


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
    hosts: Iterable[Mapping[str, Any]] = (),
    play: Iterable[Mapping[str, Any]] = (),
    together: bool = False,
    variables: Iterable[str] = (),
    booleans: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return attachments of services, after a look whether the hosts of the play agree."""
    result = []
    members = list(play)
    with Problems() as problems:
        with problems.within():
            judge_variables(variables, hosts, booleans)
        with problems.within():
            judge_same(members, _OF_PLAY)
        with problems.within():
            judge_read(members)
        with problems.within():
            for member in members[:1] if together else ():
                judge_counterparts(member)
        with problems.within():
            result = attachments_of_services(attachments, services, prefix=prefix, hosts=hosts)
    return result


def _judged(function: Callable[..., list[dict[str, Any]]], **needed: str) -> Callable[..., list[dict[str, Any]]]:
    """Return a function whose errors Ansible shows as those of a filter, or the module tells with its own.

    :param needed: options that the module wants in any case
    """

    @wraps(function)
    def judged(*arguments: Any, on_error: str = "fail", **named: Any) -> list[dict[str, Any]]:
        try:
            return function(*arguments, **named)
        except InputError as error:
            if on_error == "return":
                return [{**needed, "error": text} for text in carried(error)]
            raise AnsibleFilterError(str(error)) from error

    return judged


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters."""
        return {"service_groups": _judged(service_groups, name=""), "service_attachments": _judged(service_attachments)}
