# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception that users of the program see as a message."""

from __future__ import annotations

from collections import deque
from pathlib import Path

_LINES = 12


class CloudError(Exception):
    """Something the user can act on; its text is the whole message."""


def failure(what: str, log: Path) -> CloudError:
    """An error of a process that has a log: what happened, the end of the log, and where the rest is."""
    with log.open(errors="replace") as lines:
        end = "".join(f"  {line}" for line in deque(lines, _LINES))
    return CloudError(f"{what}; its log ends:\n{end}the whole log: {log}")
