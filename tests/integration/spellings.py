# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules, each with spellings that all mean it.

A key is what Neutron must have, as lines of ``Api.rules`` without the prefix of the whole world, joined by ``LINES``.
A spelling is one entry of a rule list, or several. No two keys have a line in common, so that one group can have them
all. In remote groups ``SELF`` stands for the name of the rule's own group, ``OTHER`` and ``OTHER_ID`` for another one.
"""

from __future__ import annotations

from typing import Any

Entry = dict[str, Any]

LINES = " and "
SELF = "<self>"
OTHER = "<other>"
OTHER_ID = "<id of other>"


def ports(low: int, high: int) -> Entry:
    return {"port_range_min": low, "port_range_max": high}


PROTOCOLS_AND_PORTS: dict[str, list[Entry | list[Entry]]] = {
    "ingress IPv4 tcp 22:22": [
        {"protocol": "tcp", **ports(22, 22)},
        {"protocol": "TCP", "port_range_min": "22", "port_range_max": "22", "direction": "ingress"},
        {"protocol": "6", "ports": [22]},
        {"protocol": 6, "ports": ["22"], "ether_type": "IPv4"},
        {"protocol": "tcp", "ports": ["22:22"], "ethertype": "IPv4"},
        {"protocol": "Tcp", "ports": ["22-22"], "remote_ip_prefix": "0.0.0.0/0"},
        {"protocol": "006", **ports(22, 22)},
        {"service": "ssh"},
        {"service": "ssh", "remote_ip_prefix": "anywhere", "ether_type": "IPv4"},
        {"protocol": "tcp", **ports(22, 22), "remote_ip_prefix": None, "remote_group": None, "description": None},
        [{"protocol": "tcp", **ports(22, 22)}, {"protocol": "tcp", **ports(22, 22)}],
        [{"service": "ssh"}, {"protocol": "6", "ports": ["22:22"], "remote_ip_prefix": "0.0.0.0/0"}],
        [{"service": "ssh", "description": ""}, {"service": "ssh"}],
    ],
    "ingress IPv4 tcp 100:200": [
        {"protocol": "tcp", **ports(100, 200)},
        {"protocol": "tcp", "ports": ["100:200"]},
        {"protocol": "6", "ports": ["100-200"]},
        {"protocol": "TCP", "ports": [" 100:200 ", "100-200"]},
    ],
    "ingress IPv4 tcp 1:1024": [
        {"protocol": "tcp", **ports(1, 1024)},
        {"protocol": "tcp", "ports": ["1:1024"]},
    ],
    "ingress IPv4 tcp 1024:65535": [
        {"protocol": "tcp", **ports(1024, 65535)},
        {"protocol": "6", "ports": ["1024-65535"]},
    ],
    "ingress IPv4 tcp 2:65535": [{"protocol": "tcp", **ports(2, 65535)}],
    "ingress IPv4 tcp 65535:65535": [{"protocol": "tcp", "ports": [65535]}],
    "ingress IPv4 udp": [
        {"protocol": "udp"},
        {"protocol": "17", **ports(-1, -1)},
        {"protocol": "UDP", **ports(1, 65535)},
        {"protocol": 17, "ports": ["1:65535"]},
        {"protocol": "udp", "ports": ["1-65535"]},
        {"protocol": "udp", "ports": [-1]},
        {"protocol": "udp", "port_range_min": None, "port_range_max": None, "ports": None},
        {"protocol": "udp", "port_range_min": -1},
    ],
    "ingress IPv4 sctp 1:1": [{"protocol": "sctp", "ports": [1]}, {"protocol": 132, **ports(1, 1)}],
    "ingress IPv4 dccp 5:6": [{"protocol": "dccp", "ports": ["5:6"]}, {"protocol": "33", **ports(5, 6)}],
    "ingress IPv4 udplite 7:7": [{"protocol": "udplite", "ports": [7]}, {"protocol": 136, **ports(7, 7)}],
    "ingress IPv4 tcp 80:80 and ingress IPv4 tcp 443:443": [
        {"protocol": "tcp", "ports": [80, 443]},
        {"protocol": "tcp", "ports": ["443", "80", "443"]},
        [{"service": "http"}, {"service": "https"}],
    ],
    "ingress IPv4 vrrp": [{"protocol": "vrrp"}, {"protocol": "VRRP"}, {"protocol": 112}, {"protocol": "112"}],
    "ingress IPv4 esp": [{"protocol": "esp"}, {"protocol": 50}, {"protocol": "50", **ports(-1, -1)}],
    "ingress IPv4 gre": [{"protocol": "gre", **ports(1, 65535)}, {"protocol": "47"}, {"service": "gre"}],
    "ingress IPv4 200": [{"protocol": "200"}, {"protocol": 200}, {"protocol": "0200"}],
    "ingress IPv4 255": [{"protocol": "255"}, {"protocol": 255}],
    "ingress IPv4 hopopt": [{"protocol": "hopopt"}, {"protocol": "HopOpt"}],
    "ingress IPv4 ip": [{"protocol": "ip"}, {"protocol": "0"}, {"protocol": 0}, {"protocol": "IP"}],
    "egress IPv4 any": [
        {"direction": "egress"},
        {"direction": "egress", "protocol": "any"},
        {"direction": "egress", "protocol": "ANY", "remote_ip_prefix": "0.0.0.0/0"},
        {"direction": "egress", "protocol": None, **ports(-1, -1)},
        {"direction": "egress", "protocol": "-1"},
        {"direction": "egress", **ports(1, 65535)},
        {"direction": "egress", "protocol": "any", "ether_type": "IPv4", "remote_ip_prefix": "anywhere"},
    ],
}

ICMP: dict[str, list[Entry | list[Entry]]] = {
    "ingress IPv4 icmp": [
        {"protocol": "icmp"},
        {"protocol": "ICMP"},
        {"protocol": "1", **ports(-1, -1)},
        {"protocol": 1, "ether_type": "IPv4"},
        {"protocol": "icmp", **ports(1, 65535)},
        {"protocol": "icmp", "port_range_min": -1},
    ],
    "ingress IPv4 icmp 8:None": [
        {"protocol": "icmp", "port_range_min": 8},
        {"protocol": "1", **ports(8, -1)},
        {"protocol": "ICMP", "port_range_min": 8, "port_range_max": None},
    ],
    "ingress IPv4 icmp 8:0": [
        {"protocol": "icmp", **ports(8, 0)},
        {"protocol": 1, **ports(8, 0)},
    ],
    "ingress IPv4 icmp 0:0": [{"protocol": "icmp", **ports(0, 0)}, {"protocol": "1", **ports(0, 0)}],
    "ingress IPv4 icmp 0:None": [{"protocol": "icmp", **ports(0, -1)}, {"protocol": "1", "port_range_min": 0}],
    "ingress IPv4 icmp 255:255": [{"protocol": "icmp", **ports(255, 255)}],
    "egress IPv4 icmp 8:0 and egress IPv6 ipv6-icmp 128:0": [
        {"direction": "egress", "service": "ping", "remote_ip_prefix": "anywhere"},
        {"direction": "egress", "service": "ping", "ether_type": "any"},
        [
            {"direction": "egress", "protocol": "icmp", **ports(8, 0)},
            {"direction": "egress", "protocol": "icmp", "ether_type": "IPv6", **ports(128, 0)},
        ],
    ],
    "ingress IPv6 ipv6-icmp": [
        {"protocol": "ipv6-icmp", "ether_type": "IPv6"},
        {"protocol": "icmpv6", "ether_type": "IPv6"},
        {"protocol": "ICMPv6", "ethertype": "IPv6"},
        {"protocol": "58", "ether_type": "IPv6"},
        {"protocol": 58, "ether_type": "IPv6"},
        {"protocol": "icmp", "ether_type": "IPv6"},
        {"protocol": "ICMP", "ether_type": "IPv6", **ports(-1, -1)},
        {"protocol": "1", "ether_type": "IPv6"},
        {"protocol": 1, "ether_type": "IPv6"},
        {"protocol": "icmp", "remote_ip_prefix": "::/0"},
        {"protocol": "ipv6-icmp", "remote_ip_prefix": "anywhere"},
        {"protocol": "58", "ether_type": "any"},
        {"protocol": "icmpv6"},
    ],
    "ingress IPv6 ipv6-icmp 128:0": [
        {"protocol": "ipv6-icmp", "ether_type": "IPv6", **ports(128, 0)},
        {"protocol": "icmp", "ether_type": "IPv6", **ports(128, 0)},
        {"protocol": "1", "remote_ip_prefix": "::/0", **ports(128, 0)},
    ],
    "ingress IPv6 ipv6-frag": [{"protocol": "ipv6-frag"}, {"protocol": 44, "ether_type": "IPv6"}],
}

ADDRESSES: dict[str, list[Entry | list[Entry]]] = {
    "ingress IPv4 any 192.0.2.7/32": [
        {"remote_ip_prefix": "192.0.2.7"},
        {"remote_ip_prefix": "192.0.2.7/32"},
        {"remote_ip_prefix": "192.0.2.7/255.255.255.255", "protocol": "any"},
        {"remote_ip_prefixes": [" 192.0.2.7 "]},
        {"remote_ip_prefixes": ["192.0.2.7/32", "192.0.2.7"], "ether_type": "IPv4"},
    ],
    "ingress IPv4 any 10.0.0.0/24": [{"remote_ip_prefix": "10.0.0.0/24"}],
    "ingress IPv4 any 10.0.0.1/24": [
        {"remote_ip_prefix": "10.0.0.1/24"},
        {"remote_ip_prefix": "10.0.0.1/255.255.255.0"},
    ],
    "ingress IPv4 any 1.2.3.4/0": [{"remote_ip_prefix": "1.2.3.4/0"}, {"remote_ip_prefix": "1.2.3.4/0.0.0.0"}],
    "ingress IPv6 any 2001:db8::1/128": [
        {"remote_ip_prefix": "2001:db8::1"},
        {"remote_ip_prefix": "2001:DB8::1"},
        {"remote_ip_prefix": "2001:0db8:0000:0000:0000:0000:0000:0001"},
        {"remote_ip_prefix": "2001:db8:0::1/128", "ether_type": "IPv6"},
        {"remote_ip_prefixes": ["2001:DB8:0:0:0:0:0:1/128"]},
    ],
    "ingress IPv6 any 2001:db8:a::/48": [
        {"remote_ip_prefix": "2001:db8:a::/48"},
        {"remote_ip_prefix": "2001:0DB8:000A::/48"},
        {"remote_ip_prefix": "2001:db8:a:0:0:0:0:0/48", "ethertype": "IPv6"},
    ],
    "ingress IPv6 any 2001:db8:a::1/48": [
        {"remote_ip_prefix": "2001:db8:a::1/48"},
        {"remote_ip_prefix": "2001:DB8:A::1/48"},
    ],
    "ingress IPv6 any ::ffff:192.0.2.1/128": [
        {"remote_ip_prefix": "::ffff:192.0.2.1"},
        {"remote_ip_prefix": "::FFFF:c000:201/128"},
    ],
    "ingress IPv6 any": [
        {"ether_type": "IPv6"},
        {"ether_type": "IPv6", "protocol": "any", **ports(-1, -1)},
        {"remote_ip_prefix": "::/0"},
        {"remote_ip_prefix": "0:0:0:0:0:0:0:0/0"},
        {"remote_ip_prefix": "::/0", "ether_type": "any"},
        {"remote_ip_prefix": "anywhere", "ether_type": "IPv6"},
        {"remote_ip_prefix": None, "ethertype": "IPv6"},
    ],
    "ingress IPv4 tcp 53:53 and ingress IPv6 tcp 53:53": [
        {"protocol": "tcp", "ports": [53], "remote_ip_prefix": "anywhere"},
        {"protocol": "tcp", "ports": [53], "remote_ip_prefixes": ["anywhere"]},
        {"protocol": "tcp", "ports": [53], "ether_type": "any"},
        {"protocol": "tcp", "ports": [53], "remote_ip_prefixes": ["0.0.0.0/0", "::/0"]},
        {"protocol": "tcp", "ports": [53], "remote_ip_prefix": "anywhere", "ether_type": "any"},
        [
            {"protocol": "tcp", **ports(53, 53)},
            {"protocol": "tcp", **ports(53, 53), "ether_type": "IPv6", "remote_ip_prefix": "::/0"},
        ],
    ],
}

GROUPS: dict[str, list[Entry | list[Entry]]] = {
    "ingress IPv4 udp 1:1 other": [
        {"protocol": "udp", "ports": [1], "remote_group": OTHER},
        {"protocol": "udp", "ports": [1], "remote_group": OTHER_ID},
        {"protocol": "udp", "ports": [1], "remote_groups": [OTHER]},
        {"protocol": "udp", "ports": [1], "remote_groups": [OTHER_ID, OTHER]},
    ],
    "ingress IPv4 udp 2:2 self": [
        {"protocol": "udp", "ports": [2], "remote_group": SELF},
        {"protocol": "udp", "ports": [2], "remote_groups": [SELF], "ether_type": "IPv4"},
    ],
    "ingress IPv4 any self and ingress IPv6 any self": [
        {"remote_group": SELF, "ether_type": "any"},
        [{"remote_group": SELF}, {"remote_groups": [SELF], "ethertype": "IPv6"}],
    ],
}

SPELLINGS = PROTOCOLS_AND_PORTS | ICMP | ADDRESSES | GROUPS
