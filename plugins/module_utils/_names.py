# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names mean: one object, none, or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from ._errors import InputError, UnknownNameError


def find_one(option: str, name: str, names: Mapping[str, str]) -> str:
    """Return the id that a name or an id means.

    :param option: the option the name stands in, which tells what it names
    :param names: names by id
    :raises UnknownNameError: if nothing has the name
    :raises InputError: if several have it
    """
    if name in names:
        return name
    found = [id_ for id_, own_name in names.items() if own_name == name]
    kind = option.removeprefix("remote_").removesuffix("s").replace("_", " ")
    if not found:
        raise UnknownNameError(option, f"there is no {kind} {name!r} in the project")
    if len(found) > 1:
        raise InputError(option, several(f"{kind}s", name, found))
    return found[0]


def several(kind: str, name: str, ids: Iterable[str]) -> str:
    """Return the message for a name that more than one object has."""
    listed = ", ".join(sorted(ids))
    return f"there are several {kind} named {name!r}: {listed}; rename all but one, or refer to one by its id"


def looks_like_id(text: str) -> bool:
    """Tell whether a text may be an id of Neutron, which are UUIDs, and so is worth to be looked for."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
