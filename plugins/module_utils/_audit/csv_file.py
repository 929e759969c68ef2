# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exposures of an audit as comma-separated values (RFC 4180), for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .rows import Result, endpoint, listed, path_text

COLUMNS: Final = (
    *("from", "to", "families", "traffic", "services", "verdict", "reason", "path", "instances"),
    *("security_groups", "rules"),
)
# A spreadsheet evaluates a cell that begins with one of these, even if it is quoted: a group named =HYPERLINK(…) would
# be a link in the reader's sheet. With an apostrophe before it, the cell is text.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_text(result: Result) -> str:
    """Return a line with the names of the columns, and one for each exposure."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for exposure in result["exposures"]:
        writer.writerow(map(_harmless, _cells(exposure, result["rules"])))
    return text.getvalue()


def _cells(exposure: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    named = [f"{rules[id_]['security_group']}: {rules[id_]['text']}" for id_ in exposure["rules"]]
    yield from (listed(endpoint(exposure[end])) for end in ("from", "to"))
    yield from (listed(exposure[column]) for column in ("families", "traffic", "services"))
    yield from (exposure["verdict"], exposure["reason"], path_text(exposure["path"]), str(exposure["instances"]))
    yield from (listed(exposure["security_groups"]), "; ".join(named))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
