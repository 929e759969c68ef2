# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ML2 mechanism driver beside OVN's own, for a cloud with one Neutron process and without hypervisors.

It binds ports, and takes two things out of OVN's driver that belong to larger clouds:

- **The hash ring**, by which API processes share OVN's events. Each process updates a row in the database, in the
  thread that also receives the answers of OVN's databases. SQLite has one write lock: while a request holds it and
  waits for OVN's answer, that thread waits for the lock, and both wait until a time-out. Here one process handles all
  events, and needs no row.
- **The status of ports.** OVN reports a port as down until a hypervisor has claimed it, and there is none.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from neutron.common.ovn import hash_ring_manager
from neutron.db import ovn_hash_ring_db
from neutron.plugins.ml2.drivers.ovn.mech_driver.mech_driver import OVNMechanismDriver
from oslo_config import cfg
from oslo_utils import timeutils

from portcullis_hosted.mechanism import ActiveMechanismDriver


class OneNode:
    """A hash ring whose only node is this process."""

    def __init__(self, group_name: str) -> None:
        self._node = str(ovn_hash_ring_db.get_node_uuid(group_name, cfg.CONF.host, os.getpid()))

    def get_node(self, _key: str) -> tuple[str, datetime]:
        """The node that handles an event, and when it was last seen: a node seen long ago would be written down."""
        return self._node, timeutils.utcnow()


class BesideOvnMechanismDriver(ActiveMechanismDriver):
    """Binds ports, and sets OVN's driver up for one process."""

    def initialize(self) -> None:
        """Called before OVN's driver connects to OVN."""
        hash_ring_manager.HashRingManager = OneNode
        for method in ("_setup_hash_ring", "set_port_status_up", "set_port_status_down"):
            setattr(OVNMechanismDriver, method, _do_nothing)


def _do_nothing(*_arguments: Any) -> None:
    pass
