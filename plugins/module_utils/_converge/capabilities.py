# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cloud can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .._cloud.cloud import Cloud
from .._cloud.requests import NEEDS
from .._common.errors import CloudError, hidden
from .._groups.group import Group

# The extension of Neutron that makes it look at If-Match.
PORT_GUARD: Final = "revision-if-match"
SHARING: Final = "rbac-security-groups"
UNGUARDED: Final = (
    f"this cloud's Neutron lacks the extension {PORT_GUARD}: ports are read again right before they are written, but "
    "a change that someone else makes in between is lost"
)
HIDDEN_REVISIONS: Final = (
    "the cloud does not show revision_number of ports to these credentials: ports are read again right before they are "
    "written, but a change that someone else makes in between is lost"
)


def judge_extensions(cloud: Cloud, needs: Mapping[str, str]) -> None:
    """Make sure that the cloud has what is needed.

    :param needs: what needs an extension, by its alias
    :raises CloudError: with the aliases of all extensions that are missing
    """
    if missing := missing_extensions(cloud, needs):
        raise CloudError("\n".join(missing))


def missing_extensions(cloud: Cloud, needs: Mapping[str, str]) -> list[str]:
    """Return a message for each extension that is needed and that the cloud lacks.

    :param needs: what needs an extension, by its alias
    """
    missing = [alias for alias in needs if alias not in cloud.extensions]
    return [f"{needs[alias]} needs the extension {alias}, which this cloud's Neutron lacks" for alias in missing]


def judge_shown(cloud: Cloud, group: Group, attribute: str) -> None:
    """Make sure that the cloud shows an attribute of a group, where it has it at all: a policy may hide it.

    :raises CloudError: with the name of the attribute
    """
    if getattr(group, attribute) is None and NEEDS[attribute] in cloud.extensions:
        raise hidden([attribute], f"security group {group.name}")


def judge_search(cloud: Cloud, options: Mapping[str, str]) -> None:
    """Make sure that the cloud supports the filters of a search.

    Neutron can be configured to ignore unknown filters. It would then return too much.

    :param options: what the user calls the filters, by their names in the API
    :raises CloudError: with the alias of the extension that is missing
    """
    judge_extensions(cloud, {NEEDS[name]: option for name, option in options.items() if name in NEEDS})
