# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make several targets, one after the other, and say how long each took.

Usage: parts.py MAKE TARGET...

The first target that fails is the last one made.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from ansible_collections.portcullis.openstack.tests.tools.steps import Outcome, timed


def make(program: str, target: str) -> bool:
    """Make one target and return whether that ended well."""
    return subprocess.run([program, "--no-print-directory", target], check=False).returncode == 0


def make_until_failure(program: str, targets: list[str]) -> list[Outcome]:
    """Make the targets in order, up to and including the first that fails."""
    outcomes: list[Outcome] = []
    for target in targets:
        outcomes.append(timed(target, partial(make, program, target)))
        if not outcomes[-1].good:
            break
    return outcomes


def main() -> int:
    """Make the targets named on the command line."""
    program, *targets = sys.argv[1:]
    outcomes = make_until_failure(program, targets)
    skipped = targets[len(outcomes) :]
    print("\n===== summary =====")
    for outcome in outcomes:
        print(f"  {outcome}")
    if skipped:
        print(f"  not run: {', '.join(skipped)}")
    print(f"  total {sum(outcome.seconds for outcome in outcomes):.0f} s", flush=True)
    return int(not outcomes[-1].good)


if __name__ == "__main__":
    sys.exit(main())
