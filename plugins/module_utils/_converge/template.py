# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The template: what a cloud gives new groups."""

from __future__ import annotations

from collections.abc import Sequence

from .._cloud.cloud import Cloud
from .._cloud.session import FORBIDDEN, NOT_FOUND
from .._common.errors import CloudError
from .._default_rules.default_rule import BUILT_IN, IN_OTHERS, DefaultRule, default_rule_from_api
from .._rules.rule import Rule


def default_rules(cloud: Cloud) -> Sequence[DefaultRule]:
    """Return the rules that new groups get; none where these credentials may not see them.

    A Neutron that has no list of them gives every group those that are built in.
    """
    try:
        return [default_rule_from_api(body) for body in cloud.default_rules()]
    except CloudError as error:
        if error.status not in (FORBIDDEN, NOT_FOUND):
            raise
        return BUILT_IN if error.status == NOT_FOUND else ()


def template_rules(cloud: Cloud) -> list[Rule]:
    """Return the rules that the cloud gives new groups other than the default ones."""
    return [default_rule.rule for default_rule in default_rules(cloud) if IN_OTHERS in default_rule.uses]
