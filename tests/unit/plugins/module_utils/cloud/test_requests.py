# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the collection sends is taken by every release, unless it needs an extension that the release lacks.

Integration tests make sure that nothing is sent that is not in the table: ``harness/listed.py``.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.requests import (
    NEEDS,
    REQUESTS,
    RESULTS,
    complete,
    not_shown,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.listed import unlisted
from ansible_collections.portcullis.openstack.tests.integration.harness.neutron_releases import NEWEST, RELEASES

NEUTRON = [known for known, request in REQUESTS.items() if request.service == "network"]
# The collections that every Neutron with security groups has.
CORE = {"extensions", "networks", "ports", "security-group-rules", "security-groups", "subnets"}
# The newest version of Nova's API in Train: nova/api/openstack/rest_api_version_history.rst
NOVA_OF_TRAIN = (2, 79)
HEADERS = {name for request in REQUESTS.values() for name in request.headers}


def collection_of(known: str) -> str:
    """Return the collection that a request is about: ``ports`` for ``GET /ports/{}``."""
    return known.split("/")[1]


@pytest.mark.parametrize(("name", "known"), list(product(RELEASES, NEUTRON)))
def test_every_release_takes_it(name: str, known: str) -> None:
    release, request = RELEASES[name], REQUESTS[known]
    method = known.split(maxsplit=1)[0].lower()
    if request.extension is not None and request.extension not in release.extensions:
        return
    refused = [
        f"{what} {attribute}"
        for what, attributes in (("filter", request.filters), (method, request.body))
        for attribute in sorted(attributes)
        if NEEDS.get(attribute, "security-group") in release.extensions
        and not release.may(what, collection_of(known), attribute)
    ]
    assert not refused, f"Neutron {release.versions['neutron']} refuses {known} with {', '.join(refused)}"


@pytest.mark.parametrize(("name", "asked"), [(name, asked) for name in RELEASES for asked in RELEASES[name].refused])
def test_what_a_release_has_refused_is_not_sent(name: str, asked: str) -> None:
    """Recorded apart from the attributes, from what Neutron's own code answered."""
    method, path, attribute = re.split(r"[ ?]", asked.removesuffix("=true"))
    request = REQUESTS[f"{method} {path}"]
    assert attribute not in (request.filters if method == "GET" else request.body) or (
        NEEDS[attribute] not in RELEASES[name].extensions
    )


def test_every_extension_is_one_of_neutron() -> None:
    needed = {request.extension for request in REQUESTS.values()} | set(NEEDS.values())
    assert needed - {None} <= set(NEWEST.extensions)


def test_other_collections_need_an_extension() -> None:
    assert {collection_of(known) for known in NEUTRON if REQUESTS[known].extension is None} == CORE


def test_every_version_of_novas_api_is_one_of_train() -> None:
    versions = [request.microversion for request in REQUESTS.values() if request.microversion]
    assert versions
    assert max(tuple(map(int, version.split("."))) for version in versions) <= NOVA_OF_TRAIN


def test_every_header_needs_an_extension() -> None:
    assert NEEDS.keys() >= HEADERS


@pytest.mark.parametrize("known", [known for known in NEUTRON if REQUESTS[known].fields])
def test_every_field_is_one_of_neutron(known: str) -> None:
    """Of the newest: others ignore fields that they do not know."""
    assert REQUESTS[known].fields <= NEWEST.collections[collection_of(known)].keys()


@pytest.mark.parametrize(("attribute", "alias"), [need for need in NEEDS.items() if need[0] not in HEADERS])
@pytest.mark.parametrize("name", RELEASES)
def test_an_attribute_comes_with_the_extension_that_it_needs(name: str, attribute: str, alias: str) -> None:
    collections = ("security-groups", "security-group-rules")
    found = [RELEASES[name].collections[collection].get(attribute) for collection in collections]
    assert [facts["extensions"] for facts in found if facts] in ([], [[alias]], [[alias]] * 2)
    assert any(found) == (alias in RELEASES[name].extensions)


@pytest.mark.parametrize(
    ("method", "path", "arguments", "strange"),
    [
        ("GET", "/security-groups", {"params": [("name", "a"), ("fields", "id"), ("limit", "1")]}, []),
        ("GET", "/security-groups", {"params": [("stateful", "false")]}, ["filter stateful"]),
        ("GET", "/security-groups", {"params": [("fields", "x")]}, ["field x"]),
        ("POST", "/security-groups", {"json": {"security_groups": [{"name": "a"}, {"x": 1}]}}, ["attribute x"]),
        ("PUT", "/ports/1", {"json": {"port": {"x": 1}}, "headers": {"y": ""}}, ["attribute x", "header y"]),
        ("PUT", "/security-groups/1/tags", {"json": {"tags": ["a"]}}, []),
    ],
)
def test_what_is_not_in_the_table(method: str, path: str, arguments: dict[str, Any], strange: list[str]) -> None:
    assert unlisted("network", method, path, arguments) == [f"{method} {path}, {name}" for name in strange]


def test_another_version_of_novas_api_is_not_in_the_table() -> None:
    assert unlisted("compute", "GET", "/servers", {"microversion": "2.26"}) == []
    assert unlisted("compute", "GET", "/servers", {"microversion": "2.90"}) == ["GET /servers, microversion 2.90"]
    assert unlisted("network", "GET", "/ports", {"microversion": "2.26"}) == ["GET /ports, microversion 2.26"]


@pytest.mark.parametrize(
    ("service", "path"), [("network", "/trunks"), ("compute", "/ports"), ("network", "/ports/1/x")]
)
def test_a_request_that_is_not_in_the_table(service: str, path: str) -> None:
    assert unlisted(service, "GET", path, {}) == [f"GET {path} of {service}"]


def test_what_an_old_cloud_lacks_is_none() -> None:
    group: dict[str, Any] = {"id": "1", "name": "web", "security_group_rules": [{"id": "2", "protocol": "tcp"}]}
    complete("/security-groups", [group])
    (rule,) = group["security_group_rules"]
    assert [set(group), set(rule)] == [RESULTS["/security-groups"], RESULTS["/security-group-rules"]]
    assert filled(group) == {"id", "name", "security_group_rules"}
    assert filled(rule) == {"id", "protocol"}


def test_what_is_no_result_stays_as_it_is() -> None:
    complete("/ports", ports := [{"id": "1"}])
    assert ports == [{"id": "1"}]


def filled(thing: dict[str, Any]) -> set[str]:
    return {name for name, value in thing.items() if value is not None}


def test_what_answers_must_show() -> None:
    rule = dict.fromkeys(
        ("id", "direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix")
    )
    group = {"id": "1", "name": "web", "security_group_rules": [rule]}
    assert not_shown("/security-groups", [group]) == {"remote_group_id"}
    assert not_shown("/security-groups", [{"id": "1"}]) == {"name", "security_group_rules"}
    assert (
        not_shown("/security-groups", [{**group, "security_group_rules": [{**rule, "remote_group_id": None}]}]) == set()
    )
    assert not_shown("/ports", [{}]) == set()
