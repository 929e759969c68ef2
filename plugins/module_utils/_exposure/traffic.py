# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic as a set of integers: 65,536 of them for each IP protocol, one for each port, or type and code of ICMP."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from .._rules.rule import PROTOCOL_NUMBERS, Rule, takes_ports
from .intervals import Interval, Intervals, union

BACKENDS: Final = ("ovn", "ovs", "iptables", "unknown")
_PORTS: Final = 1 << 16
_ICMP: Final = frozenset({PROTOCOL_NUMBERS["icmp"], PROTOCOL_NUMBERS["ipv6-icmp"]})
# Their ports are ignored by OVN and Open vSwitch, which open the whole protocol (seen with ovn-trace).
_PORTS_IGNORED: Final = frozenset({PROTOCOL_NUMBERS["dccp"], PROTOCOL_NUMBERS["udplite"]})
_NAMES: Final = {number: name for name, number in PROTOCOL_NUMBERS.items()}

ALL: Final = Intervals(((0, 256 * _PORTS - 1),))


def traffic_of(rule: Rule, backend: str) -> Intervals:
    """Return the traffic that a rule is about; where backends differ and which one is unknown, the widest reading.

    :param backend: one of :data:`BACKENDS`
    """
    return _traffic(rule.protocol, rule.port_range_min, rule.port_range_max, backend)


@cache
def _traffic(protocol: str | None, low: int | None, high: int | None, backend: str) -> Intervals:
    if protocol is None:
        return ALL
    number = PROTOCOL_NUMBERS[protocol] if protocol in PROTOCOL_NUMBERS else int(protocol)
    if number == 0 and backend in ("iptables", "unknown"):
        # iptables takes protocol 0 for all of them (its manual page, option -p).
        return ALL
    start = number * _PORTS
    if low is None or (number in _PORTS_IGNORED and backend != "iptables"):
        return Intervals(((start, start + _PORTS - 1),))
    if number in _ICMP:
        # The ends are type and code; without a code, any code of the type matches.
        first = start + (low << 8)
        return Intervals(((first, first + 255) if high is None else (first + high, first + high),))
    return Intervals(((start + low, start + (low if high is None else high)),))


def traffic_asked(protocol: str | None, low: int | None, high: int | None) -> Intervals:
    """Return the traffic that a question is about.

    :param protocol: Neutron's name of a protocol, a number as text, or None for any
    :param low: the first port, or the type of ICMP, which has any code
    """
    if protocol is None:
        return ALL
    start = (PROTOCOL_NUMBERS[protocol] if protocol in PROTOCOL_NUMBERS else int(protocol)) * _PORTS
    if low is None or high is None:
        # No rule for some ports contains port 0, which nothing is sent to.
        return Intervals(((start + takes_ports(protocol), start + _PORTS - 1),))
    if start // _PORTS in _ICMP:
        return Intervals(((start + (low << 8), start + (high << 8) + 255),))
    return Intervals(((start + low, start + high),))


def packet(protocol: int, port: int = 0) -> int:
    """Return the integer of some traffic.

    :param port: the port of the destination; for ICMP 256 times the type, plus the code; 0 for protocols without ports
    """
    return protocol * _PORTS + port


def texts(traffic: Intervals) -> Iterator[str]:
    """Yield the parts of traffic as people write them: ``any``, ``tcp/22``, ``udp/6000-6010``, ``icmp/8``, ``esp``."""
    if traffic >= ALL:
        yield "any"
        return
    for number, part in sorted(_by_protocol(traffic)):
        name = _NAMES.get(number, str(number))
        if part == (0, _PORTS - 1) or part == (1, _PORTS - 1):
            yield name
        elif number in _ICMP:
            yield from (f"{name}/{types}" for types in _types(part))
        else:
            yield f"{name}/{part[0]}" if part[0] == part[1] else f"{name}/{part[0]}-{part[1]}"


def _types(part: Interval) -> Iterator[str]:
    """Yield types and codes of ICMP: ``8``, ``9-255``, ``3:4``, ``8:1-255``."""
    low, high = part
    while low <= high:
        icmp_type, code = divmod(low, 256)
        if code or high - low < 255:
            end = min(high, low | 255)
            yield f"{icmp_type}:{code}" if end == low else f"{icmp_type}:{code}-{end & 255}"
        else:
            last = (high - 255) >> 8
            end = last << 8 | 255
            yield str(icmp_type) if icmp_type == last else f"{icmp_type}-{last}"
        low = end + 1


def _by_protocol(traffic: Intervals) -> Iterator[tuple[int, Interval]]:
    for low, high in traffic.parts:
        for number in range(low // _PORTS, high // _PORTS + 1):
            start = number * _PORTS
            yield number, (max(low, start) - start, min(high, start + _PORTS - 1) - start)


def together(parts: list[Intervals]) -> Intervals:
    """Return the union of several sets."""
    if len(parts) == 1:
        return parts[0]
    return union(interval for part in parts for interval in part.parts)
