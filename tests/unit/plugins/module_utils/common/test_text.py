# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, descriptions and the like."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.text import (
    differing,
    few,
    judge_tags,
    judge_text,
    judge_texts,
    shown,
    truth,
)

STANDING = SimpleNamespace(name="web", description="", stateful=True)


@pytest.mark.parametrize("value", ["web", "x" * 255, "", None])
def test_text(value: str | None) -> None:
    assert judge_text("description", value) == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "name: it is empty; give every group a name"),
        ("", "name: it is empty; give every group a name"),
        (" ", "name: it is empty; give every group a name"),
        ("x" * 256, "name: it has 256 characters; the cloud takes 255"),
        ("a\udcff", r"name: 'a\udcff' is not Unicode; was it read in another encoding than UTF-8?"),
    ],
)
def test_refused_text(value: str | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        judge_text("name", value, required=True)
    assert str(caught.value) == message


def test_texts() -> None:
    options = {"name": "web", "description": None, "other": "x" * 256}
    judge_texts(options, "name", "description")
    with pytest.raises(InputError, match="other: it has 256 characters"):
        judge_texts(options, "name", "other")


@pytest.mark.parametrize(
    "tags", [["a", "a/b", "%2F"], ["x" * 255], ["\N{GRINNING FACE}"], [], ["a"] * 60, list(map(str, range(50)))]
)
def test_tags(tags: list[str]) -> None:
    judge_tags("tags", tags)


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (["a", ""], "'' is not a tag"),
        (["x" * 256], "is not a tag; use 1 to 255 characters"),
        (["a,b"], "'a,b' is not a tag"),
        (["a\udcff"], "is not Unicode"),
        (list(map(str, range(51))), "there are 51 tags; the cloud takes 50"),
    ],
)
def test_no_tags(tags: list[str], problem: str) -> None:
    with pytest.raises(InputError, match="any_tags: ") as caught:
        judge_tags("any_tags", tags)
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("current", "wanted", "attributes"),
    [
        pytest.param(
            None,
            {"name": "web", "description": "", "stateful": None},
            {"name": "web", "description": ""},
            id="new",
        ),
        pytest.param(
            STANDING,
            {"name": "web", "description": "Frontends", "stateful": False},
            {"description": "Frontends", "stateful": False},
            id="changed",
        ),
        pytest.param(STANDING, {"name": "web", "description": None, "stateful": True}, {}, id="equal"),
    ],
)
def test_differing(current: object, wanted: dict[str, Any], attributes: dict[str, Any]) -> None:
    assert differing(current, wanted) == attributes


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), ("yes", True), ("true", True), (1, True), (False, False), ("no", False)]
)
def test_truth(value: Any, expected: bool) -> None:
    assert truth("stateful", value) is expected


@pytest.mark.parametrize("value", ["perhaps", "", None, 2])
def test_neither_true_nor_false(value: Any) -> None:
    with pytest.raises(InputError) as caught:
        truth("stateful", value)
    assert str(caught.value) == f"stateful: {value!r} is neither true nor false"


@pytest.mark.parametrize(("text", "expected"), [("wéb 1", "wéb 1"), ("a\nb", r"'a\nb'"), ("a\u2028b", r"'a\u2028b'")])
def test_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("number", "listed"), [(0, ""), (1, "0"), (5, "0; 1; 2; 3; 4"), (6, "0; 1; 2; 3; 4 and 1 more")]
)
def test_few(number: int, listed: str) -> None:
    assert few([str(one) for one in range(number)]) == listed
