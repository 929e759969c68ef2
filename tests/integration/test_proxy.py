# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests' own proxy: every fault is what it says, and what lies between two faults is the real cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from requests import Response

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import (
    EXTENSIONS,
    Without,
    no_bulk,
    no_sorting,
    older,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.neutron_releases import RELEASES
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_module
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Behaviour,
    Call,
    Fault,
    Forward,
    Observer,
    Proxy,
    SmallPages,
    answer_late,
    cut_after,
    cut_before,
    cut_within,
    hold,
    refuse,
)

GROUPS = "/v2.0/security-groups"
ADDRESS_GROUPS = "/v2.0/address-groups"


class Client:
    """Plain requests to Neutron through a proxy, which are never sent twice."""

    def __init__(self, project: Project, proxy: Proxy) -> None:
        connection = vars(project.api)["_connection"]
        self._url = project.api.endpoint("network").removesuffix("/v2.0")
        self._session = requests.Session()
        self._session.proxies["http"] = proxy.url
        self._session.headers["X-Auth-Token"] = connection.auth_token

    def __call__(self, method: str, path: str, body: Any = None, **arguments: Any) -> Response:
        return self._session.request(method, self._url + path, json=body, **arguments)

    def create(self, name: str, **arguments: Any) -> Response:
        return self("POST", GROUPS, {"security_group": {"name": name}}, **arguments)

    def close(self) -> None:
        self._session.close()


@contextmanager
def client(project: Project, *behaviours: Behaviour) -> Iterator[tuple[Client, Proxy]]:
    with Proxy(*behaviours) as proxy:
        client = Client(project, proxy)
        try:
            yield client, proxy
        finally:
            client.close()


def test_a_proxy_that_does_nothing_changes_nothing(project: Project) -> None:
    with client(project) as (ask, proxy):
        created = ask.create("web")
        listed = ask("GET", f"{GROUPS}?name=web&name=db")
        assert listed.json()["security_groups"] == project.api.groups()
        gone = ask("DELETE", f"{GROUPS}/{created.json()['security_group']['id']}")
        assert [str(exchange).split("/", 3)[-1] for exchange in proxy.traffic] == [
            "v2.0/security-groups 201",
            "v2.0/security-groups?name=web&name=db 200",
            f"v2.0/security-groups/{created.json()['security_group']['id']} 204",
        ]
        assert proxy.traffic.writes().methods() == ["POST", "DELETE"]
    assert (gone.status_code, gone.content) == (204, b"")
    assert vars(proxy.traffic[0])["body_length"] == len('{"security_group": {"name": "web"}}')


@pytest.mark.parametrize("status", [409, 412, 429, 500, 502, 503, 504])
def test_a_refused_request_is_not_forwarded(project: Project, status: int) -> None:
    with client(project, Fault(0, refuse(status, **{"Retry-After": "7"}))) as (ask, _proxy):
        refused = ask.create("web")
        assert refused.status_code == status
        assert status in (409, 412) or refused.headers["Retry-After"] == "7"
        assert project.api.groups() == []
        assert ask.create("web").status_code == 201
    assert project.api.group_names() == ["web"]


@pytest.mark.parametrize(
    ("kind", "arrives", "error"),
    [
        (cut_before, False, requests.ConnectionError),
        (cut_after, True, requests.ConnectionError),
        (cut_within, True, requests.exceptions.ChunkedEncodingError),
    ],
    ids=["before", "after", "within"],
)
def test_a_cut_connection(project: Project, kind: Behaviour, arrives: bool, error: type[Exception]) -> None:
    with client(project, Fault(0, kind)) as (ask, proxy):
        with pytest.raises(error):
            ask.create("web")
        assert project.api.group_names() == (["web"] if arrives else [])
        assert ask("GET", GROUPS).ok
        assert [exchange.status for exchange in proxy.traffic] == [0, 200]


@pytest.mark.parametrize(("kind", "arrives"), [(hold(4), False), (answer_late(4), True)], ids=["held", "late"])
def test_an_answer_that_comes_too_late(project: Project, kind: Behaviour, arrives: bool) -> None:
    with client(project, Fault(0, kind)) as (ask, _proxy):
        with pytest.raises(requests.Timeout):
            ask.create("web", timeout=2)
        assert project.api.group_names() == (["web"] if arrives else [])
    assert project.api.group_names() == ["web"], "the proxy has waited for it"


def test_an_answer_that_comes_in_time(project: Project) -> None:
    with client(project, Fault(0, hold(0.1))) as (ask, _proxy):
        created = ask.create("web", timeout=5)
    assert created.elapsed.total_seconds() >= 0.1


def test_an_outage_lasts(project: Project) -> None:
    with client(project, Fault(1, refuse(503), lasting=True)) as (ask, _proxy):
        assert [ask("GET", GROUPS).status_code for _request in range(4)] == [200, 503, 503, 503]


def test_an_observer_sees_the_cloud_after_each_write(project: Project) -> None:
    seen: list[tuple[str, list[str]]] = []

    def look(call: Call, answer: Answer) -> None:
        seen.append((f"{call.method} {answer.status}", project.api.group_names()))

    with client(project, Observer(look)) as (ask, _proxy):
        for name in ("a", "b"):
            ask.create(name)
            ask("GET", GROUPS)
    assert seen == [("POST 201", ["a"]), ("POST 201", ["a", "b"])]


def test_an_error_of_a_behaviour_is_an_error_of_the_test(project: Project) -> None:
    def broken(_call: Call, _forward: Forward) -> Answer:
        raise ZeroDivisionError

    def use() -> None:
        with client(project, broken) as (ask, _proxy), pytest.raises(requests.ConnectionError):
            ask("GET", GROUPS)

    with pytest.raises(ZeroDivisionError):
        use()


def test_small_pages(project: Project) -> None:
    for name in ("a", "b", "c"):
        project.api.create_group(name)
    with Proxy(SmallPages(2)) as proxy, project.through(proxy) as cloud:
        read = cloud.security_groups(project.id, None)
        pages = [request.query.get("limit") for request in proxy.traffic.to("GET", GROUPS)]
    assert pages == [None, ["2"], ["2"]], "the client sends no limit, but follows links"
    assert sorted(group["name"] for group in read) == ["a", "b", "c", "default"]


def test_small_pages_of_what_a_filter_lets_through(project: Project) -> None:
    """A filter for nothing, too: the links to further pages have it as a name without a value."""
    for name in ("a", "b", "c"):
        project.api.create_group(name)
    project.api.post("network", "/security-groups", {"security_group": {"name": "d", "description": "described"}})
    with Proxy(SmallPages(2)) as proxy, project.through(proxy) as cloud:
        found = project.call("security_group_info", connection=cloud, description="")["security_groups"]
        assert len(proxy.traffic.to("GET", GROUPS)) > 1
    assert sorted(group["name"] for group in found) == ["a", "b", "c"]


def test_modules_go_through_a_proxy_as_processes(project: Project) -> None:
    arguments = {"cloud": project.cloud, "groups": [{"name": "web"}]}
    with Proxy() as proxy:
        assert run_module("security_group_set", arguments, proxy=proxy.url)["changed"]
        assert proxy.traffic.writes().methods() == ["POST"]


@pytest.mark.parametrize("alias", EXTENSIONS)
def test_a_cloud_that_lacks_an_extension_does_not_tell_of_it(project: Project, alias: str) -> None:
    with client(project) as (ask, _proxy):
        assert ask("GET", f"/v2.0/extensions/{alias}").ok, "the test cloud has it"
        all_of_them = ask("GET", "/v2.0/extensions").json()["extensions"]
    with client(project, Without(alias)) as (ask, _proxy):
        assert ask("GET", f"/v2.0/extensions/{alias}").status_code == 404
        assert ask("GET", "/v2.0/extensions").json()["extensions"] == [e for e in all_of_them if e["alias"] != alias]


RULE = {"direction": "ingress", "remote_address_group_id": None}
POLICY = {"object_type": "security_group", "object_id": "1", "target_tenant": "*", "action": "access_as_shared"}
NEEDS: list[tuple[str, str, str, Any, int]] = [
    ("address-group", "GET", ADDRESS_GROUPS, None, 404),
    ("address-group", "POST", ADDRESS_GROUPS, {"address_group": {"name": "a"}}, 404),
    ("address-group", "DELETE", f"{ADDRESS_GROUPS}/1", None, 404),
    ("quota_details", "GET", "/v2.0/quotas/{project}/details.json", None, 404),
    ("rbac-security-groups", "GET", "/v2.0/rbac-policies?object_type=security_group", None, 400),
    ("rbac-security-groups", "POST", "/v2.0/rbac-policies", {"rbac_policy": POLICY}, 400),
    ("security-groups-default-rules", "GET", "/v2.0/default-security-group-rules", None, 404),
    ("security-groups-remote-address-group", "POST", "/v2.0/security-group-rules", {"security_group_rule": RULE}, 400),
    ("security-groups-remote-address-group", "GET", "/v2.0/security-group-rules?remote_address_group_id=1", None, 400),
    ("standard-attr-tag", "PUT", f"{GROUPS}/{{group}}/tags", {"tags": ["a"]}, 404),
    ("standard-attr-tag", "GET", f"{GROUPS}?not-tags-any=a", None, 400),
    ("stateful-security-group", "POST", GROUPS, {"security_groups": [{"name": "a"}, {"stateful": True}]}, 400),
    ("tag-creation", "POST", f"{GROUPS}/{{group}}/tags", {"tags": ["a"]}, 404),
]


@pytest.mark.parametrize(("alias", "method", "path", "body", "status"), NEEDS)
def test_what_needs_an_extension_is_refused_without_it(
    project: Project, alias: str, method: str, path: str, body: Any, status: int
) -> None:
    with client(project, Without(alias)) as (ask, _proxy):
        answer = ask(method, path.format(project=project.id, group=project.api.group("default")["id"]), body)
        assert answer.status_code == status
        assert answer.json()["NeutronError"]["message"]


@pytest.mark.parametrize(
    ("alias", "attribute", "rules_too"),
    [
        ("standard-attr-tag", "tags", True),
        ("standard-attr-revisions", "revision_number", True),
        ("stateful-security-group", "stateful", False),
        ("security-groups-remote-address-group", "remote_address_group_id", True),
    ],
)
def test_attributes_of_an_extension_vanish_with_it(
    project: Project, alias: str, attribute: str, rules_too: bool
) -> None:
    def capabilities(*behaviours: Behaviour) -> tuple[bool, bool]:
        with client(project, *behaviours) as (ask, _proxy):
            (group,) = ask("GET", f"{GROUPS}?name=default").json()["security_groups"]
        return attribute in group, any(attribute in rule for rule in group["security_group_rules"])

    assert capabilities()[1] == rules_too
    assert capabilities(Without(alias)) == (False, False)


@pytest.mark.every_case
@pytest.mark.parametrize(("name", "asked"), [(name, asked) for name in RELEASES for asked in RELEASES[name].refused])
def test_an_older_cloud_refuses_what_the_release_does(project: Project, name: str, asked: str) -> None:
    """With the same status and in the same words."""
    method, path, attribute = re.split(r"[ ?]", asked)
    resource = path.strip("/").removesuffix("s").replace("-", "_")
    with client(project, *older(name)) as (ask, _proxy):
        if method == "GET":
            answer = ask(method, f"/v2.0{path}?{attribute}")
        else:
            answer = ask(method, f"/v2.0{path}", {resource: {attribute: "true"}})
    assert f"{answer.status_code}: {answer.json()['NeutronError']['message']}" == RELEASES[name].refused[asked]


@pytest.mark.every_case
@pytest.mark.parametrize("name", RELEASES)
def test_an_older_cloud_ignores_fields_that_it_does_not_know(project: Project, name: str) -> None:
    fields = ["id", "stateful", "shared", "unknown"]
    with client(project, *older(name)) as (ask, _proxy):
        (group,) = ask("GET", f"{GROUPS}?{'&'.join(f'fields={field}' for field in fields)}").json()["security_groups"]
    assert set(group) == {field for field in fields if RELEASES[name].may("read", "security-groups", field)}


def test_a_cloud_that_takes_one_at_a_time(project: Project) -> None:
    with client(project, no_bulk) as (ask, _proxy):
        answer = ask("POST", GROUPS, {"security_groups": [{"name": "a"}]})
        assert (answer.status_code, answer.json()["NeutronError"]["message"]) == (400, "Bulk operation not supported")
        assert ask.create("a").ok
    assert project.api.group_names() == ["a"]


def test_a_cloud_that_does_not_sort(project: Project) -> None:
    for name in ("a", "b"):
        project.api.create_group(name)
    straight = project.api.get("network", "/security-groups")["security_groups"]
    with client(project, no_sorting) as (ask, _proxy):
        turned = ask("GET", GROUPS).json()["security_groups"]
    assert [group["id"] for group in turned] == [group["id"] for group in reversed(straight)]


def test_revisions_cannot_be_compared_without_the_extension(project: Project) -> None:
    group_id = project.api.create_group("web")
    with client(project, Without("revision-if-match")) as (ask, _proxy):
        body = {"security_group": {"description": "new"}}
        answer = ask("PUT", f"{GROUPS}/{group_id}", body, headers={"If-Match": "revision_number=0"})
        assert answer.status_code == 400
        assert ask("PUT", f"{GROUPS}/{group_id}", body).ok


def test_the_collection_meets_the_cloud_that_lacks_something(project: Project) -> None:
    with (
        Proxy(Without("address-group")) as proxy,
        project.through(proxy) as cloud,
        pytest.raises(CloudError, match="lacks the extension address-group"),
    ):
        project.call("address_group", connection=cloud, name="a", addresses=["192.0.2.1"])
