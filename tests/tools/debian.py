# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that come from packages of the system, not from Python's: install them, or say what to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends")


def provide(
    missing: Callable[[], Sequence[str]],
    packages: Sequence[str],
    *,
    during: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> bool:
    """Return whether programs are there, after installing them as root on Debian or Ubuntu.

    Elsewhere it says what to install.

    :param missing: returns the names of the programs that are not there
    :param packages: the packages of Debian that have them
    :param during: opens the context to install in
    """
    if not missing():
        return True
    command = [*INSTALL, *packages]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        with during():
            for step in (["apt-get", "update", "--quiet"], command):
                subprocess.run(step, env=environment, check=False)
    names = missing()
    if names:
        print(f"Missing: {', '.join(names)}. On Debian and Ubuntu, run: sudo {' '.join(command)}", file=sys.stderr)
    return not names
