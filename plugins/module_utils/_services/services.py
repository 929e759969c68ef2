# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' words become the modules' options: one group per service, and attachments of services to instances."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from .._common.errors import InputError, Problems
from .._common.names import attachment_label
from .._common.text import shown, truth

Options = Mapping[str, Any]

_REMOTES: Final = ("remote_ips", "remote_services", "remote_groups", "remote_address_groups")
_KEPT: Final = ("description", "stateful", "tags", "state")
_SERVICE: Final = frozenset({"name", "group", "allow", "default_egress", *_KEPT})
# The options of an attachment that every group of the inventory may add to.
_ADDED_UP: Final = ("services", "security_groups")
_ALLOWED: Final = frozenset({"service", "ports", "protocol", "direction", "description", *_REMOTES})


def groups_of_services(
    services: Sequence[Options] | None, *, prefix: str | None, default_egress: Any
) -> list[dict[str, Any]]:
    """Return the ``groups`` of ``security_group_set`` for a list of services.

    :param prefix: comes before the name of every group, except those that a service names itself
    :param default_egress: give services without a rule for egress the two rules to anywhere; a service may differ
    :raises InputError: for an entry that says too little or what nobody knows, or names a service that is not in the
        list
    """
    if services is None:
        raise InputError(
            "service_groups_services",
            "there is no list; give a file that has it with an @, as in -e @services.yml, or write [] for no services",
        )
    if isinstance(services, Mapping):
        raise InputError("service_groups_services", "it is a mapping; write a list, and in each entry a name")
    groups = []
    names: set[str] = set()
    known = _read_once(_mappings("services", services))
    group_names = _group_names(known, prefix or "")
    with Problems() as problems:
        for position, service in enumerate(known, start=1):
            name = _name(service)
            with problems.within(f"service {shown(name) or f'number {position}'}"):
                if name and name in names:
                    raise InputError("name", "the list has it already; describe every service once")
                names.add(name)
                groups.append(_group(service, group_names, prefix or "", default_egress))
    return groups


def attachments_of_services(
    attachments: Iterable[Options],
    services: Sequence[Options],
    *,
    prefix: str | None,
    hosts: Iterable[Options] = (),
) -> list[dict[str, Any]]:
    """Return ``attachments`` of ``security_group_set``, with the groups of ``services`` among the groups.

    :param services: the known services; without any, the group of a service is its name with the prefix
    :param hosts: the variables of each host of the inventory that may be an instance with groups
    :raises InputError: for a service that is not known
    """
    result = []
    known = _mappings("services", services)
    group_names = _group_names(known, prefix or "")
    absent = [service for service in known if service.get("state") == "absent"]
    deleted = {"services": {_name(service) for service in absent}}
    deleted["security_groups"] = {_group_name(service, prefix or "") for service in absent}
    entries = [*_mappings("attachments", attachments), *_attachments_of_hosts(hosts)]
    with Problems() as problems:
        for position, entry in enumerate(entries, start=1):
            ports = [*_listed(entry.get("servers")), *_listed(entry.get("ports"))]
            with problems.within(attachment_label(position, ports)):
                result.append(_attachment(entry, group_names, prefix or "", deleted))
    return result


def judge_read(hosts: Iterable[Options]) -> None:
    """Make sure that ``-e`` had no file without ``@``, which Ansible takes for a variable without a value.

    :param hosts: the variables of each host
    :raises InputError: for such a file
    """
    for host in hosts:
        if text := host.get("_raw_params"):
            raise InputError("-e", f"{text!r} was not read; to read variables from a file, write -e @{text}")


def judge_same(hosts: Sequence[Options], names: Iterable[str]) -> None:
    """Make sure that hosts have the same values of variables, of which a task that runs once reads one host's.

    :param hosts: the variables of each host
    :raises InputError: for variables in which hosts differ
    """
    with Problems() as problems:
        for name in names:
            with problems.within():
                if any(host.get(name) != hosts[0].get(name) for host in hosts[1:]):
                    raise InputError(
                        name,
                        "hosts of the play have different values, but the role runs once for all of them; give the "
                        "play serial: 1",
                    )


def _attachment(
    entry: Options, group_names: Mapping[str, str], prefix: str, deleted: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    if entry.get("services") is None and entry.get("security_groups") is None:
        raise InputError("services", "neither services nor security_groups are given; an empty list means none")
    groups = _groups_of(entry.get("services"), group_names, prefix, option="services")
    if entry.get("state") != "absent":
        for option, names in deleted.items():
            _judge_present(option, _listed(entry.get(option)), names)
    kept = {key: value for key, value in entry.items() if key != "services"}
    return {**kept, "security_groups": [*_listed(entry.get("security_groups")), *groups]}


def _attachments_of_hosts(hosts: Iterable[Options]) -> list[dict[str, Any]]:
    """Return an attachment, in the role's words, for every host that lists groups."""
    return [
        {
            "servers": [host.get("instance_groups_server") or host.get("inventory_hostname")],
            "networks": _listed_if_given(host.get("instance_groups_networks")),
            **groups,
            "state": host.get("instance_groups_state") or "present",
        }
        for host in _mappings("hosts", hosts)
        if (groups := {name: found for name in _ADDED_UP if (found := _added_up(host, name)) is not None})
    ]


def _added_up(host: Options, option: str) -> list[Any] | None:
    """Return what all variables of a host list for an option, or None without any.

    Of a variable that several groups of the inventory set, Ansible keeps the value of one group. So each group may use
    a variable of its own, such as ``instance_groups_services_monitoring``.
    """
    name = f"instance_groups_{option}"
    given = [host[key] for key in sorted(host) if key == name or key.startswith(f"{name}_")]
    if all(value is None for value in given):
        return None
    return list(dict.fromkeys(entry for value in given for entry in _listed(value)))


def _group(service: Options, group_names: Mapping[str, str], prefix: str, default_egress: bool) -> dict[str, Any]:
    if not _name(service):
        raise InputError("name", "it is missing; give every service a name")
    _judge_known(service, _SERVICE)
    group = {key: service[key] for key in _KEPT if service.get(key) is not None}
    group["name"] = _group_name(service, prefix)
    rules = []
    with Problems() as problems:
        for position, entry in enumerate(_read_once(_mappings("allow", service.get("allow"))), start=1):
            with problems.within(f"allow {position}"):
                rules.append(_rule(entry, group_names, prefix))
    own = service.get("default_egress")
    if truth("default_egress", default_egress if own is None else own) and not any(
        rule.get("direction") == "egress" for rule in rules
    ):
        rules.append({"direction": "egress", "ether_type": "any"})
    return {**group, "rules": rules}


def _rule(entry: Options, group_names: Mapping[str, str], prefix: str) -> dict[str, Any]:
    _judge_known(entry, _ALLOWED)
    if all(entry.get(option) is None for option in ("service", "ports", "protocol")):
        raise InputError("service", "it allows nothing; give a service, ports, or a protocol, which may be any")
    if all(entry.get(option) is None for option in _REMOTES):
        raise InputError(
            "remote_ips", f"it allows nobody; give one of {', '.join(_REMOTES)}, or remote_ips: [anywhere]"
        )
    rule = {
        "direction": entry.get("direction"),
        "ether_type": "any",
        "description": entry.get("description"),
        "service": entry.get("service"),
        "protocol": entry.get("protocol"),
        "ports": _listed_if_given(entry.get("ports")),
        "remote_ip_prefixes": _listed_if_given(entry.get("remote_ips")),
        "remote_groups": _listed_if_given(entry.get("remote_groups")),
        "remote_address_groups": _listed_if_given(entry.get("remote_address_groups")),
    }
    if entry.get("ports") is not None and entry.get("protocol") is None:
        rule["protocol"] = "tcp"
    if entry.get("remote_services") is not None:
        groups = _groups_of(entry["remote_services"], group_names, prefix, option="remote_services")
        rule["remote_groups"] = [*_listed(entry.get("remote_groups")), *groups]
    return {option: value for option, value in rule.items() if value is not None}


def _group_names(services: Iterable[Options], prefix: str) -> dict[str, str]:
    """Return the names of the groups of services, by the names of the services."""
    return {_name(service): _group_name(service, prefix) for service in services}


def _groups_of(names: Any, group_names: Mapping[str, str], prefix: str, *, option: str) -> list[str]:
    """Return the names of the groups of some services; without any that are known, these are their own names."""
    wanted = [str(name) for name in _listed(names)]
    for name in wanted:
        if group_names and name not in group_names:
            listed = ", ".join(map(shown, group_names))
            raise InputError(option, f"there is no service {name!r} in the list; it has {listed}")
    return [group_names.get(name, f"{prefix}{name}") for name in wanted]


def _judge_known(entry: Options, options: Collection[str]) -> None:
    """Refuse unknown options: silently left out, one could be what was meant to limit a rule."""
    for option in entry:
        if option not in options:
            raise InputError(shown(str(option)), f"there is no such option; there are {', '.join(sorted(options))}")


def _judge_present(option: str, names: Iterable[Any], deleted: Collection[str]) -> None:
    """Refuse to attach services and groups that the list deletes."""
    for name in map(str, names):
        if name in deleted:
            raise InputError(option, f"{name!r} has state absent; attach another one, or keep it")


def _name(service: Options) -> str:
    """Return the name of a service, which YAML may have read as a number, or nothing."""
    name = service.get("name")
    return "" if name is None else str(name)


def _group_name(service: Options, prefix: str) -> str:
    return str(service.get("group") or f"{prefix}{_name(service)}")


def _mappings(option: str, value: Any) -> list[Options]:
    """Return the entries of a list.

    :raises InputError: if one is no mapping, such as a text that Ansible's own judging of a role's arguments lets pass
    """
    entries = _listed(value)
    for position, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping):
            raise InputError(option, f"entry {position} is {entry!r}; write a mapping")
    return entries


def _read_once(entries: Iterable[Options]) -> list[Options]:
    """Return entries all of whose values are needed: Ansible's own mappings render a value each time it is read."""
    return [dict(entry.items()) for entry in entries]


def _listed_if_given(value: Any) -> list[Any] | None:
    """Return the same where there is a value: an empty list is no less than one, and modules refuse it.

    A list is handed on as it is: Ansible would render the values of its own lists here, and once more in the result.
    """
    return value if value is None or isinstance(value, list) else _listed(value)


def _listed(value: Any) -> list[Any]:
    """Return a list for a list, a single value, or nothing, as Ansible's own lists take them."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
