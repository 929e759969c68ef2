# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When objects were created, and whether runs at the same time may have created them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.moments import created_at, created_together

MOMENT = "2026-01-01T12:00:00Z"


@pytest.mark.parametrize(("body", "text"), [({"created_at": MOMENT}, MOMENT), ({"created_at": None}, ""), ({}, "")])
def test_created_at(body: dict[str, Any], text: str) -> None:
    assert created_at(body) == text


@pytest.mark.parametrize(
    ("other", "together"),
    [
        (MOMENT, True),
        ("2026-01-01T12:01:00Z", True),
        ("2026-01-01T11:59:00Z", True),
        ("2026-01-01T12:01:01Z", False),
        ("2026-01-01T11:58:59Z", False),
        ("2026-01-02T12:00:00Z", False),
        ("2026-01-01T13:00:30+01:00", True),
        (None, False),
        ("", False),
    ],
)
def test_created_together(other: str | None, together: bool) -> None:
    one, two = {"created_at": MOMENT}, {"created_at": other}
    assert created_together(one, two) is together
    assert created_together(two, one) is together
