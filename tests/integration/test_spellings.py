# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any spelling gives the rule that it means, and is at home with rules that another spelling has made."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import OPENSTACK
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.spellings import (
    LINES,
    OTHER,
    OTHER_ID,
    SELF,
    SPELLINGS,
    Entry,
)

COLUMNS = max(map(len, SPELLINGS.values()))
EXPECTED = sorted(line for lines in SPELLINGS for line in lines.split(LINES))


@pytest.fixture(scope="module")
def shared(new_project: Callable[[], Project]) -> Project:
    """One project for all spellings, with another group that rules can name."""
    project = new_project()
    project.api.create_group("other")
    return project


def placed(entry: Entry, project: Project, group: str) -> Entry:
    """Return the entry as it is for the rules of a group."""
    names = (
        {SELF: group, OTHER: "other", OTHER_ID: project.api.group("other")["id"]}
        if "remote_group" in str(entry)
        else {}
    )
    text = json.dumps(entry)
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    return dict(json.loads(text))


def entries(spelling: Entry | list[Entry]) -> list[Entry]:
    return spelling if isinstance(spelling, list) else [spelling]


def column(number: int, project: Project, group: str) -> list[Entry]:
    """Return one spelling of every rule."""
    chosen = [spellings[number % len(spellings)] for spellings in SPELLINGS.values()]
    return [placed(entry, project, group) for spelling in chosen for entry in entries(spelling)]


def stored(project: Project, group: str) -> list[str]:
    """Return what Neutron has, with the prefix of the whole world left out, as that has the same effect."""
    lines = [line.removesuffix(" 0.0.0.0/0").removesuffix(" ::/0") for line in project.api.rules(group)]
    return sorted(line.replace(f" {group}", " self") for line in lines)


def settle(project: Project, group: str, rules: list[Entry]) -> bool:
    """Apply rules twice, and tell whether the first run changed anything, as the second must not."""
    first = project.call("security_group", name=group, security_group_rules=rules)
    again = project.call("security_group", name=group, security_group_rules=rules)
    assert not again["changed"], lines(again)
    return bool(first["changed"])


@pytest.mark.parametrize("number", range(COLUMNS))
def test_a_spelling_of_every_rule(shared: Project, number: int) -> None:
    group = f"column-{number}"
    assert settle(shared, group, column(number, shared, group))
    assert stored(shared, group) == EXPECTED


@pytest.mark.parametrize("number", range(COLUMNS))
def test_a_spelling_in_place_of_another(shared: Project, number: int) -> None:
    settle(shared, "column", column((number + 1) % COLUMNS, shared, "column"))
    assert not settle(shared, "column", column(number, shared, "column"))
    assert stored(shared, "column") == EXPECTED


def test_spellings_in_a_real_run(project: Project) -> None:
    project.api.create_group("other")
    for number in range(2):
        result = project.run("security_group", name="web", security_group_rules=column(number, project, "web"))
        assert result["changed"] == (number == 0)
    assert stored(project, "web") == EXPECTED


@pytest.fixture(scope="module")
def empty(shared: Project) -> str:
    """Return the name of a group without rules, which every test leaves so."""
    shared.api.create_group("one")
    for rule_id in shared.api.rule_ids("one").values():
        shared.api.delete("network", f"/security-group-rules/{rule_id}")
    return "one"


@pytest.mark.parametrize("lines", SPELLINGS)
def test_one_rule_in_every_spelling(shared: Project, empty: str, lines: str) -> None:
    """Made in the first spelling, known in all of them, deleted in the last."""
    first, *others = ([placed(entry, shared, empty) for entry in entries(spelling)] for spelling in SPELLINGS[lines])
    for entry in first:
        assert shared.call("security_group_rule", security_group=empty, **entry)["changed"]
    assert stored(shared, empty) == sorted(lines.split(LINES))
    for entry in [entry for spelling in (first, *others) for entry in spelling]:
        again = shared.call("security_group_rule", security_group=empty, check_mode=True, **entry)
        assert not again["changed"], f"{entry}: {again['diff']}"
        assert again["rules"]
    for entry in others[-1] if others else first:
        shared.call("security_group_rule", security_group=empty, state="absent", **entry)
    assert stored(shared, empty) == []


def test_the_groups_own_id_once_it_exists(project: Project) -> None:
    def rules(own: str) -> list[Entry]:
        return [{"service": "ssh", "remote_group": own}]

    assert settle(project, "web", rules("web"))
    assert not settle(project, "web", rules(project.api.group("web")["id"]))
    assert stored(project, "web") == ["ingress IPv4 tcp 22:22 self"]


def neutrons_protocols() -> dict[str, int]:
    """Return the numbers of all protocols that this cloud's Neutron has names for."""
    code = "import json, neutron_lib.constants as c; print(json.dumps(c.IP_PROTOCOL_MAP))"
    output = subprocess.run([OPENSTACK / "python", "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: int(number) for name, number in json.loads(output).items()}


def test_protocols_by_number_and_by_name(shared: Project) -> None:
    """Those with names, and some that have none. Neutron makes 58 of 1 on IPv6."""
    named = {number: name.upper() for name, number in neutrons_protocols().items() if name != "hopopt"}
    numbers = sorted({*named, *range(3, 256, 12)})
    assert settle(shared, "protocols", [{"protocol": number, "ether_type": "IPv6"} for number in numbers])
    assert len(shared.api.rules("protocols")) == len(numbers) - 1
    by_name = [{"protocol": named.get(number, str(number)), "ether_type": "IPv6"} for number in numbers]
    assert not settle(shared, "protocols", by_name)


def test_all_names_of_protocols(shared: Project) -> None:
    """Neutron keeps them apart, but for two names of ICMP on IPv6."""
    names = neutrons_protocols()
    assert settle(shared, "names", [{"protocol": name} for name in names])
    assert len(shared.api.rules("names")) == len(names) - 1
