# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions as users write them, and the answers that are not what the users expect."""

from __future__ import annotations

from typing import Any, Final

from .._common.errors import Problems
from .._common.options import given, read_mappings, read_options
from .rows import Result, question

Spec = dict[str, dict[str, Any]]

ASK: Final[Spec] = {
    "from": {"type": "str", "required": True},
    "to": {"type": "str", "required": True},
    "protocol": {"type": "str"},
    "port": {"type": "str"},
}
EXPECT: Final[Spec] = {
    **ASK,
    "verdict": {"type": "str", "required": True, "choices": ["allowed", "denied", "partly", "unknown"]},
}


def questions(ask: Any, expect: Any) -> list[dict[str, Any]]:
    """Return the questions of both lists for the module.

    :raises InputError: for all that cannot be right: an expectation without a verdict would always be met
    """
    found = []
    with Problems() as problems:
        for option, spec, entries in (("audit_ask", ASK, ask), ("audit_expect", EXPECT, expect)):
            with problems.within():
                for position, entry in enumerate(read_mappings(option, given(entries)), start=1):
                    with problems.within(f"{option} {position}"):
                        found.append(read_options(spec, entry))
    return found


def failures(result: Result) -> list[str]:
    """Return a text for each answer that is not what was expected: the question, both verdicts, and the reason."""
    return [
        f"{question(answer)}: expected {answer['expected']}, is {answer['verdict']}: {answer['reason']}"
        for answer in result["answers"]
        if answer.get("expected") not in (None, answer["verdict"])
    ]
