# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install OVN's programs if they are missing, and start none of them.

As root on Debian or Ubuntu, this installs the packages; elsewhere it says what to install and fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.portcullis.openstack.tests.tools.debian import provide

PROGRAMS = ("ovsdb-server", "ovsdb-tool", "ovsdb-client", "ovn-northd", "ovn-nbctl", "ovn-trace")
PACKAGES = ("ovn-central", "ovn-common", "openvswitch-common")
DAEMONS = ("ovsdb-server", "ovn-northd", "ovs-vswitchd", "ovn-controller")
# What Debian's packages ask before they start a service; 101 says that it must not be started.
POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    """Return the programs that are not there, on the path or where Debian keeps daemons."""
    path = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"
    return [program for program in PROGRAMS if shutil.which(program, path=path) is None]


def running() -> set[int]:
    """Return the ids of all processes that are daemons of OVN, such as those of test clouds."""
    found = set()
    for name in Path("/proc").glob("[0-9]*/comm"):
        try:
            if name.read_text().strip() in DAEMONS:
                found.add(int(name.parent.name))
        except OSError:  # It has ended.
            continue
    return found


@contextmanager
def no_services() -> Iterator[None]:
    """Keep packages from starting services, now and with the machine."""
    own = not POLICY.exists()
    if own:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if own:
            POLICY.unlink()
    if shutil.which("systemctl"):
        subprocess.run(["systemctl", "disable", "--quiet", "ovn-central"], check=False)


def main() -> int:
    """Have the programs installed, and no more daemons than before."""
    if not missing():
        return 0
    before = running()
    there = provide(missing, PACKAGES, during=no_services)
    if started := running() - before:
        print(f"These processes were started along with OVN: {sorted(started)}. End them.", file=sys.stderr)
    return int(not there or bool(started))


if __name__ == "__main__":
    sys.exit(main())
