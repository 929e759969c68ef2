# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is what the collection sends in the table of its requests? Only what is there is held against old releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.requests import REQUESTS
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.session import Body, Session

# In the links to further pages, which Neutron and Nova write themselves.
_PAGING: Final = frozenset({"limit", "marker", "page_reverse"})
_ADVICE: Final = "add it to plugins/module_utils/_cloud/requests.py, so that it is held against old releases"


def unlisted(service: str, method: str, path: str, arguments: Mapping[str, Any]) -> list[str]:
    """Return what of a request is not in the table.

    :param arguments: ``params``, ``json``, ``headers`` and ``microversion``, as far as the request has them
    """
    asked = f"{method} {path}"
    found = [request for known, request in REQUESTS.items() if re.fullmatch(_pattern(known), asked)]
    if not found or found[0].service != service:
        return [f"{asked} of {service}"]
    params = arguments.get("params", ())
    sent = {
        "filter": ({name for name, _value in params} - _PAGING - {"fields"}, found[0].filters),
        "field": ({value for name, value in params if name == "fields"}, found[0].fields),
        "attribute": (set(_attributes(arguments.get("json") or {})), found[0].body),
        "header": (set(arguments.get("headers", ())), found[0].headers),
        "microversion": (set(filter(None, [arguments.get("microversion")])), {found[0].microversion}),
    }
    return [f"{asked}, {what} {name}" for what, (names, known) in sent.items() for name in sorted(names - known)]


@contextmanager
def only_listed() -> Iterator[None]:
    """Let every request of this process that is not in the table fail."""
    original = Session._send_once

    def send_if_listed(self: Session, service: str, method: str, path: str, arguments: Mapping[str, Any]) -> Body:
        strange = unlisted(service, method, path, arguments)
        assert not strange, f"{', '.join(strange)}: {_ADVICE}"
        return original(self, service, method, path, arguments)

    Session._send_once = send_if_listed  # type: ignore[method-assign]
    try:
        yield
    finally:
        Session._send_once = original  # type: ignore[method-assign]


def _pattern(known: str) -> str:
    return "[^/]+".join(map(re.escape, known.split("{}")))


def _attributes(body: Mapping[str, Any]) -> Iterable[str]:
    """Return the attributes of the resources in a body, be it about one or several; lists of texts have none."""
    for value in body.values():
        for resource in value if isinstance(value, list) else [value]:
            if isinstance(resource, dict):
                yield from resource
