# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of rules that cannot be right, with the option that the error must name and what it must say."""

from __future__ import annotations

from typing import Any

BAD_RULES: list[tuple[dict[str, Any], str, str]] = [
    ({"protocol": "tpc", "ports": ["22"]}, "protocol", "'tpc' is not a protocol"),
    ({"protocol": "256"}, "protocol", "'256' is not a protocol"),
    ({"protocol": "ipv6-icmp", "ether_type": "IPv4"}, "protocol", "IPv6"),
    ({"protocol": "tcp", "ports": ["70000"]}, "ports", "70000 is not a range of ports"),
    ({"protocol": "tcp", "ports": ["0"]}, "ports", "0 is not a range of ports"),
    ({"protocol": "tcp", "ports": ["443:80"]}, "ports", "the lower end first"),
    ({"protocol": "tcp", "ports": ["http"]}, "ports", "'http' is not a port or a range"),
    ({"protocol": "esp", "ports": ["22"]}, "ports", "protocol esp has no ports"),
    ({"ports": ["22"]}, "ports", "ports need a protocol"),
    ({"protocol": "tcp", "port_range_min": 22}, "port_range_max", "set both to"),
    ({"protocol": "tcp", "port_range_min": 90, "port_range_max": 80}, "port_range_min", "greater"),
    ({"port_range_min": 22, "port_range_max": 22}, "port_range_min, port_range_max", "has no ports"),
    ({"protocol": "tcp", "ports": ["22"], "port_range_min": 22}, "ports", "use one of the two forms"),
    ({"protocol": "icmp", "port_range_max": 0}, "port_range_min", "needs the ICMP type"),
    ({"protocol": "icmp", "port_range_min": 256}, "port_range_min", "not an ICMP type"),
    ({"remote_ip_prefix": "10.0.0.0/33"}, "remote_ip_prefix", "'10.0.0.0/33' is not an address"),
    ({"remote_ip_prefix": "everywhere"}, "remote_ip_prefix", "'everywhere' is not an address"),
    ({"remote_ip_prefix": "10.0.0.0/8", "ether_type": "IPv6"}, "remote_ip_prefix", "is an IPv4 address"),
    ({"remote_ip_prefixes": ["10.0.0.0/8", "x"]}, "remote_ip_prefixes", "'x' is not an address"),
    ({"remote_ip_prefix": "10.0.0.0/8", "remote_group": "good"}, "remote_ip_prefix, remote_group", "one remote"),
    ({"remote_group": "nobody"}, "remote_group", "there is no security group 'nobody'"),
    ({"remote_address_group": "nobody"}, "remote_address_group", "there is no address group 'nobody'"),
    ({"service": "shh"}, "service", "'shh' is not in the catalogue"),
    ({"service": "ssh", "protocol": "tcp"}, "service", "already sets protocol"),
    ({"description": "x" * 256}, "description", "it has 256 characters"),
    ({"protocol": "tcp", "port_range_min": 70000, "port_range_max": 70000}, "port_range_min", "70000 is not a port"),
    ({"protocol": "udp", "port_range_min": 1, "port_range_max": 65536}, "port_range_max", "65536 is not a port"),
    ({"protocol": "tcp", "port_range_min": 0, "port_range_max": 0}, "port_range_min", "0 is not a port"),
    ({"protocol": "tcp", "port_range_min": -2, "port_range_max": -2}, "port_range_min", "-2 is not a port"),
    ({"protocol": "tcp", "port_range_min": -1, "port_range_max": 80}, "port_range_min", "set both to"),
    ({"protocol": "esp", "port_range_min": 22, "port_range_max": 22}, "port_range_min, port_range_max", "has no ports"),
    ({"protocol": "200", "port_range_min": 22, "port_range_max": 22}, "port_range_min, port_range_max", "has no ports"),
    ({"protocol": "icmpv6", "port_range_max": 0, "ether_type": "IPv6"}, "port_range_min", "needs the ICMP type"),
    ({"protocol": "icmp", "port_range_min": 3, "port_range_max": 256}, "port_range_max", "not an ICMP code"),
    ({"protocol": "icmpv6", "ether_type": "IPv4"}, "protocol", "IPv6"),
    ({"protocol": "-2"}, "protocol", "'-2' is not a protocol"),
    ({"protocol": "ipv6-frag", "remote_ip_prefix": "10.0.0.0/8"}, "protocol", "ipv6-frag exists in IPv6 only"),
    ({"remote_ip_prefix": "2001:db8::/32", "ether_type": "IPv4"}, "remote_ip_prefix", "is an IPv6 address"),
    ({"remote_ip_prefix": "2001:db8::/129"}, "remote_ip_prefix", "'2001:db8::/129' is not an address"),
    ({"remote_ip_prefix": ""}, "remote_ip_prefix", "'' is not an address"),
    ({"remote_group": "nobody", "remote_address_group": "nobody"}, "remote_group, remote_address_group", "one remote"),
    ({"remote_ip_prefix": "10.0.0.0/8", "remote_groups": ["good"]}, "remote_ip_prefix, remote_groups", "one remote"),
    ({"remote_group": "00000000-0000-4000-8000-000000000000"}, "remote_group", "there is no security group '0000"),
    ({"remote_groups": ["nobody"]}, "remote_groups", "there is no security group 'nobody'"),
]
