# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exposures, classes and answers in words."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._audit.rows import (
    listed,
    path_text,
    question,
    rows,
    sections,
)
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.audit.results import (
    INTERNET,
    OFFICES,
    answer,
    exposure,
    of_class,
    port,
    port_class,
    result,
)

WEB = of_class("web")


def cells(source: dict[str, Any], target: dict[str, Any], *traffic: str, **differing: Any) -> tuple[str, ...]:
    (row,) = rows(result(exposure(source, target, *traffic, **differing)))
    return row.cells()


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (INTERNET, "Internet"),
        (OFFICES, "198.51.100.0/24, 2001:db8::/32"),
        (of_class("web #1", "web"), "web #1"),
        ({"kind": "address_group", "name": "offices", "addresses": []}, "address group offices"),
        ({"kind": "hidden_members", "name": "web"}, "hidden members of web"),
        (of_class("a\u202eb"), "'a\\u202eb'"),
        (of_class("Internet"), "class Internet"),
        (of_class("address group offices"), "class address group offices"),
        (of_class("hidden members of web"), "class hidden members of web"),
        (of_class("192.0.2.0/24"), "class 192.0.2.0/24"),
    ],
)
def test_ends(end: dict[str, Any], text: str) -> None:
    assert cells(end, WEB, "any")[:2] == (text, "web")
    assert cells(WEB, end, "any")[:2] == ("web", text)


@pytest.mark.parametrize(
    ("traffic", "services", "text"),
    [
        (["tcp/9443", "udp/6000-6010"], ["shop"], "shop"),
        (["tcp/443"], ["https"], "https"),
        (["tcp/80", "tcp/443", "tcp/12345"], ["http", "https"], "http, https, tcp/12345"),
        (["tcp/53", "udp/53"], ["dns"], "dns"),
        (["udp/53"], ["dns"], "udp/53"),
        (["udp/60000-61000"], ["mosh"], "mosh"),
        (["icmp/8:0", "esp"], ["ping"], "ping, esp"),
        (["ipv6-icmp/128:0"], ["ping"], "ping"),
        (["icmp/3:4"], ["ping"], "icmp/3:4"),
        (["icmp/8:0", "ipv6-icmp/128:0"], ["ping"], "ping"),
        (["tcp/8080"], ["http-alt", "jenkins"], "tcp/8080"),
        (["tcp/443"], ["of-others"], "tcp/443"),
        (["any"], [], "any"),
    ],
)
def test_traffic_has_names_where_they_are_certain(traffic: list[str], services: list[str], text: str) -> None:
    own = {"shop": ("tcp/9443", "udp/6000:6010")}
    (row,) = rows(result(exposure(INTERNET, WEB, *traffic, services=services)), own)
    assert ", ".join(row.traffic) == text


def test_a_verdict_and_families_are_notes() -> None:
    assert cells(INTERNET, WEB, "esp", families=["IPv6"], verdict="unknown")[2] == "esp (IPv6 only, unknown)"
    assert cells(INTERNET, OFFICES, "esp", families=["IPv6"])[2] == "esp"


def test_one_family_is_no_note_where_an_end_has_no_other() -> None:
    web = port_class("web", families=["IPv4"])
    (row,) = rows(result(exposure(of_class("db"), WEB, "esp", families=["IPv4"]), classes=[web]))
    assert row.cells()[2] == "esp"


def test_other_cells() -> None:
    found = cells(INTERNET, WEB, "esp", instances=12, security_groups=["a", "b\n"], path="routed_ipv6")
    assert found[3:] == ("12", "a, 'b\\n'", "routed IPv6")
    assert [path_text(path) for path in ("router", "none_seen", "unknown")] == ["router", "none seen", "unknown"]


def test_long_lists_are_cut_on_request() -> None:
    things = ["a", "b", "c"]
    assert [listed(things, most) for most in (None, 3, 2)] == ["a, b, c", "a, b, c", "a, b and 1 more"]


@pytest.mark.parametrize(
    ("differing", "text"),
    [
        ({}, "internet → db tcp/5432"),
        ({"protocol": None}, "internet → db port 5432"),
        ({"port": "6000-6010"}, "internet → db tcp/6000-6010"),
        ({"port": None}, "internet → db tcp"),
        ({"port": None, "protocol": None}, "internet → db any traffic"),
        ({"from": "a\nb", "to": "192.0.2.1"}, "'a\\nb' → 192.0.2.1 tcp/5432"),
    ],
)
def test_questions(differing: dict[str, Any], text: str) -> None:
    assert question(answer(**differing)) == text


def section(heading: str, found: dict[str, Any], most: int | None = None) -> list[str]:
    return dict(sections(found, most)).get(heading, [])


def test_sections_that_are_empty_are_left_out() -> None:
    assert list(sections(result(exposure(INTERNET, WEB, "esp")))) == []
    full = result(assumptions=["a"], unknown=["b"], answers=[answer()], classes=[port_class("c #1", "c")])
    assert [heading for heading, _texts in sections(full)] == ["Classes", "Assumptions", "Unknown", "Answers"]


def test_classes_of_one_name_are_told_apart() -> None:
    ports = [port("web1"), port("web1"), port(None, "vip"), port(None, "", "192.0.2.7"), port(None)]
    first = port_class("web #1", "web", ports=ports, public=["floating_ip", "port_forwarding"])
    found = result(classes=[first, port_class("web #2", "web", network="back"), port_class("db")])
    assert section("Classes", found, 3) == [
        "web #1: web1, vip, 192.0.2.7 and 1 more; network demo; floating IP; port forwarding",
        "web #2: web #21; network back",
    ]


def test_what_is_unknown_is_said_once() -> None:
    reasons = [exposure(INTERNET, WEB, "esp", verdict="unknown", reason=reason) for reason in ("hidden", "hidden", "")]
    found = result(
        *reasons,
        unknown=["no rights"],
    )
    assert section("Unknown", found) == ["no rights", "hidden"]


@pytest.mark.parametrize(
    ("differing", "lines"),
    [
        ({}, ["denied", "no rule of db allows ingress IPv4 tcp 5432 from the Internet"]),
        ({"expected": "denied", "reason": "none"}, ["denied", "none"]),
        ({"expected": "allowed", "reason": "none"}, ["denied, expected: allowed", "none"]),
        ({"verdict": "allowed", "reason": "a\nb", "path": "floating_ip"}, ["allowed (path: floating IP)", "a", "b"]),
        (
            {"verdict": "partly", "reason": "a", "expected": "denied"},
            ["partly, expected: denied (path: none seen)", "a"],
        ),
    ],
)
def test_answers(differing: dict[str, Any], lines: list[str]) -> None:
    (text,) = section("Answers", result(answers=[answer(**differing)]))
    assert text.splitlines() == [f"internet → db tcp/5432: {lines[0]}", *lines[1:]]


def test_entries_that_end_soon_or_have_ended() -> None:
    states = ("ended", "ends_soon", "in_force")
    limits = [{"entry": "", "until": "", "state": state, "text": f"service a, allow 1: {state}"} for state in states]
    assert section("Ends soon, or has ended", result(time_limited=limits)) == [
        "service a, allow 1: ended",
        "service a, allow 1: ends_soon",
    ]
    assert section("Ends soon, or has ended", result(time_limited=limits[2:])) == []
