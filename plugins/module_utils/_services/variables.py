# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the roles and playbooks. Misspelt ones are refused, or a plan could delete or allow too much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .._common.errors import InputError, Problems
from .._common.nearest import hint, nearest
from .._common.options import given, read_mappings
from .._common.text import shown, truth

# Those of the argument specs, of the playbooks, and those that tasks set; a unit test finds all of them in the files.
_OF_BOTH: Final = ("api_timeout", "cloud", "connections", "owner", "prefix", "project", "region_name", "result")
_OF_SERVICE_GROUPS: Final = ("catalogue", "default_egress", "delete_first", "detach", "prune", "services")
_OF_INSTANCE_GROUPS: Final = (
    *("attachments", "hosts", "known_services", "missing", "networks", "security_groups", "server", "services"),
    "state",
)
_OF_AUDIT: Final = (
    *("api_timeout", "ask", "backend", "cloud", "csv", "expect", "from", "json", "managed_only", "markdown", "page"),
    *("project", "region_name", "result", "to"),
)
_OF_ADOPT: Final = (
    *("api_timeout", "cloud", "file", "force", "names", "owned", "owner", "prefix", "project", "region_name"),
    *("result", "servers", "tags"),
)
_OF_PLAYBOOKS: Final = (
    *("adopt", "audit", "fail_on_drift", "file_artifact", "page_artifact", "report", "retire", "revision"),
)
_OF_RETIRE: Final = (
    *("api_timeout", "cloud", "names", "owner", "project", "region_name", "result", "services", "undo"),
)
KNOWN: Final = frozenset(
    {
        *(f"adopt_{name}" for name in _OF_ADOPT),
        *(f"audit_{name}" for name in _OF_AUDIT),
        *(f"retire_{name}" for name in _OF_RETIRE),
        *(f"service_groups_{name}" for name in (*_OF_BOTH, *_OF_SERVICE_GROUPS)),
        *(f"instance_groups_{name}" for name in (*_OF_BOTH, *_OF_INSTANCE_GROUPS)),
        *(f"portcullis_{name}" for name in _OF_PLAYBOOKS),
        *(f"quickstart_{name}" for name in ("attachments", "group", "info", "rules", "server")),
    }
)
# What the role audit reads of one host of a play, for all of its hosts.
VARIABLES_OF_AUDIT: Final = (
    *(f"audit_{name}" for name in _OF_AUDIT if name != "result"),
    *(f"service_groups_{name}" for name in ("api_timeout", "catalogue", "cloud", "prefix", "project", "region_name")),
    "service_groups_services",
    "instance_groups_attachments",
)
# The same for the role adopt.
VARIABLES_OF_ADOPT: Final = (
    *(f"adopt_{name}" for name in _OF_ADOPT if name != "result"),
    *(f"service_groups_{name}" for name in ("api_timeout", "cloud", "project", "region_name")),
)
# The same for the role retire.
VARIABLES_OF_RETIRE: Final = (
    *(f"retire_{name}" for name in _OF_RETIRE if name != "result"),
    *(f"service_groups_{name}" for name in ("api_timeout", "cloud", "connections", "owner", "prefix", "project")),
    *("service_groups_region_name", "service_groups_services"),
)
# The same for the other roles.
VARIABLES_OF_PLAY: Final = (
    "instance_groups_api_timeout",
    "instance_groups_attachments",
    "instance_groups_cloud",
    "instance_groups_connections",
    "instance_groups_hosts",
    "instance_groups_known_services",
    "instance_groups_missing",
    "instance_groups_owner",
    "instance_groups_prefix",
    "instance_groups_project",
    "instance_groups_region_name",
    "service_groups_api_timeout",
    "service_groups_catalogue",
    "service_groups_cloud",
    "service_groups_connections",
    "service_groups_default_egress",
    "service_groups_delete_first",
    "service_groups_detach",
    "service_groups_owner",
    "service_groups_prefix",
    "service_groups_project",
    "service_groups_prune",
    "service_groups_region_name",
    "service_groups_services",
)
# Names to which users may add a suffix of their own.
_BEGINNINGS: Final = ("instance_groups_services_", "instance_groups_security_groups_")
_PREFIXES: Final = ("service_groups_", "instance_groups_", "portcullis_")
# Other roles may have variables that begin like this, so only names that resemble one of the role are refused.
_COMMON_PREFIXES: Final = ("adopt_", "audit_", "retire_")
# A variable that the quickstart playbook has, and no other play.
_QUICKSTART: Final = "quickstart_attachments"


def judge_variables(
    names: Iterable[str], hosts: Iterable[Mapping[str, Any]] = (), booleans: Mapping[str, Any] | None = None
) -> None:
    """Refuse variables that begin like those of the roles and that nothing reads, and values that are no boolean.

    Of variables that begin like those of the roles adopt, audit and retire, only misspelt ones are refused.

    :param names: the names of the variables of a task
    :param hosts: the variables of hosts of the inventory, of which only the names are read
    :param booleans: values by the names of their variables
    :raises InputError: for each such name, and each such value
    """
    own = set(names)
    prefixes = (*_PREFIXES, "quickstart_") if _QUICKSTART in own else _PREFIXES
    unknown = sorted([*_unknown(own, prefixes), *_misspelt(own)])
    with Problems() as problems:
        for name in unknown:
            with problems.within():
                _refuse(name, (*prefixes, *_COMMON_PREFIXES))
        for name, places in _unknown_of_hosts(hosts, prefixes, {*unknown}).items():
            more = f" and {len(places) - 1} more" if len(places) > 1 else ""
            with problems.within(f"host {shown(places[0])}{more}"):
                _refuse(name, prefixes)
        for name, value in (booleans or {}).items():
            with problems.within():
                if given(value) is not None:
                    truth(name, value)


def _unknown(names: Iterable[str], prefixes: tuple[str, ...]) -> list[str]:
    return [
        name for name in names if name.startswith(prefixes) and name not in KNOWN and not name.startswith(_BEGINNINGS)
    ]


def _misspelt(names: Iterable[str]) -> list[str]:
    unknown = [name for name in names if name.startswith(_COMMON_PREFIXES) and name not in KNOWN]
    return [name for name in unknown if nearest(name.partition("_")[2], _known_like(name))]


def _known_like(name: str) -> list[str]:
    """Return the variables that begin like a name, without that beginning."""
    start = f"{name.partition('_')[0]}_"
    return [known.removeprefix(start) for known in KNOWN if known.startswith(start)]


def _unknown_of_hosts(
    hosts: Iterable[Mapping[str, Any]], prefixes: tuple[str, ...], reported: set[str]
) -> dict[str, list[str]]:
    """Return the names of hosts that have an unknown variable, by the name of the variable."""
    found: dict[str, list[str]] = {}
    for host in read_mappings("hosts", hosts):
        for name in _unknown(map(str, host), prefixes):
            if name not in reported:
                found.setdefault(name, []).append(str(host.get("inventory_hostname")))
    return found


def _refuse(name: str, prefixes: Iterable[str]) -> None:
    start = next(prefix for prefix in prefixes if name.startswith(prefix))
    raise InputError(shown(name), f"there is no such variable. {hint(name, KNOWN, at_most=1, start=start)}")
