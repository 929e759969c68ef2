# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds that hide attributes of ports, or do not filter by them: nothing is guessed, and what is missing is named."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import (
    Hidden,
    IgnoredFilter,
    NoFilter,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy

MODULE = "server_security_groups"
SET = "security_group_set"
DELETED: dict[str, Any] = {"groups": [{"name": "old", "state": "absent"}], "detach": True}


@pytest.mark.parametrize(
    "hidden",
    [["device_owner"], ["device_id"], ["project_id"], ["network_id"], ["security_groups"], ["device_owner", "id"]],
)
def test_an_attribute_that_decides(fleet: Fleet, hidden: list[str]) -> None:
    """Both to attach groups to servers, and to detach what is deleted."""
    fleet.api.create_group("old")
    fleet.set_groups("web2", "old")
    before = fleet.api.snapshot()
    problem = f"the cloud does not show {', '.join(hidden)} of ports to these credentials"
    with Proxy(Hidden("ports", *hidden)) as proxy, fleet.project.through(proxy) as cloud:
        for check_mode in (True, False):
            for entry in ({"servers": ["web2"]}, {"selector": {"name": "*"}}, {"ports": [fleet.port("web2")["id"]]}):
                with pytest.raises(CloudError, match=problem):
                    fleet.project.call(
                        MODULE, connection=cloud, check_mode=check_mode, security_groups=["web"], state="exact", **entry
                    )
            with pytest.raises(CloudError, match=problem):
                fleet.project.call(SET, connection=cloud, check_mode=check_mode, **DELETED)
        assert not proxy.traffic.writes()
    assert fleet.api.snapshot() == before


def test_names_and_addresses_are_not_needed(fleet: Fleet) -> None:
    with Proxy(Hidden("ports", "name", "fixed_ips")) as proxy, fleet.project.through(proxy) as cloud:
        result = fleet.project.call(MODULE, connection=cloud, servers=["web2"], security_groups=["web"])
        assert result["servers"][0]["ports"][0]["address"] == "without an address"
    assert fleet.groups_of("web2") == ["default", "web"]


def test_revisions(fleet: Fleet) -> None:
    """The port is read again before the write, as on a cloud that has none, and a warning says what may be lost."""
    port = fleet.port("web2")["id"]
    with Proxy(Hidden("ports", "revision_number")) as proxy, fleet.project.through(proxy) as cloud:
        for check_mode in (True, False):
            arguments: dict[str, Any] = {"servers": ["web2"], "security_groups": ["web"], "check_mode": check_mode}
            (warning,) = fleet.project.call(MODULE, connection=cloud, **arguments)["warnings"]
            assert warning.startswith("the cloud does not show revision_number of ports to these credentials")
        requests = [f"{request.method} {request.path}" for request in proxy.traffic]
        write = requests.index(f"PUT /v2.0/ports/{port}")
        assert requests[write - 1] == f"GET /v2.0/ports/{port}"
        again = fleet.project.call(MODULE, connection=cloud, servers=["web2"], security_groups=["web"])
        assert (again["changed"], again["warnings"]) == (False, [])
    assert fleet.groups_of("web2") == ["default", "web"]


def test_no_filter_by_security_group(fleet: Fleet) -> None:
    fleet.api.create_group("old")
    fleet.set_groups("web2", "default", "old")
    before = fleet.api.snapshot()
    with Proxy(NoFilter("ports", "security_groups")) as proxy, fleet.project.through(proxy) as cloud:
        for check_mode in (True, False):
            with pytest.raises(CloudError, match="this cloud's Neutron cannot filter ports by security group"):
                fleet.project.call(SET, connection=cloud, check_mode=check_mode, **DELETED)
    assert fleet.api.snapshot() == before


@pytest.mark.parametrize("ignored", ["security_groups", "project_id", "device_id", "name"])
def test_a_filter_that_is_ignored(fleet: Fleet, ignored: str) -> None:
    """Neutron then gives all ports, of which most are not meant."""
    fleet.api.create_group("old")
    fleet.set_groups("web2", "default", "old")
    fleet.set_groups("db1", "default", "ssh")
    entries = [{"servers": ["web1"], "networks": ["demo"], "security_groups": ["db"]}]
    with Proxy(IgnoredFilter("ports", ignored)) as proxy, fleet.project.through(proxy) as cloud:
        result = fleet.project.call(SET, connection=cloud, **DELETED, attachments=entries)
    assert result["counts"]["ports"] == {"updated": 2, "selected": 2}
    assert fleet.all_groups() == {
        "db1 demo": ["default", "ssh"],
        "web1 demo": ["db", "default"],
        "web1 demo2": ["default"],
        "web2 demo": ["default"],
    }
