# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A misspelt name gets the names that it may have meant, and never all of a long list."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.nearest import hint

MANY = {f"name-{letter}{letter}{letter}" for letter in "abcdefghijklmnop"}


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        pytest.param("SSH", {"ssh", "sshd", "nfs"}, "Did you mean ssh?", id="another case"),
        pytest.param("shh", {"ssh", "nfs"}, "Did you mean ssh?", id="misspelt"),
        pytest.param("WEBB", {"Web", "web"}, "Did you mean Web or web?", id="two of another case"),
        pytest.param("x", {"b", "a"}, "There are a, b", id="few"),
        pytest.param("x", MANY, "There are 16 others", id="many"),
        pytest.param("x", set(), "There are none", id="none"),
        pytest.param("ab", {"a\nb"}, r"Did you mean 'a\nb'?", id="a character that could pass for a line break"),
    ],
)
def test_the_hint(name: str, known: set[str], expected: str) -> None:
    assert hint(name, known) == expected
