# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where something was measured, and with which versions."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import OPENSTACK, REPOSITORY
from ansible_collections.portcullis.openstack.tests.integration.harness.peer import VERSION


def describe() -> dict[str, str]:
    """Return what makes times comparable, or not."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": _commit(),
        "CPU": f"{_line_of('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": f"{int(_line_of('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.0f} GB",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        "ansible-core": version("ansible-core"),
        "openstacksdk": version("openstacksdk"),
        "openstack.cloud": VERSION,
        "Neutron": _neutron(),
    }


def _commit() -> str:
    """Return what was measured, with a mark if files differ from that."""
    command: list[str | Path] = ["git", "-C", REPOSITORY, "describe", "--always", "--dirty"]
    asked = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return asked.stdout.strip() or "unknown"


def _line_of(path: str, name: str) -> str:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")


def _neutron() -> str:
    """Return the version in the test cloud's own environment."""
    ask = "from importlib.metadata import version; print(version('neutron'))"
    asked = subprocess.run([OPENSTACK / "python", "-c", ask], stdout=subprocess.PIPE, text=True, check=True)
    return asked.stdout.strip()
