# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that the cloud gives new groups, which all projects share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .api import Api, Body

_PATH = "/default-security-group-rules"


def default_rules(api: Api, **filters: Any) -> list[Body]:
    """Return the rules, as the cloud answers."""
    return list(api.get("network", _PATH, params=filters)["default_security_group_rules"])


def create_default_rule(api: Api, **rule: Any) -> Body:
    """Create a rule as someone else would, for ingress unless given otherwise, and return it."""
    body = {"default_security_group_rule": {"direction": "ingress", **rule}}
    return dict(api.post("network", _PATH, body)["default_security_group_rule"])


@contextmanager
def restored(admin: Api) -> Iterator[Callable[[], None]]:
    """Put back the rules when the context ends, and whenever what it gives is called."""
    before = default_rules(admin)

    def restore() -> None:
        standing = default_rules(admin)
        for rule in standing:
            if rule not in before:
                admin.delete("network", f"{_PATH}/{rule['id']}")
        for position, rule in enumerate(before):
            if rule not in standing:
                described = {name: value for name, value in rule.items() if name != "id"}
                before[position] = create_default_rule(admin, **described)

    try:
        yield restore
    finally:
        restore()
