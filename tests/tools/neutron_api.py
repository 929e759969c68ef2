# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print what the API of a release of Neutron has, as JSON: ``<python of the release> tests/tools/neutron_api.py``.

Works with the Neutron that is installed beside the Python that runs it, from Train (Python 3.7) on, without a server or
a database. The attributes of a resource are put together by Neutron's own code, from all extensions that it comes with.
tests/releases has the output for the releases that the collection supports.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pbr.version
from neutron import extensions as neutron_extensions
from neutron.api.api_common import get_filters_from_dict
from neutron.api.extensions import EXTENSION_SUPPORTED_CHECK_MAP, ExtensionManager, PluginAwareExtensionManager
from neutron.db.migration.models import head  # noqa: F401  # pylint: disable=unused-import
from neutron.plugins.common.constants import DEFAULT_SERVICE_PLUGINS
from neutron.plugins.ml2.extensions.port_security import PortSecurityExtensionDriver
from neutron.plugins.ml2.plugin import Ml2Plugin
from neutron_lib.api.attributes import RESOURCES, AttributeInfo, populate_project_info
from neutron_lib.utils.runtime import load_class_by_alias_or_classname
from webob.exc import HTTPBadRequest

# By their names in URLs: the collections of which the collection's code uses more than the path.
COLLECTIONS = (
    "address-groups",
    "default-security-group-rules",
    "floatingips",
    "networks",
    "ports",
    "rbac-policies",
    "routers",
    "security-group-rules",
    "security-groups",
    "subnets",
)
# The service plugins whose collections these are, and which clouds may do without.
ROUTING = ("router", "port_forwarding")
# What may be done with an attribute, and Neutron's words for it.
MAY = {"filter": "is_filter", "post": "allow_post", "put": "allow_put", "read": "is_visible", "sort": "is_sort_key"}

# Of these, a release refuses some as filters, and some in bodies.
TRIED = (
    ("address-groups", "revision_number"),
    ("security-group-rules", "normalized_cidr"),
    ("security-group-rules", "remote_address_group_id"),
    ("security-groups", "shared"),
    ("security-groups", "stateful"),
    ("security-groups", "unknown"),
)


def described() -> dict[str, Any]:
    """Return the versions, the aliases of all extensions, and of each collection the attributes.

    An attribute has the aliases of the extensions that bring it, none for the API's core, and what may be done with it.
    What the release refuses has the status and the words that Neutron's own code answers.
    """
    logging.disable(logging.CRITICAL)
    manager = ExtensionManager(neutron_extensions.__path__[0])
    supported = _supported() & set(manager.extensions)
    # Routing supports what needs QoS too, which is a plugin of its own.
    supported = {one for one in supported if supported.issuperset(manager.extensions[one].get_required_extensions())}
    manager.extensions = {alias: manager.extensions[alias] for alias in sorted(supported)}
    brought: dict[tuple[str, str], list[str]] = {}
    kept: dict[str, Any] = {}
    for alias, extension in manager.extensions.items():
        extended = extension.get_extended_resources("2.0")
        # Some extensions keep a resource of theirs to themselves, out of reach of others.
        own = extension.get_resources.__func__.__globals__.get("RESOURCE_ATTRIBUTE_MAP") or {}
        kept.update({resource: own[resource] for resource in own if resource not in extended})
        for resource, attributes in {**own, **extended}.items():
            for name in attributes:
                brought.setdefault((_key(resource), name), []).append(alias)
    core = {(resource, name) for resource, attributes in RESOURCES.items() for name in attributes}
    composed = dict(RESOURCES)
    manager.extend_resources("2.0", composed)
    composed = {_key(resource): attributes for resource, attributes in {**composed, **kept}.items()}
    PluginAwareExtensionManager._instance = manager
    return {
        "versions": {name: pbr.version.VersionInfo(name).release_string() for name in ("neutron", "neutron-lib")},
        "extensions": list(manager.extensions),
        "collections": {
            collection: {
                name: {
                    "extensions": [] if (resource, name) in core else brought.get((resource, name), []),
                    "may": [word for word, key in MAY.items() if facts.get(key)],
                }
                for name, facts in sorted(populate_project_info(composed[resource]).items())
            }
            for collection, resource in ((collection, _key(collection)) for collection in COLLECTIONS)
            if resource in composed
        },
        "refused": dict(refused(composed)),
    }


def refused(composed: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return, of what is tried, what the release refuses, by the request: attributes as filters and in bodies."""
    for collection, name in TRIED:
        attributes = composed.get(_key(collection))
        if attributes is not None:
            as_filter = partial(get_filters_from_dict, {name: ["true"]}, attributes, (), True)
            in_body = partial(AttributeInfo(attributes).verify_attributes, {name: "true"})
            for request, judge in (
                (f"GET /{collection}?{name}=true", as_filter),
                (f"POST /{collection} {name}", in_body),
            ):
                try:
                    judge()
                except HTTPBadRequest as error:
                    yield request, f"{error.code}: {error}"


def _supported() -> set[str]:
    """Return the aliases of ML2, of the service plugins that Neutron always loads, of routing, and of port security."""
    plugins = (*DEFAULT_SERVICE_PLUGINS, *ROUTING)
    services = [load_class_by_alias_or_classname("neutron.service_plugins", name) for name in plugins]
    found = set(EXTENSION_SUPPORTED_CHECK_MAP) | {PortSecurityExtensionDriver._supported_extension_alias}
    for plugin in [Ml2Plugin, *services]:
        for ancestor in plugin.mro():
            for name in ("supported_extension_aliases", "_supported_extension_aliases"):
                aliases = vars(ancestor).get(name)
                found.update(aliases if isinstance(aliases, list) else ())
    return found


def _key(collection: str) -> str:
    """Return a collection's name in bodies, as extensions call it, but for one of Victoria."""
    return collection.replace("-", "_")


def _one_line(match: Any) -> str:
    return re.sub(r"\s+", " ", match[0])


if __name__ == "__main__":
    # A line for each attribute and alias: a difference between two releases is one between lines.
    attribute = r'\{\s+"extensions": \[[^]]*\],\s+"may": \[[^]]*\]\s+\}'
    print(re.sub(attribute, _one_line, json.dumps(described(), indent=1)))
