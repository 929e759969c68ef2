# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

from .._rules.expand import Catalogue
from .rows import HEADINGS, NUMBERS, Result, rows, sections

# Ansible shows lines of a result with 11 characters around them: together they fit a terminal of 120 columns.
WIDTH: Final = 108
_GAP: Final = "  "
# Longer lists are cut here; the files have all of them.
_MOST: Final = 6
_INDENT: Final = "  "


def table(result: Result, *, catalogue: Catalogue | None = None) -> str:
    """Return the exposures as a table, what is assumed and unknown, the answers to questions, and the summary.

    :param catalogue: services in addition to the built-in ones
    """
    lines = [*_table([row.cells(_MOST) for row in rows(result, catalogue)]), ""]
    for heading, texts in sections(result, _MOST):
        lines += [heading, *(line for text in texts for line in _item(text)), ""]
    return "\n".join([*lines, result["summary"], ""])


def _table(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    if not cells:
        yield "No traffic is allowed."
        return
    widths = _widths([HEADINGS, *cells])
    yield from _lines(HEADINGS, widths)
    yield _GAP.join("-" * width for width in widths)
    for row in cells:
        yield from _lines(row, widths)


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column: that of its longest cell, or less for the widest columns."""
    widths = [min(WIDTH, max(map(len, column))) for column in zip(*cells, strict=True)]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > WIDTH:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a row, with long cells wrapped."""
    wrapped = [_wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        aligned = [
            part.rjust(width) if column == NUMBERS else part.ljust(width)
            for column, (part, width) in enumerate(zip(parts, widths, strict=True))
        ]
        yield _GAP.join(aligned).rstrip()


def _item(text: str) -> Iterator[str]:
    """Yield the lines of a text below a heading; all but the first are indented further."""
    first, *others = text.splitlines()
    for line, indent in ((first, _INDENT), *((other, 2 * _INDENT) for other in others)):
        yield from (f"{indent}{part}" for part in _wrap(line, WIDTH - len(indent)))


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width) or [""]
