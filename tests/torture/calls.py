# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call of every module, for a project with the instances and groups of ``Fleet``."""

from __future__ import annotations

from typing import Any

Options = dict[str, Any]

READING = ("address_group_info", "security_group_info", "security_group_rule_info")


def calls(mark: int) -> dict[str, Options]:
    """Return options by module. Those that change something do so anew for every mark from 0 to 59999."""
    port = 1024 + mark
    rule = {"protocol": "tcp", "ports": [str(port)]}
    return {
        "address_group": {"name": f"addresses-{mark}", "addresses": ["192.0.2.0/24", "2001:db8::/32"]},
        "default_security_group_rule": rule,
        "security_group": {"name": f"one-{mark}", "security_group_rules": [rule, {"service": "ssh"}]},
        "security_group_rule": {"security_group": "web", "remote_group": "ssh", **rule},
        "security_group_set": {
            "groups": [
                {"name": f"front-{mark}", "tags": ["blue"], "rules": [rule]},
                {"name": f"back-{mark}", "rules": [{"service": "postgresql", "remote_group": f"front-{mark}"}]},
            ]
        },
        "server_security_groups": {
            "servers": ["web1", "db1"],
            "security_groups": [("ssh", "web")[mark % 2]],
            "state": "exact",
        },
        **{module: {} for module in READING},
    }
