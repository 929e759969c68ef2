# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create or delete the instances of the scenario, on the cloud that the environment names."""

from __future__ import annotations

import sys

import openstack

SERVERS = ("molecule-web1", "molecule-web2", "molecule-db1")


def main() -> None:
    """Do what the first argument says."""
    cloud = openstack.connect()
    for name in SERVERS:
        if sys.argv[1] == "create":
            cloud.create_server(name, image="cirros", flavor="m1.tiny", network="demo", wait=True)
        else:
            cloud.delete_server(name, wait=True)


if __name__ == "__main__":
    main()
