# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page as a file: what it may run, names that are data, and data in a form that is small."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html import unescape
from itertools import accumulate
from typing import Any
from uuid import UUID

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._audit.page import Assets, assets, page, render
from ansible_collections.portcullis.openstack.plugins.module_utils._audit.page_data import page_data, visible
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.audit.results import (
    INTERNET,
    OFFICES,
    answer,
    exposure,
    of_class,
    port_class,
    result,
)

IDS = [f"0000000{number}-aaaa-4bbb-8ccc-dddddddddddd" for number in range(3)]
RULES = {
    IDS[0]: {"security_group": "web", "text": "ingress IPv4 tcp 443 from 0.0.0.0/0 (from customers)"},
    IDS[1]: {"security_group": "db", "text": "egress IPv4 any to 0.0.0.0/0"},
    IDS[2]: {"security_group": "web", "text": "ingress IPv4 esp"},
}
PARTS = Assets("$policy|$title|<style>$style</style>|<script>$script</script>|$data", "p {}", "use();")
HOSTILE = "</script><!-- <script> & \"'"


def data_in(html: str) -> Any:
    """Return the data of a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_policy_allows_the_script_and_the_style_of_the_page_alone() -> None:
    html = page(result())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    directives = dict(one.split(" ", 1) for one in unescape(policy[1]).split("; "))
    for element, name in (("<style>", "style-src"), ("<script>", "script-src")):
        content = html.split(element)[1].split(element.replace("<", "</"))[0]
        assert directives.pop(name) == f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
    assert directives == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_the_policy_comes_before_all_that_it_is_about() -> None:
    html = page(result())
    assert html.index("Content-Security-Policy") < min(
        html.index("<style"), html.index("<script"), html.index("<title")
    )


def test_nothing_is_loaded_from_anywhere() -> None:
    parts = assets()
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)|url\((?!#)|@import|<link""", parts.html + parts.style)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|import\(|sendBeacon|\.src\b", parts.script)


def test_no_text_is_read_as_markup() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|DOMParser", assets().script)


def test_script_and_style_do_not_end_their_elements() -> None:
    assert "</script" not in assets().script.lower()
    assert "<!--" not in assets().script
    assert "</style" not in assets().style.lower()


@pytest.mark.parametrize("place", ["summary", "title"])
def test_texts_do_not_end_the_element_that_they_are_in(place: str) -> None:
    plain = page(result(summary="", assumptions=[]), title="")
    title = HOSTILE if place == "title" else ""
    html = page(result(summary="" if title else HOSTILE, assumptions=[]), title=title)
    assert html.count("<") == plain.count("<")
    if place == "summary":
        assert data_in(html)["summary"] == HOSTILE


def test_a_title_with_a_dollar_sign_is_not_a_placeholder() -> None:
    html = render(result(summary="$data $title"), PARTS, title="$script <b>")
    assert html.split("|")[1] == "$script &lt;b&gt;"
    assert '"summary":"$data $title"' in html


def test_equal_results_give_equal_pages() -> None:
    rows = [exposure(INTERNET, of_class("web"), "tcp/443"), exposure(OFFICES, of_class("web"), "tcp/22")]
    assert page(result(*rows)) == page(result(*rows))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web", "web"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("web\u202egpj", "web\\u202egpj"),
        ("two\nlines\tand\0", "two\nlines\\tand\\x00"),
        ("\ud800", "\\ud800"),
    ],
)
def test_all_characters_are_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_names_are_visible() -> None:
    data = page_data(result(classes=[port_class("web\u202e #1", "web\u202e")]))
    assert {"web\\u202e #1", "web\\u202e"} < set(data["texts"])


class Read:
    """Reads the data of the page, as the script does."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def texts(self, numbers: list[int]) -> list[str]:
        return [self.data["texts"][number] for number in numbers]

    def end(self, number: int) -> list[Any]:
        classes = self.data["classes"]
        if number < len(classes):
            return ["class", *self.texts(classes[number][:1])]
        kind, name, addresses = self.data["ends"][number - len(classes)]
        return [*self.texts([kind, name]), list(addresses)]

    def rules(self, row: int) -> list[str]:
        sets, sizes = list(accumulate(self.data["rows"]["sets"])), self.data["sets"]["sizes"]
        start = sum(sizes[: sets[row]])
        numbers = list(accumulate(self.data["sets"]["rules"]))[start : start + sizes[sets[row]]]
        return [ids(self.data["rules"]["ids"])[number] for number in numbers]


def ids(packed: str | list[str]) -> list[str]:
    """Return ids that are packed as UUIDs, or as they are."""
    if isinstance(packed, list):
        return packed
    content = b64decode(packed)
    return [str(UUID(bytes=content[start : start + 16])) for start in range(0, len(content), 16)]


def test_connections_can_be_read_back() -> None:
    db, web = of_class("db"), of_class("web")
    rows = [
        exposure(INTERNET, web, "tcp/443", services=["https"], rules=[IDS[0]], instances=4, path="floating_ip"),
        exposure(OFFICES, web, "esp", rules=[IDS[2]], families=["IPv4"]),
        exposure(db, web, "tcp/443", services=["https"], rules=[IDS[1], IDS[0]], security_groups=["db", "web"]),
        exposure(web, INTERNET, "any", verdict="unknown", reason="why", security_groups=["hidden", "web"]),
        exposure(INTERNET, OFFICES, "any", instances=7),
    ]
    classes = [port_class("db", instances=1), port_class("web", instances=3)]
    read = Read(page_data(result(*rows, classes=classes, rules=RULES)))
    columns = read.data["rows"]
    starts, targets = list(accumulate(columns["from"])), list(accumulate(columns["to"]))
    internet, offices = ["internet", "Internet", []], ["addresses", "2 networks", OFFICES["addresses"]]
    assert [read.end(number) for number in starts] == [internet, offices, ["class", "db"], ["class", "web"], internet]
    assert [read.end(number) for number in targets] == [["class", "web"]] * 3 + [internet, offices]
    assert columns["traffic"][0] == columns["traffic"][2]
    assert [read.texts(one) for one in read.data["traffic"][columns["traffic"][0]]] == [["tcp/443"], ["https"]]
    families, *words = read.data["verdicts"][columns["verdicts"][3]]
    assert (read.texts(families), read.texts(words)) == (["IPv4", "IPv6"], ["unknown", "why", "same_network"])
    assert list(columns["instances"]) == [1, -2, -2, -2, 7]
    assert [read.rules(row) for row in range(5)] == [one["rules"] for one in rows]
    groups = {row: read.texts(numbers) for row, numbers in read.data["groups"]}
    assert groups == {3: ["hidden", "web"], 4: ["web"]}


def test_rules_can_be_read_back() -> None:
    rows = [exposure(INTERNET, of_class("web"), "any", rules=IDS)]
    data = page_data(result(*rows, rules=RULES))
    rules = data["rules"]
    read = Read(data)
    texts = ["".join(halves) for halves in zip(read.texts(rules["starts"]), read.texts(rules["ends"]), strict=True)]
    assert ids(rules["ids"]) == IDS
    assert texts == [RULES[id_]["text"] for id_ in IDS]
    assert read.texts(rules["groups"]) == ["web", "db", "web"]
    assert "ingress IPv4 tcp 443" in data["texts"]


def test_classes_and_ports_can_be_read_back() -> None:
    ports = [
        {"id": IDS[0], "name": "uplink", "server": None, "addresses": ["192.0.2.1", "2001:db8::1"]},
        {"id": IDS[1], "name": "", "server": "web1", "addresses": []},
    ]
    facts = {"owners": ["shop"], "public": ["floating_ip"], "unknown": "why", "enforced": False, "instances": 2}
    data = page_data(result(classes=[port_class("web #1", "web", ports=ports, **facts)]))
    read = Read(data)
    id_, name, groups, owners, network, families, enforced, public, unknown, *counts = data["classes"][0]
    assert read.texts([id_, name, network, unknown]) == ["web #1", "web", "demo", "why"]
    assert [read.texts(one) for one in (groups, owners, families, public)] == [
        ["web"],
        ["shop"],
        ["IPv4", "IPv6"],
        ["floating_ip"],
    ]
    assert (enforced, counts) == (0, [2, 2])
    assert ids(data["ports"]["ids"]) == IDS[:2]
    assert data["ports"]["addresses"] == ["192.0.2.1 2001:db8::1", ""]
    assert read.texts(data["ports"]["names"]) == ["uplink", ""]
    assert read.texts(data["ports"]["servers"]) == ["", "web1"]


def test_entries_that_end_soon() -> None:
    limit = {"entry": "", "until": "", "state": "ends_soon", "text": "service \u202eweb: until 2027-01-31, 2 days left"}
    assert page_data(result(time_limited=[limit]))["limits"] == [r"'service \u202eweb: until 2027-01-31, 2 days left'"]
    assert page_data(result())["limits"] == []


def test_answers_number_their_rules() -> None:
    rows = [exposure(INTERNET, of_class("web"), "any", rules=[IDS[2]])]
    data = page_data(result(*rows, rules=RULES, answers=[answer(rules=[IDS[2], IDS[0]], reason="a\u202eb")]))
    assert data["answers"] == [answer(rules=[0, 1], reason="a\\u202eb")]
    assert ids(data["rules"]["ids"]) == [IDS[2], IDS[0]]


def test_ids_that_are_no_uuids_stay() -> None:
    ports: list[dict[str, Any]] = [{"id": "port\u202e1", "name": "", "server": None, "addresses": []}]
    assert page_data(result(classes=[port_class("web", ports=ports)]))["ports"]["ids"] == ["port\\u202e1"]
