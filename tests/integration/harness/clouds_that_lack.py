# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds whose Neutron can do less: behaviours of the proxy, which answer as such a Neutron does."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from .neutron_releases import NEWEST, RELEASES
from .proxy import Answer, Behaviour, Call, Forward, neutron_error

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
    """A cloud whose Neutron lacks some of the :data:`EXTENSIONS`, given by their aliases.

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
        return self._refusal(call) or self._without_aliases(call, _without_attributes(forward(call), self._attributes))

    def _refusal(self, call: Call) -> Answer | None:
        """Return the answer to a request that only a cloud with the extensions takes."""
        if self._is_unknown(call):
            return neutron_error(404, "HTTPNotFound", "The resource could not be found.")
        refusal = _refused_attributes(call, self._attributes) or _refused_filters(call, self._filters)
        return refusal or self._refused_sharing(call) or self._refused_header(call)

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

    def _without_aliases(self, call: Call, answer: Answer) -> Answer:
        if call.path != _EXTENSIONS or (body := answer.json()) is None:
            return answer
        body["extensions"] = [entry for entry in body["extensions"] if entry["alias"] not in self._aliases]
        return dataclasses.replace(answer, body=json.dumps(body).encode())


class NoFilter:
    """A cloud whose Neutron knows some attributes of a collection, but does not filter by them.

    What Neutron filters by has grown over the releases: an attribute is a filter years after it came, or never.
    """

    def __init__(self, collection: str, *attributes: str) -> None:
        self._path = f"{_NEUTRON}{collection}"
        self._attributes = frozenset(attributes)

    def __call__(self, call: Call, forward: Forward) -> Answer:
        refusal = _refused_filters(call, self._attributes) if call.path == self._path else None
        return refusal or forward(call)


class IgnoredFilter:
    """A cloud whose Neutron ignores a filter of a collection that it does not know, as it is configured to."""

    def __init__(self, collection: str, attribute: str) -> None:
        self._path = f"{_NEUTRON}{collection}"
        self._attribute = attribute

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if call.path != self._path:
            return forward(call)
        query = urlencode([(name, value) for name, value in _query(call) if name != self._attribute])
        return forward(dataclasses.replace(call, url=urlsplit(call.url)._replace(query=query).geturl()))


class Hidden:
    """A cloud whose policy does not show some attributes of a collection."""

    def __init__(self, collection: str, *attributes: str) -> None:
        self._path = rf"{_NEUTRON}{collection}(/.*)?"
        self._attributes = frozenset(attributes)

    def __call__(self, call: Call, forward: Forward) -> Answer:
        answer = forward(call)
        return _without_attributes(answer, self._attributes) if re.fullmatch(self._path, call.path) else answer


class Unknown:
    """A cloud whose Neutron does not know some attributes of a collection: it ignores them in ``fields`` only."""

    def __init__(self, collection: str, *attributes: str) -> None:
        self._path = rf"{_NEUTRON}{collection}(/.*)?"
        self._attributes = frozenset(attributes)

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if not re.fullmatch(self._path, call.path):
            return forward(call)
        refusal = _refused_attributes(call, self._attributes) or _refused_filters(call, self._attributes)
        return refusal or _without_attributes(forward(call), self._attributes)


def no_bulk(call: Call, forward: Forward) -> Answer:
    """Refuse several resources in one request, as Neutron's ``prepare_request_body`` does with ``allow_bulk`` off.

    Neutron itself has not been able to since Queens, where its API always allows it; other cores of the API may.
    """
    if call.method == "POST" and any(isinstance(value, list) for value in (call.json() or {}).values()):
        return neutron_error(400, "HTTPBadRequest", "Bulk operation not supported")
    return forward(call)


def no_sorting(call: Call, forward: Forward) -> Answer:
    """Give lists in an order of its own: Neutron has none, unless it is asked for one, or for pages."""
    answer = forward(call)
    body = answer.json()
    if call.method != "GET" or body is None:
        return answer
    return dataclasses.replace(answer, body=json.dumps(_backwards(body)).encode())


def older(name: str) -> list[Behaviour]:
    """Return what makes the cloud one of an older release, by what is recorded of that release's API."""
    old = RELEASES[name]
    known = {collection: old.collections.get(collection, {}) for collection in NEWEST.collections}
    unknown = {collection: set(NEWEST.collections[collection]) - known[collection].keys() for collection in known}
    # Groups have their rules in them.
    unknown["security-groups"] |= unknown["security-group-rules"]
    unfit = {
        collection: [attribute for attribute in attributes if not old.may("filter", collection, attribute)]
        for collection, attributes in known.items()
    }
    return [
        Without(*(alias for alias in EXTENSIONS if alias not in old.extensions)),
        *(Unknown(collection, *attributes) for collection, attributes in unknown.items()),
        *(NoFilter(collection, *attributes) for collection, attributes in unfit.items()),
    ]


def _backwards(value: Any) -> Any:
    """Return a value of JSON with all lists of objects turned round."""
    if isinstance(value, dict):
        return {key: _backwards(entry) for key, entry in value.items()}
    if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
        return [_backwards(entry) for entry in reversed(value)]
    return value


def _refused_attributes(call: Call, names: frozenset[str]) -> Answer | None:
    """Return the answer to a request whose body has attributes that this Neutron does not know."""
    for resource in _resources(call):
        if extra := sorted(names & resource.keys()):
            return neutron_error(400, "HTTPBadRequest", f"Unrecognized attribute(s) '{', '.join(extra)}'")
    return None


def _without_attributes(answer: Answer, names: frozenset[str]) -> Answer:
    body = answer.json()
    return answer if body is None else dataclasses.replace(answer, body=json.dumps(_stripped(body, names)).encode())


def _refused_filters(call: Call, names: frozenset[str]) -> Answer | None:
    """Return the answer to a request that filters by what this Neutron does not filter by."""
    if extra := sorted({name for name, _value in _query(call) if name in names}):
        return neutron_error(400, "HTTPBadRequest", f"{extra} is invalid attribute for filtering")
    return None


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
