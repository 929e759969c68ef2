# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be seen, for people to read."""

from __future__ import annotations

from collections.abc import Sequence

from .._common.text import few


def hidden_rules(names: Sequence[str]) -> str:
    """Return that the rules of some security groups cannot be seen."""
    return f"the rules of security group{'s' if len(names) > 1 else ''} {few(names)} cannot be seen"


def hidden_addresses(names: Sequence[str]) -> str:
    """Return that not all addresses of security groups or address groups can be seen."""
    return f"not all addresses of {few(names)} can be seen"
