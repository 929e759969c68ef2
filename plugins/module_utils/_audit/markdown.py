# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as Markdown, for a merge request or a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .._rules.expand import Catalogue
from .rows import HEADINGS, NUMBERS, Result, rows, sections

# Whoever may name a group or a server could otherwise write links, HTML or further columns.
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@])")


def markdown(result: Result, *, catalogue: Catalogue | None = None) -> str:
    """Return the summary, the exposures as a table, and what is assumed, unknown and answered.

    :param catalogue: services in addition to the built-in ones
    """
    ruler = ["---:" if column == NUMBERS else "---" for column in range(len(HEADINGS))]
    lines = ["# Who reaches what", "", _escaped(result["summary"]), "", _row(HEADINGS), _row(ruler)]
    lines += [_row(map(_escaped, row.cells())) for row in rows(result, catalogue)]
    for heading, texts in sections(result):
        lines += ["", f"## {heading}", "", *map(_item, texts)]
    return "\n".join([*lines, ""])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _item(text: str) -> str:
    return "- " + "<br>\n  ".join(map(_escaped, text.splitlines()))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
