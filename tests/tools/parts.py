# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make several targets, one after the other, and say how long each took.

Usage: parts.py MAKE TARGET...

The first target that fails is the last one made; its exit code is this program's.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """How one target ended."""

    target: str
    code: int
    seconds: float

    def __str__(self) -> str:
        """Show it as a line of the summary."""
        outcome = "ok" if self.code == 0 else "FAILED"
        return f"  {self.target:<14} {outcome:<7} {self.seconds:6.0f} s"


def make(program: str, target: str) -> Result:
    """Make one target."""
    print(f"\n===== {target} =====", flush=True)
    start = time.monotonic()
    code = subprocess.run([program, "--no-print-directory", target], check=False).returncode
    return Result(target, code, time.monotonic() - start)


def make_until_failure(program: str, targets: list[str]) -> list[Result]:
    """Make the targets in order, up to and including the first that fails."""
    results: list[Result] = []
    for target in targets:
        results.append(make(program, target))
        if results[-1].code:
            break
    return results


def main() -> int:
    """Make the targets named on the command line."""
    program, *targets = sys.argv[1:]
    results = make_until_failure(program, targets)
    skipped = targets[len(results) :]
    print("\n===== summary =====")
    print(*results, sep="\n")
    if skipped:
        print(f"  not run: {', '.join(skipped)}")
    print(f"  {'total':<22} {sum(result.seconds for result in results):6.0f} s", flush=True)
    return results[-1].code


if __name__ == "__main__":
    sys.exit(main())
