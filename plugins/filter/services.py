# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters with which the roles turn their variables into the options of modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Final

from ansible.errors import AnsibleFilterError

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._services.services import (
    attachments_of_services,
    groups_of_services,
    judge_read,
    judge_same,
)

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


def service_attachments(
    attachments: Iterable[Mapping[str, Any]],
    services: Sequence[Mapping[str, Any]],
    *,
    prefix: str | None,
    hosts: Iterable[Mapping[str, Any]] = (),
    play: Iterable[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Return attachments of services, after a look whether the hosts of the play agree."""
    members = list(play)
    judge_same(members, _OF_PLAY)
    judge_read(members)
    return attachments_of_services(attachments, services, prefix=prefix, hosts=hosts)


def _judged(function: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]] | dict[str, str]]:
    """Return a function whose errors Ansible shows as those of a filter, or the module as its own.

    Of an error of a filter, Ansible shows only the first, and from 2.19 on every place of the role that leads to it.
    """

    @wraps(function)
    def judged(*arguments: Any, for_module: bool = False, **named: Any) -> list[dict[str, Any]] | dict[str, str]:
        try:
            return function(*arguments, **named)
        except InputError as error:
            if for_module:
                return {"problems": str(error)}
            raise AnsibleFilterError(str(error)) from error

    return judged


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters."""
        return {"service_groups": _judged(groups_of_services), "service_attachments": _judged(service_attachments)}
