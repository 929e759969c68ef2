# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which groups are retired, and what prevents it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.retirement import (
    groups_to_retire,
    judge_retirement,
    retired_names,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError

NOTHING: dict[str, Any] = {"services": [], "left_out": [], "prefix": ""}


def left_out(name: str, kind: str = "security_group", id_: str = "id", reason: str = "why") -> dict[str, Any]:
    return {**NOTHING, "left_out": [{"kind": kind, "name": name, "id": id_, "reason": reason}]}


@pytest.mark.parametrize(
    ("names", "services", "known", "expected"),
    [
        (["web*", "id"], None, None, ["web*", "id"]),
        ("web,db", None, [], ["web", "db"]),
        (None, ["shop"], None, ["prod-shop"]),
        (None, ["shop"], [{"name": "shop", "group": "old"}], ["old"]),
        (["web"], ["shop"], [{"name": "shop"}], ["web", "prod-shop"]),
        (None, ["w*b[1]"], None, ["prod-w[*]b[[]1]"]),
    ],
)
def test_names(names: Any, services: Any, known: Any, expected: list[str]) -> None:
    assert retired_names(names, services, known=known, prefix="prod-") == expected


def test_names_that_cannot_be_right() -> None:
    with pytest.raises(InputError, match=r"^retire_services: there is no service 'shp' in the list. Did you mean shop"):
        retired_names(None, ["shp"], known=[{"name": "shop"}], prefix="")
    with pytest.raises(InputError, match=r"^retire_names: "):
        retired_names({"web": 1}, None, known=[], prefix="")


@pytest.mark.parametrize(
    ("names", "services", "owner"),
    [(["web"], None, None), (None, ["web"], ""), (None, None, "team-a"), ("web", None, "team-a")],
)
def test_a_choice(names: Any, services: Any, owner: Any) -> None:
    judge_retirement(names, services, owner, "undo.yml")


@pytest.mark.parametrize(
    ("names", "services", "owner", "undo", "errors"),
    [
        (None, None, None, "", ["retire_names: no groups are chosen", "retire_undo: it is missing"]),
        (None, None, "", "undo.yml", ["retire_names: no groups are chosen"]),
        ([], None, "team-a", "undo.yml", ["retire_names: the list is empty"]),
        (["web"], [], "team-a", "undo.yml", ["retire_services: the list is empty"]),
        ("", None, "team-a", "undo.yml", ["retire_names: the list is empty"]),
    ],
)
def test_no_choice(names: Any, services: Any, owner: Any, undo: str, errors: list[str]) -> None:
    """A list that some expression leaves empty does not mean all groups."""
    with pytest.raises(InputError) as caught:
        judge_retirement(names, services, owner, undo)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(errors)
    assert all(line.startswith(error) for line, error in zip(lines, errors, strict=True))


def test_groups() -> None:
    result = {**NOTHING, "services": [{"name": "web"}, {"name": "db", "group": "old"}], "prefix": "prod-"}
    assert groups_to_retire(result, ["*"]) == [
        {"name": "prod-web", "state": "absent"},
        {"name": "old", "state": "absent"},
    ]
    assert groups_to_retire(NOTHING, ["*"], undo="undo.yml", exists=True) == []


def test_a_file_that_exists() -> None:
    with pytest.raises(InputError, match=r"^retire_undo: 'undo.yml' exists, perhaps from a run"):
        groups_to_retire({**NOTHING, "services": [{"name": "web"}]}, [], undo="undo.yml", exists=True)


@pytest.mark.parametrize("names", [["web"], ["id"], ["x", "web"]])
def test_groups_that_are_listed_and_left_out(names: list[str]) -> None:
    with pytest.raises(InputError, match=r"^security group web: why$"):
        groups_to_retire(left_out("web"), names)


def test_the_group_of_a_service_that_is_left_out() -> None:
    (name,) = retired_names(None, ["w*"], known=None, prefix="")
    with pytest.raises(InputError, match=r"^security group w\*: why$"):
        groups_to_retire(left_out("w*"), [name])


@pytest.mark.parametrize("names", [[], ["w*"], ["*"]])
def test_groups_that_only_match_are_left_alone(names: list[str]) -> None:
    assert groups_to_retire(left_out("web"), names) == []


@pytest.mark.parametrize("kind", ["rule", "tags"])
def test_what_cannot_be_restored(kind: str) -> None:
    with pytest.raises(InputError, match=r"^security group 'w\\nb': it could not be restored: 'a\\nb'$"):
        groups_to_retire(left_out("w\nb", kind, reason="a\nb"), [])
