# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, descriptions and the like: judged, compared and shown in the same way for everything that has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ansible.module_utils.parsing.convert_bool import boolean

from .errors import InputError

# neutron_lib.db.constants.NAME_FIELD_SIZE and DESCRIPTION_FIELD_SIZE. The API takes longer descriptions of address
# groups, but its database does not.
MAX_TEXT: Final = 255
# neutron.extensions.tagging.MAX_TAGS_COUNT
MAX_TAGS: Final = 50
# What Python makes of bytes that are not UTF-8: it cannot be sent in a URL, and Neutron fails on it in a body.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def judge_text(option: str, value: str | None, *, required: bool = False) -> str | None:
    """Return a text that the cloud can take.

    :raises InputError: if it is too long, is not Unicode, or is required and empty
    """
    if required and not (value or "").strip():
        raise InputError(option, "it is empty; give every group a name")
    if value is not None and len(value) > MAX_TEXT:
        raise InputError(option, f"it has {len(value)} characters; the cloud takes {MAX_TEXT}")
    if value is not None and _SURROGATE.search(value):
        raise InputError(option, f"{value!r} is not Unicode; was it read in another encoding than UTF-8?")
    return value


def judge_texts(options: Mapping[str, Any], *names: str) -> None:
    """Refuse options that nothing in the cloud can have.

    :raises InputError: for the first that is too long or is not Unicode
    """
    for name in names:
        judge_text(name, options[name])


def truth(option: str, value: Any) -> bool:
    """Return the boolean that a value is to Ansible. Validated variables of a role may still be texts.

    :raises InputError: if that is neither true nor false
    """
    try:
        return bool(boolean(value))
    except TypeError:
        raise InputError(option, f"{value!r} is neither true nor false") from None


def judge_tags(option: str, tags: Sequence[str]) -> None:
    """Refuse tags that no group can have, or that filters could not distinguish.

    :raises InputError: if one is empty, too long, or has a comma, or if they are too many
    """
    for tag in tags:
        if not 1 <= len(tag) <= MAX_TEXT or "," in tag:
            raise InputError(option, f"{tag!r} is not a tag; use 1 to {MAX_TEXT} characters without a comma")
        judge_text(option, tag)
    if len(set(tags)) > MAX_TAGS:
        raise InputError(option, f"there are {len(set(tags))} tags; the cloud takes {MAX_TAGS}")


def differing(current: object | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wanted attributes that an object does not have; None wants nothing."""
    return {
        name: value
        for name, value in wanted.items()
        if value is not None and (current is None or getattr(current, name) != value)
    }


def counted(count: int, noun: str) -> str:
    """Return a number of things: ``1 group``, ``2 groups``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def few(things: Sequence[str], most: int = 5) -> str:
    """Return things as a list for people to read, which names no more than some of them."""
    more = len(things) - most
    return "; ".join(things[:most]) + (f" and {more} more" if more > 0 else "")


def shown(text: str) -> str:
    """Return a text as a plan shows it: as it is, unless it has characters that could pass for other lines."""
    return text if text.isprintable() else repr(text)
