# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When objects of the cloud were created."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

# Runs at the same time create their objects within this time. Objects that are further apart were created on purpose.
_SAME_TIME: Final = timedelta(seconds=60)


def created_at(body: Mapping[str, Any]) -> str:
    """Return when an object of an API answer was created, in a form that sorts; empty on clouds that do not say."""
    return str(body.get("created_at") or "")


def created_together(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two objects may have been created by runs at the same time."""
    if not created_at(one) or not created_at(other):
        return False
    first, second = (datetime.fromisoformat(created_at(body).replace("Z", "+00:00")) for body in (one, other))
    return abs(first - second) <= _SAME_TIME
