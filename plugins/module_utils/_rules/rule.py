# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One security group rule, spelled the way Neutron stores it and compared the way Neutron compares it.

The facts are those of Neutron's ``db/securitygroups_db.py`` (``_rule_to_key`` and the
``_validate_*`` and ``_make_canonical_*`` methods) and ``extensions/securitygroup.py``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from .._common.errors import InputError
from .._common.text import shown

ETHER_TYPES: Final = ("IPv4", "IPv6")
ANYWHERE: Final[Mapping[str, str]] = MappingProxyType({"IPv4": "0.0.0.0/0", "IPv6": "::/0"})
_WORLD: Final = frozenset(ANYWHERE.values())

# neutron_lib.constants.IP_PROTOCOL_MAP. `ip` comes after `hopopt`, so that number 0 reads `ip` as in Neutron,
# where `hopopt` and `ip` are two protocols although both have number 0.
PROTOCOL_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "ah": 51,
        "dccp": 33,
        "egp": 8,
        "esp": 50,
        "gre": 47,
        "hopopt": 0,
        "icmp": 1,
        "igmp": 2,
        "ip": 0,
        "ipip": 4,
        "ipv6-encap": 41,
        "ipv6-frag": 44,
        "ipv6-icmp": 58,
        "ipv6-nonxt": 59,
        "ipv6-opts": 60,
        "ipv6-route": 43,
        "ospf": 89,
        "pgm": 113,
        "rsvp": 46,
        "sctp": 132,
        "tcp": 6,
        "udp": 17,
        "udplite": 136,
        "vrrp": 112,
    }
)
_PROTOCOL_NAMES: Final[Mapping[int, str]] = MappingProxyType({v: k for k, v in PROTOCOL_NUMBERS.items()})
# How many addresses and protocols to remember: rules repeat them, and reading them is half the work of a plan.
_REMEMBERED: Final = 10_000
_PROTOCOL_NUMBER: Final = re.compile(r"0*([0-9]{1,3})")
_PORT_PROTOCOLS: Final = frozenset({"dccp", "sctp", "tcp", "udp", "udplite"})
_ICMP_PROTOCOLS: Final = frozenset({"icmp", "ipv6-icmp"})
# neutron.common.ovn.acl: protocols whose ports OVN ignores, and the two protocols with number 0.
_ONE_ACL: Final = frozenset({"dccp", "hopopt", "ip", "udplite"})
# Neutron stores the first as none; Contrail stores none, and for any protocol, as the second.
_ALL_PORTS: Final = frozenset({(1, 65535), (0, 65535)})
_IPV6_PROTOCOLS: Final = frozenset({"ipv6-encap", "ipv6-frag", "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "ipv6-route"})


class RuleKey(NamedTuple):
    """What makes two rules of one group the same rule to Neutron, which answers 409 to the second."""

    direction: str
    ether_type: str
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group: str | None
    remote_address_group: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in Neutron's own spelling; make one with :func:`make_rule` or :func:`rule_from_api`.

    ``remote_group`` and ``remote_address_group`` hold what the user wrote, and once that is resolved an id, or what
    stands for the id of a group that does not exist yet.
    ``description`` is None where the user leaves it alone. ``id`` is the cloud's, and ``remote_option`` the option in
    which the user wrote the remote; neither takes part in equality.
    """

    direction: str
    ether_type: str
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group: str | None = None
    remote_address_group: str | None = None
    description: str | None = None
    id: str | None = field(default=None, compare=False)
    remote_option: str | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> RuleKey:
        """Neutron's duplicate key: the whole world as a prefix and no prefix at all are one value in it."""
        return RuleKey(
            self.direction,
            self.ether_type,
            self.protocol,
            self.port_range_min,
            self.port_range_max,
            None if self.remote_ip_prefix in _WORLD else self.remote_ip_prefix,
            self.remote_group,
            self.remote_address_group,
        )

    @property
    def acl(self) -> tuple[object, ...]:
        """What distinguishes rules of a group on OVN. Equal ones share an ACL, which is deleted with any of them.

        OVN uses the number of the protocol, the ports of a few protocols, and networks without host bits. If rules
        differ only in host bits, Neutron keeps the ACL until the last of them is deleted.
        """
        if self.protocol not in _ONE_ACL:
            return self.key
        network = None if self.remote_ip_prefix is None else _interface(self.remote_ip_prefix).network
        remotes = (network, self.remote_group, self.remote_address_group)
        return (self.direction, self.ether_type, PROTOCOL_NUMBERS[self.protocol], *remotes)

    @property
    def ignores_ports(self) -> bool:
        """Whether OVN and Open vSwitch allow the whole protocol, whatever ports the rule has."""
        return self.port_range_min is not None and self.protocol in _ONE_ACL

    def to_api(self) -> dict[str, Any]:
        """Return the body of a create request, without the group the rule goes to."""
        body: dict[str, Any] = {
            "direction": self.direction,
            "ethertype": self.ether_type,
            "protocol": self.protocol,
            "port_range_min": self.port_range_min,
            "port_range_max": self.port_range_max,
            "remote_ip_prefix": self.remote_ip_prefix,
            "remote_group_id": self.remote_group,
            "description": self.description or "",
        }
        if self.remote_address_group is not None:
            # Left out otherwise: clouds without this extension refuse the name itself.
            body["remote_address_group_id"] = self.remote_address_group
        return body

    def render(self, name_of: Callable[[str], str]) -> str:
        """Return the rule as one line of a plan.

        :param name_of: gives the name of a security group or address group by its id
        """
        words = [self.direction, self.ether_type, self.protocol or "any"]
        if self.port_range_min is not None:
            words.append(self._render_ports())
        words.append("from" if self.direction == "ingress" else "to")
        if self.remote_group is not None:
            words.append(f"group {shown(name_of(self.remote_group))}")
        elif self.remote_address_group is not None:
            words.append(f"address group {shown(name_of(self.remote_address_group))}")
        else:
            words.append(self.remote_ip_prefix or ANYWHERE[self.ether_type])
        line = " ".join(words)
        return f"{line} ({shown(self.description)})" if self.description else line

    def _render_ports(self) -> str:
        if self.protocol in _ICMP_PROTOCOLS:
            code = "" if self.port_range_max is None else f" code {self.port_range_max}"
            return f"type {self.port_range_min}{code}"
        if self.port_range_min == self.port_range_max:
            return str(self.port_range_min)
        return f"{self.port_range_min}-{self.port_range_max}"


def rule_from_api(body: Mapping[str, Any]) -> Rule:
    """Return the rule of an API answer, whatever spelling its creator used."""
    ether_type = body["ethertype"]
    prefix = body.get("remote_ip_prefix")
    ports = body.get("port_range_min"), body.get("port_range_max")
    low, high = (None, None) if ports in _ALL_PORTS else ports
    return Rule(
        direction=body["direction"],
        ether_type=ether_type,
        protocol=_canonical_protocol(body.get("protocol"), ether_type),
        port_range_min=low,
        port_range_max=high,
        remote_ip_prefix=_canonical_prefix(prefix) if prefix else None,
        remote_group=body.get("remote_group_id"),
        remote_address_group=body.get("remote_address_group_id"),
        description=body.get("description") or "",
        id=body.get("id"),
    )


def rule_result(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule of an API answer by the names that modules give its parts, which are those of the SDK."""
    renamed = {("ether_type" if name == "ethertype" else name): value for name, value in body.items()}
    return {**renamed, "name": None, "tags": body.get("tags") or []}


def make_rule(
    *,
    direction: str = "ingress",
    ether_type: str | None = None,
    protocol: str | int | None = None,
    port_range_min: int | None = None,
    port_range_max: int | None = None,
    remote_ip_prefix: str | None = None,
    remote_group: str | None = None,
    remote_address_group: str | None = None,
    description: str | None = None,
) -> Rule:
    """Return the rule that a user means, normalised as Neutron does.

    Without ``ether_type`` the address decides, and without an address it is IPv4, as in Neutron.

    :raises InputError: for a value that Neutron would refuse, naming the option
    """
    prefix = None if remote_ip_prefix is None else parse_prefix(remote_ip_prefix)
    if ether_type is None:
        ether_type = f"IPv{prefix.version}" if prefix else "IPv4"
    if prefix and ether_type != f"IPv{prefix.version}":
        raise InputError(
            "remote_ip_prefix", f"{prefix} is an IPv{prefix.version} address, but ether_type is {ether_type}"
        )
    name = parse_protocol(protocol, ether_type)
    low, high = _canonical_ports(name, port_range_min, port_range_max)
    return _remembered_rule(
        direction=direction,
        ether_type=ether_type,
        protocol=name,
        port_range_min=low,
        port_range_max=high,
        remote_ip_prefix=None if remote_ip_prefix is None else _canonical_prefix(remote_ip_prefix.strip()),
        remote_group=remote_group,
        remote_address_group=remote_address_group,
        description=description,
    )


# The groups of a large set have many rules in common.
_remembered_rule: Final = lru_cache(maxsize=_REMEMBERED)(Rule)


@lru_cache(maxsize=_REMEMBERED)
def _interface(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    return ipaddress.ip_interface(text)


@lru_cache(maxsize=_REMEMBERED)
def _canonical_prefix(text: str) -> str:
    return str(_interface(text))


def parse_prefix(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """Return an address with its prefix length. Host bits stay, as Neutron keeps them.

    :raises InputError: if it is no address
    """
    try:
        if "%" in text:
            raise ValueError("an address with a zone")
        return _interface(text.strip())
    except ValueError:
        raise InputError(
            "remote_ip_prefix", f"{text!r} is not an address; write one like 192.0.2.0/24, 2001:db8::/32 or anywhere"
        ) from None


@lru_cache(maxsize=_REMEMBERED)
def parse_protocol(value: str | int | None, ether_type: str) -> str | None:
    """Return Neutron's name of a protocol, a number as text where it has no name, or None for any.

    :raises InputError: for a protocol that Neutron does not know or that the ether type excludes
    """
    text = "any" if value is None else str(value).strip().lower()
    known = text in PROTOCOL_NUMBERS or text in ("any", "icmpv6") or _protocol_number(text) is not None
    if not known and text != "-1":
        raise InputError(
            "protocol",
            f"{value!r} is not a protocol; use a number from 0 to 255, any, or one of {', '.join(PROTOCOL_NUMBERS)}",
        )
    name = _canonical_protocol(None if text in ("any", "-1") else text, ether_type)
    if name in _IPV6_PROTOCOLS and ether_type == "IPv4":
        raise InputError("protocol", f"{name} exists in IPv6 only; set ether_type to IPv6")
    return name


def takes_ports(protocol: str | None) -> bool:
    """Tell whether rules of a protocol, by Neutron's name, can have ports."""
    return protocol in _PORT_PROTOCOLS


def _protocol_number(text: str) -> int | None:
    match = _PROTOCOL_NUMBER.fullmatch(text)
    return int(match[1]) if match and int(match[1]) <= 255 else None


@lru_cache(maxsize=_REMEMBERED)
def _canonical_protocol(value: str | int | None, ether_type: str) -> str | None:
    if value is None or value == "any":
        return None
    text = str(value).lower()
    number = _protocol_number(text)
    if number is not None:
        text = _PROTOCOL_NAMES.get(number, str(number))
    if text == "icmpv6" or (text == "icmp" and ether_type == "IPv6"):
        return "ipv6-icmp"
    return text


def _canonical_ports(protocol: str | None, low: int | None, high: int | None) -> tuple[int | None, int | None]:
    if (low, high) in ((1, 65535), (None, None)):
        return None, None
    if protocol in _ICMP_PROTOCOLS:
        _judge_icmp(low, high)
    elif protocol in _PORT_PROTOCOLS:
        _judge_ports(low, high)
    else:
        what = "every protocol" if protocol is None else f"protocol {protocol}"
        raise InputError(
            "port_range_min, port_range_max",
            f"a rule for {what} has no ports; set protocol to one of {', '.join(sorted(_PORT_PROTOCOLS))}",
        )
    return low, high


def _judge_icmp(icmp_type: int | None, code: int | None) -> None:
    for option, meaning, value in (("port_range_min", "type", icmp_type), ("port_range_max", "code", code)):
        if value is not None and not 0 <= value <= 255:
            raise InputError(option, f"{value} is not an ICMP {meaning}; use 0 to 255")
    if icmp_type is None:
        raise InputError("port_range_min", f"ICMP code {code} needs the ICMP type it belongs to in port_range_min")


def _judge_ports(low: int | None, high: int | None) -> None:
    for option, value, other in (("port_range_min", low, high), ("port_range_max", high, low)):
        if value is None:
            raise InputError(option, f"a range needs both ends; for the single port {other}, set both to {other}")
        if not 1 <= value <= 65535:
            raise InputError(option, f"{value} is not a port; use 1 to 65535")
    if low is not None and high is not None and low > high:
        raise InputError("port_range_min", f"{low} is greater than port_range_max {high}; swap them")
