# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only definition of the options that modules share. Each constant has a documentation fragment of its name."""

from __future__ import annotations

from typing import Any

Spec = dict[str, dict[str, Any]]

# The names and types are those of the `auth` fragment of openstack.cloud.
AUTH: Spec = {
    "cloud": {"type": "raw"},
    "auth_type": {"type": "str"},
    "auth": {"type": "dict", "no_log": True},
    "region_name": {"type": "str"},
    "validate_certs": {"type": "bool", "aliases": ["verify"]},
    "ca_cert": {"type": "str", "aliases": ["cacert"]},
    "client_cert": {"type": "str", "aliases": ["cert"]},
    "client_key": {"type": "str", "no_log": True, "aliases": ["key"]},
    "wait": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 180},
    "api_timeout": {"type": "int"},
    "interface": {
        "type": "str",
        "choices": ["public", "internal", "admin"],
        "aliases": ["endpoint_type"],
    },
    "sdk_log_path": {"type": "str"},
    "sdk_log_level": {"type": "str", "default": "INFO", "choices": ["INFO", "DEBUG"]},
}

RULE: Spec = {
    "service": {"type": "str"},
    "direction": {"type": "str", "choices": ["ingress", "egress"], "default": "ingress"},
    "ether_type": {"type": "str", "choices": ["IPv4", "IPv6", "any"], "aliases": ["ethertype"]},
    "protocol": {"type": "str"},
    "ports": {"type": "list", "elements": "str"},
    "traffic": {"type": "list", "elements": "str"},
    "port_range_min": {"type": "int"},
    "port_range_max": {"type": "int"},
    "remote_ip_prefix": {"type": "str"},
    "remote_ip_prefixes": {"type": "list", "elements": "str"},
    "remote_group": {"type": "str"},
    "remote_groups": {"type": "list", "elements": "str"},
    "remote_address_group": {"type": "str"},
    "remote_address_groups": {"type": "list", "elements": "str"},
    "description": {"type": "str"},
}

UNTIL: Spec = {"until": {"type": "str"}}

ATTACHMENT: Spec = {
    "servers": {"type": "list", "elements": "str"},
    "ports": {"type": "list", "elements": "str"},
    "selector": {
        "type": "dict",
        "options": {
            "name": {"type": "str"},
            "metadata": {"type": "dict"},
            "tags": {"type": "list", "elements": "str"},
        },
    },
    "networks": {"type": "list", "elements": "str"},
    "security_groups": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent", "exact", "owned"]},
    **UNTIL,
}

ATTACHMENTS: Spec = {
    "attachments": {
        "type": "list",
        "elements": "dict",
        "options": {"host": {"type": "str"}, "error": {"type": "str"}, **ATTACHMENT},
    },
    "owner": {"type": "str"},
    "missing": {"type": "str", "choices": ["error", "warn"], "default": "error"},
}

OVERRIDES: Spec = {"overrides": {"type": "dict"}}

PROJECT: Spec = {"project": {"type": "str"}}

PARALLEL: Spec = {"parallel": {"type": "int", "default": 4}}
