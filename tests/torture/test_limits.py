# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas that are too small, and clouds that lack extensions of Neutron."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import EXTENSIONS, Without
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy
from ansible_collections.portcullis.openstack.tests.torture.states import Given, everything, port, set_up
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

SET = "security_group_set"
FIVE: list[dict[str, Any]] = [{"protocol": "tcp", "ports": ["1", "2", "3", "4", "5"]}]
OTHERS: list[dict[str, Any]] = [{"protocol": "tcp", "ports": ["6", "7", "8", "9", "10"]}]
# Four rules that every project's default group has, and two more for each new group.
DEFAULT, TEMPLATE = 4, 2
START = [Given("web", [port(number) for number in range(1, 6)])]


def web(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"name": "web", "rules": rules}


DB, GONE = {"name": "db"}, {"name": "web", "state": "absent"}
QUOTAS: list[tuple[str, dict[str, int], list[dict[str, Any]], bool, str | None]] = [
    (
        "groups",
        {"security_group": 2},
        [DB],
        False,
        "1 more security groups, but the project's quota is 2 and 2 are used",
    ),
    ("no group at all", {"security_group": 0}, [DB], False, "the project's quota is 0 and 2 are used"),
    (
        "no rule at all",
        {"security_group_rule": 0},
        [web(*FIVE, *OTHERS)],
        False,
        "the project's quota is 0 and 9 are used",
    ),
    ("nothing new where nothing is allowed", {"security_group": 0, "security_group_rule": 0}, [web()], False, None),
    ("a deleted group makes no room in time", {"security_group": 2}, [DB, GONE], False, "delete_first"),
    ("the same, deleted first", {"security_group": 2}, [DB, GONE], True, None),
    ("rules", {"security_group_rule": 13}, [web(*FIVE, *OTHERS)], False, "5 more security group rules"),
    ("rules that fit", {"security_group_rule": 14}, [web(*FIVE, *OTHERS)], False, None),
    (
        "old and new rules at once",
        {"security_group_rule": 13},
        [web(*OTHERS)],
        False,
        "With delete_first, which deletes old ones first, the plan needs 0 more",
    ),
    ("the same, deleted first", {"security_group_rule": 9}, [web(*OTHERS)], True, None),
    ("the template's", {"security_group_rule": 15}, [{**DB, "rules": FIVE}], False, "7 more security group rules"),
    ("rules and template that fit", {"security_group_rule": 16}, [{**DB, "rules": FIVE}], False, None),
    ("no limit", {"security_group": -1, "security_group_rule": -1}, [{**DB, "rules": FIVE}], False, None),
    ("nothing new", {"security_group": 2, "security_group_rule": 9}, [web()], False, None),
]


def test_quotas(project: Project, admin: Api, tally: Tally) -> None:
    """What cannot fit fails at once, in check mode too; what fits is not held back."""
    for name, limits, groups, delete_first, expected in QUOTAS:
        arguments: dict[str, Any] = {"groups": groups, "delete_first": delete_first}
        with tally("limit: quota", name):
            admin.limit(project.id, security_group=-1, security_group_rule=-1)
            set_up(project.api, START)
            admin.limit(project.id, **limits)
            before = everything(project.api)
            if expected is None:
                project.call(SET, check_mode=True, **arguments)
                assert project.call(SET, **arguments)["changed"]
                assert not project.call(SET, **arguments)["changed"]
            else:
                for check_mode in (True, False):
                    with pytest.raises(CloudError) as caught:
                        project.call(SET, check_mode=check_mode, **arguments)
                    assert expected in str(caught.value)
                    assert not caught.value.done
                assert everything(project.api) == before


def test_the_quota_of_a_groups_own_project(project: Project, admin: Api, administrator: Project, tally: Tally) -> None:
    """An administrator's run is about the group's project, also where its id alone tells which."""
    set_up(project.api, START)
    options = {"id": project.api.group("web")["id"], "name": "web", "security_group_rules": [*FIVE, *OTHERS]}
    admin.limit(project.id, security_group_rule=13)
    with tally("limit: quota", "of another project"):
        with pytest.raises(CloudError) as caught:
            administrator.call("security_group", **options)
        assert "5 more security group rules, but the project's quota is 13 and 9 are used" in str(caught.value)
        assert not caught.value.done
    admin.limit(project.id, security_group_rule=14)
    administrator.call("security_group", **options)
    assert len(project.api.rules("web")) == 10


def test_the_cloud_agrees_with_the_sums(project: Project, admin: Api, tally: Tally) -> None:
    """Without the look at the quota: the least that we would let pass suffices, and one less does not."""
    for groups, rules in itertools.product((1, 3), (FIVE, [*FIVE, {"direction": "egress"}])):
        arguments: dict[str, Any] = {"groups": [{"name": f"g{number}", "rules": rules} for number in range(groups)]}
        need = DEFAULT + groups * (TEMPLATE + len(FIVE[0]["ports"]))
        for room, fits in ((need, True), (need - 1, False)):
            with tally("limit: quota, by the cloud itself", f"{groups} groups, {len(rules)} entries, {room}"):
                set_up(project.api, [])
                admin.limit(project.id, security_group_rule=room)
                with Proxy(Without("quota_details")) as proxy, project.through(proxy) as connection:
                    error = error_of(project, connection=connection, **arguments)
                assert (error is None) == fits, error
                assert error is None or "Quota exceeded" in error


def error_of(project: Project, module: str = SET, **arguments: Any) -> str | None:
    """Return what a module fails with on the cloud, or None if it succeeds."""
    try:
        project.call(module, **arguments)
    except CloudError as error:
        return str(error)
    return None


def of_address_group(name: str) -> dict[str, Any]:
    return {"groups": [web({"remote_address_group": name})]}


PORT = {"protocol": "tcp", "port_range_min": 1, "port_range_max": 1}
REMOTE = "security-groups-remote-address-group"
DEFAULT_RULES = "security-groups-default-rules"
PLAIN: dict[str, Any] = {"groups": [{"name": "web", "description": "front", "rules": [{"service": "ssh"}]}]}
# What needs an extension, and what it must say if the cloud lacks it; None where it works all the same.
NEEDS: list[tuple[str, str, dict[str, Any], str | None]] = [
    ("standard-attr-tag", SET, {"groups": [{"name": "web", "tags": ["t"]}]}, "standard-attr-tag"),
    ("standard-attr-tag", SET, {**PLAIN, "owner": "team-a"}, "standard-attr-tag"),
    ("standard-attr-tag", SET, {"groups": [], "owner": "team-a", "prune": True}, "standard-attr-tag"),
    ("standard-attr-tag", "security_group", {"name": "web", "tags": ["t"]}, "standard-attr-tag"),
    ("standard-attr-tag", "security_group_info", {"tags": ["t"]}, "standard-attr-tag"),
    ("stateful-security-group", SET, {"groups": [{"name": "web", "stateful": False}]}, "stateful-security-group"),
    ("stateful-security-group", "security_group", {"name": "web", "stateful": True}, "stateful-security-group"),
    ("address-group", "address_group", {"name": "offices", "addresses": ["192.0.2.0/24"]}, "address-group"),
    ("address-group", "address_group_info", {}, "address-group"),
    ("address-group", SET, of_address_group("x"), "address-group"),
    (REMOTE, SET, of_address_group("offices"), REMOTE),
    (DEFAULT_RULES, "default_security_group_rule", PORT, DEFAULT_RULES),
    ("rbac-security-groups", "security_group", {"name": "web", "shared_with": ["*"]}, "rbac-security-groups"),
    ("quota_details", SET, PLAIN, None),
    ("standard-attr-revisions", SET, PLAIN, None),
    ("revision-if-match", SET, PLAIN, None),
    ("tag-creation", SET, {**PLAIN, "owner": "team-a"}, None),
]


def test_missing_extensions(project: Project, administrator: Project, tally: Tally) -> None:
    """What needs one says which, and changes nothing; what does not works, and then changes nothing more."""
    tally.expect(*(f"limit: without {alias}" for alias in EXTENSIONS))
    for alias, module, arguments, missing in NEEDS:
        caller = administrator if module == "default_security_group_rule" else project
        with tally(f"limit: without {alias}", f"{module} {arguments}"):
            set_up(project.api, [])
            project.api.post("network", "/address-groups", {"address_group": {"name": "offices"}})
            before = everything(project.api)
            for check_mode in (True, False):
                with Proxy(Without(alias)) as proxy, caller.through(proxy) as connection:
                    error = error_of(caller, module, check_mode=check_mode, connection=connection, **arguments)
                    if missing is None:
                        assert error is None
                    else:
                        assert error is not None, "it succeeded"
                        assert f"extension {missing}" in error
                        assert not proxy.traffic.writes()
                        assert everything(project.api) == before
            if missing is None:
                with Proxy(Without(alias)) as proxy, caller.through(proxy) as connection:
                    assert not caller.call(module, connection=connection, **arguments)["changed"]


@pytest.mark.parametrize("alias", EXTENSIONS)
def test_what_needs_no_extension(alias: str, project: Project, tally: Tally) -> None:
    """The life of a group on a cloud that lacks one of them, or all."""
    for lacking in ([alias], list(EXTENSIONS)):
        with tally(f"limit: without {alias}", f"the life of a group without {lacking}"):
            set_up(project.api, [])
            with Proxy(Without(*lacking)) as proxy, project.through(proxy) as connection:
                for groups in (PLAIN["groups"], [{"name": "web", "rules": [{"service": "https"}], "description": ""}]):
                    assert project.call(SET, connection=connection, groups=groups)["changed"]
                    assert not project.call(SET, connection=connection, groups=groups)["changed"]
                assert project.api.rules("web") == ["ingress IPv4 tcp 443:443"]
                gone = [{"name": "web", "state": "absent"}]
                assert project.call(SET, connection=connection, groups=gone)["changed"]
            assert project.api.groups() == []


@pytest.mark.parametrize("lacking", [("revision-if-match",), ("revision-if-match", "standard-attr-revisions")])
def test_attaching_without_if_match(lacking: tuple[str, ...], fleet: Fleet, tally: Tally) -> None:
    """It works, says what it cannot promise, and reads each port once more right before it writes it."""
    ours: dict[str, Any] = {"servers": ["web1", "web2"], "security_groups": ["ssh"], "parallel": 1}
    with tally("limit: without revision-if-match", f"attach without {lacking}"):
        with Proxy(Without(*lacking)) as proxy, fleet.project.through(proxy) as connection:
            result = fleet.project.call("server_security_groups", connection=connection, **ours)
            again = fleet.project.call("server_security_groups", connection=connection, **ours)
        (warning,) = result["warnings"]
        assert "revision-if-match" in warning
        assert not again["changed"]
        assert not again["warnings"]
        assert fleet.groups_of("web2") == ["default", "ssh"]
        steps = [(r.method, r.path) for r in proxy.traffic if r.path.startswith("/v2.0/ports/")]
        assert [method for method, _path in steps] == ["GET", "PUT"] * 3
        assert [path for _method, path in steps[::2]] == [path for _method, path in steps[1::2]]
