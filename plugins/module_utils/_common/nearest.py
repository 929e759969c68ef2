# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that a misspelt one may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .text import shown

_FEW: Final = 12


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that are most similar to a name. If it exists in another case, return only that."""
    # Imported here: the import takes time, and only errors need it.
    from difflib import get_close_matches

    folded: dict[str, list[str]] = {}
    for one in known:
        folded.setdefault(one.casefold(), []).append(one)
    same = folded.get(name.casefold())
    close = [name.casefold()] if same else get_close_matches(name.casefold(), folded)
    return [one for key in close for one in folded[key]]


def hint(name: str, known: Iterable[str], *, at_most: int = 3, start: str = "") -> str:
    """Return a sentence that names what may have been meant: the nearest names, or all where they are few.

    :param start: what the name and those in question begin with, which makes none of them more like it
    """
    names = sorted({one.removeprefix(start) for one in known if one.startswith(start)})
    if close := nearest(name.removeprefix(start), names)[:at_most]:
        return f"Did you mean {' or '.join(shown(start + one) for one in close)}?"
    if len(names) > _FEW:
        return f"There are {len(names)} others"
    return f"There are {', '.join(shown(start + one) for one in names)}" if names else "There are none"
