# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports entries mean, and the errors of those that do not exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.ports import (
    Context,
    Port,
    PortChange,
    Wish,
    plan_port,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.selection import (
    choose_ports,
    disappeared,
    judge_contradictions,
    ports_of_other_projects,
    without_port_security,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError


def port(id_: str, server_id: str | None = "s1", network_id: str = "n1", **attributes: Any) -> Port:
    values = {"project_id": "p", "address": id_, "port_security": True, "security_groups": (), "revision": 1}
    return Port(id=id_, server_id=server_id, network_id=network_id, **{**values, **attributes})


PORTS = [port("a"), port("b", "s1", "n2"), port("c", "s2", "n2"), port("d", "s3", "n3"), port("e", None)]


@pytest.mark.parametrize(
    ("servers", "networks", "chosen"),
    [
        pytest.param({"s1", "s2"}, {}, "abc", id="in all networks"),
        pytest.param({"s1", "s2"}, {"x": ["n2"]}, "bc", id="in one network"),
        pytest.param({"s1", "s2"}, {"x": ["n1"], "y": ["n2"]}, "abc", id="in two networks"),
        pytest.param({"s1", "s2"}, {"x": ["n9"]}, "", id="in none"),
        pytest.param({"s1", "s2"}, {"x": ["n2", "n3"]}, "bc", id="of networks of one name, the one of the servers"),
        pytest.param({"s2", "s3"}, {"x": ["n2", "n3"]}, "cd", id="each server in another network of the name"),
    ],
)
def test_choose_ports(servers: set[str], networks: Mapping[str, Sequence[str]], chosen: str) -> None:
    assert [one.id for one in choose_ports(PORTS, servers, networks)] == list(chosen)


@pytest.mark.parametrize(("servers", "ids"), [({"s1"}, ["n1", "n2"]), ({"s1", "s2"}, ["n8", "n9"])])
def test_a_name_of_several_networks(servers: set[str], ids: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        choose_ports(PORTS, servers, {"x": ids, "y": ["n1"]})
    assert str(caught.value).startswith(f"networks: there are several networks named 'x': {', '.join(ids)}; ")


def test_ports_of_strangers() -> None:
    strangers = [port("a", project_id="q"), port("e", None), port("c", "s2", project_id="q"), port("b", project_id="r")]
    warning = "ports of other projects claim to belong to server {}, and are left alone: {}"
    assert ports_of_other_projects(strangers, {"s1": "web\n1", "s2": "web2"}) == [
        warning.format(r"'web\n1'", "port a (a) of project q; port b (b) of project r"),
        warning.format("web2", "port c (c) of project q"),
    ]


def test_contradictions() -> None:
    clash = [Wish("present", ("x", "y"), "attachment 1"), Wish("absent", ("x",), "attachment 3")]
    wishes = {"b": clash, "a": clash, "c": [*clash, Wish("owned", ("z",), "attachment 2")], "d": clash[:1]}
    places = {id_: f"port {id_}" for id_ in wishes}
    with pytest.raises(InputError) as caught:
        judge_contradictions(wishes, places, str.upper)
    assert str(caught.value) == (
        "attachment 1 and attachment 3, security_groups: one entry attaches a group to a port from which another entry "
        "detaches it: security group X, port a; port b; port c"
    )
    judge_contradictions({"d": clash[:1]}, places, str.upper)


def change(id_: str, *wishes: Wish, server_id: str | None = "s1") -> PortChange:
    return plan_port(port(id_, server_id, port_security=False), f"port {id_}", wishes, Context())


def named(label: str) -> Wish:
    return Wish("present", ("x",), label, named=True)


def selected(label: str) -> Wish:
    return Wish("present", ("x",), label)


def test_ports_without_port_security() -> None:
    nothing = Wish("absent", ("y",), "attachment 4", named=True)
    changes = [
        change("b", selected("attachment 1"), nothing),
        change("a", selected("attachment 1")),
        change("c", selected("attachment 1"), named("attachment 2")),
        change("d", named("attachment 3"), server_id=None),
    ]
    errors, warnings = without_port_security(changes)
    assert [str(error).split(" has port security disabled", maxsplit=1)[0] for error in errors] == [
        "attachment 2, servers: port c",
        "attachment 3, ports: port d",
    ]
    (warning,) = warnings
    assert warning.startswith("attachment 1, selector: ports with port security disabled take no security groups")
    assert warning.endswith(": port a; port b")


def test_disappeared() -> None:
    changes = [
        change("a", selected("attachment 1")),
        change("b", selected("attachment 1"), named("attachment 2")),
        change("c", named("attachment 3"), server_id=None),
    ]
    errors, warnings = disappeared(changes)
    assert errors == [
        "attachment 2, servers: port b disappeared during the run",
        "attachment 3, ports: port c disappeared during the run",
    ]
    assert warnings == ["attachment 1, selector: port a disappeared during the run"]
