# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cloud can do, and what it gives new groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .._cloud.cloud import Cloud
from .._common.errors import CloudError
from .._rules.rule import Rule, rule_from_api

# The extension of Neutron that makes it look at If-Match.
PORT_GUARD: Final = "revision-if-match"
UNGUARDED: Final = (
    f"this cloud's Neutron lacks the extension {PORT_GUARD}: ports are read again right before they are written, but "
    "what someone else changes between the two is lost"
)


def judge_extensions(cloud: Cloud, needs: Mapping[str, str]) -> None:
    """Make sure that the cloud has what is needed.

    :param needs: what needs an extension, by its alias
    :raises CloudError: with the alias of the extension that is missing
    """
    for alias, what in needs.items():
        if alias not in cloud.extensions:
            raise CloudError(f"{what} needs the extension {alias}, which this cloud's Neutron lacks")


def template_rules(cloud: Cloud) -> list[Rule]:
    """Return the rules that the cloud gives new groups."""
    return [rule_from_api(rule) for rule in cloud.default_rules_if_told() if rule["used_in_non_default_sg"]]
