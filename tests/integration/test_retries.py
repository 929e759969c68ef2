# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests are sent again, how often, and after how long: one fault, or an outage, in front of the real cloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud import session as _session
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Behaviour,
    Call,
    Forward,
    Proxy,
    cut_after,
    cut_before,
    cut_within,
    refuse,
)

GROUPS = "/v2.0/security-groups"
RULES = "/v2.0/security-group-rules"
WEB = [{"name": "web", "rules": [{"service": "ssh"}]}]


class First:
    """A fault at the first requests of a method and path, and at no others."""

    def __init__(self, kind: Behaviour, method: str, path: str, *, times: int = 1) -> None:
        self._kind, self._what, self._left = kind, (method, path), times

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if self._what == (call.method, call.path) and self._left:
            self._left -= 1
            return self._kind(call, forward)
        return forward(call)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the session waits, which the tests do not."""
    seconds: list[float] = []
    monkeypatch.setattr(_session, "time", SimpleNamespace(sleep=seconds.append))
    return seconds


@contextmanager
def through(project: Project, fault: First) -> Iterator[tuple[Cloud, Proxy]]:
    with Proxy(fault) as proxy, project.through(proxy) as connection:
        yield connection, proxy


def sent(proxy: Proxy, method: str, path: str) -> int:
    return [(request.method, request.path) for request in proxy.traffic].count((method, path))


PASSING = {
    **{str(status): refuse(status) for status in (429, 500, 502, 503, 504)},
    "cut before": cut_before,
    "cut after": cut_after,
}


@pytest.mark.parametrize("kind", PASSING)
def test_a_read_is_repeated(project: Project, pauses: list[float], kind: str) -> None:
    """Three times, each after a longer pause, and then the run fails and says why."""
    for times, fails in ((1, False), (3, False), (4, True)):
        pauses.clear()
        with through(project, First(PASSING[kind], "GET", GROUPS, times=times)) as (connection, proxy):
            if fails:
                with pytest.raises(CloudError, match="GET /security-groups"):
                    connection.find_security_groups([])
            else:
                assert [group["name"] for group in connection.find_security_groups([])] in ([], ["default"])
        assert sent(proxy, "GET", GROUPS) == (times if fails else times + 1)
        assert pauses == [0.5, 1.0, 2.0][:times]


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_read_that_is_refused_is_not_repeated(project: Project, pauses: list[float], status: int) -> None:
    with through(project, First(refuse(status), "GET", GROUPS)) as (connection, proxy), pytest.raises(CloudError):
        connection.find_security_groups([])
    assert (sent(proxy, "GET", GROUPS), pauses) == (1, [])


@pytest.mark.parametrize("kind", ["503", "cut before"])
def test_a_login_is_repeated(project: Project, pauses: list[float], kind: str) -> None:
    with through(project, First(PASSING[kind], "POST", "/v3/auth/tokens")) as (connection, proxy):
        assert connection.log_in()[0] == project.id
    assert (sent(proxy, "POST", "/v3/auth/tokens"), pauses) == (2, [0.5])


@pytest.mark.parametrize(
    ("header", "pause"),
    [({"Retry-After": "7"}, 7), ({"Retry-After": "0"}, 0.5), ({"Retry-After": "3600"}, 60), ({}, 0.5)],
)
def test_the_cloud_says_how_long_to_wait(
    project: Project, pauses: list[float], header: dict[str, str], pause: float
) -> None:
    """At least as long as without its word, and at most a minute."""
    for status in (429, 503):
        pauses.clear()
        with through(project, First(refuse(status, **header), "GET", GROUPS)) as (connection, _proxy):
            connection.find_security_groups([])
        assert pauses == [pause]


@pytest.mark.parametrize("path", [GROUPS, RULES])
def test_a_write_that_was_not_looked_at_is_repeated(project: Project, pauses: list[float], path: str) -> None:
    """Too many requests: the same write again, after as long as the cloud says, and nothing else."""
    with through(project, First(refuse(429, **{"Retry-After": "7"}), "POST", path)) as (connection, proxy):
        assert project.call("security_group_set", connection=connection, groups=WEB)["changed"]
    assert (sent(proxy, "POST", path), pauses) == (2, [7])
    assert project.api.rules("web") == ["ingress IPv4 tcp 22:22"]
    assert not project.call("security_group_set", groups=WEB)["changed"]


@pytest.mark.parametrize(
    "kind", [refuse(503), cut_before, cut_after, cut_within], ids=["503", "before", "after", "within"]
)
def test_a_write_that_may_be_done_is_not_repeated_blindly(
    project: Project, pauses: list[float], kind: Behaviour
) -> None:
    """The cloud is read first, so that there is one group at the end."""
    with through(project, First(kind, "POST", GROUPS)) as (connection, proxy), suppress(CloudError):
        project.call("security_group_set", connection=connection, groups=WEB)
    requests = [(request.method, request.path) for request in proxy.traffic]
    first = requests.index(("POST", GROUPS))
    assert requests[first + 1 : first + 2] != [("POST", GROUPS)]
    project.call("security_group_set", groups=WEB)
    assert [name for name in project.api.group_names() if name != "default"] == ["web"]


@pytest.mark.parametrize(
    ("module", "options", "path", "what"),
    [
        ("security_group_set", {"groups": WEB}, GROUPS, "security group web"),
        ("security_group", {"name": "web"}, GROUPS, "security group web"),
        ("address_group", {"name": "offices"}, "/v2.0/address-groups", "address group offices"),
    ],
)
@pytest.mark.parametrize("kind", [refuse(502), cut_before], ids=["502", "before"])
def test_a_create_that_may_be_under_way_is_not_repeated(
    project: Project, kind: Behaviour, module: str, options: dict[str, Any], path: str, what: str
) -> None:
    """The cloud accepts several groups of one name: the next run checks whether it was created."""
    with through(project, First(kind, "POST", path)) as (connection, proxy), pytest.raises(CloudError) as caught:
        project.call(module, connection=connection, **options)
    assert sent(proxy, "POST", path) == 1
    assert caught.value.done == [f"perhaps created {what}"]
    assert project.call(module, **options)["changed"]
    assert not project.call(module, **options)["changed"]
