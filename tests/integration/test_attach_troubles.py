# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""server_security_groups: what it refuses, and others who change the same ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import NoFilter
from ansible_collections.portcullis.openstack.tests.integration.harness.crowd import Crowded
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy

MODULE = "server_security_groups"
GOOD = {"servers": ["web1"], "security_groups": ["web"]}

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"servers": ["web3"]}, "servers", "there is no server 'web3' in the project"),
    ({"servers": ["WEB2"]}, "servers", "there is no server 'WEB2' in the project"),
    ({"servers": ["web"]}, "servers", "there is no server 'web' in the project"),
    ({"security_groups": ["nobody"]}, "security_groups", "there is no security group 'nobody'"),
    ({"networks": ["nowhere"]}, "networks", "there is no network 'nowhere'"),
    ({"networks": ["demo2"]}, "servers", "server web2 has no port in these networks"),
    (
        {"networks": ["demo2"], "selector": {"name": "web1"}},
        "servers",
        "server web2 has no port in these networks",
    ),
    (
        {"servers": None, "networks": ["demo2"], "selector": {"name": "web2"}},
        "selector",
        "no server that matches name web2 has a port in these networks",
    ),
    ({"servers": None, "selector": {"name": "nobody*"}}, "selector", "no server matches name nobody*"),
    ({"servers": None, "selector": {"metadata": {"role": "x"}}}, "selector", "no server matches metadata role=x"),
    ({"servers": None, "selector": {"tags": ["x"]}}, "selector", "no server matches tag x"),
    ({"servers": None, "selector": {}}, "selector", "it is empty"),
    ({"servers": None}, "servers", "give servers, ports or a selector"),
]


@pytest.mark.parametrize(("entry", "field", "problem"), BAD)
def test_a_bad_entry(fleet: Fleet, entry: dict[str, Any], field: str, problem: str) -> None:
    bad = {"servers": ["web2"], "security_groups": ["web"], **entry}
    message = fleet.project.refuse(MODULE, attachments=[GOOD, bad])
    server = "" if bad["servers"] is None else f" ({bad['servers'][0]})"
    assert message.startswith(f"attachment 2{server}, {field}: {problem}")


def test_two_servers_of_one_name(fleet: Fleet) -> None:
    with fleet.renamed("db1", "web2"):
        entry = {"servers": ["web2"], "security_groups": ["web"]}
        message = fleet.project.refuse(MODULE, attachments=[GOOD, entry])
    ids = sorted([fleet.ids["db1"], fleet.ids["web2"]])
    assert f"attachment 2 (web2), servers: there are several servers named 'web2': {', '.join(ids)}" in message


def test_two_groups_of_one_name(fleet: Fleet) -> None:
    ids = sorted([fleet.api.create_group("same"), fleet.api.create_group("same")])
    entry = {"servers": ["web2"], "security_groups": ["same"]}
    message = fleet.project.refuse(MODULE, attachments=[GOOD, entry])
    assert (
        f"attachment 2 (web2), security_groups: there are several security groups named 'same': {', '.join(ids)}"
        in message
    )
    fleet.project.attach({"servers": ["web2"], "security_groups": [ids[0]]})
    assert ids[0] in fleet.port("web2")["security_groups"]


def test_state_beside_several_attachments(fleet: Fleet) -> None:
    message = fleet.project.fail(MODULE, attachments=[GOOD], state="absent")["msg"]
    assert "mutually exclusive: attachments|state" in message


def test_two_networks_of_one_name(fleet: Fleet) -> None:
    ids = [
        fleet.api.post("network", "/networks", {"network": {"name": "same"}})["network"]["id"] for _number in range(2)
    ]
    entry = {"servers": ["web2"], "networks": ["same"], "security_groups": ["web"]}
    message = fleet.project.refuse(MODULE, attachments=[GOOD, entry])
    assert (
        f"attachment 2 (web2), networks: there are several networks named 'same': {', '.join(sorted(ids))}" in message
    )


def test_a_server_of_another_project(fleet: Fleet, new_project: Callable[[], Project]) -> None:
    message = new_project().refuse(MODULE, servers=["web2"], security_groups=["default"])
    assert "there is no server 'web2' in the project" in message


def test_a_port_without_port_security(fleet: Fleet) -> None:
    fleet.without_port_security("web2")
    address = fleet.port("web2")["fixed_ips"][0]["ip_address"]
    entry = {"servers": ["web2"], "security_groups": ["web"]}
    message = fleet.project.refuse(MODULE, attachments=[GOOD, entry])
    assert f"server web2, port {address} has port security disabled" in message


def test_a_port_without_port_security_that_needs_nothing(fleet: Fleet) -> None:
    fleet.without_port_security("web2")
    assert not fleet.project.attach({"servers": ["web2"], "security_groups": ["web"], "state": "absent"})["changed"]


def test_stateful_and_stateless_groups_on_one_port(fleet: Fleet) -> None:
    fleet.api.create_group("stateless", stateful=False)
    entry = {"servers": ["web2"], "security_groups": ["stateless"]}
    message = fleet.project.prevent(MODULE, attachments=[GOOD, entry])
    address = fleet.port("web2")["fixed_ips"][0]["ip_address"]
    assert f"server web2, port {address} would have stateful and stateless security groups" in message
    assert message.endswith("stateless are stateless")
    fleet.project.attach({**entry, "state": "exact"})
    assert fleet.groups_of("web2") == ["stateless"]


def test_a_cloud_that_does_not_filter_by_statefulness(fleet: Fleet) -> None:
    """As no Neutron up to 2026.1 does."""
    fleet.api.create_group("stateless", stateful=False)
    old = {"servers": ["web2"], "security_groups": ["stateless"], "state": "exact"}
    with Proxy(NoFilter("security-groups", "stateful")) as proxy, fleet.project.through(proxy) as cloud:
        for check_mode in (True, False):
            assert fleet.project.call(MODULE, connection=cloud, check_mode=check_mode, **old)["changed"]
        with pytest.raises(CloudError, match="would have stateful and stateless security groups"):
            run(fleet, cloud, security_groups=["web"])
    assert fleet.groups_of("web2") == ["stateless"]


def test_one_entry_attaches_what_another_detaches(fleet: Fleet) -> None:
    opposite = {"selector": {"name": "web*"}, "security_groups": ["web"], "state": "absent"}
    message = fleet.project.refuse(MODULE, attachments=[GOOD, opposite])
    assert "one entry attaches a group to a port from which another entry detaches it" in message


def run(fleet: Fleet, cloud: Cloud, **entry: Any) -> dict[str, Any]:
    return fleet.project.call(MODULE, connection=cloud, servers=["web2"], **entry)


def test_what_others_attach_at_the_same_time_stays(fleet: Fleet) -> None:
    cloud = Crowded(fleet.project, "set_port_groups", before=lambda: fleet.set_groups("web2", "default", "db"))
    result = run(fleet, cloud, security_groups=["web"])
    assert fleet.groups_of("web2") == ["db", "default", "web"]
    (port,) = result["servers"][0]["ports"]
    assert (port["before"], port["after"]) == (["default"], ["db", "default", "web"])


def test_what_others_detach_at_the_same_time_stays_away(fleet: Fleet) -> None:
    cloud = Crowded(fleet.project, "set_port_groups", before=lambda: fleet.set_groups("web2"))
    run(fleet, cloud, security_groups=["web"])
    assert fleet.groups_of("web2") == ["web"]


def test_exact_wins_over_what_others_attach_at_the_same_time(fleet: Fleet) -> None:
    cloud = Crowded(fleet.project, "set_port_groups", before=lambda: fleet.set_groups("web2", "default", "db"))
    run(fleet, cloud, security_groups=["web"], state="exact")
    assert fleet.groups_of("web2") == ["web"]


def test_others_do_the_same_at_the_same_time(fleet: Fleet) -> None:
    cloud = Crowded(fleet.project, "set_port_groups", before=lambda: fleet.set_groups("web2", "default", "web"))
    run(fleet, cloud, security_groups=["web"])
    assert fleet.groups_of("web2") == ["default", "web"]


def test_a_port_that_never_rests_is_an_error(fleet: Fleet) -> None:
    turns = iter(50 * [("default", "db"), ("default", "ssh")])
    cloud = Crowded(
        fleet.project, "set_port_groups", before=lambda: fleet.set_groups("web2", *next(turns)), always=True
    )
    with pytest.raises(CloudError, match=r"server web2, port .* kept changing"):
        run(fleet, cloud, security_groups=["web"])
    assert "web" not in fleet.groups_of("web2")


def test_an_error_on_the_way_tells_what_had_been_done(fleet: Fleet) -> None:
    cloud = Crowded(fleet.project, "set_port_groups", after=lambda: fleet.without_port_security("web2"))
    with pytest.raises(CloudError, match="Port security must be enabled") as caught:
        fleet.project.call(MODULE, connection=cloud, servers=["db1", "web2"], security_groups=["web"], parallel=1)
    address = fleet.port("db1")["fixed_ips"][0]["ip_address"]
    assert caught.value.done == [f"set the security groups of server db1, port {address}"]
