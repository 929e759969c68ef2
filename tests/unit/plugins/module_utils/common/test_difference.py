# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes as plain text, and in the form that Ansible colours."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import (
    Action,
    Difference,
    as_text,
    attribute_lines,
)

STANDING = SimpleNamespace(name="web", description="", stateful=True)


@pytest.mark.parametrize(
    ("difference", "text", "diff"),
    [
        pytest.param(
            Difference("group web", Action.CREATE, after=("a", "b")),
            "group web: create\n  + a\n  + b\n",
            {
                "before_header": "group web (does not exist)",
                "after_header": "group web",
                "before": "",
                "after": "a\nb\n",
            },
            id="create",
        ),
        pytest.param(
            Difference("group web", Action.UPDATE, ("a",), ("b",)),
            "group web: update\n  - a\n  + b\n",
            {"before_header": "group web", "after_header": "group web", "before": "a\n", "after": "b\n"},
            id="update",
        ),
        pytest.param(
            Difference("group web", Action.DELETE, ("a",)),
            "group web: delete\n  - a\n",
            {"before_header": "group web", "after_header": "group web (deleted)", "before": "a\n", "after": ""},
            id="delete",
        ),
        pytest.param(
            Difference("group web", Action.DELETE),
            "group web: delete\n",
            {"before_header": "group web", "after_header": "group web (deleted)", "before": "group web\n", "after": ""},
            id="delete what has no lines",
        ),
        pytest.param(
            Difference("group web", Action.CREATE),
            "group web: create\n",
            {
                "before_header": "group web (does not exist)",
                "after_header": "group web",
                "before": "",
                "after": "group web\n",
            },
            id="create what has no lines",
        ),
        pytest.param(
            Difference("connections", None, ("a",), ("b",), ("not known: c", "not known: d")),
            "connections:\n  - a\n  + b\n  not known: c\n  not known: d\n",
            {
                "before_header": "connections",
                "after_header": "connections",
                "before": "a\n",
                "after": "b\n",
                "prepared": "connections: not known: c\nconnections: not known: d\n",
            },
            id="what is no object, with notes",
        ),
    ],
)
def test_difference(difference: Difference, text: str, diff: dict[str, str]) -> None:
    assert difference.as_text() == text
    assert difference.as_diff() == diff


def test_several_differences_are_one_text() -> None:
    differences = [Difference("a", Action.CREATE), Difference("b", Action.UPDATE, ("1",), ("2",))]
    assert as_text(differences) == "a: create\nb: update\n  - 1\n  + 2\n"
    assert as_text([]) == ""


@pytest.mark.parametrize(
    ("current", "attributes", "before", "after"),
    [
        pytest.param(
            None,
            {"name": "web", "description": "Frontends", "stateful": False},
            [],
            ["description: 'Frontends'", "stateful: false"],
            id="a new object, whose title has its name",
        ),
        pytest.param(
            STANDING,
            {"stateful": False, "name": "www", "description": "Frontends"},
            ["description: ''", "name: 'web'", "stateful: true"],
            ["description: 'Frontends'", "name: 'www'", "stateful: false"],
            id="a change",
        ),
        pytest.param(STANDING, {}, [], [], id="no change"),
        pytest.param(None, {"description": "a\nb"}, [], [r"description: 'a\nb'"], id="on one line"),
    ],
)
def test_attribute_lines(
    current: object | None, attributes: dict[str, Any], before: list[str], after: list[str]
) -> None:
    assert attribute_lines(current, attributes) == (before, after)
