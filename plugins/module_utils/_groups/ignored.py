# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a plan's rules the usual network backends ignore."""

from __future__ import annotations

from .plan import GroupPlan


def ignored_ports(plan: GroupPlan) -> list[str]:
    """Return a warning for every group that gets rules whose ports OVN and Open vSwitch ignore."""
    warnings = []
    for change in plan.changes:
        rules = change.rules.create if change.current else change.wanted or ()
        if protocols := sorted({str(rule.protocol) for rule in rules if rule.ignores_ports}):
            warnings.append(
                f"security group {change.name} has rules for ports of {' and '.join(protocols)}: OVN and Open vSwitch "
                "ignore these ports and allow the whole protocol"
            )
    return warnings
