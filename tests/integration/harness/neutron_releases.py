# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API of Neutron's releases has, as ``tests/tools/neutron_api.py`` has recorded it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_DIRECTORY: Final = Path(__file__).resolve().parents[2] / "releases"


@dataclass(frozen=True)
class Release:
    """A release of Neutron: the aliases of ML2's extensions, the attributes of collections, and what was refused.

    ``refused`` has status and words by the request: ``GET /ports?name=true``, ``POST /ports name`` for its body.
    """

    versions: Mapping[str, str]
    extensions: Sequence[str]
    collections: Mapping[str, Mapping[str, Mapping[str, Any]]]
    refused: Mapping[str, str]

    def may(self, what: str, collection: str, name: str) -> bool:
        """Tell whether something may be done with an attribute: ``filter``, ``post``, ``put``, ``read``, ``sort``."""
        return what in self.collections.get(collection, {}).get(name, {}).get("may", ())


def _read(path: Path) -> Release:
    return Release(**json.loads(path.read_text()))


# From the oldest to the newest.
RELEASES: Final = {
    name: _read(_DIRECTORY / f"{name}.json") for name in ("train", "victoria", "wallaby", "2023.1", "2024.1")
}
NEWEST: Final = RELEASES["2024.1"]
