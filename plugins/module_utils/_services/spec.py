# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles take in their lists. The argument specs of the roles document the same, and a test compares them."""

from __future__ import annotations

from typing import Any, Final

Spec = dict[str, dict[str, Any]]

_TEXTS: Final = {"type": "list", "elements": "str"}

SERVICE: Final[Spec] = {
    "name": {"type": "str"},
    "group": {"type": "str"},
    "description": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"]},
    "stateful": {"type": "bool"},
    "tags": _TEXTS,
    "shared_with": _TEXTS,
    "default_egress": {"type": "bool"},
    "purge_rules": {"type": "bool"},
    "allow": {"type": "raw"},
}

ALLOW: Final[Spec] = {
    "service": {"type": "str"},
    "ports": _TEXTS,
    "protocol": {"type": "str"},
    "traffic": _TEXTS,
    "direction": {"type": "str", "choices": ["ingress", "egress"]},
    "ether_type": {"type": "str", "choices": ["IPv4", "IPv6", "any"]},
    "remote_ips": _TEXTS,
    "remote_services": _TEXTS,
    "remote_groups": _TEXTS,
    "remote_address_groups": _TEXTS,
    "description": {"type": "str"},
    "until": {"type": "str"},
}

ATTACHMENT: Final[Spec] = {
    "servers": _TEXTS,
    "ports": _TEXTS,
    "selector": {
        "type": "dict",
        "options": {"name": {"type": "str"}, "metadata": {"type": "dict"}, "tags": _TEXTS},
    },
    "networks": _TEXTS,
    "services": _TEXTS,
    "security_groups": _TEXTS,
    "state": {"type": "str", "choices": ["present", "absent", "exact", "owned"]},
    "until": {"type": "str"},
}

# Variables of a host of the inventory, and the options of the attachment that they make.
HOST: Final[Spec] = {
    "instance_groups_server": {"type": "str"},
    "instance_groups_networks": _TEXTS,
    "instance_groups_services": _TEXTS,
    "instance_groups_security_groups": _TEXTS,
    "instance_groups_state": {"type": "str", "choices": ["present", "absent", "exact", "owned"]},
}
