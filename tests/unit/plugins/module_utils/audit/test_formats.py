# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit in a terminal, as Markdown and in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._audit.csv_file import COLUMNS, csv_text
from ansible_collections.portcullis.openstack.plugins.module_utils._audit.markdown import markdown
from ansible_collections.portcullis.openstack.plugins.module_utils._audit.table import WIDTH, table
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.audit.results import (
    INTERNET,
    OFFICES,
    answer,
    exposure,
    of_class,
    result,
)

WEB, DB = of_class("web"), of_class("db")
SMALL = result(
    exposure(INTERNET, WEB, "tcp/443", services=["https"], path="floating_ip", instances=2, rules=["1", "2"]),
    exposure(WEB, DB, "tcp/5432", services=["postgresql"], security_groups=["db", "web"]),
    rules={
        "1": {"security_group": "web", "text": "ingress IPv4 tcp 443 from 0.0.0.0/0"},
        "2": {"security_group": "web", "text": "ingress IPv6 tcp 443 from ::/0"},
    },
    answers=[answer(reason="no rule of db allows it\nno rule of others either")],
    assumptions=["Neither VPN nor peering is seen."],
)


def test_the_table() -> None:
    assert table(SMALL).splitlines() == [
        "From      To   Traffic     Instances  Security groups  Path",
        "--------  ---  ----------  ---------  ---------------  ------------",
        "Internet  web  https               2  web              floating IP",
        "web       db   postgresql          1  db, web          same network",
        "",
        "Assumptions",
        "  Neither VPN nor peering is seen.",
        "",
        "Answers",
        "  internet → db tcp/5432: denied",
        "    no rule of db allows it",
        "    no rule of others either",
        "",
        "The Internet reaches 1 service on 1 instance.",
    ]


def test_an_empty_table() -> None:
    assert table(result(summary="Nothing.")).splitlines() == ["No traffic is allowed.", "", "Nothing."]


def wide(name: str, number: int) -> dict[str, Any]:
    """Return a result that is too wide in every column."""
    groups = [f"{name}-{position}" for position in range(number)]
    ports = [f"tcp/{1000 + position}" for position in range(number)]
    return result(
        exposure(of_class(name * 5), of_class(name * 3), *ports, security_groups=groups, path="port_forwarding"),
        exposure(INTERNET, of_class("web"), "tcp/22"),
        unknown=[f"{name} " * 40],
        answers=[answer(reason=f"{name}\n" * 3)],
    )


@pytest.mark.parametrize("name", ["backend", "backend-of-the-shop", "x" * 255])
@pytest.mark.parametrize("number", [1, 7, 100])
def test_a_wide_table_fits(name: str, number: int) -> None:
    text = table(wide(name, number))
    assert max(map(len, text.splitlines())) <= WIDTH
    whole = "".join(text.split())
    assert name * 5 in whole or len(name) > 20
    assert (f"and{number - 6}more" in whole) == (number > 6)


def test_the_lines_of_a_row_stay_in_their_columns() -> None:
    """Nothing is lost where a cell is wrapped, and only names that are too long are broken."""
    heading, ruler, *lines = table(wide("backend-shop", 4)).splitlines()
    starts = [position for position, mark in enumerate(ruler) if mark == "-" and ruler[position - 1 : position] != "-"]
    groups = slice(starts[4] - 1, starts[5] - 1)
    assert heading[groups].strip() == "Security groups"
    parts = [line[groups].strip() for line in lines[: lines.index("")]]
    assert " ".join(filter(None, parts)) == ", ".join(f"backend-shop-{n}" for n in range(4)) + " web"


def test_markdown() -> None:
    assert markdown(SMALL).splitlines() == [
        "# Who reaches what",
        "",
        "The Internet reaches 1 service on 1 instance.",
        "",
        "| From | To | Traffic | Instances | Security groups | Path |",
        "| --- | --- | --- | ---: | --- | --- |",
        "| Internet | web | https | 2 | web | floating IP |",
        "| web | db | postgresql | 1 | db, web | same network |",
        "",
        "## Assumptions",
        "",
        "- Neither VPN nor peering is seen.",
        "",
        "## Answers",
        "",
        "- internet → db tcp/5432: denied<br>",
        "  no rule of db allows it<br>",
        "  no rule of others either",
    ]


def test_names_are_no_markdown() -> None:
    name = "<b>|[x](http://a)`*_#1@me"
    text = markdown(result(exposure(INTERNET, of_class(name), "any")))
    assert r"| \<b\>\|\[x\]\(http://a\)\`\*\_\#1\@me |" in text


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv() -> None:
    text = csv_text(SMALL)
    assert text.count("\r\n") == text.count("\n") == 3
    first, second = read_csv(text)
    assert tuple(first) == COLUMNS
    assert list(first.values()) == [
        *("Internet", "web", "IPv4, IPv6", "tcp/443", "https", "allowed", "", "floating IP", "2", "web"),
        "web: ingress IPv4 tcp 443 from 0.0.0.0/0; web: ingress IPv6 tcp 443 from ::/0",
    ]
    assert (second["from"], second["rules"]) == ("web", "")


def test_csv_has_whole_lists() -> None:
    ports = [f"tcp/{port}" for port in range(1000, 1100)]
    (row,) = read_csv(csv_text(result(exposure(OFFICES, WEB, *ports))))
    assert row["traffic"].split(", ") == ports
    assert row["from"] == "198.51.100.0/24, 2001:db8::/32"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_names_are_no_formulas(start: str) -> None:
    name = f'{start}HYPERLINK("http://a","b")'
    (row,) = read_csv(csv_text(result(exposure(INTERNET, of_class(name), "any", security_groups=[name]))))
    assert row["to"] == row["security_groups"] == f"'{name}"
