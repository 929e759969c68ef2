# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters with which the roles turn their variables into the options of modules."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.portcullis.openstack.plugins.module_utils._errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._services import (
    attachments_of_hosts,
    attachments_of_services,
    groups_of_services,
    planned_of_groups,
)


def _judged(function: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
    """Return a function whose errors Ansible shows as those of a filter."""

    @wraps(function)
    def judged(*arguments: Any, **named: Any) -> list[dict[str, Any]]:
        try:
            return function(*arguments, **named)
        except InputError as error:
            raise AnsibleFilterError(str(error)) from error

    return judged


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters."""
        return {
            "service_groups": _judged(groups_of_services),
            "service_attachments": _judged(attachments_of_services),
            "host_attachments": _judged(attachments_of_hosts),
            "planned_groups": planned_of_groups,
        }
