# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' attachments become those of the modules: services by the names of their groups, and hosts as entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .._attachments.entries import parse_attachment
from .._common.errors import InputError, Problems, written_as
from .._common.names import attachment_label, host_label
from .._common.nearest import hint
from .._common.options import given, read_mappings, read_options
from .spec import ATTACHMENT, HOST

Options = Mapping[str, Any]

# What an attachment needs to know of a service.
_OF_SERVICE: Final = ("name", "group", "state")
_PREFIX: Final = "instance_groups_"
_ADDED_UP: Final = ("instance_groups_services", "instance_groups_security_groups")
_OF_HOST: Final = {"servers": "instance_groups_server"} | {option.removeprefix(_PREFIX): option for option in HOST}


def attachments_of_services(
    attachments: Any,
    services: Any,
    *,
    prefix: Any,
    hosts: Iterable[Options] = (),
) -> list[dict[str, Any]]:
    """Return ``attachments`` of ``security_group_set``, with the groups of ``services`` among the groups.

    :param services: the known services; without any, the group of a service is its name with the prefix
    :param hosts: the variables of each host of the inventory that may be an instance with groups
    :raises InputError: for all that cannot be right, with the attachment or the host, and the option
    """
    result = []
    with Problems() as problems:
        known, entries = _Known({}, "", ()), []
        with problems.within():
            known = _known(services, read_prefix(prefix))
        with problems.within():
            entries = read_mappings("instance_groups_attachments", given(attachments))
        for position, written in enumerate(entries, start=1):
            with problems.within(attachment_name(position, written)):
                result.append(_attachment(read_options(ATTACHMENT, written), known))
        for host in read_mappings("hosts", hosts):
            name = str(host.get("inventory_hostname"))
            with problems.within(host_label(name)), written_as(_OF_HOST):
                if entry := _attachment_of_host(host, name):
                    result.append({**_attachment(entry, known), "host": name})
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


@dataclass(frozen=True)
class _Known:
    """The services that attachments may name: names of groups by their names, and those that the list deletes."""

    group_names: Mapping[str, str]
    prefix: str
    absent: Sequence[str]


def _known(services: Any, prefix: str) -> _Known:
    # Ansible's own mappings render a value each time it is read, and the other ones are not needed.
    known = [
        {option: given(service.get(option)) for option in _OF_SERVICE}
        for service in read_mappings("service_groups_services", services)
    ]
    return _Known(group_names(known, prefix), prefix, absent(known))


def attachment_name(position: int, written: Options) -> str:
    """Return what errors call an attachment as the user has written it."""
    named = [written.get(option) for option in ("servers", "ports")]
    flat = [name for part in named if part is not None for name in (part if isinstance(part, list) else [part])]
    return attachment_label(position, flat)


def _attachment(entry: Options, known: _Known) -> dict[str, Any]:
    kept = {key: value for key, value in entry.items() if key != "services"}
    if "services" not in entry and "security_groups" not in entry:
        raise InputError("services", "neither services nor security_groups is set; write [] for no groups")
    services, groups = entry.get("services", []), entry.get("security_groups", [])
    with Problems() as problems:
        with problems.within():
            named = groups_of(services, known.group_names, known.prefix, "services")
            kept["security_groups"] = [*groups, *named]
        if entry.get("state") != "absent":
            with problems.within():
                judge_present("services", services, known.absent)
            with problems.within():
                judge_present("security_groups", groups, [known.group_names[name] for name in known.absent])
        with problems.within():
            # Only the module knows the owner of 'owned'.
            parse_attachment({"security_groups": [], **kept}, "", owner="")
    return kept


def _attachment_of_host(host: Options, name: str) -> dict[str, Any] | None:
    """Return the attachment, in the role's words, of a host that lists groups.

    Its other variables are not read: they may be many, slow to render, or impossible to render here. If several
    inventory groups set a variable, Ansible uses one of the values. So each group can add a suffix, as in
    ``instance_groups_services_monitoring``. The lists of all these variables are combined.
    """
    own = {str(name): option for option in _ADDED_UP for name in host if str(name).startswith(f"{option}_")}
    spec = {**HOST, **{name: HOST[option] for name, option in own.items()}}
    written = read_options(spec, {name: given(host.get(name)) for name in sorted(spec)})
    for option in _ADDED_UP:
        lists = [written.pop(name) for name in sorted(written) if name == option or name.startswith(f"{option}_")]
        if lists:
            written[option] = list(dict.fromkeys(name for names in lists for name in names))
    entry = {option.removeprefix(_PREFIX): value for option, value in written.items()}
    if "services" not in entry and "security_groups" not in entry:
        return None
    return {"servers": [entry.pop("server", None) or name], "state": "present", **entry}


def read_prefix(value: Any) -> str:
    """Return the prefix of names of groups, which YAML may have read as a number, or nothing.

    :raises InputError: if it is no text
    """
    name = "service_groups_prefix"
    return str(read_options({name: {"type": "str"}}, {name: given(value)}).get(name, ""))


def group_names(services: Iterable[Options], prefix: str) -> dict[str, str]:
    """Return the names of the groups of services, by the names of the services."""
    return {name_of(service): group_name(service, prefix) for service in services}


def absent(services: Iterable[Options]) -> list[str]:
    """Return the names of the services that the list deletes."""
    return [name_of(service) for service in services if service.get("state") == "absent"]


def groups_of(names: Iterable[str], known: Mapping[str, str], prefix: str, option: str) -> list[str]:
    """Return the names of the groups of some services; without any that are known, these are their own names.

    :param known: names of groups by names of services
    :param option: the option that has the names
    :raises InputError: for every name that is not known
    """
    with Problems() as problems:
        for name in names:
            with problems.within():
                if known and name not in known:
                    raise InputError(option, f"there is no service {name!r} in the list. {hint(name, known)}")
    return [known.get(name, f"{prefix}{name}") for name in names]


def judge_present(option: str, names: Iterable[str], deleted: Iterable[str]) -> None:
    """Make sure that the list keeps what one of its entries names.

    :param option: the option that has the names
    :raises InputError: for a name of what the list deletes
    """
    for name in names:
        if name in deleted:
            raise InputError(option, f"{name!r} has state absent; name another one, or keep it")


def name_of(service: Options) -> str:
    """Return the name of a service, which YAML may have read as a number, or nothing."""
    name = service.get("name")
    return "" if name is None else str(name)


def group_name(service: Options, prefix: str) -> str:
    """Return the name of the group of a service."""
    return str(service.get("group") or f"{prefix}{name_of(service)}")
