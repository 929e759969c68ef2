# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rules a user means by some of their fields, in any spelling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from .._common.errors import InputError
from .rule import ANYWHERE, Rule, parse_prefix, parse_protocol

Test = Callable[[Rule], bool]


def rule_filter(options: Mapping[str, Any]) -> Test:
    """Return a test for the fields that have spellings; the API compares these fields as text.

    :param options: ``protocol``, ``port_range_min``, ``port_range_max`` and ``remote_ip_prefix``; missing and None are
        the same and match every rule
    :raises InputError: for a value that no rule can have
    """
    tests: list[Test] = []
    if options.get("protocol") is not None:
        tests.append(_protocol_test(options["protocol"]))
    ports = (options.get("port_range_min"), options.get("port_range_max"))
    for name, value in zip(("port_range_min", "port_range_max"), ports, strict=True):
        if value is not None:
            tests.append(_port_test(name, None if value == -1 or ports == (1, 65535) else value))
    if options.get("remote_ip_prefix") is not None:
        tests.append(_prefix_test(options["remote_ip_prefix"]))
    return lambda rule: all(test(rule) for test in tests)


def _protocol_test(value: str) -> Test:
    """Match a protocol that may have one name in IPv4 and another in IPv6."""
    names: dict[str, str | None] = {"IPv6": parse_protocol(value, "IPv6")}
    with suppress(InputError):
        # It may exist in IPv6 only.
        names["IPv4"] = parse_protocol(value, "IPv4")
    return lambda rule: rule.ether_type in names and names[rule.ether_type] == rule.protocol


def _port_test(name: str, value: int | None) -> Test:
    return lambda rule: getattr(rule, name) == value


def _prefix_test(text: str) -> Test:
    """Match a network. To Neutron, a network of all addresses is the same as no remote."""
    if text == "anywhere":
        return _is_open
    prefix = parse_prefix(text)
    if str(prefix) in ANYWHERE.values():
        return lambda rule: _is_open(rule) and rule.ether_type == f"IPv{prefix.version}"
    return lambda rule: rule.remote_ip_prefix == str(prefix)


def _is_open(rule: Rule) -> bool:
    return (rule.key.remote_ip_prefix, rule.remote_group, rule.remote_address_group) == (None, None, None)
