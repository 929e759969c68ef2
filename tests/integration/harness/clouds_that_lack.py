# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds whose Neutron lacks extensions: a behaviour of the proxy, which answers as such a Neutron does."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from .proxy import Answer, Call, Forward, neutron_error

_NEUTRON: Final = "/v2.0/"
_EXTENSIONS: Final = f"{_NEUTRON}extensions"
_OBJECT_TYPE: Final = "object_type"


@dataclass(frozen=True)
class Extension:
    """What an extension of Neutron brings.

    ``requests`` matches methods and paths, ``filters`` are names of query parameters that are no attributes,
    ``shared`` is a type of object that RBAC policies can be about.
    """

    requests: str = r"(?!)"
    attributes: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    header: str | None = None
    shared: str | None = None


def _collection(name: str) -> str:
    return rf"[A-Z]+ {_NEUTRON}{name}(/.*)?"


EXTENSIONS: Final = {
    "address-group": Extension(requests=_collection("address-groups")),
    "quota_details": Extension(requests=rf"GET {_NEUTRON}quotas/[^/]+/details(\.json)?"),
    "rbac-security-groups": Extension(shared="security_group"),
    "revision-if-match": Extension(header="if-match"),
    "security-groups-default-rules": Extension(requests=_collection("default-security-group-rules")),
    "security-groups-remote-address-group": Extension(attributes=frozenset({"remote_address_group_id"})),
    "standard-attr-revisions": Extension(attributes=frozenset({"revision_number"})),
    "standard-attr-tag": Extension(
        requests=rf"[A-Z]+ {_NEUTRON}[a-z-]+/[^/]+/tags(/.*)?",
        attributes=frozenset({"tags"}),
        filters=frozenset({"tags-any", "not-tags", "not-tags-any"}),
    ),
    "stateful-security-group": Extension(attributes=frozenset({"stateful"})),
    "tag-creation": Extension(requests=rf"POST {_NEUTRON}[a-z-]+/[^/]+/tags"),
}


class Without:
    """A cloud whose Neutron lacks some of the :data:`EXTENSIONS`, told by their aliases.

    Aliases that one plugin of Neutron brings, such as both about revisions, are lacking together on real clouds.
    """

    def __init__(self, *aliases: str) -> None:
        self._aliases = frozenset(aliases)
        self._lacking = [EXTENSIONS[alias] for alias in aliases]
        self._attributes = frozenset[str]().union(*(extension.attributes for extension in self._lacking))
        self._filters = self._attributes.union(*(extension.filters for extension in self._lacking))

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if not call.path.startswith(_NEUTRON):
            return forward(call)
        return self._refusal(call) or self._without_attributes(call, forward(call))

    def _refusal(self, call: Call) -> Answer | None:
        """Return the answer to a request that only a cloud with the extensions takes."""
        if self._is_unknown(call):
            return neutron_error(404, "HTTPNotFound", "The resource could not be found.")
        for resource in _resources(call):
            if extra := sorted(self._attributes & resource.keys()):
                return neutron_error(400, "HTTPBadRequest", f"Unrecognized attribute(s) '{', '.join(extra)}'")
        if extra := [name for name, _value in _query(call) if name in self._filters]:
            return neutron_error(400, "HTTPBadRequest", f"{extra} is invalid attribute for filtering")
        return self._refused_sharing(call) or self._refused_header(call)

    def _is_unknown(self, call: Call) -> bool:
        asked_for = call.path.removeprefix(f"{_EXTENSIONS}/").removesuffix(".json")
        request = f"{call.method} {call.path}"
        return asked_for in self._aliases or any(re.fullmatch(lack.requests, request) for lack in self._lacking)

    def _refused_sharing(self, call: Call) -> Answer | None:
        if not call.path.startswith(f"{_NEUTRON}rbac-policies"):
            return None
        asked: set[Any] = {value for name, value in _query(call) if name == _OBJECT_TYPE}
        asked |= {resource.get(_OBJECT_TYPE) for resource in _resources(call)}
        for type_ in {extension.shared for extension in self._lacking} & asked - {None}:
            problem = f"Invalid input for operation: '{type_}' is not a valid RBAC object type."
            return neutron_error(400, "InvalidInput", problem)
        return None

    def _refused_header(self, call: Call) -> Answer | None:
        if {extension.header for extension in self._lacking}.isdisjoint(map(str.lower, call.headers)):
            return None
        problem = "This server does not support constraining operations based on revision numbers"
        return neutron_error(400, "BadRequest", f"Bad if-match request: {problem}.")

    def _without_attributes(self, call: Call, answer: Answer) -> Answer:
        body = answer.json()
        if body is None:
            return answer
        if call.path == _EXTENSIONS:
            body["extensions"] = [entry for entry in body["extensions"] if entry["alias"] not in self._aliases]
        return dataclasses.replace(answer, body=json.dumps(_stripped(body, self._attributes)).encode())


def _resources(call: Call) -> Iterator[dict[str, Any]]:
    """Return the resources of a request's body, be it about one or several."""
    for value in (call.json() or {}).values():
        yield from (entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, dict))


def _query(call: Call) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(call.url).query)


def _stripped(value: Any, attributes: frozenset[str]) -> Any:
    """Return a value of JSON without some attributes, however deep they are."""
    if isinstance(value, list):
        return [_stripped(entry, attributes) for entry in value]
    if isinstance(value, dict):
        return {key: _stripped(entry, attributes) for key, entry in value.items() if key not in attributes}
    return value
