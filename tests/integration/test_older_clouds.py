# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds of older releases, imitated: what they lack is named, what does not need it works."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.requests import RESULTS
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import (
    Without,
    no_bulk,
    no_sorting,
    older,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.neutron_releases import RELEASES
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Behaviour,
    Call,
    Forward,
    Proxy,
    SmallPages,
    neutron_error,
)

# The cases are releases and what they lack.
pytestmark = pytest.mark.every_case

SET = "security_group_set"
DEFAULT_RULES = "security-groups-default-rules"
REMOTE = "security-groups-remote-address-group"


def hidden_default_rules(call: Call, forward: Forward) -> Answer:
    """Refuse the list of default rules, as a cloud whose administrator has made its policy stricter."""
    if call.path.endswith("/default-security-group-rules"):
        return neutron_error(403, "PolicyNotAuthorized", "it is disallowed by policy")
    return forward(call)


# The rules of new groups


@pytest.mark.parametrize(("room", "fits"), [(3, True), (2, False)])
def test_built_in_rules_count_against_the_quota(project: Project, admin: Api, room: int, fits: bool) -> None:
    """Before 2023.2 Neutron has no list of default rules, but gives every group two."""
    standing = len(project.api.group("default")["security_group_rules"])
    admin.put("network", f"/quotas/{project.id}", {"quota": {"security_group_rule": standing + room}})
    arguments: dict[str, Any] = {"groups": [{"name": "web", "rules": [{"service": "ssh"}]}]}
    with Proxy(Without(DEFAULT_RULES)) as proxy, project.through(proxy) as cloud:
        for check_mode in (True, False):
            if fits:
                assert project.call(SET, connection=cloud, check_mode=check_mode, **arguments)["changed"]
            else:
                with pytest.raises(CloudError, match="needs 3 more security group rules"):
                    project.call(SET, connection=cloud, check_mode=check_mode, **arguments)
        assert bool(proxy.traffic.writes()) == fits


def test_built_in_rules_are_those_of_the_template(project: Project) -> None:
    project.api.create_group("web", [{"protocol": "tcp"}])
    found = project.call("security_group_info")
    assert [len(group["template_rules"]) for group in found["security_groups"]] == [4, 2]
    with Proxy(Without(DEFAULT_RULES)) as proxy, project.through(proxy) as cloud:
        assert project.call("security_group_info", connection=cloud) == found


def test_default_rules_that_may_not_be_seen(project: Project) -> None:
    """They can be anything: none are taken for the built-in ones."""
    with Proxy(hidden_default_rules) as proxy, project.through(proxy) as cloud:
        (group,) = project.call("security_group_info", connection=cloud, name="default")["security_groups"]
        assert group["template_rules"] == []
        arguments: dict[str, Any] = {"groups": [{"name": "web", "rules": [{"service": "ssh"}]}]}
        assert project.call(SET, connection=cloud, **arguments)["changed"]


# Every release, as its recorded API has it


def all_results(project: Project, cloud: Cloud) -> dict[str, dict[str, Any]]:
    """Return results of all modules that tell of Neutron's resources: one of each kind, by what it is."""

    def call(module: str, **arguments: Any) -> dict[str, Any]:
        return project.call(module, connection=cloud, **arguments)

    ssh = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "192.0.2.0/24"}
    found = {
        "group of the set": call(SET, groups=[{"name": "web", "rules": [ssh]}])["groups"][0],
        "group": call("security_group", name="web")["security_group"],
        "group that is read": call("security_group_info", name="web")["security_groups"][0],
        "rule": call("security_group_rule", security_group="web", **ssh)["rule"],
        "rule that is read": call("security_group_rule_info", security_group="web")["security_group_rules"][0],
    }
    found["rule of a group"] = found["group"]["security_group_rules"][0]
    if "address-group" in cloud.extensions:
        found["address group"] = call("address_group", name="offices")["address_group"]
        found["address group that is read"] = call("address_group_info")["address_groups"][0]
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_results_have_the_same_keys(project: Project, release: str) -> None:
    """What the release lacks is there as None."""
    expected = all_results(project, project.connection)
    with Proxy(*older(release)) as proxy, project.through(proxy) as cloud:
        results = all_results(project, cloud)
    keys = {what: set(thing) for what, thing in results.items()}
    assert keys == {what: set(thing) for what, thing in expected.items() if what in results}
    assert (results["group"]["stateful"] is None) == (release == "train")
    assert (results["rule"]["normalized_cidr"] is None) == (release in ("train", "victoria"))
    assert results["rule"]["tags"] == []


def test_keys_of_results_are_those_of_the_newest_neutron(project: Project) -> None:
    project.api.create_group("web", [{"protocol": "tcp"}])
    project.api.post("network", "/address-groups", {"address_group": {"name": "offices"}})
    found = {path: project.api.get("network", path)[path.strip("/").replace("-", "_")][0] for path in RESULTS}
    # Only rules that come with their group have all of their keys.
    found["/security-group-rules"] |= project.api.group("web")["security_group_rules"][0]
    for path, thing in found.items():
        # Neutron's own key, which is part of no API, and returned with rules that come with their group alone.
        assert set(thing) - {"standard_attr_id"} == RESULTS[path], path


@pytest.mark.parametrize("release", RELEASES)
def test_the_life_of_a_group(project: Project, release: str) -> None:
    described: dict[str, Any] = {"name": "web", "description": "front", "tags": ["a"], "rules": [{"service": "ssh"}]}
    with Proxy(*older(release)) as proxy, project.through(proxy) as cloud:
        for group in (described, {**described, "rules": [{"service": "https"}]}, {"name": "web", "state": "absent"}):
            arguments: dict[str, Any] = {"groups": [group], "owner": "team-a", "connection": cloud}
            assert project.call(SET, check_mode=True, **arguments)["changed"]
            assert project.call(SET, **arguments)["changed"]
            assert not project.call(SET, **arguments)["changed"]
    assert project.api.groups() == []


@pytest.mark.parametrize("release", RELEASES)
def test_groups_are_attached_and_detached(fleet: Fleet, release: str) -> None:
    ours: dict[str, Any] = {"servers": ["web1", "web2"], "security_groups": ["ssh"]}
    with Proxy(*older(release)) as proxy, fleet.project.through(proxy) as cloud:
        for state, expected in (("present", ["default", "ssh"]), ("absent", ["default"])):
            arguments = {**ours, "state": state, "connection": cloud}
            assert fleet.project.call("server_security_groups", check_mode=True, **arguments)["changed"]
            assert fleet.project.call("server_security_groups", **arguments)["changed"]
            assert fleet.groups_of("web2") == expected


WITH_REMOTE: dict[str, Any] = {"groups": [{"name": "web", "rules": [{"remote_address_group": "offices"}]}]}
LACKS: list[tuple[str, str, dict[str, Any], str]] = [
    ("train", SET, {"groups": [{"name": "web", "stateful": False}]}, "needs the extension stateful-security-group"),
    ("train", SET, WITH_REMOTE, "lacks the extension address-group"),
    ("train", "address_group", {"name": "a"}, "lacks the extension address-group"),
    ("train", "security_group_rule_info", {"remote_address_group": "a"}, f"needs the extension {REMOTE}"),
    ("victoria", SET, WITH_REMOTE, f"needs the extension {REMOTE}"),
    ("2023.1", "default_security_group_rule", {"protocol": "tcp"}, f"lacks the extension {DEFAULT_RULES}"),
]


@pytest.mark.parametrize(("release", "module", "arguments", "expected"), LACKS)
def test_what_a_release_lacks_is_named(
    project: Project, release: str, module: str, arguments: dict[str, Any], expected: str
) -> None:
    project.api.post("network", "/address-groups", {"address_group": {"name": "offices"}})
    with Proxy(*older(release)) as proxy, project.through(proxy) as cloud:
        for check_mode in (True, False):
            with pytest.raises(CloudError, match=expected):
                project.call(module, connection=cloud, check_mode=check_mode, **arguments)
        assert not proxy.traffic.writes()


# Address groups without rules for them: Victoria


def test_an_address_group_is_deleted_where_no_rule_can_have_it(project: Project) -> None:
    project.api.post("network", "/address-groups", {"address_group": {"name": "offices"}})
    arguments: dict[str, Any] = {"name": "offices", "state": "absent"}
    with Proxy(Without(REMOTE, DEFAULT_RULES)) as proxy, project.through(proxy) as cloud:
        assert not project.call("address_group", connection=cloud, check_mode=True, **arguments)["warnings"]
        assert project.call("address_group", connection=cloud, **arguments)["changed"]
    assert project.api.get("network", "/address-groups")["address_groups"] == []


@pytest.mark.parametrize(
    ("module", "arguments", "expected"),
    [
        (
            "security_group_rule_info",
            {"remote_address_group": "offices"},
            f"remote_address_group needs the extension {REMOTE}",
        ),
        (
            "security_group_rule_info",
            {"revision_number": 1},
            "revision_number needs the extension standard-attr-revisions",
        ),
        ("security_group_info", {"revision_number": 1}, "revision_number needs the extension standard-attr-revisions"),
        ("security_group_info", {"not_any_tags": ["a"]}, "not_any_tags needs the extension standard-attr-tag"),
    ],
)
def test_a_search_that_the_cloud_cannot_do(
    project: Project, module: str, arguments: dict[str, Any], expected: str
) -> None:
    project.api.post("network", "/address-groups", {"address_group": {"name": "offices"}})
    lacking = (REMOTE, DEFAULT_RULES, "standard-attr-revisions", "revision-if-match", "standard-attr-tag")
    with Proxy(Without(*lacking)) as proxy, project.through(proxy) as cloud, pytest.raises(CloudError, match=expected):
        project.call(module, connection=cloud, **arguments)


# Lists: how many, how ordered


def test_a_cloud_that_takes_one_at_a_time(project: Project) -> None:
    """No Neutron since Queens does: the cloud's own words are the error, before anything is changed."""
    with Proxy(no_bulk) as proxy, project.through(proxy) as cloud:
        with pytest.raises(CloudError, match="was answered 400: Bulk operation not supported") as caught:
            project.call(SET, connection=cloud, groups=[{"name": "web"}])
        assert not caught.value.done
    assert project.api.groups() == []


@pytest.mark.parametrize("behaviour", [no_sorting, SmallPages(1)], ids=["unsorted", "pages of one"])
def test_lists_that_come_in_another_order_or_in_pages(project: Project, behaviour: Behaviour) -> None:
    rules = [{"service": name, "remote_groups": ["a", "b"]} for name in ("ssh", "https")]
    groups = [{"name": name, "rules": rules, "tags": ["t"]} for name in ("b", "a", "c")]
    with Proxy(behaviour) as proxy, project.through(proxy) as cloud:
        made = project.call(SET, connection=cloud, groups=groups, owner="team-a", prune=True)
        again = project.call(SET, connection=cloud, groups=groups, owner="team-a", prune=True)
        results = [project.call(module, connection=cloud) for module in INFO]
    assert ([group["name"] for group in made["groups"]], again["changed"]) == (["a", "b", "c"], False)
    for module, result in zip(INFO, results, strict=True):
        assert without_order(result) == without_order(project.call(module)), module
    assert [group["name"] for group in results[0]["security_groups"]] == ["a", "b", "c", "default"]


@pytest.mark.parametrize("behaviour", [no_sorting, SmallPages(1)], ids=["unsorted", "pages of one"])
def test_servers_and_ports_that_come_in_another_order_or_in_pages(fleet: Fleet, behaviour: Behaviour) -> None:
    arguments: dict[str, Any] = {"selector": {"name": "web*"}, "security_groups": ["ssh"]}
    with Proxy(behaviour) as proxy, fleet.project.through(proxy) as cloud:
        made = fleet.project.call("server_security_groups", connection=cloud, **arguments)
        assert not fleet.project.call("server_security_groups", connection=cloud, **arguments)["changed"]
    assert made["changed"]
    assert [server["name"] for server in made["servers"]] == ["web1", "web2"]


INFO = ("security_group_info", "security_group_rule_info", "address_group_info")


def without_order(value: Any) -> Any:
    """Return a value of JSON in which lists that have the same entries are equal."""
    if isinstance(value, dict):
        return {key: without_order(entry) for key, entry in value.items()}
    return sorted(map(repr, map(without_order, value))) if isinstance(value, list) else value
