# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request that the collection sends: one table, and the extensions of Neutron that each part of it needs.

Tests hold it against what is really sent, and against the API of old releases. See CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

REMOTE_ADDRESS_GROUP: Final = "security-groups-remote-address-group"
_ADDRESS_GROUPS: Final = "address-group"
_DEFAULT_RULES: Final = "security-groups-default-rules"
_POLICIES: Final = "rbac-policies"
_ROUTERS: Final = "router"
_TAGS: Final = "standard-attr-tag"

# The extensions that bring what not every Neutron has: attributes, other names in queries, headers.
NEEDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "If-Match": "revision-if-match",
        "remote_address_group_id": REMOTE_ADDRESS_GROUP,
        "revision_number": "standard-attr-revisions",
        "stateful": "stateful-security-group",
        **dict.fromkeys(("tags", "tags-any", "not-tags", "not-tags-any"), _TAGS),
    }
)


@dataclass(frozen=True)
class Request:
    """What one kind of request says: in its query, its body, and in headers that others do not have.

    ``microversion`` is the version of Nova's API that it asks for.

    It may need an ``extension`` of Neutron as a whole, and parts of it may need others: :data:`NEEDS`. Fields need
    none, as a Neutron that does not know them ignores them.
    """

    service: str = "network"
    extension: str | None = None
    filters: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    body: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    microversion: str | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The first version of Nova's API that shows the tags of servers.
SERVER_TAGS_MICROVERSION: Final = "2.26"
_SERVERS: Final = Request(
    service="compute", filters=_words("name all_tenants project_id"), microversion=SERVER_TAGS_MICROVERSION
)

_OWN: Final = _words("id project_id tenant_id name description created_at updated_at revision_number")
_RULE: Final = _words(
    "direction ethertype protocol port_range_min port_range_max remote_ip_prefix remote_group_id "
    "remote_address_group_id description"
)
_USES: Final = _words("used_in_default_sg used_in_non_default_sg")

# What results of modules have of Neutron's answers, by the lists that these come from.
RESULTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "/security-groups": _OWN | _words("security_group_rules shared stateful tags"),
        "/security-group-rules": (_OWN - {"name"})
        | _RULE
        | _words("security_group_id belongs_to_default_sg normalized_cidr tags"),
        "/address-groups": _OWN | {"addresses"},
        "/default-security-group-rules": _RULE | _USES | {"id"},
    }
)

# What answers must show. Of a rule, the least of it missing would make it another, wider one.
_REQUIRED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "/security-groups": _words("id name security_group_rules"),
        "/security-group-rules": _words(
            "id direction ethertype protocol port_range_min port_range_max remote_ip_prefix remote_group_id"
        ),
    }
)

# By method and path, in which {} stands for an id, a name, or a tag.
REQUESTS: Final[Mapping[str, Request]] = MappingProxyType(
    {
        "GET /extensions": Request(),
        "GET /quotas/{}/details.json": Request(extension="quota_details"),
        "GET /networks": Request(filters=_words("id name"), fields=_words("id name router:external")),
        "GET /subnets": Request(fields=_words("network_id cidr")),
        "GET /routers": Request(
            extension=_ROUTERS, filters=_words("project_id"), fields=_words("id external_gateway_info")
        ),
        "GET /floatingips": Request(
            extension=_ROUTERS,
            filters=_words("project_id"),
            fields=_words("port_id port_forwardings floating_ip_address fixed_ip_address"),
        ),
        "GET /ports": Request(
            filters=_words("id name project_id device_id security_groups"),
            fields=_words(
                "id name project_id device_id device_owner network_id fixed_ips security_groups port_security_enabled "
                "revision_number allowed_address_pairs binding:vnic_type"
            ),
        ),
        "GET /ports/{}": Request(),
        "PUT /ports/{}": Request(body=_words("security_groups"), headers=_words("If-Match")),
        "GET /security-groups": Request(
            filters=_words("id name project_id description revision_number tags tags-any not-tags not-tags-any"),
            fields=_words("id name project_id shared stateful tags"),
        ),
        "POST /security-groups": Request(body=_words("name description stateful project_id")),
        "PUT /security-groups/{}": Request(body=_words("name description stateful")),
        "DELETE /security-groups/{}": Request(headers=_words("If-Match")),
        "PUT /security-groups/{}/tags": Request(extension=_TAGS),
        "PUT /security-groups/{}/tags/{}": Request(extension=_TAGS),
        "DELETE /security-groups/{}/tags/{}": Request(extension=_TAGS),
        "GET /security-group-rules": Request(
            filters=_words(
                "id project_id security_group_id direction ethertype description remote_group_id "
                "remote_address_group_id revision_number"
            ),
            fields=_words("id security_group_id remote_group_id remote_address_group_id"),
        ),
        "POST /security-group-rules": Request(body=_RULE | _words("security_group_id project_id")),
        "DELETE /security-group-rules/{}": Request(),
        "GET /address-groups": Request(
            extension=_ADDRESS_GROUPS, filters=_words("id name project_id"), fields=_words("id name shared")
        ),
        "POST /address-groups": Request(
            extension=_ADDRESS_GROUPS, body=_words("name description addresses project_id")
        ),
        "PUT /address-groups/{}": Request(extension=_ADDRESS_GROUPS, body=_words("name description")),
        "PUT /address-groups/{}/add_addresses": Request(extension=_ADDRESS_GROUPS),
        "PUT /address-groups/{}/remove_addresses": Request(extension=_ADDRESS_GROUPS),
        "DELETE /address-groups/{}": Request(extension=_ADDRESS_GROUPS),
        "GET /default-security-group-rules": Request(extension=_DEFAULT_RULES),
        "POST /default-security-group-rules": Request(
            extension=_DEFAULT_RULES,
            body=_RULE | _USES,
        ),
        "DELETE /default-security-group-rules/{}": Request(extension=_DEFAULT_RULES),
        "GET /rbac-policies": Request(
            extension=_POLICIES, filters=_words("object_type object_id"), fields=_words("object_id")
        ),
        "POST /rbac-policies": Request(extension=_POLICIES, body=_words("object_type object_id target_tenant action")),
        "DELETE /rbac-policies/{}": Request(extension=_POLICIES),
        "GET /servers": _SERVERS,
        "GET /servers/detail": _SERVERS,
        "GET /projects": Request(service="identity", filters=_words("name")),
        "GET /projects/{}": Request(service="identity"),
    }
)


def not_shown(path: str, things: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return what answers of Neutron do not show, without which nothing can be decided; policies may hide it.

    :param path: that of the list that has the answers
    """
    required = _REQUIRED.get(path, frozenset())
    missing = set[str]()
    for thing in things:
        missing |= required - thing.keys()
        missing |= not_shown("/security-group-rules", thing.get("security_group_rules") or ())
    return missing


def complete(path: str, things: Iterable[dict[str, Any]]) -> None:
    """Add to answers of Neutron what the cloud's release lacks, as None, so that results have the same keys everywhere.

    :param path: that of the list that has the answers
    """
    attributes = RESULTS.get(path, frozenset())
    for thing in things:
        if lacking := attributes - thing.keys():
            thing.update(dict.fromkeys(lacking))
        if rules := thing.get("security_group_rules"):
            complete("/security-group-rules", rules)
