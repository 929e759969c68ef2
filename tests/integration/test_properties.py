# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for any rules, tried with random ones on the real Neutron."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import make_rule
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

Options = dict[str, Any]

# The same examples on every machine and in every run, so that a failure is everyone's.
repeatable = settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))

PORT_PROTOCOLS = ["tcp", "TCP", "6", "udp", "17", "sctp", "132", "dccp", "udplite"]
OTHER_PROTOCOLS = ["any", "esp", "50", "Vrrp", "112", "gre", "ah", "ip", "hopopt", "0", "200"]
ICMP = ["icmp", "ICMP", "1", "icmpv6", "ipv6-icmp", "58"]
PREFIXES = {
    "IPv4": ["0.0.0.0/0", "1.2.3.4/0", "10.0.0.0/24", "10.0.0.1/24", "10.0.0.1", "10.0.0.1/32"],
    "IPv6": ["::/0", "::1/0", "2001:db8::/32", "2001:db8::1/32", "2001:DB8:0:0::/32", "2001:db8::1", "2001:db8::1/128"],
}
PORTS = [1, 22, 80, 443, 65535]


@st.composite
def traffic(draw: st.DrawFn) -> Options:
    """Draw a protocol with ports that it can have, or with ICMP's type and code."""
    protocol = draw(st.sampled_from([None, *PORT_PROTOCOLS, *OTHER_PROTOCOLS, *ICMP]))
    options: Options = {"protocol": protocol}
    if protocol in ICMP and draw(st.booleans()):
        options["port_range_min"] = draw(st.sampled_from([0, 3, 8, 128]))
        options["port_range_max"] = draw(st.sampled_from([None, 0, 4]))
    if protocol in PORT_PROTOCOLS and draw(st.booleans()):
        low, high = sorted(draw(st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS))))
        options |= {"port_range_min": low, "port_range_max": high}
    return options


@st.composite
def rules(draw: st.DrawFn) -> Options:
    """Draw a rule with a prefix or without a remote, in any spelling."""
    family = draw(st.sampled_from(["IPv4", "IPv6"]))
    options = {
        **draw(traffic()),
        "direction": draw(st.sampled_from(["ingress", "egress"])),
        "ether_type": family,
        "remote_ip_prefix": draw(st.sampled_from([None, *PREFIXES[family]])),
    }
    return {name: value for name, value in options.items() if value is not None}


@st.composite
def entries(draw: st.DrawFn) -> Options:
    """Draw an entry of a rule list: a rule as above, or from a group; with one description for all that are equal."""
    options = draw(rules().filter(is_possible))
    if draw(st.booleans()):
        options.pop("remote_ip_prefix", None)
        options["remote_group"] = draw(st.sampled_from(["a", "b", "default"]))
    return options


rule_sets = st.fixed_dictionaries({"a": st.lists(entries(), max_size=8), "b": st.lists(entries(), max_size=8)})


def is_possible(options: Options) -> bool:
    try:
        make_rule(**options)
    except InputError:
        return False
    return True


def body_of(options: Options) -> Options:
    return {"ethertype" if name == "ether_type" else name: value for name, value in options.items()}


@pytest.fixture(scope="module")
def shared(new_project: Callable[[], Project]) -> Project:
    """One project for all examples, so that each set starts from what the one before it left."""
    return new_project()


@settings(repeatable, max_examples=25)
@given(wanted=rule_sets, description=st.sampled_from([None, "", "described"]))
def test_any_rules_converge_and_then_change_nothing(
    shared: Project, wanted: dict[str, list[Options]], description: str | None
) -> None:
    groups = [
        {"name": name, "rules": [{**entry, "description": description} for entry in rules_of]}
        for name, rules_of in wanted.items()
    ]
    check = shared.call("security_group_set", check_mode=True, groups=groups)
    real = shared.call("security_group_set", groups=groups)
    assert check.get("diff") == real.get("diff")
    assert not shared.call("security_group_set", check_mode=True, groups=groups)["changed"]
    for name, rules_of in wanted.items():
        keys = {make_rule(**entry).key for entry in rules_of}
        assert len(shared.api.rules(name)) == len(keys)


@pytest.fixture(scope="module")
def empty_group(shared: Project) -> str:
    group_id = shared.api.create_group("for-pairs")
    for rule_id in shared.api.rule_ids("for-pairs").values():
        shared.api.delete("network", f"/security-group-rules/{rule_id}")
    return group_id


def respelled(options: Options) -> st.SearchStrategy[Options]:
    """Draw what may or may not be the same rule: other protocols, ports or prefixes, or none at all."""
    family = options["ether_type"]
    prefixes = st.sampled_from([None, *PREFIXES[family]]).map(lambda prefix: {"remote_ip_prefix": prefix})
    base = {name: options[name] for name in ("direction", "ether_type")}
    remote = {"remote_ip_prefix": options.get("remote_ip_prefix")}
    sent = {name: options.get(name) for name in ("protocol", "port_range_min", "port_range_max")}
    changed = st.one_of(
        traffic().map(lambda drawn: {**base, **remote, **drawn}),
        prefixes.map(lambda drawn: {**base, **sent, **drawn}),
        st.sampled_from([None, *PORT_PROTOCOLS, *OTHER_PROTOCOLS, *ICMP]).map(
            lambda drawn: {**base, **remote, **sent, "protocol": drawn}
        ),
    )
    return changed.map(lambda drawn: {name: value for name, value in drawn.items() if value is not None})


@settings(repeatable, max_examples=60)
@given(pair=rules().flatmap(lambda options: st.tuples(st.just(options), respelled(options))))
def test_keys_are_equal_exactly_when_neutron_says_so(
    shared: Project, empty_group: str, pair: tuple[Options, Options]
) -> None:
    assume(all(map(is_possible, pair)))
    assert are_one_rule(pair) == are_one_to_neutron(shared, empty_group, pair)


V6 = {"ether_type": "IPv6"}
# What chance may miss: the protocol with two names, those without any, and ends of ranges and of the world.
CORNERS: list[tuple[Options, Options]] = [
    ({"protocol": "0"}, {"protocol": "ip"}),
    ({"protocol": "0"}, {"protocol": "hopopt"}),
    ({"protocol": "ip"}, {"protocol": "hopopt"}),
    ({"protocol": "0"}, {}),
    ({"protocol": "hopopt"}, {}),
    ({"protocol": "200"}, {"protocol": "201"}),
    ({"protocol": "200"}, {"protocol": "200"}),
    ({"protocol": "255", **V6}, {"protocol": "255"}),
    ({"protocol": "44", **V6}, {"protocol": "ipv6-frag", **V6}),
    ({"protocol": "41", **V6}, {"protocol": "ipv6-encap", **V6}),
    ({"protocol": "icmp", "port_range_min": 1, "port_range_max": 65535}, {"protocol": "1"}),
    ({"protocol": "icmp", "port_range_min": 0, "port_range_max": 0}, {"protocol": "icmp"}),
    ({"protocol": "icmp", "port_range_min": 0, "port_range_max": 0}, {"protocol": "icmp", "port_range_min": 0}),
    ({"protocol": "1", **V6, "port_range_min": 0}, {"protocol": "icmpv6", **V6, "port_range_min": 0}),
    ({"protocol": "esp", "port_range_min": 1, "port_range_max": 65535}, {"protocol": "50"}),
    ({"port_range_min": 1, "port_range_max": 65535}, {"protocol": "any"}),
    ({"protocol": "tcp", "port_range_min": 2, "port_range_max": 65535}, {"protocol": "tcp"}),
    ({"remote_ip_prefix": "10.0.0.1/24"}, {"remote_ip_prefix": "10.0.0.0/24"}),
    ({"remote_ip_prefix": "2001:db8::1/32", **V6}, {"remote_ip_prefix": "2001:db8::/32", **V6}),
    ({"remote_ip_prefix": "::/0", **V6}, V6),
    ({"remote_ip_prefix": "::1/0", **V6}, V6),
    ({"remote_ip_prefix": "0.0.0.0/0"}, {"remote_ip_prefix": "1.2.3.4/0"}),
    ({"remote_ip_prefix": "0.0.0.0/0"}, V6),
    ({"remote_ip_prefix": "::ffff:192.0.2.1", **V6}, {"remote_ip_prefix": "::ffff:c000:201/128", **V6}),
    ({"description": "one"}, {"description": "two"}),
]


@pytest.mark.parametrize("pair", CORNERS, ids=str)
def test_keys_are_equal_exactly_when_neutron_says_so_in_corners(
    shared: Project, empty_group: str, pair: tuple[Options, Options]
) -> None:
    assert are_one_rule(pair) == are_one_to_neutron(shared, empty_group, pair)


@settings(repeatable, max_examples=60)
@given(
    options=rules(),
    odd=st.fixed_dictionaries(
        {},
        optional={
            "protocol": st.sampled_from(["tpc", "256", "-2", "esp", "ipv6-frag", "icmpv6"]),
            "port_range_min": st.sampled_from([0, 22, 256, 65536]),
            "port_range_max": st.sampled_from([0, 21, 255, 65536]),
            "remote_ip_prefix": st.sampled_from(["10.0.0.0/33", "10.0.0", "2001:db8::/129", "192.0.2.7", "::1"]),
        },
    ),
)
def test_a_rule_is_refused_exactly_when_neutron_refuses_it(
    shared: Project, empty_group: str, options: Options, odd: Options
) -> None:
    rule = {**options, **odd}
    status = create_rule(shared, empty_group, rule)
    clear(shared)
    assert status == (201 if is_possible(rule) else 400)


def are_one_rule(pair: tuple[Options, Options]) -> bool:
    return make_rule(**pair[0]).key == make_rule(**pair[1]).key


def are_one_to_neutron(project: Project, group_id: str, pair: tuple[Options, Options]) -> bool:
    first, second = (create_rule(project, group_id, options) for options in pair)
    clear(project)
    assert first == 201
    assert second in (201, 409)
    return second == 409


def create_rule(project: Project, group_id: str, options: Options) -> int:
    body = {"security_group_rule": {"direction": "ingress", **body_of(options), "security_group_id": group_id}}
    return int(project.api.call("POST", "network", "/security-group-rules", body).status_code)


def clear(project: Project) -> None:
    for rule_id in project.api.rule_ids("for-pairs").values():
        project.api.delete("network", f"/security-group-rules/{rule_id}")
