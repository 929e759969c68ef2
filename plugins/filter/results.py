# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter with which the playbooks sum up what the roles have done."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def report(results: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sum of several results: whether anything changed, how much of each kind, and the diffs as one text."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    diff = ""
    changed = False
    for result in results:
        for kind, numbers in result["counts"].items():
            counts[kind].update(numbers)
        diff += result.get("diff", {}).get("prepared", "")
        changed |= result["changed"]
    told = {kind: dict(numbers) for kind, numbers in counts.items()}
    return {"changed": changed, "counts": told, "diff": {"prepared": diff}}


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filters."""
        return {"report": report}
