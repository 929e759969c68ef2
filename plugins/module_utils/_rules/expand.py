# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dense rule options and catalogue names become rules: the product of remotes, ports and families."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from .._common.errors import InputError, Problems, written_as
from .._common.nearest import hint
from .._common.text import judge_text, shown
from .rule import ANYWHERE, ETHER_TYPES, Rule, make_rule, parse_prefix, parse_protocol, takes_ports

Catalogue = Mapping[str, Sequence[str]]

_PORTS: Final = re.compile(r"([0-9]{1,9})(?:[:-]([0-9]{1,9}))?")
_SINGLE_REMOTES: Final = ("remote_ip_prefix", "remote_group", "remote_address_group")
_MANY_REMOTES: Final = {
    "remote_ip_prefixes": "remote_ip_prefix",
    "remote_groups": "remote_group",
    "remote_address_groups": "remote_address_group",
}


class _Traffic(NamedTuple):
    """A protocol with its ports, and the families in which it exists."""

    protocol: str | None
    low: int | None
    high: int | None
    families: tuple[str, ...]


class _Remote(NamedTuple):
    """The option of a remote, its value, both None without a remote, and the option that the user wrote."""

    option: str | None
    value: str | None
    written: str = ""


def expand(options: Mapping[str, Any], catalogue: Catalogue) -> tuple[Rule, ...]:
    """Return the rules that one entry of a rule list stands for.

    :param options: the rule options of the modules; missing and None are the same
    :param catalogue: service names and their traffic, see :mod:`._catalogue`
    :raises InputError: for all options that cannot be right, naming the option
    """
    with Problems() as problems:
        with problems.within():
            traffic = _traffic(options, catalogue)
        with problems.within():
            remotes = _remotes(options)
            _judge_remotes(remotes)
    rules: list[Rule] = []
    with Problems() as problems:
        for remote in remotes:
            with problems.within():
                rules += _rules_with(remote, options, traffic)
    return tuple(rules)


def merge_catalogues(builtin: Catalogue, own: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the built-in catalogue with the user's services, which win over built-in ones of the same name.

    :raises InputError: for an entry that is not in the catalogue's format
    """
    for name, entries in own.items():
        if not isinstance(entries, list) or not entries:
            raise InputError("catalogue", f"service {shown(name)} needs a list such as ['tcp/8080', 'udp/6000:6010']")
        for entry in entries:
            _catalogue_traffic(name, str(entry))
    return {**builtin, **{name: [str(entry) for entry in entries] for name, entries in own.items()}}


def parse_ports(value: str | int) -> tuple[int, int]:
    """Return both ends of ``22``, ``22:22``, ``100:200`` or ``100-200``; -1, any port, gives the whole range.

    :raises InputError: if it is none of these
    """
    text = str(value).strip()
    if text == "-1":
        return 1, 65535
    match = _PORTS.fullmatch(text)
    if match is None:
        raise InputError("ports", f"{text!r} is not a port or a range; write 22 or 100:200")
    low = int(match[1])
    high = int(match[2] or match[1])
    if not 1 <= low <= high <= 65535:
        raise InputError("ports", f"{text} is not a range of ports; use 1 to 65535, the lower end first")
    return low, high


def _rules_with(remote: _Remote, options: Mapping[str, Any], traffic: Sequence[_Traffic]) -> list[Rule]:
    """Return the rules for one remote."""
    with written_as({remote.option or "": remote.written}):
        rules = [
            make_rule(
                direction=options.get("direction") or "ingress",
                ether_type=family,
                protocol=part.protocol,
                port_range_min=part.low,
                port_range_max=part.high,
                description=options.get("description"),
                **_remote_arguments(remote, family),
            )
            for part, family in _traffic_with(remote, options, traffic)
        ]
    return [dataclasses.replace(rule, remote_option=remote.written or None) for rule in rules]


def _judge_remotes(remotes: Sequence[_Remote]) -> None:
    """Judge the values of remotes, of which only addresses can be wrong by themselves."""
    with Problems() as problems:
        for remote in remotes:
            with problems.within(), written_as({remote.option or "": remote.written}):
                judge_text(remote.written, remote.value)
                if remote.option == "remote_ip_prefix" and remote.value is not None and not _is_anywhere(remote):
                    parse_prefix(remote.value)


def _remote_arguments(remote: _Remote, family: str) -> dict[str, str]:
    if remote.option is None or remote.value is None:
        return {}
    return {remote.option: ANYWHERE[family] if _is_anywhere(remote) else remote.value}


def _is_anywhere(remote: _Remote) -> bool:
    return remote.option == "remote_ip_prefix" and remote.value == "anywhere"


def _remotes(options: Mapping[str, Any]) -> list[_Remote]:
    single = [option for option in _SINGLE_REMOTES if options.get(option) is not None]
    many = [option for option in _MANY_REMOTES if options.get(option) is not None]
    if len(single) > 1 or (single and many):
        raise InputError(", ".join(single + many), "a rule has one remote; for several use the options with lists")
    if single:
        return [_Remote(single[0], options[single[0]], single[0])]
    if many:
        return [_Remote(_MANY_REMOTES[option], value, option) for option in many for value in options[option]]
    return [_Remote(None, None)]


def _traffic_with(
    remote: _Remote, options: Mapping[str, Any], traffic: Sequence[_Traffic]
) -> list[tuple[_Traffic, str]]:
    asked = options.get("ether_type")
    pairs = [(part, family) for part in traffic for family in _families(remote, asked, part)]
    if traffic and not pairs:
        option = next(name for name in ("service", "traffic", "protocol") if options.get(name))
        what = ", ".join(map(str, options[option])) if option == "traffic" else str(options[option])
        only = traffic[0].families[0]
        where = asked if asked in ETHER_TYPES else remote.value
        raise InputError(option, f"{shown(what)} exists in {only} only, not for {where}; change one of the two")
    return pairs


def _families(remote: _Remote, asked: str | None, part: _Traffic) -> tuple[str, ...]:
    """Return the families of a rule: those asked for, or of the address, that the traffic can have.

    Types of ICMP do not apply to IPv6. A rule for both families that has a type is therefore a rule for IPv4 only.
    """
    possible = part.families
    if asked not in (None, "any"):
        wanted: tuple[str, ...] = (asked,)
    elif remote.option == "remote_ip_prefix" and remote.value is not None and not _is_anywhere(remote):
        wanted = (f"IPv{parse_prefix(remote.value).version}",)
    elif asked == "any" or _is_anywhere(remote):
        has_type = part.low is not None and parse_protocol(part.protocol, possible[0]) == "icmp"
        wanted = ("IPv4",) if has_type else ETHER_TYPES
    else:
        wanted = possible[:1]
    return tuple(family for family in wanted if family in possible)


def _traffic(options: Mapping[str, Any], catalogue: Catalogue) -> list[_Traffic]:
    if options.get("service") is not None:
        _judge_alone(options, "service", shown(options["service"]))
        return _service_traffic(options["service"], catalogue)
    if options.get("traffic") is not None:
        _judge_alone(options, "traffic", "it")
        return _listed_traffic(options["traffic"])
    protocol = options.get("protocol")
    ends = (_end(options, "port_range_min"), _end(options, "port_range_max"))
    ports = options.get("ports")
    if ports is None:
        return [_Traffic(protocol, *ends, _families_of(protocol))]
    if ends != (None, None):
        raise InputError("ports", "cannot be combined with port_range_min and port_range_max; use one of the two forms")
    families = _families_of(protocol)
    if not takes_ports(parse_protocol(protocol, families[0])):
        what = f"protocol {shown(str(protocol))} has no ports" if protocol else "ports need a protocol"
        raise InputError("ports", f"{what}; set protocol to tcp, udp or another protocol with ports")
    traffic = []
    with Problems() as problems:
        for text in ports:
            with problems.within():
                traffic.append(_Traffic(protocol, *parse_ports(text), families))
    return traffic


def _end(options: Mapping[str, Any], option: str) -> int | None:
    """Return an end of a range of ports; -1 means any, as if it were not given."""
    end = options.get(option)
    return None if end in (None, -1) else int(end)


def _families_of(protocol: str | int | None) -> tuple[str, ...]:
    """Return the ether types a protocol exists in."""
    try:
        parse_protocol(protocol, "IPv4")
    except InputError:
        parse_protocol(protocol, "IPv6")
        return ("IPv6",)
    return ETHER_TYPES


def _judge_alone(options: Mapping[str, Any], option: str, what: str) -> None:
    """Refuse other options for traffic beside one that contains protocol and ports."""
    others = [name for name in ("traffic", "protocol", "ports") if name != option and options.get(name) is not None]
    others += [name for name in ("port_range_min", "port_range_max") if _end(options, name) is not None]
    if others:
        raise InputError(option, f"{what} already sets protocol and ports; remove {', '.join(others)}")


def _service_traffic(name: str, catalogue: Catalogue) -> list[_Traffic]:
    if name not in catalogue:
        raise InputError(
            "service",
            f"{name!r} is not in the catalogue; add it there, or give protocol and ports. {hint(name, catalogue)}",
        )
    return [_catalogue_traffic(name, entry) for entry in catalogue[name]]


def _listed_traffic(entries: Sequence[str]) -> list[_Traffic]:
    traffic = []
    with Problems() as problems:
        for entry in entries:
            with problems.within():
                traffic.append(_parse_traffic(entry))
    return traffic


def _catalogue_traffic(service: str, entry: str) -> _Traffic:
    try:
        return _parse_traffic(entry)
    except InputError as error:
        raise InputError("catalogue", f"service {shown(service)}: {error.problem}") from None


def _parse_traffic(entry: str) -> _Traffic:
    """Return the traffic of ``tcp/443``, ``udp/6000:6010``, ``esp``, ``icmp/8`` or ``icmp/8:0``."""
    protocol, slash, numbers = entry.partition("/")
    try:
        families = _families_of(protocol)
        name = parse_protocol(protocol, families[0])
        if name == "icmp":
            families = ("IPv4",)
        if not slash:
            ends: tuple[int | None, int | None] = (None, None)
        elif takes_ports(name):
            ends = parse_ports(numbers)
        else:
            icmp_type, _colon, code = numbers.partition(":")
            ends = (int(icmp_type), int(code) if code else None)
        make_rule(ether_type=families[0], protocol=name, port_range_min=ends[0], port_range_max=ends[1])
    except ValueError:
        raise InputError("traffic", f"{entry!r} is not like tcp/443, esp or icmp/8:0") from None
    except InputError as error:
        raise InputError("traffic", f"{entry!r}: {error.problem}") from None
    return _Traffic(name, *ends, families)
