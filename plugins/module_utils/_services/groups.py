# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services become groups: the options of ``security_group_set``, a group for each service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .._common.errors import InputError, Problems, written_as
from .._common.options import given, read_mappings, read_options
from .._common.text import shown, truth
from .._common.time_limits import parse_until
from .._groups.desired import desired_group
from .._rules.catalogue import SERVICES
from .._rules.doubts import doubts
from .._rules.expand import Catalogue, expand, merge_catalogues
from .services import Options, absent, group_name, group_names, groups_of, judge_present, name_of, read_prefix
from .spec import ALLOW, SERVICE

_TRAFFIC: Final = ("service", "ports", "protocol", "traffic")
_REMOTES: Final = ("remote_ips", "remote_services", "remote_groups", "remote_address_groups")
_KEPT: Final = ("description", "stateful", "tags", "shared_with", "state", "purge_rules")
# What stands for the traffic of a service that only the module knows.
_ANY_PORTS: Final = ("tcp",)
_SAME: Final = ("direction", "description", *_TRAFFIC, "remote_groups", "remote_address_groups")


@dataclass(frozen=True)
class _Context:
    """What all services of a list have in common. Without a catalogue that can be read, rules are not judged.

    With ``more_services``, the module's catalogue may have services that this one has not.
    """

    prefix: str
    group_names: Mapping[str, str]
    absent: Sequence[str]
    default_egress: bool
    catalogue: Catalogue | None
    more_services: bool
    warn: Callable[[str], object]


def groups_of_services(
    services: Any,
    *,
    prefix: Any,
    default_egress: Any,
    catalogue: Any = None,
    warn: Callable[[str], object] = lambda _text: None,
) -> list[dict[str, Any]]:
    """Return the ``groups`` of ``security_group_set`` for a list of services.

    :param prefix: comes before the name of every group, except those that a service names itself
    :param default_egress: give services without a rule for egress the two rules to anywhere; a service may differ
    :param catalogue: services that ``allow`` may name, in addition to the built-in ones; without it, only the module
        can tell unknown ones, as module_defaults may have some
    :param warn: gets a line for what is possible and probably not meant
    :raises InputError: for all that cannot be right, with the service, the entry of ``allow``, and the option
    """
    services = given(services)
    if services is None:
        raise InputError(
            "service_groups_services",
            "the list is not set; pass its file with an @, as in -e @services.yml, or set it to [] for no services",
        )
    groups = []
    names: set[str] = set()
    known: list[Options] = []
    with Problems() as problems:
        with problems.within():
            known = read_mappings("service_groups_services", services)
        context = _context(known, prefix, given(default_egress), given(catalogue), warn, problems)
        for position, service in enumerate(known, start=1):
            name = name_of(service)
            with problems.within(f"service {shown(name) or f'number {position}'}"):
                if name and name in names:
                    raise InputError("name", "the list has it already; describe every service once")
                names.add(name)
                groups.append(_group(service, context))
    return groups


def _context(
    services: list[Options],
    prefix: Any,
    default_egress: Any,
    catalogue: Any,
    warn: Callable[[str], object],
    problems: Problems,
) -> _Context:
    start, egress, merged = "", True, None
    with problems.within():
        start = read_prefix(prefix)
    with problems.within():
        if default_egress is not None:
            egress = truth("service_groups_default_egress", default_egress)
    with problems.within(), written_as({"catalogue": "service_groups_catalogue"}):
        own = read_options({"catalogue": {"type": "dict"}}, {"catalogue": catalogue})
        merged = merge_catalogues(SERVICES, own.get("catalogue", {}))
    return _Context(start, group_names(services, start), absent(services), egress, merged, catalogue is None, warn)


def _group(written: Options, context: _Context) -> dict[str, Any]:
    if written.get("state") == "absent":
        # Services that are deleted together may name each other.
        context = replace(context, absent=())
    with Problems() as problems:
        with problems.within():
            service = _service(written, context.prefix)
        with problems.within():
            rules = _rules(written.get("allow"), context, name_of(written))
    egress = service.get("default_egress", context.default_egress)
    if egress and not any(rule.get("direction") == "egress" for rule in rules):
        rules.append({"direction": "egress", "ether_type": "any"})
    kept: dict[str, Any] = {key: service[key] for key in _KEPT if key in service}
    return {**kept, "name": group_name(service, context.prefix), "service": service["name"], "rules": rules}


def _service(written: Options, prefix: str) -> dict[str, Any]:
    """Return what a service says of its group."""
    service = read_options(SERVICE, written)
    if not service.get("name"):
        raise InputError("name", "it is missing; give every service a name")
    with written_as({"name": "group"} if service.get("group") else {}):
        desired_group({**service, "name": group_name(service, prefix)}, {})
    return service


def _rules(entries: Any, context: _Context, service: str) -> list[dict[str, Any]]:
    rules = []
    with Problems() as problems:
        for position, entry in enumerate(read_mappings("allow", entries), start=1):
            with problems.within(f"allow {position}"):
                rules.append(_rule(entry, context))
                for doubt in doubts(entry):
                    context.warn(f"service {shown(service)}, allow {position}, {doubt}")
    return rules


def _rule(written: Options, context: _Context) -> dict[str, Any]:
    entry = read_options(ALLOW, written)
    rule = {"ether_type": entry.get("ether_type", "any")} | {
        key: entry[key] for key in (*_SAME, "until") if key in entry
    }
    if "remote_ips" in entry:
        rule["remote_ip_prefixes"] = entry["remote_ips"]
    if "ports" in entry and "protocol" not in entry:
        rule["protocol"] = "tcp"
    with Problems() as problems:
        with problems.within():
            _judge_complete(entry)
        with problems.within():
            parse_until(entry.get("until"))
        with problems.within():
            judge_present("remote_services", entry.get("remote_services", ()), context.absent)
        with problems.within():
            if "remote_services" in entry:
                named = groups_of(entry["remote_services"], context.group_names, context.prefix, "remote_services")
                rule["remote_groups"] = [*entry.get("remote_groups", ()), *named]
        with problems.within(), written_as({"remote_ip_prefixes": "remote_ips"}):
            if context.catalogue is not None:
                expand(rule, _catalogue_for(rule.get("service"), context.catalogue, context.more_services))
    return rule


def _catalogue_for(service: str | None, catalogue: Catalogue, more_services: bool) -> Catalogue:
    if service is None or service in catalogue or not more_services:
        return catalogue
    return {service: _ANY_PORTS}


def _judge_complete(entry: Options) -> None:
    """Refuse an entry without traffic or without a remote. Neutron would allow all traffic, or all remotes."""
    with Problems() as problems:
        with problems.within():
            if not any(option in entry for option in _TRAFFIC):
                raise InputError(
                    "service", "it allows no traffic; set service, ports, protocol or traffic. Protocol can be any"
                )
        with problems.within():
            if not any(option in entry for option in _REMOTES):
                raise InputError(
                    "remote_ips", f"it has no remote; give one of {', '.join(_REMOTES)}, or remote_ips: [anywhere]"
                )
